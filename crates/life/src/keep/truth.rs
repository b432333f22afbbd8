//! What is true: the state that the journal's order builds. A restart loads it from the vault and
//! replays the rest.
//!
//! It holds names, verdicts, identities, consents and masks, but no rows and no clear identifier.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use vocabulary::{
    Code, Counts, Leaf, Limits, Person, Purpose, Purposes, Region, SourceId, Time, VerdictId,
};

use super::frame::Record;
use super::identity::{Identity, Version};
use super::mask::{Cut, Mask, Masked, Pause, VerdictMask};
use super::names::{Named, Names};
use crate::admit::{Acts, AdmissionPlan, Identified, Index, Standing, VerdictKey};

/// What judging again closes of what a source brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Narrowed {
    /// The purposes that are closed for some of it.
    pub closed: Purposes,
    /// How many verdicts the source has, and how many of them lose a purpose.
    pub verdicts: usize,
    pub verdicts_narrowed: usize,
}

/// The plan that some rules make of a verdict's key; none when they do not know its source.
pub type Plans<'p> = &'p dyn Fn(&VerdictKey) -> Option<Arc<AdmissionPlan>>;

/// The state of one region.
#[derive(Debug)]
pub struct Truth {
    pub names: Names,
    pub identity: Identity,
    verdict_ids: HashMap<VerdictKey, VerdictId>,
    /// What narrows every reader; `moved` stays empty here.
    mask: Mask,
    verdict_keys: Vec<Option<VerdictKey>>,
    /// By verdict: what was allowed when it was given; the rules of now may allow less.
    admitted: Vec<VerdictMask>,
    /// Leaves whose use was restricted, each by itself.
    restricted: FxHashSet<Leaf>,
    /// How many verdicts each source has.
    verdict_counts: HashMap<SourceId, usize>,
    /// The event names that each source has used.
    used_names: FxHashMap<SourceId, FxHashSet<Code>>,
    acts: FxHashMap<Leaf, Acts>,
    suppressed: FxHashMap<Index, Time>,
    counts: BTreeMap<SourceId, Counts>,
    /// Purposes that read or store on a device: their consent stays with the device at a merge.
    on_device: Purposes,
    acts_max: usize,
}

impl Truth {
    /// The empty state of a region.
    #[must_use]
    pub fn new(region: Region, on_device: Purposes, acts_max: usize) -> Self {
        Self {
            names: Names::default(),
            identity: Identity::new(region),
            verdict_ids: HashMap::new(),
            mask: Mask::default(),
            verdict_keys: Vec::new(),
            admitted: Vec::new(),
            restricted: FxHashSet::default(),
            verdict_counts: HashMap::new(),
            used_names: FxHashMap::default(),
            acts: FxHashMap::default(),
            suppressed: FxHashMap::default(),
            counts: BTreeMap::new(),
            on_device,
            acts_max,
        }
    }

    /// Lets a record take effect. Of rows only the names count here.
    pub fn apply(&mut self, record: &Record) {
        match record {
            Record::Name { named, code, text } => self.names.enter(*named, *code, text),
            Record::Verdict { id, key, purposes, ending } => {
                let (purposes, ending) = (*purposes, *ending);
                let mask = VerdictMask { purposes, ending, ..VerdictMask::default() };
                self.enter_verdict(*id, **key, mask);
            }
            Record::Grounds { id, objectable, explicit } => {
                self.enter_grounds(*id, *objectable, *explicit);
            }
            Record::Leaf { leaf, index, subject, .. } => {
                self.identity.enter(*index, *leaf, *subject);
            }
            Record::Link { first, second } => {
                self.identity.link(*first, *second);
                self.pause_person(*first);
            }
            Record::Unlink { leaves } => {
                let person = leaves.first().map(|leaf| self.identity.person(*leaf));
                self.identity.unlink(leaves);
                leaves.first().into_iter().for_each(|leaf| self.pause_person(*leaf));
                person.into_iter().for_each(|person| self.pause_person(Leaf(person.0)));
            }
            Record::Act { leaf, act, cut } => {
                self.acts.entry(*leaf).or_default().record(*act, self.acts_max);
                if let Some(cut) = cut {
                    self.cut(*leaf, *cut);
                }
                self.pause(*leaf);
            }
            Record::Restrict { leaf, since } => {
                self.acts.entry(*leaf).or_default().restrict(*since);
                self.restrict(*leaf, since.is_some());
            }
            Record::Statement { leaf, statement } => {
                self.acts.entry(*leaf).or_default().state((**statement).clone());
            }
            Record::Erase { leaves, at } => self.erase(leaves, *at),
            Record::Counts { source, counts } => {
                self.counts.entry(*source).or_default().merge(counts);
            }
            Record::Row { row, .. } => self.use_name(row.source, row.event),
        }
    }

    /// Notes that a source has used a name.
    pub fn use_name(&mut self, source: SourceId, event: Code) {
        self.used_names.entry(source).or_default().insert(event);
    }

    /// How many event names a source has used.
    #[must_use]
    pub fn names_of(&self, source: SourceId) -> usize {
        self.used_names.get(&source).map_or(0, FxHashSet::len)
    }

    /// How many verdicts a source has.
    #[must_use]
    pub fn verdicts_of(&self, source: SourceId) -> usize {
        self.verdict_counts.get(&source).copied().unwrap_or_default()
    }

    /// What is known when an event is judged: what its person said, and whether anybody whom it
    /// names was forgotten.
    #[must_use]
    pub fn standing(&self, event: &Identified<'_>, now: Time) -> Standing {
        let said = self.said(event.named(), event.happened(), now);
        Standing { forgotten: self.forgotten(event.named()), ..said }
    }

    /// What holds for something that names these ids, the first of them its own, from when it
    /// happened until now.
    ///
    /// A `no` at either instant closes; a `yes` must hold at both: an event that was collected
    /// before the person agreed is not saved by a later yes. What names somebody beside its own id
    /// meets that person's `no`, linked or not.
    pub(super) fn said<'i>(
        &self,
        named: impl IntoIterator<Item = &'i Index>,
        happened: Time,
        now: Time,
    ) -> Standing {
        let mut named = named.into_iter();
        let Some(whose) = named.next() else { return Standing::default() };
        let own = self.identity.leaf(whose);
        let standing = own.map_or_else(Standing::default, |leaf| self.said_by(leaf, happened, now));
        let person = own.map(|leaf| self.identity.person(leaf));
        let others = named.filter_map(|index| self.identity.leaf(index));
        let others = others.filter(|leaf| Some(self.identity.person(*leaf)) != person);
        others
            .fold(standing, |all, leaf| all.with(self.said_by(leaf, happened, now), self.on_device))
    }

    /// What the person behind a leaf has said, as it counts for that leaf.
    fn said_by(&self, leaf: Leaf, happened: Time, now: Time) -> Standing {
        let said = |leaf: &Leaf| {
            self.acts.get(leaf).map(|acts| acts.standing(happened, now)).unwrap_or_default()
        };
        let person = self.identity.person(leaf);
        let others = self.identity.others_of(person, leaf).map(said);
        others.fold(said(&leaf), |all, other| all.with(other, self.on_device))
    }

    /// Until when everything that was collected about any of these ids is refused, because one of
    /// them was erased.
    #[must_use]
    pub fn forgotten<'i>(&self, named: impl IntoIterator<Item = &'i Index>) -> Option<Time> {
        named.into_iter().filter_map(|index| self.suppressed.get(index).copied()).max()
    }

    /// Whether a choice that was told for itself may be from before an erasure. A yes without a
    /// time may be the repetition of an old one, also one that opens nothing; a no without a time
    /// is heard as one of now.
    #[must_use]
    pub fn forgets(&self, choice: &Identified<'_>, limits: &Limits) -> bool {
        let (until, stated) = (self.forgotten(choice.named()), choice.statement());
        until.zip(stated).is_some_and(|(until, stated)| {
            stated.time <= until || !stated.yes.is_empty() && choice.earliest(limits) <= until
        })
    }

    /// The acts of one leaf.
    #[must_use]
    pub fn acts(&self, leaf: Leaf) -> Acts {
        self.acts.get(&leaf).cloned().unwrap_or_default()
    }

    /// Since when the use of a person's data is restricted.
    #[must_use]
    pub fn restricted_since(&self, person: Person) -> Option<Time> {
        let leaves = self.identity.leaves_of(person);
        leaves.iter().filter_map(|leaf| self.acts.get(leaf)?.restricted()).min()
    }

    /// Purposes whose consent stays with a device.
    #[must_use]
    pub fn on_device(&self) -> Purposes {
        self.on_device
    }

    /// The number of a verdict, if it has one.
    #[must_use]
    pub fn verdict(&self, key: &VerdictKey) -> Option<VerdictId> {
        self.verdict_ids.get(key).copied()
    }

    /// What was known when a verdict was given.
    #[must_use]
    pub fn verdict_key(&self, id: VerdictId) -> Option<VerdictKey> {
        self.verdict_keys.get(usize::try_from(id.0).ok()?).copied().flatten()
    }

    /// The number that the next new verdict will get.
    #[must_use]
    pub fn next_verdict(&self) -> VerdictId {
        VerdictId(u32::try_from(self.verdict_keys.len()).unwrap_or(u32::MAX))
    }

    /// The mask as it holds now, for files whose order rests on `oldest` or a later version.
    #[must_use]
    pub fn mask(&self, oldest: Version) -> Mask {
        let moved = self.identity.moved_since(oldest);
        let moved: HashMap<Leaf, Person> =
            moved.map(|leaf| (leaf, self.identity.person(leaf))).collect();
        Mask { moved: Arc::new(moved), ..self.mask.clone() }
    }

    /// Whether a row is visible for a purpose now.
    #[must_use]
    pub fn shows(&self, purpose: Purpose, row: Masked) -> bool {
        self.mask.shows(purpose, row)
    }

    /// Grows whenever the mask narrows.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.mask.epoch
    }

    /// Leaves that nobody sees any more.
    #[must_use]
    pub fn hidden(&self) -> Arc<HashSet<Leaf>> {
        Arc::clone(&self.mask.hidden)
    }

    /// How the events of each source ended.
    #[must_use]
    pub fn counts(&self) -> &BTreeMap<SourceId, Counts> {
        &self.counts
    }

    /// Gives every name its code, answering whether it is new.
    pub fn name(&mut self, named: Named, text: &str) -> (Code, bool) {
        let known = self.names.code(named, text);
        (known.unwrap_or_else(|| self.names.insert(named, text)), known.is_none())
    }

    /// Restores a verdict.
    pub fn restore_verdict(&mut self, id: VerdictId, key: VerdictKey, mask: VerdictMask) {
        self.enter_verdict(id, key, mask);
    }

    /// Restores the acts of a leaf.
    pub fn restore_acts(&mut self, leaf: Leaf, acts: Acts) {
        let is_restricted = acts.restricted().is_some();
        self.acts.insert(leaf, acts);
        if is_restricted {
            self.restrict(leaf, true);
        } else {
            self.pause(leaf);
        }
    }

    /// Restores an index that must not come back with anything collected up to `until`.
    pub fn suppress(&mut self, index: Index, until: Time) {
        let held = self.suppressed.entry(index).or_insert(until);
        *held = (*held).max(until);
    }

    /// Restores leaves that nobody sees.
    pub fn hide(&mut self, leaf: Leaf) {
        Arc::make_mut(&mut self.mask.hidden).insert(leaf);
        self.mask.epoch += 1;
    }

    /// Restores a withdrawal.
    pub fn cut(&mut self, leaf: Leaf, cut: Cut) {
        cut.add_to(Arc::make_mut(&mut self.mask.cuts).entry(leaf).or_default());
        self.mask.epoch += 1;
    }

    fn erase(&mut self, leaves: &[Leaf], at: Time) {
        for index in self.identity.indexes_of(leaves) {
            self.identity.detach(&index);
            self.suppress(index, at);
        }
        for leaf in leaves {
            self.hide(*leaf);
            self.acts.remove(leaf);
            self.restricted.remove(leaf);
            Arc::make_mut(&mut self.mask.cuts).remove(leaf);
            Arc::make_mut(&mut self.mask.pauses).remove(leaf);
        }
    }

    fn restrict(&mut self, leaf: Leaf, is_restricted: bool) {
        if is_restricted {
            self.restricted.insert(leaf);
        } else {
            self.restricted.remove(&leaf);
        }
        self.pause_person(leaf);
    }

    /// Works out anew what stands against the rows of a person whose leaves have changed: of whom
    /// one is restricted, all are.
    fn pause_person(&mut self, leaf: Leaf) {
        if self.restricted.is_empty() && !self.mask.pauses.values().any(|one| one.is_restricted) {
            return;
        }
        for leaf in self.identity.leaves_of(self.identity.person(leaf)) {
            self.pause(leaf);
        }
    }

    /// Works out anew what stands against the rows of a leaf.
    fn pause(&mut self, leaf: Leaf) {
        // No act lies in the future, so this is what holds now.
        let said = self.acts.get(&leaf).map(|acts| acts.at(Time(i64::MAX)));
        let objected = said.map_or(Purposes::NONE, |(_, no)| no);
        let is_restricted = !self.restricted.is_empty() && {
            let leaves = self.identity.leaves_of(self.identity.person(leaf));
            leaves.iter().any(|leaf| self.restricted.contains(leaf))
        };
        let pause = Pause { objected, is_restricted };
        if self.mask.pauses.get(&leaf).copied().unwrap_or_default() == pause {
            return;
        }
        let pauses = Arc::make_mut(&mut self.mask.pauses);
        if pause == Pause::default() {
            pauses.remove(&leaf);
        } else {
            pauses.insert(leaf, pause);
        }
        self.mask.epoch += 1;
    }

    /// Judges every verdict again by the plan that the rules of now make of its key, and answers
    /// what that closes.
    ///
    /// What was admitted is remembered: rules that are put back show again what they had shown.
    pub fn rejudge(&mut self, plan: Plans<'_>) -> BTreeMap<SourceId, Narrowed> {
        let (masks, narrowed) = self.judged(plan);
        if *self.mask.verdicts != masks {
            self.mask.verdicts = Arc::new(masks);
            self.mask.epoch += 1;
        }
        narrowed
    }

    /// What rules would close of all that was admitted, by source. Of a source that they do not
    /// declare nothing is left.
    #[must_use]
    pub fn effect(&self, plan: Plans<'_>) -> BTreeMap<SourceId, Narrowed> {
        self.judged(plan).1
    }

    fn judged(&self, plan: Plans<'_>) -> (Vec<VerdictMask>, BTreeMap<SourceId, Narrowed>) {
        let mut narrowed: BTreeMap<SourceId, Narrowed> = BTreeMap::new();
        let judged = self.admitted.iter().zip(&self.verdict_keys).map(|(admitted, key)| {
            let Some(key) = key else { return *admitted };
            let mask = plan(key).map_or(VerdictMask::default(), |plan| {
                admitted.within(VerdictMask::judged(key, &plan))
            });
            let held = narrowed.entry(key.source).or_default();
            let closed = admitted.purposes.without(mask.purposes);
            held.closed = held.closed | closed;
            held.verdicts += 1;
            held.verdicts_narrowed += usize::from(!closed.is_empty());
            mask
        });
        (judged.collect(), narrowed)
    }

    /// Keeps the number of a verdict from being given again; until it is entered it allows nothing.
    pub(super) fn reserve_verdict(&mut self, id: VerdictId) {
        let count = self.verdict_keys.len().max(id.0 as usize + 1);
        Arc::make_mut(&mut self.mask.verdicts).resize(count, VerdictMask::default());
        self.admitted.resize(count, VerdictMask::default());
        self.verdict_keys.resize(count, None);
    }

    fn enter_verdict(&mut self, id: VerdictId, key: VerdictKey, mask: VerdictMask) {
        self.reserve_verdict(id);
        let place = id.0 as usize;
        let verdicts = Arc::make_mut(&mut self.mask.verdicts);
        if let (Some(held), Some(known)) =
            (verdicts.get_mut(place), self.verdict_keys.get_mut(place))
        {
            *held = mask;
            *known = Some(key);
        }
        if let Some(admitted) = self.admitted.get_mut(place) {
            *admitted = mask;
        }
        if self.verdict_ids.insert(key, id).is_none() {
            *self.verdict_counts.entry(key.source).or_default() += 1;
        }
    }

    /// Of the purposes that a no ends, says which it ends for good.
    fn enter_grounds(&mut self, id: VerdictId, objectable: Purposes, explicit: Purposes) {
        let place = id.0 as usize;
        let held = Arc::make_mut(&mut self.mask.verdicts).get_mut(place);
        for mask in [held, self.admitted.get_mut(place)].into_iter().flatten() {
            mask.ending = mask.ending.without(objectable);
            (mask.objectable, mask.explicit) = (objectable, explicit);
        }
    }
}
