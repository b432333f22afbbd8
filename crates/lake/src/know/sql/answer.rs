//! Batches as the table of an answer.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Float64Type, Int64Type, Schema, TimestampMicrosecondType,
};
use life::know::tabled::{Cell, Column, Kind, Table};
use vocabulary::Time;

use crate::know::error::AskError;
use crate::know::export::form;

/// Rows on their way into an answer.
#[derive(Debug)]
pub(super) struct Rows {
    table: Table,
    rows_max: usize,
    bytes: usize,
    bytes_max: usize,
    truncated: bool,
}

/// Bytes that a cell takes beside its text.
const CELL: usize = 16;

impl Rows {
    pub(super) fn new(rows_max: usize, bytes_max: usize) -> Self {
        Self { table: Table::default(), rows_max, bytes: 0, bytes_max, truncated: false }
    }

    /// The columns of what comes.
    pub(super) fn head(&mut self, schema: &Schema) {
        let column = |field: &datafusion::arrow::datatypes::FieldRef| Column {
            name: field.name().clone(),
            kind: kind(field.data_type()),
        };
        self.table.columns = schema.fields().iter().map(column).collect();
    }

    /// Takes rows; true when there are enough.
    pub(super) fn take(&mut self, batch: &RecordBatch) -> Result<bool, AskError> {
        let room = self.rows_max - self.table.rows.len();
        self.truncated = batch.num_rows() > room;
        let batch = batch.slice(0, room.min(batch.num_rows()));
        let arrays = batch.columns().iter().zip(&self.table.columns);
        let arrays = arrays.map(|(array, column)| shown(array, column.kind));
        let arrays = arrays.collect::<Result<Vec<ArrayRef>, AskError>>()?;
        for row in 0..batch.num_rows() {
            let cells = arrays.iter().zip(&self.table.columns);
            let cells: Vec<Cell> =
                cells.map(|(array, column)| cell(array, column.kind, row)).collect();
            self.bytes += cells.iter().map(bytes).sum::<usize>();
            if self.bytes > self.bytes_max {
                return Err(AskError::AnswerTooLarge { max: self.bytes_max });
            }
            self.table.rows.push(cells);
        }
        Ok(self.truncated)
    }

    /// The table, and whether there were more rows.
    pub(super) fn finish(self) -> (Table, bool) {
        (self.table, self.truncated)
    }
}

fn kind(of: &DataType) -> Kind {
    match of {
        DataType::Boolean => Kind::Flag,
        of if of.is_integer() => Kind::Integer,
        of if of.is_numeric() => Kind::Number,
        DataType::Timestamp(..) => Kind::Time,
        _ => Kind::Text,
    }
}

/// A column in the one form that its kind has here.
fn shown(array: &ArrayRef, kind: Kind) -> Result<ArrayRef, AskError> {
    cast(array, &form(kind)).map_err(|error| AskError::SqlFailed { why: error.to_string() })
}

fn cell(array: &ArrayRef, kind: Kind, row: usize) -> Cell {
    if array.is_null(row) {
        return Cell::Missing;
    }
    match kind {
        Kind::Flag => Cell::Flag(array.as_boolean().value(row)),
        Kind::Integer => Cell::Integer(array.as_primitive::<Int64Type>().value(row)),
        Kind::Number => Cell::Number(array.as_primitive::<Float64Type>().value(row)),
        Kind::Text => Cell::Text(array.as_string::<i32>().value(row).to_owned()),
        Kind::Time => Cell::Time(Time(array.as_primitive::<TimestampMicrosecondType>().value(row))),
    }
}

fn bytes(cell: &Cell) -> usize {
    match cell {
        Cell::Text(text) => CELL + text.len(),
        Cell::Missing | Cell::Flag(_) | Cell::Integer(_) | Cell::Number(_) | Cell::Time(_) => CELL,
    }
}
