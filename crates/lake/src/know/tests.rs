//! Questions of every kind over random small lakes, against the reference answers of `life`.

mod asking;
mod cohort;
mod projected;
mod funnel;
mod lifecycle;
mod paths;
mod question;
mod retention;
mod sessions;
mod sql;
mod stickiness;
mod trend;
mod values;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use life::admit::catalogue::PropertyType;
use life::admit::{Actor, Authority, Catalogue, Grant, Verb};
use life::keep::mask::{Masked, Pause, VerdictMask};
use life::keep::names::Named;
use life::keep::{Cut, Mask, Names};
use life::know::cohort::Did;
use life::know::words::Word;
use life::know::{About, Cohort, Cohorted, NONE, People, PersonRow, Plan, Setting, Who, Words};
use proptest::prelude::*;
use proptest::sample::select;
use vocabulary::{
    Categories, Category, Code, Leaf, Limits, Person, Purpose, Purposes, Region, SourceId, Time,
    VerdictId,
};

use self::projected::{Compacted, Facts};
use self::question::{about, breakdown, deed, demands, event, interval};
use super::{AskError, Asking, MemoryRun, Run, Scan, Source, Watch, ask, members};
use crate::keep::chunk::{Chunk, Column, Stamp, Stamps};
use crate::keep::ties::Ties;

const PURPOSES: [(&str, u8); 6] = [
    ("operate", 0),
    ("measure", 3),
    ("analyse", 4),
    ("experiment", 7),
    ("sell", 16),
    ("diagnose", 26),
];
const EVENTS: [&str; 4] = ["rang", "knocked", "entered", "left"];
const PROPERTIES: [&str; 4] = ["tone", "size", "ratio", "is_loud"];
const KINDS: [PropertyType; 4] =
    [PropertyType::Text, PropertyType::Integer, PropertyType::Number, PropertyType::Flag];
const LEAVES: u64 = 20;
/// The tone whose text says the same as what stands for no tone.
const NONE_TONE: u8 = 9;
/// Late on a Friday in March; the night from Saturday to Sunday loses an hour in Berlin.
const START: i64 = 1_774_652_400_000_000;
const STEP: i64 = 30 * 60 * 1_000_000;

#[derive(Debug, Clone)]
struct Fact {
    leaf: u64,
    slot: i64,
    sequence: u32,
    event: usize,
    purposes: u8,
    verdict: u32,
    tone: u8,
    size: Option<i64>,
    arrival: u64,
}

/// A lake: facts in the order of arrival, cut into runs.
#[derive(Debug, Clone)]
struct Pond {
    facts: Vec<Fact>,
    /// By version, by leaf: the person.
    persons: Vec<Vec<u64>>,
    /// By run: where it ends, the version it was sorted by, and whether columns existed.
    runs: Vec<(usize, usize, bool)>,
    /// How many of the first runs have been put together and cut into periods.
    compacted: usize,
    chunk_rows: usize,
    /// Purposes that are allowed, that end with a no for good, and that may be objected to.
    verdicts: Vec<(u8, u8, u8)>,
    cuts: Vec<(u64, u8, Held)>,
    /// What a leaf objects to, and whether it is restricted.
    pauses: Vec<(u64, u8, bool)>,
    hidden: Vec<u64>,
}

/// How long a withdrawal held.
#[derive(Debug, Clone, Copy)]
enum Held {
    /// Until it was heard, after so many arrivals.
    Arrivals(u64),
    /// From one slot to another; it was heard after all arrivals.
    Slots(i64, i64),
}

/// Some of the first bits of the six purposes.
fn purposes(bits: u8) -> Purposes {
    let named = PURPOSES.iter().enumerate().filter(|(place, _)| bits >> place & 1 == 1);
    named.filter_map(|(_, (_, number))| Purpose::new(*number)).collect()
}

fn leaf(ordinal: u64) -> Leaf {
    Leaf::new(Region(0), ordinal)
}

fn fact() -> impl Strategy<Value = Fact> {
    let bits = prop_oneof![3 => Just(63u8), 1 => 0u8..64];
    let size = prop_oneof![1 => Just(None), 3 => (0i64..3).prop_map(Some)];
    let verdict = prop_oneof![8 => 0u32..3, 1 => 3u32..5];
    let parts = (1..=LEAVES, 0i64..160, 0u32..2, 0usize..4, bits, verdict, 0u8..4, size);
    parts.prop_map(|(leaf, slot, sequence, event, purposes, verdict, tone, size)| Fact {
        leaf,
        slot,
        sequence,
        event,
        purposes,
        verdict,
        tone,
        size,
        arrival: 0,
    })
}

fn pond() -> impl Strategy<Value = Pond> {
    let persons = (1..=LEAVES).map(|own| prop_oneof![4 => Just(own), 1 => 1..=own]);
    let persons = persons.collect::<Vec<_>>();
    let persons = prop::collection::vec(persons, 1..4);
    let runs = prop::collection::vec((0usize..200, 0usize..3, prop::bool::weighted(0.9)), 0..5);
    let allow = prop_oneof![3 => Just(63u8), 1 => 0u8..64];
    let verdicts = prop::collection::vec((allow, 0u8..64, 0u8..64), 4);
    let held = prop_oneof![
        (0u64..200).prop_map(Held::Arrivals),
        (0i64..160, 0i64..160).prop_map(|(from, until)| Held::Slots(from, until)),
    ];
    let cuts = prop::collection::vec((1..=LEAVES, 0u8..64, held), 0..4);
    let pauses = (1..=LEAVES, 0u8..64, prop::bool::weighted(0.3));
    let pauses = prop::collection::vec(pauses, 0..4);
    let hidden = prop::collection::vec(1..=LEAVES, 0..4);
    let facts = prop::collection::vec(fact(), 0..200);
    // Some lakes are so narrow that most rows tie with others of their person.
    let width = select(vec![(LEAVES, 160), (LEAVES, 3), (3, 10)]);
    let facts = (facts, width).prop_map(|(mut facts, (leaves, slots))| {
        for (arrival, fact) in (0..).zip(&mut facts) {
            fact.arrival = arrival;
            fact.leaf = 1 + fact.leaf % leaves;
            fact.slot %= slots;
        }
        facts
    });
    let masks = (verdicts, cuts, pauses, hidden);
    (facts, persons, runs, 0usize..4, 1usize..9, masks).prop_map(
        |(facts, persons, mut runs, compacted, chunk_rows, masks)| {
            let (verdicts, cuts, pauses, hidden) = masks;
            runs.push((facts.len(), persons.len() - 1, true));
            runs.sort_unstable();
            for run in &mut runs {
                run.0 = run.0.min(facts.len());
                run.1 = run.1.min(persons.len() - 1);
            }
            Pond { facts, persons, runs, compacted, chunk_rows, verdicts, cuts, pauses, hidden }
        },
    )
}

impl Pond {
    fn person(&self, version: usize, leaf: u64) -> u64 {
        self.persons[version][leaf as usize - 1]
    }

    fn current(&self, leaf: u64) -> u64 {
        self.person(self.persons.len() - 1, leaf)
    }

    fn mask(&self) -> Mask {
        let verdicts = self.verdicts.iter().map(|(allowed, ending, objectable)| VerdictMask {
            purposes: purposes(*allowed),
            ending: purposes(*ending),
            objectable: purposes(objectable & !ending),
            explicit: Purposes::NONE,
        });
        let mut cuts = HashMap::<Leaf, Vec<Cut>>::new();
        for (own, bits, held) in &self.cuts {
            let cut = match held {
                Held::Arrivals(before) => Cut::before(purposes(*bits), Time(*before as i64)),
                Held::Slots(from, until) => Cut {
                    purposes: purposes(*bits),
                    from: Time(START + from * STEP),
                    before: Time(START + until * STEP),
                },
            };
            cuts.entry(leaf(*own)).or_default().push(cut);
        }
        let pauses = self.pauses.iter().map(|(own, bits, is_restricted)| {
            let (objected, is_restricted) = (purposes(*bits), *is_restricted);
            (leaf(*own), Pause { objected, is_restricted })
        });
        let moved = (1..=LEAVES).filter(|own| {
            (0..self.persons.len()).any(|old| self.person(old, *own) != self.current(*own))
        });
        Mask {
            verdicts: Arc::new(verdicts.collect()),
            cuts: Arc::new(cuts),
            pauses: Arc::new(pauses.collect()),
            hidden: Arc::new(self.hidden.iter().map(|own| leaf(*own)).collect::<HashSet<_>>()),
            moved: Arc::new(
                moved.map(|own| (leaf(own), Person(leaf(self.current(own)).0))).collect(),
            ),
            epoch: 7,
            ..Mask::default()
        }
    }

    /// Each run: the version it is sorted by, and its facts with whether columns existed.
    fn sorted(&self) -> Vec<(usize, Vec<(&Fact, bool)>)> {
        let mut begin = 0;
        let mut runs = Vec::new();
        for (end, version, has_columns) in &self.runs {
            let facts = self.facts[begin..*end].iter().map(|fact| (fact, *has_columns));
            runs.push((*version, facts.collect::<Vec<_>>()));
            begin = *end;
        }
        let later = runs.split_off(self.compacted.min(runs.len()));
        let version = runs.last().map_or(0, |(version, _)| *version);
        let together: Vec<_> = runs.into_iter().flat_map(|(_, facts)| facts).collect();
        let (early, late) = together.into_iter().partition(|(fact, _)| fact.slot < 80);
        let mut runs = vec![(version, early), (version, late)];
        runs.extend(later);
        for (version, facts) in &mut runs {
            facts.sort_by_key(|(fact, _)| {
                let person = self.person(*version, fact.leaf);
                (person % 16, person, fact.slot, fact.sequence, fact.arrival)
            });
        }
        runs
    }

    /// What the reference may see.
    fn visible(&self, plan: &Plan) -> Vec<PersonRow> {
        self.seen(plan.scope().purpose, &plan.scope().codes())
    }

    /// What a purpose may see of these columns.
    fn seen(&self, purpose: Purpose, columns: &[Code]) -> Vec<PersonRow> {
        let mask = self.mask();
        let runs = self.sorted().into_iter().flat_map(|(_, facts)| facts);
        let seen = runs.filter(|(fact, _)| {
            let masked = Masked {
                leaf: leaf(fact.leaf),
                time: fact.time(),
                received: Time(fact.arrival as i64),
                verdict: VerdictId(fact.verdict),
                purposes: purposes(fact.purposes),
            };
            mask.shows(purpose, masked)
        });
        seen.map(|(fact, has_columns)| PersonRow {
            person: Person(leaf(self.current(fact.leaf)).0),
            time: fact.time(),
            sequence: fact.sequence,
            arrival: fact.arrival,
            event: Code(fact.event as u32 + 1),
            leaf: leaf(fact.leaf),
            session: fact.session(),
            values: columns
                .iter()
                .map(|column| if has_columns { fact.value(*column) } else { None })
                .collect(),
        })
        .collect()
    }
}

impl Fact {
    fn time(&self) -> Time {
        Time(START + self.slot * STEP)
    }

    /// The client's session, as its clock and its device tell; some clients know none.
    fn session(&self) -> u64 {
        if self.leaf.is_multiple_of(4) { 0 } else { self.leaf << 32 | (self.slot / 5) as u64 }
    }

    fn value(&self, column: Code) -> Option<String> {
        match column.0 {
            1 if self.tone == NONE_TONE => Some(NONE.to_owned()),
            1 => (self.tone > 0).then(|| format!("tone {}", self.tone)),
            2 => self.size.map(|size| size.to_string()),
            3 => self.size.map(|size| (size as f64 / 2.0).to_string()),
            _ => Some((self.tone > 1).to_string()),
        }
    }
}

impl Source for Pond {
    fn runs(&self, bucket: u16, scan: &Scan) -> Result<Vec<Box<dyn Run + '_>>, AskError> {
        let mut runs: Vec<Box<dyn Run>> = Vec::new();
        for ((version, facts), order) in self.sorted().into_iter().zip(0..) {
            let mine = |fact: &Fact| self.person(version, fact.leaf) % 16 == u64::from(bucket);
            let facts: Facts<'_> = facts.into_iter().filter(|(fact, _)| mine(fact)).collect();
            let times = facts.iter().map(|(fact, _)| fact.time());
            let span = times.clone().min().zip(times.max()).unwrap_or_default();
            let mut chunks = vec![Chunk::default()];
            let whose = |fact: &Fact| self.person(version, fact.leaf);
            let mut last = None;
            for facts in facts.chunk_by(|one, two| one.1 == two.1) {
                for facts in facts.chunks(self.chunk_rows) {
                    // A person may be cut anywhere, as long as it is said.
                    if let Some(before) = chunks.last_mut() {
                        before.continues = last == Some(whose(facts[0].0));
                    }
                    last = facts.last().map(|(fact, _)| whose(fact));
                    chunks.push(self.chunk(version, facts, scan));
                }
            }
            let run = MemoryRun::new(chunks.into_iter(), span, order);
            runs.push(match order {
                0 | 1 => Box::new(Compacted {
                    pond: self,
                    scan: scan.clone(),
                    version,
                    facts,
                    run: Some(run),
                }),
                _ => Box::new(run),
            });
        }
        // Runs may come in any order; theirs is told by `order`.
        runs.reverse();
        Ok(runs)
    }

    fn rows(&self, _: &Scan) -> u64 {
        self.facts.len() as u64
    }
}

impl Pond {
    fn chunk(&self, version: usize, facts: &[(&Fact, bool)], scan: &Scan) -> Chunk {
        let has_columns = facts[0].1;
        let facts: Vec<&Fact> = facts.iter().map(|(fact, _)| *fact).collect();
        let numbers =
            |value: &dyn Fn(&Fact) -> u64| facts.iter().map(|f| value(f)).collect::<Vec<_>>();
        let shorts =
            |value: &dyn Fn(&Fact) -> u32| facts.iter().map(|f| value(f)).collect::<Vec<_>>();
        let present =
            || arrow_buffer::NullBuffer::from_iter(facts.iter().map(|f| f.size.is_some()));
        let column = |code: &Code| match code.0 {
            _ if !has_columns => Column::Absent,
            1 => Column::Text(
                shorts(&|fact| fact.value(*code).map_or(0, |text| scan.texts.number(&text))).into(),
            ),
            2 => {
                let values: Vec<i64> = facts.iter().map(|fact| fact.size.unwrap_or(1)).collect();
                Column::Integer(values.into(), Some(present()))
            }
            3 => {
                let values = facts.iter().map(|fact| fact.size.unwrap_or(1) as f64 / 2.0);
                Column::Number(values.collect::<Vec<_>>().into(), Some(present()))
            }
            _ => {
                let values = facts.iter().map(|fact| u8::from(fact.tone > 1));
                Column::Flag(values.collect::<Vec<_>>().into(), None)
            }
        };
        let leaves = numbers(&|fact| leaf(fact.leaf).0);
        let times: Vec<i64> = facts.iter().map(|fact| fact.time().0).collect();
        let received: Vec<i64> = facts.iter().map(|fact| fact.arrival as i64).collect();
        let mut stamps = Stamps::default();
        let stamp = facts.iter().map(|fact| {
            stamps.number(Stamp {
                event: Code(fact.event as u32 + 1),
                source: SourceId(1),
                verdict: VerdictId(fact.verdict),
                purposes: purposes(fact.purposes),
            }) as u32
        });
        Chunk {
            person: facts.iter().map(|fact| leaf(self.person(version, fact.leaf)).0).collect(),
            time: times.into(),
            ties: Ties::known(shorts(&|fact| fact.sequence), received.clone()),
            received: if scan.need.received { received.into() } else { Vec::new().into() },
            leaf: if scan.need.leaf { leaves.into_iter().collect() } else { Default::default() },
            stamp: stamp.collect::<Vec<_>>().into(),
            stamps: stamps.done(),
            session: facts.iter().map(|fact| fact.session()).collect(),
            columns: scan.need.columns.iter().map(column).collect(),
            looked: 0,
            continues: false,
        }
    }
}

struct World {
    words: Words,
    names: Names,
    limits: Limits,
    cohorts: BTreeMap<String, Cohorted>,
}

impl World {
    fn new() -> Self {
        let mut names = Names::default();
        for name in EVENTS {
            names.insert(Named::Event, name);
        }
        let category = Category::new(1).unwrap();
        let named =
            |(name, number): &(&str, u8)| (name.to_string(), Purpose::new(*number).unwrap());
        let words = Words {
            purposes: PURPOSES.iter().map(named).collect(),
            properties: PROPERTIES
                .iter()
                .zip(KINDS)
                .map(|(name, kind)| {
                    let code = names.insert(Named::Property, name);
                    let is_page = *name == "tone";
                    (name.to_string(), Word { code, category, sealed: None, is_page, kind })
                })
                .collect(),
        };
        Self { words, names, limits: Limits::default(), cohorts: cohorts() }
    }

    fn setting(&self) -> Setting<'_> {
        let (words, names, limits) = (&self.words, &self.names, &self.limits);
        let (zone, week_start, now) = ("UTC", "monday", Time(START + 100 * STEP));
        Setting { words, names, zone, week_start, limits, now, cohorts: &self.cohorts }
    }
}

pub(super) fn grant(purpose: Purpose, verb: Verb) -> Grant {
    let authority = Authority {
        actor: Actor("tester".to_owned()),
        purposes: Purposes::only(purpose),
        verbs: vec![verb],
        categories: Categories::ALL,
        until: Time(10),
    };
    Grant::issue(&Catalogue::shipped().unwrap(), &authority, purpose, verb, Time(0)).unwrap()
}

/// Cohorts by rule, from a list, and one of another.
fn cohorts() -> BTreeMap<String, Cohorted> {
    let rule = |event: &str, at_least, people| {
        let all = vec![Did {
            event: Some(event.to_owned()),
            at_least,
            at_most: Some(4),
            demands: Vec::new(),
        }];
        let about = About {
            purpose: "operate".to_owned(),
            from: "-30d".to_owned(),
            to: "now".to_owned(),
            people,
            ..About::default()
        };
        Cohorted::Rule(Box::new(Cohort { about, all, none: Vec::new() }))
    };
    let listed = (1..=LEAVES).step_by(2).map(|own| Person(leaf(own).0));
    let not_ringers =
        People { within: vec!["listed".to_owned()], not_in: vec!["ringers".to_owned()] };
    [
        ("ringers".to_owned(), rule("rang", 1, None)),
        ("knockers".to_owned(), rule("knocked", 2, Some(not_ringers))),
        ("listed".to_owned(), Cohorted::List(listed.collect())),
    ]
    .into()
}

fn asking<'a>(mask: &'a Mask, pond: &'a Pond, watch: &'a Watch, threads: usize) -> Asking<'a> {
    Asking { mask, source: pond, still: &|_| true, watch, threads, moved_rows_max: 1_000 }
}

/// The operators must say what the reference says, on one thread and on two, and know the same
/// people behind a number.
fn check(pond: &Pond, plan: &Plan) -> Result<(), TestCaseError> {
    let (mask, watch) = (pond.mask(), Watch::default());
    let visible = pond.visible(plan);
    let expected = plan.reference(&visible);
    let behind = plan.members(&visible);
    let fail = |error: AskError| TestCaseError::fail(format!("{error}"));
    for threads in [1, 2] {
        let asking = asking(&mask, pond, &watch, threads);
        let may_ask = grant(plan.scope().purpose, Verb::Ask);
        let (answer, scanned) = ask(&asking, plan, &may_ask, Time(1)).map_err(fail)?;
        prop_assert_eq!(&answer, &expected);
        // What the purpose may not see leaves no trace in what the answer says of itself.
        let walks = 4 * (1 + 3 * plan.scope().people.len() as u64);
        prop_assert!(scanned.rows <= visible.len() as u64 * walks);
        prop_assert!(plan.sentence(&answer).ends_with('.'));
        let may_read = grant(plan.scope().purpose, Verb::Read);
        let (found, _) = members(&asking, plan, &may_read, Time(1)).map_err(fail)?;
        let (from, until) = (plan.scope().first(), plan.scope().until);
        for member in &found {
            // Who is behind a number is told with all that they did, whatever it counted.
            let Who::Person(person) = &member.who else { continue };
            let theirs = visible.iter().filter(|row| row.person == *person);
            let theirs = theirs.filter(|row| from <= row.time && row.time < until);
            prop_assert_eq!(member.events, theirs.count() as u64);
        }
        let found: BTreeSet<_> = found.into_iter().map(|member| member.who).collect();
        prop_assert_eq!(&found, &behind);
    }
    Ok(())
}
