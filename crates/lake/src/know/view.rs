//! A chunk as operators see it: masked, and with every column as numbers of texts.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow_buffer::{NullBuffer, ScalarBuffer};
use life::know::row::number;
use life::know::{Scope, Told};
use vocabulary::Person;

use super::cells::{Cells, Purposed};
use super::error::AskError;
use super::operator::Rows;
use super::reorder::{Moved, Piece};
use super::sight::{HIDDEN, Lens, Part, Sight};
use crate::keep::chunk::{Chunk, Column, Texts};
use crate::keep::stretches::{Growing, Stretches};

/// The rows of a chunk that are seen here, and their columns.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) person: Stretches,
    pub(super) time: ScalarBuffer<i64>,
    event: Vec<u32>,
    /// Where each row lies in the chunk; empty when all of it is seen.
    places: Vec<u32>,
    /// By place in the chunk.
    sequence: ScalarBuffer<u32>,
    cells: Cells,
    /// How many rows the chunk has.
    pub(super) passed: usize,
}

/// Rows that are seen, growing.
struct Seen<'a> {
    lens: &'a Lens,
    chunk: &'a Chunk,
    person: Growing,
    time: Vec<i64>,
    event: Vec<u32>,
    places: Vec<u32>,
    count: usize,
}

impl View {
    /// Masks a chunk. Rows of people who moved go to `moved`.
    pub(super) fn load(
        chunk: Chunk,
        sight: &Sight,
        texter: &mut Texter,
        moved: &mut Moved<'_>,
        run: u64,
        first: u64,
    ) -> Result<Self, AskError> {
        let cells = texter.cells(&chunk);
        let lens = sight.lens(&chunk.stamps);
        let mut seen = Seen::new(&lens, &chunk);
        let is_plain = |part: &Part<'_>| sight.is_open(part) && part.elsewhere.is_none();
        if lens.is_clear && sight.per().is_none() && sight.parts(&chunk).all(|it| is_plain(&it)) {
            let event = chunk.stamp.iter().map(|stamp| lens.event(*stamp)).collect();
            return Ok(Self {
                passed: chunk.len(),
                person: chunk.person,
                time: chunk.time,
                event,
                places: Vec::new(),
                sequence: chunk.sequence,
                cells,
            });
        }
        seen.make_room();
        for part in sight.parts(&chunk) {
            let piece = Piece { chunk: &chunk, cells: &cells, leaf: part.leaf, run, first };
            if let Some(column) = sight.per() {
                // Rows of one group lie anywhere; its text's number stands for the person.
                for row in part.rows.clone() {
                    let event = seen.event(row).filter(|_| sight.sees(&part, &chunk, row));
                    let group = cells.text(column, row);
                    if let Some(event) = event.filter(|_| group != 0) {
                        moved.take(&piece, Person(group.into()), row, event);
                    }
                }
            } else if let Some(person) = part.elsewhere {
                for row in part.rows.clone() {
                    let event = seen.event(row).filter(|_| sight.sees(&part, &chunk, row));
                    if let Some(event) = event {
                        moved.take(&piece, person, row, event);
                    }
                }
            } else if sight.is_open(&part) {
                seen.take(part.person, part.rows);
            } else {
                for row in part.rows.clone() {
                    if sight.sees(&part, &chunk, row) {
                        seen.take(part.person, row..row + 1);
                    }
                }
            }
        }
        moved.check()?;
        let Seen { person, mut time, mut event, mut places, count, .. } = seen;
        time.truncate(count);
        event.truncate(count);
        places.truncate(count);
        Ok(Self {
            passed: chunk.len(),
            person: person.done(),
            time: time.into(),
            event,
            places,
            sequence: chunk.sequence,
            cells,
        })
    }

    /// Rows that are all seen, in order.
    pub(super) fn of(person: Stretches, time: Vec<i64>, event: Vec<u32>, cells: Cells) -> Self {
        Self { person, time: time.into(), event, cells, ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// When a row happened, with the client's order.
    #[inline]
    pub(super) fn key(&self, row: usize) -> (i64, u32) {
        let time = self.time.get(row).copied().unwrap_or(i64::MAX);
        let place = self.places.get(row).map_or(row, |place| *place as usize);
        (time, self.sequence.get(place).copied().unwrap_or(0))
    }

    /// The rows of a range.
    #[inline]
    pub(super) fn rows(&self, range: Range<usize>) -> Option<Rows<'_>> {
        let places = if self.places.is_empty() { &[] } else { self.places.get(range.clone())? };
        Some(Rows {
            time: self.time.get(range.clone())?,
            event: self.event.get(range.clone())?,
            cells: &self.cells,
            places,
            from: range.start,
        })
    }
}

impl<'a> Seen<'a> {
    fn new(lens: &'a Lens, chunk: &'a Chunk) -> Self {
        let (time, event, places) = (Vec::new(), Vec::new(), Vec::new());
        Self { lens, chunk, person: Growing::default(), time, event, places, count: 0 }
    }

    /// Room for every row, so that adding one never grows anything.
    fn make_room(&mut self) {
        self.time = vec![0; self.chunk.len()];
        self.event = vec![0; self.chunk.len()];
        self.places = vec![0; self.chunk.len()];
    }

    /// The event of a row that the lens shows.
    fn event(&self, row: usize) -> Option<u32> {
        let event = self.lens.event(*self.chunk.stamp.get(row)?);
        Some(event).filter(|event| *event != HIDDEN)
    }

    /// Adds rows of a person, those that the lens shows. Every row is written, and the next one over it
    /// when it is hidden: that is faster than to ask first.
    #[inline]
    fn take(&mut self, person: u64, rows: Range<usize>) {
        let stamp = self.chunk.stamp.get(rows.clone()).unwrap_or_default();
        let time = self.chunk.time.get(rows.clone()).unwrap_or_default();
        let before = self.count;
        let mut count = self.count;
        for ((stamp, time), place) in stamp.iter().zip(time).zip(rows.start as u32..) {
            let event = self.lens.event(*stamp);
            let room = (self.time.get_mut(count), self.event.get_mut(count));
            if let ((Some(to), Some(of)), Some(at)) = (room, self.places.get_mut(count)) {
                (*to, *of, *at) = (*time, event, place);
            }
            count += usize::from(event != HIDDEN);
        }
        self.count = count;
        if count > before {
            self.person.push(person, count as u32);
        }
    }
}

/// Turns columns of any type into numbers of texts, or into numbers, so that operators know no
/// other.
#[derive(Debug)]
pub(super) struct Texter {
    texts: Arc<Texts>,
    reads_sessions: bool,
    columns: Vec<Known>,
}

/// What is known of one column's values.
#[derive(Debug)]
struct Known {
    /// The values that the plan tells apart, when it does not want all.
    wanted: Option<HashMap<String, u32>>,
    is_text: bool,
    is_number: bool,
    integers: HashMap<i64, u32>,
    numbers: HashMap<u64, u32>,
    /// By the number of a text: what it is as a number.
    parsed: HashMap<u32, f64>,
}

/// What stands for all values that no condition names.
const UNWANTED: u32 = u32::MAX;
/// Values that one column's shortcut remembers.
const KNOWN_MAX: usize = 1 << 16;

impl Texter {
    pub(super) fn new(scope: &Scope, texts: &Arc<Texts>) -> Self {
        let known = |column: &life::know::Column| {
            let number = |text: &String| (text.clone(), texts.number(text));
            Known {
                wanted: match &column.texts {
                    Told::Nothing => Some(HashMap::new()),
                    Told::These(named) => Some(named.iter().map(number).collect()),
                    Told::Each => None,
                },
                is_text: column.texts != Told::Nothing,
                is_number: column.is_number,
                integers: HashMap::new(),
                numbers: HashMap::new(),
                parsed: HashMap::new(),
            }
        };
        Self {
            texts: Arc::clone(texts),
            reads_sessions: scope.reads_sessions,
            columns: scope.columns.iter().map(known).collect(),
        }
    }

    fn cells(&mut self, chunk: &Chunk) -> Cells {
        let texts = &self.texts;
        let (stamp, stamps) = (chunk.stamp.clone(), Arc::clone(&chunk.stamps));
        let mut cells = Cells { purposes: Purposed { stamp, stamps }, ..Cells::default() };
        if self.reads_sessions {
            cells.leaf = chunk.leaf.each().collect();
            cells.session = chunk.session.each().collect();
        }
        for (known, column) in self.columns.iter_mut().zip(&chunk.columns) {
            cells.numbers.push(match known.is_number {
                true => known.numbers(column, texts),
                false => ScalarBuffer::default(),
            });
            // What is only reckoned with needs no texts; interning them would cost memory.
            cells.texts.push(match known.is_text {
                true => known.texts(column, texts),
                false => ScalarBuffer::default(),
            });
        }
        cells
    }
}

impl Known {
    fn texts(&mut self, column: &Column, texts: &Texts) -> ScalarBuffer<u32> {
        let Known { wanted, integers, numbers, .. } = self;
        let name = |text: String| match &*wanted {
            Some(wanted) => wanted.get(&text).copied().unwrap_or(UNWANTED),
            None => texts.number(&text),
        };
        match column {
            Column::Text(numbers) => numbers.clone(),
            Column::Absent => ScalarBuffer::default(),
            Column::Integer(values, nulls) => convert(values, nulls.as_ref(), 0, |value| {
                remember(integers, *value, || name(value.to_string()))
            }),
            Column::Number(values, nulls) => convert(values, nulls.as_ref(), 0, |value| {
                remember(numbers, value.to_bits(), || name(value.to_string()))
            }),
            Column::Flag(values, nulls) => {
                let (no, yes) = (name(false.to_string()), name(true.to_string()));
                convert(values, nulls.as_ref(), 0, |flag| if *flag == 0 { no } else { yes })
            }
        }
    }

    fn numbers(&mut self, column: &Column, texts: &Texts) -> ScalarBuffer<f64> {
        let parsed = &mut self.parsed;
        match column {
            Column::Integer(values, nulls) => {
                convert(values, nulls.as_ref(), f64::NAN, |value| *value as f64)
            }
            Column::Number(values, nulls) => {
                convert(values, nulls.as_ref(), f64::NAN, |value| *value)
            }
            // A flag is no number, and what is absent is none.
            Column::Flag(..) | Column::Absent => ScalarBuffer::default(),
            Column::Text(values) => convert(values, None, f64::NAN, |text| {
                remember(parsed, *text, || {
                    let text = texts.text(*text);
                    text.and_then(|text| number(&text)).unwrap_or(f64::NAN)
                })
            }),
        }
    }
}

fn remember<K: Eq + std::hash::Hash, V: Copy>(
    known: &mut HashMap<K, V>,
    key: K,
    name: impl FnOnce() -> V,
) -> V {
    if known.len() >= KNOWN_MAX {
        known.clear();
    }
    *known.entry(key).or_insert_with(name)
}

fn convert<T, V: arrow_buffer::ArrowNativeType>(
    values: &[T],
    nulls: Option<&NullBuffer>,
    null: V,
    mut number: impl FnMut(&T) -> V,
) -> ScalarBuffer<V> {
    let rows = values.iter().enumerate();
    let numbers = rows.map(|(row, value)| match nulls {
        Some(nulls) if row < nulls.len() && nulls.is_null(row) => null,
        Some(_) | None => number(value),
    });
    numbers.collect::<Vec<V>>().into()
}
