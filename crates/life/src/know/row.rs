//! A row as the reference answers see it: already visible, already under its current person.

use std::fmt;

use vocabulary::{Code, Leaf, Person, Time};

/// One visible row of a person.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonRow {
    pub person: Person,
    pub time: Time,
    pub sequence: u32,
    /// Grows with every row that arrives.
    pub arrival: u64,
    pub event: Code,
    pub leaf: Leaf,
    /// The client's session as a keyed number; zero = none was sent.
    pub session: u64,
    /// Values of the plan's columns as text, in the plan's order.
    pub values: Vec<Option<String>>,
}

/// A row is personal data; what it says is not printed.
impl fmt::Debug for PersonRow {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shape = out.debug_struct("PersonRow");
        shape.field("time", &self.time).field("event", &self.event).finish_non_exhaustive()
    }
}

impl PersonRow {
    /// The value of one of the plan's columns.
    #[must_use]
    pub fn value(&self, column: usize) -> Option<&str> {
        self.values.get(column)?.as_deref()
    }

    /// The same as a number; `None` for what is none.
    #[must_use]
    pub fn number(&self, column: usize) -> Option<f64> {
        self.value(column).and_then(number)
    }
}

/// A text that is a number; infinite ones and such are none.
#[must_use]
pub fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// The rows of a range in order: time, then the client's, then arrival.
pub(super) fn within(rows: &[PersonRow], from: Time, until: Time) -> Vec<&PersonRow> {
    let mut within: Vec<&PersonRow> =
        rows.iter().filter(|row| from <= row.time && row.time < until).collect();
    within.sort_by_key(|row| (row.time, row.sequence, row.arrival));
    within
}
