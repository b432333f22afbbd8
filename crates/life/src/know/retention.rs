//! Retention: of the people who started in an interval, how many came back in each later one.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::Time;

use super::condition::{Condition, Where};
use super::fault::Faults;
use super::period::{Interval, Periods, day, weekday};
use super::phrase::{people, percent};
use super::plan::{Range, Resolver, Scope};
use super::row::{PersonRow, by_person};
use super::words::Setting;

/// The question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    pub purpose: String,
    /// The first instant, or the first day in the zone.
    pub from: String,
    /// The first instant, or the first day, that is left out.
    pub to: String,
    /// A time zone such as `Europe/Berlin`; the installation's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    pub interval: Interval,
    /// The day on which weeks begin; the installation's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub week_start: Option<String>,
    /// What makes a person part of a cohort: the first time that it happens in the range.
    pub start: Visit,
    /// What counts as coming back.
    #[serde(rename = "return")]
    pub comeback: Visit,
}

/// Something that a person did.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// The event's name; null is any event.
    #[serde(default)]
    pub event: Option<String>,
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub demands: Vec<Where>,
}

/// The resolved question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionPlan {
    pub scope: Scope,
    pub interval: Interval,
    pub periods: Periods,
    pub start: Condition,
    pub comeback: Condition,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetentionAnswer {
    /// One for each interval, also when nobody started in it.
    pub cohorts: Vec<RetentionCohort>,
}

/// The people who started in one interval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetentionCohort {
    /// The start of the interval.
    #[schema(value_type = String, format = DateTime)]
    pub start: Time,
    pub people: u64,
    /// The people themselves, then those who came back in the first interval after it, the second,
    /// and so on up to the last of the range, which may not be over yet.
    pub values: Vec<u64>,
}

impl Retention {
    /// Intervals in a grid: it has about half as many cells as their square.
    const INTERVALS_MAX: usize = 400;

    /// Turns names into codes, or says everything that is wrong.
    pub fn resolve(&self, setting: Setting<'_>) -> Result<RetentionPlan, Faults> {
        let mut resolver = Resolver::new(setting);
        let range = Range { from: &self.from, to: &self.to, zone: self.zone.as_deref() };
        let scope = resolver.scope(&self.purpose, range);
        let first = self.week_start.as_deref().unwrap_or(setting.week_start);
        let first = resolver.faults.keep("/week_start", weekday(first));
        let periods = scope.as_ref().zip(first).and_then(|(scope, first)| {
            let max = setting.limits.answer_intervals.min(Self::INTERVALS_MAX);
            let (from, until) = (scope.from, scope.until);
            let periods = Periods::of(&scope.zone, self.interval, first, from, until, max);
            resolver.faults.keep("/interval", periods)
        });
        let visit = &self.start;
        let start = resolver.condition("/start", visit.event.as_deref(), &visit.demands);
        let visit = &self.comeback;
        let comeback = resolver.condition("/return", visit.event.as_deref(), &visit.demands);
        let scope = resolver.finish(scope)?;
        let (periods, start, comeback) = periods
            .zip(start.zip(comeback))
            .map(|(periods, (start, comeback))| (periods, start, comeback))
            .ok_or_else(Faults::default)?;
        Ok(RetentionPlan { scope, interval: self.interval, periods, start, comeback })
    }
}

impl RetentionPlan {
    /// The answer, obviously right and slow.
    #[must_use]
    pub fn reference(&self, rows: &[PersonRow]) -> RetentionAnswer {
        let count = self.periods.count();
        let mut cells = vec![0; count * count];
        for person in by_person(rows, self.scope.from, self.scope.until) {
            let Some(first) = person.iter().find(|row| self.start.holds(row)) else { continue };
            let first = self.periods.place(first.time);
            let back = person.iter().filter(|row| self.comeback.holds(row));
            let back: BTreeSet<usize> = back.map(|row| self.periods.place(row.time)).collect();
            let later = back.into_iter().filter(|place| *place > first);
            for place in later.chain([first]) {
                if let Some(cell) = cells.get_mut(first * count + place) {
                    *cell += 1;
                }
            }
        }
        self.answer(&cells)
    }

    /// The grid from its cells: first interval × interval, people of the cohort on the diagonal.
    #[must_use]
    pub fn answer(&self, cells: &[u64]) -> RetentionAnswer {
        let lines = cells.chunks(self.periods.count().max(1)).enumerate();
        let cohorts = self.periods.starts.iter().zip(lines).map(|(start, (place, line))| {
            let values: Vec<u64> = line.iter().skip(place).copied().collect();
            let people = values.first().copied().unwrap_or(0);
            RetentionCohort { start: *start, people, values }
        });
        RetentionAnswer { cohorts: cohorts.collect() }
    }

    /// The answer in one sentence.
    #[must_use]
    pub fn sentence(&self, answer: &RetentionAnswer) -> String {
        let (zone, scope) = (&self.scope.zone, &self.scope);
        let time = format!("from {} to before {}", day(zone, scope.from), day(zone, scope.until));
        let all: u64 = answer.cohorts.iter().map(|cohort| cohort.people).sum();
        let who = format!("{} started with {} {time}", people(all), self.start.phrase());
        let later = answer.cohorts.iter().filter(|cohort| cohort.values.len() > 1);
        let (could, did) = later.fold((0, 0), |(could, did), cohort| {
            let back = cohort.values.get(1).copied().unwrap_or(0);
            (could + cohort.people, did + back)
        });
        if could == 0 {
            return format!("{who}.");
        }
        let (share, word) = (percent(did, could), self.interval.word());
        format!("{who}; {share} came back with {} in the {word} after.", self.comeback.phrase())
    }
}
