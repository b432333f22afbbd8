//! The columns of some rows as operators read them: numbers of texts, or numbers.

use arrow_buffer::{ArrowNativeType, ScalarBuffer};
use life::know::Scope;

use crate::keep::chunk::Chunk;

/// Columns of a chunk, or of rows that were put in order in memory.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// By column of the plan: the number of each row's text; zero is null, empty is none at all.
    pub(super) texts: Vec<ScalarBuffer<u32>>,
    /// By column of the plan: each row's number; not a number is null, empty is none at all.
    pub(super) numbers: Vec<ScalarBuffer<f64>>,
    pub(super) leaf: ScalarBuffer<u64>,
    pub(super) session: ScalarBuffer<u64>,
    pub(super) purposes: ScalarBuffer<u64>,
}

/// The same, growing row by row.
#[derive(Debug, Default)]
pub(super) struct Kept {
    texts: Vec<Vec<u32>>,
    /// `None` for columns that nobody reads as numbers.
    numbers: Vec<Option<Vec<f64>>>,
    session: Vec<u64>,
    purposes: Vec<u64>,
}

impl Cells {
    pub(super) fn text(&self, column: usize, row: usize) -> u32 {
        self.texts.get(column).and_then(|column| column.get(row)).copied().unwrap_or(0)
    }

    pub(super) fn number(&self, column: usize, row: usize) -> Option<f64> {
        let number = self.numbers.get(column)?.get(row).copied()?;
        Some(number).filter(|number| number.is_finite())
    }
}

impl Kept {
    pub(super) fn new(scope: &Scope) -> Self {
        let columns = scope.columns.iter();
        Self {
            texts: vec![Vec::new(); scope.columns.len()],
            numbers: columns.map(|column| column.is_number.then(Vec::new)).collect(),
            session: Vec::new(),
            purposes: Vec::new(),
        }
    }

    /// Takes everything out.
    pub(super) fn drain(&mut self) -> Self {
        let numbers = self.numbers.iter().map(|column| column.as_ref().map(|_| Vec::new()));
        let empty = Self {
            texts: vec![Vec::new(); self.texts.len()],
            numbers: numbers.collect(),
            session: Vec::new(),
            purposes: Vec::new(),
        };
        std::mem::replace(self, empty)
    }

    pub(super) fn push(&mut self, cells: &Cells, chunk: &Chunk, row: usize) {
        for (column, into) in self.texts.iter_mut().enumerate() {
            into.push(cells.text(column, row));
        }
        for (column, into) in self.numbers.iter_mut().enumerate() {
            if let Some(into) = into {
                into.push(cells.number(column, row).unwrap_or(f64::NAN));
            }
        }
        self.session.push(chunk.session.get(row).copied().unwrap_or(0));
        self.purposes.push(chunk.purposes.get(row).copied().unwrap_or(0));
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (into, from) in self.texts.iter_mut().zip(other.texts) {
            into.extend(from);
        }
        for (into, from) in self.numbers.iter_mut().zip(other.numbers) {
            if let (Some(into), Some(from)) = (into, from) {
                into.extend(from);
            }
        }
        self.session.extend(other.session);
        self.purposes.extend(other.purposes);
    }

    /// The rows in another order.
    pub(super) fn sorted(self, order: &[u32], leaf: Vec<u64>) -> Cells {
        let numbers = self.numbers.into_iter();
        Cells {
            texts: self.texts.into_iter().map(|column| pick(&column, order)).collect(),
            numbers: numbers.map(|column| pick(&column.unwrap_or_default(), order)).collect(),
            leaf: leaf.into(),
            session: pick(&self.session, order),
            purposes: pick(&self.purposes, order),
        }
    }
}

fn pick<T: ArrowNativeType>(values: &[T], order: &[u32]) -> ScalarBuffer<T> {
    if values.is_empty() {
        return ScalarBuffer::default();
    }
    let value = |place: &u32| values.get(*place as usize).copied().unwrap_or_default();
    order.iter().map(value).collect::<Vec<T>>().into()
}
