//! A chunk: some rows of one sorted run, decoded into plain columns. Fresh rows and files both
//! become chunks.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use arrow_buffer::{NullBuffer, ScalarBuffer};
use vocabulary::{Class, Code, Value};

/// Rows in the order (bucket, person, time, sequence, arrival). A column that was not asked for is
/// empty.
///
/// `person` is the person as known when the run was sorted.
#[derive(Debug, Clone, Default)]
pub struct Chunk {
    pub person: ScalarBuffer<u64>,
    pub time: ScalarBuffer<i64>,
    pub received: ScalarBuffer<i64>,
    pub sequence: ScalarBuffer<u32>,
    pub event: ScalarBuffer<u32>,
    pub leaf: ScalarBuffer<u64>,
    pub source: ScalarBuffer<u32>,
    pub verdict: ScalarBuffer<u32>,
    pub purposes: ScalarBuffer<u64>,
    pub session: ScalarBuffer<u64>,
    /// The promoted columns that were asked for, in the order asked.
    pub columns: Vec<Column>,
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
    /// Whether these are wanted; person, time, event, verdict and purposes always are. A reader may
    /// give more than was asked for.
    pub sequence: bool,
    pub session: bool,
    pub source: bool,
    pub leaf: bool,
    pub received: bool,
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
}
