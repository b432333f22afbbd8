//! The plan's columns of some rows, as operators read them: numbers of texts, or numbers.

use std::ops::Range;

use arrow_buffer::ScalarBuffer;
use life::know::Scope;

use crate::keep::chunk::Chunk;
use crate::keep::stretches::Stretches;

/// Columns of rows in the order of people. What a plan does not read is empty.
#[derive(Debug, Clone, Default)]
pub(super) struct Cells {
    /// By column of the plan: the number of each row's text; zero is null.
    pub(super) texts: Vec<Vec<u32>>,
    /// By column of the plan: each row's number; not a number is null. Empty for columns that
    /// nobody reads as numbers.
    pub(super) numbers: Vec<Vec<f64>>,
    pub(super) leaf: Vec<u64>,
    pub(super) session: Vec<u64>,
    pub(super) purposes: Vec<u64>,
    reads: Reads,
}

/// Which columns there are.
#[derive(Debug, Clone, Default)]
struct Reads {
    /// By column of the plan: whether it is read as numbers.
    numbers: Vec<bool>,
    sessions: bool,
    purposes: bool,
}

/// The same columns of a chunk, in its order; a column that it does not have is empty.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) texts: Vec<ScalarBuffer<u32>>,
    pub(super) numbers: Vec<ScalarBuffer<f64>>,
    leaf: Vec<u64>,
    session: Vec<u64>,
    purposes: Vec<u64>,
}

impl Told {
    /// What a chunk tells beside its properties.
    pub(super) fn of(chunk: &Chunk, cells: &Cells) -> Self {
        let each = |stretches: &Stretches, is_read| match is_read {
            true => stretches.each().collect(),
            false => Vec::new(),
        };
        let purposes = |stamp: &u32| {
            let stamp = chunk.stamps.get(*stamp as usize);
            stamp.map_or(0, |stamp| stamp.purposes.0)
        };
        Self {
            leaf: each(&chunk.leaf, cells.reads.sessions),
            session: each(&chunk.session, cells.reads.sessions),
            purposes: match cells.reads.purposes {
                true => chunk.stamp.iter().map(purposes).collect(),
                false => Vec::new(),
            },
            ..Self::default()
        }
    }

    /// The number of the text that a row has in a column; zero is null.
    pub(super) fn text(&self, column: usize, row: usize) -> u32 {
        self.texts.get(column).and_then(|texts| texts.get(row)).copied().unwrap_or(0)
    }
}

impl Cells {
    pub(super) fn new(scope: &Scope, reads_purposes: bool) -> Self {
        let numbers = scope.columns.iter().map(|column| column.is_number);
        Self {
            texts: vec![Vec::new(); scope.columns.len()],
            numbers: vec![Vec::new(); scope.columns.len()],
            reads: Reads {
                numbers: numbers.collect(),
                sessions: scope.reads_sessions,
                purposes: reads_purposes,
            },
            ..Self::default()
        }
    }

    /// What all rows of a chunk tell, in its order.
    pub(super) fn whole(&self, told: &Told) -> Self {
        Self {
            texts: told.texts.iter().map(|column| column.to_vec()).collect(),
            numbers: told.numbers.iter().map(|column| column.to_vec()).collect(),
            leaf: told.leaf.clone(),
            session: told.session.clone(),
            purposes: told.purposes.clone(),
            reads: self.reads.clone(),
        }
    }

    /// The same columns, of no rows yet.
    pub(super) fn without_rows(&self) -> Self {
        Self {
            texts: vec![Vec::new(); self.texts.len()],
            numbers: vec![Vec::new(); self.numbers.len()],
            reads: self.reads.clone(),
            ..Self::default()
        }
    }

    /// Takes everything out.
    pub(super) fn drain(&mut self) -> Self {
        let empty = self.without_rows();
        std::mem::replace(self, empty)
    }

    /// Room for so many rows.
    pub(super) fn resize(&mut self, rows: usize) {
        self.texts.iter_mut().for_each(|texts| texts.resize(rows, 0));
        for (numbers, is_read) in self.numbers.iter_mut().zip(&self.reads.numbers) {
            numbers.resize(if *is_read { rows } else { 0 }, f64::NAN);
        }
        let beside = [
            (&mut self.leaf, self.reads.sessions),
            (&mut self.session, self.reads.sessions),
            (&mut self.purposes, self.reads.purposes),
        ];
        for (column, is_read) in beside {
            column.resize(if is_read { rows } else { 0 }, 0);
        }
    }

    /// Adds a row of a chunk.
    pub(super) fn push(&mut self, told: &Told, row: usize) {
        let rows = self.len() + 1;
        self.resize(rows);
        self.put(rows - 1, told, &[row as u32]);
    }

    /// Puts rows of a chunk one after the other in their place.
    #[inline]
    pub(super) fn put(&mut self, at: usize, told: &Told, rows: &[u32]) {
        let columns = self.texts.iter_mut().zip(&told.texts);
        columns.for_each(|(to, from)| put(to, at, from, rows, 0));
        let columns = self.numbers.iter_mut().zip(&told.numbers);
        columns.for_each(|(to, from)| put(to, at, from, rows, f64::NAN));
        put(&mut self.leaf, at, &told.leaf, rows, 0);
        put(&mut self.session, at, &told.session, rows, 0);
        put(&mut self.purposes, at, &told.purposes, rows, 0);
    }

    /// Adds rows of others behind these, which are so many.
    pub(super) fn add(&mut self, count: usize, others: &Self, rows: Range<usize>) {
        self.resize(count + rows.len());
        let columns = self.texts.iter_mut().zip(&others.texts);
        columns.for_each(|(to, from)| copy(to, count, from, rows.clone()));
        let columns = self.numbers.iter_mut().zip(&others.numbers);
        columns.for_each(|(to, from)| copy(to, count, from, rows.clone()));
        copy(&mut self.leaf, count, &others.leaf, rows.clone());
        copy(&mut self.session, count, &others.session, rows.clone());
        copy(&mut self.purposes, count, &others.purposes, rows);
    }

    /// Forgets all rows.
    pub(super) fn clear(&mut self) {
        self.resize(0);
    }

    fn len(&self) -> usize {
        let texts = self.texts.first().map_or(0, Vec::len);
        texts.max(self.session.len()).max(self.purposes.len())
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (into, from) in self.texts.iter_mut().zip(other.texts) {
            into.extend(from);
        }
        for (into, from) in self.numbers.iter_mut().zip(other.numbers) {
            into.extend(from);
        }
        self.leaf.extend(other.leaf);
        self.session.extend(other.session);
        self.purposes.extend(other.purposes);
    }

    /// Has those rows of others from now on, in their order.
    pub(super) fn pick(&mut self, others: &Self, rows: &[u32]) {
        self.resize(rows.len());
        let columns = self.texts.iter_mut().zip(&others.texts);
        columns.for_each(|(to, from)| put(to, 0, from, rows, 0));
        let columns = self.numbers.iter_mut().zip(&others.numbers);
        columns.for_each(|(to, from)| put(to, 0, from, rows, f64::NAN));
        put(&mut self.leaf, 0, &others.leaf, rows, 0);
        put(&mut self.session, 0, &others.session, rows, 0);
        put(&mut self.purposes, 0, &others.purposes, rows, 0);
    }

    /// Puts some of the rows, one after the other, in another order.
    pub(super) fn reorder(&mut self, rows: Range<usize>, order: &[u32]) {
        self.texts.iter_mut().for_each(|column| reorder(column, rows.clone(), order));
        self.numbers.iter_mut().for_each(|column| reorder(column, rows.clone(), order));
        let beside = [&mut self.leaf, &mut self.session, &mut self.purposes];
        beside.into_iter().for_each(|column| reorder(column, rows.clone(), order));
    }
}

/// Puts rows of a column one after the other; those that the chunk does not tell of are null.
#[inline]
fn put<T: Copy>(to: &mut [T], at: usize, from: &[T], rows: &[u32], null: T) {
    let room = to.get_mut(at..).unwrap_or_default();
    for (to, row) in room.iter_mut().zip(rows) {
        *to = from.get(*row as usize).copied().unwrap_or(null);
    }
}

/// Copies rows of a column, if there is such a column on both sides.
fn copy<T: Copy>(to: &mut [T], at: usize, from: &[T], rows: Range<usize>) {
    if let (Some(to), Some(from)) = (to.get_mut(at..at + rows.len()), from.get(rows)) {
        to.copy_from_slice(from);
    }
}

fn pick<T: Copy + Default>(values: &[T], order: &[u32]) -> Vec<T> {
    if values.is_empty() {
        return Vec::new();
    }
    order.iter().map(|place| values.get(*place as usize).copied().unwrap_or_default()).collect()
}

/// Puts rows of a column in another order; places are counted from the first of them.
pub(super) fn reorder<T: Copy + Default>(values: &mut [T], rows: Range<usize>, order: &[u32]) {
    let Some(values) = values.get_mut(rows) else { return };
    let sorted = pick(values, order);
    values.iter_mut().zip(sorted).for_each(|(to, from)| *to = from);
}
