//! A chunk as a batch: the rows that are seen, and of them the columns that are wanted.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_buffer::{ArrowNativeType, BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow_select::take::take;
use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, RecordBatchOptions,
    StringViewBuilder, TimestampMicrosecondArray, UInt32Array, new_null_array,
};
use life::know::sql::{Field, SqlColumn};
use life::know::tabled::Kind;
use vocabulary::{Code, SourceId};

use super::Naming;
use super::scan::{Wanted, stored};
use crate::keep::chunk::{Chunk, Column};
use crate::know::error::AskError;
use crate::know::sight::{Sight, Standing};

/// Makes batches of one part.
pub(super) struct Maker<'a> {
    sight: &'a Sight,
    naming: Naming<'a>,
    wanted: &'a Wanted,
}

/// Which rows of a chunk are seen, and whose they are.
struct Seen {
    /// Absent when all are.
    rows: Option<Vec<u32>>,
    persons: ScalarBuffer<u64>,
}

impl Seen {
    /// The seen values of a column; one that was not read is missing in each row.
    fn of<T: ArrowNativeType>(&self, values: &ScalarBuffer<T>) -> ScalarBuffer<T> {
        let Some(rows) = &self.rows else { return values.clone() };
        let value = |row: &u32| values.get(*row as usize).copied().unwrap_or_default();
        rows.iter().map(value).collect::<Vec<T>>().into()
    }

    fn nulls(&self, nulls: Option<&NullBuffer>) -> Option<NullBuffer> {
        let nulls = nulls?;
        let Some(rows) = &self.rows else { return Some(nulls.clone()) };
        let is_valid = |row: &u32| (*row as usize) < nulls.len() && nulls.is_valid(*row as usize);
        Some(NullBuffer::new(rows.iter().map(is_valid).collect::<BooleanBuffer>()))
    }

    fn len(&self) -> usize {
        self.persons.len()
    }
}

impl<'a> Maker<'a> {
    pub(super) fn new(sight: &'a Sight, naming: Naming<'a>, wanted: &'a Wanted) -> Self {
        Self { sight, naming, wanted }
    }

    /// The visible rows of a chunk.
    pub(super) fn batch(&mut self, chunk: Chunk) -> Result<RecordBatch, AskError> {
        let seen = self.seen(&chunk);
        let mut properties = chunk.columns.iter();
        let mut columns = Vec::with_capacity(self.wanted.columns.len());
        for column in &self.wanted.columns {
            columns.push(match column.field {
                Field::Time => times(seen.of(&chunk.time), None),
                Field::Received => times(seen.of(&chunk.received), None),
                Field::Event => {
                    self.named(&seen.of(&chunk.event), |event| (self.naming.event)(Code(event)))
                }
                Field::Person => integers(signed(&seen.persons), None),
                Field::Source => self.named(&seen.of(&chunk.source), |source| {
                    (self.naming.source)(SourceId(u16::try_from(source).ok()?))
                }),
                Field::Session => {
                    let sessions = signed(&seen.of(&chunk.session));
                    let named = sessions.iter().map(|session| *session != 0);
                    let named = NullBuffer::new(named.collect::<BooleanBuffer>());
                    integers(sessions, Some(named))
                }
                Field::Property(..) => {
                    self.property(column, properties.next().unwrap_or(&Column::Absent), &seen)
                }
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(seen.len()));
        let schema = Arc::clone(&self.wanted.schema);
        RecordBatch::try_new_with_options(schema, columns, &options)
            .map_err(|error| AskError::Read(Box::new(error)))
    }

    /// INVARIANT(mask): rows that are not seen go no further than here.
    fn seen(&self, chunk: &Chunk) -> Seen {
        let (from, until) = self.wanted.within;
        let is_within = |time: &i64| (from.0..until.0).contains(time);
        if self.sight.sees_all(chunk) && chunk.time.iter().all(is_within) {
            return Seen { rows: None, persons: chunk.person.clone() };
        }
        let mut standing = Standing::default();
        let (mut rows, mut persons) = (Vec::new(), Vec::new());
        for (row, person) in (0u32..).zip(chunk.person.iter()) {
            let leaf = chunk.leaf.get(row as usize).copied();
            if !standing.is_of(*person, leaf) {
                standing = self.sight.standing(*person, leaf);
            }
            let is_about = chunk.time.get(row as usize).is_some_and(is_within);
            if is_about && self.sight.sees(&standing, chunk, row as usize) {
                rows.push(row);
                persons.push(standing.elsewhere.map_or(*person, |moved| moved.0));
            }
        }
        Seen { rows: Some(rows), persons: persons.into() }
    }

    fn property(&self, column: &SqlColumn, values: &Column, seen: &Seen) -> ArrayRef {
        match (column.kind, values) {
            (Kind::Text, Column::Text(texts)) => {
                self.named(&seen.of(texts), |text| self.wanted.texts.text(text).map(String::from))
            }
            (Kind::Integer, Column::Integer(values, nulls)) => {
                integers(seen.of(values), seen.nulls(nulls.as_ref()))
            }
            (Kind::Time, Column::Integer(values, nulls)) => {
                times(seen.of(values), seen.nulls(nulls.as_ref()))
            }
            (Kind::Number, Column::Number(values, nulls)) => {
                Arc::new(Float64Array::new(seen.of(values), seen.nulls(nulls.as_ref())))
            }
            (Kind::Number, Column::Integer(values, nulls)) => {
                let values = seen.of(values).iter().map(|value| *value as f64).collect();
                Arc::new(Float64Array::new(values, seen.nulls(nulls.as_ref())))
            }
            (Kind::Flag, Column::Flag(values, nulls)) => {
                let flags = seen.of(values).iter().map(|flag| *flag != 0).collect();
                Arc::new(BooleanArray::new(flags, seen.nulls(nulls.as_ref())))
            }
            // A value of another type than the declared one is missing, as it is in the other
            // questions.
            (Kind::Flag | Kind::Integer | Kind::Number | Kind::Text | Kind::Time, _) => {
                new_null_array(&stored(column.kind), seen.len())
            }
        }
    }

    /// Texts by number; each is looked up once in a chunk.
    fn named(&self, numbers: &[u32], name: impl Fn(u32) -> Option<String>) -> ArrayRef {
        let mut places: HashMap<u32, u32> = HashMap::new();
        let mut texts = StringViewBuilder::new();
        let mut last = None;
        let mut keys = Vec::with_capacity(numbers.len());
        for number in numbers {
            let place = match last {
                Some((known, place)) if known == *number => place,
                _ => {
                    let next = u32::try_from(places.len()).unwrap_or(u32::MAX);
                    *places.entry(*number).or_insert_with(|| {
                        texts.append_option(name(*number));
                        next
                    })
                }
            };
            last = Some((*number, place));
            keys.push(place);
        }
        let texts = texts.finish();
        take(&texts, &UInt32Array::from(keys), None)
            .unwrap_or_else(|_| new_null_array(&stored(Kind::Text), numbers.len()))
    }
}

/// Numbers that count without a sign, as SQL has them.
fn signed(values: &ScalarBuffer<u64>) -> ScalarBuffer<i64> {
    values.iter().map(|value| value.cast_signed()).collect()
}

fn integers(values: ScalarBuffer<i64>, nulls: Option<NullBuffer>) -> ArrayRef {
    Arc::new(Int64Array::new(values, nulls))
}

fn times(values: ScalarBuffer<i64>, nulls: Option<NullBuffer>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::new(values, nulls).with_timezone("UTC"))
}
