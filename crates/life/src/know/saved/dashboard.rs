//! Dashboards: tiles on a grid, each a question, and filters that are laid over all of them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{Amiss, Asked, Complaints, NAME_MAX, Saveable, head, text};
use crate::know::condition::Where;
use crate::know::shape::Shape;

/// Columns of the grid.
pub const COLUMNS: u32 = 12;
/// Rows that a tile may begin below, and rows that it may have.
const ROWS_MAX: u32 = 1_000;
const HEIGHT_MAX: u32 = 24;
const TILES_MAX: usize = 40;
const WHERE_MAX: usize = 16;

/// A dashboard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dashboard {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    #[serde(default, skip_serializing_if = "Filters::is_empty")]
    pub filters: Filters,
    pub tiles: Vec<Tile>,
}

/// A question's place on a dashboard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tile {
    /// 1 to 64 letters, digits and hyphens; one of a kind on its dashboard.
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub question: Asked,
    #[serde(default)]
    pub view: View,
    /// The first of the grid's twelve columns, from 0.
    pub x: u32,
    /// The first row, from 0.
    pub y: u32,
    /// Columns.
    pub w: u32,
    /// Rows.
    pub h: u32,
}

/// How a tile shows its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    #[default]
    Chart,
    Table,
    Number,
}

/// What holds for every tile, whatever its question says.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Filters {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The purpose that every tile is asked for; each is judged for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Conditions that each row of every tile must meet as well.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub demands: Vec<Where>,
}

impl Saveable for Dashboard {
    const KIND: &'static str = "dashboard";

    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self, amiss: &mut Complaints) {
        head(&self.name, self.about.as_deref(), amiss);
        self.filters.check("/filters", amiss);
        if self.tiles.len() > TILES_MAX {
            amiss.add("/tiles", Amiss::TooMany { count: self.tiles.len(), max: TILES_MAX });
            return;
        }
        let mut ids = BTreeSet::new();
        for (number, tile) in self.tiles.iter().enumerate() {
            let pointer = format!("/tiles/{number}");
            tile.check(&pointer, amiss);
            if !ids.insert(&tile.id) {
                amiss.add(format!("{pointer}/id"), Amiss::Twice { id: tile.id.clone() });
            }
            let under = self.tiles.iter().take(number).find(|other| tile.covers(other));
            if let Some(other) = under {
                amiss.add(pointer, Amiss::Overlap { id: other.id.clone() });
            }
        }
    }

    fn posed(&self) -> Vec<(String, &str, &Value)> {
        let tiles = self
            .tiles
            .iter()
            .enumerate()
            .map(|(number, tile)| tile.question.posed(format!("/tiles/{number}/question")));
        tiles.flatten().collect()
    }
}

impl Tile {
    fn check(&self, pointer: &str, amiss: &mut Complaints) {
        if !is_id(&self.id) {
            amiss.add(format!("{pointer}/id"), Amiss::NotAnId { id: self.id.clone() });
        }
        if let Some(title) = &self.title {
            text(&format!("{pointer}/title"), title, NAME_MAX, amiss);
        }
        self.question.check(&format!("{pointer}/question"), amiss);
        let fits = self.x.saturating_add(self.w) <= COLUMNS;
        let is_seen = self.w > 0 && (1..=HEIGHT_MAX).contains(&self.h);
        if !(fits && is_seen && self.y <= ROWS_MAX) {
            amiss.add(pointer, Amiss::OutsideGrid);
        }
    }

    fn covers(&self, other: &Tile) -> bool {
        let meet = |one: u32, long: u32, two: u32, far: u32| {
            one < two.saturating_add(far) && two < one.saturating_add(long)
        };
        meet(self.x, self.w, other.x, other.w) && meet(self.y, self.h, other.y, other.h)
    }
}

/// Whether a text is an id that a caller may choose.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || sign == '-';
    (1..=64).contains(&text.len()) && text.chars().all(is_plain)
}

impl Filters {
    /// Whether they leave everything as it is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is wrong with them.
    pub fn check(&self, pointer: &str, amiss: &mut Complaints) {
        if self.demands.len() > WHERE_MAX {
            let (count, max) = (self.demands.len(), WHERE_MAX);
            amiss.add(format!("{pointer}/where"), Amiss::TooMany { count, max });
        }
    }

    /// Filters with others over them: what both say, the others say; conditions must all hold.
    #[must_use]
    pub fn under(self, over: Filters) -> Filters {
        let mut demands = self.demands;
        demands.extend(over.demands);
        Filters {
            from: over.from.or(self.from),
            to: over.to.or(self.to),
            zone: over.zone.or(self.zone),
            purpose: over.purpose.or(self.purpose),
            demands,
        }
    }

    /// A question with the filters laid over it. What is no object stays as it is: whoever resolves
    /// the question says so.
    pub fn over(&self, kind: &str, question: &Value) -> Result<Value, Amiss> {
        let mut question = question.clone();
        let Some(fields) = question.as_object_mut() else { return Ok(question) };
        let plain = [
            ("from", &self.from),
            ("to", &self.to),
            ("zone", &self.zone),
            ("purpose", &self.purpose),
        ];
        for (field, value) in plain {
            if let Some(value) = value {
                fields.insert(field.to_owned(), Value::String(value.clone()));
            }
        }
        if self.demands.is_empty() {
            return Ok(question);
        }
        let demands: Vec<Value> =
            self.demands.iter().filter_map(|one| serde_json::to_value(one).ok()).collect();
        let impossible = || Amiss::NotFiltered { kind: kind.to_owned() };
        let places = Shape::of(kind).map(|shape| shape.conditions).unwrap_or_default();
        let mut found = 0;
        for place in places {
            conditions(fields, place, &mut |condition| {
                found += 1;
                let held = condition.entry("where").or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(held) = held {
                    held.extend(demands.iter().cloned());
                }
            });
        }
        if found == 0 { Err(impossible()) } else { Ok(question) }
    }
}

/// Visits the conditions below a field: the question itself where the field is empty, an object, or
/// each object of a list.
fn conditions(
    question: &mut Map<String, Value>,
    field: &str,
    visit: &mut impl FnMut(&mut Map<String, Value>),
) {
    if field.is_empty() {
        visit(question);
        return;
    }
    match question.get_mut(field) {
        Some(Value::Object(condition)) => visit(condition),
        Some(Value::Array(list)) => {
            list.iter_mut().filter_map(Value::as_object_mut).for_each(visit)
        }
        Some(_) | None => {}
    }
}

#[cfg(test)]
mod tests;
