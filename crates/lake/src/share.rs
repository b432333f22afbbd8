//! Columns that leave under a grant: plain Parquet, which every reader of columns opens.

use std::sync::Arc;

use arrow_array::builder::{StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use thiserror::Error;
use vocabulary::Time;

/// Why columns could not be written.
#[derive(Debug, Error)]
#[error("the columns could not be written: {0}")]
pub struct ShareError(#[from] ParquetError);

/// A row of events as it leaves: when, what, who, from where, and what it says, as JSON.
#[derive(Debug, Clone, Copy)]
pub struct Shared<'a> {
    pub time: Time,
    pub event: &'a str,
    pub person: &'a str,
    pub source: &'a str,
    pub properties: &'a str,
}

/// The names of the columns, in order.
pub const COLUMNS: [&str; 5] = ["time", "event", "person", "source", "properties"];

/// Rows gathered before they are encoded.
const BATCH_ROWS: usize = 16 << 10;

/// Rows on their way into one Parquet file in memory.
pub struct Sheet {
    writer: ArrowWriter<Vec<u8>>,
    schema: SchemaRef,
    time: TimestampMicrosecondBuilder,
    texts: [StringBuilder; 4],
    rows: usize,
}

impl std::fmt::Debug for Sheet {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Sheet").field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl Sheet {
    /// A file without rows.
    pub fn new() -> Result<Self, ShareError> {
        let [time, texts @ ..] = COLUMNS;
        let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let mut fields = vec![Field::new(time, instant, false)];
        fields.extend(texts.map(|name| Field::new(name, DataType::Utf8, false)));
        let schema = Arc::new(Schema::new(fields));
        let packed = Compression::ZSTD(ZstdLevel::default());
        let properties = WriterProperties::builder().set_compression(packed).build();
        let writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), Some(properties))?;
        let time = TimestampMicrosecondBuilder::new().with_timezone("UTC");
        Ok(Self { writer, schema, time, texts: Default::default(), rows: 0 })
    }

    /// Adds a row.
    pub fn add(&mut self, row: Shared<'_>) -> Result<(), ShareError> {
        self.time.append_value(row.time.micros());
        let cells = [row.event, row.person, row.source, row.properties];
        for (column, cell) in self.texts.iter_mut().zip(cells) {
            column.append_value(cell);
        }
        self.rows += 1;
        if self.rows >= BATCH_ROWS { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), ShareError> {
        let mut columns: Vec<ArrayRef> = vec![Arc::new(self.time.finish())];
        // The builder forgets its zone when it is emptied.
        self.time = TimestampMicrosecondBuilder::new().with_timezone("UTC");
        columns.extend(self.texts.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        self.rows = 0;
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns);
        Ok(self.writer.write(&batch.map_err(ParquetError::from)?)?)
    }

    /// How many bytes it takes by now, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.writer.bytes_written() + self.writer.in_progress_size()
    }

    /// The file.
    pub fn finish(mut self) -> Result<Vec<u8>, ShareError> {
        self.flush()?;
        Ok(self.writer.into_inner()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrive::Whole;

    #[test]
    fn what_is_written_is_what_a_reader_of_columns_sees() {
        let mut sheet = Sheet::new().unwrap();
        for number in 0..40_000 {
            let person = format!("p{number}");
            let row = Shared {
                time: Time(1_767_225_600_000_000 + number),
                event: "Order Completed",
                person: &person,
                source: "shop",
                properties: "{\"revenue\":1.5}",
            };
            sheet.add(row).unwrap();
        }
        let bytes = sheet.finish().unwrap();
        let rows = Whole::from(bytes::Bytes::from(bytes)).rows().unwrap();
        let rows: Vec<_> = rows.map(Result::unwrap).collect();
        assert_eq!(rows.len(), 40_000);
        let cells: Vec<String> = rows[39_999].iter().map(|(_, cell)| cell.to_string()).collect();
        assert_eq!(cells[0], "\"2026-01-01T00:00:00.039999Z\"");
        assert_eq!(cells[2], "\"p39999\"");
        assert_eq!(rows[0].iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), COLUMNS);
    }
}
