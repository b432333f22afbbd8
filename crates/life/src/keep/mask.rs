//! What a reader may see of the rows: a mask that is applied inside the scan, before any question.
//!
//! INVARIANT(mask): visible = row.purposes AND verdict_mask[verdict] AND person_mask[leaf,
//! received].

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use vocabulary::{Leaf, Person, Purpose, Purposes, Time, VerdictId};

/// A withdrawal: rows of a leaf no longer serve these purposes, if they rest on consent, when they
/// were received before it ended or collected while it held.
///
/// It ends when it was heard, or earlier with the next yes, when that was heard first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cut {
    pub purposes: Purposes,
    /// From here until `before` it held; not before that when nobody heard it late.
    #[serde(default = "never")]
    pub from: Time,
    pub before: Time,
}

fn never() -> Time {
    Time(i64::MAX)
}

impl Cut {
    /// Cuts of one leaf that are remembered one by one; past that the oldest become one.
    pub const COUNT_MAX: usize = 64;

    /// A withdrawal that was heard at once: nothing that it still held for can come later.
    #[must_use]
    pub fn before(purposes: Purposes, before: Time) -> Self {
        Self { purposes, from: before, before }
    }

    /// Whether it hides a row that was received and collected then.
    #[must_use]
    pub fn hides(&self, purpose: Purpose, received: Time, time: Time) -> bool {
        let held = self.from <= time && time < self.before;
        self.purposes.has(purpose) && (received < self.before || held)
    }

    /// Adds this to the cuts of a leaf, which stay as short as their meaning.
    pub fn add_to(self, cuts: &mut Vec<Cut>) {
        if cuts.iter().any(|held| held.covers(&self)) {
            return;
        }
        cuts.retain(|held| !self.covers(held));
        cuts.push(self);
        if cuts.len() > Self::COUNT_MAX {
            cuts.sort_by_key(|cut| std::cmp::Reverse(cut.before));
            if let (Some(one), Some(other)) = (cuts.pop(), cuts.pop()) {
                cuts.push(one.and(other));
            }
        }
    }

    fn covers(&self, other: &Cut) -> bool {
        let holds_as_long = self.from <= other.from || other.from >= other.before;
        other.purposes.without(self.purposes).is_empty()
            && other.before <= self.before
            && holds_as_long
    }

    /// What hides all that either hides, and may hide more.
    fn and(self, other: Cut) -> Cut {
        Cut {
            purposes: self.purposes | other.purposes,
            from: self.from.min(other.from),
            before: self.before.max(other.before),
        }
    }
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
    /// The leaves of `hidden` and `cuts`, once somebody has asked for them.
    pub gathered: Gathered,
}

/// The leaves that a mask hides something of, shared by all who hold the same mask.
#[derive(Debug, Clone, Default)]
pub struct Gathered(Arc<Mutex<Option<Known>>>);

/// Such leaves, and what they were gathered from. A weak pointer keeps its place from being used
/// again, so that two are alike only when nothing has changed since.
#[derive(Debug)]
struct Known {
    hidden: Weak<HashSet<Leaf>>,
    cuts: Weak<HashMap<Leaf, Vec<Cut>>>,
    leaves: Arc<BTreeSet<Leaf>>,
}

impl Mask {
    /// The leaves of which not every row is seen that its stamp shows.
    #[must_use]
    pub fn masked(&self) -> Arc<BTreeSet<Leaf>> {
        let (hidden, cuts) = (Arc::downgrade(&self.hidden), Arc::downgrade(&self.cuts));
        let mut known = self.gathered.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*known
            && known.hidden.ptr_eq(&hidden)
            && known.cuts.ptr_eq(&cuts)
        {
            return Arc::clone(&known.leaves);
        }
        let leaves: BTreeSet<Leaf> = self.hidden.iter().chain(self.cuts.keys()).copied().collect();
        let leaves = Arc::new(leaves);
        *known = Some(Known { hidden, cuts, leaves: Arc::clone(&leaves) });
        leaves
    }

    /// Whether a row is visible for a purpose.
    #[must_use]
    pub fn shows(&self, purpose: Purpose, row: Masked) -> bool {
        let verdict = self.verdict(row.verdict);
        if !(row.purposes & verdict.purposes).has(purpose) || self.hidden.contains(&row.leaf) {
            return false;
        }
        let Some(cuts) = self.cuts.get(&row.leaf) else { return true };
        !verdict.consented.has(purpose)
            || !cuts.iter().any(|cut| cut.hides(purpose, row.received, row.time))
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
    pub time: Time,
    pub received: Time,
    pub verdict: VerdictId,
    pub purposes: Purposes,
}
