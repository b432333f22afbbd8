//! What a reader may see of the rows: a mask that is applied inside the scan, before any question.
//!
//! INVARIANT(mask): visible = row.purposes AND verdict_mask[verdict] AND person_mask[leaf,
//! received].

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use vocabulary::{Leaf, Person, Purpose, Purposes, Time, VerdictId};

/// A withdrawal: rows of a leaf received before it no longer serve these purposes if they rest on
/// consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cut {
    pub purposes: Purposes,
    pub before: Time,
}

/// What each verdict still allows, and which part of it rests on consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct VerdictMask {
    pub purposes: Purposes,
    pub consented: Purposes,
}

/// Everything that narrows what a reader sees. Cloning is cheap; a question holds one from start to
/// end.
#[derive(Debug, Clone, Default)]
pub struct Mask {
    /// By verdict number.
    pub verdicts: Arc<Vec<VerdictMask>>,
    /// By leaf: withdrawals.
    pub cuts: Arc<HashMap<Leaf, Vec<Cut>>>,
    /// Leaves that nobody sees: erased or restricted.
    pub hidden: Arc<HashSet<Leaf>>,
    /// Leaves that belong to another person than when older files were written.
    pub moved: Arc<HashMap<Leaf, Person>>,
    /// Grows whenever the mask narrows.
    pub epoch: u64,
}

impl Mask {
    /// Whether a row is visible for a purpose.
    #[must_use]
    pub fn shows(&self, purpose: Purpose, row: Masked) -> bool {
        let verdict = self.verdict(row.verdict);
        if !(row.purposes & verdict.purposes).has(purpose) || self.hidden.contains(&row.leaf) {
            return false;
        }
        let Some(cuts) = self.cuts.get(&row.leaf) else { return true };
        !verdict.consented.has(purpose)
            || !cuts.iter().any(|cut| cut.purposes.has(purpose) && row.received < cut.before)
    }

    /// What a verdict allows; an unknown one allows nothing.
    #[must_use]
    pub fn verdict(&self, verdict: VerdictId) -> VerdictMask {
        let place = usize::try_from(verdict.0).unwrap_or(usize::MAX);
        self.verdicts.get(place).copied().unwrap_or_default()
    }
}

/// The fields of a row that decide whether it is visible.
#[derive(Debug, Clone, Copy)]
pub struct Masked {
    pub leaf: Leaf,
    pub received: Time,
    pub verdict: VerdictId,
    pub purposes: Purposes,
}
