//! Rows one after the other that share a value, said once: whose rows they are, of which leaf, in
//! which session.

use std::ops::Range;

use arrow_buffer::ScalarBuffer;

use super::codec::{Input, Packer, Unpacker, put_varint, unzigzag, zigzag};
use super::file::FileError;

/// A column in stretches. Cloning is cheap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stretches {
    values: ScalarBuffer<u64>,
    /// The row after the last one of each stretch.
    ends: ScalarBuffer<u32>,
}

/// The same, growing.
#[derive(Debug, Clone, Default)]
pub struct Growing {
    values: Vec<u64>,
    ends: Vec<u32>,
}

impl Growing {
    /// Adds rows up to this one; those of the last value join its stretch.
    #[inline]
    pub fn push(&mut self, value: u64, end: u32) {
        if self.values.last() == Some(&value) {
            self.ends.pop();
        } else {
            self.values.push(value);
        }
        self.ends.push(end);
    }

    /// Adds one row.
    pub(super) fn add(&mut self, value: u64) {
        self.push(value, self.ends.last().copied().unwrap_or(0) + 1);
    }

    pub(super) fn values(&self) -> &[u64] {
        &self.values
    }

    /// No more comes.
    #[must_use]
    pub fn done(self) -> Stretches {
        Stretches { values: self.values.into(), ends: self.ends.into() }
    }
}

impl FromIterator<u64> for Stretches {
    fn from_iter<T: IntoIterator<Item = u64>>(values: T) -> Self {
        let mut growing = Growing::default();
        values.into_iter().for_each(|value| growing.add(value));
        growing.done()
    }
}

impl Stretches {
    /// One stretch of so many rows, or none.
    #[must_use]
    pub fn of(value: u64, rows: usize) -> Self {
        let mut growing = Growing::default();
        if rows > 0 {
            growing.push(value, rows as u32);
        }
        growing.done()
    }

    /// How many stretches there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.values.len()
    }

    /// How many rows they cover.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.ends.last().map_or(0, |end| *end as usize)
    }

    /// The value of each stretch.
    #[must_use]
    pub fn values(&self) -> &[u64] {
        &self.values
    }

    /// The rows of a stretch.
    #[inline]
    #[must_use]
    pub fn range(&self, place: usize) -> Range<usize> {
        let end = self.ends.get(place).map_or(0, |end| *end as usize);
        let before = place.checked_sub(1).and_then(|before| self.ends.get(before));
        before.map_or(0, |start| *start as usize)..end
    }

    /// Each value with its rows.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Range<usize>)> + '_ {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|end| *end as usize));
        let ends = self.ends.iter().map(|end| *end as usize);
        self.values.iter().copied().zip(starts.zip(ends).map(|(start, end)| start..end))
    }

    /// Those rows of it, which come in their order.
    pub(super) fn pick(&self, rows: &[u32]) -> Self {
        let mut picked = Growing::default();
        let mut stretches = self.values.iter().zip(self.ends.iter()).peekable();
        for (row, end) in rows.iter().zip(1..) {
            while stretches.next_if(|(_, end)| *end <= row).is_some() {}
            let Some((value, _)) = stretches.peek() else { break };
            picked.push(**value, end);
        }
        picked.done()
    }

    /// The value of each row.
    pub fn each(&self) -> impl Iterator<Item = u64> + '_ {
        self.iter().flat_map(|(value, rows)| std::iter::repeat_n(value, rows.len()))
    }

    pub(super) fn put(&self, packer: &mut Packer, out: &mut Vec<u8>) -> Result<(), FileError> {
        put_varint(self.values.len() as u64, out);
        let mut last = 0u64;
        let values = self.values.iter().map(|value| {
            zigzag(value.wrapping_sub(std::mem::replace(&mut last, *value)).cast_signed())
        });
        packer.numbers(&values.collect::<Vec<_>>(), out)?;
        let lengths = self.iter().map(|(_, rows)| rows.len() as u64);
        packer.numbers(&lengths.collect::<Vec<_>>(), out)
    }

    /// `None` unless they cover as many rows as there have to be.
    pub(super) fn take(
        unpacker: &mut Unpacker,
        input: &mut Input<'_>,
        rows: usize,
    ) -> Option<Self> {
        let count = input.count().filter(|count| *count <= rows)?;
        let mut values: Vec<u64> = unpacker.numbers(input, count)?;
        let mut last = 0u64;
        for value in &mut values {
            last = last.wrapping_add(unzigzag(*value).cast_unsigned());
            *value = last;
        }
        let mut ends: Vec<u32> = unpacker.numbers(input, count)?;
        let mut end = 0u32;
        for length in &mut ends {
            end = end.checked_add(*length)?;
            *length = end;
        }
        (end as usize == rows).then(|| Self { values: values.into(), ends: ends.into() })
    }
}
