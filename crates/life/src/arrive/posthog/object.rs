//! An object whose members are found by name and otherwise left unread.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::arrive::json::Scalar;

/// How many members an object may have: as many as an event may have properties.
const MEMBERS_MAX: usize = 10_000;

/// The members of an object in their order.
#[derive(Default, Clone)]
pub(super) struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// Reads an object; anything else, and one without end, is an error.
    pub(super) fn read(json: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// A member, if it is there and not null.
    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let (_, json) = self.0.iter().find(|(known, _)| known == name)?;
        (json.get() != "null").then_some(*json)
    }

    /// A member as a text, a number or a flag.
    pub(super) fn scalar(&self, name: &str) -> Scalar<'a> {
        let read = self.get(name).map(|json| serde_json::from_str(json.get()));
        read.and_then(Result::ok).unwrap_or_default()
    }

    /// The first of several members that says something.
    pub(super) fn first(&self, names: &[&str]) -> Scalar<'a> {
        let mut said = names.iter().map(|name| self.scalar(name));
        said.find(|value| *value != Scalar::Absent).unwrap_or_default()
    }

    /// A member that says yes or no, as strictly or as loosely as clients write it.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
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
        let times =
            |name: &&&'static str| self.0.iter().filter(|(known, _)| known == **name).count();
        names.iter().find(|name| times(name) > 1).copied()
    }

    /// The same object without these members; `None` when it has none of them.
    pub(super) fn without(&self, names: &[&str]) -> Option<Box<RawValue>> {
        let is_left = |name: &str| !names.contains(&name);
        if self.0.iter().all(|(name, _)| is_left(name)) {
            return None;
        }
        let mut text = String::from("{");
        for (name, json) in self.0.iter().filter(|(name, _)| is_left(name)) {
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
        let mut members = Vec::new();
        while let Some((name, json)) = entries.next_entry::<Scalar<'de>, &'de RawValue>()? {
            // The key of an object is always a text.
            if let Scalar::Text(name) = name {
                members.push((name, json));
            }
            if members.len() > MEMBERS_MAX {
                return Err(A::Error::custom("too many members"));
            }
        }
        Ok(Object(members))
    }
}
