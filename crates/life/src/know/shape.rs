//! How the kinds of questions and answers are shaped, a line for each: where a question has
//! conditions, and which lists of an answer become the rows of its table.

/// What is known of a kind beside its own file.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub kind: &'static str,
    /// The fields that hold conditions on rows; an empty name is the question itself.
    pub conditions: &'static [&'static str],
    pub lists: &'static [List],
}

/// A list of an answer, and how its elements become rows of a table.
#[derive(Debug, Clone, Copy)]
pub struct List {
    /// The answer's field; an empty name is the answer itself, as one element.
    pub field: &'static str,
    pub places: Places,
}

/// What the places in the lists inside an element stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Places {
    /// An element is one row; lists inside it are left out.
    None,
    /// The answer's intervals: a row for each, with its start.
    Starts,
    /// A number from so many on, in a column of this name.
    Numbers(&'static str, u64),
}

const fn list(field: &'static str, places: Places) -> List {
    List { field, places }
}

const SHAPES: &[Shape] = &[
    Shape {
        kind: "trend",
        conditions: &["series"],
        lists: &[list("series", Places::Starts), list("formula", Places::Starts)],
    },
    Shape {
        kind: "funnel",
        conditions: &["steps", "exclude"],
        lists: &[
            list("steps", Places::Numbers("step", 1)),
            list("breakdown", Places::Numbers("step", 1)),
            list("over", Places::None),
        ],
    },
    Shape {
        kind: "retention",
        conditions: &["start", "return"],
        lists: &[list("cohorts", Places::Numbers("period", 0))],
    },
    Shape { kind: "cohort", conditions: &["all", "none"], lists: &[list("", Places::None)] },
    Shape { kind: "paths", conditions: &["starts", "ends"], lists: &[list("edges", Places::None)] },
    Shape { kind: "lifecycle", conditions: &[""], lists: &[list("", Places::Starts)] },
    Shape {
        kind: "stickiness",
        conditions: &["series"],
        lists: &[list("series", Places::Numbers("intervals", 1))],
    },
    Shape {
        kind: "sessions",
        conditions: &[],
        lists: &[list("", Places::Starts), list("entry", Places::None), list("exit", Places::None)],
    },
    Shape { kind: "values", conditions: &[""], lists: &[list("values", Places::None)] },
    Shape { kind: "people", conditions: &[""], lists: &[list("people", Places::None)] },
];

impl Shape {
    /// The shape of a kind.
    #[must_use]
    pub fn of(kind: &str) -> Option<&'static Self> {
        SHAPES.iter().find(|shape| shape.kind == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::know::Plan;

    #[test]
    fn every_kind_has_a_shape() {
        for kind in Plan::KINDS {
            let shape = Shape::of(kind).unwrap_or_else(|| panic!("`{kind}` has no shape"));
            assert!(!shape.lists.is_empty(), "an answer to `{kind}` has no rows");
        }
    }
}
