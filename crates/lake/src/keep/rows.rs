//! Whole rows of a file again, sealed properties included: for one person's events, exports and
//! rewriting.

use std::collections::BTreeSet;

use life::keep::Row;
use vocabulary::{Leaf, Person, PersonSealer, Time, Value};

use super::chunk::Need;
use super::column::ColumnKind;
use super::decode::{Decoder, Values};
use super::file::FileError;
use super::read::{Block, Blocks, FileReader};
use super::section::Section;
use super::stretches::Stretches;
use super::unseal::Unsealer;

/// Which rows of a file.
#[derive(Debug, Clone, Copy)]
pub enum Pick<'a> {
    Every,
    Bucket(u16),
    /// The rows of these leaves and of nobody else.
    Leaves(&'a BTreeSet<Leaf>),
}

/// A row with the person that it was filed under when the file was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Filed {
    pub person: Person,
    pub row: Row,
}

impl FileReader {
    /// Whole rows in the file's order. Without a sealer, sealed properties are left out.
    pub fn rows<'a>(
        &self,
        pick: Pick<'a>,
        sealer: Option<&'a dyn PersonSealer>,
    ) -> Result<Rows<'a>, FileError> {
        let unsealer = sealer.map(|sealer| Unsealer::new(self.classes(), sealer)).transpose()?;
        Ok(Rows {
            blocks: match pick {
                Pick::Every => self.blocks(|_| true),
                Pick::Bucket(bucket) => self.blocks(|block| block.bucket == bucket),
                Pick::Leaves(leaves) => self.blocks(|block| block.may_hold(leaves)),
            },
            reader: self.clone(),
            unsealer,
            decoder: Decoder::new()?,
            decoded: Vec::new().into_iter(),
            leaves: match pick {
                Pick::Every | Pick::Bucket(_) => None,
                Pick::Leaves(leaves) => Some(leaves),
            },
        })
    }

    /// Those of some leaves that have rows in it.
    pub(super) fn leaves_among(
        &self,
        leaves: &BTreeSet<Leaf>,
    ) -> Result<BTreeSet<Leaf>, FileError> {
        let mut decoder = Decoder::new()?;
        let mut found = BTreeSet::new();
        for block in self.blocks(|block| block.may_hold(leaves)) {
            let held = self.leaves(block, &mut decoder)?;
            let held = held.values().iter().map(|leaf| Leaf(*leaf));
            found.extend(held.filter(|leaf| leaves.contains(leaf)));
        }
        Ok(found)
    }

    /// Whether a row of one of these leaves is in it.
    pub(crate) fn holds(&self, leaves: &BTreeSet<Leaf>) -> Result<bool, FileError> {
        let mut decoder = Decoder::new()?;
        for block in self.blocks(|block| block.may_hold(leaves)) {
            if self.has(block, leaves, &mut decoder)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a block has a row of one of these leaves.
    pub(super) fn has(
        &self,
        block: Block,
        leaves: &BTreeSet<Leaf>,
        decoder: &mut Decoder,
    ) -> Result<bool, FileError> {
        let held = self.leaves(block, decoder)?;
        Ok(held.values().iter().any(|leaf| leaves.contains(&Leaf(*leaf))))
    }

    /// The leaf of each row of a block.
    fn leaves(&self, block: Block, decoder: &mut Decoder) -> Result<Stretches, FileError> {
        let mut decode = |bytes: &[u8]| decoder.stretches(bytes, block.rows);
        let nobody = Stretches::default;
        let person = self.decoded(block, Section::Person, &mut decode, nobody)?;
        self.decoded(block, Section::Leaf, decode, || person)
    }
}

/// Whole rows, decoded as they are taken.
pub struct Rows<'a> {
    reader: FileReader,
    blocks: Blocks,
    unsealer: Option<Unsealer<'a>>,
    decoder: Decoder,
    decoded: std::vec::IntoIter<Filed>,
    leaves: Option<&'a BTreeSet<Leaf>>,
}

impl std::fmt::Debug for Rows<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Rows").field("file", &self.reader.entry.id).finish_non_exhaustive()
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Filed, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(filed) = self.decoded.next() {
                return Some(Ok(filed));
            }
            let block = self.blocks.pop_front()?;
            match self.decode(block) {
                Ok(rows) => self.decoded = rows.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Rows<'_> {
    fn decode(&mut self, block: Block) -> Result<Vec<Filed>, FileError> {
        let Self { reader, decoder, .. } = self;
        if let Some(leaves) = self.leaves
            && !reader.has(block, leaves, decoder)?
        {
            return Ok(Vec::new());
        }
        let mut rows = fixed(reader, block, decoder)?;
        for (code, kind) in reader.columns().iter() {
            let section = Section::Property(code);
            let Some(bytes) = reader.section(block, section)? else { continue };
            let values = decoder.values(kind, &bytes, block.rows);
            let values = values.ok_or_else(|| reader.garbled(section))?;
            let values = (0..block.rows).map(|row| value(kind, &values, row));
            for (filed, value) in rows.iter_mut().zip(values) {
                filed.row.columns.extend(value.map(|value| (code, value)));
            }
        }
        if let Some(unsealer) = &mut self.unsealer {
            let persons: Vec<Person> = rows.iter().map(|filed| filed.person).collect();
            let opened = unsealer.open(reader, block, &persons, decoder)?;
            for (filed, properties) in rows.iter_mut().zip(opened) {
                filed.row.sealed = properties;
            }
        }
        if let Some(leaves) = self.leaves {
            rows.retain(|filed| leaves.contains(&filed.row.leaf));
        }
        Ok(rows)
    }
}

/// The rows with their fixed columns alone.
fn fixed(
    reader: &FileReader,
    block: Block,
    decoder: &mut Decoder,
) -> Result<Vec<Filed>, FileError> {
    let need = Need { session: true, leaf: true, received: true, ..Need::default() };
    let chunk = reader.fixed(block, &need, decoder)?;
    let sequence = reader.sequence(block, decoder)?;
    let people = chunk.person.each().zip(chunk.leaf.each()).zip(chunk.session.each());
    let filed = people.enumerate().map(|(place, ((person, leaf), session))| {
        let stamp = chunk.stamp(place)?;
        let row = Row {
            time: Time(*chunk.time.get(place)?),
            received: Time(*chunk.received.get(place)?),
            sequence: sequence.get(place).copied().unwrap_or(0),
            event: stamp.event,
            leaf: Leaf(leaf),
            source: stamp.source,
            verdict: stamp.verdict,
            purposes: stamp.purposes,
            session,
            columns: Vec::new(),
            sealed: Vec::new(),
        };
        Some(Filed { person: Person(person), row })
    });
    let filed: Option<Vec<Filed>> = filed.collect();
    filed.filter(|rows| rows.len() == block.rows).ok_or_else(|| reader.garbled(Section::Stamp))
}

/// The value of a promoted property in a row.
fn value(kind: ColumnKind, values: &Values<'_>, row: usize) -> Option<Value> {
    match values {
        Values::Texts(words, numbers) => {
            let place = numbers.get(row)?.checked_sub(1)?;
            let text = (*words.get(place as usize)?).into();
            Some(if kind == ColumnKind::Json { Value::Json(text) } else { Value::Text(text) })
        }
        Values::Integers(numbers, nulls) => {
            let number = *numbers.get(row)?;
            let is_valid = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
            is_valid.then_some(match kind {
                ColumnKind::Flag => Value::Flag(number != 0),
                ColumnKind::Time => Value::Time(Time(number)),
                ColumnKind::Integer | ColumnKind::Number | ColumnKind::Text | ColumnKind::Json => {
                    Value::Integer(number)
                }
            })
        }
        Values::Numbers(numbers, nulls) => {
            let is_valid = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
            Some(Value::Number(*numbers.get(row)?)).filter(|_| is_valid)
        }
    }
}
