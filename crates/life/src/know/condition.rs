//! Which rows a part of a question means: those of an event, with values of its properties.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::Code;

use super::row::{PersonRow, number};

/// Something that people do: an event, and what must hold of its properties.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Deed {
    /// The event's name; null is any event.
    #[serde(default)]
    pub event: Option<String>,
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub demands: Vec<Where>,
}

/// What must hold of a property.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Where {
    /// The property's name.
    pub property: String,
    #[serde(flatten)]
    pub test: Tested,
}

/// A test of a property's value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tested {
    /// Any of these; null means that the property is absent.
    Is(Vec<Wanted>),
    /// None of these; an absent property is none of them.
    IsNot(Vec<Wanted>),
    /// Whether the property is there at all.
    Set(bool),
    /// A part of the text, in capitals or not.
    Contains(String),
    /// A number larger than this.
    Above(f64),
    /// A number smaller than this.
    Below(f64),
}

/// A value as a question writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Wanted {
    Flag(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    Missing,
}

impl Wanted {
    /// The text that a column's value is compared as; `None` for an absent value.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self {
            Wanted::Flag(flag) => Some(flag.to_string()),
            Wanted::Integer(number) => Some(number.to_string()),
            Wanted::Number(number) => Some(number.to_string()),
            Wanted::Text(text) => Some(text.clone()),
            Wanted::Missing => None,
        }
    }
}

/// A resolved condition. It holds its event's name so that answers need no register of names.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// `None` is any event.
    pub event: Option<Code>,
    pub name: Option<String>,
    pub demands: Vec<Demand>,
}

/// What must hold of one of the plan's columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand {
    /// The column's place in the plan.
    pub column: usize,
    pub test: Test,
}

/// A resolved test.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    AnyOf(Vec<Option<String>>),
    NoneOf(Vec<Option<String>>),
    /// In small letters.
    Contains(String),
    Above(f64),
    Below(f64),
}

impl Test {
    /// Whether a value passes.
    #[must_use]
    pub fn holds(&self, value: Option<&str>) -> bool {
        let is_among =
            |values: &[Option<String>]| values.iter().any(|wanted| wanted.as_deref() == value);
        let as_number = || value.and_then(number);
        match self {
            Test::AnyOf(values) => is_among(values),
            Test::NoneOf(values) => !is_among(values),
            Test::Contains(part) => value.is_some_and(|text| text.to_lowercase().contains(part)),
            Test::Above(bound) => as_number().is_some_and(|number| number > *bound),
            Test::Below(bound) => as_number().is_some_and(|number| number < *bound),
        }
    }
}

impl Condition {
    /// Whether a row meets it.
    #[must_use]
    pub fn holds(&self, row: &PersonRow) -> bool {
        self.event.is_none_or(|event| event == row.event)
            && self.demands.iter().all(|demand| demand.test.holds(row.value(demand.column)))
    }

    /// How a sentence names it.
    #[must_use]
    pub fn phrase(&self) -> String {
        let event = self.name.as_ref().map_or("any event".to_owned(), |name| format!("`{name}`"));
        if self.demands.is_empty() { event } else { format!("{event} (filtered)") }
    }
}
