//! Rows that are not in order where they lie, put in order in memory: those of people who were
//! merged or parted since their files were written, and all of them when groups are asked about.

use std::sync::atomic::{AtomicUsize, Ordering};

use life::know::Scope;
use vocabulary::{Person, Time};

use super::cells::{Cells, Kept};
use super::error::AskError;
use super::view::View;
use crate::keep::chunk::Chunk;

/// Where a chunk stands among all: the order of its run, and its first row in the run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) order: u64,
    pub(super) first: u64,
}

/// The rows that one thread has diverted.
#[derive(Debug)]
pub(super) struct Moved<'a> {
    limit: &'a Limit,
    rows: Vec<Row>,
    /// Rows that the limit knows of.
    counted: usize,
    /// Their columns.
    cells: Kept,
}

/// How many rows all threads together may divert.
#[derive(Debug)]
pub(super) struct Limit {
    pub(super) from: Time,
    pub(super) until: Time,
    pub(super) max: usize,
    count: AtomicUsize,
}

/// A diverted row. The fields stand in the order that rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    person: u64,
    time: i64,
    sequence: u32,
    received: i64,
    order: u64,
    leaf: u64,
    place: u64,
    event: u32,
}

impl Limit {
    pub(super) fn new(from: Time, until: Time, max: usize) -> Self {
        Self { from, until, max, count: AtomicUsize::new(0) }
    }
}

impl<'a> Moved<'a> {
    pub(super) fn new(limit: &'a Limit, scope: &Scope) -> Self {
        Self { limit, rows: Vec::new(), counted: 0, cells: Kept::new(scope) }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Takes a row of a chunk for its current person.
    pub(super) fn take(
        &mut self,
        chunk: &Chunk,
        cells: &Cells,
        row: usize,
        person: Person,
        place: Place,
    ) {
        let (Some(time), Some(event)) = (chunk.time.get(row), chunk.event.get(row)) else { return };
        if *time < self.limit.from.0 || *time >= self.limit.until.0 {
            return;
        }
        self.rows.push(Row {
            person: person.0,
            time: *time,
            sequence: chunk.sequence.get(row).copied().unwrap_or(0),
            received: chunk.received.get(row).copied().unwrap_or(0),
            order: place.order,
            leaf: chunk.leaf.get(row).copied().unwrap_or(0),
            place: place.first + row as u64,
            event: *event,
        });
        self.cells.push(cells, chunk, row);
    }

    /// Holds what has been taken since the last time against the limit. Asked after each chunk, so
    /// that threads seldom meet.
    pub(super) fn check(&mut self) -> Result<(), AskError> {
        let more = self.rows.len() - self.counted;
        self.counted = self.rows.len();
        let before = self.limit.count.fetch_add(more, Ordering::Relaxed);
        if before + more > self.limit.max {
            return Err(AskError::TooManyMovedRows { max: self.limit.max });
        }
        Ok(())
    }

    /// Takes over the rows of another thread.
    pub(super) fn merge(&mut self, other: Moved<'_>) {
        self.rows.extend(other.rows);
        self.cells.merge(other.cells);
    }

    /// Takes everything out.
    pub(super) fn drain(&mut self) -> Self {
        let (rows, cells) = (std::mem::take(&mut self.rows), self.cells.drain());
        self.counted = 0;
        Self { limit: self.limit, rows, counted: 0, cells }
    }

    /// All rows in the order of their current persons; `None` when there are none.
    pub(super) fn sorted(self) -> Option<View> {
        let rows = self.rows;
        let keys = rows.iter().map(|row| (row.person, row.time));
        let mut order: Vec<((u64, i64), u32)> = keys.zip(0u32..).collect();
        let row = |place: u32| rows.get(place as usize);
        order.sort_unstable_by(|(one, place), (two, other)| {
            one.cmp(two).then_with(|| row(*place).cmp(&row(*other)))
        });
        let person = order.iter().map(|((person, _), _)| *person).collect::<Vec<_>>();
        let time = order.iter().map(|((_, time), _)| *time).collect();
        let event = order.iter().map(|(_, place)| row(*place).map_or(0, |row| row.event)).collect();
        if person.is_empty() {
            return None;
        }
        let leaf = order.iter().map(|(_, place)| row(*place).map_or(0, |row| row.leaf)).collect();
        let places: Vec<u32> = order.iter().map(|(_, place)| *place).collect();
        Some(View::of(person, time, event, self.cells.sorted(&places, leaf)))
    }
}
