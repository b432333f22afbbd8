//! Drafts over whole lives: what a no hides when it comes late, and how lists stay short.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use vocabulary::{Purpose, Region};

use super::*;
use crate::admit::{
    Audience, Blinder, Catalogue, Gate, Judged, KeyKind, Law, Seen, Source, SourceKind, Subject,
};
use crate::arrive::{Dated, Kind, Raw, Signals};
use crate::keep::mask::Masked;

struct Life {
    gate: Gate,
    truth: Truth,
    limits: Limits,
    blinder: Blinder,
    rows: Vec<Row>,
}

impl Life {
    fn new(limits: Limits) -> Self {
        let mut catalogue = Catalogue::shipped().unwrap();
        let mut truth = Truth::new(Region(0), catalogue.on_device(), limits.consent_acts);
        catalogue.bind(|name| truth.names.insert(Named::Property, name));
        let law = Law::shipped(&catalogue).unwrap();
        let gate = Gate::new(Arc::new(catalogue), Arc::new(law), limits.clone());
        Self { gate, truth, limits, blinder: Blinder::new([7; 32]), rows: Vec::new() }
    }

    fn send(&mut self, source: u16, raw: Raw<'_>, now: Time) -> Outcome {
        let source = source_of(source);
        let found = self.gate.identify(raw, &source, KeyKind::Site, &self.blinder).unwrap();
        let standing = self.truth.standing(&found, now);
        let judged = self.gate.judge(found, &source, standing, &self.blinder, &mut Seen::default());
        let Judged::Admitted(admitted) = judged else { return Outcome::Invalid };
        let mut draft = Draft::new(&mut self.truth, &self.limits);
        let outcome = draft.admit(*admitted, now);
        for record in draft.finish().into_records() {
            if let Record::Row { row, .. } = record {
                self.rows.push(*row);
            }
        }
        outcome
    }

    fn say(&mut self, yes: Purposes, no: Purposes, time: Time, now: Time) {
        let whose = Blinded {
            index: self.blinder.index(Subject::Device, "d1"),
            subject: Subject::Device,
            clear: Sealable("d1".into()),
        };
        Draft::new(&mut self.truth, &self.limits).consent(&whose, Act { time, yes, no }, now);
    }

    fn shows(&self, row: &Row) -> bool {
        let Row { leaf, time, received, verdict, purposes, .. } = *row;
        let masked = Masked { leaf, time, received, verdict, purposes };
        self.truth.shows(Purpose::MEASURE, masked)
    }
}

fn source_of(id: u16) -> Source {
    Source {
        id: SourceId(id),
        name: format!("shop-{id}"),
        kind: SourceKind::Site,
        audience: Audience::General,
        markets: vec!["EU".to_owned()],
        regimes: vocabulary::Regimes::NONE.with(vocabulary::Regime::ELSEWHERE),
        is_sensitive: false,
        asks: vocabulary::Manner::Choice,
        bases: BTreeMap::new(),
        keeps_unclassified: false,
        url_parameters: Vec::new(),
        filtered_events: Vec::new(),
        events_per_second_max: 0,
        is_test: true,
    }
}

fn raw(name: &str, time: Time, received: Time) -> Raw<'_> {
    Raw {
        kind: Kind::Event,
        name: Cow::Borrowed(name),
        message: None,
        user: None,
        device: Some(Cow::Borrowed("d1")),
        previous: None,
        session: None,
        time,
        dated: Dated::Told,
        received,
        sequence: 0,
        fields: Vec::new(),
        choices: Vec::new(),
        told: None,
        signals: Signals::default(),
        address: None,
    }
}

fn measure() -> Purposes {
    Purposes::NONE.with(Purpose::MEASURE)
}

/// Who was erased between the judgement of an event and its keeping is named by it all the same.
#[test]
fn an_erasure_after_the_judgement_counts_for_every_id_of_the_event() {
    let mut life = Life::new(Limits::default());
    let (source, at) = (source_of(1), Time(1_000));
    let yes = vec![(Cow::Borrowed("measure"), true)];
    let whose = Blinded {
        index: life.blinder.index(Subject::User, "u1"),
        subject: Subject::User,
        clear: Sealable("u1".into()),
    };
    let act = Act { time: Time(0), yes: measure(), no: Purposes::NONE };
    Draft::new(&mut life.truth, &life.limits).consent(&whose, act, Time(0));
    let event = Raw { user: Some(Cow::Borrowed("u1")), choices: yes, ..raw("opened", at, at) };
    let found = life.gate.identify(event, &source, KeyKind::Site, &life.blinder).unwrap();
    let standing = life.truth.standing(&found, at);
    let judged = life.gate.judge(found, &source, standing, &life.blinder, &mut Seen::default());
    let Judged::Admitted(admitted) = judged else { panic!("{judged:?}") };
    let leaf = life.truth.identity.leaf(&whose.index).unwrap();
    let mut draft = Draft::new(&mut life.truth, &life.limits);
    draft.erase(vec![leaf], Time(2_000));
    assert_eq!(draft.admit(*admitted, Time(2_000)), Outcome::Refused(Refusal::Forgotten));
    assert!(life.truth.identity.leaf(&life.blinder.index(Subject::Device, "d1")).is_none());
}

/// A step of somebody's life; a no and an event may be late by so much.
#[derive(Debug, Clone, Copy)]
enum Step {
    Yes,
    No(i64),
    Event(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let late = || prop_oneof![Just(0), 0i64..60];
    let step = prop_oneof![
        Just(Step::Yes),
        late().prop_map(Step::No),
        late().prop_map(Step::Event),
        late().prop_map(Step::Event),
    ];
    prop::collection::vec(step, 1..24)
}

/// What a no hides by the rule as it is written: what was received before it ended and what was
/// collected while it held.
fn is_hidden(row: &Row, no: Time, heard: Time, ended: Option<Time>) -> bool {
    let before = ended.unwrap_or(heard);
    row.received < heard
        && (row.received < before || ended.is_some() && no <= row.time && row.time < before)
}

proptest! {
    /// A no that comes late hides what was kept before the next yes and nothing after it.
    #[test]
    fn a_late_no_hides_until_the_next_yes(steps in steps()) {
        let mut life = Life::new(Limits { consent_acts: 1_000, ..Limits::default() });
        let mut yeses: Vec<Time> = Vec::new();
        let mut noes: Vec<(Time, Time, Option<Time>)> = Vec::new();
        // A yes that repeats what stands says nothing new and is not sent.
        let mut stands = false;
        for (step, number) in steps.into_iter().zip(1i64..) {
            let now = Time(number * 10);
            match step {
                Step::Yes if stands => {}
                Step::Yes => {
                    life.say(measure(), Purposes::NONE, now, now);
                    yeses.push(now);
                    stands = true;
                }
                Step::No(late) => {
                    let no = Time(now.0 - late);
                    life.say(Purposes::NONE, measure(), no, now);
                    let ended = yeses.iter().copied().find(|yes| *yes > no && *yes < now);
                    noes.push((no, now, ended));
                    stands = stands && ended.is_some();
                }
                Step::Event(late) => {
                    life.send(1, raw("Seen", Time(now.0 - late), now), now);
                }
            }
        }
        for row in &life.rows {
            let hidden = noes.iter().any(|(no, heard, ended)| is_hidden(row, *no, *heard, *ended));
            prop_assert_eq!(life.shows(row), !hidden, "{:?} {:?} {:?}", row, yeses, noes);
            // And never is anything shown for which the last word of its time was a no.
            let last = |time: Time| {
                let yes = yeses.iter().filter(|yes| **yes <= time).max().copied();
                let no = noes.iter().map(|(no, ..)| *no).filter(|no| *no <= time).max();
                no.is_some_and(|no| yes.is_none_or(|yes| yes <= no))
            };
            prop_assert!(!life.shows(row) || !last(row.time) && !last(row.received));
        }
    }

    /// However many withdrawals are remembered, joining the oldest never shows what one hides.
    #[test]
    fn joined_cuts_hide_no_less(
        cuts in prop::collection::vec((1u64..8, 0i64..400, 0i64..400), 0..200),
    ) {
        let mut held = Vec::new();
        let each: Vec<Cut> = cuts.iter().map(|(purposes, from, before)| Cut {
            purposes: Purposes(*purposes), from: Time(*from), before: Time(*before),
        }).collect();
        for cut in &each {
            cut.add_to(&mut held);
        }
        prop_assert!(held.len() <= Cut::COUNT_MAX);
        for purpose in Purposes(7).iter() {
            let instants = (0..400).step_by(7);
            for (received, time) in instants.flat_map(|at| [(at, at), (at, at / 2), (399, at)]) {
                let hides = |cut: &Cut| cut.hides(purpose, Time(received), Time(time));
                prop_assert!(!each.iter().any(hides) || held.iter().any(hides));
            }
        }
    }
}

#[test]
fn a_flood_of_names_from_one_source_leaves_room_for_another() {
    let limits = Limits { names_of_source: 20, names: 1_000, ..Limits::default() };
    let mut life = Life::new(limits);
    life.say(measure(), Purposes::NONE, Time(0), Time(0));
    let now = Time(10);
    let letter = |number: u8| char::from(b'a' + number);
    let mut outcomes = Vec::new();
    for (one, two) in (0..10u8).flat_map(|one| (0..10u8).map(move |two| (one, two))) {
        let name = format!("junk {}{}", letter(one), letter(two));
        outcomes.push(life.send(1, raw(&name, now, now), now));
    }
    assert_eq!(outcomes.iter().filter(|end| **end == Outcome::Accepted).count(), 20);
    assert_eq!(outcomes.iter().filter(|end| **end == Outcome::Limited).count(), 80);
    assert_eq!(life.send(2, raw("Honest", now, now), now), Outcome::Accepted);
    // What is named already can be used by all, the flooding source included.
    assert_eq!(life.send(1, raw("Honest", now, now), now), Outcome::Accepted);
    assert_eq!(life.send(1, raw("junk aa", now, now), now), Outcome::Accepted);
}

#[test]
fn what_callers_say_does_not_grow_the_list_of_verdicts_for_ever() {
    let limits = Limits { verdicts_of_source: 8, ..Limits::default() };
    let mut life = Life::new(limits);
    let others: Vec<Purpose> = Purposes::ALL
        .iter()
        .filter(|purpose| {
            life.gate.catalogue().purpose_name(*purpose).is_some() && *purpose != Purpose::MEASURE
        })
        .take(6)
        .collect();
    for (combination, number) in (0u32..64).zip(1i64..) {
        let chosen = others.iter().zip(0..).filter(|(_, bit)| combination >> bit & 1 == 1);
        let yes: Purposes = chosen.map(|(purpose, _)| *purpose).collect();
        let now = Time(number * 10);
        let no = others.iter().copied().collect::<Purposes>().without(yes);
        life.say(yes.with(Purpose::MEASURE), no, now, now);
        assert_eq!(life.send(1, raw("Seen", now, now), now), Outcome::Accepted);
    }
    assert!(life.truth.verdicts_of(SourceId(1)) <= 9, "{}", life.truth.verdicts_of(SourceId(1)));
    assert!(life.rows.iter().all(|row| life.shows(row)));
    assert_eq!(life.truth.verdicts_of(SourceId(2)), 0);
    // A withdrawal reaches the rows of the common verdict as it reaches the others.
    life.say(Purposes::NONE, measure(), Time(10_000), Time(10_000));
    assert!(!life.rows.iter().any(|row| life.shows(row)));
}
