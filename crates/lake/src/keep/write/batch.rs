//! Rows on their way into columns. It coerces a value to its column's kind and never guesses: else
//! it is null.

use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, Float64Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow_array::{
    ArrayRef, Int64Array, RecordBatch, TimestampMicrosecondArray, UInt32Array, UInt64Array,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use life::keep::Row;
use vocabulary::{Class, Code, Person, Value};

use super::Layout;
use crate::keep::column::{self, ColumnKind};
use crate::keep::read::micros;
use crate::keep::sealed;

/// Columns under construction.
pub(super) struct Batch {
    schema: SchemaRef,
    unit: i64,
    person: Vec<u64>,
    time: Vec<i64>,
    received: Vec<i64>,
    sequence: Vec<u32>,
    event: Vec<u32>,
    leaf: Vec<u64>,
    source: Vec<u32>,
    verdict: Vec<u32>,
    purposes: Vec<u64>,
    session: Vec<u64>,
    promoted: Vec<(Code, Promoted)>,
    sealed: Vec<(Class, BinaryBuilder)>,
    /// Bytes of texts and blobs held.
    bytes: usize,
}

enum Promoted {
    Text(StringBuilder),
    Json(StringBuilder),
    Integer(Int64Builder),
    Number(Float64Builder),
    Flag(BooleanBuilder),
    Time(TimestampMicrosecondBuilder),
}

impl Batch {
    pub(super) fn new(layout: &Layout) -> Self {
        let promoted = layout.columns.iter().map(|(code, kind)| (code, Promoted::new(kind)));
        let sealed = layout.classes.iter().map(|class| (*class, BinaryBuilder::new()));
        Self {
            schema: Arc::new(schema(layout)),
            unit: layout.unit,
            person: Vec::new(),
            time: Vec::new(),
            received: Vec::new(),
            sequence: Vec::new(),
            event: Vec::new(),
            leaf: Vec::new(),
            source: Vec::new(),
            verdict: Vec::new(),
            purposes: Vec::new(),
            session: Vec::new(),
            promoted: promoted.collect(),
            sealed: sealed.collect(),
            bytes: 0,
        }
    }

    pub(super) fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    pub(super) fn rows(&self) -> usize {
        self.person.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a row, and the blobs of the runs that it starts.
    pub(super) fn push(&mut self, person: Person, row: &Row, blobs: &mut Vec<(Class, Vec<u8>)>) {
        self.person.push(person.0);
        self.time.push(row.time.0.div_euclid(self.unit));
        self.received.push(row.received.0);
        self.sequence.push(row.sequence);
        self.event.push(row.event.0);
        self.leaf.push(row.leaf.0);
        self.source.push(u32::from(row.source.0));
        self.verdict.push(row.verdict.0);
        self.purposes.push(row.purposes.0);
        self.session.push(row.session);
        for (code, promoted) in &mut self.promoted {
            let value = row.columns.iter().find(|(present, _)| present == code);
            self.bytes += promoted.push(value.map(|(_, value)| value));
        }
        for (class, builder) in &mut self.sealed {
            match blobs.iter().find(|(of, _)| of == class) {
                Some((_, blob)) => {
                    self.bytes += blob.len();
                    builder.append_value(blob);
                }
                None => builder.append_null(),
            }
        }
        blobs.clear();
    }

    /// The rows as arrays, starting anew.
    pub(super) fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        self.bytes = 0;
        let time = |times: &mut Vec<i64>| -> ArrayRef {
            let times = std::mem::take(times);
            Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC"))
        };
        let long = |numbers: &mut Vec<u64>| -> ArrayRef {
            Arc::new(UInt64Array::from(std::mem::take(numbers)))
        };
        let short = |numbers: &mut Vec<u32>| -> ArrayRef {
            Arc::new(UInt32Array::from(std::mem::take(numbers)))
        };
        let mut arrays = vec![
            long(&mut self.person),
            Arc::new(Int64Array::from(std::mem::take(&mut self.time))),
            time(&mut self.received),
            short(&mut self.sequence),
            short(&mut self.event),
            long(&mut self.leaf),
            short(&mut self.source),
            short(&mut self.verdict),
            long(&mut self.purposes),
            long(&mut self.session),
        ];
        arrays.extend(self.promoted.iter_mut().map(|(_, promoted)| promoted.take()));
        let sealed = self.sealed.iter_mut();
        arrays.extend(sealed.map(|(_, blobs)| Arc::new(blobs.finish()) as ArrayRef));
        RecordBatch::try_new(self.schema.clone(), arrays)
    }
}

fn schema(layout: &Layout) -> Schema {
    let fixed = [
        (column::PERSON, DataType::UInt64),
        (column::TIME, DataType::Int64),
        (column::RECEIVED, micros()),
        (column::SEQUENCE, DataType::UInt32),
        (column::EVENT, DataType::UInt32),
        (column::LEAF, DataType::UInt64),
        (column::SOURCE, DataType::UInt32),
        (column::VERDICT, DataType::UInt32),
        (column::PURPOSES, DataType::UInt64),
        (column::SESSION, DataType::UInt64),
    ];
    let fixed = fixed.into_iter().map(|(name, kind)| Field::new(name, kind, false));
    let promoted = layout.columns.iter().map(|(code, kind)| {
        let kind = match kind {
            ColumnKind::Text | ColumnKind::Json => DataType::Utf8,
            ColumnKind::Integer => DataType::Int64,
            ColumnKind::Number => DataType::Float64,
            ColumnKind::Flag => DataType::Boolean,
            ColumnKind::Time => micros(),
        };
        Field::new(column::name(code), kind, true)
    });
    let sealed = layout.classes.iter();
    let sealed = sealed.map(|class| Field::new(sealed::column(*class), DataType::Binary, true));
    Schema::new(fixed.chain(promoted).chain(sealed).collect::<Vec<_>>())
}

impl Promoted {
    fn new(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Text => Promoted::Text(StringBuilder::new()),
            ColumnKind::Json => Promoted::Json(StringBuilder::new()),
            ColumnKind::Integer => Promoted::Integer(Int64Builder::new()),
            ColumnKind::Number => Promoted::Number(Float64Builder::new()),
            ColumnKind::Flag => Promoted::Flag(BooleanBuilder::new()),
            ColumnKind::Time => {
                Promoted::Time(TimestampMicrosecondBuilder::new().with_timezone("UTC"))
            }
        }
    }

    /// Adds a value or null; how many bytes of text it holds.
    fn push(&mut self, value: Option<&Value>) -> usize {
        match self {
            Promoted::Text(texts) | Promoted::Json(texts) => {
                let text = value.map(text);
                texts.append_option(text.as_deref());
                return text.map_or(0, |text| text.len());
            }
            Promoted::Integer(numbers) => numbers.append_option(value.and_then(integer)),
            Promoted::Number(numbers) => numbers.append_option(value.and_then(number)),
            Promoted::Flag(flags) => flags.append_option(match value {
                Some(Value::Flag(flag)) => Some(*flag),
                _ => None,
            }),
            Promoted::Time(times) => times.append_option(match value {
                Some(Value::Time(time)) => Some(time.0),
                _ => None,
            }),
        }
        0
    }

    fn take(&mut self) -> ArrayRef {
        match self {
            Promoted::Text(texts) | Promoted::Json(texts) => Arc::new(texts.finish()),
            Promoted::Integer(numbers) => Arc::new(numbers.finish()),
            Promoted::Number(numbers) => Arc::new(numbers.finish()),
            Promoted::Flag(flags) => Arc::new(flags.finish()),
            Promoted::Time(times) => Arc::new(times.finish()),
        }
    }
}

fn text(value: &Value) -> std::borrow::Cow<'_, str> {
    match value {
        Value::Text(text) | Value::Json(text) => std::borrow::Cow::Borrowed(text),
        Value::Flag(flag) => flag.to_string().into(),
        Value::Integer(number) => number.to_string().into(),
        Value::Number(number) => number.to_string().into(),
        Value::Time(time) => time.to_string().into(),
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(*number),
        Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::Time(_) | Value::Json(_) => {
            None
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Integer(number) => Some(*number as f64),
        Value::Flag(_) | Value::Text(_) | Value::Time(_) | Value::Json(_) => None,
    }
}
