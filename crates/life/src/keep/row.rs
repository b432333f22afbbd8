//! The event row: what is kept of an event for good.

use std::fmt;

use serde::{Deserialize, Serialize};
use vocabulary::{Class, Code, Leaf, Purposes, SourceId, Time, Value, VerdictId};

/// One kept event. It holds its leaf, never the person: leaf to person is a mapping, applied when
/// reading.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// When it happened, corrected for the client's clock.
    pub time: Time,
    pub received: Time,
    /// The client's order among events of one instant.
    pub sequence: u32,
    pub event: Code,
    pub leaf: Leaf,
    pub source: SourceId,
    pub verdict: VerdictId,
    /// INVARIANT(ceiling): the purposes that were open at admission; never widened later.
    pub purposes: Purposes,
    /// The client's session as a keyed number; zero = none was sent.
    pub session: u64,
    /// Values of promoted properties.
    pub columns: Vec<(Code, Value)>,
    /// Values that are sealed under the person's key of a class.
    pub sealed: Vec<(Class, Code, Value)>,
}

/// A row is personal data; only what it is about is printed, never what it says.
impl fmt::Debug for Row {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shape = out.debug_struct("Row");
        shape.field("time", &self.time).field("event", &self.event).field("leaf", &self.leaf);
        shape.field("purposes", &self.purposes).finish_non_exhaustive()
    }
}
