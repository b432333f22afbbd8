//! The columns of some rows as operators read them: numbers of texts, or numbers.

use std::sync::Arc;

use arrow_buffer::{ArrowNativeType, ScalarBuffer};
use life::know::Scope;
use vocabulary::{Code, Purposes, SourceId, VerdictId};

use crate::keep::chunk::{Stamp, Stamps};

/// Columns of a chunk, or of rows that were put in order in memory.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// By column of the plan: the number of each row's text; zero is null, empty is none at all.
    pub(super) texts: Vec<ScalarBuffer<u32>>,
    /// By column of the plan: each row's number; not a number is null, empty is none at all.
    pub(super) numbers: Vec<ScalarBuffer<f64>>,
    /// Empty for plans that read no sessions, as the sessions.
    pub(super) leaf: ScalarBuffer<u64>,
    pub(super) session: ScalarBuffer<u64>,
    pub(super) purposes: Purposed,
}

/// The purposes of each row.
#[derive(Debug, Clone, Default)]
pub(super) struct Purposed {
    pub(super) stamp: ScalarBuffer<u32>,
    pub(super) stamps: Arc<[Stamp]>,
}

impl Purposed {
    pub(super) fn of(&self, row: usize) -> Purposes {
        let stamp = self.stamp.get(row).and_then(|stamp| self.stamps.get(*stamp as usize));
        stamp.map_or(Purposes::NONE, |stamp| stamp.purposes)
    }
}

/// The same, growing row by row.
#[derive(Debug, Default)]
pub(super) struct Kept {
    texts: Vec<Vec<u32>>,
    /// `None` for columns that nobody reads as numbers.
    numbers: Vec<Option<Vec<f64>>>,
    leaf: Vec<u64>,
    session: Vec<u64>,
    purposes: Vec<Purposes>,
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
            ..Self::default()
        }
    }

    /// Takes everything out.
    pub(super) fn drain(&mut self) -> Self {
        let numbers = self.numbers.iter().map(|column| column.as_ref().map(|_| Vec::new()));
        let empty = Self {
            texts: vec![Vec::new(); self.texts.len()],
            numbers: numbers.collect(),
            ..Self::default()
        };
        std::mem::replace(self, empty)
    }

    /// Adds a row of some cells.
    pub(super) fn push(&mut self, cells: &Cells, row: usize) {
        for (column, into) in self.texts.iter_mut().enumerate() {
            into.push(cells.text(column, row));
        }
        for (column, into) in self.numbers.iter_mut().enumerate() {
            if let Some(into) = into {
                into.push(cells.number(column, row).unwrap_or(f64::NAN));
            }
        }
        self.leaf.extend(cells.leaf.get(row));
        self.session.extend(cells.session.get(row));
        self.purposes.push(cells.purposes.of(row));
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
        self.leaf.extend(other.leaf);
        self.session.extend(other.session);
        self.purposes.extend(other.purposes);
    }

    /// The rows in another order.
    pub(super) fn sorted(self, order: &[u32]) -> Cells {
        let numbers = self.numbers.into_iter();
        Cells {
            texts: self.texts.into_iter().map(|column| pick(&column, order)).collect(),
            numbers: numbers.map(|column| pick(&column.unwrap_or_default(), order)).collect(),
            leaf: pick(&self.leaf, order),
            session: pick(&self.session, order),
            purposes: purposed(&self.purposes, order),
        }
    }
}

/// Purposes in another order, as stamps that say nothing else.
fn purposed(purposes: &[Purposes], order: &[u32]) -> Purposed {
    let mut stamps = Stamps::default();
    let number = |place: &u32| {
        let purposes = purposes.get(*place as usize).copied().unwrap_or(Purposes::NONE);
        let (event, source, verdict) = (Code(0), SourceId(0), VerdictId(0));
        stamps.number(Stamp { event, source, verdict, purposes }) as u32
    };
    let stamp = order.iter().map(number).collect::<Vec<_>>().into();
    Purposed { stamp, stamps: stamps.done() }
}

fn pick<T: ArrowNativeType>(values: &[T], order: &[u32]) -> ScalarBuffer<T> {
    if values.is_empty() {
        return ScalarBuffer::default();
    }
    let value = |place: &u32| values.get(*place as usize).copied().unwrap_or_default();
    order.iter().map(value).collect::<Vec<T>>().into()
}
