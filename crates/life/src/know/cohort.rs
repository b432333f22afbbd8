//! Cohort: how many people did some things often enough, and none of some others.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::condition::{Condition, Where};
use super::fault::{Faults, Flaw};
use super::period::day;
use super::phrase::{count, people};
use super::plan::{CONDITIONS_MAX, Range, Resolver, Scope};
use super::row::{PersonRow, by_person};
use super::words::Setting;

/// The question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cohort {
    pub purpose: String,
    /// The first instant, or the first day in the zone.
    pub from: String,
    /// The first instant, or the first day, that is left out.
    pub to: String,
    /// A time zone such as `Europe/Berlin`; the installation's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// What each of the people did.
    pub all: Vec<Did>,
    /// What none of them did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub none: Vec<DidNot>,
}

/// Something done at least so often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Did {
    /// The event's name; null is any event.
    #[serde(default)]
    pub event: Option<String>,
    /// How often at least; once when absent.
    #[serde(default = "once")]
    pub at_least: u32,
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub demands: Vec<Where>,
}

/// Something never done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DidNot {
    /// The event's name; null is any event.
    #[serde(default)]
    pub event: Option<String>,
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub demands: Vec<Where>,
}

/// The resolved question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CohortPlan {
    pub scope: Scope,
    pub all: Vec<(Condition, u32)>,
    pub none: Vec<Condition>,
}

/// The answer: a number. Who they are is not part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CohortAnswer {
    pub people: u64,
}

const fn once() -> u32 {
    1
}

impl Cohort {
    /// Turns names into codes, or says everything that is wrong.
    pub fn resolve(&self, setting: Setting<'_>) -> Result<CohortPlan, Faults> {
        let mut resolver = Resolver::new(setting);
        let range = Range { from: &self.from, to: &self.to, zone: self.zone.as_deref() };
        let scope = resolver.scope(&self.purpose, range);
        resolver.count("/all", self.all.len(), 1, CONDITIONS_MAX / 2);
        resolver.count("/none", self.none.len(), 0, CONDITIONS_MAX / 2);
        let mut all = Vec::with_capacity(self.all.len());
        for (number, did) in self.all.iter().enumerate() {
            let pointer = format!("/all/{number}");
            let condition = resolver.condition(&pointer, did.event.as_deref(), &did.demands);
            if did.at_least == 0 {
                resolver.faults.add(format!("{pointer}/at_least"), Flaw::Zero);
            }
            all.extend(condition.map(|condition| (condition, did.at_least)));
        }
        let mut none = Vec::with_capacity(self.none.len());
        for (number, did) in self.none.iter().enumerate() {
            let pointer = format!("/none/{number}");
            none.extend(resolver.condition(&pointer, did.event.as_deref(), &did.demands));
        }
        Ok(CohortPlan { scope: resolver.finish(scope)?, all, none })
    }
}

impl CohortPlan {
    /// The answer, obviously right and slow.
    #[must_use]
    pub fn reference(&self, rows: &[PersonRow]) -> CohortAnswer {
        let persons = by_person(rows, self.scope.from, self.scope.until).into_iter();
        let belongs = |person: &Vec<&PersonRow>| {
            let often =
                |condition: &Condition| person.iter().filter(|r| condition.holds(r)).count();
            self.all.iter().all(|(condition, least)| often(condition) >= *least as usize)
                && self.none.iter().all(|condition| often(condition) == 0)
        };
        CohortAnswer { people: persons.filter(belongs).count() as u64 }
    }

    /// The answer in one sentence.
    #[must_use]
    pub fn sentence(&self, answer: &CohortAnswer) -> String {
        let (zone, scope) = (&self.scope.zone, &self.scope);
        let time = format!("from {} to before {}", day(zone, scope.from), day(zone, scope.until));
        let often = |least: u32| match least {
            1 => String::new(),
            more => format!(" at least {} times", count(u64::from(more))),
        };
        let did = self.all.iter().map(|(did, least)| format!("{}{}", did.phrase(), often(*least)));
        let did = did.collect::<Vec<_>>().join(" and ");
        let not = self.none.iter().map(Condition::phrase).collect::<Vec<_>>().join(" nor ");
        let but = if not.is_empty() { String::new() } else { format!(", but not {not},") };
        format!("{} did {did}{but} {time}.", people(answer.people))
    }
}
