//! Snowplow's tracker protocol: batches by POST and single events in a picture's address. It judges
//! nothing and looks up no key.
//!
//! A mistake in an event becomes that event's `Invalid`. There is no key in this protocol, so
//! events are put together by the app id that they name.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeSeed;
use serde_json::value::RawValue;
use vocabulary::Limits;

use super::body::{Body, syntax};
use super::json::{List, Place, Scalar};
use super::skew::Correction;
use super::{Arrival, Malformed, Parcel, key};
use event::{Shared, written};
use payload::{Member, Payload, Slot};
use schema::SchemaName;

pub use schema::Schemas;

mod choice;
mod described;
mod event;
mod page;
mod payload;
pub mod schema;
mod shape;

/// The largest body, in bytes.
pub const BODY_BYTES_MAX: usize = 1 << 20;

/// What a request is read by, beside its bytes.
#[derive(Clone, Copy)]
pub struct Setting<'s> {
    pub schemas: &'s Schemas,
    /// Whether a source's declaration names this app id. Another one may be a key, and no key is
    /// ever a property.
    pub is_app: &'s dyn Fn(&str) -> bool,
    /// `SP-Anonymous`: ids and address are not to be looked at. A visit's own id is left.
    pub is_anonymous: bool,
}

impl fmt::Debug for Setting<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = out.debug_struct("Setting");
        out.field("is_anonymous", &self.is_anonymous).finish_non_exhaustive()
    }
}

/// A request, read.
#[derive(Debug)]
pub struct Reading<'a> {
    /// The events of each app id, in the client's order.
    pub arrivals: Vec<Arrival<'a>>,
    /// Schemas that nobody knows; whoever learns one of them may read the request again.
    pub wanted: BTreeSet<SchemaName>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    schema: Scalar<'a>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// Reads the body of a POST.
pub fn read_batch<'a>(
    body: &'a Body<'_>,
    parcel: &Parcel<'a>,
    limits: &Limits,
    setting: &Setting<'_>,
) -> Result<Reading<'a>, Malformed> {
    let text = body.text();
    if text.len() > BODY_BYTES_MAX {
        return Err(Malformed::TooLarge { bytes: text.len(), limit: BODY_BYTES_MAX });
    }
    let wrong = |problem: &str| Malformed::Syntax { offset: 0, problem: problem.to_owned() };
    if !text.starts_with('{') {
        return Err(wrong("this is no JSON object"));
    }
    let envelope: Envelope<'a> =
        serde_json::from_str(text).map_err(|error| syntax(text, &error))?;
    let is_payload = match &envelope.schema {
        Scalar::Text(name) => SchemaName::parse(name).is_some_and(|it| it.is("payload_data")),
        Scalar::Absent
        | Scalar::Integer(_)
        | Scalar::Number(_)
        | Scalar::Flag(_)
        | Scalar::Nested => false,
    };
    let (true, Some(data)) = (is_payload, envelope.data) else {
        return Err(wrong("send `schema` `…/payload_data/jsonschema/1-0-4` and `data`"));
    };
    let mut input = serde_json::Deserializer::from_str(data.get());
    let list = List::<Member<'a>>::new(limits.batch_events).deserialize(&mut input);
    let (members, total) = list.map_err(|error| syntax(data.get(), &error))?;
    match total {
        0 => return Err(wrong("`data` holds no event: send one at least")),
        events if events > limits.batch_events => {
            return Err(Malformed::TooMany { events, limit: limits.batch_events });
        }
        _ => {}
    }
    let places = (0..).map(|index| Place { list: Some(("data", index)) });
    Ok(read(members.into_iter().zip(places).collect(), parcel, limits, setting))
}

/// Reads the event in a query. What is wrong comes back in its place; the picture is sent anyway.
#[must_use]
pub fn read_query<'a>(parcel: &Parcel<'a>, limits: &Limits, setting: &Setting<'_>) -> Reading<'a> {
    let payload = Payload::of_query(parcel.query);
    let member = (Member::Payload(Box::new(payload)), Place::BODY);
    read(vec![member], parcel, limits, setting)
}

fn read<'a>(
    members: Vec<(Member<'a>, Place)>,
    parcel: &Parcel<'a>,
    limits: &Limits,
    setting: &Setting<'_>,
) -> Reading<'a> {
    // One correction for all, or the client's order would not survive it.
    let sent = members.iter().find_map(|(member, _)| match member {
        Member::Payload(payload) => written(payload.peek(Slot::Sent)),
        Member::Other => None,
    });
    let shown = key::header(parcel).or_else(|| key::basic(parcel)).or_else(|| key::bearer(parcel));
    let correction = Correction::new(parcel.received, sent, limits);
    let mut shared = Shared { parcel, limits, setting, correction, wanted: BTreeSet::new() };
    let mut arrivals: Vec<Arrival<'a>> = Vec::new();
    for (member, place) in members {
        let (app, event) = match member {
            Member::Payload(mut payload) => {
                let app = payload.take(Slot::App);
                (app.clone(), shared.read(*payload, app, place))
            }
            Member::Other => {
                let problem = "this member is no object: send {\"e\": …}";
                (None, Err(place.invalid("type-wrong", "", problem)))
            }
        };
        let key = shown.clone().or(app);
        // What names no app is the matter of the ones beside it.
        let beside = arrivals.iter_mut().find(|arrival| key.is_none() || arrival.key == key);
        match beside {
            Some(arrival) => arrival.events.push(event),
            None => arrivals.push(Arrival { key, events: vec![event] }),
        }
    }
    Reading { arrivals, wanted: shared.wanted }
}

#[cfg(test)]
mod tests;
