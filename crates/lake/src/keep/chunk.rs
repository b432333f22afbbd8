//! A chunk: some rows of one sorted run, decoded into plain columns. Fresh rows and files both
//! become chunks.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_buffer::{NullBuffer, ScalarBuffer};
use life::keep::Row;
use serde::{Deserialize, Serialize};
use vocabulary::{Class, Code, Purposes, SourceId, Value, VerdictId};

use super::stretches::Stretches;
use super::ties::Ties;

/// Rows in the order (bucket, person, time, sequence, arrival). A column that was not asked for is
/// empty.
#[derive(Debug, Clone, Default)]
pub struct Chunk {
    /// The person as known when the run was sorted.
    pub person: Stretches,
    pub leaf: Stretches,
    pub time: ScalarBuffer<i64>,
    /// By row: the place of its stamp among `stamps`.
    pub stamp: ScalarBuffer<u32>,
    pub stamps: Arc<[Stamp]>,
    pub ties: Ties,
    pub received: ScalarBuffer<i64>,
    pub session: Stretches,
    /// The promoted columns that were asked for, in the order asked.
    pub columns: Vec<Column>,
    /// How many rows were looked at for it, when these are more than it has.
    pub looked: usize,
    /// Whether the next chunk of the run goes on with the last person; else no person is in two.
    pub continues: bool,
}

/// What very many rows have in common, so that it is said once: what happened, where it came from,
/// and what the gate decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stamp {
    pub event: Code,
    pub source: SourceId,
    pub verdict: VerdictId,
    pub purposes: Purposes,
}

impl Stamp {
    /// The stamp of a row.
    #[must_use]
    pub fn of(row: &Row) -> Self {
        let Row { event, source, verdict, purposes, .. } = *row;
        Self { event, source, verdict, purposes }
    }
}

/// Stamps that were met, numbered as they came.
#[derive(Debug, Default)]
pub(crate) struct Stamps {
    numbers: HashMap<Stamp, u64>,
    every: Vec<Stamp>,
    last: Option<(Stamp, u64)>,
}

impl Stamps {
    pub(crate) fn number(&mut self, stamp: Stamp) -> u64 {
        let Self { numbers, every, last } = self;
        if let Some((known, number)) = last
            && *known == stamp
        {
            return *number;
        }
        let number = *numbers.entry(stamp).or_insert_with(|| {
            every.push(stamp);
            every.len() as u64 - 1
        });
        *last = Some((stamp, number));
        number
    }

    pub(crate) fn done(self) -> Arc<[Stamp]> {
        self.every.into()
    }
}

/// One promoted column of a chunk.
#[derive(Debug, Clone)]
pub enum Column {
    /// Numbers of texts in the question's `Texts`; zero is null.
    Text(ScalarBuffer<u32>),
    Integer(ScalarBuffer<i64>, Option<NullBuffer>),
    Number(ScalarBuffer<f64>, Option<NullBuffer>),
    Flag(ScalarBuffer<u8>, Option<NullBuffer>),
    /// The file was written before the property was promoted: every value is null.
    Absent,
}

/// What a reader asks a run for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Need {
    /// Properties to decode.
    pub columns: Vec<Code>,
    /// Those of them that lie sealed, with their class; without a sealer their columns are absent.
    pub sealed: BTreeMap<Code, Class>,
    /// Whether these are wanted; person, time and stamp always are. A reader may give more than was
    /// asked for.
    pub session: bool,
    pub leaf: bool,
    pub received: bool,
    /// Only rows of these events need to come; all when absent.
    pub events: Option<Arc<HashSet<u32>>>,
    /// Times are not wanted: each may be any between those of the run's first and last row.
    pub untimed: bool,
}

/// The texts that one question has met, numbered from one, so that runs with different dictionaries
/// agree.
#[derive(Debug, Default)]
pub struct Texts(Mutex<Interned>);

#[derive(Debug, Default)]
struct Interned {
    texts: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
}

impl Texts {
    /// The number of a text, giving it the next one when it is new.
    pub fn number(&self, text: &str) -> u32 {
        let mut interned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = interned.numbers.get(text) {
            return *number;
        }
        interned.texts.push(text.into());
        let number = u32::try_from(interned.texts.len()).unwrap_or(u32::MAX);
        interned.numbers.insert(text.into(), number);
        number
    }

    /// The text behind a number; `None` for zero.
    #[must_use]
    pub fn text(&self, number: u32) -> Option<Box<str>> {
        let interned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = usize::try_from(number.checked_sub(1)?).ok()?;
        interned.texts.get(place).cloned()
    }
}

impl Column {
    /// Columns of one property as one, each with how many rows it has.
    fn joined<'a>(parts: impl Iterator<Item = (Option<&'a Column>, usize)> + Clone) -> Self {
        let first = parts.clone().find_map(|(part, _)| match part {
            Some(Column::Absent) | None => None,
            Some(part) => Some(part),
        });
        let valid = || -> Option<NullBuffer> {
            let valid = parts.clone().flat_map(|(part, rows)| {
                let nulls = part.and_then(Column::nulls).cloned();
                let is_absent = matches!(part, Some(Column::Absent) | None);
                (0..rows).map(move |row| {
                    !is_absent && nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row))
                })
            });
            Some(valid.collect::<Vec<bool>>().into())
        };
        macro_rules! values {
            ($take:pat => $values:expr) => {
                parts
                    .clone()
                    .flat_map(|(part, rows)| match part {
                        Some($take) => $values.to_vec(),
                        _ => vec![Default::default(); rows],
                    })
                    .collect()
            };
        }
        match first {
            None | Some(Column::Absent) => Column::Absent,
            Some(Column::Text(_)) => Column::Text(values!(Column::Text(texts) => texts)),
            Some(Column::Integer(..)) => {
                Column::Integer(values!(Column::Integer(numbers, _) => numbers), valid())
            }
            Some(Column::Number(..)) => {
                Column::Number(values!(Column::Number(numbers, _) => numbers), valid())
            }
            Some(Column::Flag(..)) => {
                Column::Flag(values!(Column::Flag(flags, _) => flags), valid())
            }
        }
    }

    fn nulls(&self) -> Option<&NullBuffer> {
        match self {
            Column::Text(_) | Column::Absent => None,
            Column::Integer(_, nulls) | Column::Number(_, nulls) | Column::Flag(_, nulls) => {
                nulls.as_ref()
            }
        }
    }

    /// Some rows of it.
    fn part(&self, rows: &Range<usize>) -> Self {
        let nulls = |nulls: &Option<NullBuffer>| {
            nulls.as_ref().map(|nulls| nulls.slice(rows.start, rows.len()))
        };
        match self {
            Column::Text(texts) => Column::Text(texts.slice(rows.start, rows.len())),
            Column::Integer(numbers, null) => {
                Column::Integer(numbers.slice(rows.start, rows.len()), nulls(null))
            }
            Column::Number(numbers, null) => {
                Column::Number(numbers.slice(rows.start, rows.len()), nulls(null))
            }
            Column::Flag(flags, null) => {
                Column::Flag(flags.slice(rows.start, rows.len()), nulls(null))
            }
            Column::Absent => Column::Absent,
        }
    }

    /// Those rows of it.
    fn pick(&self, rows: &[u32]) -> Self {
        let nulls = |nulls: &Option<NullBuffer>| {
            let nulls = nulls.as_ref()?;
            let is_valid = |row: &u32| nulls.is_valid(*row as usize);
            Some(rows.iter().map(is_valid).collect::<Vec<bool>>().into())
        };
        match self {
            Column::Text(texts) => Column::Text(pick(texts, rows)),
            Column::Integer(numbers, null) => Column::Integer(pick(numbers, rows), nulls(null)),
            Column::Number(numbers, null) => Column::Number(pick(numbers, rows), nulls(null)),
            Column::Flag(flags, null) => Column::Flag(pick(flags, rows), nulls(null)),
            Column::Absent => Column::Absent,
        }
    }

    /// A column of the type of its first value; values of another type are null.
    #[must_use]
    pub fn of(values: &[Option<Value>], texts: &Texts) -> Self {
        let valid = |is: fn(&Value) -> bool| -> Option<NullBuffer> {
            Some(
                values
                    .iter()
                    .map(|value| value.as_ref().is_some_and(is))
                    .collect::<Vec<bool>>()
                    .into(),
            )
        };
        match values.iter().flatten().next() {
            None => Column::Absent,
            Some(Value::Text(_) | Value::Json(_)) => Column::Text(
                values
                    .iter()
                    .map(|value| match value {
                        Some(Value::Text(text) | Value::Json(text)) => texts.number(text),
                        Some(
                            Value::Flag(_) | Value::Integer(_) | Value::Number(_) | Value::Time(_),
                        )
                        | None => 0,
                    })
                    .collect(),
            ),
            Some(Value::Integer(_) | Value::Time(_)) => {
                let number = |value: &Option<Value>| match value {
                    Some(Value::Integer(number)) => *number,
                    Some(Value::Time(time)) => time.0,
                    Some(Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::Json(_))
                    | None => 0,
                };
                let numbers: ScalarBuffer<i64> = values.iter().map(number).collect();
                Column::Integer(
                    numbers,
                    valid(|value| matches!(value, Value::Integer(_) | Value::Time(_))),
                )
            }
            Some(Value::Number(_)) => {
                let number = |value: &Option<Value>| match value {
                    Some(Value::Number(number)) => *number,
                    Some(
                        Value::Flag(_)
                        | Value::Integer(_)
                        | Value::Time(_)
                        | Value::Text(_)
                        | Value::Json(_),
                    )
                    | None => 0.0,
                };
                let numbers: ScalarBuffer<f64> = values.iter().map(number).collect();
                Column::Number(numbers, valid(|value| matches!(value, Value::Number(_))))
            }
            Some(Value::Flag(_)) => {
                let flags: ScalarBuffer<u8> = values
                    .iter()
                    .map(|value| u8::from(matches!(value, Some(Value::Flag(true)))))
                    .collect();
                Column::Flag(flags, valid(|value| matches!(value, Value::Flag(_))))
            }
        }
    }
}

impl Chunk {
    /// How many rows were looked at for it.
    #[must_use]
    pub fn looked(&self) -> usize {
        self.looked.max(self.len())
    }

    /// How many rows it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether it has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// Chunks of one run as one.
    #[must_use]
    pub fn joined(chunks: Vec<Chunk>) -> Self {
        let continues = chunks.last().is_some_and(|last| last.continues);
        let columns = chunks.first().map_or(0, |first| first.columns.len());
        let mut known = 0u32;
        let mut stamp = Vec::new();
        for chunk in &chunks {
            stamp.extend(chunk.stamp.iter().map(|stamp| stamp + known));
            known += chunk.stamps.len() as u32;
        }
        let lengths: Vec<usize> = chunks.iter().map(Chunk::len).collect();
        let column = |place: usize| {
            let parts = chunks.iter().map(|chunk| chunk.columns.get(place));
            Column::joined(parts.zip(&lengths).map(|(part, rows)| (part, *rows)))
        };
        let each = |pick: fn(&Chunk) -> &Stretches| -> Stretches {
            chunks.iter().flat_map(|chunk| pick(chunk).each()).collect()
        };
        Chunk {
            person: each(|chunk| &chunk.person),
            leaf: each(|chunk| &chunk.leaf),
            time: chunks.iter().flat_map(|chunk| chunk.time.iter().copied()).collect(),
            stamp: stamp.into(),
            stamps: chunks.iter().flat_map(|chunk| chunk.stamps.iter().copied()).collect(),
            ties: Ties::joined(chunks.iter().map(|chunk| &chunk.ties)),
            received: chunks.iter().flat_map(|chunk| chunk.received.iter().copied()).collect(),
            session: each(|chunk| &chunk.session),
            columns: (0..columns).map(column).collect(),
            looked: chunks.iter().map(Chunk::looked).sum(),
            continues,
        }
    }

    /// The times and columns of some rows, and nothing else of them.
    pub(super) fn part(&self, rows: Range<usize>) -> Self {
        Chunk {
            time: self.time.slice(rows.start, rows.len()),
            columns: self.columns.iter().map(|column| column.part(&rows)).collect(),
            ..Chunk::default()
        }
    }

    /// Those rows of it, which come in their order.
    pub(super) fn pick(&self, rows: &[u32]) -> Self {
        Chunk {
            person: self.person.pick(rows),
            leaf: self.leaf.pick(rows),
            time: pick(&self.time, rows),
            stamp: pick(&self.stamp, rows),
            stamps: Arc::clone(&self.stamps),
            ties: self.ties.pick(rows),
            received: pick(&self.received, rows),
            session: self.session.pick(rows),
            columns: self.columns.iter().map(|column| column.pick(rows)).collect(),
            looked: self.looked(),
            continues: self.continues,
        }
    }

    /// The stamp of a row.
    #[must_use]
    pub fn stamp(&self, row: usize) -> Option<&Stamp> {
        self.stamps.get(*self.stamp.get(row)? as usize)
    }
}

/// Those rows of a column; an empty one stays empty.
fn pick<T: arrow_buffer::ArrowNativeType>(
    values: &ScalarBuffer<T>,
    rows: &[u32],
) -> ScalarBuffer<T> {
    if values.is_empty() {
        return ScalarBuffer::default();
    }
    let value = |row: &u32| values.get(*row as usize).copied().unwrap_or_default();
    rows.iter().map(value).collect::<Vec<T>>().into()
}
