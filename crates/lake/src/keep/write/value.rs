//! Values of a promoted property on their way into a block. A value is coerced to its column's
//! kind and never guessed: else it is null.

use std::borrow::Cow;
use std::cmp::Ordering;

use vocabulary::Value;

use crate::keep::codec::{Dictionary, Packer, zigzag};
use crate::keep::column::ColumnKind;
use crate::keep::file::FileError;

/// How numbers are written: as whole ones of so many decimals below this, as 32 bits, or as 64.
pub(in crate::keep) const DECIMALS: u8 = 5;
pub(in crate::keep) const SHORT: u8 = 5;
pub(in crate::keep) const LONG: u8 = 6;

/// Whether each row has a value, or a bit says so of each; what is absent takes no room.
pub(in crate::keep) const SOME_ABSENT: u8 = 0;
pub(in crate::keep) const ALL_PRESENT: u8 = 1;

/// Whole numbers that a 64-bit number holds one by one.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// One property's values.
pub(super) enum Promoted {
    /// Texts, and JSON.
    Text(Dictionary),
    Integer(Vec<Option<i64>>),
    Number(Vec<Option<f64>>),
    Flag(Vec<Option<i64>>),
    Time(Vec<Option<i64>>),
}

impl Promoted {
    pub(super) fn new(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Text | ColumnKind::Json => Promoted::Text(Dictionary::default()),
            ColumnKind::Integer => Promoted::Integer(Vec::new()),
            ColumnKind::Number => Promoted::Number(Vec::new()),
            ColumnKind::Flag => Promoted::Flag(Vec::new()),
            ColumnKind::Time => Promoted::Time(Vec::new()),
        }
    }

    /// Adds a value or null; how many bytes of text that takes.
    pub(super) fn push(&mut self, value: Option<&Value>) -> usize {
        match self {
            Promoted::Text(texts) => return texts.push(value.map(text).as_deref()),
            Promoted::Integer(numbers) => numbers.push(value.and_then(integer)),
            Promoted::Number(numbers) => numbers.push(value.and_then(number)),
            Promoted::Flag(flags) => flags.push(match value {
                Some(Value::Flag(flag)) => Some((*flag).into()),
                _ => None,
            }),
            Promoted::Time(times) => times.push(match value {
                Some(Value::Time(time)) => Some(time.0),
                _ => None,
            }),
        }
        0
    }

    /// Whether every value is null.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Promoted::Text(texts) => texts.is_empty(),
            Promoted::Number(numbers) => numbers.iter().all(Option::is_none),
            Promoted::Integer(numbers) | Promoted::Flag(numbers) | Promoted::Time(numbers) => {
                numbers.iter().all(Option::is_none)
            }
        }
    }

    /// How many different texts there are.
    pub(super) fn words(&self) -> usize {
        match self {
            Promoted::Text(texts) => texts.words(),
            Promoted::Integer(_) | Promoted::Number(_) | Promoted::Flag(_) | Promoted::Time(_) => 0,
        }
    }

    /// Which of two rows comes first by their texts.
    pub(super) fn text_order(&self, one: u32, other: u32) -> Ordering {
        match self {
            Promoted::Text(texts) => texts.number(one).cmp(&texts.number(other)),
            Promoted::Integer(_) | Promoted::Number(_) | Promoted::Flag(_) | Promoted::Time(_) => {
                Ordering::Equal
            }
        }
    }

    /// The same values in another order of rows.
    pub(super) fn sorted(self, order: &[u32]) -> Self {
        match self {
            Promoted::Text(texts) => Promoted::Text(texts.sorted(order)),
            Promoted::Integer(numbers) => Promoted::Integer(pick(&numbers, order)),
            Promoted::Number(numbers) => Promoted::Number(pick(&numbers, order)),
            Promoted::Flag(flags) => Promoted::Flag(pick(&flags, order)),
            Promoted::Time(times) => Promoted::Time(pick(&times, order)),
        }
    }

    pub(super) fn put(&self, packer: &mut Packer, out: &mut Vec<u8>) -> Result<(), FileError> {
        match self {
            Promoted::Text(texts) => texts.put(packer, out),
            Promoted::Integer(numbers) | Promoted::Flag(numbers) | Promoted::Time(numbers) => {
                presence(numbers, packer, out)?;
                let numbers = numbers.iter().flatten().copied().map(zigzag);
                packer.numbers(&numbers.collect::<Vec<_>>(), out)
            }
            Promoted::Number(numbers) => {
                presence(numbers, packer, out)?;
                let present: Vec<f64> = numbers.iter().flatten().copied().collect();
                let (mode, numbers) = narrow(&present);
                out.push(mode);
                packer.numbers(&numbers, out)
            }
        }
    }
}

fn pick<T: Copy>(values: &[Option<T>], order: &[u32]) -> Vec<Option<T>> {
    order.iter().map(|row| values.get(*row as usize).copied().flatten()).collect()
}

fn presence<T>(
    values: &[Option<T>],
    packer: &mut Packer,
    out: &mut Vec<u8>,
) -> Result<(), FileError> {
    if values.iter().all(Option::is_some) {
        out.push(ALL_PRESENT);
        return Ok(());
    }
    out.push(SOME_ABSENT);
    let bit =
        |byte: u8, (place, value): (usize, &Option<T>)| byte | u8::from(value.is_some()) << place;
    let bytes = values.chunks(8).map(|values| values.iter().enumerate().fold(0, bit));
    packer.bytes(&bytes.collect::<Vec<_>>(), out)
}

/// Numbers in the shortest form that gives each back as it is, to the bit.
fn narrow(numbers: &[f64]) -> (u8, Vec<u64>) {
    let present = || numbers.iter();
    let each = |write: &dyn Fn(f64) -> u64| numbers.iter().map(|number| write(*number)).collect();
    let whole = (0..DECIMALS)
        .find(|decimals| present().all(|number| decimal(*number, *decimals).is_some()));
    if let Some(decimals) = whole {
        return (decimals, each(&|number| decimal(number, decimals).map_or(0, zigzag)));
    }
    let is_short = |number: &f64| f64::from(*number as f32).to_bits() == number.to_bits();
    if present().all(is_short) {
        return (SHORT, each(&|number| (number as f32).to_bits().into()));
    }
    (LONG, each(&f64::to_bits))
}

/// The number times a power of ten, when dividing gives the same bits again.
fn decimal(number: f64, decimals: u8) -> Option<i64> {
    let power = 10f64.powi(decimals.into());
    let rounded = (number * power).round();
    // A whole number has no negative zero.
    let whole = rounded as i64;
    let is_same = (whole as f64 / power).to_bits() == number.to_bits();
    (rounded.abs() < WHOLE_MAX && is_same).then_some(whole)
}

fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Text(text) | Value::Json(text) => Cow::Borrowed(text),
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
