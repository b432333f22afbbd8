//! A column of texts: each different text once, and its number for each row.

use std::collections::HashMap;

use super::{Input, Packer, Unpacker, put_varint};
use crate::keep::file::FileError;

/// Texts on their way into a block.
#[derive(Debug, Default)]
pub(in crate::keep) struct Dictionary {
    numbers: HashMap<Box<str>, u64>,
    texts: String,
    lengths: Vec<u64>,
    /// By row: the number of its text from one; zero is null.
    rows: Vec<u64>,
}

/// Texts of a block.
#[derive(Debug)]
pub(in crate::keep) struct Words<'a> {
    texts: &'a str,
    lengths: Vec<u32>,
}

impl Dictionary {
    /// Adds a row; how many bytes that takes.
    pub(in crate::keep) fn push(&mut self, text: Option<&str>) -> usize {
        let Some(text) = text else {
            self.rows.push(0);
            return 0;
        };
        if let Some(number) = self.numbers.get(text) {
            self.rows.push(*number);
            return 0;
        }
        self.texts.push_str(text);
        self.lengths.push(text.len() as u64);
        let number = self.lengths.len() as u64;
        self.numbers.insert(text.into(), number);
        self.rows.push(number);
        text.len()
    }

    pub(in crate::keep) fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// How many different texts there are.
    pub(in crate::keep) fn words(&self) -> usize {
        self.lengths.len()
    }

    /// The number of a row's text.
    pub(in crate::keep) fn number(&self, row: u32) -> u64 {
        self.rows.get(row as usize).copied().unwrap_or(0)
    }

    /// The same texts in another order of rows.
    pub(in crate::keep) fn sorted(mut self, order: &[u32]) -> Self {
        self.rows = order.iter().map(|row| self.number(*row)).collect();
        self
    }

    pub(in crate::keep) fn put(
        &self,
        packer: &mut Packer,
        out: &mut Vec<u8>,
    ) -> Result<(), FileError> {
        packer.numbers(&self.rows, out)?;
        put_varint(self.lengths.len() as u64, out);
        packer.numbers(&self.lengths, out)?;
        put_varint(self.texts.len() as u64, out);
        packer.bytes(self.texts.as_bytes(), out)
    }
}

impl<'a> Words<'a> {
    pub(in crate::keep) fn take(unpacker: &'a mut Unpacker, mut input: Input<'a>) -> Option<Self> {
        let count = input.count()?;
        let lengths = unpacker.numbers(&mut input, count)?;
        let length = input.count()?;
        let texts = std::str::from_utf8(unpacker.bytes(&mut input, length)?).ok()?;
        Some(Self { texts, lengths })
    }

    /// The texts in the order of their numbers.
    pub(in crate::keep) fn iter(&self) -> impl Iterator<Item = &'a str> {
        let mut rest = self.texts;
        self.lengths.iter().map_while(move |length| {
            let (text, after) = rest.split_at_checked(*length as usize)?;
            rest = after;
            Some(text)
        })
    }
}
