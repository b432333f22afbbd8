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

use super::Naming;
use super::scan::{Wanted, stored};
use crate::keep::chunk::{Chunk, Column};
use crate::know::error::AskError;
use crate::know::sight::{HIDDEN, Sight};

/// Makes batches of one part.
pub(super) struct Maker<'a> {
    sight: &'a Sight,
    naming: Naming<'a>,
    wanted: &'a Wanted,
}

/// Which rows of a chunk are seen, and whose they are.
struct Seen {
    rows: Vec<u32>,
    /// Whether they are all rows of the chunk.
    is_all: bool,
    persons: Vec<i64>,
}

impl Seen {
    /// The seen values of a column; one that was not read is missing in each row.
    fn of<T: ArrowNativeType>(&self, values: &ScalarBuffer<T>) -> ScalarBuffer<T> {
        if self.is_all {
            return values.clone();
        }
        let value = |row: &u32| values.get(*row as usize).copied().unwrap_or_default();
        self.rows.iter().map(value).collect::<Vec<T>>().into()
    }

    fn nulls(&self, nulls: Option<&NullBuffer>) -> Option<NullBuffer> {
        let nulls = nulls?;
        if self.is_all {
            return Some(nulls.clone());
        }
        let is_valid = |row: &u32| (*row as usize) < nulls.len() && nulls.is_valid(*row as usize);
        Some(NullBuffer::new(self.rows.iter().map(is_valid).collect::<BooleanBuffer>()))
    }

    fn len(&self) -> usize {
        self.rows.len()
    }
}

impl<'a> Maker<'a> {
    pub(super) fn new(sight: &'a Sight, naming: Naming<'a>, wanted: &'a Wanted) -> Self {
        Self { sight, naming, wanted }
    }

    /// The visible rows of a chunk.
    pub(super) fn batch(&mut self, chunk: Chunk) -> Result<RecordBatch, AskError> {
        let mut seen = self.seen(&chunk);
        let mut properties = chunk.columns.iter();
        let mut columns = Vec::with_capacity(self.wanted.columns.len());
        for column in &self.wanted.columns {
            columns.push(match column.field {
                Field::Time => times(seen.of(&chunk.time), None),
                Field::Received => times(seen.of(&chunk.received), None),
                Field::Event => self.named(&seen.of(&chunk.stamp), |stamp| {
                    (self.naming.event)(chunk.stamps.get(stamp as usize)?.event)
                }),
                Field::Person => integers(std::mem::take(&mut seen.persons).into(), None),
                Field::Source => self.named(&seen.of(&chunk.stamp), |stamp| {
                    (self.naming.source)(chunk.stamps.get(stamp as usize)?.source)
                }),
                Field::Session => {
                    let sessions = signed(&seen.of(&chunk.session.each().collect()));
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
        let lens = self.sight.lens(&chunk.stamps);
        let (mut rows, mut persons) =
            (Vec::with_capacity(chunk.len()), Vec::with_capacity(chunk.len()));
        self.sight.each(chunk, |part| {
            let whose = part.elsewhere().map_or(part.person, |moved| moved.0).cast_signed();
            for row in part.rows() {
                let is_shown = chunk.stamp.get(row).is_some_and(|it| lens.event(*it) != HIDDEN);
                let is_about = is_shown && chunk.time.get(row).is_some_and(is_within);
                if is_about && self.sight.sees(&part, chunk, row) {
                    rows.push(row as u32);
                    persons.push(whose);
                }
            }
        });
        Seen { is_all: rows.len() == chunk.len(), rows, persons }
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
