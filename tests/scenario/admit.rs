//! admit: sources and their declarations, choices, and what the gate let through.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use life::admit::{Audience, Basis, Gate, Law, Source, SourceKind};
use life::arrive::body::decode;
use life::arrive::native;
use life::keep::names::Named;
use life::keep::{Draft, Row};
use vocabulary::{Purpose, Regimes, SourceId, Value};

use super::stage::{Ended, Stage, Taken, equal, named, told};

impl Stage {
    /// Confirms permissions that rest on unverified rules.
    pub(super) fn confirm(&mut self, ids: &[&str]) -> Taken {
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        let law = Law::clone(self.gate.law()).confirm(&ids).map_err(|error| error.to_string())?;
        self.gate =
            Gate::new(Arc::clone(self.gate.catalogue()), Arc::new(law), self.limits.clone());
        Ok(())
    }

    /// Declares a source with its facts.
    pub(super) fn declare(&mut self, name: &str, facts: &[&str]) -> Taken {
        let next = u16::try_from(self.sources.len() + 1).expect("a scenario has few sources");
        let id = self.sources.get(name).map_or(next, |known| known.id.0);
        let mut source = Source {
            id: SourceId(id),
            name: name.to_owned(),
            kind: SourceKind::Site,
            audience: Audience::General,
            markets: Vec::new(),
            regimes: Regimes::NONE,
            is_sensitive: false,
            asks: vocabulary::Manner::Choice,
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
                "asks" => source.asks = named(value, "manner")?,
                "sensitive" => source.is_sensitive = value == "yes",
                "unclassified" => source.keeps_unclassified = value == "keep",
                purpose => {
                    let purpose = self.purpose(purpose)?;
                    source.bases.insert(purpose, named::<Basis>(value, "basis")?);
                }
            }
        }
        source.regimes = self.gate.law().regimes_of(&source.markets);
        source.check(self.gate.catalogue()).map_err(|error| error.to_string())?;
        self.sources.insert(name.to_owned(), source);
        Ok(())
    }

    /// Judges what is stored again by the sources and the law as they are now.
    pub(super) fn rejudge(&mut self) -> Taken {
        let (gate, sources, now) = (&self.gate, &self.sources, self.now);
        self.truth.rejudge(&|key| {
            let source = sources.values().find(|source| source.id == key.source)?;
            Some(gate.plan_again(key, source, now))
        });
        Ok(())
    }

    /// Records a person's choice.
    pub(super) fn consent(&mut self, source: &str, json: &str) -> Taken {
        let (source, key) = self.source(source)?;
        let parcel = self.parcel(json);
        let body = decode(&parcel, &self.limits).map_err(|error| error.to_string())?;
        let arrival = native::read_consent(&body, &parcel, &self.limits);
        for event in arrival.map_err(|error| error.to_string())?.events {
            let raw = event.map_err(|invalid| invalid.to_string())?;
            let identified = self.gate.identify(raw, &source, key, &self.blinder);
            let identified = identified.map_err(|judged| format!("{judged:?}"))?;
            if self.truth.forgets(&identified, &self.limits) {
                let outcome = "refused forgotten".to_owned();
                self.last = Some(vec![Ended { outcome, ..Ended::default() }]);
                continue;
            }
            if identified.act().is_none() && identified.statement().is_none() {
                return Err("this key may not say that, or it says nothing".to_owned());
            }
            let mut draft = Draft::new(&mut self.truth, &self.limits);
            if let Some(act) = identified.act() {
                draft.consent(identified.whose(), act, self.now);
            }
            if let Some(statement) = identified.statement() {
                draft.state(identified.whose(), statement.clone());
            }
        }
        Ok(())
    }

    /// What the gate let through of the last event.
    pub(super) fn expect_admitted(&self, words: &[&str]) -> Option<Taken> {
        if let ["stated", subject, id, manners @ ..] = words {
            return Some(self.expect_stated(subject, id, manners));
        }
        if !matches!(words.first(), Some(&("purposes" | "column" | "sealed" | "dropped" | "seen")))
        {
            return None;
        }
        Some(self.last().and_then(|last| self.expect_let_through(words, last.row.as_ref())))
    }

    /// What an id stated for itself, as the manners in which it did, in order.
    fn expect_stated(&self, subject: &str, id: &str, manners: &[&str]) -> Taken {
        let acts = self.truth.acts(self.leaf(subject, id)?);
        let found: Vec<&str> = acts.statements().iter().map(|one| one.manner.code()).collect();
        equal("statements", &manners.join(" "), &found.join(" "))
    }

    fn expect_let_through(&self, words: &[&str], row: Option<&Row>) -> Taken {
        match *words {
            ["purposes", ref names @ ..] => {
                let expected: BTreeSet<&str> = names.iter().copied().collect();
                let open = row.iter().flat_map(|row| row.purposes.iter());
                let open: BTreeSet<&str> = open.map(|purpose| self.name_of(purpose)).collect();
                let list =
                    |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(" ");
                told(open == expected, || {
                    format!("expected purposes {}, but they are {}", list(&expected), list(&open))
                })
            }
            [place @ ("column" | "sealed"), name, ref value @ ..] => {
                let (expected, found) = (value.join(" "), self.found(row, place, name));
                told(found.as_ref() == Some(&expected), || {
                    let but =
                        found.map_or("there is none".to_owned(), |value| format!("it is {value}"));
                    format!("expected {place} {name} {expected}, but {but}")
                })
            }
            ["dropped", name] => {
                let places = ["column", "sealed"];
                let is_kept = places.iter().any(|place| self.found(row, place, name).is_some());
                told(!is_kept, || format!("expected {name} to be dropped, but it was kept"))
            }
            ["seen", name] => {
                let is_seen = self.seen.property(name).is_some();
                told(is_seen, || format!("expected {name} to have been seen, but it was not"))
            }
            _ => Err(format!("`{}` can not be expected", words.join(" "))),
        }
    }

    fn name_of(&self, purpose: Purpose) -> &str {
        self.gate.catalogue().purpose_name(purpose).unwrap_or("?")
    }

    /// A value of a row as text.
    fn found(&self, row: Option<&Row>, place: &str, name: &str) -> Option<String> {
        let row = row?;
        let code = self.truth.names.code(Named::Property, name)?;
        let column = row.columns.iter().find(|(held, _)| *held == code).map(|(_, value)| value);
        let sealed =
            row.sealed.iter().find(|(_, held, _)| *held == code).map(|(_, _, value)| value);
        let value = if place == "column" { column } else { sealed };
        value.map(text)
    }
}

/// A value as a scenario writes it.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Flag(flag) => flag.to_string(),
        Value::Integer(integer) => integer.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) | Value::Json(text) => text.to_string(),
        Value::Time(time) => time.to_string(),
    }
}
