//! The stage on which a scenario is played: the gate and the truth, without a disk.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use life::admit::{
    Audience, Basis, Blinder, Catalogue, Gate, Index, Judged, KeyKind, Seen, Source, SourceKind,
    Subject,
};
use life::arrive::body::{Body, decode};
use life::arrive::{Arrival, Parcel, Signals, native, segment};
use life::keep::mask::Masked;
use life::keep::names::Named;
use life::keep::{Draft, Record, Row, Truth};
use serde::Deserialize;
use serde::de::value::{Error as Unnamed, StrDeserializer};
use vocabulary::{Limits, Outcome, Purpose, Region, SourceId, Time, Value};

use super::step::Step;

/// Everything that the steps act on.
pub struct Stage {
    gate: Gate,
    limits: Limits,
    truth: Truth,
    blinder: Blinder,
    seen: Seen,
    sources: BTreeMap<String, Source>,
    now: Time,
    signals: Signals,
    address: Option<std::net::IpAddr>,
    last: Option<Ended>,
    /// Every row that was written down.
    rows: Vec<Row>,
}

/// How the last event ended, and what was written down of it.
#[derive(Default)]
struct Ended {
    outcome: String,
    row: Option<Row>,
    linked: bool,
}

type Taken = Result<(), String>;

impl Stage {
    pub fn new() -> Self {
        let mut catalogue = Catalogue::shipped().expect("the shipped catalogue is whole");
        let limits = Limits::default();
        let on_device = catalogue.on_device();
        let mut truth = Truth::new(Region(0), on_device, limits.consent_acts);
        catalogue.bind(|name| truth.names.insert(Named::Property, name));
        Self {
            gate: Gate::new(Arc::new(catalogue), limits.clone()),
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
        }
    }

    /// Takes one step, or says what is not as it should be.
    pub fn take(&mut self, step: &Step) -> Taken {
        let words: Vec<&str> = step.words.iter().map(String::as_str).collect();
        let json = step.json.as_deref().unwrap_or("{}");
        match *words.as_slice() {
            ["source", name, ref facts @ ..] => self.declare(name, facts),
            ["at", instant] => {
                let time = Time::parse(instant);
                self.now = time.ok_or_else(|| format!("`{instant}` is no instant"))?;
                Ok(())
            }
            ["signal", "gpc"] => {
                self.signals = Signals { global_privacy_control: true };
                Ok(())
            }
            ["address", address] => {
                let parsed = address.parse();
                self.address = Some(parsed.map_err(|_| format!("`{address}` is no address"))?);
                Ok(())
            }
            ["send", "segment", "batch", source] => self.request(source, json, segment::read_batch),
            ["send", "segment", call, source] => {
                let known = segment::Call::of_type(call);
                let call = known.ok_or_else(|| format!("`{call}` is no call of Segment's"))?;
                self.request(source, json, |body, parcel, limits| {
                    segment::read_call(call, body, parcel, limits)
                })
            }
            ["send", "native", source] => {
                let events = format!("{{\"events\":[{json}]}}");
                self.request(source, &events, native::read_events)
            }
            ["send", protocol, ..] => {
                Err(format!("`{protocol}` is no protocol that a scenario can send"))
            }
            ["consent", source] => self.consent(source, json),
            ["forget", "user", id] => self.forget(Subject::User, id),
            ["forget", "device", id] => self.forget(Subject::Device, id),
            ["expect", ref words @ ..] => self.expect(words),
            [word, ..] => Err(format!("`{word}` is no step")),
            [] => Err("there is no step".to_owned()),
        }
    }

    fn declare(&mut self, name: &str, facts: &[&str]) -> Taken {
        let id = u16::try_from(self.sources.len() + 1).expect("a scenario has few sources");
        let mut source = Source {
            id: SourceId(id),
            name: name.to_owned(),
            kind: SourceKind::Site,
            audience: Audience::General,
            markets: Vec::new(),
            bases: BTreeMap::new(),
            keeps_unclassified: false,
            url_parameters: Vec::new(),
            filtered_events: Vec::new(),
            events_per_second_max: 0,
            is_test: true,
        };
        for fact in facts {
            let parts = fact.split_once('=');
            let (word, value) =
                parts.ok_or_else(|| format!("`{fact}` needs a value: `{fact}=…`"))?;
            let list = || value.split(',').map(str::to_owned).collect();
            match word {
                "kind" => source.kind = named(value, "kind of source")?,
                "audience" => source.audience = named(value, "audience")?,
                "markets" => source.markets = list(),
                "parameters" => source.url_parameters = list(),
                "filtered" => source.filtered_events = list(),
                "unclassified" => source.keeps_unclassified = value == "keep",
                purpose => {
                    let found = self.gate.catalogue().purpose(purpose);
                    let purpose = found.ok_or_else(|| format!("`{purpose}` is no purpose"))?;
                    source.bases.insert(purpose, named::<Basis>(value, "basis")?);
                }
            }
        }
        source.check(self.gate.catalogue()).map_err(|error| error.to_string())?;
        self.sources.insert(name.to_owned(), source);
        Ok(())
    }

    fn request<'j>(
        &mut self,
        source: &str,
        json: &'j str,
        read: impl for<'a> Fn(&'a Body<'_>, &Parcel<'a>, &Limits) -> Read<'a>,
    ) -> Taken {
        let (source, key) = self.source(source)?;
        let parcel: Parcel<'j> = self.parcel(json);
        let body = decode(&parcel, &self.limits).map_err(|error| error.to_string())?;
        let arrival = read(&body, &parcel, &self.limits).map_err(|error| error.to_string())?;
        for event in arrival.events {
            let judged = match event {
                Err(invalid) => Judged::Invalid(invalid),
                Ok(raw) => match self.gate.identify(raw, &source, key, &self.blinder) {
                    Err(judged) => judged,
                    Ok(identified) => {
                        let index = identified.whose().index;
                        let standing = self.truth.standing(&index, identified.time(), self.now);
                        let (blinder, seen) = (&self.blinder, &mut self.seen);
                        self.gate.judge(identified, &source, standing, blinder, seen)
                    }
                },
            };
            self.keep(judged);
        }
        Ok(())
    }

    fn keep(&mut self, judged: Judged) {
        let mut draft = Draft::new(&mut self.truth, &self.limits);
        let outcome = match judged {
            Judged::Admitted(admitted) => match draft.admit(*admitted, self.now) {
                Outcome::Accepted => "accepted".to_owned(),
                Outcome::Refused(why) => format!("refused {}", why.code()),
                other => format!("{other:?}").to_lowercase(),
            },
            Judged::Refused { why, whose, act } => {
                if let Some(act) = act {
                    draft.heed(&whose, act, self.now);
                }
                format!("refused {}", why.code())
            }
            Judged::Filtered => "filtered".to_owned(),
            Judged::Limited => "limited".to_owned(),
            Judged::Invalid(invalid) => format!("invalid {}", invalid.code),
        };
        let mut ended = Ended { outcome, ..Ended::default() };
        for record in draft.finish().into_records() {
            match record {
                Record::Row { row, .. } => {
                    self.rows.push((*row).clone());
                    ended.row = Some(*row);
                }
                Record::Link { .. } => ended.linked = true,
                Record::Name { .. }
                | Record::Verdict { .. }
                | Record::Leaf { .. }
                | Record::Unlink { .. }
                | Record::Act { .. }
                | Record::Erase { .. }
                | Record::Counts { .. } => {}
            }
        }
        self.last = Some(ended);
    }

    fn consent(&mut self, source: &str, json: &str) -> Taken {
        let (source, key) = self.source(source)?;
        let parcel = self.parcel(json);
        let body = decode(&parcel, &self.limits).map_err(|error| error.to_string())?;
        let arrival = native::read_consent(&body, &parcel, &self.limits);
        for event in arrival.map_err(|error| error.to_string())?.events {
            let raw = event.map_err(|invalid| invalid.to_string())?;
            let identified = self.gate.identify(raw, &source, key, &self.blinder);
            let identified = identified.map_err(|judged| format!("{judged:?}"))?;
            let act = identified.act().ok_or("this key may not say that, or it says nothing")?;
            let whose = &identified.whose().index;
            let is_old = |until| identified.earliest(&self.limits) <= until;
            if !act.yes.is_empty() && self.truth.forgotten(whose).is_some_and(is_old) {
                let outcome = "refused forgotten".to_owned();
                self.last = Some(Ended { outcome, ..Ended::default() });
                continue;
            }
            let mut draft = Draft::new(&mut self.truth, &self.limits);
            draft.consent(identified.whose(), act, self.now);
        }
        Ok(())
    }

    fn forget(&mut self, subject: Subject, id: &str) -> Taken {
        let index: Index = self.blinder.index(subject, id);
        let leaf = self.truth.identity.leaf(&index).ok_or_else(|| format!("nobody is `{id}`"))?;
        let leaves = self.truth.identity.leaves_of(self.truth.identity.person(leaf));
        Draft::new(&mut self.truth, &self.limits).erase(leaves, self.now);
        Ok(())
    }

    fn source(&self, name: &str) -> Result<(Source, KeyKind), String> {
        let source =
            self.sources.get(name).ok_or_else(|| format!("there is no source `{name}`"))?;
        let key = match source.kind {
            SourceKind::Site | SourceKind::App => KeyKind::Site,
            SourceKind::Server | SourceKind::Mailer | SourceKind::Feed => KeyKind::Server,
        };
        Ok((source.clone(), key))
    }

    fn parcel<'j>(&mut self, json: &'j str) -> Parcel<'j> {
        Parcel {
            body: json.as_bytes(),
            content_type: Some("application/json"),
            content_encoding: None,
            authorization: None,
            write_key: None,
            query: "",
            user_agent: None,
            address: self.address.take(),
            signals: std::mem::take(&mut self.signals),
            received: self.now,
        }
    }

    fn expect(&self, words: &[&str]) -> Taken {
        let last = self.last.as_ref().ok_or("nothing was sent yet")?;
        match *words {
            ["accepted" | "refused" | "invalid" | "filtered" | "limited", ..] => {
                let expected = words.join(" ");
                let is_so = last.outcome == expected;
                told(is_so, || format!("expected {expected}, but it was {}", last.outcome))
            }
            ["purposes", ref names @ ..] => {
                let expected: BTreeSet<&str> = names.iter().copied().collect();
                let open = last.row.iter().flat_map(|row| row.purposes.iter());
                let open: BTreeSet<&str> = open.map(|purpose| self.name_of(purpose)).collect();
                let list =
                    |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(" ");
                told(open == expected, || {
                    format!("expected purposes {}, but they are {}", list(&expected), list(&open))
                })
            }
            [place @ ("column" | "sealed"), name, ref value @ ..] => {
                let (expected, found) = (value.join(" "), self.found(last, place, name));
                told(found.as_ref() == Some(&expected), || {
                    let but =
                        found.map_or("there is none".to_owned(), |value| format!("it is {value}"));
                    format!("expected {place} {name} {expected}, but {but}")
                })
            }
            ["dropped", name] => {
                let places = ["column", "sealed"].iter();
                let is_kept =
                    places.into_iter().any(|place| self.found(last, place, name).is_some());
                told(!is_kept, || format!("expected {name} to be dropped, but it was kept"))
            }
            ["seen", name] => {
                let is_seen = self.seen.property(name).is_some();
                told(is_seen, || format!("expected {name} to have been seen, but it was not"))
            }
            ["visible", purpose, number] => {
                let found = self.gate.catalogue().purpose(purpose);
                let found = found.ok_or_else(|| format!("`{purpose}` is no purpose"))?;
                let shown = self.rows.iter().filter(|row| self.truth.shows(found, masked(row)));
                let count = shown.count().to_string();
                told(count == number, || {
                    format!("expected visible {purpose} {number}, but it is {count}")
                })
            }
            ["linked"] => told(last.linked, || "expected linked, but nothing was".to_owned()),
            ["unlinked"] => {
                told(!last.linked, || "expected unlinked, but two leaves were linked".to_owned())
            }
            ["persons", number] => {
                let count = self.truth.identity.person_count().to_string();
                told(count == number, || {
                    format!("expected persons {number}, but there are {count}")
                })
            }
            _ => Err(format!("`{}` can not be expected", words.join(" "))),
        }
    }

    fn name_of(&self, purpose: Purpose) -> &str {
        self.gate.catalogue().purpose_name(purpose).unwrap_or("?")
    }

    /// A value of the last row as text.
    fn found(&self, last: &Ended, place: &str, name: &str) -> Option<String> {
        let row = last.row.as_ref()?;
        let code = self.truth.names.code(Named::Property, name)?;
        let column = row.columns.iter().find(|(held, _)| *held == code).map(|(_, value)| value);
        let sealed =
            row.sealed.iter().find(|(_, held, _)| *held == code).map(|(_, _, value)| value);
        let value = if place == "column" { column } else { sealed };
        value.map(|value| match value {
            Value::Flag(flag) => flag.to_string(),
            Value::Integer(integer) => integer.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Text(text) | Value::Json(text) => text.to_string(),
            Value::Time(time) => time.to_string(),
        })
    }
}

fn masked(row: &Row) -> Masked {
    let Row { leaf, time, received, verdict, purposes, .. } = *row;
    Masked { leaf, time, received, verdict, purposes }
}

/// What reading a request gives.
type Read<'a> = Result<Arrival<'a>, life::arrive::Malformed>;

fn told(is_so: bool, surprise: impl FnOnce() -> String) -> Taken {
    if is_so { Ok(()) } else { Err(surprise()) }
}

/// The variant with this kebab-case name.
fn named<'n, T: Deserialize<'n>>(name: &'n str, what: &str) -> Result<T, String> {
    let read = T::deserialize(StrDeserializer::<Unnamed>::new(name));
    read.map_err(|_| format!("`{name}` is no {what}"))
}
