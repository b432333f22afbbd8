//! Answers as tables: columns with types and rows of cells, and a table as CSV.
//!
//! The rows come from the answer as it is sent, so that a number in a file is the number on the
//! screen; `shape` says which of its lists are rows.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use vocabulary::Time;

use super::answer::Reply;
use super::shape::{List, Places, Shape};
use crate::admit::catalogue::PropertyType;

/// What can be handed out as a table.
pub trait Tabled {
    fn table(&self) -> Table;
}

/// Columns and rows; every row has a cell for each column.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
}

/// A column: its cells are of its type, or missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Flag,
    Integer,
    Number,
    Text,
    Time,
}

/// One value of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Missing,
    Flag(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    Time(Time),
}

/// Columns that come first, in this order; what a kind has beside them follows by name.
const FIRST: &[&str] = &[
    "part",
    "start",
    "step",
    "event",
    "period",
    "intervals",
    "from",
    "to",
    "count",
    "of",
    "at",
    "breakdown",
    "page",
    "person",
    "value",
    "first",
    "last",
];
/// Columns whose texts are instants.
const TIMES: &[&str] = &["start", "first", "last", "earlier.start"];

/// A row on its way: its fields by name.
type Fields = Map<String, Value>;

impl Tabled for Reply {
    fn table(&self) -> Table {
        let answer = serde_json::to_value(&self.answer).unwrap_or_default();
        Table::of(answer.get("kind").and_then(Value::as_str).unwrap_or_default(), &answer)
    }
}

fn lists(kind: &str) -> &'static [List] {
    Shape::of(kind).map(|shape| shape.lists).unwrap_or_default()
}

/// The rows of all lists of an answer; where several hold something, `part` names the list.
fn rows(answer: &Fields, lists: &[List]) -> Table {
    let filled: Vec<(&List, Vec<Fields>)> = lists
        .iter()
        .map(|list| (list, elements(answer, list, lists)))
        .filter(|(_, rows)| !rows.is_empty())
        .collect();
    let is_one = filled.len() < 2;
    let mut rows = Vec::new();
    for (list, part) in filled {
        let name = if list.field.is_empty() { "intervals" } else { list.field };
        rows.extend(part.into_iter().map(|mut row| {
            if !is_one {
                row.insert("part".to_owned(), Value::from(name));
            }
            row
        }));
    }
    arrange(&rows)
}

fn elements(answer: &Fields, list: &List, lists: &[List]) -> Vec<Fields> {
    let starts = match answer.get("intervals") {
        Some(Value::Array(starts)) => starts.as_slice(),
        Some(_) | None => &[],
    };
    if list.field.is_empty() {
        let mut whole = answer.clone();
        whole.remove("kind");
        whole.remove("intervals");
        whole.retain(|name, _| lists.iter().all(|part| part.field != name));
        if list.places == Places::Starts {
            whole.retain(|_, value| value.is_array());
        }
        return unroll(&whole, list.places, starts, 0);
    }
    let Some(Value::Array(list_of)) = answer.get(list.field) else { return Vec::new() };
    let elements = (0u64..).zip(list_of.iter().filter_map(Value::as_object));
    elements.flat_map(|(number, one)| unroll(one, list.places, starts, number)).collect()
}

/// The rows of one element: as many as the lists inside it are long, or one.
fn unroll(element: &Fields, places: Places, starts: &[Value], number: u64) -> Vec<Fields> {
    let mut flat = Fields::new();
    flatten(element, "", &mut flat);
    let (lists, plain): (Vec<_>, Vec<_>) = flat.into_iter().partition(|(_, one)| one.is_array());
    let plain: Fields = plain.into_iter().collect();
    let longest = lists.iter().filter_map(|(_, list)| Some(list.as_array()?.len())).max();
    let rows = match (places, longest) {
        (Places::None, _) | (Places::Starts, None) => return vec![plain],
        (Places::Numbers(column, first), None) => {
            let mut row = plain;
            row.insert(column.to_owned(), Value::from(first + number));
            return vec![row];
        }
        (Places::Starts | Places::Numbers(..), Some(rows)) => rows,
    };
    let row = |place: usize| {
        let mut row = plain.clone();
        for (field, list) in &lists {
            match list.get(place) {
                Some(Value::Object(inner)) => flatten(inner, "", &mut row),
                Some(one) => drop(row.insert(singular(field), one.clone())),
                None => drop(row.insert(singular(field), Value::Null)),
            }
        }
        let (column, value) = match places {
            Places::Numbers(column, first) => (column, Value::from(first + place as u64)),
            Places::Starts | Places::None => {
                ("start", starts.get(place).cloned().unwrap_or_default())
            }
        };
        row.insert(column.to_owned(), value);
        row
    };
    (0..rows).map(row).collect()
}

/// A list of values is a column of one value each.
fn singular(field: &str) -> String {
    match field.strip_suffix("values") {
        Some(before) => format!("{before}value"),
        None => field.to_owned(),
    }
}

/// Objects inside become fields of their own, named with a point.
fn flatten(fields: &Fields, before: &str, into: &mut Fields) {
    for (name, value) in fields {
        let name = format!("{before}{name}");
        match value {
            Value::Object(inner) => flatten(inner, &format!("{name}."), into),
            other => drop(into.insert(name, other.clone())),
        }
    }
}

/// Columns in their order, each with the type that fits all its values.
fn arrange(rows: &[Fields]) -> Table {
    let names: BTreeSet<&String> = rows.iter().flat_map(Fields::keys).collect();
    let mut names: Vec<&String> = names.into_iter().collect();
    let rank = |name: &String| FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len());
    names.sort_by_key(|name| (rank(name), *name));
    let column = |name: &&String| {
        let values = rows.iter().filter_map(|row| row.get(*name)).filter(|one| !one.is_null());
        let kind = values.map(|value| kind(name, value)).reduce(Kind::both).unwrap_or(Kind::Text);
        Column { name: (*name).clone(), kind }
    };
    let columns: Vec<Column> = names.iter().map(column).collect();
    let cells = |row: &Fields| {
        columns.iter().map(|column| column.kind.cell(row.get(&column.name))).collect()
    };
    let rows = rows.iter().map(cells).collect();
    Table { columns, rows }
}

fn kind(name: &str, value: &Value) -> Kind {
    match value {
        Value::Bool(_) => Kind::Flag,
        Value::Number(number) if number.is_i64() => Kind::Integer,
        Value::Number(_) => Kind::Number,
        Value::String(text) if TIMES.contains(&name) && Time::parse(text).is_some() => Kind::Time,
        Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => Kind::Text,
    }
}

impl From<PropertyType> for Kind {
    fn from(kind: PropertyType) -> Self {
        match kind {
            PropertyType::Text | PropertyType::Url | PropertyType::Address | PropertyType::Json => {
                Kind::Text
            }
            PropertyType::Integer => Kind::Integer,
            PropertyType::Number => Kind::Number,
            PropertyType::Flag => Kind::Flag,
            PropertyType::Time => Kind::Time,
        }
    }
}

impl From<&Cell> for Value {
    fn from(cell: &Cell) -> Self {
        match cell {
            Cell::Missing => Value::Null,
            Cell::Flag(flag) => (*flag).into(),
            Cell::Integer(number) => (*number).into(),
            Cell::Number(number) => (*number).into(),
            Cell::Text(text) => text.as_str().into(),
            Cell::Time(time) => time.to_string().into(),
        }
    }
}

impl Kind {
    /// The type that holds values of both.
    fn both(self, other: Kind) -> Kind {
        match (self, other) {
            (one, two) if one == two => one,
            (Kind::Integer, Kind::Number) | (Kind::Number, Kind::Integer) => Kind::Number,
            (Kind::Flag | Kind::Integer | Kind::Number | Kind::Text | Kind::Time, _) => Kind::Text,
        }
    }

    /// A value as a cell of this type.
    #[must_use]
    pub fn cell(self, value: Option<&Value>) -> Cell {
        let Some(value) = value.filter(|value| !value.is_null()) else { return Cell::Missing };
        let cell = match self {
            Kind::Flag => value.as_bool().map(Cell::Flag),
            Kind::Integer => value.as_i64().map(Cell::Integer),
            Kind::Number => value.as_f64().map(Cell::Number),
            Kind::Time => value.as_str().and_then(Time::parse).map(Cell::Time),
            Kind::Text => Some(Cell::Text(match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            })),
        };
        cell.unwrap_or(Cell::Missing)
    }
}

impl Table {
    /// The table of an answer that is shaped like this kind.
    #[must_use]
    pub fn of(kind: &str, answer: &impl Serialize) -> Table {
        match serde_json::to_value(answer) {
            Ok(Value::Object(answer)) => rows(&answer, lists(kind)),
            Ok(_) | Err(_) => Table::default(),
        }
    }

    /// The table as CSV (RFC 4180), with the names of the columns in its first line.
    ///
    /// A text that a spreadsheet would take for a formula gets an apostrophe in front: somebody
    /// else chose it. Numbers stay numbers.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = String::new();
        let names = self.columns.iter().map(|column| quoted(&column.name));
        line(&mut text, names);
        for row in &self.rows {
            line(&mut text, row.iter().map(Cell::csv));
        }
        text
    }
}

impl Cell {
    fn csv(&self) -> String {
        match self {
            Cell::Missing => String::new(),
            Cell::Flag(flag) => flag.to_string(),
            Cell::Integer(number) => number.to_string(),
            Cell::Number(number) => number.to_string(),
            Cell::Text(text) => quoted(text),
            Cell::Time(time) => time.to_string(),
        }
    }
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    for (number, cell) in cells.enumerate() {
        if number > 0 {
            text.push(',');
        }
        text.push_str(&cell);
    }
    text.push_str("\r\n");
}

/// Signs at the start of a text that make a spreadsheet compute it.
const FORMULA: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\0'];

/// A text that a spreadsheet shows and does not compute, whoever chose it.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(FORMULA) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

fn quoted(text: &str) -> String {
    let text = harmless(text);
    if text.contains([',', '"', '\r', '\n']) || text.starts_with(' ') || text.ends_with(' ') {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.into_owned()
}

#[cfg(test)]
mod tests;
