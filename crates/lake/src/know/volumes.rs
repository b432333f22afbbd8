//! Volumes: how many rows of each event a purpose may see, and from when to when.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use life::admit::{Grant, Verb};
use life::know::Scope;
use vocabulary::{Categories, Code, Purposes, Time};

use super::ask::{Asking, permit};
use super::error::AskError;
use super::operator::{Operator, Rows};
use super::table::Table;
use super::walk::walk;
use super::watch::Watch;

/// The visible rows of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Volume {
    pub rows: u64,
    pub first: Time,
    pub last: Time,
    /// All purposes that they were kept for.
    pub purposes: Purposes,
}

/// Counts the visible rows of every event. Like any question it needs a grant.
pub fn volumes(
    table: &Table<'_>,
    grant: &Grant,
    still: &(dyn Fn(u64) -> bool + Sync),
    threads: usize,
    now: Time,
) -> Result<BTreeMap<Code, Volume>, AskError> {
    let scope = Scope {
        purpose: grant.purpose(),
        from: Time(i64::MIN),
        until: Time(i64::MAX),
        looks_back: false,
        zone: TimeZone::UTC,
        week_start: Weekday::Monday,
        columns: Vec::new(),
        categories: Categories::NONE,
        people: Vec::new(),
        per: None,
        reads_sessions: false,
    };
    permit(scope.purpose, scope.categories, grant, Verb::Ask, now)?;
    let watch = Watch::default();
    let asking = Asking {
        mask: table.mask(),
        source: table,
        still,
        watch: &watch,
        threads,
        moved_rows_max: usize::MAX,
    };
    let done = walk(&asking, &scope, &Arc::default(), VolumeOperator::default, false)?.answer;
    let volumes = (0u32..).zip(done.0).filter(|(_, volume)| volume.rows > 0);
    Ok(volumes.map(|(event, volume)| (Code(event), volume)).collect())
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
