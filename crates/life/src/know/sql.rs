//! SQL: one select over what a purpose may see. The text is judged before anything plans it, and
//! what it may use is listed: a name that is not here is not offered.

mod flaw;
mod judge;
mod offer;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use sqlparser::ast::Statement;
use utoipa::ToSchema;
use vocabulary::{Categories, Class, Code, Purpose, Time};

pub use self::flaw::SqlFlaw;
pub use self::offer::{AGGREGATES, SCALARS, WINDOWS};
use super::answer::Scanned;
use super::fault::{Faults, Flaw};
use super::period;
use super::tabled::{Kind, Table, Tabled};
use super::words::Setting;

/// The question.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sql {
    /// The purpose that it is asked for.
    pub purpose: String,
    /// One `SELECT` over `events` and `people`.
    pub sql: String,
    /// Only events from this instant or day on, written as in every question; without it, from the
    /// first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Only events before this instant or day; without it, to the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The time zone that days of `from` and `to` are days of; the installation's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// How many rows are answered at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// The judged question. Its text is gone: what was judged is what is planned.
#[derive(Debug, Clone, PartialEq)]
pub struct SqlPlan {
    pub purpose: Purpose,
    /// The categories of its columns.
    pub categories: Categories,
    pub statement: Statement,
    /// The time that `events` shows: from, and until.
    pub within: (Time, Time),
    pub columns: Vec<SqlColumn>,
    pub rows_max: usize,
}

/// A column of `events`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlColumn {
    pub name: String,
    pub kind: Kind,
    pub about: String,
    pub field: Field,
}

/// What of a row a column shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Time,
    Received,
    Event,
    Person,
    Source,
    Session,
    /// A property, and the class of keys that its values are sealed under, if they are.
    Property(Code, Option<Class>),
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SqlReply {
    pub columns: Vec<SqlHead>,
    /// Each row has a value for each column: text, a number, `true` or `false`, or null.
    #[schema(value_type = Vec<Vec<Object>>)]
    pub rows: Vec<Vec<serde_json::Value>>,
    /// Whether there were more rows than were asked for.
    pub truncated: bool,
    pub scanned: Scanned,
    /// The instant up to which rows were seen.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Time,
    /// The purpose that it was asked for.
    pub purpose: String,
    #[serde(skip)]
    pub table: Table,
}

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SqlHead {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: Kind,
}

/// What there is to select from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SqlSchema {
    pub tables: Vec<SqlTable>,
    pub functions: Vec<String>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SqlTable {
    pub name: String,
    pub about: String,
    pub columns: Vec<SqlTableColumn>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SqlTableColumn {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: Kind,
    pub about: String,
}

/// From the first instant until the last.
pub const ALWAYS: (Time, Time) = (Time(i64::MIN), Time(i64::MAX));

/// The tables that a text may name.
pub const EVENTS: &str = "events";
pub const PEOPLE: &str = "people";

/// What `people` is: it shows nothing that `events` does not.
pub const PEOPLE_IS: &str = "select person, min(time) as first, max(time) as last, \
                             count(*) as events from events group by person";

/// The columns of `people`, as `PEOPLE_IS` makes them.
const PEOPLE_COLUMNS: [(&str, Kind, &str); 4] = [
    ("person", Kind::Integer, "the number of the person: 7 is `p7`"),
    ("first", Kind::Time, "when the person was seen first"),
    ("last", Kind::Time, "when the person was seen last"),
    ("events", Kind::Integer, "how many events the person has"),
];

/// The columns that every event has.
const FIXED: [(&str, Kind, Field, &str); 6] = [
    ("time", Kind::Time, Field::Time, "when it happened"),
    ("received", Kind::Time, Field::Received, "when it arrived"),
    ("event", Kind::Text, Field::Event, "its name"),
    ("person", Kind::Integer, Field::Person, "whose it is: 7 is `p7`"),
    ("source", Kind::Text, Field::Source, "who sent it"),
    ("session", Kind::Integer, Field::Session, "the session that the client named, as a number"),
];

impl Sql {
    /// Judges the text and says what it may read: nothing of a category outside of `categories`.
    pub fn resolve(&self, setting: Setting<'_>, categories: Categories) -> Result<SqlPlan, Faults> {
        let mut faults = Faults::default();
        let purpose = faults.keep("/purpose", setting.purpose(&self.purpose));
        let statement = judge::judge(&self.sql, setting.now, setting.limits).map_err(Flaw::Sql);
        let statement = faults.keep("/sql", statement);
        let within = self.within(setting, &mut faults);
        let most = setting.limits.sql_rows;
        let rows_max = self.limit.unwrap_or(most.min(Self::LIMIT));
        if rows_max == 0 {
            faults.add("/limit", Flaw::Zero);
        } else if rows_max > most {
            faults.add("/limit", Flaw::TooMany { count: rows_max, max: most });
        }
        match (purpose, statement, within) {
            (Some(purpose), Some(statement), Some(within)) if faults.0.is_empty() => {
                let (columns, categories) = columns(setting, categories);
                Ok(SqlPlan { purpose, categories, statement, within, columns, rows_max })
            }
            _ => Err(faults),
        }
    }

    /// The time that the question is about: all of it where it does not say.
    fn within(&self, setting: Setting<'_>, faults: &mut Faults) -> Option<(Time, Time)> {
        let zone = self.zone.as_deref().unwrap_or(setting.zone);
        let zone = faults.keep("/zone", period::zone(zone))?;
        let mut moment = |place, text: Option<&str>, otherwise| match text {
            None => Some(otherwise),
            Some(text) => faults.keep(place, period::moment(&zone, setting.now, text)),
        };
        let from = moment("/from", self.from.as_deref(), ALWAYS.0);
        let until = moment("/to", self.to.as_deref(), ALWAYS.1);
        let (from, until) = (from?, until?);
        if from < until {
            return Some((from, until));
        }
        let said = |text: &Option<String>| text.clone().unwrap_or_default();
        faults.add("/to", Flaw::EmptyRange { from: said(&self.from), to: said(&self.to) });
        None
    }

    /// Rows that are answered when the question does not say.
    const LIMIT: usize = 1_000;
}

/// The columns of `events`: what every event has, and each property of these categories.
fn columns(setting: Setting<'_>, categories: Categories) -> (Vec<SqlColumn>, Categories) {
    let fixed = FIXED.iter().map(|(name, kind, field, about)| SqlColumn {
        name: (*name).to_owned(),
        kind: *kind,
        about: (*about).to_owned(),
        field: *field,
    });
    let readable = setting.words.properties.iter();
    let mut readable: Vec<_> = readable.filter(|(_, word)| categories.has(word.category)).collect();
    readable.sort_unstable_by_key(|(name, _)| *name);
    let property = |(name, word): (&String, &super::words::Word)| {
        let is_taken = FIXED.iter().any(|(fixed, ..)| fixed == name);
        SqlColumn {
            // A property that is called as what every event has stands beside it.
            name: if is_taken { format!("{name}_") } else { name.clone() },
            kind: word.kind.into(),
            about: if word.sealed.is_some() { "a property that lies sealed" } else { "a property" }
                .to_owned(),
            field: Field::Property(word.code, word.sealed),
        }
    };
    let shown = readable.iter().map(|(_, word)| word.category).collect();
    (fixed.chain(readable.into_iter().map(property)).collect(), shown)
}

/// What there is to select from, for whoever may read these categories.
#[must_use]
pub fn schema(setting: Setting<'_>, categories: Categories) -> SqlSchema {
    let column = |name: &str, kind, about: &str| SqlTableColumn {
        name: name.to_owned(),
        kind,
        about: about.to_owned(),
    };
    let (events, _) = columns(setting, categories);
    let events = events.iter().map(|one| column(&one.name, one.kind, &one.about)).collect();
    let people = PEOPLE_COLUMNS.iter().map(|(name, kind, about)| column(name, *kind, about));
    let table = |name: &str, about: &str, columns| SqlTable {
        name: name.to_owned(),
        about: about.to_owned(),
        columns,
    };
    let functions = [AGGREGATES, SCALARS, WINDOWS].concat();
    SqlSchema {
        tables: vec![
            table(EVENTS, "one row for each event that the purpose may see", events),
            table(PEOPLE, "one row for each person who is seen", people.collect()),
        ],
        functions: functions.into_iter().map(str::to_owned).collect(),
    }
}

impl SqlReply {
    /// Puts an answer and what it took together.
    #[must_use]
    pub fn new(
        table: Table,
        truncated: bool,
        scanned: Scanned,
        as_of: Time,
        purpose: &str,
    ) -> Self {
        let heads = table.columns.iter();
        let columns =
            heads.map(|column| SqlHead { name: column.name.clone(), kind: column.kind }).collect();
        let rows = table.rows.iter().map(|row| row.iter().map(Into::into).collect()).collect();
        Self { columns, rows, truncated, scanned, as_of, purpose: purpose.to_owned(), table }
    }
}

impl Tabled for SqlReply {
    fn table(&self) -> Table {
        self.table.clone()
    }
}
