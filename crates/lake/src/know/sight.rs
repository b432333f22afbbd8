//! What a question sees: the mask and the cohorts it is about, compiled for one purpose so that
//! most rows cost a comparison.
//!
//! INVARIANT(mask): visible = row.purposes AND verdict_mask[verdict] AND person_mask[leaf,
//! received, time].

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use life::keep::mask::Pause;
use life::keep::{Cut, Mask};
use vocabulary::{Leaf, Person, Purpose, Time};

use crate::keep::chunk::{Chunk, Stamp};

/// Rows one after the other of one person and one leaf.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// The person that they were filed under.
    pub(super) person: u64,
    start: u32,
    end: u32,
    /// What the two say about the rows; mostly nothing.
    special: Option<Box<Special<'a>>>,
}

/// What a leaf and a person say about their rows.
#[derive(Debug)]
struct Special<'a> {
    leaf: u64,
    is_hidden: bool,
    cuts: &'a [Cut],
    pause: Pause,
    /// The current person, when the rows are in order only among those that were diverted.
    elsewhere: Option<Person>,
}

impl Part<'_> {
    #[inline]
    pub(super) fn rows(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Leaves some rows out.
    pub(super) fn narrow(&mut self, rows: &Range<usize>) {
        (self.start, self.end) = (rows.start as u32, rows.end as u32);
    }

    /// The leaf, where anything is said about it; else zero.
    pub(super) fn leaf(&self) -> u64 {
        self.special.as_ref().map_or(0, |special| special.leaf)
    }

    /// The current person, when the rows are in order only among those that were diverted.
    #[inline]
    pub(super) fn elsewhere(&self) -> Option<Person> {
        self.special.as_ref().and_then(|special| special.elsewhere)
    }

    /// Whether none of its rows is seen.
    #[inline]
    pub(super) fn is_hidden(&self) -> bool {
        self.special.as_ref().is_some_and(|special| special.is_hidden)
    }

    /// Whether all of its rows are seen that the lens shows.
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.special.as_ref().is_none_or(|special| !special.is_hidden && special.says_nothing())
    }
}

impl<'a> Part<'a> {
    fn of(person: u64, rows: Range<usize>, special: Option<Special<'a>>) -> Self {
        let (start, end) = (rows.start as u32, rows.end as u32);
        Self { person, start, end, special: special.map(Box::new) }
    }
}

impl Special<'_> {
    fn nothing(leaf: u64) -> Self {
        Self { leaf, is_hidden: false, cuts: &[], pause: Pause::default(), elsewhere: None }
    }

    /// Whether it hides no row for what its verdict rests on.
    fn says_nothing(&self) -> bool {
        self.cuts.is_empty() && self.pause == Pause::default()
    }
}

/// By stamp: the event of rows that the purpose may see and the question asks about.
#[derive(Debug, Default)]
pub(super) struct Lens {
    events: Vec<u32>,
    /// Whether it shows every row.
    pub(super) is_clear: bool,
}

/// In the place of an event: the row is not seen, or says nothing to the question.
pub(super) const HIDDEN: u32 = u32::MAX;

impl Lens {
    /// The event of a row with this stamp.
    #[inline]
    pub(super) fn event(&self, stamp: u32) -> u32 {
        self.events.get(stamp as usize).copied().unwrap_or(HIDDEN)
    }
}

/// A mask for one purpose.
#[derive(Debug)]
pub(super) struct Sight {
    mask: Mask,
    purpose: Purpose,
    /// Whether somebody's withdrawal touches the purpose.
    is_cut_by_time: bool,
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
    /// The events that say anything to the question; absent when all do.
    events: Option<Arc<HashSet<u32>>>,
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
        events: Option<Arc<HashSet<u32>>>,
    ) -> Self {
        let verdicts = mask.verdicts.iter();
        let mut marked = Bits::default();
        let leaves = mask.leaves_masked(purpose).chain(mask.moved.keys().copied());
        leaves.for_each(|leaf| marked.set(leaf.ordinal()));
        let targets: HashSet<Person> = mask.moved.values().copied().collect();
        targets.iter().for_each(|person| marked.set(Leaf(person.0).ordinal()));
        Self {
            allows: verdicts.map(|verdict| verdict.purposes.has(purpose)).collect(),
            mask: mask.clone(),
            is_cut_by_time: mask.cuts_by_time(purpose),
            purpose,
            marked,
            targets,
            people,
            per,
            events,
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

    /// Whether times have to be read to know what is seen.
    pub(super) fn needs_times(&self) -> bool {
        self.is_cut_by_time
    }

    /// What the purpose sees of rows by their stamps.
    pub(super) fn lens(&self, stamps: &[Stamp]) -> Lens {
        let events: Vec<u32> = stamps.iter().map(|stamp| self.event(stamp)).collect();
        Lens { is_clear: !events.contains(&HIDDEN), events }
    }

    /// What stands in the place of the event of rows with a stamp.
    pub(super) fn event(&self, stamp: &Stamp) -> u32 {
        let allowed = self.allows.get(stamp.verdict.0 as usize) == Some(&true);
        if !allowed || !stamp.purposes.has(self.purpose) {
            return HIDDEN;
        }
        let says = self.events.as_ref().is_none_or(|events| events.contains(&stamp.event.0));
        if says { stamp.event.0 } else { HIDDEN }
    }

    /// Hands out a chunk in parts of which person and leaf say the same.
    ///
    /// INVARIANT(mask): without leaves where they are needed, everything is hidden.
    pub(super) fn each<'s>(&'s self, chunk: &Chunk, mut take: impl FnMut(Part<'s>)) {
        if !self.needs_leaves() {
            chunk.person.iter().for_each(|(person, rows)| take(self.part(person, 0, rows)));
            return;
        }
        let mut leaves = chunk.leaf.iter();
        let mut next = leaves.next();
        for (person, rows) in chunk.person.iter() {
            let mut start = rows.start;
            while start < rows.end {
                let Some((leaf, of_leaf)) = next.clone() else {
                    let special = Special { is_hidden: true, ..Special::nothing(0) };
                    take(Part::of(person, start..rows.end, Some(special)));
                    break;
                };
                let end = of_leaf.end.min(rows.end);
                take(self.part(person, leaf, start..end));
                if of_leaf.end <= end {
                    next = leaves.next();
                }
                start = end;
            }
        }
    }

    /// What a person and a leaf say about rows.
    #[inline]
    fn part(&self, person: u64, leaf: u64, rows: Range<usize>) -> Part<'_> {
        let is_marked = |one: u64| self.marked.has(Leaf(one).ordinal());
        let is_marked = self.needs_leaves() && (is_marked(leaf) || is_marked(person));
        if self.people.is_empty() && !is_marked && self.per.is_none() {
            return Part::of(person, rows, None);
        }
        Part::of(person, rows, Some(self.special(Person(person), Leaf(leaf))))
    }

    #[cold]
    fn special(&self, person: Person, leaf: Leaf) -> Special<'_> {
        let mut special = Special::nothing(leaf.0);
        let mut moved = None;
        if self.needs_leaves() && self.marked.has(leaf.ordinal()) {
            special.is_hidden = self.mask.hidden.contains(&leaf);
            special.cuts = self.mask.cuts.get(&leaf).map_or(&[], Vec::as_slice);
            special.pause = self.mask.pauses.get(&leaf).copied().unwrap_or_default();
            moved = self.mask.moved.get(&leaf).copied();
        }
        special.is_hidden |= !self.counts(moved.unwrap_or(person));
        special.elsewhere = moved.or_else(|| self.is_target(person).then_some(person));
        special
    }

    /// Whether a row of a part is seen that its lens shows.
    #[inline]
    pub(super) fn sees(&self, part: &Part<'_>, chunk: &Chunk, row: usize) -> bool {
        let Some(special) = &part.special else { return true };
        !special.is_hidden && (special.says_nothing() || !self.is_masked(special, chunk, row))
    }

    #[cold]
    fn is_masked(&self, special: &Special<'_>, chunk: &Chunk, row: usize) -> bool {
        // INVARIANT(mask): a row whose verdict is not known is hidden.
        let Some(stamp) = chunk.stamp(row) else { return true };
        let verdict = self.mask.verdict(stamp.verdict);
        if special.pause.closes(self.purpose, verdict) {
            return true;
        }
        // INVARIANT(mask): without both times every cut applies.
        let Some((received, time)) = chunk.received.get(row).zip(chunk.time.get(row)) else {
            return special.cuts.iter().any(|cut| cut.purposes.has(self.purpose));
        };
        verdict.is_cut(self.purpose, special.cuts, Time(*received), Time(*time))
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
