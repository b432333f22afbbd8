//! PostHog's capture API, both of its versions. It judges nothing and looks up no key.
//!
//! PostHog has one id for an event, which names a visitor until somebody signs in and a user from
//! then on; here it becomes the device's or the user's, by what the client says beside it.

use std::borrow::Cow;
use std::fmt;

use serde_json::value::RawValue;
use thiserror::Error;
use vocabulary::{Limits, Span};

use super::body::{Body, syntax};
use super::json::{Place, Scalar, members};
use super::skew::{Correction, instant};
use super::{Arrival, Invalid, Malformed, Parcel, Raw, key};
use event::Event;
use object::Object;

pub use anonymous::{DaySalt, SENTINEL};
pub use boot::{config, decide, flags, script, success};
pub use event::NOT_TAKEN_CODE;
pub use packed::{open, said};

mod anonymous;
mod boot;
mod event;
mod lz;
mod object;
mod packed;
mod person;
#[cfg(test)]
mod tests;

/// Which of the older routes was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Events, each with a name.
    Capture,
    /// What is known of a person: the name may be left out.
    Engage,
}

/// Why nothing of a request can be taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unread {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Whose events they are is never guessed.
    #[error("the events carry different keys: send one request for each key")]
    KeysDiffer,
}

/// What the headers of the newer route say.
#[derive(Debug, Clone, Copy, Default)]
pub struct Headers<'a> {
    /// `PostHog-Request-Timestamp`: the client's clock when it sent this.
    pub sent_at: Option<&'a str>,
    /// `PostHog-Sdk-Info`: name and version of the client.
    pub sdk: Option<&'a str>,
}

/// A request of one of the older routes.
#[derive(Debug)]
pub struct Older<'a> {
    pub arrival: Arrival<'a>,
    /// The name of the list that the events stand in, for pointers: none when the body is the
    /// event, an empty one when it is the list.
    pub list: Option<&'static str>,
}

/// A request of the newer route, where each event is answered under its own key.
#[derive(Debug)]
pub struct Newer<'a> {
    pub arrival: Arrival<'a>,
    /// The clients' keys of the events, in their order. An event without one is invalid.
    pub keys: Vec<Option<Cow<'a, str>>>,
}

/// How far ahead a time may lie; past that it is the time of arrival.
const FUTURE: Span = Span(23 * Span::HOUR.0);

/// Where a key may stand: in the body, and in each event.
const KEYS: [&str; 3] = ["token", "api_key", "$token"];

/// What all events of a request share.
struct Shared<'r, 'a> {
    parcel: &'r Parcel<'a>,
    limits: &'r Limits,
    salt: &'r DaySalt,
    call: Call,
    sent_at: Scalar<'a>,
    sdk: Option<&'a str>,
}

/// Reads a body of the older routes: one event, a list of them, or a batch with what is said for
/// all.
pub fn read_older<'a>(
    call: Call,
    body: &'a Body<'_>,
    parcel: &Parcel<'a>,
    salt: &DaySalt,
    limits: &Limits,
) -> Result<Older<'a>, Unread> {
    let text = body.text();
    let (list, envelope) = if text.starts_with('[') {
        (Listed::All(text), Object::default())
    } else {
        let envelope = Object::read(text).map_err(|error| syntax(text, &error))?;
        match envelope.get("batch") {
            Some(batch) => (Listed::Batch(batch.get()), envelope),
            None => (Listed::One(text), envelope),
        }
    };
    twice(&envelope)?;
    let found = list.members(limits)?;
    let events: Vec<Option<Event<'a>>> = found.iter().map(|json| Event::read(json)).collect();
    let key = presented(&envelope, events.iter().flatten(), parcel)?;
    let in_query = packed::said(parcel.query, "sent_at").or(packed::said(parcel.query, "_"));
    let sent_at = match envelope.scalar("sent_at") {
        Scalar::Absent => in_query.map_or(Scalar::Absent, |text| Scalar::Text(text.into())),
        written => written,
    };
    let shared = Shared { parcel, limits, salt, call, sent_at, sdk: None };
    let events = shared.read(list.name(), &found, events);
    Ok(Older { arrival: Arrival { key, events }, list: list.name() })
}

/// Reads a body of the newer route.
pub fn read_newer<'a>(
    body: &'a Body<'_>,
    parcel: &Parcel<'a>,
    headers: Headers<'a>,
    salt: &DaySalt,
    limits: &Limits,
) -> Result<Newer<'a>, Unread> {
    let text = body.text();
    let envelope = Object::read(text).map_err(|error| syntax(text, &error))?;
    twice(&envelope)?;
    let batch = envelope.get("batch").ok_or_else(|| broken("`batch` is missing: send a list"))?;
    let found = Listed::Batch(batch.get()).members(limits)?;
    let events: Vec<Option<Event<'a>>> = found.iter().map(|json| Event::read(json)).collect();
    let keys: Vec<_> = events.iter().map(|event| event.as_ref()?.uuid()).collect();
    let key = presented(&envelope, events.iter().flatten(), parcel)?;
    let sent_at = headers.sent_at.map_or(Scalar::Absent, |text| Scalar::Text(text.into()));
    let (call, sdk) = (Call::Capture, headers.sdk);
    let shared = Shared { parcel, limits, salt, call, sent_at, sdk };
    let mut events = shared.read(Some("batch"), &found, events);
    for (index, (event, key)) in events.iter_mut().zip(&keys).enumerate() {
        if event.is_ok() && key.is_none() {
            // Its verdict is found by it, so an event without one could not be answered.
            let problem = "`uuid` is missing: send one with each event";
            *event = Err(Place { list: Some(("batch", index)) }.invalid(
                "uuid-missing",
                "uuid",
                problem,
            ));
        }
    }
    Ok(Newer { arrival: Arrival { key, events }, keys })
}

/// The key that a body without events shows.
pub fn read_key<'a>(body: &'a Body<'_>) -> Result<Option<Cow<'a, str>>, Malformed> {
    let text = body.text();
    let envelope = Object::read(text).map_err(|error| syntax(text, &error))?;
    Ok(key::written(&envelope.first(&KEYS)))
}

/// How events stand in a body.
#[derive(Clone, Copy)]
enum Listed<'a> {
    /// The body is one event.
    One(&'a str),
    /// The body is a list.
    All(&'a str),
    /// The body has a list, and says things for all of its members.
    Batch(&'a str),
}

impl<'a> Listed<'a> {
    /// The name of the list in pointers; `None` when the body itself is the event.
    const fn name(self) -> Option<&'static str> {
        match self {
            Listed::One(_) => None,
            Listed::All(_) => Some(""),
            Listed::Batch(_) => Some("batch"),
        }
    }

    fn members(self, limits: &Limits) -> Result<Vec<&'a RawValue>, Malformed> {
        let found = match self {
            Listed::One(text) => {
                vec![serde_json::from_str(text).map_err(|error| syntax(text, &error))?]
            }
            Listed::All(list) | Listed::Batch(list) => members(list, limits)?,
        };
        if found.is_empty() {
            Err(broken("the batch holds no event: send some"))
        } else {
            Ok(found)
        }
    }
}

fn broken(problem: &str) -> Malformed {
    Malformed::Syntax { offset: 0, problem: problem.to_owned() }
}

/// What is said for all events is said once.
fn twice(envelope: &Object<'_>) -> Result<(), Malformed> {
    let names = ["token", "api_key", "$token", "batch", "sent_at", "uuid", "event", "properties"];
    envelope.twice(&names).map_or(Ok(()), |field| Err(Malformed::Twice { field }))
}

/// The one key of a request, wherever in it that stands.
fn presented<'a, 'e>(
    envelope: &Object<'a>,
    events: impl Iterator<Item = &'e Event<'a>>,
    parcel: &Parcel<'a>,
) -> Result<Option<Cow<'a, str>>, Unread>
where
    'a: 'e,
{
    let of_all = KEYS.into_iter().filter_map(|name| key::written(&envelope.scalar(name)));
    let mut shown = of_all.chain(events.flat_map(Event::keys));
    let Some(first) = shown.next() else {
        return Ok(key::bearer(parcel).or_else(|| key::header(parcel)).or(key::basic(parcel)));
    };
    if shown.all(|other| other == first) { Ok(Some(first)) } else { Err(Unread::KeysDiffer) }
}

impl<'a> Shared<'_, 'a> {
    fn read(
        &self,
        list: Option<&'static str>,
        found: &[&'a RawValue],
        events: Vec<Option<Event<'a>>>,
    ) -> Vec<Result<Raw<'a>, Invalid>> {
        let read = |(index, (json, event)): (usize, (&&'a RawValue, Option<Event<'a>>))| {
            let place = Place { list: list.map(|name| (name, index)) };
            let bytes_max = self.limits.large_event_bytes;
            if json.get().len() > bytes_max {
                let problem = format!("this event has more than {bytes_max} bytes: send less");
                return Err(place.invalid("event-too-large", "", problem));
            }
            let problem = "this member is no object, or one without end: send {\"event\": …}";
            event.ok_or_else(|| place.invalid("type-wrong", "", problem))?.raw(self, place)
        };
        found.iter().zip(events).enumerate().map(read).collect()
    }

    /// How times are moved: an event may say that its client's clock is right.
    fn correction(&self, is_exact: bool, own: &Scalar<'a>) -> Correction {
        let sent = instant(&self.sent_at).or_else(|| instant(own)).filter(|_| !is_exact);
        Correction::within(self.parcel.received, sent, FUTURE)
    }
}

impl fmt::Debug for Shared<'_, '_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Shared").field("call", &self.call).finish_non_exhaustive()
    }
}
