//! Reading the files of the law and holding them against the catalogue and against each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use vocabulary::{Categories, Regime, Time};

use super::circumstance::{Circumstance, Sort};
use super::predicate::{Predicate, lies_in};
use super::rule::{Case, Effect, Expected, Form, Held, Interval, Rule, Status};
use super::{DeclaredRegime, Law, LawError};
use crate::admit::catalogue::Catalogue;
use crate::admit::plan::Basis;

const REGIMES: &str = "regimes.toml";

const SHIPPED: &[(&str, &str)] = &[
    (REGIMES, include_str!("../../../../../law/regimes.toml")),
    ("elsewhere.toml", include_str!("../../../../../law/elsewhere.toml")),
    ("eu/union.toml", include_str!("../../../../../law/eu/union.toml")),
    ("eu/measuring.toml", include_str!("../../../../../law/eu/measuring.toml")),
    ("policy.toml", include_str!("../../../../../law/policy.toml")),
    ("gb.toml", include_str!("../../../../../law/gb.toml")),
    ("us/california.toml", include_str!("../../../../../law/us/california.toml")),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegimesFile {
    groups: BTreeMap<String, Vec<String>>,
    regime: Vec<RegimeEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegimeEntry {
    number: u8,
    name: String,
    title: String,
    within: Option<String>,
    places: Vec<String>,
    day: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesFile {
    rule: Vec<RuleEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RuleEntry {
    id: String,
    regime: String,
    law: String,
    cite: String,
    words: String,
    #[serde(default = "in_force")]
    status: Status,
    verified: bool,
    from: Date,
    until: Option<Date>,
    known: Date,
    replaced: Option<Date>,
    #[serde(default)]
    when: toml::Table,
    effect: EffectEntry,
    sources: Vec<String>,
    case: Vec<CaseEntry>,
}

const fn in_force() -> Status {
    Status::InForce
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum EffectEntry {
    Forbid,
    NeedBasis(Vec<Basis>),
    PermitOnSilence(Basis),
    Reduce(Vec<String>),
    Drop(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseEntry {
    day: Date,
    #[serde(default)]
    given: toml::Table,
    expect: Expected,
    source: String,
}

impl Law {
    /// The law that the program ships with.
    pub fn shipped(catalogue: &Catalogue) -> Result<Self, LawError> {
        Self::parse(SHIPPED, catalogue)
    }

    /// Reads the law from its files, given as (name below `law/`, text).
    pub fn parse(files: &[(&str, &str)], catalogue: &Catalogue) -> Result<Self, LawError> {
        let mut files = files.to_vec();
        files.sort_unstable();
        let mut law = Law { digest: digest(&files), ..Law::default() };
        law.version = law.digest.iter().take(4).fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        for (_, text) in files.iter().filter(|(file, _)| *file == REGIMES) {
            law.read_regimes(parse(REGIMES, text)?)?;
        }
        for (file, text) in files.iter().filter(|(file, _)| *file != REGIMES) {
            let read: RulesFile = parse(file, text)?;
            for entry in read.rule {
                let id = entry.id.clone();
                let rule = law.rule_of(file, entry, catalogue).map_err(|problem| {
                    LawError::Rule { file: (*file).to_owned(), rule: id, problem }
                })?;
                law.rules.push(Arc::new(rule));
            }
        }
        law.finish()
    }

    fn read_regimes(&mut self, read: RegimesFile) -> Result<(), LawError> {
        for entry in &read.regime {
            let fault = |problem: String| LawError::Regime { regime: entry.name.clone(), problem };
            let regime = Regime::new(entry.number)
                .filter(|regime| self.regime(*regime).is_none())
                .ok_or_else(|| fault("its number must be below 128 and used once".to_owned()))?;
            if self.regime_named(&entry.name).is_some() {
                return Err(fault("it is declared twice: remove one".to_owned()));
            }
            let within = match &entry.within {
                Some(name) => {
                    Some(self.regime_named(name).map(|outer| outer.regime).ok_or_else(|| {
                        fault(format!("`within` names `{name}`: declare that above it"))
                    })?)
                }
                None => None,
            };
            if jiff::tz::TimeZone::get(&entry.day).is_err() {
                return Err(fault(format!("`day` names `{}`, which is no time zone", entry.day)));
            }
            let declared = DeclaredRegime {
                regime,
                name: entry.name.clone(),
                title: entry.title.clone(),
                within,
                places: entry.places.clone(),
                day: entry.day.clone(),
            };
            let place = self.regimes.partition_point(|other| other.regime < regime);
            self.regimes.insert(place, declared);
        }
        self.groups = read.groups;
        Ok(())
    }

    fn rule_of(&self, file: &str, entry: RuleEntry, catalogue: &Catalogue) -> Result<Rule, String> {
        let regime = self.regime_named(&entry.regime).ok_or_else(|| {
            format!("`regime` names `{}`, which regimes.toml does not declare", entry.regime)
        })?;
        if entry.sources.is_empty() {
            return Err("it names no source: say under `sources` where it can be read".to_owned());
        }
        let starts = |day: Date| start_of(day, &regime.day);
        let interval = |from: Date, until: Option<Date>, name: &str| {
            if until.is_some_and(|until| until <= from) {
                return Err(format!("`{name}` ends before it begins: correct the days"));
            }
            let until = until.map(starts).transpose()?;
            Ok(Interval { from: starts(from)?, until })
        };
        let mut cases = Vec::with_capacity(entry.case.len());
        for case in entry.case {
            let at = starts(case.day)?;
            let given = given_of(&case.given, catalogue)?;
            let (expected, source) = (case.expect, case.source);
            cases.push(Case { day: case.day, at, given, expected, source });
        }
        Ok(Rule {
            file: file.to_owned(),
            regime: regime.regime,
            valid_instants: interval(entry.from, entry.until, "from")?,
            known_instants: interval(entry.known, entry.replaced, "known")?,
            when: predicate_of(&entry.when, catalogue)?,
            effect: effect_of(entry.effect, catalogue)?,
            id: entry.id,
            law: entry.law,
            cite: entry.cite,
            words: entry.words,
            status: entry.status,
            is_verified: entry.verified,
            is_confirmed: false,
            from: entry.from,
            until: entry.until,
            known: entry.known,
            replaced: entry.replaced,
            sources: entry.sources,
            cases,
        })
    }

    fn finish(mut self) -> Result<Self, LawError> {
        self.rules.sort_by(|one, other| (&one.id, one.known).cmp(&(&other.id, other.known)));
        for (one, next) in self.rules.iter().zip(self.rules.iter().skip(1)) {
            let overlaps = one.replaced.is_none_or(|replaced| next.known < replaced);
            if one.id == next.id && overlaps {
                let problem = "two versions are known at once: end the older with `replaced`";
                let (file, rule) = (next.file.clone(), next.id.clone());
                return Err(LawError::Rule { file, rule, problem: problem.to_owned() });
            }
        }
        let ends = |interval: Interval| [Some(interval.from), interval.until];
        let rules = self.rules.iter();
        self.changes = rules
            .flat_map(|rule| [ends(rule.valid_instants), ends(rule.known_instants)])
            .flatten()
            .flatten()
            .collect();
        self.changes.sort_unstable();
        self.changes.dedup();
        Ok(self)
    }
}

/// The instant at which a legal day starts: the first midnight of the regime.
fn start_of(day: Date, zone: &str) -> Result<Time, String> {
    let start = day.in_tz(zone).map_err(|error| error.to_string())?;
    Ok(Time(start.timestamp().as_microsecond()))
}

fn effect_of(entry: EffectEntry, catalogue: &Catalogue) -> Result<Effect, String> {
    let hold = |form: Form, keys: Vec<String>| Ok(Effect::Hold(form, within(&keys, catalogue)?));
    match entry {
        EffectEntry::Forbid => Ok(Effect::Forbid),
        EffectEntry::NeedBasis(bases) => Ok(Effect::NeedBasis(bases)),
        EffectEntry::PermitOnSilence(basis) => Ok(Effect::PermitOnSilence(basis)),
        EffectEntry::Reduce(keys) => hold(Form::Reduced, keys),
        EffectEntry::Drop(keys) => hold(Form::Dropped, keys),
    }
}

/// The categories with these keys, and all below them.
fn within(keys: &[String], catalogue: &Catalogue) -> Result<Categories, String> {
    let mut found = Categories::NONE;
    for key in keys {
        let mut any = false;
        for declared in catalogue.categories().iter().filter(|declared| lies_in(&declared.key, key))
        {
            found = found.with(declared.category);
            any = true;
        }
        if !any {
            return Err(format!("`{key}` is no category of the catalogue: correct it"));
        }
    }
    Ok(found)
}

/// A predicate from its table: `{ all = […] }`, `{ any = […] }`, `{ not = {…} }`, or the name of a
/// circumstance with `is`, `in`, `has` or `before`. An empty table is always so.
fn predicate_of(table: &toml::Table, catalogue: &Catalogue) -> Result<Predicate, String> {
    let mut parts = Vec::with_capacity(table.len());
    for (word, value) in table {
        parts.push(match word.as_str() {
            "all" => Predicate::All(list_of(word, value, catalogue)?),
            "any" => Predicate::Any(list_of(word, value, catalogue)?),
            "not" => Predicate::Not(Box::new(predicate_of(table_of(word, value)?, catalogue)?)),
            name => test_of(name, table_of(word, value)?, catalogue)?,
        });
    }
    match <[Predicate; 1]>::try_from(parts) {
        Ok([only]) => Ok(only),
        Err(parts) => Ok(Predicate::All(parts)),
    }
}

fn list_of(
    word: &str,
    value: &toml::Value,
    catalogue: &Catalogue,
) -> Result<Vec<Predicate>, String> {
    let parts = value.as_array().ok_or_else(|| format!("`{word}` takes a list: `{word} = […]`"))?;
    parts.iter().map(|part| predicate_of(table_of(word, part)?, catalogue)).collect()
}

fn table_of<'t>(word: &str, value: &'t toml::Value) -> Result<&'t toml::Table, String> {
    value.as_table().ok_or_else(|| format!("`{word}` takes a table: `{word} = {{ … }}`"))
}

/// One test of one circumstance.
fn test_of(name: &str, table: &toml::Table, catalogue: &Catalogue) -> Result<Predicate, String> {
    let circumstance = circumstance_of(name)?;
    let mut tests = table.iter();
    let (Some((test, value)), None) = (tests.next(), tests.next()) else {
        return Err(format!("`{name}` takes one test: is, in, has or before"));
    };
    let wrong = || format!("`{name}` can not be tested with `{test}` and this value");
    let words = || {
        let list = value.as_array().ok_or_else(wrong)?;
        let words: Option<Vec<String>> =
            list.iter().map(|word| word.as_str().map(str::to_owned)).collect();
        let words = words.ok_or_else(wrong)?;
        words.iter().try_for_each(|word| check_word(circumstance, word, catalogue))?;
        Ok::<_, String>(words)
    };
    match (test.as_str(), circumstance.sort()) {
        ("in", Sort::Word(_) | Sort::Purpose) => Ok(Predicate::In(circumstance, words()?)),
        ("has", Sort::Categories) => Ok(Predicate::Has(circumstance, words()?)),
        ("is", Sort::Word(_) | Sort::Purpose) => {
            let word = value.as_str().ok_or_else(wrong)?;
            check_word(circumstance, word, catalogue)?;
            Ok(Predicate::In(circumstance, vec![word.to_owned()]))
        }
        ("is", Sort::Flag) => Ok(Predicate::Is(circumstance, value.as_bool().ok_or_else(wrong)?)),
        ("before", Sort::Number) => {
            Ok(Predicate::Before(circumstance, value.as_integer().ok_or_else(wrong)?))
        }
        _ => Err(wrong()),
    }
}

fn circumstance_of(name: &str) -> Result<Circumstance, String> {
    Circumstance::named(name).ok_or_else(|| {
        let known: Vec<&str> = Circumstance::EVERY.iter().map(|one| one.name()).collect();
        format!("`{name}` is no circumstance: use one of {}", known.join(", "))
    })
}

fn check_word(circumstance: Circumstance, word: &str, catalogue: &Catalogue) -> Result<(), String> {
    let is_known = match circumstance.sort() {
        Sort::Word(words) => words.contains(&word),
        Sort::Purpose => catalogue.purpose(word).is_some(),
        Sort::Categories => within(&[word.to_owned()], catalogue).is_ok(),
        Sort::Number | Sort::Flag => false,
    };
    let name = circumstance.name();
    if is_known { Ok(()) } else { Err(format!("`{word}` is no value of `{name}`: correct it")) }
}

/// The circumstances of a case.
fn given_of(
    table: &toml::Table,
    catalogue: &Catalogue,
) -> Result<Vec<(Circumstance, Held)>, String> {
    let mut given = Vec::with_capacity(table.len());
    for (name, value) in table {
        let circumstance = circumstance_of(name)?;
        let wrong = || format!("a case gives `{name}` a value of another kind");
        let held = match circumstance.sort() {
            Sort::Word(_) | Sort::Purpose => {
                let word = value.as_str().ok_or_else(wrong)?;
                check_word(circumstance, word, catalogue)?;
                Held::Word(word.to_owned())
            }
            Sort::Categories => {
                let list = value.as_array().ok_or_else(wrong)?;
                let words = list.iter().map(|word| word.as_str().map(str::to_owned));
                Held::Words(words.collect::<Option<_>>().ok_or_else(wrong)?)
            }
            Sort::Number => Held::Number(value.as_integer().ok_or_else(wrong)?),
            Sort::Flag => Held::Flag(value.as_bool().ok_or_else(wrong)?),
        };
        given.push((circumstance, held));
    }
    Ok(given)
}

fn parse<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, LawError> {
    toml::from_str(text).map_err(|error| LawError::Syntax {
        file: file.to_owned(),
        problem: error.to_string().trim_end().to_owned(),
    })
}

fn digest(files: &[(&str, &str)]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for (file, text) in files {
        hash.update((file.len() as u64).to_be_bytes());
        hash.update(file.as_bytes());
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hash.finalize().into()
}
