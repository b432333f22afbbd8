//! Reading a file: only what was asked for, in chunks of bounded size. It never shows what does not
//! authenticate.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float64Type, Int64Type, TimestampMicrosecondType, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use life::keep::manifest::{FileEntry, FileId};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use parquet::encryption::decrypt::FileDecryptionProperties;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use vocabulary::Code;

use super::chunk::{Chunk, Column, Need, Texts};
use super::column::{self, ColumnKind, Columns};
use super::file::{FileError, Place, Positioned, Scanned};

/// Rows of one chunk, at most.
pub const CHUNK_ROWS: usize = 64 << 10;

/// The footers of files that were opened lately, decrypted and parsed.
#[derive(Debug)]
pub struct Footers {
    files_max: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    uses: u64,
    footers: HashMap<FileId, (u64, Footer)>,
}

#[derive(Debug, Clone)]
struct Footer {
    digest: [u8; 32],
    metadata: ArrowReaderMetadata,
    columns: Arc<Columns>,
}

impl Footers {
    /// Room for this many footers; the least lately used goes first.
    #[must_use]
    pub fn new(files_max: usize) -> Self {
        Self { files_max, held: Mutex::default() }
    }

    fn get(&self, entry: &FileEntry) -> Option<Footer> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.uses += 1;
        let uses = held.uses;
        let (used, footer) = held.footers.get_mut(&entry.id)?;
        *used = uses;
        (footer.digest == entry.digest).then(|| footer.clone())
    }

    fn insert(&self, id: FileId, footer: Footer) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.uses += 1;
        let uses = held.uses;
        held.footers.insert(id, (uses, footer));
        if held.footers.len() > self.files_max {
            let oldest = held.footers.iter().min_by_key(|(_, (used, _))| *used).map(|(id, _)| *id);
            oldest.and_then(|id| held.footers.remove(&id));
        }
    }
}

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
    pub fn chunks(
        &self,
        bucket: Option<u16>,
        need: &Need,
        texts: &Arc<Texts>,
    ) -> Result<Chunks, FileError> {
        let names = wanted(need);
        let runs = self.row_groups(self.bucket_range(bucket));
        let batches = self.batches(&names, runs, CHUNK_ROWS);
        let kinds = need.columns.iter().map(|code| (*code, self.columns().kind(*code))).collect();
        let need = need.clone();
        Ok(Chunks { batches, need, kinds, texts: Arc::clone(texts), maps: HashMap::new() })
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
pub struct Chunks {
    batches: Batches,
    need: Need,
    kinds: Vec<(Code, Option<ColumnKind>)>,
    texts: Arc<Texts>,
    /// By text column: the dictionary met last and what its entries are called in this question.
    maps: HashMap<Code, (ArrayRef, Vec<u32>)>,
}

impl fmt::Debug for Chunks {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Chunks").field("need", &self.need).finish_non_exhaustive()
    }
}

impl Iterator for Chunks {
    type Item = Result<Chunk, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = match self.batches.next()? {
            Ok(batch) => batch,
            Err(error) => return Some(Err(error)),
        };
        let chunk = self.chunk(&batch);
        Some(chunk.ok_or_else(|| self.batches.reader.damaged("a column is not of its type")))
    }
}

impl Chunks {
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
            time: instant(batch, column::TIME, true)?,
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
    fixed.chain(need.columns.iter().map(|code| column::name(*code))).collect()
}

pub(super) fn long(batch: &RecordBatch, name: &str, wanted: bool) -> Option<ScalarBuffer<u64>> {
    if !wanted {
        return Some(ScalarBuffer::default());
    }
    Some(batch.column_by_name(name)?.as_primitive_opt::<UInt64Type>()?.values().clone())
}

pub(super) fn short(batch: &RecordBatch, name: &str, wanted: bool) -> Option<ScalarBuffer<u32>> {
    if !wanted {
        return Some(ScalarBuffer::default());
    }
    Some(batch.column_by_name(name)?.as_primitive_opt::<UInt32Type>()?.values().clone())
}

pub(super) fn instant(batch: &RecordBatch, name: &str, wanted: bool) -> Option<ScalarBuffer<i64>> {
    if !wanted {
        return Some(ScalarBuffer::default());
    }
    Some(
        batch
            .column_by_name(name)?
            .as_primitive_opt::<TimestampMicrosecondType>()?
            .values()
            .clone(),
    )
}

fn promoted(
    code: Code,
    kind: ColumnKind,
    array: &ArrayRef,
    texts: &Texts,
    maps: &mut HashMap<Code, (ArrayRef, Vec<u32>)>,
) -> Option<Column> {
    let nulls = array.nulls().cloned();
    Some(match kind {
        ColumnKind::Integer => {
            Column::Integer(array.as_primitive_opt::<Int64Type>()?.values().clone(), nulls)
        }
        ColumnKind::Time => {
            let times = array.as_primitive_opt::<TimestampMicrosecondType>()?;
            Column::Integer(times.values().clone(), nulls)
        }
        ColumnKind::Number => {
            Column::Number(array.as_primitive_opt::<Float64Type>()?.values().clone(), nulls)
        }
        ColumnKind::Flag => {
            let flags = array.as_boolean_opt()?.values();
            Column::Flag(flags.iter().map(u8::from).collect(), nulls)
        }
        ColumnKind::Text | ColumnKind::Json => {
            let array = array.as_dictionary_opt::<UInt32Type>()?;
            let map = match maps.get(&code) {
                Some((known, map)) if is_same(known, array.values()) => map,
                _ => {
                    let numbers = numbers(array.values(), texts)?;
                    maps.insert(code, (array.values().clone(), numbers));
                    &maps.get(&code)?.1
                }
            };
            let keys = array.keys().values().iter();
            let number = |key: &u32| map.get(*key as usize).copied().unwrap_or(0);
            Column::Text(match nulls {
                None => keys.map(number).collect(),
                Some(nulls) => {
                    let number = |(key, valid)| if valid { number(key) } else { 0 };
                    keys.zip(nulls.iter()).map(number).collect()
                }
            })
        }
    })
}

/// Whether two dictionaries are the same memory. The known one is held, so its memory cannot be
/// another's.
fn is_same(known: &ArrayRef, met: &ArrayRef) -> bool {
    let (Some(known), Some(met)) = (known.as_string_opt::<i32>(), met.as_string_opt::<i32>())
    else {
        return false;
    };
    known.offsets().inner().ptr_eq(met.offsets().inner())
        && known.values().as_ptr() == met.values().as_ptr()
}

fn numbers(values: &ArrayRef, texts: &Texts) -> Option<Vec<u32>> {
    let values = values.as_string_opt::<i32>()?;
    Some(values.iter().map(|text| text.map_or(0, |text| texts.number(text))).collect())
}

/// The magic number of a file whose footer is encrypted, at both of its ends.
const ENCRYPTED: &[u8] = b"PARE";

/// The key of the file's own list of promoted columns.
pub(super) const COLUMNS_KEY: &str = "columns";

fn read_footer(place: &Place, entry: &FileEntry, file: &Positioned) -> Result<Footer, FileError> {
    let path = place.path(&entry.path);
    let ends = file.bytes().checked_sub(4).map(|end| (file.read(0, 4), file.read(end, 4)));
    if !matches!(&ends, Some((Ok(first), Ok(last))) if first == ENCRYPTED && last == ENCRYPTED) {
        return Err(FileError::Plain { path });
    }
    let locked = |_| FileError::Locked { path: path.clone() };
    let keys = FileDecryptionProperties::builder(entry.key.0.to_vec())
        .with_aad_prefix(place.context(entry.id))
        .build()
        .map_err(locked)?;
    let metadata = ParquetMetaDataReader::new()
        .with_page_index_policy(PageIndexPolicy::Required)
        .with_decryption_properties(Some(keys))
        .parse_and_finish(file)
        .map_err(locked)?;
    let damaged = |what: String| FileError::Damaged { path: path.clone(), what };
    let pairs = metadata.file_metadata().key_value_metadata();
    let listed = pairs.and_then(|pairs| pairs.iter().find(|pair| pair.key == COLUMNS_KEY));
    let listed = listed.and_then(|pair| pair.value.as_deref()).unwrap_or("{}");
    let columns: Columns =
        serde_json::from_str(listed).map_err(|error| damaged(error.to_string()))?;
    let schema = schema(&metadata, &columns);
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    let metadata = ArrowReaderMetadata::try_new(Arc::new(metadata), options)
        .map_err(|error| damaged(error.to_string()))?;
    Ok(Footer { digest: entry.digest, metadata, columns: Arc::new(columns) })
}

/// The types to decode into, by the file's own list, so that text columns come as dictionaries.
fn schema(metadata: &ParquetMetaData, columns: &Columns) -> Schema {
    let listed = metadata.file_metadata().schema_descr().columns().iter();
    let fields = listed.map(|listed| {
        let name = listed.name();
        let promoted = column::code(name).and_then(|code| columns.kind(code));
        Field::new(name, data_type(name, promoted), listed.self_type().is_optional())
    });
    Schema::new(fields.collect::<Vec<_>>())
}

/// The type that a column is decoded into.
fn data_type(name: &str, promoted: Option<ColumnKind>) -> DataType {
    match promoted {
        Some(ColumnKind::Text | ColumnKind::Json) => {
            DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8))
        }
        Some(ColumnKind::Integer) => DataType::Int64,
        Some(ColumnKind::Number) => DataType::Float64,
        Some(ColumnKind::Flag) => DataType::Boolean,
        Some(ColumnKind::Time) => micros(),
        None => match name {
            column::TIME | column::RECEIVED => micros(),
            column::PERSON | column::LEAF | column::PURPOSES | column::SESSION => DataType::UInt64,
            column::SEQUENCE | column::EVENT | column::SOURCE | column::VERDICT => DataType::UInt32,
            _ => DataType::Binary,
        },
    }
}

pub(super) fn micros() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

#[cfg(test)]
impl FileReader {
    /// Every text in the dictionaries of a column, used or not.
    pub(crate) fn dictionary(&self, code: Code) -> Result<Vec<String>, FileError> {
        let mut words = Vec::new();
        let every = self.row_groups(0..self.entry.rows);
        for batch in self.batches(&[column::name(code)], every, CHUNK_ROWS) {
            let batch = batch?;
            let array = batch.column(0).as_dictionary::<UInt32Type>();
            let texts = array.values().as_string::<i32>().iter().flatten();
            words.extend(texts.map(str::to_owned));
        }
        Ok(words)
    }
}
