//! A draft: the records of the frame that is about to be written, in the order in which they take
//! effect.
//!
//! Whatever enters a draft takes effect on the truth at once; if the frame then cannot be made
//! durable the
//! process stops, so nobody ever sees an effect that a restart would not rebuild.

use vocabulary::{Counts, Leaf, Limits, Outcome, Purposes, Refusal, SourceId, Time};

use super::frame::{Kept, Record};
use super::mask::{Cut, VerdictMask};
use super::names::Named;
use super::row::Row;
use super::truth::Truth;
use crate::admit::{Act, Acts, AdmissionPlan, Admitted, Blinded, Index, Sealable, Statement};

/// The records of one frame while they are gathered.
#[derive(Debug)]
pub struct Draft<'t> {
    truth: &'t mut Truth,
    limits: &'t Limits,
    records: Vec<Record>,
}

impl<'t> Draft<'t> {
    /// An empty draft over the truth.
    pub fn new(truth: &'t mut Truth, limits: &'t Limits) -> Self {
        Self { truth, limits, records: Vec::new() }
    }

    /// Enters an admitted event. What was said between its judgement and now still counts: it may
    /// be refused.
    pub fn admit(&mut self, mut admitted: Admitted, now: Time) -> Outcome {
        // Before anything else: not even the leaf of somebody forgotten may come back with this.
        if self.is_forgotten(admitted.named(), admitted.earliest()) {
            return Outcome::Refused(Refusal::Forgotten);
        }
        if let Some(act) = admitted.act() {
            let leaf = self.leaf(&admitted.whose().clone());
            self.record_act(leaf, act, now);
        }
        let standing = self.truth.said(admitted.named(), admitted.happened(), now);
        let plan = admitted.plan();
        let unproved = plan.explicit.without(standing.explicit);
        let unsaid = plan.consented.without(standing.yes) | unproved;
        if !admitted.narrow(unsaid | standing.no) {
            return Outcome::Refused(if standing.no.is_empty() {
                Refusal::ConsentAbsent
            } else {
                Refusal::ConsentWithdrawn
            });
        }
        let is_known = self.truth.names.code(Named::Event, admitted.event()).is_some();
        if !is_known && !self.has_room_for_name(admitted.source()) {
            return Outcome::Limited;
        }
        self.enter(admitted);
        Outcome::Accepted
    }

    /// Enters what a refused event still said: a `no` is remembered even of somebody unknown, under
    /// the blind index alone, or an objection would be lost. A yes makes nobody known.
    pub fn heed(&mut self, whose: &Blinded, act: Act, now: Time) {
        if self.is_forgotten([&whose.index], act.time) {
            return;
        }
        if self.truth.identity.leaf(&whose.index).is_some() {
            let leaf = self.leaf(whose);
            self.record_act(leaf, act, now);
        } else if !act.no.is_empty() {
            let clear = Sealable(Box::default());
            let leaf = self.leaf(&Blinded { clear, ..whose.clone() });
            self.record_act(leaf, Act { yes: Purposes::NONE, ..act }, now);
        }
    }

    /// Enters a person's choice that was sent for itself; not one that was said before an erasure.
    pub fn consent(&mut self, whose: &Blinded, act: Act, now: Time) -> bool {
        if self.is_forgotten([&whose.index], act.time) {
            return false;
        }
        let leaf = self.leaf(whose);
        self.record_act(leaf, act, now);
        true
    }

    /// Keeps what somebody stated as history. Who was unknown until now, and opens nothing by it,
    /// is remembered under the blind index alone.
    pub fn state(&mut self, whose: &Blinded, statement: Statement) {
        if self.is_forgotten([&whose.index], statement.time) {
            return;
        }
        let is_known = self.truth.identity.leaf(&whose.index).is_some();
        let leaf = if is_known {
            self.leaf(whose)
        } else {
            self.leaf(&Blinded { clear: Sealable(Box::default()), ..whose.clone() })
        };
        self.push(Record::Statement { leaf, statement: Box::new(statement) });
    }

    /// Makes the persons of two leaves one, if they may be.
    pub fn link(&mut self, first: Leaf, second: Leaf) -> bool {
        let leaves_max = self.limits.person_leaves;
        if self.truth.identity.may_link(first, second, leaves_max).is_err() {
            return false;
        }
        self.push(Record::Link { first, second });
        true
    }

    /// Takes leaves out of their person again.
    pub fn unlink(&mut self, leaves: Vec<Leaf>) {
        self.push(Record::Unlink { leaves });
    }

    /// Restricts the use of what is known of a person, or lifts that.
    pub fn restrict(&mut self, leaf: Leaf, since: Option<Time>) {
        let person = self.truth.identity.person(leaf);
        for leaf in self.truth.identity.leaves_of(person) {
            if self.truth.acts(leaf).restricted().is_some() != since.is_some() {
                self.push(Record::Restrict { leaf, since });
            }
        }
    }

    /// Makes leaves invisible for good.
    pub fn erase(&mut self, leaves: Vec<Leaf>, at: Time) {
        self.push(Record::Erase { leaves, at });
    }

    /// Enters how events of a source ended.
    pub fn count(&mut self, source: SourceId, counts: Counts) {
        self.push(Record::Counts { source, counts: Box::new(counts) });
    }

    /// Gives a name its code.
    pub fn name(&mut self, named: Named, text: &str) -> vocabulary::Code {
        let (code, is_new) = self.truth.name(named, text);
        if is_new {
            self.records.push(Record::Name { named, code, text: text.into() });
        }
        code
    }

    /// Whether nothing has been entered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The state that the draft has built so far.
    #[must_use]
    pub fn truth(&self) -> &Truth {
        self.truth
    }

    /// The records, to be sealed and written.
    #[must_use]
    pub fn finish(self) -> Kept {
        Kept::of(self.records)
    }

    fn enter(&mut self, admitted: Admitted) {
        let parts = admitted.into_parts();
        let leaf = self.leaf(&parts.whose);
        if let Some(other) = &parts.link {
            let other = self.leaf(other);
            self.link(leaf, other);
        }
        let event = self.name(Named::Event, &parts.event);
        let verdict = self.verdict(&parts.plan);
        let row = Row {
            time: parts.time,
            received: parts.received,
            sequence: parts.sequence,
            event,
            leaf,
            source: parts.source,
            verdict,
            purposes: parts.purposes,
            session: parts.session,
            columns: parts.columns,
            sealed: parts.sealed,
        };
        self.push(Record::Row { row: Box::new(row), duplicate: parts.duplicate });
    }

    /// Whether a source may bring one more name: no source can use up what is there for all.
    fn has_room_for_name(&self, source: SourceId) -> bool {
        self.truth.names.count(Named::Event) < self.limits.names
            && self.truth.names_of(source) < self.limits.names_of_source
    }

    /// Whether what was collected at this time about any of these may not be brought back, not even
    /// as a link.
    fn is_forgotten<'i>(&self, named: impl IntoIterator<Item = &'i Index>, time: Time) -> bool {
        self.truth.forgotten(named).is_some_and(|until| time <= until)
    }

    fn leaf(&mut self, whose: &Blinded) -> Leaf {
        if let Some(leaf) = self.truth.identity.leaf(&whose.index) {
            return leaf;
        }
        let leaf = self.truth.identity.next();
        self.push(Record::Leaf {
            leaf,
            index: whose.index,
            subject: whose.subject,
            clear: whose.clear.clone(),
        });
        leaf
    }

    fn verdict(&mut self, plan: &AdmissionPlan) -> vocabulary::VerdictId {
        if let Some(id) = self.truth.verdict(&plan.key) {
            return id;
        }
        let mut key = plan.key;
        let mut mask = VerdictMask::of(plan);
        if self.truth.verdicts_of(plan.key.source) >= self.limits.verdicts_of_source {
            // What a caller says must not grow a list for ever. The row's own purposes stay exact.
            key = plan.key.anything_said();
            mask = VerdictMask::of_all(plan);
            if let Some(id) = self.truth.verdict(&key) {
                return id;
            }
        }
        let id = self.truth.next_verdict();
        let VerdictMask { purposes, ending, objectable, explicit } = mask;
        let ending = ending | objectable;
        self.push(Record::Verdict { id, key: Box::new(key), purposes, ending });
        if !(objectable | explicit).is_empty() {
            self.push(Record::Grounds { id, objectable, explicit });
        }
        id
    }

    /// Records an act on a leaf; a `no` that is not bound to a device reaches all leaves of the
    /// person.
    fn record_act(&mut self, leaf: Leaf, act: Act, now: Time) {
        if !self.record_on(leaf, act, now) {
            return;
        }
        let everywhere = act.no.without(self.truth.on_device());
        if everywhere.is_empty() {
            return;
        }
        let person = self.truth.identity.person(leaf);
        for other in self.truth.identity.leaves_of(person) {
            let (_, held) = self.truth.acts(other).at(now);
            if other != leaf && !everywhere.without(held).is_empty() {
                let act = Act { time: act.time, yes: Purposes::NONE, no: everywhere };
                self.record_on(other, act, now);
            }
        }
    }

    /// Records an act on one leaf with the cuts that it makes; false when it says nothing new.
    fn record_on(&mut self, leaf: Leaf, act: Act, now: Time) -> bool {
        let mut acts = self.truth.acts(leaf);
        let (_, refused) = acts.at(now);
        if !acts.record(act, self.limits.consent_acts) {
            return false;
        }
        // What was refused before has been cut already: since then nothing could be kept for it.
        let mut cuts = cuts(&acts, act, act.no.without(refused), now).into_iter();
        self.push(Record::Act { leaf, act, cut: cuts.next() });
        for cut in cuts {
            self.push(Record::Act { leaf, act, cut: Some(cut) });
        }
        true
    }

    fn push(&mut self, record: Record) {
        self.truth.apply(&record);
        self.records.push(record);
    }
}

/// What a no about these purposes hides of what was kept: until now, or only until the next yes
/// where the person has said one since.
fn cuts(acts: &Acts, act: Act, no: Purposes, now: Time) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = Vec::new();
    for purpose in no.iter() {
        let cut = match acts.yes_after(purpose, act.time).filter(|yes| *yes < now) {
            Some(yes) => Cut { purposes: Purposes::NONE, from: act.time, before: yes },
            None => Cut { purposes: Purposes::NONE, from: act.time.min(now), before: now },
        };
        let alike = |held: &&mut Cut| (held.from, held.before) == (cut.from, cut.before);
        match cuts.iter_mut().find(alike) {
            Some(held) => held.purposes = held.purposes.with(purpose),
            None => cuts.push(Cut { purposes: cut.purposes.with(purpose), ..cut }),
        }
    }
    cuts
}

#[cfg(test)]
mod tests;
