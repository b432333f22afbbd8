//! A row as the reference answers see it: already visible, already under its current person.

use std::fmt;

use vocabulary::{Code, Person, Time};

/// One visible row of a person.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonRow {
    pub person: Person,
    pub time: Time,
    pub sequence: u32,
    /// Grows with every row that arrives.
    pub arrival: u64,
    pub event: Code,
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

/// The rows of a range, by person, each in its order: time, then the client's, then arrival.
#[must_use]
pub fn by_person(rows: &[PersonRow], from: Time, until: Time) -> Vec<Vec<&PersonRow>> {
    let mut within: Vec<&PersonRow> =
        rows.iter().filter(|row| from <= row.time && row.time < until).collect();
    within.sort_by_key(|row| (row.person, row.time, row.sequence, row.arrival));
    within.chunk_by(|one, two| one.person == two.person).map(<[_]>::to_vec).collect()
}
