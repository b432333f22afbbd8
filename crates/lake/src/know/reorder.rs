//! Rows that are not in order where they lie, put in order in memory: those of people who were
//! merged or parted since their files were written, and all of them when groups are asked about.

use std::sync::atomic::{AtomicUsize, Ordering};

use vocabulary::{Person, Time};

use super::cells::{Cells, Told};
use super::error::AskError;
use super::operator::Rows;
use super::sight::HIDDEN;
use crate::keep::chunk::Chunk;
use crate::keep::ties::{Tie, Ties};

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
    /// The first of them among all diverted rows.
    from: u32,
    /// What decides between them; between all rows of the chunk while it is at hand.
    ties: Ties,
}

/// A diverted row.
#[derive(Debug, Clone, Copy)]
struct Row {
    time: i64,
    event: u32,
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
        self.join(piece, person);
        self.rows.push(Row { time, event, place: row as u32 });
        self.cells.push(piece.told, row);
    }

    /// Lets the next row join its lot.
    fn join(&mut self, piece: &Piece<'_>, person: Person) {
        let Piece { leaf, start, run, first, .. } = *piece;
        if !std::mem::replace(&mut self.is_at_hand, true) {
            let (from, ties) = (self.rows.len() as u32, piece.chunk.ties.clone());
            self.chunks.push(Lay { run, first, from, ties });
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
    }

    /// The chunk at hand ends. What has been taken of it is held against the limit.
    pub(super) fn end_chunk(&mut self) -> Result<(), AskError> {
        if std::mem::take(&mut self.is_at_hand)
            && let Some(chunk) = self.chunks.last_mut()
        {
            let rows = self.rows.get(chunk.from as usize..).unwrap_or_default();
            let places: Vec<u32> = rows.iter().map(|row| row.place).collect();
            // The rest of the chunk is not held for them.
            chunk.ties = chunk.ties.pick(&places);
        }
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
        let (rows, chunks) = (self.rows.len() as u32, self.chunks.len() as u32);
        self.lots.extend(other.lots.into_iter().map(|lot| Lot {
            chunk: lot.chunk + chunks,
            first: lot.first + rows,
            end: lot.end + rows,
            ..lot
        }));
        self.rows.extend(other.rows);
        let later = |chunk: Lay| Lay { from: chunk.from + rows, ..chunk };
        self.chunks.extend(other.chunks.into_iter().map(later));
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

    /// Passes people to `take`, one after the other, with their rows; these are put in order where
    /// that is wanted, and `look` is asked wherever ties have to be read for it.
    pub(super) fn people(
        self,
        is_ordered: bool,
        look: &dyn Fn() -> Result<(), AskError>,
        mut take: impl FnMut(u64, &Rows<'_>) -> Result<(), AskError>,
    ) -> Result<(), AskError> {
        let row = |place: u32| self.rows.get(place as usize);
        let time_of = |place: u32| row(place).map_or(0, |row| row.time);
        let mut lots: Vec<&Lot> = self.lots.iter().collect();
        lots.sort_unstable_by_key(|lot| (lot.person, lot.first));
        let mut cells = self.cells.without_rows();
        let (mut order, mut time, mut event) = (Vec::new(), Vec::new(), Vec::new());
        for lots in lots.chunk_by(|one, other| one.person == other.person) {
            let Some(Lot { person, .. }) = lots.first() else { continue };
            order.clear();
            order.extend(lots.iter().flat_map(|lot| lot.first..lot.end));
            // Each lot is in order, so that little is left to do.
            if is_ordered {
                let lot_of = |place| self.lot_of(place);
                put_in_order(&mut order, time_of, lot_of, |place| {
                    look()?;
                    self.rank(place)
                })?;
            }
            time.clear();
            time.extend(order.iter().map(|place| time_of(*place)));
            event.clear();
            event.extend(order.iter().map(|place| row(*place).map_or(HIDDEN, |row| row.event)));
            cells.pick(&self.cells, &order);
            take(*person, &Rows { time: &time, event: &event, cells: &cells, from: 0 })?;
        }
        Ok(())
    }

    /// The number of the lot that a row is in: lots were begun one after the other.
    fn lot_of(&self, place: u32) -> usize {
        self.lots.partition_point(|lot| lot.end <= place)
    }

    /// What decides for a row; nothing for one that there is not.
    fn rank(&self, place: u32) -> Result<Option<Rank>, AskError> {
        let Some(row) = self.rows.get(place as usize) else { return Ok(None) };
        let Some(lot) = self.lots.get(self.lot_of(place)) else { return Ok(None) };
        let Some(chunk) = self.chunks.get(lot.chunk as usize) else { return Ok(None) };
        let tie = chunk.ties.tie(place.saturating_sub(chunk.from) as usize)?;
        let place = chunk.first + u64::from(row.place);
        Ok(Some(Rank { tie, run: chunk.run, leaf: lot.leaf, place }))
    }
}

/// Puts places of rows in the order of their times; what decides between those of one instant is
/// asked only where they come from several lists, each of which is in order already.
pub(super) fn put_in_order<L: PartialEq, D: Ord>(
    places: &mut [u32],
    time: impl Fn(u32) -> i64,
    list: impl Fn(u32) -> L,
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
