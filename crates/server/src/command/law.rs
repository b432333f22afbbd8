//! `candor law`: the law that the gate judges by, as this program ships it and this installation
//! has confirmed it. No server has to run.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use jiff::civil::Date;
use life::admit::law::{Effect, Form, Rule};
use life::admit::{Catalogue, Law};
use serde_json::{Value, json};

use super::client::{Call, text};
use super::say::{say, warn};
use super::{Ending, Environment, Place};
use crate::clock::Clock;

#[derive(Debug, Subcommand)]
pub enum LawVerb {
    /// List the rules that hold on a day.
    List {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        days: Days,
        /// Only what holds in this regime, such as fr or us-ca, the regimes around it included.
        #[arg(long, value_name = "NAME")]
        regime: Option<String>,
        /// Only permissions that wait for a confirmation in `law.confirmed`.
        #[arg(long)]
        waiting: bool,
    },
    /// Show every version of a rule, with its cases.
    Show {
        #[command(flatten)]
        place: Place,
        id: String,
    },
    /// Say which rules begin or end to hold from one day to another.
    Diff {
        #[command(flatten)]
        place: Place,
        #[arg(value_name = "DAY")]
        first: Date,
        #[arg(value_name = "DAY")]
        second: Date,
    },
    /// Hold every rule against the cases beside it.
    Test {
        #[command(flatten)]
        place: Place,
    },
    /// Say what rules that do not hold yet would close of what is stored: the law of a day to come,
    /// or another configuration.
    Effect {
        #[command(flatten)]
        place: Place,
        /// The day whose law counts; today unless told otherwise.
        #[arg(long, value_name = "DAY")]
        on: Option<Date>,
        /// The configuration whose `[law]` and `[sources]` count; the one in force unless told
        /// otherwise.
        #[arg(long, value_name = "FILE")]
        with: Option<PathBuf>,
    },
}

/// The days that decide which rules count. Both are today unless told otherwise.
#[derive(Debug, Args)]
pub struct Days {
    /// The day on which the rules are to be in force.
    #[arg(long, value_name = "DAY")]
    on: Option<Date>,
    /// The day whose knowledge of the law counts.
    #[arg(long, value_name = "DAY")]
    known: Option<Date>,
}

impl LawVerb {
    pub async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        let (LawVerb::List { place, .. }
        | LawVerb::Show { place, .. }
        | LawVerb::Diff { place, .. }
        | LawVerb::Test { place }
        | LawVerb::Effect { place, .. }) = &self;
        let config = place.layers(environment)?.read()?;
        let catalogue = Catalogue::shipped()?;
        let law = Law::shipped(&catalogue)?.confirm(&config.law.confirmed)?;
        let reader = Reader { law, catalogue, json: place.json };
        match self {
            LawVerb::List { days, regime, waiting, .. } => {
                let today = today();
                let (on, known) = (days.on.unwrap_or(today), days.known.unwrap_or(today));
                reader.list((on, known), regime.as_deref(), waiting)
            }
            LawVerb::Show { id, .. } => reader.show(&id),
            LawVerb::Diff { first, second, .. } => reader.diff(first, second),
            LawVerb::Test { .. } => reader.test(),
            LawVerb::Effect { place, on, with } => effect(&place, on, with, environment).await,
        }
    }
}

/// Asks the installation what rules would close of what it holds.
async fn effect(
    place: &Place,
    on: Option<Date>,
    with: Option<PathBuf>,
    environment: &Environment,
) -> anyhow::Result<Ending> {
    let config = match &with {
        None => None,
        Some(path) => {
            let read = std::fs::read_to_string(path);
            Some(read.with_context(|| format!("`{}` cannot be read", path.display()))?)
        }
    };
    // A day of law has begun everywhere by its noon in UTC.
    let at = on.map(|day| format!("{day}T12:00:00Z"));
    let call = Call::post("/api/policy/effect", json!({ "at": at, "config": config }));
    let show = |answer: &Value| {
        let list = |one: &Value| {
            let names = one.as_array().into_iter().flatten().filter_map(Value::as_str);
            names.collect::<Vec<_>>().join(", ")
        };
        let lines = answer.as_array().into_iter().flatten().map(|one| {
            let mut line = text(one, "source").to_owned();
            for (word, said) in [("closes", "closes"), ("reopens", "shows again")] {
                let names = list(&one[word]);
                if !names.is_empty() {
                    line.push_str(&format!(" {said} {names};"));
                }
            }
            if one["declared"] == json!(false) {
                line.push_str(" is not declared, so nothing of it is shown;");
            }
            let narrowed = format!("{} of {}", one["verdicts_narrowed"], one["verdicts"]);
            format!("{line} {narrowed} verdicts are narrowed")
        });
        let lines: Vec<String> = lines.collect();
        if lines.is_empty() { "nothing is stored yet".to_owned() } else { lines.join("\n") }
    };
    place.ask(environment, &call, show).await
}

/// Reads the law aloud.
struct Reader {
    law: Law,
    catalogue: Catalogue,
    json: bool,
}

impl Reader {
    fn list(
        &self,
        (on, known): (Date, Date),
        regime: Option<&str>,
        waiting: bool,
    ) -> anyhow::Result<Ending> {
        let around = match regime.map(|name| (name, self.law.regime_named(name))) {
            None => None,
            Some((_, Some(declared))) => Some(self.law.around(declared.regime).collect::<Vec<_>>()),
            Some((name, None)) => {
                warn(format!("there is no regime `{name}`: see law/regimes.toml for their names"));
                return Ok(Ending::NotFound);
            }
        };
        let wanted = self.law.rules().filter(|rule| {
            rule.holds_on(on, known)
                && around.as_ref().is_none_or(|around| around.contains(&rule.regime))
                && (!waiting || rule.waits())
        });
        let wanted: Vec<&Rule> = wanted.map(AsRef::as_ref).collect();
        if self.json {
            let rules: Vec<Value> = wanted.iter().map(|rule| self.json_of(rule)).collect();
            let digest = hex::encode(self.law.digest());
            say(json!({ "on": on.to_string(), "known": known.to_string(), "digest": digest,
                        "rules": rules }))?;
            return Ok(Ending::Done);
        }
        for rule in &wanted {
            let waits = if rule.waits() { "   (waits for a confirmation)" } else { "" };
            say(format!("{:10} {:26} {}{waits}", self.regime(rule), rule.id, self.effect(rule)))?;
        }
        say(format!("{} rules on {on}, as known on {known}", wanted.len()))?;
        Ok(Ending::Done)
    }

    fn show(&self, id: &str) -> anyhow::Result<Ending> {
        let versions: Vec<&Rule> =
            self.law.rules().filter(|rule| rule.id == id).map(AsRef::as_ref).collect();
        if versions.is_empty() {
            warn(format!("there is no rule `{id}`: `candor law list` shows those that there are"));
            return Ok(Ending::NotFound);
        }
        if self.json {
            let versions: Vec<Value> = versions.iter().map(|rule| self.json_of(rule)).collect();
            say(Value::Array(versions))?;
            return Ok(Ending::Done);
        }
        for rule in versions {
            say(&rule.words)?;
            say(format!("  {}, {}", rule.law, rule.cite))?;
            let until = rule.until.map_or(String::new(), |until| format!(" until {until}"));
            say(format!(
                "  {} in {}, {} from {}{until}",
                self.effect(rule),
                self.regime(rule),
                rule.status.code(),
                rule.from
            ))?;
            say(format!("  {}", trust(rule)))?;
            say(format!("  read in: {}", rule.sources.join("; ")))?;
            say(format!("  law/{}", rule.file))?;
            for case in &rule.cases {
                say(format!("  {} {:14} {}", case.day, case.expected.code(), case.source))?;
            }
        }
        Ok(Ending::Done)
    }

    fn diff(&self, first: Date, second: Date) -> anyhow::Result<Ending> {
        let known = first.max(second).max(today());
        let changed = |from: Date, to: Date| -> Vec<&Rule> {
            let rules = self.law.rules().map(AsRef::as_ref);
            rules
                .filter(|rule: &&Rule| !rule.holds_on(from, known) && rule.holds_on(to, known))
                .collect()
        };
        let (begin, end) = (changed(first, second), changed(second, first));
        if self.json {
            let ids = |rules: &[&Rule]| -> Vec<Value> {
                rules.iter().map(|rule| self.json_of(rule)).collect()
            };
            say(json!({ "begin": ids(&begin), "end": ids(&end) }))?;
            return Ok(Ending::Done);
        }
        for (sign, rules) in [("+", &begin), ("-", &end)] {
            for rule in rules {
                say(format!(
                    "{sign} {} {} ({}, {})",
                    self.regime(rule),
                    rule.id,
                    rule.law,
                    rule.cite
                ))?;
            }
        }
        say(format!("{} begin and {} end between {first} and {second}", begin.len(), end.len()))?;
        Ok(Ending::Done)
    }

    fn test(&self) -> anyhow::Result<Ending> {
        let mut wrong = Vec::new();
        let mut count = 0;
        for rule in self.law.rules() {
            for case in &rule.cases {
                count += 1;
                let says = rule.says(case);
                if says != case.expected {
                    wrong.push(format!(
                        "law/{}: `{}` on {}: {} is expected, {} is what it says",
                        rule.file,
                        rule.id,
                        case.day,
                        case.expected.code(),
                        says.code()
                    ));
                }
            }
        }
        if self.json {
            say(json!({ "cases": count, "wrong": wrong }))?;
        } else {
            wrong.iter().try_for_each(say)?;
            say(format!("{count} cases, {} wrong", wrong.len()))?;
        }
        Ok(if wrong.is_empty() { Ending::Done } else { Ending::Failed })
    }

    fn regime(&self, rule: &Rule) -> &str {
        self.law.regime(rule.regime).map_or("", |declared| declared.name.as_str())
    }

    /// What a rule does, in a few words.
    fn effect(&self, rule: &Rule) -> String {
        match &rule.effect {
            Effect::Forbid => "forbids".to_owned(),
            Effect::NeedBasis(bases) => {
                let bases: Vec<&str> = bases.iter().map(|basis| basis.code()).collect();
                format!("needs {}", bases.join(" or "))
            }
            Effect::PermitOnSilence(basis) => format!("permits {} on silence", basis.code()),
            Effect::Hold(form, categories) => {
                let declared = self.catalogue.categories().iter();
                let held = declared.filter(|declared| categories.has(declared.category));
                let keys: Vec<&str> = held.map(|declared| declared.key.as_str()).collect();
                let verb = match form {
                    Form::Reduced => "reduces",
                    Form::Dropped => "drops",
                };
                format!("{verb} {}", keys.join(", "))
            }
        }
    }

    fn json_of(&self, rule: &Rule) -> Value {
        let cases: Vec<Value> = rule
            .cases
            .iter()
            .map(|case| {
                let (expect, says) = (case.expected.code(), rule.says(case).code());
                let day = case.day.to_string();
                json!({ "day": day, "expect": expect, "says": says, "source": case.source })
            })
            .collect();
        json!({
            "id": rule.id, "regime": self.regime(rule), "law": rule.law, "cite": rule.cite,
            "words": rule.words, "effect": rule.effect.code(), "does": self.effect(rule),
            "status": rule.status.code(), "verified": rule.is_verified,
            "confirmed": rule.is_confirmed, "waits": rule.waits(),
            "from": rule.from.to_string(), "until": rule.until.map(|day| day.to_string()),
            "known": rule.known.to_string(), "replaced": rule.replaced.map(|day| day.to_string()),
            "sources": rule.sources, "file": format!("law/{}", rule.file), "cases": cases,
        })
    }
}

/// The day that it is now, in UTC.
fn today() -> Date {
    let now = Clock::system().now();
    let instant = jiff::Timestamp::from_microsecond(now.micros()).unwrap_or_default();
    jiff::tz::Offset::UTC.to_datetime(instant).date()
}

/// How far a rule may be trusted.
fn trust(rule: &Rule) -> &'static str {
    if rule.is_verified {
        "verified"
    } else if rule.is_confirmed {
        "not verified; this installation has confirmed it"
    } else if rule.waits() {
        "not verified, so it permits nothing until `law.confirmed` names it"
    } else {
        "not verified"
    }
}
