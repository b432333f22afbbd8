//! The stage on which a scenario is played: the rules of each word, without a disk.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use life::admit::{Blinder, Catalogue, Gate, Index, Law, Seen, Source, Subject};
use life::arrive::Signals;
use life::keep::names::Named;
use life::keep::{Row, Truth};
use life::know::Answer;
use serde::Deserialize;
use serde::de::value::{Error as Unnamed, StrDeserializer};
use vocabulary::{Leaf, Limits, Outcome, Region, Time};

use super::ledger::Book;
use super::step::Step;

/// Everything that the steps act on.
pub struct Stage {
    pub(super) gate: Gate,
    pub(super) limits: Limits,
    pub(super) truth: Truth,
    pub(super) blinder: Blinder,
    pub(super) seen: Seen,
    pub(super) sources: BTreeMap<String, Source>,
    pub(super) now: Time,
    pub(super) signals: Signals,
    pub(super) address: Option<std::net::IpAddr>,
    /// The last request, event by event; `None` before the first.
    pub(super) last: Option<Vec<Ended>>,
    /// Every row that was kept, in the order of arrival, erased or not.
    pub(super) rows: Vec<Row>,
    /// The keys of events that were kept.
    pub(super) keys: HashSet<[u8; 16]>,
    /// The last answer with its sentence, or the code of why there is none.
    pub(super) answer: Option<Result<(Answer, String), String>>,
    /// The last plan of erasure.
    pub(super) erasure: Option<life::erase::Plan>,
    pub(super) book: Book,
}

/// How an event ended, and what was written down of it.
#[derive(Default)]
pub(super) struct Ended {
    pub(super) outcome: String,
    pub(super) row: Option<Row>,
    pub(super) linked: bool,
}

/// How a step went, or the surprise that ends the scenario.
pub(super) type Taken = Result<(), String>;

impl Stage {
    pub fn new() -> Self {
        let mut catalogue = Catalogue::shipped().expect("the shipped catalogue is whole");
        let law = Law::shipped(&catalogue).expect("the shipped law is whole");
        let limits = Limits::default();
        let on_device = catalogue.on_device();
        let mut truth = Truth::new(Region(0), on_device, limits.consent_acts);
        catalogue.bind(|name| truth.names.insert(Named::Property, name));
        Self {
            gate: Gate::new(Arc::new(catalogue), Arc::new(law), limits.clone()),
            limits,
            truth,
            blinder: Blinder::new([7; 32]),
            seen: Seen::default(),
            sources: BTreeMap::new(),
            now: Time(0),
            signals: Signals::default(),
            address: None,
            last: None,
            rows: Vec::new(),
            keys: HashSet::new(),
            answer: None,
            erasure: None,
            book: Book::default(),
        }
    }

    /// Takes one step, or says what is not as it should be.
    pub fn take(&mut self, step: &Step) -> Taken {
        let words: Vec<&str> = step.words.iter().map(String::as_str).collect();
        let json = step.json.as_deref().unwrap_or("{}");
        match *words.as_slice() {
            ["at", instant] => {
                let time = Time::parse(instant);
                self.now = time.ok_or_else(|| format!("`{instant}` is no instant"))?;
                Ok(())
            }
            ["signal" | "address" | "send", ref rest @ ..] => self.arrive(words[0], rest, json),
            ["confirm", ref ids @ ..] => self.confirm(ids),
            ["source", name, ref facts @ ..] => self.declare(name, facts),
            ["consent", source] => self.consent(source, json),
            ["unlink", subject, id] => self.unlink(subject, id),
            ["restrict", subject, id] => self.restrict(subject, id, false),
            ["lift", subject, id] => self.restrict(subject, id, true),
            ["rejudge"] => self.rejudge(),
            ["ask", kind] => self.ask(kind, json),
            ["forget", subject, id, ref held @ ..] => self.forget(subject, id, held),
            ["fold" | "note" | "checkpoint" | "tamper", ref rest @ ..] => {
                self.write(words[0], rest, json)
            }
            ["expect", ref words @ ..] => self.expect(words),
            [word, ..] => Err(format!("`{word}` is no step")),
            [] => Err("there is no step".to_owned()),
        }
    }

    /// Asks each word of life in turn whether this can be expected of it.
    fn expect(&self, words: &[&str]) -> Taken {
        None.or_else(|| self.expect_arrived(words))
            .or_else(|| self.expect_admitted(words))
            .or_else(|| self.expect_kept(words))
            .or_else(|| self.expect_known(words))
            .or_else(|| self.expect_erased(words))
            .or_else(|| self.expect_written(words))
            .unwrap_or_else(|| Err(format!("`{}` can not be expected", words.join(" "))))
    }

    /// The last event that was sent.
    pub(super) fn last(&self) -> Result<&Ended, String> {
        let last = self.last.as_ref().and_then(|events| events.last());
        last.ok_or_else(|| "nothing was sent yet".to_owned())
    }

    /// The leaf of `user u1` or `device d1`.
    pub(super) fn leaf(&self, subject: &str, id: &str) -> Result<Leaf, String> {
        let subject = match subject {
            "user" => Subject::User,
            "device" => Subject::Device,
            other => return Err(format!("`{other}` is neither user nor device")),
        };
        let index: Index = self.blinder.index(subject, id);
        self.truth.identity.leaf(&index).ok_or_else(|| format!("nobody is `{id}`"))
    }
}

/// The word for how an event ended.
pub(super) fn ending(outcome: Outcome) -> String {
    match outcome {
        Outcome::Refused(why) => format!("refused {}", why.code()),
        Outcome::Accepted
        | Outcome::Duplicate
        | Outcome::Filtered
        | Outcome::Invalid
        | Outcome::Limited
        | Outcome::Quarantined => format!("{outcome:?}").to_lowercase(),
    }
}

pub(super) fn told(is_so: bool, surprise: impl FnOnce() -> String) -> Taken {
    if is_so { Ok(()) } else { Err(surprise()) }
}

/// Whether what was found is what was expected.
pub(super) fn equal(what: &str, expected: &str, found: &str) -> Taken {
    told(expected == found, || format!("expected {what} {expected}, but it is {found}"))
}

/// The variant with this kebab-case name.
pub(super) fn named<'n, T: Deserialize<'n>>(name: &'n str, what: &str) -> Result<T, String> {
    let read = T::deserialize(StrDeserializer::<Unnamed>::new(name));
    read.map_err(|_| format!("`{name}` is no {what}"))
}
