//! What a question does with the rows of people. An operator never learns who they are.

use std::collections::HashSet;
use std::sync::Arc;

use life::know::NONE;
use vocabulary::Purposes;

use super::cells::Cells;
use super::error::AskError;
use crate::keep::chunk::Texts;

/// Some visible rows of one person, in order, within the time of the question.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) time: &'a [i64],
    pub(super) event: &'a [u32],
    /// The plan's columns.
    pub(super) cells: &'a Cells,
    /// Where the rows begin in them.
    pub(super) from: usize,
}

impl Rows<'_> {
    /// The number of the text that a row has in a column; zero is null.
    #[inline]
    pub(super) fn text(&self, column: usize, row: usize) -> u32 {
        let texts = self.cells.texts.get(column);
        texts.and_then(|texts| texts.get(self.from + row)).copied().unwrap_or(0)
    }

    /// The number that a row has in a column.
    #[inline]
    pub(super) fn number(&self, column: usize, row: usize) -> Option<f64> {
        let number = self.cells.numbers.get(column)?.get(self.from + row).copied()?;
        Some(number).filter(|number| number.is_finite())
    }

    /// The leaf of a row; only for plans that read sessions.
    pub(super) fn leaf(&self, row: usize) -> u64 {
        self.cells.leaf.get(self.from + row).copied().unwrap_or(0)
    }

    /// The client's session of a row, zero for none; only for plans that read sessions.
    pub(super) fn session(&self, row: usize) -> u64 {
        self.cells.session.get(self.from + row).copied().unwrap_or(0)
    }

    /// The purposes that a row was kept for; only for operators that read them.
    pub(super) fn purposes(&self, row: usize) -> Purposes {
        Purposes(self.cells.purposes.get(self.from + row).copied().unwrap_or(0))
    }
}

/// Takes in people one after the other. Each thread has its own; they are merged at the end.
pub(super) trait Operator: Send {
    /// Whether it asks for the purposes of rows.
    const READS_PURPOSES: bool = false;

    /// Whether it asks when rows were.
    const READS_TIMES: bool = true;

    /// Whether the rows of a person have to come in order.
    const IN_ORDER: bool = true;

    /// The events whose rows say anything to it; `None` when all do.
    fn events(&self) -> Option<HashSet<u32>> {
        None
    }

    /// Whether rows may come in any order, without whose they are, and with times only as exact as
    /// quarters of an hour.
    fn counts_rows(&self) -> bool {
        false
    }

    /// A person begins. Persons come only once, so what is kept of one can be forgotten at `end`.
    fn begin(&mut self);

    /// The next rows of this person.
    fn rows(&mut self, rows: &Rows<'_>);

    /// The person ends.
    fn end(&mut self);

    /// Whether the person that ended is behind the number that the plan picked.
    fn is_picked(&self) -> bool {
        false
    }

    /// Takes over what another one has found among other people.
    fn merge(&mut self, other: Self);

    /// Whether it has become larger than allowed.
    fn check(&self) -> Result<(), AskError> {
        Ok(())
    }
}

/// A count of people that knows the last one: a person's rows come together, so that each counts
/// once without a set.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Head {
    count: u32,
    last: u32,
}

impl Head {
    /// Counts a person, told by a number from one, unless it is the last one.
    #[inline]
    pub(super) fn meet(&mut self, person: u32) {
        self.count += u32::from(self.last != person);
        self.last = person;
    }

    /// How many people it met.
    pub(super) fn count(&self) -> u64 {
        self.count.into()
    }

    /// Adds those whom another one met, who are others.
    pub(super) fn join(&mut self, other: Self) {
        self.count += other.count;
    }
}

/// The place of a growing list.
#[inline]
pub(super) fn place<T: Clone + Default>(list: &mut Vec<T>, place: usize) -> Option<&mut T> {
    if list.len() <= place {
        list.resize(place + 1, T::default());
    }
    list.get_mut(place)
}

/// Cells that one operator may hold.
pub(super) const CELLS_MAX: usize = 4 << 20;

/// Numbers that one operator may hold beside its cells.
pub(super) const NUMBERS_MAX: usize = 16 << 20;

/// The text of a breakdown's number.
pub(super) fn label(texts: &Arc<Texts>, number: usize) -> String {
    let number = u32::try_from(number).unwrap_or(0);
    texts.text(number).map_or_else(|| NONE.to_owned(), String::from)
}
