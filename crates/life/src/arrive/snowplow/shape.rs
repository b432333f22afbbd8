//! What a schema demands of a value: types, needed fields, bounds. It reads the part of JSON Schema
//! that says so and passes over the rest, such as patterns and formats.
//!
//! A complaint names fields of the schema and never what was sent.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The types that a value may have, as bits; none at all means any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Types(u8);

impl Types {
    pub(super) const TEXT: Types = Types(1);
    pub(super) const INTEGER: Types = Types(2);
    pub(super) const NUMBER: Types = Types(4);
    pub(super) const FLAG: Types = Types(8);
    const LIST: Types = Types(16);
    pub(super) const OBJECT: Types = Types(32);
    pub(super) const NULL: Types = Types(64);

    pub(super) const fn or(self, other: Types) -> Types {
        Types(self.0 | other.0)
    }

    const fn has(self, other: Types) -> bool {
        self.0 & other.0 != 0
    }

    /// The type with this name in JSON Schema.
    fn named(name: &str) -> Option<Types> {
        Some(match name {
            "string" => Types::TEXT,
            "integer" => Types::INTEGER,
            "number" => Types::NUMBER,
            "boolean" => Types::FLAG,
            "array" => Types::LIST,
            "object" => Types::OBJECT,
            "null" => Types::NULL,
            _ => return None,
        })
    }

    /// The type that a value has. A number without a fraction is an integer however it is written.
    fn of(value: &Value) -> Types {
        match value {
            Value::Null => Types::NULL,
            Value::Bool(_) => Types::FLAG,
            Value::Number(number) if number.as_f64().is_some_and(|it| it.fract() == 0.0) => {
                Types::INTEGER.or(Types::NUMBER)
            }
            Value::Number(_) => Types::NUMBER,
            Value::String(_) => Types::TEXT,
            Value::Array(_) => Types::LIST,
            Value::Object(_) => Types::OBJECT,
        }
    }
}

/// What is demanded of one value and of those inside it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Shape {
    types: Types,
    /// The only values that there are; empty means any.
    one_of: Vec<Value>,
    fields: BTreeMap<String, Shape>,
    required: Vec<String>,
    /// Whether there are no fields but these.
    is_closed: bool,
    members: Option<Box<Shape>>,
    least: Option<f64>,
    greatest: Option<f64>,
    /// Of a text its characters, of a list its members.
    shortest: Option<u64>,
    longest: Option<u64>,
}

/// Where a value is not of its shape, by the schema's own names, and what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misfit {
    pub(super) field: String,
    pub(super) what: &'static str,
}

/// What has no end: a schema with more parts or a deeper nest than this is not taken.
pub(super) struct Budget {
    parts: usize,
}

impl Budget {
    const DEPTH_MAX: usize = 16;

    pub(super) const fn new() -> Self {
        Self { parts: 5_000 }
    }

    fn take(&mut self, depth: usize) -> Option<()> {
        self.parts = self.parts.checked_sub(1)?;
        (depth <= Self::DEPTH_MAX).then_some(())
    }
}

impl Shape {
    /// Of certain types and nothing more.
    pub(super) fn of(types: Types) -> Self {
        Self { types, ..Self::default() }
    }

    /// An object with these fields and any others, of which some are needed.
    pub(super) fn object(fields: BTreeMap<String, Shape>, required: Vec<String>) -> Self {
        Self { fields, required, ..Self::of(Types::OBJECT) }
    }

    /// Reads a JSON Schema; `None` when it is none, or has no end.
    pub(super) fn read(schema: &Value, budget: &mut Budget) -> Option<Self> {
        Self::read_at(schema.as_object()?, 0, budget)
    }

    fn read_at(schema: &Map<String, Value>, depth: usize, budget: &mut Budget) -> Option<Self> {
        budget.take(depth)?;
        let mut shape = Self { types: types(schema.get("type"))?, ..Self::default() };
        if let Some(values) = schema.get("enum") {
            shape.one_of.clone_from(values.as_array()?);
        }
        if let Some(fields) = schema.get("properties") {
            for (name, field) in fields.as_object()? {
                let field = Self::read_at(field.as_object()?, depth + 1, budget)?;
                shape.fields.insert(name.clone(), field);
            }
        }
        if let Some(names) = schema.get("required") {
            let names = names.as_array()?.iter().map(|name| name.as_str().map(str::to_owned));
            shape.required = names.collect::<Option<_>>()?;
        }
        shape.is_closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
        // A list of shapes, one for each place, is of the kind that is passed over.
        if let Some(Value::Object(members)) = schema.get("items") {
            shape.members = Some(Box::new(Self::read_at(members, depth + 1, budget)?));
        }
        let number = |name: &str| schema.get(name).and_then(Value::as_f64);
        let count = |name: &str| schema.get(name).and_then(Value::as_u64);
        shape.least = number("minimum");
        shape.greatest = number("maximum");
        shape.shortest = count("minLength").or_else(|| count("minItems"));
        shape.longest = count("maxLength").or_else(|| count("maxItems"));
        Some(shape)
    }

    /// Holds a value against it.
    pub(super) fn check(&self, value: &Value) -> Result<(), Misfit> {
        let misfit = |what| Err(Misfit { field: String::new(), what });
        if self.types != Types::default() && !self.types.has(Types::of(value)) {
            return misfit("is of another type");
        }
        if !self.one_of.is_empty() && !self.one_of.contains(value) {
            return misfit("is none of the values that there are");
        }
        match value {
            Value::Null | Value::Bool(_) => Ok(()),
            Value::Number(number) => {
                let number = number.as_f64().unwrap_or_default();
                let is_low = self.least.is_some_and(|least| number < least);
                let is_high = self.greatest.is_some_and(|greatest| number > greatest);
                if is_low || is_high { misfit("is out of bounds") } else { Ok(()) }
            }
            Value::String(text) => self.size(text.chars().count()),
            Value::Array(members) => self.check_list(members),
            Value::Object(fields) => self.check_object(fields),
        }
    }

    fn check_list(&self, members: &[Value]) -> Result<(), Misfit> {
        self.size(members.len())?;
        match &self.members {
            Some(shape) => members.iter().try_for_each(|member| shape.check(member)),
            None => Ok(()),
        }
    }

    fn check_object(&self, fields: &Map<String, Value>) -> Result<(), Misfit> {
        let lacks = |name: &&String| fields.get(*name).is_none_or(Value::is_null);
        if let Some(name) = self.required.iter().find(lacks) {
            // A field that is needed may be null where its own type says so.
            let may_be_null = self.fields.get(name).is_some_and(|it| it.types.has(Types::NULL));
            if !(may_be_null && fields.contains_key(name)) {
                return Err(Misfit { field: name.clone(), what: "is missing" });
            }
        }
        for (name, value) in fields {
            match self.fields.get(name) {
                Some(shape) => shape.check(value).map_err(|misfit| misfit.inside(name))?,
                None if self.is_closed => {
                    let what = "has a field that its schema does not know";
                    return Err(Misfit { field: String::new(), what });
                }
                None => {}
            }
        }
        Ok(())
    }

    fn size(&self, size: usize) -> Result<(), Misfit> {
        let size = u64::try_from(size).unwrap_or(u64::MAX);
        let is_short = self.shortest.is_some_and(|shortest| size < shortest);
        let is_long = self.longest.is_some_and(|longest| size > longest);
        let what = if is_short { "is too short" } else { "is too long" };
        if is_short || is_long { Err(Misfit { field: String::new(), what }) } else { Ok(()) }
    }
}

impl Misfit {
    fn inside(self, name: &str) -> Self {
        let field = match self.field.as_str() {
            "" => name.to_owned(),
            inner => format!("{name}.{inner}"),
        };
        Self { field, ..self }
    }
}

/// The types that `type` names, one or several; any when it is not there.
fn types(named: Option<&Value>) -> Option<Types> {
    match named {
        None => Some(Types::default()),
        Some(Value::String(name)) => Types::named(name),
        Some(Value::Array(names)) => names
            .iter()
            .map(|name| Types::named(name.as_str()?))
            .try_fold(Types::default(), |all, one| Some(all.or(one?))),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) => None,
    }
}
