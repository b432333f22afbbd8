//! A window over the runs of a bucket: the rows of some people, brought together from every run and
//! put one person after the other.
//!
//! How many rows each person has at most is known before any row is touched, so that each row goes
//! straight to its place: nothing is compared, however many runs there are.

use std::ops::Range;

use life::keep::manifest::BUCKETS;

use super::cells::{Cells, reorder};
use super::error::AskError;
use super::operator::Rows;
use super::sight::{HIDDEN, Part, Sight};
use super::view::View;
use crate::keep::stretches::Stretches;

/// People of one window, at most.
const PEOPLE_MAX: u64 = 1 << 16;

/// Persons of a bucket lie so far apart.
const STEP: u64 = BUCKETS as u64;

/// Rows in order, as operators take them.
#[derive(Debug)]
pub(super) struct Ordered {
    pub(super) person: Stretches,
    pub(super) time: Vec<i64>,
    pub(super) event: Vec<u32>,
    pub(super) cells: Cells,
}

impl Ordered {
    pub(super) fn rows(&self, range: Range<usize>) -> Option<Rows<'_>> {
        rows(&self.time, &self.event, &self.cells, range)
    }
}

/// The rows of some people.
#[derive(Debug)]
pub(super) struct Window {
    /// The person of the first slot; each other one has a slot of its own.
    first: u64,
    /// By slot: where its rows begin, and where they end by now.
    slots: Vec<(u32, u32)>,
    time: Vec<i64>,
    event: Vec<u32>,
    /// Only where runs overlap in time.
    sequence: Vec<u32>,
    cells: Cells,
    /// Room for where the rows of a part lie in their chunk.
    places: Vec<u32>,
}

/// A chunk and how far windows have taken it.
#[derive(Debug, Default)]
pub(super) struct Taking<'s> {
    pub(super) view: View<'s>,
    /// The next part.
    pub(super) next: usize,
}

impl Taking<'_> {
    /// Who comes next; nobody at the end.
    pub(super) fn head(&self) -> Option<u64> {
        self.view.parts.get(self.next).map(|part| part.person)
    }

    fn last(&self) -> Option<u64> {
        self.head().and(self.view.parts.last().map(|part| part.person))
    }

    /// The parts of people before `end`.
    fn until(&self, end: u64) -> &[Part<'_>] {
        let rest = self.view.parts.get(self.next..).unwrap_or_default();
        rest.get(..rest.partition_point(|part| part.person < end)).unwrap_or_default()
    }
}

impl Window {
    pub(super) fn new(cells: Cells) -> Self {
        let (slots, time, event, sequence) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { first: 0, slots, time, event, sequence, cells, places: Vec::new() }
    }

    /// Takes the next people, all those whose rows have been read; false when nobody is left.
    ///
    /// The runs come in the order of their times, and in the order of arrival where these overlap.
    pub(super) fn fill<'s, 'v: 's>(
        &mut self,
        sight: &Sight,
        mut runs: impl Iterator<Item = &'s mut Taking<'v>>,
        overlap: bool,
    ) -> Result<bool, AskError> {
        let mut runs: Vec<&mut Taking<'_>> = runs.by_ref().collect();
        let Some(first) = runs.iter().filter_map(|run| run.head()).min() else { return Ok(false) };
        let last = runs.iter().filter_map(|run| run.last()).min().unwrap_or(first);
        let people = ((last - first) / STEP + 1).min(PEOPLE_MAX);
        let end = first + people * STEP;
        self.first = first;
        self.slots.clear();
        self.slots.resize(people as usize, (0, 0));
        for run in &runs {
            for part in run.until(end) {
                // A person of another bucket would share somebody's slot.
                let is_here = part.person.wrapping_sub(first) % STEP == 0;
                let slot = self.slots.get_mut(slot(first, part.person)).filter(|_| is_here);
                slot.ok_or(AskError::Unordered)?.1 += part.rows().len() as u32;
            }
        }
        let mut total = 0;
        for slot in &mut self.slots {
            let rows = std::mem::replace(slot, (total, total)).1;
            total += rows;
        }
        self.make_room(total as usize, overlap);
        for run in &mut runs {
            let count = run.until(end).len();
            for part in run.until(end) {
                self.take(sight, &run.view, part, overlap);
            }
            run.next += count;
        }
        if overlap {
            self.sort();
        }
        Ok(true)
    }

    fn make_room(&mut self, rows: usize, overlap: bool) {
        self.time.resize(rows, 0);
        self.event.resize(rows, 0);
        self.sequence.resize(if overlap { rows } else { 0 }, 0);
        self.cells.resize(rows);
    }

    /// Puts the rows of a part behind those that its person has already. Every row is written, and
    /// the next one over it when it is hidden: that is faster than to ask first.
    #[inline]
    fn take(&mut self, sight: &Sight, view: &View<'_>, part: &Part<'_>, overlap: bool) {
        let Some(place) = self.slots.get_mut(slot(self.first, part.person)) else { return };
        let at = place.1 as usize;
        let rows = part.rows();
        let room = at..at + rows.len();
        let (Some(stamp), Some(from)) =
            (view.chunk.stamp.get(rows.clone()), view.chunk.time.get(rows))
        else {
            return;
        };
        let (Some(time), Some(event)) = (self.time.get_mut(room.clone()), self.event.get_mut(room))
        else {
            return;
        };
        let wants_places = overlap || self.cells.has_any();
        let mut count = 0;
        if part.is_open() && view.lens.is_clear && !wants_places {
            time.copy_from_slice(from);
            event.iter_mut().zip(stamp).for_each(|(to, stamp)| *to = view.lens.event(*stamp));
            count = from.len();
        } else {
            if self.places.len() < from.len() {
                self.places.resize(from.len(), 0);
            }
            for ((stamp, from), row) in stamp.iter().zip(from).zip(part.rows()) {
                let shown = match part.is_open() {
                    true => view.lens.event(*stamp),
                    false => view.event(sight, part, row),
                };
                if let (Some(time), Some(event)) = (time.get_mut(count), event.get_mut(count)) {
                    (*time, *event) = (*from, shown);
                }
                if let Some(place) = self.places.get_mut(count) {
                    *place = row as u32;
                }
                count += usize::from(shown != HIDDEN);
            }
        }
        place.1 += count as u32;
        if count == 0 || !wants_places {
            return;
        }
        let places = self.places.get(..count).unwrap_or_default();
        self.cells.put(at, &view.told, places);
        if overlap {
            let room = self.sequence.get_mut(at..).unwrap_or_default();
            for (to, row) in room.iter_mut().zip(places) {
                *to = view.chunk.sequence.get(*row as usize).copied().unwrap_or(0);
            }
        }
    }

    /// Puts the rows of each person in order that came from runs of the same time.
    fn sort(&mut self) {
        for (start, end) in &self.slots {
            let rows = *start as usize..*end as usize;
            let time = self.time.get(rows.clone()).unwrap_or_default();
            let sequence = self.sequence.get(rows.clone()).unwrap_or_default();
            if time.iter().zip(sequence).is_sorted() {
                continue;
            }
            let mut order: Vec<u32> = (0..time.len() as u32).collect();
            let key = |place: &u32| (time.get(*place as usize), sequence.get(*place as usize));
            // Rows that tie stay in the order of arrival.
            order.sort_by_key(key);
            reorder(&mut self.time, rows.clone(), &order);
            reorder(&mut self.event, rows.clone(), &order);
            self.cells.reorder(rows, &order);
        }
    }

    /// The people who have rows.
    pub(super) fn people(&self) -> impl Iterator<Item = (u64, Rows<'_>)> {
        let people = (self.first..).step_by(STEP as usize).zip(&self.slots);
        people.filter(|(_, (start, end))| start < end).filter_map(|(person, (start, end))| {
            let range = *start as usize..*end as usize;
            Some((person, rows(&self.time, &self.event, &self.cells, range)?))
        })
    }
}

#[inline]
fn rows<'a>(
    time: &'a [i64],
    event: &'a [u32],
    cells: &'a Cells,
    range: Range<usize>,
) -> Option<Rows<'a>> {
    let from = range.start;
    Some(Rows { time: time.get(range.clone())?, event: event.get(range)?, cells, from })
}

/// The slot of a person; out of every window when they come before it.
#[inline]
fn slot(first: u64, person: u64) -> usize {
    (person.wrapping_sub(first) / STEP) as usize
}
