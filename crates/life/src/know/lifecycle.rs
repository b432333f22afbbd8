//! Lifecycle: in each interval, who is new, who goes on, who is back, and who stayed away.
//!
//! Somebody is active in an interval in which one of their rows meets the condition. They are new
//! in the first such interval of all, returning when they were active in the one before,
//! resurrecting when they were active only earlier, and dormant when they were active in the one
//! before and are not. Intervals are whole: the first one counts from its start, also when the
//! question's time begins within it. The last one may not be over yet.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::Time;

use super::about::About;
use super::condition::{Condition, Where};
use super::fault::{Faults, Flaw};
use super::kind::{Asked, Question};
use super::period::{Interval, Periods};
use super::phrase::count;
use super::resolve::Resolver;
use super::row::PersonRow;
use super::scope::{Scope, Who};
use super::words::Setting;

/// The question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lifecycle {
    #[serde(flatten)]
    pub about: About,
    pub interval: Interval,
    /// The event that makes somebody active; null is any event.
    #[serde(default)]
    pub event: Option<String>,
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub demands: Vec<Where>,
}

/// What somebody is in an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = LifecyclePhase)]
pub enum Phase {
    /// Active for the first time ever.
    New,
    /// Active, as in the interval before.
    Returning,
    /// Active, as some time before, but not in the interval before.
    Resurrecting,
    /// Not active, but in the interval before.
    Dormant,
}

/// The people of one bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LifecyclePick {
    /// The start of the interval.
    #[schema(value_type = String, format = DateTime)]
    pub start: Time,
    pub state: Phase,
}

/// The resolved question.
#[derive(Debug, Clone, PartialEq)]
pub struct LifecyclePlan {
    pub scope: Scope,
    pub interval: Interval,
    pub periods: Periods,
    /// The start of the interval before the first.
    pub before: Time,
    pub condition: Condition,
    /// The interval that was picked, and what somebody is in it.
    pub picked: Option<(usize, Phase)>,
}

/// The answer: by interval, how many people are what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct LifecycleAnswer {
    #[schema(value_type = Vec<String>)]
    pub intervals: Vec<Time>,
    pub new: Vec<u64>,
    pub returning: Vec<u64>,
    pub resurrecting: Vec<u64>,
    pub dormant: Vec<u64>,
}

impl Question for Lifecycle {
    type Plan = LifecyclePlan;

    fn resolve(&self, setting: Setting<'_>) -> Result<LifecyclePlan, Faults> {
        let mut resolver = Resolver::new(setting);
        let scope = resolver.scope(&self.about);
        let max = setting.limits.answer_intervals;
        let periods = resolver.periods(scope.as_ref(), self.interval, max);
        let condition = resolver.condition("", self.event.as_deref(), &self.demands);
        let first = periods.as_ref().and_then(|periods| periods.starts.first().copied());
        let scope = scope.zip(first).map(|(scope, first)| Scope { from: first, ..scope });
        let before = scope.as_ref().map(|scope| Scope {
            from: Time(scope.from.0.saturating_sub(1)),
            until: scope.from,
            ..scope.clone()
        });
        let before = resolver.periods(before.as_ref(), self.interval, max);
        let before = before.and_then(|periods| periods.starts.first().copied());
        let scope = resolver.finish(scope)?;
        let (Some(periods), Some(condition), Some(before)) = (periods, condition, before) else {
            return Err(Faults::default());
        };
        let scope = Scope { looks_back: true, ..scope };
        let interval = self.interval;
        Ok(LifecyclePlan { scope, interval, periods, before, condition, picked: None })
    }
}

impl Asked for LifecyclePlan {
    type Answer = LifecycleAnswer;
    type Pick = LifecyclePick;

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn reference(&self, rows: &[PersonRow]) -> LifecycleAnswer {
        let mut cells = vec![[0; 4]; self.periods.count()];
        for (_, rows) in self.scope.rows(rows) {
            for (cell, phase) in cells.iter_mut().zip(self.phases(&rows)) {
                phase.into_iter().for_each(|phase| *phase.of(cell) += 1);
            }
        }
        self.answer(&cells)
    }

    fn sentence(&self, answer: &LifecycleAnswer) -> String {
        let did = format!("did {} {}", self.condition.phrase(), self.scope.time());
        let last = |counts: &[u64]| counts.last().copied().unwrap_or(0);
        let new: u64 = answer.new.iter().sum();
        let word = self.interval.word();
        format!(
            "{} {did} for the first time; in the last {word} {} were new, {} returning, {} back \
             after a pause, and {} stayed away.",
            self.scope.who(new),
            count(last(&answer.new)),
            count(last(&answer.returning)),
            count(last(&answer.resurrecting)),
            count(last(&answer.dormant))
        )
    }

    fn pick(&mut self, pick: LifecyclePick) -> Result<(), Faults> {
        let place = self.periods.starts.iter().position(|start| *start == pick.start);
        let place = place.ok_or_else(|| Faults::one("/pick/start", Flaw::UnknownPick))?;
        self.picked = Some((place, pick.state));
        Ok(())
    }

    fn members(&self, rows: &[PersonRow]) -> BTreeSet<Who> {
        let Some((place, phase)) = self.picked else { return BTreeSet::new() };
        let is_meant = |rows: &[&PersonRow]| self.phases(rows).get(place) == Some(&Some(phase));
        let whose = self.scope.rows(rows).into_iter();
        whose.filter(|(_, rows)| is_meant(rows)).map(|(who, _)| who).collect()
    }
}

impl Phase {
    /// What somebody is who is active or not, was in the interval before, and was ever before.
    #[must_use]
    pub const fn told(is_active: bool, was_before: bool, was_ever: bool) -> Option<Self> {
        match (is_active, was_before, was_ever) {
            (true, true, _) => Some(Phase::Returning),
            (true, false, true) => Some(Phase::Resurrecting),
            (true, false, false) => Some(Phase::New),
            (false, true, _) => Some(Phase::Dormant),
            (false, false, _) => None,
        }
    }

    /// Its count among those of an interval.
    pub const fn of(self, cell: &mut [u64; 4]) -> &mut u64 {
        let [new, returning, resurrecting, dormant] = cell;
        match self {
            Phase::New => new,
            Phase::Returning => returning,
            Phase::Resurrecting => resurrecting,
            Phase::Dormant => dormant,
        }
    }
}

impl LifecyclePlan {
    /// What somebody is in each interval whose rows these are; for reference.
    fn phases(&self, rows: &[&PersonRow]) -> Vec<Option<Phase>> {
        let active: Vec<Time> =
            rows.iter().filter(|row| self.condition.holds(row)).map(|row| row.time).collect();
        let within =
            |from: Time, until: Time| active.iter().any(|time| from <= *time && *time < until);
        let starts = &self.periods.starts;
        let ends = starts.iter().copied().skip(1).chain([self.scope.until]);
        let befores = std::iter::once(self.before).chain(starts.iter().copied());
        let intervals = starts.iter().copied().zip(ends).zip(befores);
        let phase = |((start, end), before)| {
            let was_ever = within(Time(i64::MIN), start);
            Phase::told(within(start, end), within(before, start), was_ever)
        };
        intervals.map(phase).collect()
    }

    /// The answer from the counts of each interval.
    #[must_use]
    pub fn answer(&self, cells: &[[u64; 4]]) -> LifecycleAnswer {
        let mut answer = LifecycleAnswer {
            intervals: self.periods.starts.clone(),
            ..LifecycleAnswer::default()
        };
        for [new, returning, resurrecting, dormant] in cells {
            answer.new.push(*new);
            answer.returning.push(*returning);
            answer.resurrecting.push(*resurrecting);
            answer.dormant.push(*dormant);
        }
        answer
    }
}
