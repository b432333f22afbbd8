//! A chunk as operators see it: masked, and with every column as numbers of texts.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_buffer::{NullBuffer, ScalarBuffer};
use life::know::row::number;
use life::know::{Scope, Told};
use vocabulary::Person;

use super::cells::Cells;
use super::error::AskError;
use super::operator::Rows;
use super::reorder::{Moved, Place};
use super::sight::{Sight, Standing};
use crate::keep::chunk::{Chunk, Column, Texts};

/// The columns of a chunk that the walk needs, and which of its rows are seen here.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) person: ScalarBuffer<u64>,
    pub(super) time: ScalarBuffer<i64>,
    sequence: ScalarBuffer<u32>,
    event: ScalarBuffer<u32>,
    cells: Cells,
    /// Whether each row is seen here; empty when all are.
    seen: Vec<bool>,
}

impl View {
    /// Masks a chunk. Rows of people who moved go to `moved`.
    pub(super) fn load(
        chunk: Chunk,
        sight: &Sight,
        texter: &mut Texter,
        moved: &mut Moved<'_>,
        place: Place,
    ) -> Result<Self, AskError> {
        let cells = texter.cells(&chunk);
        let mut seen = Vec::new();
        if !sight.sees_all(&chunk) {
            seen.reserve(chunk.len());
            let mut standing = Standing::default();
            for (row, person) in chunk.person.iter().enumerate() {
                let leaf = chunk.leaf.get(row).copied();
                if !standing.is_of(*person, leaf) {
                    standing = sight.standing(*person, leaf);
                }
                let is_seen = sight.sees(&standing, &chunk, row);
                let elsewhere = match sight.per() {
                    None => standing.elsewhere,
                    // Rows of one group lie anywhere; its text's number stands for the person.
                    Some(column) => Some(Person(cells.text(column, row).into())),
                };
                let nobody = sight.per().is_some() && elsewhere == Some(Person(0));
                if let Some(person) = elsewhere.filter(|_| is_seen && !nobody) {
                    moved.take(&chunk, &cells, row, person, place);
                }
                seen.push(is_seen && elsewhere.is_none());
            }
            moved.check()?;
        }
        let Chunk { person, time, sequence, event, .. } = chunk;
        Ok(Self { person, time, sequence, event, cells, seen })
    }

    /// Rows that are all seen, in order.
    pub(super) fn of(person: Vec<u64>, time: Vec<i64>, event: Vec<u32>, cells: Cells) -> Self {
        Self {
            person: person.into(),
            time: time.into(),
            event: event.into(),
            cells,
            ..Self::default()
        }
    }

    pub(super) fn len(&self) -> usize {
        self.person.len()
    }

    /// Whether any of its rows is seen.
    pub(super) fn shows_any(&self) -> bool {
        let all_seen = self.seen.is_empty() && !self.person.is_empty();
        all_seen || self.seen.contains(&true)
    }

    /// The first row at or after `from` that does not belong to the person of `from`.
    #[inline]
    pub(super) fn person_end(&self, from: usize) -> usize {
        let rest = self.person.get(from..).unwrap_or_default();
        let Some(person) = rest.first() else { return self.len() };
        from + rest.iter().take_while(|other| *other == person).count()
    }

    /// When a row happened, with the client's order.
    #[inline]
    pub(super) fn key(&self, row: usize) -> (i64, u32) {
        let time = self.time.get(row).copied().unwrap_or(i64::MAX);
        (time, self.sequence.get(row).copied().unwrap_or(0))
    }

    /// Hands the seen rows of a range over, in as few parts as possible.
    #[inline]
    pub(super) fn parts(&self, from: usize, to: usize, mut take: impl FnMut(&Rows<'_>)) {
        if self.seen.is_empty() {
            self.part(from, to, &mut take);
        } else {
            self.seen_parts(from, to, &mut take);
        }
    }

    #[inline]
    fn part(&self, from: usize, to: usize, take: &mut impl FnMut(&Rows<'_>)) {
        let (time, event) = (self.time.get(from..to), self.event.get(from..to));
        if let (Some(time), Some(event)) = (time, event) {
            take(&Rows { time, event, cells: &self.cells, from });
        }
    }

    fn seen_parts(&self, mut from: usize, to: usize, take: &mut impl FnMut(&Rows<'_>)) {
        while from < to {
            let rest = self.seen.get(from..to).unwrap_or_default();
            let Some(skip) = rest.iter().position(|seen| *seen) else { return };
            let rest = rest.get(skip..).unwrap_or_default();
            let length = rest.iter().position(|seen| !seen).unwrap_or(rest.len());
            from += skip;
            self.part(from, from + length, take);
            from += length;
        }
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
        Self { texts: Arc::clone(texts), columns: scope.columns.iter().map(known).collect() }
    }

    fn cells(&mut self, chunk: &Chunk) -> Cells {
        let texts = &self.texts;
        let mut cells = Cells {
            leaf: chunk.leaf.clone(),
            session: chunk.session.clone(),
            purposes: chunk.purposes.clone(),
            ..Cells::default()
        };
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
