//! The rows of a chunk as pieces, one for each person, which an operator takes where they lie: for
//! runs that follow each other in time, or where order does not matter.

use arrow_buffer::ScalarBuffer;

use super::cells::Cells;
use super::operator::Rows;
use super::sight::{HIDDEN, Part, Sight};
use super::view::View;

/// The rows of a chunk that are seen, and whose they are.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    time: ScalarBuffer<i64>,
    event: Vec<u32>,
    cells: Cells,
    /// By person, who may come more than once: where their rows begin and end.
    people: Vec<(u64, u32, u32)>,
    next: usize,
}

impl Pieces {
    /// Takes the parts out of a view.
    pub(super) fn of(view: &mut View<'_>, sight: &Sight, none: &Cells) -> Self {
        let parts = std::mem::take(&mut view.parts);
        let mut people = Vec::with_capacity(parts.len());
        let event = view.chunk.stamp.iter().map(|stamp| view.lens.event(*stamp));
        let event: Vec<u32> = event.collect();
        if !event.contains(&HIDDEN) && parts.iter().all(Part::is_open) {
            for part in &parts {
                add(&mut people, part.person, part.rows().start as u32, part.rows().end as u32);
            }
            return Self {
                time: view.chunk.time.clone(),
                event,
                cells: none.whole(&view.told),
                people,
                next: 0,
            };
        }
        let rows = parts.iter().map(|part| part.rows().len()).sum();
        let seen = event;
        let (mut time, mut event, mut places) = (vec![0; rows], vec![0; rows], vec![0; rows]);
        let mut count = 0;
        for part in &parts {
            let first = count;
            let seen = seen.get(part.rows()).unwrap_or_default();
            let times = view.chunk.time.get(part.rows()).unwrap_or_default();
            for ((row, seen), at) in part.rows().zip(seen).zip(times) {
                let shown = match part.is_open() {
                    true => *seen,
                    false => view.event(sight, part, row),
                };
                // Each row is written, and the next one over it when it is hidden.
                if let (Some(time), Some(event), Some(place)) =
                    (time.get_mut(count), event.get_mut(count), places.get_mut(count))
                {
                    (*time, *event, *place) = (*at, shown, row as u32);
                }
                count += usize::from(shown != HIDDEN);
            }
            if first < count {
                add(&mut people, part.person, first as u32, count as u32);
            }
        }
        time.truncate(count);
        event.truncate(count);
        places.truncate(count);
        let mut cells = none.clone();
        cells.resize(count);
        cells.put(0, &view.told, &places);
        Self { time: time.into(), event, cells, people, next: 0 }
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
        let (_, start, end) = *self.people.get(self.next)?;
        self.next += 1;
        let range = start as usize..end as usize;
        Some(Rows {
            time: self.time.get(range.clone())?,
            event: self.event.get(range)?,
            cells: &self.cells,
            from: start as usize,
        })
    }
}

/// Adds rows of a person. Those of one who lies in several parts become one piece.
#[inline]
fn add(people: &mut Vec<(u64, u32, u32)>, person: u64, start: u32, end: u32) {
    match people.last_mut() {
        Some((last, _, until)) if *last == person && *until == start => *until = end,
        _ => people.push((person, start, end)),
    }
}
