//! A chunk as operators see it: masked, and with every column as numbers of texts.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_buffer::{NullBuffer, ScalarBuffer};
use life::know::row::number;
use life::know::{Scope, Told as Wanted};
use vocabulary::{Person, Time};

use super::cells::{Cells, Told};
use super::error::AskError;
use super::reorder::{Moved, Piece};
use super::sight::{HIDDEN, Lens, Part, Sight};
use crate::keep::chunk::{Chunk, Column, Texts};

/// A chunk of a run, masked: the parts of it that are seen where they stand, and what all of its
/// rows tell.
#[derive(Debug, Default)]
pub(super) struct View<'s> {
    pub(super) chunk: Chunk,
    pub(super) lens: Lens,
    pub(super) told: Told,
    pub(super) parts: Vec<Part<'s>>,
}

/// Where a chunk stands among all, and which of its rows are asked about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The order of its run.
    pub(super) run: u64,
    /// The number of its first row in the run.
    pub(super) first: u64,
    /// The times that are asked about; absent when all rows lie in them.
    pub(super) span: Option<(Time, Time)>,
}

impl<'s> View<'s> {
    /// Masks a chunk. Rows of people who moved go to `moved`.
    pub(super) fn load(
        chunk: Chunk,
        sight: &'s Sight,
        told: Told,
        moved: &mut Moved<'_>,
        place: Place,
    ) -> Result<Self, AskError> {
        let lens = sight.lens(&chunk.stamps);
        let mut parts = Vec::with_capacity(chunk.person.count());
        sight.each(&chunk, |mut part| {
            if let Some((from, until)) = place.span {
                let time = chunk.time.get(part.rows()).unwrap_or_default();
                let start = part.rows().start;
                let later = |bound: Time| start + time.partition_point(|time| *time < bound.0);
                part.narrow(&(later(from)..later(until)));
            }
            if part.is_hidden() || part.rows().is_empty() {
                return;
            }
            let per = sight.per();
            if per.is_none() && part.elsewhere().is_none() {
                parts.push(part);
                return;
            }
            let Place { run, first, .. } = place;
            let start = part.rows().start as u32;
            let (leaf, told) = (part.leaf(), &told);
            let piece = Piece { chunk: &chunk, told, leaf, start, run, first };
            for row in part.rows() {
                // Rows of one group lie anywhere; its text's number stands for the person.
                let whose = match per {
                    None => part.elsewhere(),
                    Some(column) => Some(Person(told.text(column, row).into())),
                };
                let whose = whose.filter(|whose| per.is_none() || *whose != Person(0));
                let event = chunk.stamp.get(row).map_or(HIDDEN, |stamp| lens.event(*stamp));
                let is_seen = event != HIDDEN && sight.sees(&part, &chunk, row);
                if let Some(person) = whose.filter(|_| is_seen) {
                    moved.take(&piece, person, row, event);
                }
            }
        });
        moved.end_chunk()?;
        Ok(Self { chunk, lens, told, parts })
    }

    /// What stands in the place of a row's event.
    #[inline]
    pub(super) fn event(&self, sight: &Sight, part: &Part<'_>, row: usize) -> u32 {
        let event = self.chunk.stamp.get(row).map_or(HIDDEN, |stamp| self.lens.event(*stamp));
        if event != HIDDEN && sight.sees(part, &self.chunk, row) { event } else { HIDDEN }
    }
}

/// Turns columns of any type into numbers of texts, or into numbers, so that operators know no
/// other.
#[derive(Debug)]
pub(super) struct Texter {
    texts: Arc<Texts>,
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
                    Wanted::Nothing => Some(HashMap::new()),
                    Wanted::These(named) => Some(named.iter().map(number).collect()),
                    Wanted::Each => None,
                },
                is_text: column.texts != Wanted::Nothing,
                is_number: column.is_number,
                integers: HashMap::new(),
                numbers: HashMap::new(),
                parsed: HashMap::new(),
            }
        };
        Self { texts: Arc::clone(texts), columns: scope.columns.iter().map(known).collect() }
    }

    /// What a chunk tells of the columns that these cells hold.
    pub(super) fn told(&mut self, chunk: &Chunk, cells: &Cells) -> Told {
        let texts = &self.texts;
        let mut told = Told::of(chunk, cells);
        for (known, column) in self.columns.iter_mut().zip(&chunk.columns) {
            told.numbers.push(match known.is_number {
                true => known.numbers(column, texts),
                false => ScalarBuffer::default(),
            });
            // What is only reckoned with needs no texts; interning them would cost memory.
            told.texts.push(match known.is_text {
                true => known.texts(column, texts),
                false => ScalarBuffer::default(),
            });
        }
        told
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
