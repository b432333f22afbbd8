//! Footers: what a file says of itself, decrypted once and held. It refuses what is not encrypted
//! for its place.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_schema::{DataType, Field, Schema, TimeUnit};
use life::keep::manifest::{FileEntry, FileId};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::encryption::decrypt::FileDecryptionProperties;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};

use crate::keep::column::{self, ColumnKind, Columns};
use crate::keep::file::{FileError, Place, Positioned};

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
pub(super) struct Footer {
    digest: [u8; 32],
    pub(super) metadata: ArrowReaderMetadata,
    pub(super) columns: Arc<Columns>,
    /// How many microseconds one step of the time column stands for.
    pub(super) unit: i64,
}

impl Footers {
    /// Room for this many footers; the least lately used goes first.
    #[must_use]
    pub fn new(files_max: usize) -> Self {
        Self { files_max, held: Mutex::default() }
    }

    pub(super) fn get(&self, entry: &FileEntry) -> Option<Footer> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.uses += 1;
        let uses = held.uses;
        let (used, footer) = held.footers.get_mut(&entry.id)?;
        *used = uses;
        (footer.digest == entry.digest).then(|| footer.clone())
    }

    pub(super) fn insert(&self, id: FileId, footer: Footer) {
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

/// The magic number of a file whose footer is encrypted, at both of its ends.
const ENCRYPTED: &[u8] = b"PARE";

/// The key of the file's own list of promoted columns.
pub(in crate::keep) const COLUMNS_KEY: &str = "columns";

/// The key of how many microseconds one step of the time column stands for.
pub(in crate::keep) const UNIT_KEY: &str = "time_unit";

pub(super) fn read_footer(
    place: &Place,
    entry: &FileEntry,
    file: &Positioned,
) -> Result<Footer, FileError> {
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
    let told = |key: &str| {
        let pair = pairs.and_then(|pairs| pairs.iter().find(|pair| pair.key == key));
        pair.and_then(|pair| pair.value.as_deref())
    };
    let listed = told(COLUMNS_KEY).unwrap_or("{}");
    let unit = told(UNIT_KEY).and_then(|unit| unit.parse::<i64>().ok());
    let unit = unit.ok_or_else(|| damaged("no unit of time".to_owned()))?;
    let columns: Columns =
        serde_json::from_str(listed).map_err(|error| damaged(error.to_string()))?;
    let schema = schema(&metadata, &columns);
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    let metadata = ArrowReaderMetadata::try_new(Arc::new(metadata), options)
        .map_err(|error| damaged(error.to_string()))?;
    Ok(Footer { digest: entry.digest, metadata, columns: Arc::new(columns), unit })
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
            column::TIME => DataType::Int64,
            column::RECEIVED => micros(),
            column::PERSON | column::LEAF | column::PURPOSES | column::SESSION => DataType::UInt64,
            column::SEQUENCE | column::EVENT | column::SOURCE | column::VERDICT => DataType::UInt32,
            _ => DataType::Binary,
        },
    }
}

pub(in crate::keep) fn micros() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}
