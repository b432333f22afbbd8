//! Reading a file: only what was asked for, in chunks of bounded size. It never shows what does
//! not authenticate.

mod decode;
mod footer;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use life::keep::manifest::FileEntry;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use parquet::file::metadata::ParquetMetaData;
use vocabulary::{Class, Code, Person, PersonSealer};

use self::decode::promoted;
pub(super) use self::decode::{instant, long, short, times};
pub use self::footer::Footers;
pub(super) use self::footer::{COLUMNS_KEY, UNIT_KEY, micros};
use self::footer::{Footer, read_footer};
use super::chunk::{Chunk, Column, Need, Texts};
use super::column::{self, ColumnKind, Columns};
use super::file::{FileError, Place, Positioned, Scanned};
use super::unseal::{Unsealer, unsealed};

/// Rows of one chunk, at most.
pub const CHUNK_ROWS: usize = 64 << 10;

/// One open file of the lake. Cloning is cheap; clones may be read on different threads.
#[derive(Debug, Clone)]
pub struct FileReader {
    pub(super) entry: Arc<FileEntry>,
    pub(super) place: Place,
    file: Positioned,
    footer: Footer,
    scanned: Arc<Scanned>,
}

impl FileReader {
    /// Opens a file as the manifest describes it; refuses what is not encrypted with its key for
    /// its place.
    pub fn open(
        place: &Place,
        entry: &FileEntry,
        footers: &Footers,
        scanned: &Arc<Scanned>,
    ) -> Result<Self, FileError> {
        let path = place.path(&entry.path);
        let file = Positioned::open(&path, scanned.clone())?;
        if file.bytes() != entry.bytes {
            let what = format!("{} bytes instead of {}", file.bytes(), entry.bytes);
            return Err(FileError::Damaged { path, what });
        }
        let footer = match footers.get(entry) {
            Some(footer) => footer,
            None => {
                let footer = read_footer(place, entry, &file)?;
                footers.insert(entry.id, footer.clone());
                footer
            }
        };
        let entry = Arc::new(entry.clone());
        Ok(Self { entry, place: place.clone(), file, footer, scanned: scanned.clone() })
    }

    /// What the manifest says about it.
    #[must_use]
    pub fn entry(&self) -> &FileEntry {
        &self.entry
    }

    /// The promoted columns that it has.
    #[must_use]
    pub fn columns(&self) -> &Columns {
        &self.footer.columns
    }

    /// Its rows in order, of one bucket or of all; empty when it has no rows of that bucket.
    /// Sealed properties that are needed are opened, if there is a sealer.
    pub fn chunks<'a>(
        &self,
        bucket: Option<u16>,
        need: &Need,
        texts: &Arc<Texts>,
        sealer: Option<&'a dyn PersonSealer>,
    ) -> Result<Chunks<'a>, FileError> {
        let mut classes: Vec<Class> = need.sealed.values().copied().collect();
        classes.dedup();
        let sealer = sealer.filter(|_| !classes.is_empty());
        let unsealer = sealer.map(|sealer| Unsealer::new(self, classes, sealer)).transpose()?;
        let mut names = wanted(need);
        names.extend(unsealer.iter().flat_map(Unsealer::names));
        let rows = self.bucket_range(bucket);
        let number = rows.start;
        let batches = self.batches(&names, self.row_groups(rows), CHUNK_ROWS);
        let kind = |code: &Code| match need.sealed.get(code) {
            Some(_) => None,
            None => self.columns().kind(*code),
        };
        let kinds = need.columns.iter().map(|code| (*code, kind(code))).collect();
        let (need, texts) = (need.clone(), Arc::clone(texts));
        Ok(Chunks { batches, need, kinds, texts, maps: HashMap::new(), unsealer, number })
    }

    /// The numbers of the rows of a bucket.
    pub(super) fn bucket_range(&self, bucket: Option<u16>) -> std::ops::Range<u64> {
        let Some(bucket) = bucket else { return 0..self.entry.rows };
        match self.entry.bucket {
            Some(own) if own == bucket => 0..self.entry.rows,
            Some(_) => 0..0,
            None => {
                let border = |place: u16| self.entry.bucket_rows.get(usize::from(place)).copied();
                match (border(bucket), border(bucket.saturating_add(1))) {
                    (Some(first), Some(next)) => first..next,
                    _ => 0..0,
                }
            }
        }
    }

    /// A range of rows as ranges inside row groups.
    pub(super) fn row_groups(&self, rows: std::ops::Range<u64>) -> Vec<Picked> {
        let mut picked = Vec::new();
        let mut first = 0;
        for (group, metadata) in self.metadata().row_groups().iter().enumerate() {
            let count = u64::try_from(metadata.num_rows()).unwrap_or(0);
            let start = rows.start.max(first);
            let end = rows.end.min(first + count);
            if start < end {
                let ranges = std::iter::once(start - first..end - first).collect();
                picked.push(Picked { group, first, rows: count, ranges });
            }
            first += count;
        }
        picked
    }

    /// How many microseconds one step of its time column stands for.
    pub(super) fn unit(&self) -> i64 {
        self.footer.unit
    }

    pub(super) fn metadata(&self) -> &ParquetMetaData {
        self.footer.metadata.metadata()
    }

    pub(super) fn batches(
        &self,
        names: &[String],
        picked: Vec<Picked>,
        batch_rows: usize,
    ) -> Batches {
        let schema = self.footer.metadata.parquet_schema();
        let places = schema.columns().iter().enumerate();
        let wanted = places.filter(|(_, column)| names.iter().any(|name| name == column.name()));
        let mask = ProjectionMask::leaves(schema, wanted.map(|(place, _)| place));
        let picked = picked.into_iter();
        Batches { reader: self.clone(), mask, picked, batch_rows, current: None }
    }

    pub(super) fn damaged(&self, what: impl ToString) -> FileError {
        FileError::Damaged { path: self.place.path(&self.entry.path), what: what.to_string() }
    }

    pub(super) fn count_rows(&self, count: usize) {
        self.scanned.add_rows(count);
    }
}

/// Ranges of rows to read from one row group, counted from its first row.
#[derive(Debug, Clone)]
pub(super) struct Picked {
    pub(super) group: usize,
    /// The number of its first row in the file.
    pub(super) first: u64,
    pub(super) rows: u64,
    pub(super) ranges: Vec<std::ops::Range<u64>>,
}

impl Picked {
    fn selection(&self) -> Option<RowSelection> {
        if let [range] = self.ranges.as_slice()
            && *range == (0..self.rows)
        {
            return None;
        }
        let mut selectors = Vec::new();
        let mut place = 0;
        for range in &self.ranges {
            selectors.push(RowSelector::skip((range.start - place) as usize));
            selectors.push(RowSelector::select((range.end - range.start) as usize));
            place = range.end;
        }
        Some(selectors.into())
    }
}

/// Decoded batches, none of which crosses a row group, so that a text column's dictionary stays
/// whole.
pub(super) struct Batches {
    reader: FileReader,
    mask: ProjectionMask,
    picked: std::vec::IntoIter<Picked>,
    batch_rows: usize,
    current: Option<ParquetRecordBatchReader>,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batches) = &mut self.current {
                match batches.next() {
                    Some(Ok(batch)) => {
                        self.reader.count_rows(batch.num_rows());
                        return Some(Ok(batch));
                    }
                    Some(Err(error)) => {
                        self.current = None;
                        self.picked = Vec::new().into_iter();
                        return Some(Err(self.reader.damaged(error)));
                    }
                    None => self.current = None,
                }
            }
            let picked = self.picked.next()?;
            match self.start(&picked) {
                Ok(batches) => self.current = Some(batches),
                Err(error) => {
                    self.picked = Vec::new().into_iter();
                    return Some(Err(self.reader.damaged(error)));
                }
            }
        }
    }
}

impl Batches {
    fn start(&self, picked: &Picked) -> parquet::errors::Result<ParquetRecordBatchReader> {
        let metadata = self.reader.footer.metadata.clone();
        let file = self.reader.file.clone();
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
            .with_projection(self.mask.clone())
            .with_row_groups(vec![picked.group])
            .with_batch_size(self.batch_rows);
        if let Some(selection) = picked.selection() {
            builder = builder.with_row_selection(selection);
        }
        builder.build()
    }
}

/// The chunks of a file, decoded as they are taken.
pub struct Chunks<'a> {
    batches: Batches,
    need: Need,
    kinds: Vec<(Code, Option<ColumnKind>)>,
    texts: Arc<Texts>,
    /// By text column: the dictionary met last and what its entries are called in this question.
    maps: HashMap<Code, (ArrayRef, Vec<u32>)>,
    unsealer: Option<Unsealer<'a>>,
    /// The number of the next batch's first row in the file.
    number: u64,
}

impl fmt::Debug for Chunks<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Chunks").field("need", &self.need).finish_non_exhaustive()
    }
}

impl Iterator for Chunks<'_> {
    type Item = Result<Chunk, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = match self.batches.next()? {
            Ok(batch) => batch,
            Err(error) => return Some(Err(error)),
        };
        let chunk = self.chunk(&batch);
        let chunk = chunk.ok_or_else(|| self.batches.reader.damaged("a column is not of its type"));
        Some(chunk.and_then(|mut chunk| {
            self.unseal(&batch, &mut chunk)?;
            Ok(chunk)
        }))
    }
}

impl Chunks<'_> {
    /// Puts the values of sealed properties in the place of their columns.
    fn unseal(&mut self, batch: &RecordBatch, chunk: &mut Chunk) -> Result<(), FileError> {
        let Some(unsealer) = &mut self.unsealer else { return Ok(()) };
        let persons = chunk.person.iter().map(|person| Person(*person));
        let rows = unsealer.open(&self.batches.reader, batch, persons.zip(self.number..))?;
        self.number += rows.len() as u64;
        for (code, column) in self.need.columns.iter().zip(&mut chunk.columns) {
            if let Some(class) = self.need.sealed.get(code) {
                let values = rows.iter().map(|held| unsealed(held, *class, *code));
                *column = Column::of(&values.collect::<Vec<_>>(), &self.texts);
            }
        }
        Ok(())
    }

    fn chunk(&mut self, batch: &RecordBatch) -> Option<Chunk> {
        let mut columns = Vec::with_capacity(self.kinds.len());
        for (code, kind) in &self.kinds {
            columns.push(match kind {
                None => Column::Absent,
                Some(kind) => {
                    let array = batch.column_by_name(&column::name(*code))?;
                    promoted(*code, *kind, array, &self.texts, &mut self.maps)?
                }
            });
        }
        Some(Chunk {
            person: long(batch, column::PERSON, true)?,
            time: times(batch, self.batches.reader.unit())?,
            received: instant(batch, column::RECEIVED, self.need.received)?,
            sequence: short(batch, column::SEQUENCE, self.need.sequence)?,
            event: short(batch, column::EVENT, true)?,
            leaf: long(batch, column::LEAF, self.need.leaf)?,
            source: short(batch, column::SOURCE, self.need.source)?,
            verdict: short(batch, column::VERDICT, true)?,
            purposes: long(batch, column::PURPOSES, true)?,
            session: long(batch, column::SESSION, self.need.session)?,
            columns,
        })
    }
}

fn wanted(need: &Need) -> Vec<String> {
    let fixed = [
        (column::PERSON, true),
        (column::TIME, true),
        (column::EVENT, true),
        (column::RECEIVED, need.received),
        (column::LEAF, need.leaf),
        (column::VERDICT, true),
        (column::PURPOSES, true),
        (column::SEQUENCE, need.sequence),
        (column::SOURCE, need.source),
        (column::SESSION, need.session),
    ];
    let fixed = fixed.iter().filter(|(_, wanted)| *wanted).map(|(name, _)| (*name).to_owned());
    let columns = need.columns.iter().filter(|code| !need.sealed.contains_key(code));
    fixed.chain(columns.map(|code| column::name(*code))).collect()
}

#[cfg(test)]
impl FileReader {
    /// Every text in the dictionaries of a column, used or not.
    pub(crate) fn dictionary(&self, code: Code) -> Result<Vec<String>, FileError> {
        use arrow_array::cast::AsArray;

        let mut words = Vec::new();
        let every = self.row_groups(0..self.entry.rows);
        for batch in self.batches(&[column::name(code)], every, CHUNK_ROWS) {
            let batch = batch?;
            let array = batch.column(0).as_dictionary::<arrow_array::types::UInt32Type>();
            let texts = array.values().as_string::<i32>().iter().flatten();
            words.extend(texts.map(str::to_owned));
        }
        Ok(words)
    }
}
