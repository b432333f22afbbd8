//! Cohort: how many people did some things often enough, and none of some others.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::about::About;
use super::condition::{Condition, Deed, Where};
use super::fault::{Faults, Flaw};
use super::kind::{Asked, Everyone, Question};
use super::phrase::count;
use super::resolve::{CONDITIONS_MAX, Resolver};
use super::row::PersonRow;
use super::scope::{Scope, Who};
use super::words::Setting;

/// The question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cohort {
    #[serde(flatten)]
    pub about: About,
    /// What each of the people did.
    pub all: Vec<Did>,
    /// What none of them did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub none: Vec<Deed>,
}

/// Something done so often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Did {
    /// The event's name; null is any event.
    #[serde(default)]
    pub event: Option<String>,
    /// How often at least; once when absent.
    #[serde(default = "once")]
    pub at_least: u32,
    /// How often at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u32>,
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub demands: Vec<Where>,
}

/// The resolved question.
#[derive(Debug, Clone, PartialEq)]
pub struct CohortPlan {
    pub scope: Scope,
    pub all: Vec<Often>,
    pub none: Vec<Condition>,
}

/// Something that was done at least and at most so often.
#[derive(Debug, Clone, PartialEq)]
pub struct Often {
    pub condition: Condition,
    pub least: u32,
    pub most: u32,
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
    /// Where it leads back to itself, or too deep, once it is saved under this name. What else is
    /// wrong with it is heard when it is asked.
    #[must_use]
    pub fn nested(&self, name: &str, setting: Setting<'_>) -> Faults {
        let mut resolver = Resolver::of_cohort(setting, name);
        self.plan(&mut resolver);
        let mut faults = resolver.faults;
        faults.0.retain(|fault| matches!(fault.flaw, Flaw::NestedCohort { .. }));
        faults
    }

    /// The plan, by a resolver that may have resolved other parts of a question before.
    pub(super) fn plan(&self, resolver: &mut Resolver<'_>) -> Option<CohortPlan> {
        let scope = resolver.scope(&self.about);
        resolver.count("/all", self.all.len(), 1, CONDITIONS_MAX / 2);
        resolver.count("/none", self.none.len(), 0, CONDITIONS_MAX / 2);
        let mut all = Vec::with_capacity(self.all.len());
        for (number, did) in self.all.iter().enumerate() {
            let pointer = format!("/all/{number}");
            let condition = resolver.condition(&pointer, did.event.as_deref(), &did.demands);
            let (least, most) = (did.at_least, did.at_most.unwrap_or(u32::MAX));
            if least == 0 {
                resolver.faults.add(format!("{pointer}/at_least"), Flaw::Zero);
            }
            if most < least {
                resolver.faults.add(format!("{pointer}/at_most"), Flaw::TooFewAtMost { least });
            }
            all.extend(condition.map(|condition| Often { condition, least, most }));
        }
        let mut none = Vec::with_capacity(self.none.len());
        for (number, did) in self.none.iter().enumerate() {
            let pointer = format!("/none/{number}");
            none.extend(resolver.deed(&pointer, did));
        }
        Some(CohortPlan { scope: scope?, all, none })
    }
}

impl Question for Cohort {
    type Plan = CohortPlan;

    fn resolve(&self, setting: Setting<'_>) -> Result<CohortPlan, Faults> {
        let mut resolver = Resolver::new(setting);
        let (scope, rest) = match self.plan(&mut resolver) {
            Some(CohortPlan { scope, all, none }) => (Some(scope), Some((all, none))),
            None => (None, None),
        };
        let scope = resolver.finish(scope)?;
        let (all, none) = rest.ok_or_else(Faults::default)?;
        Ok(CohortPlan { scope, all, none })
    }
}

impl Asked for CohortPlan {
    type Answer = CohortAnswer;
    type Pick = Everyone;

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn reference(&self, rows: &[PersonRow]) -> CohortAnswer {
        CohortAnswer { people: self.members(rows).len() as u64 }
    }

    fn sentence(&self, answer: &CohortAnswer) -> String {
        let did = self.all.iter().map(Often::phrase).collect::<Vec<_>>().join(" and ");
        let not = self.none.iter().map(Condition::phrase).collect::<Vec<_>>().join(" nor ");
        let but = if not.is_empty() { String::new() } else { format!(", but not {not},") };
        format!("{} did {did}{but} {}.", self.scope.who(answer.people), self.scope.time())
    }

    fn pick(&mut self, Everyone {}: Everyone) -> Result<(), Faults> {
        Ok(())
    }

    fn members(&self, rows: &[PersonRow]) -> BTreeSet<Who> {
        let whose = self.scope.rows(rows).into_iter();
        whose.filter(|(_, rows)| self.belongs(rows)).map(|(who, _)| who).collect()
    }
}

impl CohortPlan {
    /// Whether somebody belongs whose rows these are; for reference.
    pub(super) fn belongs(&self, rows: &[&PersonRow]) -> bool {
        let count = |condition: &Condition| rows.iter().filter(|row| condition.holds(row)).count();
        let often = |Often { condition, least, most }: &Often| {
            (*least as usize..=*most as usize).contains(&count(condition))
        };
        self.all.iter().all(often) && self.none.iter().all(|condition| count(condition) == 0)
    }
}

impl Often {
    fn phrase(&self) -> String {
        let times = |number: u32| count(u64::from(number));
        let often = match (self.least, self.most) {
            (1, u32::MAX) => String::new(),
            (1, 1) => " once".to_owned(),
            (1, most) => format!(" at most {} times", times(most)),
            (least, u32::MAX) => format!(" at least {} times", times(least)),
            (least, most) if least == most => format!(" exactly {} times", times(least)),
            (least, most) => format!(" {} to {} times", times(least), times(most)),
        };
        format!("{}{often}", self.condition.phrase())
    }
}
