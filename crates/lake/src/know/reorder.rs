//! Rows that are not in order where they lie, put in order in memory: those of people who were
//! merged or parted since their files were written, and all of them when groups are asked about.

use std::sync::atomic::{AtomicUsize, Ordering};

use vocabulary::{Person, Time};

use super::cells::{Cells, Told};
use super::error::AskError;
use super::window::Ordered;
use crate::keep::chunk::Chunk;
use crate::keep::stretches::Growing;

/// Rows of one leaf in a chunk, and where the chunk stands among all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) chunk: &'a Chunk,
    pub(super) told: &'a Told,
    pub(super) leaf: u64,
    /// The order of its run.
    pub(super) run: u64,
    /// The number of the chunk's first row in the run.
    pub(super) first: u64,
}

/// The rows that one thread has diverted.
#[derive(Debug)]
pub(super) struct Moved<'a> {
    limit: &'a Limit,
    rows: Vec<Row>,
    /// Rows of one person that lie in order, one after the other.
    lots: Vec<Lot>,
    /// Rows that the limit knows of.
    counted: usize,
    /// Their columns.
    cells: Cells,
}

/// How many rows all threads together may divert.
#[derive(Debug)]
pub(super) struct Limit {
    pub(super) from: Time,
    pub(super) until: Time,
    pub(super) max: usize,
    count: AtomicUsize,
}

/// Rows of one person and one leaf, as they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Lot {
    person: u64,
    first: u32,
    end: u32,
}

/// A diverted row. The fields stand in the order that the rows of a person are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    time: i64,
    sequence: u32,
    received: i64,
    run: u64,
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
    pub(super) fn new(limit: &'a Limit, cells: Cells) -> Self {
        let (rows, lots) = (Vec::new(), Vec::new());
        Self { limit, rows, lots, counted: 0, cells }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Takes a row of a piece for its current person.
    pub(super) fn take(&mut self, piece: &Piece<'_>, person: Person, row: usize, event: u32) {
        let chunk = piece.chunk;
        let Some(time) = chunk.time.get(row).copied() else { return };
        if time < self.limit.from.0 || time >= self.limit.until.0 {
            return;
        }
        let count = self.rows.len() as u32;
        match self.lots.last_mut() {
            Some(lot) if lot.person == person.0 => lot.end += 1,
            _ => self.lots.push(Lot { person: person.0, first: count, end: count + 1 }),
        }
        self.rows.push(Row {
            time,
            sequence: chunk.sequence.get(row).copied().unwrap_or(0),
            received: chunk.received.get(row).copied().unwrap_or(0),
            run: piece.run,
            leaf: piece.leaf,
            place: piece.first + row as u64,
            event,
        });
        self.cells.push(piece.told, row);
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
        let count = self.rows.len() as u32;
        let lots = other.lots.into_iter();
        let lots = lots.map(|Lot { person, first, end }| Lot {
            person,
            first: first + count,
            end: end + count,
        });
        self.lots.extend(lots);
        self.rows.extend(other.rows);
        self.cells.merge(other.cells);
    }

    /// Takes everything out.
    pub(super) fn drain(&mut self) -> Self {
        let (rows, lots) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.lots));
        self.counted = 0;
        Self { limit: self.limit, rows, lots, counted: 0, cells: self.cells.drain() }
    }

    /// All rows in the order of their current persons; `None` when there are none.
    pub(super) fn sorted(self) -> Option<Ordered> {
        let Self { rows, mut lots, cells, .. } = self;
        if rows.is_empty() {
            return None;
        }
        lots.sort_unstable();
        let mut person = Growing::default();
        let mut order: Vec<u32> = Vec::with_capacity(rows.len());
        for lots in lots.chunk_by(|one, other| one.person == other.person) {
            let start = order.len();
            order.extend(lots.iter().flat_map(|lot| lot.first..lot.end));
            // Each lot is in order, so that little is left to do.
            let theirs = order.get_mut(start..).unwrap_or_default();
            theirs.sort_by_key(|place| rows.get(*place as usize));
            let whose = lots.first().map_or(0, |lot| lot.person);
            person.push(whose, order.len() as u32);
        }
        let row = |place: &u32| rows.get(*place as usize);
        Some(Ordered {
            person: person.done(),
            time: order.iter().map(|place| row(place).map_or(0, |row| row.time)).collect(),
            event: order.iter().map(|place| row(place).map_or(0, |row| row.event)).collect(),
            cells: cells.sorted(&order),
        })
    }
}
