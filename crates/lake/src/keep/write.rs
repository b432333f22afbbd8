//! Writing a file: sorted rows in, an encrypted Parquet file and its entry out. It is there whole
//! or not at all.
//!
//! Statistics are kept of person, leaf and time only, and bloom filters never: they are written in
//! the clear.

mod batch;

use std::collections::{BTreeSet, HashSet};

use life::keep::Row;
use life::keep::identity::Version;
use life::keep::manifest::{BUCKETS, FileEntry, FileId};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::encryption::encrypt::FileEncryptionProperties;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{
    EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion,
};
use parquet::schema::types::ColumnPath;
use vocabulary::{Class, Code, FileKey, Leaf, Person, PersonSealer, Time, Value};

use self::batch::Batch;
use super::column::{self, ColumnKind, Columns};
use super::durable::{Hashed, Unfinished};
use super::file::{FileError, Place};
use super::read::{COLUMNS_KEY, FileReader, UNIT_KEY};
use super::sealed::{self, Packer, RUN_BYTES, RUN_ROWS, Run, Spot};

/// Rows of a row group, about; it is cut where a run ends.
const GROUP_ROWS: usize = 1 << 20;

/// Rows gathered before they are encoded.
const BATCH_ROWS: usize = 32 << 10;

/// Bytes of texts and blobs gathered before they are encoded.
const BATCH_BYTES: usize = 32 << 20;

/// Row groups of a file: ordinals have 16 bits.
const GROUPS_MAX: usize = 32_767;

/// Rows of a page, so that a person or a bucket can be picked without decoding much else.
const PAGE_ROWS: usize = 20_000;

/// The directory, below the lake's, of files of rows, and how their names end.
pub(super) const ROWS: &str = "rows";
pub(super) const ENDING: &str = "parquet";

/// What all writing of files needs to know.
#[derive(Clone, Copy)]
pub struct Writing<'a> {
    pub place: &'a Place,
    /// What promoted columns store; a value without one here is stored as it is.
    pub columns: &'a Columns,
    pub sealer: &'a dyn PersonSealer,
    /// Whom a leaf belongs to now.
    pub person: &'a dyn Fn(Leaf) -> Person,
    /// The version of that mapping.
    pub version: Version,
    /// Leaves whose rows are not written any more.
    pub erased: &'a HashSet<Leaf>,
    pub now: Time,
}

impl std::fmt::Debug for Writing<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Writing").field("version", &self.version).finish_non_exhaustive()
    }
}

/// The number and the key of a file about to be written.
pub type NewFile = (FileId, FileKey);

/// Which bucket a person's rows are in.
#[must_use]
pub fn bucket(person: Person) -> u16 {
    (Leaf(person.0).ordinal() % u64::from(BUCKETS)) as u16
}

/// Which columns a file has beside the fixed ones.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) columns: Columns,
    pub(crate) classes: BTreeSet<Class>,
    /// How many microseconds one step of the time column stands for: the most that every row
    /// allows.
    pub(super) unit: i64,
}

/// Steps of time that a file may count in, in microseconds, each a multiple of the next.
const UNITS: [i64; 3] = [1_000_000, 1_000, 1];

impl Default for Layout {
    fn default() -> Self {
        let [unit, ..] = UNITS;
        Self { columns: Columns::default(), classes: BTreeSet::new(), unit }
    }
}

impl Layout {
    /// Makes room for what a row holds. A declared column stores what it declares.
    pub(super) fn admit(&mut self, row: &Row, declared: &Columns) {
        for (code, value) in &row.columns {
            match declared.kind(*code) {
                Some(kind) => self.columns.insert(*code, kind),
                None => self.widen(*code, ColumnKind::from(value)),
            }
        }
        self.classes.extend(row.sealed.iter().map(|(class, _, _)| *class));
        self.count_in(|unit| row.time.0 % unit == 0);
    }

    /// Makes room for what other files hold, so that rewriting them loses nothing.
    pub(crate) fn merge(&mut self, files: &[FileReader], declared: &Columns) {
        for (code, kind) in files.iter().flat_map(|file| file.columns().iter()) {
            self.widen(code, kind);
            if let Some(declared) = declared.kind(code).filter(|to| wider(kind, *to) == *to) {
                self.widen(code, declared);
            }
        }
        self.classes.extend(files.iter().flat_map(FileReader::classes));
        self.count_in(|unit| files.iter().all(|file| file.unit() % unit == 0));
    }

    fn count_in(&mut self, fits: impl Fn(i64) -> bool) {
        let unit = UNITS.into_iter().find(|unit| *unit <= self.unit && fits(*unit));
        self.unit = unit.unwrap_or(1);
    }

    fn widen(&mut self, code: Code, kind: ColumnKind) {
        let kind = self.columns.kind(code).map_or(kind, |known| wider(known, kind));
        self.columns.insert(code, kind);
    }
}

/// The kind that holds the values of both.
fn wider(one: ColumnKind, other: ColumnKind) -> ColumnKind {
    match (one, other) {
        (one, other) if one == other => one,
        (ColumnKind::Integer, ColumnKind::Number) | (ColumnKind::Number, ColumnKind::Integer) => {
            ColumnKind::Number
        }
        (
            ColumnKind::Text
            | ColumnKind::Json
            | ColumnKind::Integer
            | ColumnKind::Number
            | ColumnKind::Flag
            | ColumnKind::Time,
            _,
        ) => ColumnKind::Text,
    }
}

/// What the entry of a file says beyond what is in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) level: u8,
    pub(crate) bucket: Option<u16>,
    pub(crate) from: Time,
    pub(crate) until: Time,
    pub(crate) version: Version,
}

/// A file under construction. Dropped unfinished, it leaves nothing.
pub(crate) struct FileWriter<'a> {
    place: &'a Place,
    sealer: &'a dyn PersonSealer,
    id: FileId,
    key: FileKey,
    shape: Shape,
    unfinished: Unfinished,
    writer: ArrowWriter<Hashed>,
    packer: Packer,
    batch: Batch,
    /// Rows of one person that become one run.
    run: Vec<Row>,
    run_bytes: usize,
    person: Person,
    bucket_rows: Vec<u64>,
    group_rows: usize,
    groups: usize,
    rows: u64,
    first: Time,
    last: Time,
}

impl<'a> FileWriter<'a> {
    pub(crate) fn create(
        writing: &Writing<'a>,
        (id, key): NewFile,
        shape: Shape,
        layout: &Layout,
    ) -> Result<Self, FileError> {
        let unfinished = Unfinished::create(&writing.place.root, ROWS, id)?;
        let file = unfinished.writer()?;
        let batch = Batch::new(layout);
        let properties = properties(writing.place.context(id), &key, layout)?;
        let options =
            ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let writer =
            ArrowWriter::try_new_with_options(file, batch.schema(), options).map_err(encode)?;
        Ok(Self {
            place: writing.place,
            sealer: writing.sealer,
            id,
            key,
            shape,
            unfinished,
            writer,
            packer: Packer::new()?,
            batch,
            run: Vec::new(),
            run_bytes: 0,
            person: Person(0),
            bucket_rows: vec![0; usize::from(BUCKETS)],
            group_rows: 0,
            groups: 1,
            rows: 0,
            first: Time(i64::MAX),
            last: Time(i64::MIN),
        })
    }

    /// Adds the next row, filed under a person. Rows come in their final order.
    pub(crate) fn push(&mut self, person: Person, row: Row) -> Result<(), FileError> {
        let is_full = self.run.len() >= RUN_ROWS || self.run_bytes >= RUN_BYTES;
        if person != self.person || is_full {
            self.end_run()?;
            self.person = person;
        }
        self.run_bytes +=
            row.sealed.iter().map(|(_, _, value)| sealed::value_bytes(value)).sum::<usize>();
        self.run.push(row);
        Ok(())
    }

    fn end_run(&mut self) -> Result<(), FileError> {
        let run = std::mem::take(&mut self.run);
        let mut blobs = self.seal(&run)?;
        for row in &run {
            self.first = self.first.min(row.time);
            self.last = self.last.max(row.time);
            self.batch.push(self.person, row, &mut blobs);
        }
        if let Some(count) = self.bucket_rows.get_mut(usize::from(bucket(self.person))) {
            *count += run.len() as u64;
        }
        self.rows += run.len() as u64;
        self.group_rows += run.len();
        self.run = run;
        self.run.clear();
        self.run_bytes = 0;
        if self.batch.rows() >= BATCH_ROWS || self.batch.bytes() >= BATCH_BYTES {
            self.end_batch()?;
        }
        if self.group_rows >= GROUP_ROWS && self.groups < GROUPS_MAX {
            self.end_batch()?;
            self.writer.flush().map_err(encode)?;
            self.group_rows = 0;
            self.groups += 1;
        }
        Ok(())
    }

    /// The blobs of the properties of a run, at most one of a class.
    fn seal(&mut self, run: &[Row]) -> Result<Vec<(Class, Vec<u8>)>, FileError> {
        let mut blobs = Vec::new();
        for class in Class::EVERY {
            let mut properties: Vec<(u32, Vec<(Code, &Value)>)> = Vec::new();
            for (row, offset) in run.iter().zip(0u32..) {
                let of_class = row.sealed.iter().filter(|(of, _, _)| *of == class);
                let of_class: Vec<_> = of_class.map(|(_, code, value)| (*code, value)).collect();
                if !of_class.is_empty() {
                    properties.push((offset, of_class));
                }
            }
            if properties.is_empty() {
                continue;
            }
            let spot = Spot { file: self.id, person: self.person, class, row: self.rows };
            let blob = self.packer.seal(self.place, self.sealer, spot, &Run(properties))?;
            blobs.extend(blob.map(|blob| (class, blob)));
        }
        Ok(blobs)
    }

    fn end_batch(&mut self) -> Result<(), FileError> {
        if self.batch.rows() > 0 {
            let batch = self.batch.take().map_err(|error| encode(error.into()))?;
            self.writer.write(&batch).map_err(encode)?;
        }
        Ok(())
    }

    /// Makes the file durable and visible; `None` when no row was pushed.
    pub(crate) fn finish(mut self) -> Result<Option<FileEntry>, FileError> {
        self.end_run()?;
        self.end_batch()?;
        if self.rows == 0 {
            return Ok(None);
        }
        let hashed = self.writer.into_inner().map_err(encode)?;
        let (digest, bytes) = hashed.finish().map_err(|cause| self.unfinished.access(cause))?;
        let path = self.unfinished.publish(ENDING)?;
        let bucket_rows = match self.shape.bucket {
            Some(_) => Vec::new(),
            None => borders(&self.bucket_rows),
        };
        Ok(Some(FileEntry {
            id: self.id,
            path,
            key: self.key,
            level: self.shape.level,
            bucket: self.shape.bucket,
            from: self.shape.from,
            until: self.shape.until,
            first: self.first,
            last: self.last,
            rows: self.rows,
            bytes,
            digest,
            version: self.shape.version,
            bucket_rows,
        }))
    }
}

fn borders(counts: &[u64]) -> Vec<u64> {
    let mut borders = vec![0];
    let mut sum = 0;
    for count in counts {
        sum += count;
        borders.push(sum);
    }
    borders
}

fn encode(error: ParquetError) -> FileError {
    FileError::Encode { what: error.to_string() }
}

fn properties(
    context: Vec<u8>,
    key: &FileKey,
    layout: &Layout,
) -> Result<WriterProperties, FileError> {
    let keys = FileEncryptionProperties::builder(key.0.to_vec())
        .with_aad_prefix(context)
        .with_aad_prefix_storage(false)
        .build()
        .map_err(encode)?;
    let listed = serde_json::to_string(&layout.columns)
        .map_err(|error| FileError::Encode { what: error.to_string() })?;
    let level = ZstdLevel::try_new(1).map_err(encode)?;
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_created_by("candor".to_owned())
        .set_compression(Compression::ZSTD(level))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_max_row_group_row_count(None)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_key_value_metadata(Some(vec![
            KeyValue::new(COLUMNS_KEY.to_owned(), listed),
            KeyValue::new(UNIT_KEY.to_owned(), layout.unit.to_string()),
        ]))
        .with_file_encryption_properties(keys);
    for name in [column::PERSON, column::LEAF, column::TIME, column::RECEIVED] {
        builder = plain(builder, name, Encoding::DELTA_BINARY_PACKED);
    }
    for name in [column::PERSON, column::LEAF, column::TIME] {
        builder =
            builder.set_column_statistics_enabled(ColumnPath::from(name), EnabledStatistics::Page);
    }
    builder = plain(builder, column::SESSION, Encoding::PLAIN);
    for class in &layout.classes {
        let path = ColumnPath::from(sealed::column(*class));
        builder = plain(builder, sealed::column(*class), Encoding::PLAIN)
            .set_column_compression(path, Compression::UNCOMPRESSED);
    }
    Ok(builder.build())
}

fn plain(
    builder: WriterPropertiesBuilder,
    name: &str,
    encoding: Encoding,
) -> WriterPropertiesBuilder {
    let path = ColumnPath::from(name);
    builder.set_column_dictionary_enabled(path.clone(), false).set_column_encoding(path, encoding)
}
