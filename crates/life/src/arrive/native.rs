//! Our own protocol: events, and a person's choice. It judges nothing and looks up no key.
//!
//! Where Segment must guess what an old client meant, this one says what is wrong.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use vocabulary::{Limits, Manner, NoticeShown, Time};

use super::body::{Body, syntax};
use super::json::{Choices, Place, Scalar, members};
use super::skew::{Correction, instant};
use super::{Arrival, Fields, Invalid, Kind, Malformed, Parcel, Raw, Scope, Told, key};

/// The name of the event that a choice told for itself becomes; it is never kept as one.
pub const CONSENT: &str = "consent";

/// The fields of an event, by their names; what it says beside them are its properties.
pub const FIELDS: [&str; 8] =
    ["event", "id", "user_id", "device_id", "session_id", "time", "properties", "consent"];

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    key: Scalar<'a>,
    #[serde(borrow, default)]
    sent_at: Scalar<'a>,
    #[serde(borrow)]
    events: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, default)]
    event: Scalar<'a>,
    #[serde(borrow, default)]
    id: Scalar<'a>,
    #[serde(borrow, default)]
    user_id: Scalar<'a>,
    #[serde(borrow, default)]
    device_id: Scalar<'a>,
    #[serde(borrow, default)]
    session_id: Scalar<'a>,
    #[serde(borrow, default)]
    time: Scalar<'a>,
    #[serde(borrow)]
    properties: Option<&'a RawValue>,
    #[serde(borrow)]
    consent: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Consent<'a> {
    #[serde(borrow, default)]
    key: Scalar<'a>,
    #[serde(borrow, default)]
    user_id: Scalar<'a>,
    #[serde(borrow, default)]
    device_id: Scalar<'a>,
    #[serde(borrow, default)]
    time: Scalar<'a>,
    #[serde(borrow, default)]
    sent_at: Scalar<'a>,
    #[serde(borrow)]
    purposes: Option<&'a RawValue>,
    #[serde(borrow, default)]
    given: Scalar<'a>,
    #[serde(borrow)]
    notice: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown<'a> {
    #[serde(borrow)]
    version: Cow<'a, str>,
    #[serde(borrow)]
    language: Cow<'a, str>,
    #[serde(borrow)]
    sha256: Cow<'a, str>,
}

/// Reads a list of events.
pub fn read_events<'a>(
    body: &'a Body<'_>,
    parcel: &Parcel<'a>,
    limits: &Limits,
) -> Result<Arrival<'a>, Malformed> {
    let envelope: Envelope<'a> = object(body.text())?;
    let Some(list) = envelope.events else {
        return Err(Malformed::Syntax {
            offset: 0,
            problem: "`events` is missing: send a list of events".into(),
        });
    };
    let members = members(list.get(), limits)?;
    let sent = optional_instant("sent_at", &envelope.sent_at, Place::BODY);
    let read = |(index, json): (usize, &'a RawValue)| {
        let correction = Correction::new(parcel.received, sent.clone()?, limits);
        read_event(json.get(), Place { list: Some(("events", index)) }, &correction, parcel, limits)
    };
    let events = members.into_iter().enumerate().map(read).collect();
    Ok(Arrival { key: presented(&envelope.key, parcel), events })
}

/// Reads one event, standing for itself or in a list; its place tells its order, too.
pub fn read_event<'a>(
    json: &'a str,
    place: Place,
    correction: &Correction,
    parcel: &Parcel<'a>,
    limits: &Limits,
) -> Result<Raw<'a>, Invalid> {
    if json.len() > limits.event_bytes {
        let problem =
            format!("this event has more than {} bytes: send less with it", limits.event_bytes);
        return Err(place.invalid("event-too-large", "", problem));
    }
    let event: Event<'a> = object(json).map_err(|_| {
        place.invalid("type-wrong", "", "this is no object, or a field stands in it twice")
    })?;
    let id_chars = limits.identifier_chars;
    let user = place.identifier("user_id", event.user_id, id_chars)?;
    let device = place.identifier("device_id", event.device_id, id_chars)?;
    somebody(user.as_ref(), device.as_ref(), place)?;
    let properties = place.object("properties", event.properties)?;
    let choices = match event.consent {
        Some(json) => place.choices("consent", json)?,
        None => Choices::new(),
    };
    let fields =
        properties.map(|json| Fields { scope: Scope::Properties, json: Cow::Borrowed(json) });
    let original = optional_instant("time", &event.time, place)?;
    Ok(Raw {
        kind: Kind::Event,
        name: place.name("event", event.event, limits)?,
        message: place.identifier("id", event.id, limits.message_chars)?,
        user,
        device,
        previous: None,
        session: place.identifier("session_id", event.session_id, id_chars)?,
        time: correction.correct(original),
        dated: correction.dated(original),
        received: parcel.received,
        sequence: place.sequence(),
        fields: fields.into_iter().collect(),
        choices,
        told: None,
        signals: parcel.signals,
        address: parcel.address,
    })
}

/// Reads a person's choice, told for itself: an event that says nothing else.
pub fn read_consent<'a>(
    body: &'a Body<'_>,
    parcel: &Parcel<'a>,
    limits: &Limits,
) -> Result<Arrival<'a>, Malformed> {
    let mut consent: Consent<'a> = object(body.text())?;
    let key = presented(&std::mem::take(&mut consent.key), parcel);
    Ok(Arrival { key, events: vec![choice(consent, parcel, limits)] })
}

fn choice<'a>(
    consent: Consent<'a>,
    parcel: &Parcel<'a>,
    limits: &Limits,
) -> Result<Raw<'a>, Invalid> {
    let place = Place::BODY;
    let user = place.identifier("user_id", consent.user_id, limits.identifier_chars)?;
    let device = place.identifier("device_id", consent.device_id, limits.identifier_chars)?;
    somebody(user.as_ref(), device.as_ref(), place)?;
    let choices = match consent.purposes {
        Some(json) if json.get().len() > limits.event_bytes => {
            let problem = "`purposes` is too long: name fewer";
            return Err(place.invalid("event-too-large", "purposes", problem));
        }
        Some(json) => place.choices("purposes", json)?,
        None => Choices::new(),
    };
    if choices.is_empty() {
        let problem = "`purposes` names none: send an object as in {\"measure\": true}";
        return Err(place.invalid("purposes-missing", "purposes", problem));
    }
    let sent = optional_instant("sent_at", &consent.sent_at, place)?;
    let correction = Correction::new(parcel.received, sent, limits);
    let original = optional_instant("time", &consent.time, place)?;
    let given = place.identifier("given", consent.given, limits.identifier_chars)?;
    let told = Told {
        manner: given.as_deref().map(|word| manner(place, word)).transpose()?,
        notice: consent.notice.map(|json| notice(place, json, limits)).transpose()?,
    };
    Ok(Raw {
        kind: Kind::Event,
        name: Cow::Borrowed(CONSENT),
        message: None,
        user,
        device,
        previous: None,
        session: None,
        time: correction.correct(original),
        dated: correction.dated(original),
        received: parcel.received,
        sequence: 0,
        fields: Vec::new(),
        choices,
        told: Some(Box::new(told)),
        signals: parcel.signals,
        address: parcel.address,
    })
}

/// By which act a choice was made.
fn manner(place: Place, word: &str) -> Result<Manner, Invalid> {
    Manner::named(word).ok_or_else(|| {
        let known: Vec<&str> = Manner::EVERY.iter().map(|manner| manner.code()).collect();
        let problem = format!("`given` says by which act: one of {}", known.join(", "));
        place.invalid("consent-manner-unknown", "given", problem)
    })
}

/// What the person was shown: all three fields, each within its limits.
fn notice(place: Place, json: &RawValue, limits: &Limits) -> Result<NoticeShown, Invalid> {
    let wrong = || {
        let problem = "`notice` is an object of `version`, in letters, `._-` and up to 8 digits, \
                       `language`, a tag such as `de-AT`, and `sha256`, the digest of the text in \
                       64 hexadecimal digits";
        place.invalid("consent-notice-wrong", "notice", problem)
    };
    let shown: Shown<'_> = serde_json::from_str(json.get()).map_err(|_| wrong())?;
    let is_version = |text: &str| {
        // A date has eight digits, a number of somebody more.
        const DIGITS_MAX: usize = 8;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        (1..=limits.message_chars).contains(&text.len())
            && text.bytes().all(is_plain)
            && digits <= DIGITS_MAX
    };
    let is_digest = shown.sha256.len() == 64 && shown.sha256.bytes().all(|b| b.is_ascii_hexdigit());
    if !(is_version(&shown.version) && is_language(&shown.language) && is_digest) {
        return Err(wrong());
    }
    Ok(NoticeShown {
        version: shown.version.into(),
        language: shown.language.into(),
        sha256: shown.sha256.to_lowercase().into(),
    })
}

/// Whether a text is shaped as a language tag: a language of two or three letters, then subtags of
/// up to eight letters and digits.
fn is_language(text: &str) -> bool {
    const SUBTAGS_MAX: usize = 4;
    let mut parts = text.split('-');
    let is_letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let language = parts.next().unwrap_or_default();
    let is_subtag = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    (2..=3).contains(&language.len())
        && is_letters(language)
        && parts.clone().count() <= SUBTAGS_MAX
        && parts.all(is_subtag)
}

/// A type of ours out of an object, and out of nothing else: a list in its place is a mistake.
fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Malformed> {
    if !text.starts_with('{') {
        return Err(Malformed::Syntax { offset: 0, problem: "this is no JSON object".into() });
    }
    serde_json::from_str(text).map_err(|error| syntax(text, &error))
}

fn somebody(
    user: Option<&Cow<'_, str>>,
    device: Option<&Cow<'_, str>>,
    place: Place,
) -> Result<(), Invalid> {
    if user.is_some() || device.is_some() {
        return Ok(());
    }
    Err(place.invalid(
        "identity-missing",
        "user_id",
        "it says of nobody: send `user_id` or `device_id`",
    ))
}

fn optional_instant(
    field: &'static str,
    written: &Scalar<'_>,
    place: Place,
) -> Result<Option<Time>, Invalid> {
    match written {
        Scalar::Absent => Ok(None),
        Scalar::Text(_)
        | Scalar::Integer(_)
        | Scalar::Number(_)
        | Scalar::Flag(_)
        | Scalar::Nested => instant(written).map(Some).ok_or_else(|| {
            let problem = format!("`{field}` is no instant: write it as 2026-01-31T12:00:00Z");
            place.invalid("time-unreadable", field, problem)
        }),
    }
}

fn presented<'a>(body: &Scalar<'a>, parcel: &Parcel<'a>) -> Option<Cow<'a, str>> {
    key::bearer(parcel)
        .or_else(|| key::header(parcel))
        .or_else(|| key::basic(parcel))
        .or_else(|| key::written(body))
}

#[cfg(test)]
mod tests;
