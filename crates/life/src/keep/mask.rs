//! What a reader may see of the rows: a mask that is applied inside the scan, before any question.
//!
//! INVARIANT(mask): visible = row.purposes AND verdict_mask[verdict] AND person_mask[leaf,
//! received].

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use vocabulary::{Leaf, Person, Purpose, Purposes, Time, VerdictId};

use crate::admit::{AdmissionPlan, Basis, VerdictKey};

#[cfg(test)]
mod tests;

/// A no: rows of a leaf no longer serve these purposes when they were collected while it held and,
/// if they rest on consent, when they were received before it ended.
///
/// It ends when it was heard, or earlier with the next yes, when that was heard first. What rests
/// on something to which one may only object is hidden besides while the objection stands.
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

    /// Whether it hides a row that rests on consent and was received and collected then.
    #[must_use]
    pub fn hides(&self, purpose: Purpose, received: Time, time: Time) -> bool {
        self.purposes.has(purpose) && (received < self.before || self.held(time))
    }

    /// Whether it hides a row that rests on something one may object to and was collected then.
    #[must_use]
    pub fn bars(&self, purpose: Purpose, time: Time) -> bool {
        self.purposes.has(purpose) && self.held(time)
    }

    fn held(&self, time: Time) -> bool {
        self.from <= time && time < self.before
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

/// What each verdict still allows, and which part of it ends with a no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VerdictMask {
    pub purposes: Purposes,
    /// Those that a no ends for good, resting on consent, on counting without it, or on opting out:
    /// a new yes is for what comes after it.
    pub ending: Purposes,
    /// Those that one may only object to, so that taking the objection back opens them again.
    pub objectable: Purposes,
    /// Those of `ending` that rest on explicit consent.
    pub explicit: Purposes,
}

/// What stands against the use of a leaf's rows, until it is lifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pause {
    /// Purposes to which it says no now.
    pub objected: Purposes,
    /// Whether their data was restricted: then it serves a legal duty alone.
    pub is_restricted: bool,
}

/// What data whose use is restricted may still serve.
const WHILE_RESTRICTED: Purposes = Purposes::only(Purpose::DUTY);

/// Everything that narrows what a reader sees. Cloning is cheap; a question holds one from start to
/// end.
#[derive(Debug, Clone, Default)]
pub struct Mask {
    /// By verdict number.
    pub verdicts: Arc<Vec<VerdictMask>>,
    /// By leaf: withdrawals.
    pub cuts: Arc<HashMap<Leaf, Vec<Cut>>>,
    /// By leaf: what stands against its rows until it is lifted.
    pub pauses: Arc<HashMap<Leaf, Pause>>,
    /// Leaves that nobody sees: erased.
    pub hidden: Arc<HashSet<Leaf>>,
    /// Leaves that belong to another person than when older files were written.
    pub moved: Arc<HashMap<Leaf, Person>>,
    /// Grows whenever the mask narrows.
    pub epoch: u64,
    /// The leaves that it masks for a purpose, once somebody has asked for them.
    pub gathered: Gathered,
}

/// The leaves that a mask hides something of, shared by all who hold the same mask.
#[derive(Debug, Clone, Default)]
pub struct Gathered(Arc<Mutex<Option<Known>>>);

/// Such leaves, and what they were gathered from. A weak pointer keeps its place from being used
/// again, so that two are alike only when nothing has changed since.
#[derive(Debug)]
struct Known {
    purpose: Purpose,
    hidden: Weak<HashSet<Leaf>>,
    cuts: Weak<HashMap<Leaf, Vec<Cut>>>,
    pauses: Weak<HashMap<Leaf, Pause>>,
    leaves: Arc<BTreeSet<Leaf>>,
}

impl Mask {
    /// The leaves of which a purpose does not see every row that its stamp shows.
    #[must_use]
    pub fn masked(&self, purpose: Purpose) -> Arc<BTreeSet<Leaf>> {
        let (hidden, cuts) = (Arc::downgrade(&self.hidden), Arc::downgrade(&self.cuts));
        let pauses = Arc::downgrade(&self.pauses);
        let mut known = self.gathered.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*known
            && known.purpose == purpose
            && known.hidden.ptr_eq(&hidden)
            && known.cuts.ptr_eq(&cuts)
            && known.pauses.ptr_eq(&pauses)
        {
            return Arc::clone(&known.leaves);
        }
        let leaves: Arc<BTreeSet<Leaf>> = Arc::new(self.leaves_masked(purpose).collect());
        *known = Some(Known { purpose, hidden, cuts, pauses, leaves: Arc::clone(&leaves) });
        leaves
    }

    /// The same, each as often as something is said about it. What is said about other purposes
    /// costs a question nothing.
    pub fn leaves_masked(&self, purpose: Purpose) -> impl Iterator<Item = Leaf> {
        let cut = self.cuts.iter().filter(move |(_, cuts)| touch(cuts, purpose));
        let is_objectable = self.verdicts.iter().any(|verdict| verdict.objectable.has(purpose));
        let paused = self.pauses.iter().filter(move |(_, pause)| {
            pause.is_restricted || is_objectable && pause.objected.has(purpose)
        });
        let cut = cut.map(|(leaf, _)| *leaf);
        self.hidden.iter().copied().chain(cut).chain(paused.map(|(leaf, _)| *leaf))
    }

    /// Whether withdrawals hide rows from a purpose by the times that they bear.
    #[must_use]
    pub fn cuts_by_time(&self, purpose: Purpose) -> bool {
        self.cuts.values().any(|cuts| touch(cuts, purpose))
    }

    /// Whether a row is visible for a purpose.
    #[must_use]
    pub fn shows(&self, purpose: Purpose, row: Masked) -> bool {
        let verdict = self.verdict(row.verdict);
        if !(row.purposes & verdict.purposes).has(purpose) || self.hidden.contains(&row.leaf) {
            return false;
        }
        let pause = self.pauses.get(&row.leaf).copied().unwrap_or_default();
        if pause.closes(purpose, verdict) {
            return false;
        }
        let cuts = self.cuts.get(&row.leaf).map_or(&[][..], Vec::as_slice);
        !verdict.is_cut(purpose, cuts, row.received, row.time)
    }

    /// What a verdict allows; an unknown one allows nothing.
    #[must_use]
    pub fn verdict(&self, verdict: VerdictId) -> VerdictMask {
        let place = usize::try_from(verdict.0).unwrap_or(usize::MAX);
        self.verdicts.get(place).copied().unwrap_or_default()
    }
}

impl Pause {
    /// Whether it closes a purpose for rows of a verdict.
    #[must_use]
    pub fn closes(&self, purpose: Purpose, verdict: VerdictMask) -> bool {
        self.objected.has(purpose) && verdict.objectable.has(purpose)
            || self.is_restricted && !WHILE_RESTRICTED.has(purpose)
    }
}

impl VerdictMask {
    /// Whether withdrawals of its leaf hide a row of this verdict.
    #[must_use]
    pub fn is_cut(&self, purpose: Purpose, cuts: &[Cut], received: Time, time: Time) -> bool {
        let hides: fn(&Cut, Purpose, Time, Time) -> bool = if self.ending.has(purpose) {
            Cut::hides
        } else if self.objectable.has(purpose) {
            |cut, purpose, _, time| cut.bars(purpose, time)
        } else {
            return false;
        };
        cuts.iter().any(|cut| hides(cut, purpose, received, time))
    }

    /// What a plan lets its rows be used for.
    #[must_use]
    pub fn of(plan: &AdmissionPlan) -> Self {
        let all = Self::of_all(plan);
        let open = plan.purposes;
        Self {
            purposes: open,
            ending: all.ending & open,
            objectable: all.objectable & open,
            explicit: all.explicit & open,
        }
    }

    /// What every plan of the same rules lets its rows be used for at most, whatever was said: the
    /// rows themselves say the rest.
    #[must_use]
    pub fn of_all(plan: &AdmissionPlan) -> Self {
        let rests = |which: fn(Basis) -> bool| -> Purposes {
            Purposes::ALL.iter().filter(|one| plan.basis(*one).is_some_and(which)).collect()
        };
        Self {
            purposes: rests(|_| true),
            ending: rests(|basis| basis.yields_to_no() && !basis.is_objectable()),
            objectable: rests(Basis::is_objectable),
            explicit: rests(|basis| basis == Basis::ExplicitConsent),
        }
    }

    /// What a verdict with this key would let its rows be used for by this plan.
    #[must_use]
    pub fn judged(key: &VerdictKey, plan: &AdmissionPlan) -> Self {
        if key.is_of_all() { Self::of_all(plan) } else { Self::of(plan) }
    }

    /// What is left of it when it is judged again by other rules.
    ///
    /// INVARIANT(protective): judging again never opens what was closed, and what rested on consent
    /// then or does now ends with it.
    #[must_use]
    pub fn within(self, now: Self) -> Self {
        let unproved = now.explicit.without(self.explicit);
        let ending = self.ending | now.ending;
        Self {
            purposes: (self.purposes & now.purposes).without(unproved),
            ending,
            objectable: (self.objectable | now.objectable).without(ending),
            explicit: self.explicit,
        }
    }
}

fn touch(cuts: &[Cut], purpose: Purpose) -> bool {
    cuts.iter().any(|cut| cut.purposes.has(purpose))
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
