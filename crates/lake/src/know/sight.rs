//! What a question sees: the mask, compiled for one purpose so that most rows cost a comparison.
//!
//! INVARIANT(mask): visible = row.purposes AND verdict_mask[verdict] AND
//! person_mask[leaf, received].

use std::collections::HashSet;

use life::keep::Mask;
use life::keep::mask::Masked;
use vocabulary::{Leaf, Person, Purpose, Purposes, Time, VerdictId};

use crate::keep::chunk::Chunk;

/// What happens to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nobody sees it for this purpose.
    Hidden,
    /// The operator sees it where it stands.
    Here,
    /// The operator sees it later, among the rows of its current person.
    Elsewhere(Person),
}

/// A mask for one purpose.
#[derive(Debug)]
pub(super) struct Sight {
    mask: Mask,
    purpose: Purpose,
    /// By verdict: whether it allows the purpose.
    allows: Vec<bool>,
    /// Leaves and persons that need a second look.
    marked: Bits,
    /// Persons that rows of other leaves have moved to.
    targets: HashSet<Person>,
}

impl Sight {
    pub(super) fn new(mask: &Mask, purpose: Purpose) -> Self {
        let verdicts = mask.verdicts.iter();
        let mut marked = Bits::default();
        let leaves = mask.hidden.iter().chain(mask.cuts.keys()).chain(mask.moved.keys());
        leaves.for_each(|leaf| marked.set(leaf.ordinal()));
        let targets: HashSet<Person> = mask.moved.values().copied().collect();
        targets.iter().for_each(|person| marked.set(Leaf(person.0).ordinal()));
        Self {
            allows: verdicts.map(|verdict| verdict.purposes.has(purpose)).collect(),
            mask: mask.clone(),
            purpose,
            marked,
            targets,
        }
    }

    /// The version of the mask.
    pub(super) fn epoch(&self) -> u64 {
        self.mask.epoch
    }

    /// Whether leaves have to be read at all.
    pub(super) fn needs_leaves(&self) -> bool {
        !self.marked.0.is_empty()
    }

    /// Whether times of arrival have to be read at all.
    pub(super) fn needs_received(&self) -> bool {
        !self.mask.cuts.is_empty() || !self.mask.moved.is_empty()
    }

    /// Whether all rows of a chunk are seen where they stand.
    pub(super) fn sees_all(&self, chunk: &Chunk) -> bool {
        let ceiling = chunk.purposes.iter().fold(u64::MAX, |all, purposes| all & purposes);
        if !Purposes(ceiling).has(self.purpose) || chunk.purposes.len() != chunk.len() {
            return false;
        }
        self.verdicts_allow(&chunk.verdict)
            && self.none_marked(&chunk.leaf)
            && self.none_marked(&chunk.person)
    }

    /// Neighbours mostly share a verdict, so only changes are looked up.
    fn verdicts_allow(&self, verdicts: &[u32]) -> bool {
        let mut known = None;
        verdicts.iter().all(|verdict| {
            known == Some(*verdict) || {
                known = Some(*verdict);
                self.allows.get(*verdict as usize) == Some(&true)
            }
        })
    }

    fn none_marked(&self, leaves: &[u64]) -> bool {
        if self.marked.0.is_empty() {
            return true;
        }
        let mut known = None;
        leaves.iter().all(|leaf| {
            known == Some(*leaf) || {
                known = Some(*leaf);
                !self.marked.has(Leaf(*leaf).ordinal())
            }
        })
    }

    /// What happens to one row; a column that is missing where it is needed hides the row.
    pub(super) fn at(&self, chunk: &Chunk, row: usize) -> Seen {
        let person = chunk.person.get(row).copied();
        let (Some(person), Some(purposes), Some(verdict)) =
            (person, chunk.purposes.get(row), chunk.verdict.get(row))
        else {
            return Seen::Hidden;
        };
        let allowed = self.allows.get(*verdict as usize) == Some(&true);
        if !allowed || !Purposes(*purposes).has(self.purpose) {
            return Seen::Hidden;
        }
        if !self.needs_leaves() {
            return Seen::Here;
        }
        let Some(leaf) = chunk.leaf.get(row).map(|leaf| Leaf(*leaf)) else { return Seen::Hidden };
        let is_marked = self.marked.has(leaf.ordinal());
        if is_marked && !self.shows(chunk, row, leaf, *verdict, *purposes) {
            return Seen::Hidden;
        }
        let moved = if is_marked { self.mask.moved.get(&leaf) } else { None };
        let person = Person(person);
        match moved {
            Some(current) => Seen::Elsewhere(*current),
            None if self.is_target(person) => Seen::Elsewhere(person),
            None => Seen::Here,
        }
    }

    fn is_target(&self, person: Person) -> bool {
        self.marked.has(Leaf(person.0).ordinal()) && self.targets.contains(&person)
    }

    fn shows(&self, chunk: &Chunk, row: usize, leaf: Leaf, verdict: u32, purposes: u64) -> bool {
        let received = match chunk.received.get(row) {
            Some(received) => Time(*received),
            // INVARIANT(mask): without a time of arrival every cut applies.
            None => Time(i64::MIN),
        };
        // Without a time nothing was collected after any withdrawal.
        let time = chunk.time.get(row).map_or(Time(i64::MIN), |time| Time(*time));
        let (verdict, purposes) = (VerdictId(verdict), Purposes(purposes));
        self.mask.shows(self.purpose, Masked { leaf, time, received, verdict, purposes })
    }
}

/// A set of small numbers, one bit each. Empty when it has none.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn set(&mut self, number: u64) {
        let place = (number / 64) as usize;
        if self.0.len() <= place {
            self.0.resize(place + 1, 0);
        }
        if let Some(word) = self.0.get_mut(place) {
            *word |= 1 << (number % 64);
        }
    }

    fn has(&self, number: u64) -> bool {
        let word = self.0.get((number / 64) as usize);
        word.is_some_and(|word| word >> (number % 64) & 1 == 1)
    }
}
