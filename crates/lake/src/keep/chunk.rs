//! A chunk: some rows of one sorted run, decoded into plain columns. Fresh rows and files both
//! become chunks.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use arrow_buffer::{NullBuffer, ScalarBuffer};
use vocabulary::Code;

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
#[derive(Debug, Clone, Default)]
pub struct Need {
    /// Promoted columns to decode.
    pub columns: Vec<Code>,
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
