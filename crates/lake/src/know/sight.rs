//! What a question sees: the mask and the cohorts it is about, compiled for one purpose so that
//! most rows cost a comparison.
//!
//! INVARIANT(mask): visible = row.purposes AND verdict_mask[verdict] AND person_mask[leaf,
//! received, time].

use std::collections::HashSet;

use life::keep::{Cut, Mask};
use vocabulary::{Leaf, Person, Purpose, Purposes, Time, VerdictId};

use crate::keep::chunk::Chunk;

/// What a leaf of a person says about its rows.
#[derive(Debug, Default)]
pub(super) struct Standing<'a> {
    person: Option<u64>,
    leaf: Option<u64>,
    is_hidden: bool,
    cuts: &'a [Cut],
    /// The current person, when its rows are in order only among those that were diverted.
    pub(super) elsewhere: Option<Person>,
}

impl Standing<'_> {
    /// Whether it is that of another row too.
    #[inline]
    pub(super) fn is_of(&self, person: u64, leaf: Option<u64>) -> bool {
        self.person == Some(person) && self.leaf == leaf
    }
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
    /// Cohorts that everyone who is seen is in, or is not in.
    people: Vec<Inside>,
    /// The column whose value stands for the person.
    per: Option<usize>,
}

/// The people of a cohort, and whether they are seen or all others.
#[derive(Debug)]
pub(super) struct Inside {
    persons: Bits,
    is_in: bool,
}

impl Inside {
    pub(super) fn new(persons: impl Iterator<Item = Person>, is_in: bool) -> Self {
        let mut bits = Bits::default();
        persons.for_each(|person| bits.set(Leaf(person.0).ordinal()));
        Self { persons: bits, is_in }
    }
}

impl Sight {
    pub(super) fn new(
        mask: &Mask,
        purpose: Purpose,
        people: Vec<Inside>,
        per: Option<usize>,
    ) -> Self {
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
            people,
            per,
        }
    }

    /// The column whose value stands for the person.
    pub(super) fn per(&self) -> Option<usize> {
        self.per
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
        if self.per.is_some() || !self.people.is_empty() {
            return false;
        }
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

    /// What the leaf and the person of a row say about it, for as long as they stay the same.
    pub(super) fn standing(&self, person: u64, leaf: Option<u64>) -> Standing<'_> {
        let (person, mut standing) = (Person(person), Standing { leaf, ..Standing::default() });
        standing.person = Some(person.0);
        if !self.needs_leaves() {
            standing.is_hidden = !self.counts(person);
            return standing;
        }
        let Some(leaf) = leaf.map(Leaf) else { return Standing { is_hidden: true, ..standing } };
        let mut moved = None;
        if self.marked.has(leaf.ordinal()) {
            standing.is_hidden = self.mask.hidden.contains(&leaf);
            standing.cuts = self.mask.cuts.get(&leaf).map_or(&[], Vec::as_slice);
            moved = self.mask.moved.get(&leaf).copied();
        }
        standing.is_hidden |= !self.counts(moved.unwrap_or(person));
        standing.elsewhere = moved.or_else(|| self.is_target(person).then_some(person));
        standing
    }

    /// Whether a row of this standing is seen; a column that is missing where needed hides it.
    #[inline]
    pub(super) fn sees(&self, standing: &Standing<'_>, chunk: &Chunk, row: usize) -> bool {
        let (Some(purposes), Some(verdict)) = (chunk.purposes.get(row), chunk.verdict.get(row))
        else {
            return false;
        };
        let allowed = self.allows.get(*verdict as usize) == Some(&true);
        allowed
            && Purposes(*purposes).has(self.purpose)
            && !standing.is_hidden
            && (standing.cuts.is_empty() || !self.is_cut(standing, chunk, row, *verdict))
    }

    #[cold]
    fn is_cut(&self, standing: &Standing<'_>, chunk: &Chunk, row: usize, verdict: u32) -> bool {
        let times = chunk.received.get(row).zip(chunk.time.get(row));
        // INVARIANT(mask): without both times every cut applies.
        let (received, time) = times
            .map_or((Time(i64::MIN), Time(i64::MIN)), |(received, time)| {
                (Time(*received), Time(*time))
            });
        let applies = |cut: &Cut| cut.hides(self.purpose, received, time);
        self.mask.verdict(VerdictId(verdict)).consented.has(self.purpose)
            && standing.cuts.iter().any(applies)
    }

    /// Whether the cohorts of the question let a person count.
    fn counts(&self, person: Person) -> bool {
        let ordinal = Leaf(person.0).ordinal();
        self.people.iter().all(|inside| inside.persons.has(ordinal) == inside.is_in)
    }

    fn is_target(&self, person: Person) -> bool {
        self.marked.has(Leaf(person.0).ordinal()) && self.targets.contains(&person)
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
