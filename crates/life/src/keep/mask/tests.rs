//! What is shown after random histories, held against a filter that goes through the whole history
//! for each row: it is written from the documents, and keeps neither cuts nor pauses.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use vocabulary::{Leaf, Limits, Outcome, Purpose, Purposes, Region, SourceId, Span, Time};

use super::Masked;
use crate::admit::{
    Act, Audience, Basis, Blinded, Blinder, Catalogue, Gate, Judged, KeyKind, Law, Sealable, Seen,
    Source, SourceKind, Subject,
};
use crate::arrive::{Dated, Kind, Raw, Signals};
use crate::keep::names::Named;
use crate::keep::{Draft, Record, Row, Truth};

/// Noon of the first of January 2026.
const NOON: Time = Time(1_767_268_800_000_000);

/// Three ids, of which the last is a user's.
const IDS: [(Subject, &str); 3] =
    [(Subject::Device, "d1"), (Subject::Device, "d2"), (Subject::User, "u1")];

/// What a person does, and what is done with their data.
#[derive(Debug, Clone, Copy)]
enum Step {
    Say {
        id: usize,
        yes: Purposes,
        no: Purposes,
    },
    Send {
        id: usize,
    },
    Link {
        first: usize,
        second: usize,
    },
    Unlink {
        id: usize,
    },
    Restrict {
        id: usize,
        lift: bool,
    },
    Erase {
        id: usize,
    },
    /// The rules are these from here on.
    Rules(usize),
}

/// splitmix64: the same histories on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> usize {
        usize::try_from(self.roll() % end).unwrap()
    }

    fn some(&mut self) -> Purposes {
        let chosen = self.roll();
        let asked = WORLD.asked.iter().zip(0..);
        asked.filter(|(_, bit)| chosen >> bit & 1 == 1).map(|(purpose, _)| *purpose).collect()
    }

    fn step(&mut self) -> Step {
        let id = self.below(3);
        match self.below(16) {
            0..=2 => Step::Say { id, yes: self.some(), no: Purposes::NONE },
            3..=4 => Step::Say { id, yes: Purposes::NONE, no: self.some() },
            5 => Step::Say { id, yes: self.some(), no: self.some() },
            6..=10 => Step::Send { id },
            11 => Step::Link { first: id, second: self.below(3) },
            12 => Step::Unlink { id },
            13 => Step::Restrict { id, lift: self.below(2) == 0 },
            14 if self.below(3) == 0 => Step::Erase { id },
            14 => Step::Send { id },
            _ => Step::Rules(self.below(4)),
        }
    }
}

/// The gate, the purposes that are asked about, and the sources that the rules may declare.
struct World {
    gate: Gate,
    asked: Vec<Purpose>,
    on_device: Purposes,
    rules: [Option<Source>; 4],
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let mut catalogue = Catalogue::shipped().unwrap();
    let mut names = crate::keep::Names::default();
    catalogue.bind(|name| names.insert(Named::Property, name));
    let law = Law::shipped(&catalogue).unwrap();
    let named = |name: &str| catalogue.purpose(name).unwrap();
    let asked = ["operate", "measure", "support", "market-mail"].map(named).to_vec();
    let [operate, measure, support, _] = asked[..] else { panic!("four purposes") };
    let source = |bases: &[(Purpose, Basis)]| Source {
        id: SourceId(1),
        name: "shop".to_owned(),
        kind: SourceKind::Server,
        audience: Audience::General,
        markets: vec!["EU".to_owned()],
        regimes: law.regimes_of(&["EU".to_owned()]),
        is_sensitive: false,
        asks: vocabulary::Manner::Choice,
        bases: bases.iter().copied().collect::<BTreeMap<_, _>>(),
        keeps_unclassified: false,
        url_parameters: Vec::new(),
        filtered_events: Vec::new(),
        events_per_second_max: 0,
        is_test: true,
    };
    let rules = [
        Some(source(&[(operate, Basis::Contract), (support, Basis::LegitimateInterest)])),
        // What rested on an interest is to rest on consent.
        Some(source(&[(operate, Basis::Contract)])),
        // And the other way round; the contract is gone.
        Some(source(&[(measure, Basis::LegitimateInterest)])),
        // The source is declared no more.
        None,
    ];
    let on_device = catalogue.on_device();
    let gate = Gate::new(Arc::new(catalogue), Arc::new(law), Limits::default());
    World { gate, asked, on_device, rules }
});

/// A history as it is lived, by the product.
struct Life {
    truth: Truth,
    limits: Limits,
    blinder: Blinder,
    rules: usize,
    rows: Vec<(usize, Row)>,
    /// What happened, with the rows that were there by then.
    told: Vec<(Step, usize)>,
}

impl Life {
    fn new() -> Self {
        let limits = Limits { consent_acts: 1_000, ..Limits::default() };
        let truth = Truth::new(Region(0), WORLD.on_device, limits.consent_acts);
        let blinder = Blinder::new([7; 32]);
        Self { truth, limits, blinder, rules: 0, rows: Vec::new(), told: Vec::new() }
    }

    fn whose(&self, id: usize) -> Blinded {
        let (subject, name) = IDS[id];
        let index = self.blinder.index(subject, name);
        Blinded { index, subject, clear: Sealable(name.into()) }
    }

    fn leaf(&self, id: usize) -> Option<Leaf> {
        self.truth.identity.leaf(&self.whose(id).index)
    }

    fn take(&mut self, step: Step, now: Time) {
        match step {
            Step::Say { id, yes, no } => {
                let whose = self.whose(id);
                let act = Act { time: now, yes, no };
                Draft::new(&mut self.truth, &self.limits).consent(&whose, act, now);
            }
            Step::Send { id } => {
                if !self.send(id, now) {
                    return;
                }
            }
            Step::Link { first, second } => {
                let (Some(one), Some(two)) = (self.leaf(first), self.leaf(second)) else { return };
                if !Draft::new(&mut self.truth, &self.limits).link(one, two) {
                    return;
                }
            }
            Step::Unlink { id } => {
                let Some(leaf) = self.leaf(id) else { return };
                let person = self.truth.identity.person(leaf);
                let others: Vec<Leaf> =
                    self.truth.identity.others_of(person, leaf).copied().collect();
                if others.is_empty() {
                    return;
                }
                let leaving = if Leaf(person.0) == leaf { others } else { vec![leaf] };
                Draft::new(&mut self.truth, &self.limits).unlink(leaving);
            }
            Step::Restrict { id, lift } => {
                let Some(leaf) = self.leaf(id) else { return };
                let since = (!lift).then_some(now);
                Draft::new(&mut self.truth, &self.limits).restrict(leaf, since);
            }
            Step::Erase { id } => {
                let Some(leaf) = self.leaf(id) else { return };
                let leaves = self.truth.identity.leaves_of(self.truth.identity.person(leaf));
                Draft::new(&mut self.truth, &self.limits).erase(leaves, now);
            }
            Step::Rules(rules) => {
                self.rules = rules;
                let source = WORLD.rules[rules].as_ref();
                self.truth.rejudge(&|key| Some(WORLD.gate.plan_again(key, source?, now)));
            }
        }
        self.told.push((step, self.rows.len()));
    }

    fn send(&mut self, id: usize, now: Time) -> bool {
        let Some(source) = &WORLD.rules[self.rules] else { return false };
        let (subject, name) = IDS[id];
        let named = |of: Subject| (subject == of).then_some(Cow::Borrowed(name));
        let raw = Raw {
            kind: Kind::Event,
            name: Cow::Borrowed("Seen"),
            message: None,
            user: named(Subject::User),
            device: named(Subject::Device),
            previous: None,
            session: None,
            time: now,
            dated: Dated::Told,
            received: now,
            sequence: 0,
            fields: Vec::new(),
            choices: Vec::new(),
            told: None,
            signals: Signals::default(),
            address: None,
        };
        let found = WORLD.gate.identify(raw, source, KeyKind::Server, &self.blinder).unwrap();
        let standing = self.truth.standing(&found, now);
        let seen = &mut Seen::default();
        let judged = WORLD.gate.judge(found, source, standing, &self.blinder, seen);
        let Judged::Admitted(admitted) = judged else { return false };
        let mut draft = Draft::new(&mut self.truth, &self.limits);
        let outcome = draft.admit(*admitted, now);
        for record in draft.finish().into_records() {
            if let Record::Row { row, .. } = record {
                self.rows.push((id, *row));
            }
        }
        outcome == Outcome::Accepted
    }

    fn shows(&self, row: &Row, purpose: Purpose) -> bool {
        let Row { leaf, time, received, verdict, purposes, .. } = *row;
        self.truth.shows(purpose, Masked { leaf, time, received, verdict, purposes })
    }
}

/// What a row rests on, by rules: nothing, consent, something to object to, or neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ground {
    Closed,
    Consent,
    Interest,
    Contract,
}

impl Ground {
    fn allows(self, is_yes: bool, is_no: bool) -> bool {
        match self {
            Ground::Closed => false,
            Ground::Consent => is_yes,
            Ground::Interest => !is_no,
            Ground::Contract => true,
        }
    }
}

fn ground(rules: usize, purpose: Purpose) -> Ground {
    let Some(source) = &WORLD.rules[rules] else { return Ground::Closed };
    match source.bases.get(&purpose) {
        Some(Basis::Contract) => Ground::Contract,
        Some(Basis::LegitimateInterest) => Ground::Interest,
        Some(_) | None => Ground::Consent,
    }
}

/// The slow filter: goes through the whole history of a row.
struct Filter<'a> {
    told: &'a [(Step, usize)],
    bugs: &'a [&'static str],
}

impl Filter<'_> {
    fn has(&self, bug: &'static str) -> bool {
        self.bugs.contains(&bug)
    }

    fn shows(&self, place: usize, life: &Life, purpose: Purpose) -> bool {
        let (id, row) = &life.rows[place];
        let said = life.truth.verdict_key(row.verdict).unwrap();
        let mut people: Vec<BTreeSet<usize>> = (0..3).map(|id| BTreeSet::from([id])).collect();
        let mut word: [Option<bool>; 3] = [None; 3];
        let mut restricted = [false; 3];
        let (mut rules, mut admitted_by) = (0, 0);
        let (mut is_withdrawn, mut is_erased) = (false, false);
        for (step, rows) in self.told {
            // The step that brings a row counts it already.
            let is_after = *rows > place;
            let whole = |people: &[BTreeSet<usize>], id: usize| people[id].clone();
            match *step {
                Step::Send { .. } if *rows == place + 1 => admitted_by = rules,
                Step::Send { .. } => {}
                Step::Say { id: who, yes, no } => {
                    let mut reached = BTreeSet::from([who]);
                    if no.has(purpose) && !WORLD.on_device.has(purpose) {
                        reached = whole(&people, who);
                    }
                    for one in reached {
                        if no.has(purpose) {
                            word[one] = Some(false);
                            is_withdrawn |= is_after && one == *id;
                        } else if yes.has(purpose) && one == who {
                            word[one] = Some(true);
                        }
                    }
                }
                Step::Link { first, second } => {
                    let all: BTreeSet<usize> =
                        people[first].union(&people[second]).copied().collect();
                    all.iter().for_each(|one| people[*one].clone_from(&all));
                }
                Step::Unlink { id: who } => {
                    let mut rest = whole(&people, who);
                    rest.remove(&who);
                    rest.iter().for_each(|one| people[*one].clone_from(&rest));
                    people[who] = BTreeSet::from([who]);
                }
                Step::Restrict { id: who, lift } => {
                    whole(&people, who).iter().for_each(|one| restricted[*one] = !lift);
                }
                Step::Erase { id: who } => {
                    for one in whole(&people, who) {
                        is_erased |= is_after && one == *id;
                        (word[one], restricted[one]) = (None, false);
                        people[one] = BTreeSet::from([one]);
                    }
                }
                Step::Rules(next) => rules = next,
            }
        }
        let (then, now) = (ground(admitted_by, purpose), ground(rules, purpose));
        let is_lawful = now.allows(said.yes.has(purpose), said.no.has(purpose));
        let by_consent = then == Ground::Consent || now == Ground::Consent;
        let by_interest = !by_consent && (then == Ground::Interest || now == Ground::Interest);
        let is_restricted = people[*id].iter().any(|one| restricted[*one]);
        row.purposes.has(purpose)
            && (!is_erased || self.has("the erased are shown"))
            && (is_lawful || self.has("rules are not judged again"))
            && (!is_restricted || self.has("restriction is nothing"))
            && (!(by_consent && is_withdrawn) || self.has("a withdrawal is nothing"))
            && (!(by_interest && word[*id] == Some(false)) || self.has("objections are nothing"))
            && !(by_interest && is_withdrawn && self.has("an objection is for good"))
    }
}

/// Lives so many histories, and tells of each row and purpose whether the product shows it.
fn live(seed: u64, histories: u64, mut tell: impl FnMut(&Life, usize, Purpose, bool)) {
    for number in 0..histories {
        let mut dice = Dice(seed ^ number.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let mut life = Life::new();
        let count = 6 + dice.below(24);
        for at in 1..=count {
            life.take(dice.step(), NOON + Span(i64::try_from(at).unwrap() * 1_000));
        }
        for place in 0..life.rows.len() {
            for purpose in WORLD.asked.iter().copied() {
                tell(&life, place, purpose, life.shows(&life.rows[place].1, purpose));
            }
        }
    }
}

const HISTORIES: u64 = 100_000;

#[test]
fn what_is_shown_equals_a_filter_over_the_whole_history() {
    let mut counts = [0_u64; 2];
    live(1, HISTORIES, |life, place, purpose, is_shown| {
        let filter = Filter { told: &life.told, bugs: &[] };
        let wanted = filter.shows(place, life, purpose);
        counts[usize::from(is_shown)] += 1;
        assert_eq!(is_shown, wanted, "{purpose:?} of row {place}: {:?}", life.told);
    });
    let [hidden, shown] = counts;
    println!("{} rows and purposes: {shown} shown, {hidden} hidden", hidden + shown);
    assert!(shown > 100_000 && hidden > 100_000, "{counts:?}");
}

/// A filter that forgets one thing is found out, so each thing counts somewhere.
#[test]
fn each_part_of_the_mask_counts_somewhere() {
    for bug in [
        "the erased are shown",
        "rules are not judged again",
        "restriction is nothing",
        "a withdrawal is nothing",
        "objections are nothing",
        "an objection is for good",
    ] {
        let mut differs = 0;
        live(2, 2_000, |life, place, purpose, is_shown| {
            let filter = Filter { told: &life.told, bugs: &[bug] };
            differs += usize::from(filter.shows(place, life, purpose) != is_shown);
        });
        assert!(differs > 0, "{bug}");
    }
}
