//! The fields of an event, flattened and taken one by one: each is kept, coarsened, masked or
//! dropped.
//!
//! A value that is dropped is never copied. Of a path that is given twice the last value wins.

use serde::de::{DeserializeSeed, Deserializer as _, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use vocabulary::{Class, Code, Limits, Purposes, Value};

use super::catalogue::{Catalogue, DeclaredProperty, PropertyType};
use super::plan::{Action, AdmissionPlan};
use super::seen::Seen;
use super::{scrub, source::Source, typed};
use crate::arrive::{Invalid, Raw};

/// A value that may be kept, and the purposes any of which lets it stay.
pub(super) struct Taken {
    pub(super) code: Code,
    /// `None` = a column of its own.
    pub(super) class: Option<Class>,
    pub(super) value: Value,
    pub(super) kept_for: Purposes,
}

/// Takes the fields of an event as the plan says.
pub(super) fn take(
    raw: &Raw<'_>,
    rules: Rules<'_>,
    seen: &mut Seen,
) -> Result<Vec<Taken>, Invalid> {
    let mut reader = Reader {
        rules,
        seen,
        path: String::with_capacity(64),
        taken: Vec::with_capacity(16),
        unclassified: String::new(),
        count: 0,
        problem: None,
    };
    reader.address(raw);
    for fields in &raw.fields {
        reader.path.clear();
        reader.path.push_str(fields.scope.prefix());
        reader.object(fields.json.get(), 0);
    }
    reader.finish()
}

/// What decides about the fields of one event.
#[derive(Clone, Copy)]
pub(super) struct Rules<'r> {
    pub(super) catalogue: &'r Catalogue,
    pub(super) source: &'r Source,
    pub(super) plan: &'r AdmissionPlan,
    pub(super) limits: &'r Limits,
}

struct Reader<'r> {
    rules: Rules<'r>,
    seen: &'r mut Seen,
    /// The flat name of the field at hand.
    path: String,
    /// By the place of a property: its value, or nothing when the last one was null.
    taken: Vec<(usize, Option<Value>)>,
    /// The undeclared values, as the inside of one JSON object.
    unclassified: String,
    count: usize,
    problem: Option<Invalid>,
}

impl Reader<'_> {
    /// The address of the request, when a person's device made it. One that the event names wins.
    fn address(&mut self, raw: &Raw<'_>) {
        let Rules { catalogue, source, plan, .. } = self.rules;
        let Some(address) = raw.address.filter(|_| source.kind.reads_device()) else { return };
        let Some(place) = catalogue.address else { return };
        let Some(property) = catalogue.properties.get(place) else { return };
        let action = plan.action(property.category);
        if action != Action::Drop {
            let value = Value::Text(address.to_canonical().to_string().into());
            self.taken.push((place, typed::act(action, property.kind, value)));
        }
    }

    /// Each field of a JSON object; anything that is no object holds no fields.
    fn object(&mut self, json: &str, depth: usize) {
        if !json.starts_with('{') || self.problem.is_some() {
            return;
        }
        let mut input = serde_json::Deserializer::from_str(json);
        let ended = input.deserialize_map(Object { reader: self, depth });
        if ended.is_err() && self.problem.is_none() {
            self.problem = Some(Invalid {
                code: "properties-broken",
                pointer: "/properties".to_owned(),
                problem: "the fields are no JSON object: send `{\"name\": value}`".to_owned(),
            });
        }
    }

    fn field(&mut self, json: &str, depth: usize) {
        self.count += 1;
        if self.count > self.rules.limits.event_properties {
            let limit = self.rules.limits.event_properties;
            self.problem = Some(Invalid {
                code: "too-many-properties",
                pointer: "/properties".to_owned(),
                problem: format!("the event has more than {limit} fields: send fewer"),
            });
            return;
        }
        let catalogue = self.rules.catalogue;
        if let Some(place) = catalogue.place(&self.path) {
            if let Some(property) = catalogue.properties.get(place) {
                self.declared(place, property, json);
            }
        } else if json.starts_with('{') && depth < self.rules.limits.json_depth {
            self.path.push('.');
            self.object(json, depth + 1);
        } else {
            self.undeclared(json);
        }
    }

    fn declared(&mut self, place: usize, property: &DeclaredProperty, json: &str) {
        let Rules { catalogue, source, plan, limits } = self.rules;
        let action = plan.action(property.category);
        let read = match action {
            Action::Drop => Ok(None),
            Action::Keep | Action::Coarsen | Action::Mask => {
                typed::read(property.kind, json, limits.value_bytes)
            }
        };
        if let (Err(_), Some(kind)) = (&read, typed::met(json)) {
            self.seen.meet_conflict(&property.name, kind, limits.names);
        }
        if action == Action::Drop {
            return;
        }
        let value = match read.unwrap_or_default() {
            Some(Value::Text(text)) if property.kind == PropertyType::Url => {
                let is_listed = |name: &str| {
                    let listed = [&catalogue.url_parameters, &source.url_parameters];
                    listed.iter().any(|names| names.iter().any(|listed| listed == name))
                };
                Some(Value::Text(scrub::url(&text, is_listed).into()))
            }
            other => other,
        };
        self.taken.push((place, value.and_then(|value| typed::act(action, property.kind, value))));
    }

    fn undeclared(&mut self, json: &str) {
        let Rules { source, limits, .. } = self.rules;
        let Some(kind) = typed::met(json) else { return };
        self.seen.meet_undeclared(&self.path, kind, limits);
        if source.keeps_unclassified && json.len() <= limits.value_bytes {
            let name = serde_json::Value::String(self.path.clone());
            let comma = if self.unclassified.is_empty() { "" } else { "," };
            self.unclassified.push_str(&format!("{comma}{name}:{json}"));
        }
    }

    fn finish(mut self) -> Result<Vec<Taken>, Invalid> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let Rules { catalogue, plan, .. } = self.rules;
        if let Some(place) = catalogue.unclassified.filter(|_| !self.unclassified.is_empty()) {
            let value = Value::Json(format!("{{{}}}", self.unclassified).into());
            self.taken.push((place, Some(value)));
        }
        // A stable sort leaves the values of one property in the client's order: the last stands.
        self.taken.sort_by_key(|(place, _)| *place);
        let mut kept: Vec<Taken> = Vec::with_capacity(self.taken.len());
        let mut taken = self.taken.into_iter().peekable();
        while let Some((place, value)) = taken.next() {
            let is_last = taken.peek().is_none_or(|(next, _)| *next != place);
            let property = catalogue.properties.get(place);
            if let (true, Some(value), Some(property)) = (is_last, value, property) {
                kept.extend(placed(catalogue, plan, property, value));
            }
        }
        Ok(kept)
    }
}

/// Where a value of a property goes; nowhere when its category is not open.
fn placed(
    catalogue: &Catalogue,
    plan: &AdmissionPlan,
    property: &DeclaredProperty,
    value: Value,
) -> Option<Taken> {
    let category = catalogue.category(property.category)?;
    let kept_for = plan.readers_of(property.category);
    let (class, value) = if property.is_column {
        (None, typed::without_mail(value))
    } else {
        (Some(category.class), value)
    };
    (!kept_for.is_empty()).then_some(Taken { code: property.code, class, value, kept_for })
}

/// An object whose fields go to the reader.
struct Object<'w, 'r> {
    reader: &'w mut Reader<'r>,
    depth: usize,
}

impl<'de> Visitor<'de> for Object<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let front = self.reader.path.len();
        while map.next_key_seed(Name(&mut self.reader.path))?.is_some() {
            let json: &'de RawValue = map.next_value()?;
            self.reader.field(json.get(), self.depth);
            self.reader.path.truncate(front);
            if self.reader.problem.is_some() {
                return Err(A::Error::custom("a limit was reached"));
            }
        }
        Ok(())
    }
}

/// A field's own name, put behind the path that it stands under.
struct Name<'w>(&'w mut String);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name<'_> {
    type Value = ();

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a name")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<(), E> {
        self.0.push_str(name);
        Ok(())
    }
}
