//! Opening sealed runs while a file is read: each row gets the properties that lie sealed for it.
//!
//! What was sealed under a destroyed key is gone: such a row comes without it.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::{Array, BinaryArray, RecordBatch};
use vocabulary::{Class, Code, Person, PersonSealer, Value};

use super::file::FileError;
use super::read::FileReader;
use super::sealed::{self, Packer, Spot};

/// The sealed properties of one row.
pub(super) type Properties = Vec<(Class, Code, Value)>;

/// Opens the runs of some classes, batch after batch of one file in its order.
pub(super) struct Unsealer<'a> {
    sealer: &'a dyn PersonSealer,
    classes: Vec<Class>,
    packer: Packer,
    /// Properties from opened runs, by the number of the row that they wait for.
    pending: BTreeMap<u64, Properties>,
}

impl<'a> Unsealer<'a> {
    /// For those of the classes that a file has runs of.
    pub(super) fn new(
        reader: &FileReader,
        mut classes: Vec<Class>,
        sealer: &'a dyn PersonSealer,
    ) -> Result<Self, FileError> {
        let present = reader.classes();
        classes.retain(|class| present.contains(class));
        Ok(Self { sealer, classes, packer: Packer::new()?, pending: BTreeMap::new() })
    }

    /// The columns that have to be read for it.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.classes.iter().map(|class| sealed::column(*class).to_owned())
    }

    /// The sealed properties of each row of a batch, given whose it is and its number in the file.
    pub(super) fn open(
        &mut self,
        reader: &FileReader,
        batch: &RecordBatch,
        rows: impl Iterator<Item = (Person, u64)>,
    ) -> Result<Vec<Properties>, FileError> {
        let mut runs: Vec<(Class, &BinaryArray)> = Vec::new();
        for class in &self.classes {
            let array = batch.column_by_name(sealed::column(*class));
            let array = array.and_then(|array| array.as_binary_opt::<i32>());
            let array =
                array.ok_or_else(|| reader.damaged("a sealed column is not of its type"))?;
            runs.push((*class, array));
        }
        let mut found = Vec::with_capacity(batch.num_rows());
        for (place, (person, number)) in rows.enumerate() {
            for (class, runs) in &runs {
                if !runs.is_null(place) {
                    let spot = Spot { file: reader.entry.id, person, class: *class, row: number };
                    self.run(reader, spot, runs.value(place))?;
                }
            }
            // Rows that were not read leave properties behind.
            self.pending = self.pending.split_off(&number);
            found.push(self.pending.remove(&number).unwrap_or_default());
        }
        Ok(found)
    }

    fn run(&mut self, reader: &FileReader, spot: Spot, blob: &[u8]) -> Result<(), FileError> {
        let opened = self.packer.open(&reader.place, self.sealer, spot, blob);
        let path = || reader.place.path(&reader.entry.path);
        let run = opened.map_err(|cause| FileError::Seal { path: path(), cause })?;
        for (offset, properties) in run.into_iter().flat_map(|run| run.0) {
            let waiting = self.pending.entry(spot.row + u64::from(offset)).or_default();
            let class = spot.class;
            waiting.extend(properties.into_iter().map(|(code, value)| (class, code, value)));
        }
        Ok(())
    }
}

/// The value of one property among those that were sealed.
pub(super) fn unsealed(held: &[(Class, Code, Value)], class: Class, code: Code) -> Option<Value> {
    let found = held.iter().rev().find(|(of, held, _)| (*of, *held) == (class, code));
    found.map(|(_, _, value)| value.clone())
}
