//! What decides between rows of one instant: the clients' numbers, and when the rows arrived. Two
//! rows seldom tie, so that it is read from its block only once two do.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::file::FileError;
use super::read::{Block, Closed};

/// What decides between rows of a chunk that tie. Cloning is cheap.
#[derive(Debug, Clone, Default)]
pub struct Ties(Arc<[Part]>);

/// The rows of one block.
#[derive(Debug, Clone)]
struct Part {
    /// How many rows of the chunk there are up to its last one.
    end: usize,
    held: Arc<Held>,
}

/// The columns of the rows of a part, and where they lie until they have been read.
struct Held {
    read: OnceLock<Read>,
    lies: Option<(Arc<Closed>, Block)>,
    /// By row of the part: its row in the block; absent when the part is all of the block.
    rows: Option<Vec<u32>>,
}

/// A column that is zero everywhere may be empty.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) sequence: Vec<u32>,
    pub(super) received: Vec<i64>,
}

/// What decides between two rows that tie, in the order in which it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tie {
    /// The client's number.
    pub sequence: u32,
    pub received: i64,
}

impl fmt::Debug for Held {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Held").field("is_read", &self.read.get().is_some()).finish()
    }
}

impl Ties {
    /// Those of rows in memory.
    #[must_use]
    pub fn known(sequence: Vec<u32>, received: Vec<i64>) -> Self {
        let rows = sequence.len().max(received.len());
        let read = OnceLock::from(Read { sequence, received });
        Self::one(Held { read, lies: None, rows: None }, rows)
    }

    /// Those of a block that lies in a file.
    pub(super) fn lying(file: Arc<Closed>, block: Block) -> Self {
        let held = Held { read: OnceLock::new(), lies: Some((file, block)), rows: None };
        Self::one(held, block.rows)
    }

    fn one(held: Held, rows: usize) -> Self {
        Self([Part { end: rows, held: Arc::new(held) }].into())
    }

    /// What decides for a row.
    pub fn tie(&self, row: usize) -> Result<Tie, FileError> {
        let nothing = Tie { sequence: 0, received: 0 };
        let place = self.0.partition_point(|part| part.end <= row);
        let Some(part) = self.0.get(place) else { return Ok(nothing) };
        let before = place.checked_sub(1).and_then(|before| self.0.get(before));
        let row = row - before.map_or(0, |before| before.end);
        let read = part.held.read()?;
        Ok(Tie {
            sequence: read.sequence.get(row).copied().unwrap_or(0),
            received: read.received.get(row).copied().unwrap_or(0),
        })
    }

    /// Those of some rows, which come in their order; the others are not held for them.
    pub(crate) fn pick(&self, picked: &[u32]) -> Self {
        let mut parts = Vec::with_capacity(self.0.len());
        let (mut start, mut end) = (0usize, 0usize);
        for part in &*self.0 {
            let rest = picked.get(end..).unwrap_or_default();
            let here = rest.iter().take_while(|row| (**row as usize) < part.end);
            let rows: Vec<u32> = here.map(|row| row - start as u32).collect();
            end += rows.len();
            start = part.end;
            if !rows.is_empty() {
                parts.push(Part { end, held: Arc::new(part.held.pick(&rows)) });
            }
        }
        Self(parts.into())
    }

    /// Those of chunks one after the other.
    pub(super) fn joined<'a>(chunks: impl Iterator<Item = &'a Self>) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        for chunk in chunks {
            let before = parts.last().map_or(0, |part| part.end);
            let shifted = |part: &Part| Part { end: before + part.end, ..part.clone() };
            parts.extend(chunk.0.iter().map(shifted));
        }
        Self(parts.into())
    }
}

impl Held {
    fn read(&self) -> Result<&Read, FileError> {
        if let (None, Some((file, block))) = (self.read.get(), &self.lies) {
            let whole = file.ties(*block)?;
            let read = match &self.rows {
                Some(rows) => whole.pick(rows),
                None => whole,
            };
            return Ok(self.read.get_or_init(|| read));
        }
        Ok(self.read.get_or_init(Read::default))
    }

    fn pick(&self, picked: &[u32]) -> Self {
        let of_block = |row: &u32| match &self.rows {
            Some(rows) => rows.get(*row as usize).copied().unwrap_or(u32::MAX),
            None => *row,
        };
        let read = self.read.get().map(|read| OnceLock::from(read.pick(picked)));
        Self {
            read: read.unwrap_or_default(),
            lies: self.lies.clone(),
            rows: Some(picked.iter().map(of_block).collect()),
        }
    }
}

impl Read {
    /// Those rows of it; a column that is empty stays so.
    fn pick(&self, rows: &[u32]) -> Self {
        fn of<T: Copy + Default>(values: &[T], rows: &[u32]) -> Vec<T> {
            let value = |row: &u32| values.get(*row as usize).copied().unwrap_or_default();
            if values.is_empty() { Vec::new() } else { rows.iter().map(value).collect() }
        }
        Self { sequence: of(&self.sequence, rows), received: of(&self.received, rows) }
    }
}
