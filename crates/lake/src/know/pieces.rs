//! The rows of a chunk as pieces, one for each person, which an operator takes where they lie; and
//! those of a person who has some in several runs of one time, put together.

use std::ops::Range;

use arrow_buffer::ScalarBuffer;

use super::cells::{Cells, reorder};
use super::error::AskError;
use super::operator::Rows;
use super::reorder::put_in_order;
use super::sight::{HIDDEN, Part, Sight};
use super::view::View;
use crate::keep::ties::Ties;

/// The rows of a chunk that are seen, and whose they are.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    time: ScalarBuffer<i64>,
    event: Vec<u32>,
    cells: Cells,
    ties: Ties,
    /// By row: its row in the chunk; absent when every row is seen.
    places: Option<Vec<u32>>,
    /// By person, who may come more than once: where their rows begin and end.
    people: Vec<(u64, u32, u32)>,
    next: usize,
}

impl Pieces {
    /// The rows of a view that are seen.
    pub(super) fn of(view: &View<'_>, sight: &Sight, none: &Cells) -> Self {
        let View { chunk, lens, told, parts } = view;
        let ties = chunk.ties.clone();
        let mut people = Vec::with_capacity(parts.len());
        let rows = parts.iter().map(|part| part.rows().len()).sum();
        if rows == chunk.len() && lens.is_clear && parts.iter().all(Part::is_open) {
            parts.iter().for_each(|part| add(&mut people, part.person, part.rows().len()));
            let event = chunk.stamp.iter().map(|stamp| lens.event(*stamp)).collect();
            let (time, cells) = (chunk.time.clone(), none.whole(told));
            return Self { time, event, cells, ties, places: None, people, next: 0 };
        }
        let (mut time, mut event, mut places) = (vec![0; rows], vec![0; rows], vec![0; rows]);
        let mut count = 0;
        for part in parts {
            let (first, is_open) = (count, part.is_open());
            let stamps = chunk.stamp.get(part.rows()).unwrap_or_default();
            let times = chunk.time.get(part.rows()).unwrap_or_default();
            for ((row, stamp), at) in part.rows().zip(stamps).zip(times) {
                let shown = match is_open {
                    true => lens.event(*stamp),
                    false => view.event(sight, part, row),
                };
                // Each row is written, and the next one over it when it is hidden: that is faster
                // than to ask first.
                if let (Some(time), Some(event), Some(place)) =
                    (time.get_mut(count), event.get_mut(count), places.get_mut(count))
                {
                    (*time, *event, *place) = (*at, shown, row as u32);
                }
                count += usize::from(shown != HIDDEN);
            }
            add(&mut people, part.person, count - first);
        }
        time.truncate(count);
        event.truncate(count);
        places.truncate(count);
        let mut cells = none.clone();
        cells.resize(count);
        cells.put(0, told, &places);
        Self { time: time.into(), event, cells, ties, places: Some(places), people, next: 0 }
    }

    /// Who comes next; nobody at the end.
    #[inline]
    pub(super) fn head(&self) -> Option<u64> {
        self.people.get(self.next).map(|(person, _, _)| *person)
    }

    /// Who comes last; nobody when all were taken.
    pub(super) fn last(&self) -> Option<u64> {
        self.head().and(self.people.last().map(|(person, _, _)| *person))
    }

    /// The rows of who comes next.
    #[inline]
    pub(super) fn take(&mut self) -> Option<Rows<'_>> {
        let rows = self.step()?;
        let from = rows.start;
        let (time, event) = (self.time.get(rows.clone())?, self.event.get(rows)?);
        Some(Rows { time, event, cells: &self.cells, from })
    }

    /// Where the rows of who comes next lie, who is past now.
    #[inline]
    fn step(&mut self) -> Option<Range<usize>> {
        let (_, start, end) = *self.people.get(self.next)?;
        self.next += 1;
        Some(start as usize..end as usize)
    }

    /// The client's number of a row.
    fn sequence(&self, row: u32) -> Result<u32, AskError> {
        let row = row as usize;
        let place = self.places.as_ref().and_then(|places| places.get(row));
        Ok(self.ties.tie(place.map_or(row, |place| *place as usize))?.sequence)
    }
}

/// Adds rows of a person behind those of all before. Those of one who lies in several parts become
/// one piece.
#[inline]
fn add(people: &mut Vec<(u64, u32, u32)>, person: u64, rows: usize) {
    let rows = rows as u32;
    match people.last_mut() {
        _ if rows == 0 => {}
        Some((last, _, end)) if *last == person => *end += rows,
        Some((_, _, end)) => {
            let start = *end;
            people.push((person, start, start + rows));
        }
        None => people.push((person, 0, rows)),
    }
}

/// The rows of one person from several pieces.
#[derive(Debug)]
pub(super) struct Together {
    time: Vec<i64>,
    event: Vec<u32>,
    cells: Cells,
    /// By row: the number of its run, and its row in the piece there.
    from: Vec<(u32, u32)>,
}

impl Together {
    pub(super) fn new(cells: Cells) -> Self {
        Self { time: Vec::new(), event: Vec::new(), cells, from: Vec::new() }
    }

    /// All rows of a person, in order. Runs come in the order of their times, and in the order of
    /// arrival where these overlap.
    pub(super) fn of(
        &mut self,
        person: u64,
        runs: &mut [impl AsMut<Pieces>],
    ) -> Result<Rows<'_>, AskError> {
        self.time.clear();
        self.event.clear();
        self.from.clear();
        self.cells.clear();
        for (number, run) in (0u32..).zip(&mut *runs) {
            let pieces = run.as_mut();
            while pieces.head() == Some(person) {
                self.take(number, pieces);
            }
        }
        self.sort(runs)?;
        Ok(Rows { time: &self.time, event: &self.event, cells: &self.cells, from: 0 })
    }

    /// Takes the rows of who comes next in a run.
    fn take(&mut self, number: u32, pieces: &mut Pieces) {
        let Some(rows) = pieces.step() else { return };
        let count = self.time.len();
        self.time.extend(pieces.time.get(rows.clone()).unwrap_or_default());
        self.event.extend(pieces.event.get(rows.clone()).unwrap_or_default());
        self.from.extend(rows.clone().map(|row| (number, row as u32)));
        self.cells.add(count, &pieces.cells, rows);
    }

    fn sort(&mut self, runs: &mut [impl AsMut<Pieces>]) -> Result<(), AskError> {
        let Self { time, event, cells, from } = self;
        if time.is_sorted_by(|one, other| one < other) {
            return Ok(());
        }
        let mut order: Vec<u32> = (0..time.len() as u32).collect();
        let at = |place: u32| time.get(place as usize).copied().unwrap_or(0);
        let lies = |place: u32| from.get(place as usize).copied().unwrap_or((0, 0));
        let run = |place: u32| lies(place).0;
        // Rows that tie in the client's numbers too stay in the order of arrival.
        put_in_order(&mut order, at, run, |place| {
            let (run, row) = lies(place);
            let pieces = runs.get_mut(run as usize).map(AsMut::as_mut);
            pieces.map_or(Ok(0), |pieces| pieces.sequence(row))
        })?;
        let all = 0..order.len();
        reorder(time, all.clone(), &order);
        reorder(event, all.clone(), &order);
        cells.reorder(all, &order);
        Ok(())
    }
}
