//! Rows that are not in order where they lie, put in order in memory: those of people who were
//! merged or parted since their files were written, and all of them when groups are asked about.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use vocabulary::{Person, Time};

use super::cells::{Cells, Told};
use super::error::AskError;
use super::operator::Rows;
use crate::keep::chunk::Chunk;
use crate::keep::stretches::{Growing, Stretches};
use crate::keep::ties::{Tie, Ties};

/// Rows in order, as operators take them.
#[derive(Debug)]
pub(super) struct Ordered {
    pub(super) person: Stretches,
    time: Vec<i64>,
    event: Vec<u32>,
    cells: Cells,
}

impl Ordered {
    pub(super) fn rows(&self, range: Range<usize>) -> Option<Rows<'_>> {
        let from = range.start;
        let (time, event) = (self.time.get(range.clone())?, self.event.get(range)?);
        Some(Rows { time, event, cells: &self.cells, from })
    }
}

/// Rows of one person and one leaf in a chunk, and where the chunk stands among all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) chunk: &'a Chunk,
    pub(super) told: &'a Told,
    pub(super) leaf: u64,
    /// The first of them in the chunk.
    pub(super) start: u32,
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
    lots: Vec<Lot>,
    /// The chunks that they lay in.
    chunks: Vec<Lay>,
    /// Whether the last of them is the one at hand.
    is_at_hand: bool,
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

/// Rows of one piece that are one person's now: they lie in order, one after the other.
#[derive(Debug, Clone, Copy)]
struct Lot {
    person: u64,
    leaf: u64,
    /// The number of their chunk, and the first row of their piece there.
    chunk: u32,
    start: u32,
    first: u32,
    end: u32,
}

/// A chunk that diverted rows lay in.
#[derive(Debug)]
struct Lay {
    run: u64,
    first: u64,
    ties: Ties,
}

/// A diverted row.
#[derive(Debug, Clone, Copy)]
struct Row {
    time: i64,
    event: u32,
    lot: u32,
    /// Its number in its chunk.
    place: u32,
}

/// What decides between diverted rows of one instant, in the order in which it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    tie: Tie,
    run: u64,
    leaf: u64,
    place: u64,
}

impl Limit {
    pub(super) fn new(from: Time, until: Time, max: usize) -> Self {
        Self { from, until, max, count: AtomicUsize::new(0) }
    }
}

impl<'a> Moved<'a> {
    pub(super) fn new(limit: &'a Limit, cells: Cells) -> Self {
        let (rows, lots, chunks) = (Vec::new(), Vec::new(), Vec::new());
        Self { limit, rows, lots, chunks, is_at_hand: false, counted: 0, cells }
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
        let lot = self.lot(piece, person);
        self.rows.push(Row { time, event, lot, place: row as u32 });
        self.cells.push(piece.told, row);
    }

    /// The number of the lot that the next row joins.
    fn lot(&mut self, piece: &Piece<'_>, person: Person) -> u32 {
        let Piece { leaf, start, run, first, .. } = *piece;
        if !std::mem::replace(&mut self.is_at_hand, true) {
            self.chunks.push(Lay { run, first, ties: piece.chunk.ties.clone() });
        }
        let chunk = self.chunks.len() as u32 - 1;
        let count = self.rows.len() as u32;
        match self.lots.last_mut() {
            Some(lot) if (lot.person, lot.chunk, lot.start) == (person.0, chunk, start) => {
                lot.end += 1;
            }
            _ => self.lots.push(Lot {
                person: person.0,
                leaf,
                chunk,
                start,
                first: count,
                end: count + 1,
            }),
        }
        self.lots.len() as u32 - 1
    }

    /// The chunk at hand ends. What has been taken of it is held against the limit.
    pub(super) fn end_chunk(&mut self) -> Result<(), AskError> {
        self.is_at_hand = false;
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
        let (rows, lots) = (self.rows.len() as u32, self.lots.len() as u32);
        let chunks = self.chunks.len() as u32;
        self.lots.extend(other.lots.into_iter().map(|lot| Lot {
            chunk: lot.chunk + chunks,
            first: lot.first + rows,
            end: lot.end + rows,
            ..lot
        }));
        self.rows.extend(other.rows.into_iter().map(|row| Row { lot: row.lot + lots, ..row }));
        self.chunks.extend(other.chunks);
        self.cells.merge(other.cells);
    }

    /// Takes everything out.
    pub(super) fn drain(&mut self) -> Self {
        self.counted = 0;
        Self {
            limit: self.limit,
            rows: std::mem::take(&mut self.rows),
            lots: std::mem::take(&mut self.lots),
            chunks: std::mem::take(&mut self.chunks),
            is_at_hand: false,
            counted: 0,
            cells: self.cells.drain(),
        }
    }

    /// All rows in the order of their current persons; `None` when there are none.
    pub(super) fn sorted(self) -> Result<Option<Ordered>, AskError> {
        let Self { rows, lots, cells, .. } = &self;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut lots: Vec<&Lot> = lots.iter().collect();
        lots.sort_unstable_by_key(|lot| (lot.person, lot.first));
        let row = |place: u32| rows.get(place as usize);
        let time = |place: u32| row(place).map_or(0, |row| row.time);
        let lot = |place: u32| row(place).map_or(0, |row| row.lot);
        let mut person = Growing::default();
        let mut order: Vec<u32> = Vec::with_capacity(rows.len());
        for lots in lots.chunk_by(|one, other| one.person == other.person) {
            let start = order.len();
            order.extend(lots.iter().flat_map(|lot| lot.first..lot.end));
            // Each lot is in order, so that little is left to do.
            let theirs = order.get_mut(start..).unwrap_or_default();
            put_in_order(theirs, time, lot, |place| self.rank(place))?;
            let whose = lots.first().map_or(0, |lot| lot.person);
            person.push(whose, order.len() as u32);
        }
        Ok(Some(Ordered {
            person: person.done(),
            time: order.iter().map(|place| time(*place)).collect(),
            event: order.iter().map(|place| row(*place).map_or(0, |row| row.event)).collect(),
            cells: cells.sorted(&order),
        }))
    }

    /// What decides for a row; nothing for one that there is not.
    fn rank(&self, place: u32) -> Result<Option<Rank>, AskError> {
        let Some(row) = self.rows.get(place as usize) else { return Ok(None) };
        let Some(lot) = self.lots.get(row.lot as usize) else { return Ok(None) };
        let Some(chunk) = self.chunks.get(lot.chunk as usize) else { return Ok(None) };
        let tie = chunk.ties.tie(row.place as usize)?;
        let place = chunk.first + u64::from(row.place);
        Ok(Some(Rank { tie, run: chunk.run, leaf: lot.leaf, place }))
    }
}

/// Puts places of rows in the order of their times; what decides between those of one instant is
/// asked only where they come from several lists, each of which is in order already.
pub(super) fn put_in_order<D: Ord>(
    places: &mut [u32],
    time: impl Fn(u32) -> i64,
    list: impl Fn(u32) -> u32,
    mut decides: impl FnMut(u32) -> Result<D, AskError>,
) -> Result<(), AskError> {
    places.sort_by_key(|place| time(*place));
    for tied in places.chunk_by_mut(|one, other| time(*one) == time(*other)) {
        let (Some(first), Some(last)) = (tied.first(), tied.last()) else { continue };
        // A stable sort has left those of one list beside each other.
        if list(*first) == list(*last) {
            continue;
        }
        let ranked = tied.iter().map(|place| Ok((decides(*place)?, *place)));
        let mut ranked = ranked.collect::<Result<Vec<_>, AskError>>()?;
        ranked.sort_by(|(one, _), (other, _)| one.cmp(other));
        tied.iter_mut().zip(ranked).for_each(|(to, (_, place))| *to = place);
    }
    Ok(())
}
