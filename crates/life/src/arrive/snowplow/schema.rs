//! Schemas of self-describing data: the standard ones from the catalogue, others as an operator's
//! Iglu registry gives them. It fetches nothing: whoever has a schema's text brings it here.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::shape::{Budget, Misfit, Shape, Types};

/// The shipped schemas, whose fields the catalogue reads from the same text.
pub const SHIPPED: &str = include_str!("../../../../../catalog/schemas/snowplow.toml");

/// Who published a schema, what it describes, and in which version.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemaName {
    vendor: Box<str>,
    name: Box<str>,
    version: [u32; 3],
}

impl SchemaName {
    const CHARS_MAX: usize = 128;

    /// Reads `iglu:vendor/name/jsonschema/1-0-0`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::of_path(text.strip_prefix("iglu:")?)
    }

    /// Reads `vendor/name/jsonschema/1-0-0`, as a registry lays its schemas out.
    ///
    /// INVARIANT(path): none of its parts leads out of the folder or the address it is put behind.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        let mut parts = path.split('/');
        let (vendor, name) = (parts.next()?, parts.next()?);
        let is_json = parts.next()? == "jsonschema";
        let mut numbers = parts.next()?.split('-').map(number);
        let version = [numbers.next()??, numbers.next()??, numbers.next()??];
        let is_whole = parts.next().is_none() && numbers.next().is_none();
        let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_plain);
        let is_named = vendor.split('.').all(is_label) && is_label(name);
        let is_short = vendor.len().max(name.len()) <= Self::CHARS_MAX;
        (is_json && is_whole && is_named && is_short).then(|| Self {
            vendor: vendor.into(),
            name: name.into(),
            version,
        })
    }

    /// Where a registry has it, below its `schemas`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}/jsonschema/{}", self.vendor, self.name, self.version())
    }

    #[must_use]
    pub fn vendor(&self) -> &str {
        &self.vendor
    }

    /// What it describes; the name of an event, or the front of a context's fields.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn version(&self) -> String {
        let [model, revision, addition] = self.version;
        format!("{model}-{revision}-{addition}")
    }

    /// Whether it is this schema of Snowplow's own, in whatever version.
    pub(super) fn is(&self, name: &str) -> bool {
        &*self.vendor == "com.snowplowanalytics.snowplow" && &*self.name == name
    }

    /// What a complaint may repeat of it: a name that somebody published. Long runs of digits are
    /// no part of such a name, they may number somebody.
    pub(super) fn shown(&self) -> &str {
        const DIGITS_MAX: usize = 4;
        let numbers = |part: &str| {
            let mut runs = part.split(|char: char| !char.is_ascii_digit());
            runs.any(|run| run.len() > DIGITS_MAX)
        };
        if numbers(&self.vendor) || numbers(&self.name) { "that it names" } else { &self.name }
    }

    /// Its vendor, name and model: within a model fields are only added.
    fn line(&self) -> String {
        let [model, _, _] = self.version;
        format!("{}/{}/{model}", self.vendor, self.name)
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "iglu:{}", self.path())
    }
}

fn number(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Why a schema was not learnt.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SchemaError {
    #[error("the table of schemas is broken: {0}")]
    Table(String),
    #[error("`{0}` names no schema: write `vendor/name/model`")]
    Name(String),
    #[error("it has more than {limit} bytes: split it")]
    TooLarge { limit: usize },
    #[error("there are more than {limit} schemas: bring only those that are sent")]
    TooMany { limit: usize },
    #[error("it is no JSON Schema, or is nested without end")]
    Unreadable,
    #[error("it says that it is `{said}`: put it where that one belongs")]
    Misplaced { said: String },
}

/// All schemas that are known.
#[derive(Debug, Clone, Default)]
pub struct Schemas {
    /// By vendor, name and model: the standard ones, which take later additions to the model.
    lines: BTreeMap<String, Shape>,
    learnt: BTreeMap<SchemaName, Shape>,
}

#[derive(Deserialize)]
struct Entry {
    of: Vec<String>,
    #[serde(default)]
    required: Vec<String>,
    #[serde(default)]
    fields: BTreeMap<String, Field>,
}

#[derive(Deserialize)]
struct Field {
    #[serde(rename = "type")]
    kind: FieldType,
}

/// The catalogue's types, as far as they show on the wire.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum FieldType {
    Text,
    Url,
    Address,
    Time,
    Integer,
    Number,
    Flag,
    Json,
}

impl FieldType {
    fn types(self) -> Types {
        match self {
            FieldType::Text | FieldType::Url | FieldType::Address | FieldType::Time => Types::TEXT,
            FieldType::Integer => Types::INTEGER,
            FieldType::Number => Types::NUMBER,
            FieldType::Flag => Types::FLAG,
            FieldType::Json => Types::default(),
        }
    }
}

/// The part of a schema that says which one it is.
#[derive(Deserialize)]
struct Itself {
    vendor: String,
    name: String,
    format: String,
    version: String,
}

impl Schemas {
    /// How many schemas an installation learns beside the shipped ones.
    pub const LEARNT_MAX: usize = 1_000;
    /// How large the text of one may be.
    pub const BYTES_MAX: usize = 256 << 10;

    /// The schemas that the program ships with.
    pub fn shipped() -> Result<Self, SchemaError> {
        Self::parse(SHIPPED)
    }

    /// Reads a table of schemas.
    pub fn parse(table: &str) -> Result<Self, SchemaError> {
        let broken = |error: toml::de::Error| SchemaError::Table(error.to_string());
        let entries: BTreeMap<String, Entry> = toml::from_str(table).map_err(broken)?;
        let mut schemas = Self::default();
        for (name, entry) in entries {
            if let Some(lost) = entry.required.iter().find(|it| !entry.fields.contains_key(*it)) {
                return Err(SchemaError::Table(format!(
                    "`{name}` needs `{lost}`, which is no field"
                )));
            }
            let field = |(name, field): (String, Field)| {
                let types = field.kind.types();
                let is_needed = entry.required.contains(&name);
                let null = if is_needed || types == Types::default() { types } else { Types::NULL };
                (name, Shape::of(types.or(null)))
            };
            let fields = entry.fields.into_iter().map(field).collect();
            let shape = Shape::object(fields, entry.required.clone());
            for line in entry.of {
                let parts: Vec<&str> = line.split('/').collect();
                let [_, own, model] = parts.as_slice() else {
                    return Err(SchemaError::Name(line));
                };
                // The entry's name is the front of its properties, so it is the schema's own.
                if *own != name || number(model).is_none() {
                    return Err(SchemaError::Name(line));
                }
                schemas.lines.insert(line, shape.clone());
            }
        }
        Ok(schemas)
    }

    /// Learns a schema from its text.
    pub fn learn(&mut self, name: SchemaName, text: &str) -> Result<(), SchemaError> {
        if text.len() > Self::BYTES_MAX {
            return Err(SchemaError::TooLarge { limit: Self::BYTES_MAX });
        }
        if self.learnt.len() >= Self::LEARNT_MAX {
            return Err(SchemaError::TooMany { limit: Self::LEARNT_MAX });
        }
        let schema: Value = serde_json::from_str(text).map_err(|_| SchemaError::Unreadable)?;
        if let Some(own) = schema.get("self") {
            let own = Itself::deserialize(own).map_err(|_| SchemaError::Unreadable)?;
            let said = format!("{}/{}/{}/{}", own.vendor, own.name, own.format, own.version);
            if said != name.path() {
                return Err(SchemaError::Misplaced { said });
            }
        }
        let shape = Shape::read(&schema, &mut Budget::new()).ok_or(SchemaError::Unreadable)?;
        self.learnt.insert(name, shape);
        Ok(())
    }

    /// Forgets a schema that was learnt, to make room for another.
    pub fn forget(&mut self, name: &SchemaName) {
        self.learnt.remove(name);
    }

    #[must_use]
    pub fn knows(&self, name: &SchemaName) -> bool {
        self.find(name).is_some()
    }

    /// Holds data against its schema; `None` when nobody knows the schema.
    pub(super) fn check(&self, name: &SchemaName, data: &Value) -> Option<Result<(), Misfit>> {
        Some(self.find(name)?.check(data))
    }

    fn find(&self, name: &SchemaName) -> Option<&Shape> {
        self.learnt.get(name).or_else(|| self.lines.get(&name.line()))
    }
}

#[cfg(test)]
mod tests;
