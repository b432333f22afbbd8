//! Whole rows of a file again, sealed properties included: for one person's events, exports and
//! rewriting.

use std::collections::BTreeSet;
use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType, UInt32Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use life::keep::Row;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use vocabulary::{
    Class, Code, Leaf, Person, PersonSealer, Purposes, SourceId, Time, Value, VerdictId,
};

use super::column::{self, ColumnKind};
use super::file::FileError;
use super::read::{Batches, CHUNK_ROWS, FileReader, Picked, instant, long, short, times};
use super::sealed;
use super::unseal::Unsealer;

/// Rows decoded at once; several files are read side by side.
const BATCH_ROWS: usize = 4 << 10;

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
        let picked = match pick {
            Pick::Every => self.row_groups(self.bucket_range(None)),
            Pick::Bucket(bucket) => self.row_groups(self.bucket_range(Some(bucket))),
            Pick::Leaves(leaves) => self.pages_of(leaves),
        };
        let ranges = picked.iter().flat_map(|picked| {
            picked.ranges.iter().map(|range| picked.first + range.start..picked.first + range.end)
        });
        let unsealer = sealer.map(|sealer| Unsealer::new(self, Class::EVERY.to_vec(), sealer));
        let unsealer = unsealer.transpose()?;
        let mut names: Vec<String> = FIXED.iter().map(|name| (*name).to_owned()).collect();
        names.extend(self.columns().iter().map(|(code, _)| column::name(code)));
        names.extend(unsealer.iter().flat_map(Unsealer::names));
        Ok(Rows {
            numbers: ranges.collect::<Vec<_>>().into_iter().flatten(),
            batches: self.batches(&names, picked, BATCH_ROWS),
            reader: self.clone(),
            unsealer,
            decoded: Vec::new().into_iter(),
            leaves: match pick {
                Pick::Every | Pick::Bucket(_) => None,
                Pick::Leaves(leaves) => Some(leaves),
            },
        })
    }

    /// The classes that the file has sealed runs of.
    pub(super) fn classes(&self) -> Vec<Class> {
        let schema = self.metadata().file_metadata().schema_descr();
        let is_present = |class: &Class| {
            schema.columns().iter().any(|column| column.name() == sealed::column(*class))
        };
        Class::EVERY.into_iter().filter(is_present).collect()
    }

    /// The pages that may hold rows of these leaves, each from the start of a person's first run.
    pub(super) fn pages_of(&self, leaves: &BTreeSet<Leaf>) -> Vec<Picked> {
        let every = self.row_groups(0..self.entry.rows);
        let mut picked = Vec::new();
        for mut group in every {
            let leaf_pages = self.pages(&group, column::LEAF);
            let person_pages = self.pages(&group, column::PERSON);
            let mut ranges: Vec<Range<u64>> = Vec::new();
            for page in leaf_pages {
                if leaves.range(Leaf(page.least)..=Leaf(page.most.max(page.least))).next().is_none()
                {
                    continue;
                }
                let start = run_start(&person_pages, page.rows.start);
                match ranges.last_mut() {
                    Some(last) if start <= last.end => last.end = last.end.max(page.rows.end),
                    _ => ranges.push(start..page.rows.end),
                }
            }
            if !ranges.is_empty() {
                group.ranges = ranges;
                picked.push(group);
            }
        }
        picked
    }

    /// Whether a row of one of these leaves is in it.
    pub(crate) fn holds(&self, leaves: &BTreeSet<Leaf>) -> Result<bool, FileError> {
        let picked = self.pages_of(leaves);
        for batch in self.batches(&[column::LEAF.to_owned()], picked, CHUNK_ROWS) {
            let held = long(&batch?, column::LEAF, true);
            let held = held.ok_or_else(|| self.damaged("a column is not of its type"))?;
            if held.iter().any(|leaf| leaves.contains(&Leaf(*leaf))) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The pages of a column in a row group; one for all rows when there are no statistics.
    fn pages(&self, group: &Picked, name: &str) -> Vec<Page> {
        let whole = || vec![Page { rows: 0..group.rows, least: 0, most: u64::MAX }];
        let metadata = self.metadata();
        let columns = metadata.file_metadata().schema_descr().columns();
        let Some(place) = columns.iter().position(|column| column.name() == name) else {
            return whole();
        };
        let index = metadata.column_index().and_then(|index| index.get(group.group)?.get(place));
        let Some(ColumnIndexMetaData::INT64(index)) = index else { return whole() };
        let offsets = metadata.offset_index().and_then(|index| index.get(group.group)?.get(place));
        let Some(offsets) = offsets else { return whole() };
        let starts = offsets.page_locations().iter();
        let starts = starts.map(|page| u64::try_from(page.first_row_index).unwrap_or(0));
        let starts: Vec<u64> = starts.chain([group.rows]).collect();
        let pages = starts.iter().zip(starts.iter().skip(1)).enumerate();
        let pages = pages.map(|(place, (start, end))| {
            let least = index.min_value(place).map_or(0, |least| *least as u64);
            let most = index.max_value(place).map_or(u64::MAX, |most| *most as u64);
            Page { rows: *start..*end, least, most }
        });
        pages.collect()
    }
}

/// A page's rows in its row group and the bounds of its values.
struct Page {
    rows: Range<u64>,
    least: u64,
    most: u64,
}

/// The first row of the page in which the person of a row may begin.
///
/// Persons are contiguous, so a page that a run only passes through holds nobody else.
fn run_start(persons: &[Page], row: u64) -> u64 {
    let mut pages = persons.iter().rev().skip_while(|page| page.rows.start > row);
    let Some(mut current) = pages.next() else { return 0 };
    for (earlier, is_next) in pages.zip(std::iter::once(true).chain(std::iter::repeat(false))) {
        let overlaps = earlier.least <= current.most && current.least <= earlier.most;
        let is_passed_through = is_next || current.least == current.most;
        if !overlaps || !is_passed_through {
            break;
        }
        current = earlier;
    }
    current.rows.start
}

const FIXED: [&str; 10] = [
    column::PERSON,
    column::TIME,
    column::RECEIVED,
    column::SEQUENCE,
    column::EVENT,
    column::LEAF,
    column::SOURCE,
    column::VERDICT,
    column::PURPOSES,
    column::SESSION,
];

/// Whole rows, decoded as they are taken.
pub struct Rows<'a> {
    reader: FileReader,
    batches: Batches,
    numbers: std::iter::Flatten<std::vec::IntoIter<Range<u64>>>,
    unsealer: Option<Unsealer<'a>>,
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
            let batch = match self.batches.next()? {
                Ok(batch) => batch,
                Err(error) => return Some(Err(error)),
            };
            match self.decode(&batch) {
                Ok(rows) => self.decoded = rows.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Rows<'_> {
    fn decode(&mut self, batch: &RecordBatch) -> Result<Vec<Filed>, FileError> {
        let numbers: Vec<u64> = self.numbers.by_ref().take(batch.num_rows()).collect();
        let mistyped = || self.reader.damaged("a column is not of its type");
        let mut rows = fixed(batch, self.reader.unit()).ok_or_else(mistyped)?;
        for (code, kind) in self.reader.columns().iter() {
            let array = batch.column_by_name(&column::name(code)).ok_or_else(mistyped)?;
            let values = values(kind, array).ok_or_else(mistyped)?;
            for (filed, value) in rows.iter_mut().zip(values) {
                filed.row.columns.extend(value.map(|value| (code, value)));
            }
        }
        if let Some(unsealer) = &mut self.unsealer {
            let whose = rows.iter().map(|filed| filed.person).zip(numbers);
            let opened = unsealer.open(&self.reader, batch, whose)?;
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
fn fixed(batch: &RecordBatch, unit: i64) -> Option<Vec<Filed>> {
    let person = long(batch, column::PERSON, true)?;
    let time = times(batch, unit)?;
    let received = instant(batch, column::RECEIVED, true)?;
    let sequence = short(batch, column::SEQUENCE, true)?;
    let event = short(batch, column::EVENT, true)?;
    let leaf = long(batch, column::LEAF, true)?;
    let source = short(batch, column::SOURCE, true)?;
    let verdict = short(batch, column::VERDICT, true)?;
    let purposes = long(batch, column::PURPOSES, true)?;
    let session = long(batch, column::SESSION, true)?;
    (0..batch.num_rows())
        .map(|place| {
            let row = Row {
                time: Time(*time.get(place)?),
                received: Time(*received.get(place)?),
                sequence: *sequence.get(place)?,
                event: Code(*event.get(place)?),
                leaf: Leaf(*leaf.get(place)?),
                source: SourceId(u16::try_from(*source.get(place)?).ok()?),
                verdict: VerdictId(*verdict.get(place)?),
                purposes: Purposes(*purposes.get(place)?),
                session: *session.get(place)?,
                columns: Vec::new(),
                sealed: Vec::new(),
            };
            Some(Filed { person: Person(*person.get(place)?), row })
        })
        .collect()
}

/// The values of a promoted column.
fn values(kind: ColumnKind, array: &ArrayRef) -> Option<Vec<Option<Value>>> {
    Some(match kind {
        ColumnKind::Text => texts(array, Value::Text)?,
        ColumnKind::Json => texts(array, Value::Json)?,
        ColumnKind::Integer => {
            let numbers = array.as_primitive_opt::<Int64Type>()?.iter();
            numbers.map(|number| number.map(Value::Integer)).collect()
        }
        ColumnKind::Number => {
            let numbers = array.as_primitive_opt::<Float64Type>()?.iter();
            numbers.map(|number| number.map(Value::Number)).collect()
        }
        ColumnKind::Flag => {
            array.as_boolean_opt()?.iter().map(|flag| flag.map(Value::Flag)).collect()
        }
        ColumnKind::Time => {
            let times = array.as_primitive_opt::<TimestampMicrosecondType>()?.iter();
            times.map(|time| time.map(|micros| Value::Time(Time(micros)))).collect()
        }
    })
}

fn texts(array: &ArrayRef, value: fn(Box<str>) -> Value) -> Option<Vec<Option<Value>>> {
    let array = array.as_dictionary_opt::<UInt32Type>()?;
    let texts = array.values().as_string_opt::<i32>()?;
    let keys = array.keys().iter();
    let keys = keys.map(|key| key.map(|key| key as usize).filter(|key| *key < texts.len()));
    Some(keys.map(|key| key.map(|key| value(texts.value(key).into()))).collect())
}
