//! Volumes: how many rows of each event, and with each property, a purpose may see, and from when
//! to when.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use life::admit::{Grant, Verb};
use life::know::Scope;
use life::know::scope::{Column, Told};
use vocabulary::{Categories, Code, Purposes, Time};

use super::ask::{Asking, permit};
use super::error::AskError;
use super::operator::{Operator, Rows};
use super::walk::walk;

/// The visible rows of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Volume {
    pub rows: u64,
    pub first: Time,
    pub last: Time,
    /// All purposes that they were kept for.
    pub purposes: Purposes,
}

/// The visible values of one property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Met {
    pub rows: u64,
    pub last: Time,
}

/// The properties whose values are counted.
#[derive(Debug, Clone)]
pub struct Properties {
    /// Those that have a column of their own.
    pub columns: Vec<Code>,
    pub categories: Categories,
    /// Only rows of this event.
    pub event: Option<Code>,
    pub from: Time,
    pub until: Time,
}

/// Counts the visible rows of every event. Like any question it needs a grant.
pub fn volumes(asking: &Asking<'_>, grant: &Grant, now: Time) -> Result<Volumes, AskError> {
    let scope = scope(grant, (Time(i64::MIN), Time(i64::MAX)), Vec::new(), Categories::NONE);
    permit(scope.purpose, scope.categories, grant, Verb::Ask, now)?;
    let done = walk(asking, &scope, &Arc::default(), VolumeOperator::default, false)?.answer;
    let volumes = (0u32..).zip(done.0).filter(|(_, volume)| volume.rows > 0);
    Ok(volumes.map(|(event, volume)| (Code(event), volume)).collect())
}

/// By event.
pub type Volumes = BTreeMap<Code, Volume>;

/// Counts the visible values of properties, those that have any.
pub fn properties(
    asking: &Asking<'_>,
    wanted: &Properties,
    grant: &Grant,
    now: Time,
) -> Result<BTreeMap<Code, Met>, AskError> {
    let Properties { columns, categories, event, from, until } = wanted;
    let column = |code: &Code| Column {
        code: *code,
        property: String::new(),
        sealed: None,
        texts: Told::These(BTreeSet::new()),
        is_number: false,
    };
    let told = columns.iter().map(column).collect();
    let scope = scope(grant, (*from, *until), told, *categories);
    permit(scope.purpose, scope.categories, grant, Verb::Ask, now)?;
    let operator = || PropertyOperator { event: *event, met: vec![Met::NONE; columns.len()] };
    let done = walk(asking, &scope, &Arc::default(), operator, false)?.answer;
    let met = columns.iter().copied().zip(done.met);
    Ok(met.filter(|(_, met)| met.rows > 0).collect())
}

fn scope(
    grant: &Grant,
    (from, until): (Time, Time),
    columns: Vec<Column>,
    categories: Categories,
) -> Scope {
    Scope {
        purpose: grant.purpose(),
        from,
        until,
        looks_back: false,
        zone: TimeZone::UTC,
        week_start: Weekday::Monday,
        columns,
        categories,
        people: Vec::new(),
        per: None,
        reads_sessions: false,
    }
}

/// By event code.
#[derive(Debug, Default)]
struct VolumeOperator(Vec<Volume>);

impl Volume {
    const NONE: Volume =
        Volume { rows: 0, first: Time(i64::MAX), last: Time(i64::MIN), purposes: Purposes::NONE };

    fn join(&mut self, other: Volume) {
        self.rows += other.rows;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.purposes = self.purposes | other.purposes;
    }
}

impl VolumeOperator {
    fn join(&mut self, place: usize, volume: Volume) {
        if self.0.len() <= place {
            self.0.resize(place + 1, Volume::NONE);
        }
        if let Some(held) = self.0.get_mut(place) {
            held.join(volume);
        }
    }
}

impl Operator for VolumeOperator {
    const READS_PURPOSES: bool = true;
    const IN_ORDER: bool = false;

    fn begin(&mut self) {}

    #[inline]
    fn rows(&mut self, rows: &Rows<'_>) {
        for (row, (event, time)) in rows.event.iter().zip(rows.time).enumerate() {
            let (time, purposes) = (Time(*time), rows.purposes(row));
            self.join(*event as usize, Volume { rows: 1, first: time, last: time, purposes });
        }
    }

    fn end(&mut self) {}

    fn merge(&mut self, other: Self) {
        for (place, volume) in other.0.into_iter().enumerate() {
            self.join(place, volume);
        }
    }
}

/// By place among the columns that are asked for.
#[derive(Debug)]
struct PropertyOperator {
    event: Option<Code>,
    met: Vec<Met>,
}

impl Met {
    const NONE: Met = Met { rows: 0, last: Time(i64::MIN) };

    fn join(&mut self, other: Met) {
        self.rows += other.rows;
        self.last = self.last.max(other.last);
    }
}

impl Operator for PropertyOperator {
    const IN_ORDER: bool = false;

    fn begin(&mut self) {}

    fn rows(&mut self, rows: &Rows<'_>) {
        let wanted = self.event;
        let is_about = |event: u32| wanted.is_none_or(|wanted| wanted.0 == event);
        for (column, met) in self.met.iter_mut().enumerate() {
            for (row, (time, event)) in rows.time.iter().zip(rows.event).enumerate() {
                if rows.text(column, row) != 0 && is_about(*event) {
                    met.join(Met { rows: 1, last: Time(*time) });
                }
            }
        }
    }

    fn end(&mut self) {}

    fn merge(&mut self, other: Self) {
        for (met, theirs) in self.met.iter_mut().zip(other.met) {
            met.join(theirs);
        }
    }
}
