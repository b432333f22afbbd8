//! What a question sees: the mask and the cohorts it is about, compiled for one purpose so that
//! most rows cost a comparison.
//!
//! INVARIANT(mask): visible = row.purposes AND verdict_mask[verdict] AND person_mask[leaf,
//! received, time].

use std::collections::HashSet;
use std::ops::Range;

use life::keep::{Cut, Mask};
use vocabulary::{Leaf, Person, Purpose, Time};

use crate::keep::chunk::{Chunk, Stamp};

/// Rows one after the other of one person and one leaf, and what those two say about them.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// The person that they were filed under.
    pub(super) person: u64,
    /// Zero when leaves are not read.
    pub(super) leaf: u64,
    pub(super) rows: Range<usize>,
    is_hidden: bool,
    cuts: &'a [Cut],
    /// The current person, when the rows are in order only among those that were diverted.
    pub(super) elsewhere: Option<Person>,
}

impl Part<'_> {
    /// Whether none of its rows is seen.
    pub(super) fn is_hidden(&self) -> bool {
        self.is_hidden
    }

    /// Whether all of its rows are seen that the lens shows.
    pub(super) fn is_open(&self) -> bool {
        !self.is_hidden && self.cuts.is_empty()
    }
}

/// By stamp: the event of rows that the purpose may see, or `HIDDEN`.
#[derive(Debug, Default)]
pub(super) struct Lens {
    events: Vec<u32>,
    /// Whether it hides nothing.
    pub(super) is_clear: bool,
}

/// In the place of an event: the row is not seen.
pub(super) const HIDDEN: u32 = u32::MAX;

impl Lens {
    /// The event of a row with this stamp.
    #[inline]
    pub(super) fn event(&self, stamp: u32) -> u32 {
        self.events.get(stamp as usize).copied().unwrap_or(HIDDEN)
    }
}

/// The parts of one person: mostly one.
enum Few<'a> {
    One(Option<Part<'a>>),
    Many(std::vec::IntoIter<Part<'a>>),
}

impl<'a> Iterator for Few<'a> {
    type Item = Part<'a>;

    #[inline]
    fn next(&mut self) -> Option<Part<'a>> {
        match self {
            Few::One(part) => part.take(),
            Few::Many(parts) => parts.next(),
        }
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

    /// What the purpose sees of rows by their stamps.
    pub(super) fn lens(&self, stamps: &[Stamp]) -> Lens {
        let event = |stamp: &Stamp| {
            let allowed = self.allows.get(stamp.verdict.0 as usize) == Some(&true);
            if allowed && stamp.purposes.has(self.purpose) { stamp.event.0 } else { HIDDEN }
        };
        let events: Vec<u32> = stamps.iter().map(event).collect();
        Lens { is_clear: events.iter().all(|event| *event != HIDDEN), events }
    }

    /// A chunk in parts of which person and leaf say the same.
    ///
    /// INVARIANT(mask): without leaves where they are needed, everything is hidden.
    pub(super) fn parts<'s>(&'s self, chunk: &Chunk) -> impl Iterator<Item = Part<'s>> {
        let needs_leaves = self.needs_leaves();
        let mut leaves = chunk.leaf.iter().peekable();
        chunk.person.iter().flat_map(move |(person, rows)| {
            if !needs_leaves {
                return Few::One(Some(self.part(person, 0, rows)));
            }
            let (mut parts, mut start) = (Vec::new(), rows.start);
            while start < rows.end {
                let Some((leaf, of_leaf)) = leaves.peek().cloned() else {
                    let mut hidden = self.part(person, 0, start..rows.end);
                    hidden.is_hidden = true;
                    parts.push(hidden);
                    break;
                };
                let end = of_leaf.end.min(rows.end);
                if of_leaf.end <= rows.end {
                    leaves.next();
                }
                if start == rows.start && end == rows.end {
                    return Few::One(Some(self.part(person, leaf, rows)));
                }
                parts.push(self.part(person, leaf, start..end));
                start = end;
            }
            Few::Many(parts.into_iter())
        })
    }

    /// What a person and a leaf say about rows.
    #[inline]
    fn part(&self, person: u64, leaf: u64, rows: Range<usize>) -> Part<'_> {
        let plain = Part { person, leaf, rows, is_hidden: false, cuts: &[], elsewhere: None };
        let is_marked = |one: u64| self.marked.has(Leaf(one).ordinal());
        let needs_leaves = self.needs_leaves();
        if self.people.is_empty() && !(needs_leaves && (is_marked(leaf) || is_marked(person))) {
            return plain;
        }
        self.special(plain, needs_leaves)
    }

    #[cold]
    fn special<'a>(&'a self, mut part: Part<'a>, needs_leaves: bool) -> Part<'a> {
        let (person, leaf) = (Person(part.person), Leaf(part.leaf));
        let mut moved = None;
        if needs_leaves && self.marked.has(leaf.ordinal()) {
            part.is_hidden = self.mask.hidden.contains(&leaf);
            part.cuts = self.mask.cuts.get(&leaf).map_or(&[], Vec::as_slice);
            moved = self.mask.moved.get(&leaf).copied();
        }
        part.is_hidden |= !self.counts(moved.unwrap_or(person));
        part.elsewhere = moved.or_else(|| self.is_target(person).then_some(person));
        part
    }

    /// Whether a row of a part is seen that its lens shows.
    #[inline]
    pub(super) fn sees(&self, part: &Part<'_>, chunk: &Chunk, row: usize) -> bool {
        !part.is_hidden && (part.cuts.is_empty() || !self.is_cut(part, chunk, row))
    }

    #[cold]
    fn is_cut(&self, part: &Part<'_>, chunk: &Chunk, row: usize) -> bool {
        let times = chunk.received.get(row).zip(chunk.time.get(row));
        // INVARIANT(mask): without both times every cut applies.
        let (received, time) = times
            .map_or((Time(i64::MIN), Time(i64::MIN)), |(received, time)| {
                (Time(*received), Time(*time))
            });
        let applies = |cut: &Cut| cut.hides(self.purpose, received, time);
        // INVARIANT(mask): a row whose verdict is not known is cut.
        let consented = chunk
            .stamp(row)
            .is_none_or(|stamp| self.mask.verdict(stamp.verdict).consented.has(self.purpose));
        consented && part.cuts.iter().any(applies)
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
