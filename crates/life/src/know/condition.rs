//! Which rows a part of a question means: those of an event, with values of its properties.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::Code;

use super::row::PersonRow;

/// A property must have one of these values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Where {
    /// The property's name.
    pub property: String,
    /// Any of these; null means that the property is absent.
    pub is: Vec<Wanted>,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// `None` is any event.
    pub event: Option<Code>,
    pub name: Option<String>,
    pub demands: Vec<Demand>,
}

/// One of the plan's columns must have one of these values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The column's place in the plan.
    pub column: usize,
    pub any_of: Vec<Option<String>>,
}

impl Condition {
    /// Whether a row meets it.
    #[must_use]
    pub fn holds(&self, row: &PersonRow) -> bool {
        self.event.is_none_or(|event| event == row.event)
            && self.demands.iter().all(|demand| {
                let value = row.values.get(demand.column).cloned().flatten();
                demand.any_of.contains(&value)
            })
    }

    /// How a sentence names it.
    #[must_use]
    pub fn phrase(&self) -> String {
        let event = self.name.as_ref().map_or("any event".to_owned(), |name| format!("`{name}`"));
        if self.demands.is_empty() { event } else { format!("{event} (filtered)") }
    }
}
