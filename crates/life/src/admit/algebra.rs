//! What may be kept, said a second time: a slow model of the permission algebra, written from the
//! documents and held against the product. It knows nothing of how the product does it.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use vocabulary::{Limits, Manner, NoticeShown, Purpose, Purposes, SourceId, Time};

use super::catalogue::DeclaredPurpose;
use super::plan::compile;
use super::{
    Act, Acts, Audience, Basis, Catalogue, Footing, Gate, Law, Source, SourceKind, Standing,
    Statement, Terms,
};

const DECLARED: Purposes = Purposes((1 << 27) - 1);

/// Few instants, so that acts often fall together; in three years, so that laws change in between.
const TICKS: usize = 12;

fn instant(tick: usize) -> Time {
    // Summers of 2019 and 2022, and 2026-11-24.
    let seconds = [1_559_347_200, 1_654_041_600, 1_795_521_600][tick / 4];
    Time(seconds * 1_000_000 + i64::try_from(tick % 4).unwrap())
}

/// One event and all that was said about it.
#[derive(Debug, Clone)]
struct Case {
    source: usize,
    time: Time,
    now: Time,
    /// In the order of their arrival.
    leaf: Vec<Act>,
    linked: Vec<Act>,
    own: Option<Act>,
    /// Acts of the leaf that were stated for themselves, with what was shown.
    stated: Vec<Act>,
    signal: bool,
}

/// splitmix64: the same cases on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end as u64).unwrap()
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// Each declared purpose with a chance of one in four.
    fn some(&mut self) -> Purposes {
        Purposes(self.roll() & self.roll()) & DECLARED
    }

    fn shuffle<T>(&mut self, of: &mut [T]) {
        (1..of.len()).rev().for_each(|place| of.swap(place, self.below(place + 1)));
    }

    fn act(&mut self) -> Act {
        let one = Purposes(1 << self.below(27));
        let (yes, no) = match self.below(8) {
            0 => (DECLARED, Purposes::NONE),
            1 => (Purposes::NONE, DECLARED),
            2 => (one, Purposes::NONE),
            3 => (Purposes::NONE, one),
            4 => (self.some() | self.some(), Purposes::NONE),
            _ => (self.some() | self.some(), self.some()),
        };
        Act { time: instant(self.below(TICKS)), yes, no }
    }

    /// Acts whose exact meaning is defined whatever the order of arrival: one that says a no is
    /// said once, one that says only yes at most twice, because of repeated acts the first and the
    /// last alone are remembered. What more repetition does stands in a property of its own.
    fn acts(&mut self, count: usize) -> Vec<Act> {
        let mut acts: Vec<Act> = Vec::new();
        while acts.len() < count {
            let mut act = self.act();
            if !acts.is_empty() && self.below(6) == 0 {
                act = Act { time: act.time, ..self.pick(&acts) };
            }
            let says = |act: &Act| (act.yes.without(act.no), act.no);
            let times = acts.iter().filter(|held| says(held) == says(&act)).count();
            let is_yes = act.no.is_empty();
            if times <= usize::from(is_yes) && !(is_yes && act.yes.is_empty()) {
                acts.push(act);
            }
        }
        acts
    }

    fn case(&mut self) -> Case {
        let then = self.below(TICKS);
        let now = if self.below(2) == 0 { TICKS - 1 } else { then + self.below(TICKS - then) };
        let time = instant(then);
        let (said, linked) = (1 + self.below(6), self.below(12).saturating_sub(5));
        let leaf = self.acts(said);
        let mut stated = leaf.clone();
        stated.retain(|_| self.below(2) == 0);
        Case {
            source: self.below(WORLD.sources.len()),
            time,
            now: instant(now),
            leaf,
            stated,
            linked: self.acts(linked),
            own: (self.below(3) == 0).then(|| Act { time, ..self.act() }),
            signal: self.below(4) == 0,
        }
    }

    /// The same case with one more no, one yes less, or the signal.
    fn narrower(&mut self, case: &Case) -> Case {
        let mut case = case.clone();
        let some = self.some();
        let fresh = Act { time: instant(self.below(TICKS)), yes: Purposes::NONE, no: some };
        let acts = if self.below(3) == 0 { &mut case.linked } else { &mut case.leaf };
        let place = self.below(acts.len().max(1));
        match (self.below(7), acts.get_mut(place)) {
            (0, _) => case.signal = true,
            (1, Some(act)) => act.yes = act.yes.without(some),
            (2, Some(act)) => act.no = act.no | some,
            (5, _) => case.stated.clear(),
            (3, _) => case.own.get_or_insert(Act { time: case.time, ..fresh }).no.0 |= some.0,
            (4, _) => case.own.iter_mut().for_each(|own| own.yes = own.yes.without(some)),
            _ => acts.insert(place, fresh),
        }
        case
    }
}

/// The product: the shipped catalogue and law, and sources of all kinds.
struct World {
    gate: Gate,
    /// The purposes alone: what becomes of fields is not asked here, and it takes long.
    bare: Catalogue,
    sources: Vec<Source>,
}

static WORLD: LazyLock<World> = LazyLock::new(World::new);

impl World {
    fn new() -> World {
        let catalogue = Catalogue::shipped().unwrap();
        let law = Law::shipped(&catalogue).unwrap();
        // Confirmed, so that what may rest on silence does.
        let rules: Vec<String> = law.rules().map(|rule| rule.id.clone()).collect();
        let law = law.confirm(&rules).unwrap();
        let mut dice = Dice(0);
        let sources = (1..=400).map(|id| source(&mut dice, id, &catalogue, &law)).collect();
        let bare = include_str!("../../../../catalog/purposes.toml");
        let bare = Catalogue::parse(&[("purposes.toml", bare)]).unwrap();
        let gate = Gate::new(Arc::new(catalogue), Arc::new(law), Limits::default());
        World { gate, bare, sources }
    }

    /// What the product has heard of a case.
    fn standing(&self, case: &Case, acts_max: usize) -> Standing {
        let standing = |said: &[Act], stated: &[Act]| {
            let mut acts = Acts::default();
            said.iter().for_each(|act| _ = acts.record(*act, acts_max));
            stated.iter().for_each(|act| acts.state(statement(*act)));
            acts.standing(case.time, case.now)
        };
        standing(&case.leaf, &case.stated).with(standing(&case.linked, &[]), self.bare.on_device())
    }

    /// The purposes for which the product keeps an event, and what they rest on.
    fn keeps(&self, case: &Case, acts_max: usize) -> (Purposes, Arc<Footing>) {
        let terms = self.gate.terms(&self.sources[case.source], (case.time, case.now));
        let standing = self.standing(case, acts_max);
        let said = standing.hearing(case.own);
        let footing = self.gate.footing(terms.key(said, case.signal), terms);
        let bare = Terms { catalogue: &self.bare, ..terms };
        let plan = |said| compile(bare, &footing, terms.key(said, case.signal));
        let plan = super::gate::explicitly(said, standing.explicit, plan);
        (plan.purposes, footing)
    }
}

/// An act as it is stated for itself.
fn statement(Act { time, yes, no }: Act) -> Statement {
    let text = |text: &str| text.into();
    let notice = NoticeShown { version: text("1"), language: text("en"), sha256: text("") };
    let (yes, source, manner) = (yes.without(no), SourceId(1), Manner::Choice);
    Statement { time, heard: time, source, yes, no, manner, notice: Some(notice) }
}

fn source(dice: &mut Dice, id: u16, catalogue: &Catalogue, law: &Law) -> Source {
    use Audience::{Child, General, Mixed};
    use SourceKind::{App, Feed, Mailer, Server, Site};
    let places = ["EU", "FR", "FR", "DE", "US-CA", "US-CA", "US", "GB", "BR"].map(str::to_owned);
    let count = dice.pick(&[0, 1, 1, 1, 1, 1, 2, 2]);
    let markets: Vec<String> = (0..count).map(|_| dice.pick(&places)).collect();
    let mut bases = BTreeMap::new();
    for declared in catalogue.purposes() {
        // Few places allow silence, so it is declared often.
        let silent = declared.bases.iter().find(|basis| basis.needs_permission());
        let silent = silent.copied().filter(|_| dice.below(3) == 0);
        bases.insert(declared.purpose, silent.unwrap_or(dice.pick(&declared.bases)));
    }
    bases.retain(|_, _| dice.below(3) > 0);
    Source {
        id: SourceId(id),
        name: "shop".to_owned(),
        kind: dice.pick(&[Site, App, Server, Mailer, Feed]),
        audience: dice.pick(&[General, General, Mixed, Child]),
        regimes: law.regimes_of(&markets),
        markets,
        is_sensitive: dice.below(8) == 0,
        asks: Manner::Choice,
        bases,
        keeps_unclassified: false,
        url_parameters: Vec::new(),
        filtered_events: Vec::new(),
        events_per_second_max: 0,
        is_test: true,
    }
}

/// Mistakes that somebody could make, planted in the model one at a time.
const BUGS: [&str; 22] = [
    "a yes wins ties",
    "the last to arrive wins",
    "a yes beats the no of its own act",
    "acts after now count",
    "only then counts",
    "only now counts",
    "a linked yes is inherited",
    "a linked no is ignored",
    "a linked no reaches devices",
    "an own yes lifts a later no",
    "an own yes lifts a linked no",
    "any yes is explicit",
    "a no leaves what was explicit",
    "the signal is ignored",
    "the signal yields to a yes",
    "mixed is general",
    "child is general",
    "explicit consent needs no yes",
    "unknown is yes",
    "measurement ignores a no",
    "an interest ignores a no",
    "a contract ends with a no",
];

/// The model; without a bug it is what the documents say. One that is misspelt changes nothing, so
/// it is never noticed, and the test that wants each noticed fails.
#[derive(Clone, Copy)]
struct Model(&'static str);

/// A yes or a no about one purpose; nothing said is `None`.
type Word = Option<bool>;

impl Model {
    fn has(self, bug: &str) -> bool {
        self.0 == bug
    }

    /// Whether an event is kept for a purpose, once the law has said what that rests on.
    fn keeps(self, case: &Case, declared: &DeclaredPurpose, footing: &Footing) -> bool {
        let Some(basis) = footing.of(declared.purpose).basis else { return false };
        let name = declared.name.as_str();
        let word = self.word(case, declared.purpose, declared.on_device);
        let is_signalled = case.signal && !self.has("the signal is ignored");
        if is_signalled && ["advertise", "sell"].contains(&name) {
            // The signal beats a yes.
            return self.has("the signal yields to a yes") && word == Some(true);
        }
        // To whoever may be a child only what runs and guards the service is open.
        let may_be_child = match WORLD.sources[case.source].audience {
            Audience::General => false,
            Audience::Mixed => !self.has("mixed is general"),
            Audience::Child => !self.has("child is general"),
        };
        if may_be_child && !["operate", "secure"].contains(&name) {
            return false;
        }
        let (is_yes, is_no) = (word == Some(true), word == Some(false));
        let is_explicit =
            || self.has("any yes is explicit") || self.is_explicit(case, declared.purpose);
        match basis {
            Basis::ExplicitConsent if self.has("explicit consent needs no yes") => true,
            Basis::Consent | Basis::ExplicitConsent if self.has("unknown is yes") => !is_no,
            Basis::ExplicitConsent => is_yes && is_explicit(),
            Basis::Consent => is_yes,
            Basis::ExemptMeasurement => !is_no || self.has("measurement ignores a no"),
            Basis::LegitimateInterest => !is_no || self.has("an interest ignores a no"),
            Basis::PublicTask | Basis::OptOutRegime => !is_no,
            Basis::Contract => !is_no || !self.has("a contract ends with a no"),
            Basis::LegalDuty | Basis::Vital => true,
        }
    }

    /// What holds about a purpose: a yes has to hold when the event happened and now, a no at
    /// either is enough.
    fn word(self, case: &Case, purpose: Purpose, on_device: bool) -> Word {
        // The event's own act is an act like any other, of the event's time.
        let said: Vec<Act> = case.leaf.iter().copied().chain(case.own).collect();
        let own_yes = case.own.is_some_and(|own| own.yes.has(purpose) && !own.no.has(purpose));
        let mut words = self.twice(&said, purpose, case);
        if own_yes && self.has("an own yes lifts a later no") {
            words = [Some(true); 2];
        }
        // A link is claimed, so a yes never comes over it; a device keeps its own word.
        if !on_device || self.has("a linked no reaches devices") {
            let linked = self.twice(&case.linked, purpose, case);
            let is_deaf = self.has("a linked no is ignored")
                || own_yes && self.has("an own yes lifts a linked no");
            if linked.contains(&Some(false)) && !is_deaf {
                return Some(false);
            }
            if self.has("a linked yes is inherited") {
                words = [words[0].or(linked[0]), words[1].or(linked[1])];
            }
        }
        let is_no = words.contains(&Some(false));
        (is_no || words == [Some(true); 2]).then_some(!is_no)
    }

    /// Whether a yes was stated for itself before the event happened, and no was said since; and
    /// as much now. An act on the event states nothing, but its no counts.
    fn is_explicit(self, case: &Case, purpose: Purpose) -> bool {
        let own = case.own.filter(|own| own.no.has(purpose));
        let is_forgiven = self.has("a no leaves what was explicit");
        [case.time, case.now].iter().all(|at| {
            let no = case.leaf.iter().copied().chain(own).filter(|act| act.no.has(purpose));
            let no = no.filter(|act| act.time <= *at && !is_forgiven).map(|act| act.time).max();
            let mut stated = case.stated.iter().filter(|act| act.yes.has(purpose));
            stated.any(|act| act.time <= *at && !act.no.has(purpose) && Some(act.time) > no)
        })
    }

    /// What holds by these acts when the event happened, and now.
    fn twice(self, acts: &[Act], purpose: Purpose, case: &Case) -> [Word; 2] {
        let then = if self.has("only now counts") { case.now } else { case.time };
        let now = match self.0 {
            "only then counts" => case.time,
            "acts after now count" => Time(i64::MAX),
            _ => case.now,
        };
        [then, now].map(|at| self.last(acts, purpose, at))
    }

    /// The latest word on a purpose at an instant, whenever it arrived; of one instant a no.
    fn last(self, acts: &[Act], purpose: Purpose, at: Time) -> Word {
        let said = acts.iter().enumerate().filter(|(_, act)| act.time <= at);
        let words =
            said.filter(|(_, act)| (act.yes | act.no).has(purpose)).map(|(arrival, act)| {
                let is_yes_first = self.has("a yes beats the no of its own act");
                let is_yes = act.yes.has(purpose) && (is_yes_first || !act.no.has(purpose));
                let by_arrival = self.has("the last to arrive wins");
                let rank = if by_arrival { Time(arrival as i64) } else { act.time };
                (rank, is_yes == self.has("a yes wins ties"), is_yes)
            });
        words.max().map(|(_, _, is_yes)| is_yes)
    }

    fn purposes(self, case: &Case, footing: &Footing) -> Purposes {
        let kept = |declared: &&DeclaredPurpose| self.keeps(case, declared, footing);
        WORLD.bare.purposes().iter().filter(kept).map(|kept| kept.purpose).collect()
    }
}

const RIGHT: Model = Model("");
const CASES: usize = 200_000;
const ACTS_MAX: usize = 64;

/// Holds the product against the model in each case.
fn agree(seed: u64, cases: usize, mut then: impl FnMut(&Case, Purposes, &Footing)) {
    let mut dice = Dice(seed);
    for _ in 0..cases {
        let case = dice.case();
        let (kept, footing) = WORLD.keeps(&case, ACTS_MAX);
        let source = &WORLD.sources[case.source];
        assert_eq!(kept, RIGHT.purposes(&case, &footing), "{case:?} {source:?}");
        then(&case, kept, &footing);
    }
}

#[test]
fn nothing_protective_opens_a_purpose_and_no_order_of_arrival_counts() {
    let mut dice = Dice(2);
    for _ in 0..CASES {
        let case = dice.case();
        let (wide, footing) = WORLD.keeps(&case, ACTS_MAX);
        let narrower = dice.narrower(&case);
        let (narrow, _) = WORLD.keeps(&narrower, ACTS_MAX);
        assert!(narrow.without(wide).is_empty(), "{case:?} {narrower:?}");
        let mut shuffled = case.clone();
        dice.shuffle(&mut shuffled.leaf);
        dice.shuffle(&mut shuffled.linked);
        dice.shuffle(&mut shuffled.stated);
        let heard = [&case, &shuffled].map(|case| WORLD.standing(case, ACTS_MAX));
        assert_eq!(heard[0], heard[1], "{case:?} {shuffled:?}");
        let mut silent = case.clone();
        silent.leaf.iter_mut().chain(&mut silent.own).for_each(|act| act.yes = Purposes::NONE);
        silent.linked.push(Act { time: instant(0), yes: DECLARED, no: Purposes::NONE });
        let (open, _) = WORLD.keeps(&silent, ACTS_MAX);
        let consent = [Some(Basis::Consent), Some(Basis::ExplicitConsent)];
        let is_asked = |purpose: Purpose| consent.contains(&footing.of(purpose).basis);
        assert!(!open.iter().any(is_asked), "{silent:?}");
    }
}

#[test]
fn repeated_and_forgotten_acts_never_open_more_than_they_say() {
    let mut dice = Dice(3);
    for _ in 0..CASES {
        let mut case = dice.case();
        let few = dice.acts(2);
        for acts in [&mut case.leaf, &mut case.linked] {
            let echo = |_| Act { time: instant(dice.below(TICKS)), ..dice.pick(&few) };
            *acts = (0..acts.len()).map(echo).collect();
        }
        case.stated.clone_from(&case.leaf);
        case.stated.retain(|_| dice.below(2) == 0);
        let acts_max = dice.pick(&[1, 2, 3, ACTS_MAX]);
        let (kept, footing) = WORLD.keeps(&case, acts_max);
        assert!(kept.without(RIGHT.purposes(&case, &footing)).is_empty(), "{case:?} of {acts_max}");
        // Heard in their order, and none twice on end, nothing of them is lost.
        for acts in [&mut case.leaf, &mut case.linked] {
            acts.sort_by_key(|act| act.time);
            acts.dedup_by_key(|act| act.time);
            acts.dedup_by_key(|act| (act.yes, act.no));
        }
        case.stated.retain(|act| case.leaf.contains(act));
        let (kept, footing) = WORLD.keeps(&case, ACTS_MAX);
        assert_eq!(kept, RIGHT.purposes(&case, &footing), "{case:?}");
    }
}

#[test]
fn each_planted_bug_is_noticed() {
    let mut hidden = BUGS.to_vec();
    let mut number = 0;
    agree(1, 20_000, |case, kept, footing| {
        number += 1;
        let is_noticed = |bug: &mut &'static str| Model(bug).purposes(case, footing) != kept;
        hidden.extract_if(.., is_noticed).for_each(|bug| println!("{bug}: case {number}"));
    });
    assert_eq!(hidden, [""; 0]);
}

/// How many judgements left a purpose closed and how many open, by what they were about.
type Shares = BTreeMap<String, [usize; 2]>;

fn count(shares: &mut Shares, case: &Case, kept: Purposes, footing: &Footing) {
    let about = [
        "all".to_owned(),
        format!("{} acts", case.leaf.len()),
        format!("{} acts of a linked leaf", case.linked.len()),
        format!("own act {}", case.own.is_some()),
        format!("signal {}", case.signal),
        format!("audience {}", WORLD.sources[case.source].audience.code()),
        format!("judged at once {}", case.time == case.now),
    ];
    for declared in WORLD.bare.purposes() {
        let basis = footing.of(declared.purpose).basis.map_or("none", Basis::code);
        for about in about.iter().chain([&format!("basis {basis}")]) {
            shares.entry(about.clone()).or_default()[usize::from(kept.has(declared.purpose))] += 1;
        }
    }
}

/// Twenty-seven purposes of each case are judged; every tenth case says how they are spread.
#[test]
fn the_model_agrees_with_the_gate_in_ten_million_judgements() {
    let mut shares = Shares::new();
    let mut number = 0;
    agree(4, 400_000, |case, kept, footing| {
        number += 1;
        if number % 10 == 0 {
            count(&mut shares, case, kept, footing);
        }
    });
    let all: usize = shares["all"].iter().sum();
    assert!(all * 10 > 10_000_000, "{all}");
    for (about, [closed, open]) in shares {
        let sum = closed + open;
        let share = 100.0 * sum as f64 / all as f64;
        let part = 100.0 * open as f64 / sum as f64;
        println!("{about:26} {sum:9} = {share:5.1} %, {part:5.1} % of them open");
        assert!(closed > 100, "{about} is never closed");
        assert_eq!(open == 0, about == "basis none", "{about}: {open}");
    }
}
