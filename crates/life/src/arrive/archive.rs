//! Archives: files in which events lie that were collected before, line by line, as Candor and
//! other systems write them.
//!
//! A line becomes a `Raw` like any request, so the gate judges it like any request: no archive
//! brings more than its events say. Lines are counted from 1, as an editor does.

use serde_json::value::RawValue;
use serde_json::{Map, Value};
use vocabulary::Limits;

use super::json::Place;
use super::skew::Correction;
use super::{Invalid, Parcel, Raw, native, segment};

mod posthog;
mod snowplow;
#[cfg(test)]
mod tests;

/// Whose way of writing events down a file follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hand {
    /// Our own events.
    Candor,
    /// The messages of Segment's archives.
    Segment,
    /// The rows of PostHog's batch exports.
    Posthog,
    /// Snowplow's enriched events, as tab-separated values or JSON.
    Snowplow,
}

impl Hand {
    /// Every way, in the order of their names.
    pub const EVERY: [Hand; 4] = [Hand::Candor, Hand::Posthog, Hand::Segment, Hand::Snowplow];

    /// The stable word of this way.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Hand::Candor => "candor",
            Hand::Segment => "segment",
            Hand::Posthog => "posthog",
            Hand::Snowplow => "snowplow",
        }
    }

    /// The way of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|hand| hand.name() == name)
    }

    /// Whether a column of a table is a field of the event itself; all others are its properties.
    #[must_use]
    pub fn has_column(self, name: &str) -> bool {
        match self {
            Hand::Candor => native::FIELDS.contains(&name),
            // Their rows hold everything where a reader of theirs looks for it.
            Hand::Segment | Hand::Posthog | Hand::Snowplow => true,
        }
    }
}

/// Reads the line of this number.
pub fn read_line<'a>(
    hand: Hand,
    line: &'a str,
    number: usize,
    parcel: &Parcel<'a>,
    limits: &Limits,
) -> Result<Raw<'a>, Invalid> {
    let place = Place { list: Some(("lines", number)) };
    if line.len() > limits.event_bytes {
        let problem =
            format!("this event has more than {} bytes: send less with it", limits.event_bytes);
        return Err(place.invalid("event-too-large", "", problem));
    }
    match hand {
        Hand::Candor => {
            let correction = Correction::new(parcel.received, None, limits);
            native::read_event(line, place, &correction, parcel, limits)
        }
        Hand::Segment => segment::read_archived(line, place, parcel, limits),
        Hand::Posthog => posthog::read(line, place, parcel, limits),
        Hand::Snowplow => snowplow::read(line, place, parcel, limits),
    }
}

/// The line that a row of a table is: fields of the event by their columns' names, and all other
/// columns as its properties. A cell that holds an object or a list is one.
#[must_use]
pub fn row(hand: Hand, cells: impl Iterator<Item = (String, Value)>) -> String {
    let mut event = Map::new();
    let mut properties = Map::new();
    for (name, cell) in cells {
        let cell = match cell {
            Value::String(text) if text.starts_with(['{', '[']) => {
                serde_json::from_str(&text).unwrap_or(Value::String(text))
            }
            cell => cell,
        };
        let target = if hand.has_column(&name) { &mut event } else { &mut properties };
        target.insert(name, cell);
    }
    if !properties.is_empty() {
        // Anything but an object in its place is told as a mistake when the line is read.
        let known = event.entry("properties").or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(known) = known {
            known.extend(properties);
        }
    }
    Value::Object(event).to_string()
}

/// An object that stands as itself or, as tables keep it, as a text that holds its JSON.
fn unfolded(
    json: &RawValue,
    field: &'static str,
    place: Place,
) -> Result<Option<Box<RawValue>>, Invalid> {
    let unreadable = || {
        let problem = format!("`{field}` is neither an object nor a text that holds one");
        place.invalid("type-wrong", field, problem)
    };
    let inner = match json.get().as_bytes().first() {
        Some(b'"') => {
            let text: String = serde_json::from_str(json.get()).map_err(|_| unreadable())?;
            if text.trim().is_empty() {
                return Ok(None);
            }
            RawValue::from_string(text).map_err(|_| unreadable())?
        }
        _ => json.to_owned(),
    };
    match inner.get().trim_start().as_bytes().first() {
        Some(b'{') => Ok(Some(inner)),
        Some(b'n') => Ok(None),
        _ => Err(unreadable()),
    }
}
