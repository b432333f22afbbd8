//! Columns of a file, one per promoted property. It never decides which property is promoted.

use std::collections::BTreeMap;

use life::admit::catalogue::{Catalogue, PropertyType};
use serde::{Deserialize, Serialize};
use vocabulary::{Code, Value};

/// What a promoted column stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnKind {
    Text,
    /// Text that is JSON.
    Json,
    Integer,
    Number,
    Flag,
    Time,
}

impl From<PropertyType> for ColumnKind {
    fn from(kind: PropertyType) -> Self {
        match kind {
            PropertyType::Text | PropertyType::Url | PropertyType::Address => ColumnKind::Text,
            PropertyType::Json => ColumnKind::Json,
            PropertyType::Integer => ColumnKind::Integer,
            PropertyType::Number => ColumnKind::Number,
            PropertyType::Flag => ColumnKind::Flag,
            PropertyType::Time => ColumnKind::Time,
        }
    }
}

impl From<&Value> for ColumnKind {
    /// The kind that stores a value as it is.
    fn from(value: &Value) -> Self {
        match value {
            Value::Flag(_) => ColumnKind::Flag,
            Value::Integer(_) => ColumnKind::Integer,
            Value::Number(_) => ColumnKind::Number,
            Value::Text(_) => ColumnKind::Text,
            Value::Time(_) => ColumnKind::Time,
            Value::Json(_) => ColumnKind::Json,
        }
    }
}

/// The promoted properties and what their columns store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Columns(BTreeMap<Code, ColumnKind>);

impl Columns {
    /// The promoted properties of a catalogue whose names are bound to codes.
    #[must_use]
    pub fn of(catalogue: &Catalogue) -> Self {
        let promoted = catalogue.properties().filter(|property| property.is_column);
        Self(promoted.map(|property| (property.code, property.kind.into())).collect())
    }

    /// Adds a column, or changes what it stores.
    pub fn insert(&mut self, code: Code, kind: ColumnKind) {
        self.0.insert(code, kind);
    }

    /// What the column of a property stores; `None` when it has no column.
    #[must_use]
    pub fn kind(&self, code: Code) -> Option<ColumnKind> {
        self.0.get(&code).copied()
    }

    /// All columns, by code.
    pub fn iter(&self) -> impl Iterator<Item = (Code, ColumnKind)> {
        self.0.iter().map(|(code, kind)| (*code, *kind))
    }
}
