//! An event in the address of an image, for mails and pages without scripts. All of it is text.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Map, Value};
use url::form_urlencoded;
use vocabulary::Limits;

use super::json::{Choices, Place, Scalar};
use super::skew::{Correction, instant};
use super::{Arrival, Fields, Invalid, Kind, Parcel, Raw, Scope, key};

/// Which of the two images was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pixel {
    /// Something happened: `event` names it.
    Track,
    /// A page was seen: the event is `page`, and `name` one of its properties.
    Page,
}

/// The smallest image there is: one transparent point.
pub const IMAGE: &[u8; 42] =
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\x21\xf9\x04\x01\x00\x00\x00\x00\
\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x01\x44\x00\x3b";

/// The parameters that are no properties.
#[derive(Default)]
struct Reserved<'a> {
    event: Scalar<'a>,
    id: Scalar<'a>,
    user: Scalar<'a>,
    device: Scalar<'a>,
    session: Scalar<'a>,
    time: Scalar<'a>,
    sent: Scalar<'a>,
    choices: Choices<'a>,
}

/// Reads the event in a query. What is wrong comes back in its place; the image is sent anyway.
#[must_use]
pub fn read<'a>(pixel: Pixel, parcel: &Parcel<'a>, limits: &Limits) -> Arrival<'a> {
    let key = key::query(parcel).or_else(|| key::header(parcel)).or_else(|| key::basic(parcel));
    Arrival { key, events: vec![read_event(pixel, parcel, limits)] }
}

fn read_event<'a>(pixel: Pixel, parcel: &Parcel<'a>, limits: &Limits) -> Result<Raw<'a>, Invalid> {
    let place = Place::BODY;
    if parcel.query.len() > limits.event_bytes {
        return Err(place.invalid(
            "event-too-large",
            "",
            "the query is too long: send less with it",
        ));
    }
    let mut reserved = Reserved::default();
    let mut names = HashSet::new();
    let mut properties = Map::new();
    for (name, value) in form_urlencoded::parse(parcel.query.as_bytes()) {
        if !names.insert(name.clone()) {
            return Err(place.twice(known(&name)));
        }
        reserved.take(pixel, &name, value, &mut properties, place)?;
    }
    let id_chars = limits.identifier_chars;
    let user = place.identifier("user_id", reserved.user, id_chars)?;
    let device = place.identifier("device_id", reserved.device, id_chars)?;
    if user.is_none() && device.is_none() {
        let problem = "it says of nobody: add `user_id` or `device_id`";
        return Err(place.invalid("identity-missing", "device_id", problem));
    }
    let name = match pixel {
        Pixel::Track => place.name("event", reserved.event, limits)?,
        Pixel::Page => Cow::Borrowed("page"),
    };
    let mut context = Map::new();
    if let Some(agent) = parcel.user_agent {
        context.insert("userAgent".to_owned(), agent.into());
    }
    let made = [(Scope::Context, context), (Scope::Properties, properties)].into_iter();
    let correction = Correction::new(parcel.received, instant(&reserved.sent), limits);
    let original = instant(&reserved.time);
    Ok(Raw {
        kind: Kind::Event,
        name,
        message: place.identifier("id", reserved.id, limits.message_chars)?,
        user,
        device,
        previous: None,
        session: place.identifier("session_id", reserved.session, id_chars)?,
        time: correction.correct(original),
        dated: correction.dated(original),
        received: parcel.received,
        sequence: 0,
        fields: made.filter_map(|(scope, object)| fields(scope, &object)).collect(),
        choices: reserved.choices,
        told: None,
        signals: parcel.signals,
        address: parcel.address,
    })
}

/// Where complaints about choices point to, as a choice's name may be anything.
const CONSENT: &str = "consent";

/// The field that a parameter belongs to, by our own name of it.
fn known(name: &str) -> &'static str {
    match name {
        "key" | "writeKey" => "key",
        "event" => "event",
        "id" | "messageId" => "id",
        "user_id" | "userId" => "user_id",
        "device_id" | "anonymousId" => "device_id",
        "session_id" | "sessionId" => "session_id",
        "time" | "timestamp" => "time",
        "sent_at" | "sentAt" => "sent_at",
        name if name.starts_with("consent.") => CONSENT,
        _ => "properties",
    }
}

fn fields<'a>(scope: Scope, object: &Map<String, Value>) -> Option<Fields<'a>> {
    if object.is_empty() {
        return None;
    }
    let json = serde_json::value::to_raw_value(object).ok()?;
    Some(Fields { scope, json: Cow::Owned(json) })
}

impl<'a> Reserved<'a> {
    /// Puts a parameter where it belongs; what is not reserved is a property.
    fn take(
        &mut self,
        pixel: Pixel,
        name: &str,
        value: Cow<'a, str>,
        properties: &mut Map<String, Value>,
        place: Place,
    ) -> Result<(), Invalid> {
        if let Some(choice) = name.strip_prefix("consent.") {
            let is_yes = match &*value {
                "true" | "1" => true,
                "false" | "0" => false,
                _ => {
                    return Err(place.invalid(
                        "consent-unreadable",
                        CONSENT,
                        "a choice is neither true nor false",
                    ));
                }
            };
            self.choices.push((Cow::Owned(choice.to_owned()), is_yes));
            return Ok(());
        }
        let slot = match name {
            "key" | "writeKey" => return Ok(()),
            "event" if pixel == Pixel::Track => &mut self.event,
            "id" | "messageId" => &mut self.id,
            "user_id" | "userId" => &mut self.user,
            "device_id" | "anonymousId" => &mut self.device,
            "session_id" | "sessionId" => &mut self.session,
            "time" | "timestamp" => &mut self.time,
            "sent_at" | "sentAt" => &mut self.sent,
            property => {
                properties.insert(property.to_owned(), value.into_owned().into());
                return Ok(());
            }
        };
        if *slot != Scalar::Absent {
            // Both of its spellings were sent.
            return Err(place.twice(known(name)));
        }
        *slot = Scalar::Text(value);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
