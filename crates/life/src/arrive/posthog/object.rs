//! An object whose members are found by name and otherwise left unread.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::arrive::json::Scalar;

/// How many members an object may have: as many as an event may have properties.
const MEMBERS_MAX: usize = 10_000;
/// Members that most objects have room for at once.
const MEMBERS_USUAL: usize = 32;

/// The members of an object in their order.
#[derive(Clone)]
pub(super) struct Object<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// By the place of a name of the protocol's: where among the members it first stands.
    first: [Option<u16>; NAMES],
    /// A bit for each such name that stands there twice.
    twice: u64,
}

/// How many names the protocol has.
const NAMES: usize = 34;

/// The place of a name of the protocol's. It is a match, so that no name is compared with all.
fn place(name: &str) -> Option<usize> {
    Some(match name {
        "event" => 0,
        "uuid" => 1,
        "distinct_id" => 2,
        "$distinct_id" => 3,
        "properties" => 4,
        "options" => 5,
        "timestamp" => 6,
        "offset" => 7,
        "session_id" => 8,
        "token" => 9,
        "api_key" => 10,
        "$token" => 11,
        "$set" => 12,
        "$set_once" => 13,
        "$unset" => 14,
        "alias" => 15,
        "$anon_distinct_id" => 16,
        "$device_id" => 17,
        "$user_id" => 18,
        "$is_identified" => 19,
        "$process_person_profile" => 20,
        "$cookieless_mode" => 21,
        "$session_id" => 22,
        "$ignore_sent_at" => 23,
        "$host" => 24,
        "$consent" => 25,
        "$group_type" => 26,
        "$group_key" => 27,
        "$group_set" => 28,
        "$window_id" => 29,
        "batch" => 30,
        "sent_at" => 31,
        "process_person_profile" => 32,
        "disable_skew_correction" => 33,
        _ => return None,
    })
}

impl Default for Object<'_> {
    fn default() -> Self {
        Self { members: Vec::new(), first: [None; NAMES], twice: 0 }
    }
}

impl<'a> Object<'a> {
    /// Reads an object; anything else, and one without end, is an error.
    pub(super) fn read(json: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    fn push(&mut self, name: Cow<'a, str>, json: &'a RawValue) {
        if let Some(place) = place(&name)
            && let Some(first) = self.first.get_mut(place)
        {
            match first {
                Some(_) => self.twice |= 1 << place,
                None => *first = u16::try_from(self.members.len()).ok(),
            }
        }
        self.members.push((name, json));
    }

    /// A member of the protocol's, if it is there and not null.
    pub(super) fn get(&self, name: &'static str) -> Option<&'a RawValue> {
        let first = self.first.get(place(name)?).copied().flatten()?;
        let (_, json) = self.members.get(usize::from(first))?;
        (json.get() != "null").then_some(*json)
    }

    /// A member as a text, a number or a flag.
    pub(super) fn scalar(&self, name: &'static str) -> Scalar<'a> {
        let read = self.get(name).map(|json| serde_json::from_str(json.get()));
        read.and_then(Result::ok).unwrap_or_default()
    }

    /// The first of several members that says something.
    pub(super) fn first(&self, names: &[&'static str]) -> Scalar<'a> {
        let mut said = names.iter().map(|name| self.scalar(name));
        said.find(|value| *value != Scalar::Absent).unwrap_or_default()
    }

    /// A member that says yes or no, as strictly or as loosely as clients write it.
    pub(super) fn flag(&self, name: &'static str) -> Option<bool> {
        match self.scalar(name) {
            Scalar::Flag(flag) => Some(flag),
            Scalar::Integer(number) => Some(number != 0),
            Scalar::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            Scalar::Absent | Scalar::Number(_) | Scalar::Nested => None,
        }
    }

    /// The first of these names that stands in it twice.
    pub(super) fn twice(&self, names: &[&'static str]) -> Option<&'static str> {
        let is_twice = |name: &&str| place(name).is_some_and(|place| self.twice & 1 << place != 0);
        names.iter().copied().find(is_twice)
    }

    /// The same object without these members of the protocol's; `None` when it has none of them.
    pub(super) fn without(&self, names: &[&str]) -> Option<Box<RawValue>> {
        let holds = |name: &&str| {
            place(name).and_then(|place| self.first.get(place)).is_some_and(Option::is_some)
        };
        if !names.iter().any(holds) {
            return None;
        }
        let is_left = |name: &str| !names.contains(&name);
        let mut text = String::from("{");
        for (name, json) in self.members.iter().filter(|(name, _)| is_left(name)) {
            if text.len() > 1 {
                text.push(',');
            }
            text.push_str(&serde_json::Value::from(&**name).to_string());
            text.push(':');
            text.push_str(json.get());
        }
        text.push('}');
        RawValue::from_string(text).ok()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut object = Object::default();
        object.members.reserve(MEMBERS_USUAL);
        while let Some((name, json)) = entries.next_entry::<Scalar<'de>, &'de RawValue>()? {
            // The key of an object is always a text.
            if let Scalar::Text(name) = name {
                object.push(name, json);
            }
            if object.members.len() > MEMBERS_MAX {
                return Err(A::Error::custom("too many members"));
            }
        }
        Ok(object)
    }
}

#[cfg(test)]
pub(super) fn is_known(name: &str) -> bool {
    place(name).is_some_and(|place| place < NAMES)
}
