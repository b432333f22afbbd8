//! Parquet that others wrote, read row by row. Its rows become events only through the gate.

use std::fs::File;

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::SerializedFileReader;
use parquet::record::Field;
use parquet::record::reader::RowIter;
use serde_json::Value;
use thiserror::Error;
use vocabulary::Time;

/// Why a file of others cannot be read.
#[derive(Debug, Error)]
#[error("{0}: write it with zstd, snappy, gzip or without compression, and not encrypted")]
pub struct ForeignError(#[from] ParquetError);

/// A file that can be read from any place, or its bytes.
#[derive(Debug)]
pub enum Whole {
    File(File),
    Bytes(Bytes),
}

impl From<File> for Whole {
    fn from(file: File) -> Self {
        Whole::File(file)
    }
}

impl From<Bytes> for Whole {
    fn from(bytes: Bytes) -> Self {
        Whole::Bytes(bytes)
    }
}

/// The rows of a file, each as its columns by name; what is null is left out.
pub struct Rows(RowIter<'static>);

impl std::fmt::Debug for Rows {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Rows(..)")
    }
}

impl Whole {
    /// Opens the rows.
    pub fn rows(self) -> Result<Rows, ForeignError> {
        let rows = match self {
            Whole::File(file) => {
                RowIter::from_file_into(Box::new(SerializedFileReader::new(file)?))
            }
            Whole::Bytes(bytes) => {
                RowIter::from_file_into(Box::new(SerializedFileReader::new(bytes)?))
            }
        };
        Ok(Rows(rows))
    }
}

impl Iterator for Rows {
    type Item = Result<Vec<(String, Value)>, ForeignError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = match self.0.next()? {
            Ok(row) => row,
            Err(error) => return Some(Err(error.into())),
        };
        let cells = row.into_columns().into_iter();
        let cells = cells.filter(|(_, field)| !matches!(field, Field::Null));
        Some(Ok(cells.map(|(name, field)| (name, value(&field))).collect()))
    }
}

/// A field as JSON; an instant as everybody writes it.
fn value(field: &Field) -> Value {
    match field {
        Field::TimestampMillis(millis) => {
            Value::from(Time(millis.saturating_mul(1_000)).to_string())
        }
        Field::TimestampMicros(micros) => Value::from(Time(*micros).to_string()),
        other => other.to_json_value(),
    }
}
