//! Opening sealed runs while a file is read: each row gets the properties that lie sealed for it.
//!
//! What was sealed under a destroyed key is gone: such a row comes without it.

use vocabulary::{Class, Code, Person, PersonSealer, Value};

use super::decode::Decoder;
use super::file::FileError;
use super::read::{Block, FileReader};
use super::sealed::{LEVEL, Packer, Spot};
use super::section::Section;

/// The sealed properties of one row.
pub(super) type Properties = Vec<(Class, Code, Value)>;

/// Opens the runs of some classes.
pub(super) struct Unsealer<'a> {
    sealer: &'a dyn PersonSealer,
    classes: Vec<Class>,
    packer: Packer,
}

impl<'a> Unsealer<'a> {
    pub(super) fn new(
        classes: Vec<Class>,
        sealer: &'a dyn PersonSealer,
    ) -> Result<Self, FileError> {
        Ok(Self { sealer, classes, packer: Packer::new(LEVEL)? })
    }

    /// The sealed properties of each row of a block, given whose each is. No run leaves its block.
    pub(super) fn open(
        &mut self,
        reader: &FileReader,
        block: Block,
        persons: &[Person],
        decoder: &mut Decoder,
    ) -> Result<Vec<Properties>, FileError> {
        let mut found = vec![Properties::new(); persons.len()];
        for class in self.classes.clone() {
            let section = Section::Sealed(class);
            let Some(bytes) = reader.section(block, section)? else { continue };
            let blobs = decoder.blobs(&bytes).ok_or_else(|| reader.garbled(section))?;
            for (row, blob) in blobs {
                let person = persons.get(row).ok_or_else(|| reader.garbled(section))?;
                let number = block.first + row as u64;
                let spot = Spot { file: reader.entry.id, person: *person, class, row: number };
                self.run(reader, spot, blob, found.get_mut(row..).unwrap_or_default())?;
            }
        }
        Ok(found)
    }

    /// Opens one run, whose rows are the first of `found`.
    fn run(
        &mut self,
        reader: &FileReader,
        spot: Spot,
        blob: &[u8],
        found: &mut [Properties],
    ) -> Result<(), FileError> {
        let opened = self.packer.open(&reader.place, self.sealer, spot, blob);
        let path = || reader.place.path(&reader.entry.path);
        let run = opened.map_err(|cause| FileError::Seal { path: path(), cause })?;
        for (offset, properties) in run.into_iter().flat_map(|run| run.0) {
            let row = found.get_mut(offset as usize);
            let row = row.ok_or_else(|| reader.garbled(Section::Sealed(spot.class)))?;
            row.extend(properties.into_iter().map(|(code, value)| (spot.class, code, value)));
        }
        Ok(())
    }
}

/// The value of one property among those that were sealed.
pub(super) fn unsealed(held: &[(Class, Code, Value)], class: Class, code: Code) -> Option<Value> {
    let found = held.iter().rev().find(|(of, held, _)| (*of, *held) == (class, code));
    found.map(|(_, _, value)| value.clone())
}
