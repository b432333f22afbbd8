//! Answers as files: a table becomes Parquet. A table as CSV is plain text and made in `life`.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use life::know::tabled::{Cell, Column, Kind, Table};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

/// Why a table could not become a file.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("the table has columns of different lengths: {0}")]
    Columns(#[from] ArrowError),
    #[error("the file could not be written: {0}")]
    Write(#[from] ParquetError),
}

/// A table as a Parquet file in memory: its rows have been counted by the answer's limits.
pub fn parquet(table: &Table) -> Result<Vec<u8>, ExportError> {
    let fields = table.columns.iter().map(field).collect::<Vec<_>>();
    let schema = Arc::new(Schema::new(fields));
    let columns = table.columns.iter().enumerate();
    let columns = columns.map(|(place, column)| array(table, place, column.kind)).collect();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by("candor".to_owned())
        .build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, Arc::clone(&schema), Some(properties))?;
    if !table.columns.is_empty() {
        writer.write(&RecordBatch::try_new(schema, columns)?)?;
    }
    writer.close()?;
    Ok(file)
}

fn field(column: &Column) -> Field {
    Field::new(&column.name, form(column.kind), true)
}

/// How values of a kind lie in columns that leave.
pub(super) fn form(kind: Kind) -> DataType {
    match kind {
        Kind::Flag => DataType::Boolean,
        Kind::Integer => DataType::Int64,
        Kind::Number => DataType::Float64,
        Kind::Text => DataType::Utf8,
        Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

/// One column; a cell of another type than its column's is missing.
fn array(table: &Table, place: usize, kind: Kind) -> ArrayRef {
    let cells = || table.rows.iter().map(|row| row.get(place).unwrap_or(&Cell::Missing));
    match kind {
        Kind::Flag => {
            let flag = |cell: &Cell| if let Cell::Flag(flag) = cell { Some(*flag) } else { None };
            Arc::new(cells().map(flag).collect::<BooleanArray>())
        }
        Kind::Integer => {
            let number =
                |cell: &Cell| if let Cell::Integer(one) = cell { Some(*one) } else { None };
            Arc::new(cells().map(number).collect::<Int64Array>())
        }
        Kind::Number => {
            let number = |cell: &Cell| if let Cell::Number(one) = cell { Some(*one) } else { None };
            Arc::new(cells().map(number).collect::<Float64Array>())
        }
        Kind::Text => Arc::new(cells().map(text).collect::<StringArray>()),
        Kind::Time => {
            let time = |cell: &Cell| if let Cell::Time(time) = cell { Some(time.0) } else { None };
            let times = cells().map(time).collect::<TimestampMicrosecondArray>();
            Arc::new(times.with_timezone("UTC"))
        }
    }
}

fn text(cell: &Cell) -> Option<&str> {
    if let Cell::Text(text) = cell { Some(text) } else { None }
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
    use bytes::Bytes;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use vocabulary::Time;

    use super::*;

    #[test]
    fn a_table_is_the_same_when_it_is_read_back() {
        let column = |name: &str, kind| Column { name: name.to_owned(), kind };
        let columns = vec![
            column("start", Kind::Time),
            column("event", Kind::Text),
            column("value", Kind::Integer),
            column("share", Kind::Number),
            column("is_whole", Kind::Flag),
        ];
        let rows = vec![
            vec![
                Cell::Time(Time(7)),
                Cell::Text("=1+1".to_owned()),
                Cell::Integer(-3),
                Cell::Number(0.5),
                Cell::Flag(true),
            ],
            vec![Cell::Missing, Cell::Missing, Cell::Missing, Cell::Missing, Cell::Missing],
        ];
        let file = parquet(&Table { columns, rows }).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(file)).unwrap();
        let mut batches = reader.build().unwrap();
        let batch = batches.next().unwrap().unwrap();
        assert_eq!((batch.num_rows(), batch.num_columns()), (2, 5));
        assert_eq!(batch.column(0).as_primitive::<TimestampMicrosecondType>().value(0), 7);
        assert_eq!(batch.column(1).as_string::<i32>().value(0), "=1+1", "no guard: it is typed");
        assert_eq!(batch.column(2).as_primitive::<Int64Type>().value(0), -3);
        assert_eq!(batch.column(3).as_primitive::<Float64Type>().value(0), 0.5);
        assert!(batch.column(4).as_boolean().value(0));
        assert!((0..5).all(|place| batch.column(place).is_null(1)));
    }

    #[test]
    fn an_empty_table_is_a_file_too() {
        let file = parquet(&Table::default()).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(file)).unwrap();
        assert_eq!(reader.build().unwrap().count(), 0);
    }
}
