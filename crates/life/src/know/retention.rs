//! Retention: of the people who started in an interval, how many came back in each later one.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::Time;

use super::about::About;
use super::condition::{Condition, Deed};
use super::fault::{Faults, Flaw};
use super::kind::{Asked, Question};
use super::period::{Interval, Periods};
use super::phrase::{count, percent};
use super::resolve::Resolver;
use super::row::PersonRow;
use super::scope::{Scope, Who};
use super::words::Setting;

/// The question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    #[serde(flatten)]
    pub about: About,
    pub interval: Interval,
    /// What makes a person part of a cohort.
    pub start: Deed,
    /// What counts as coming back.
    #[serde(rename = "return")]
    pub comeback: Deed,
    #[serde(default)]
    pub entry: Entry,
    #[serde(default)]
    pub back: Back,
    /// How many intervals after the first are shown; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub periods: Option<usize>,
}

/// Which cohorts a person is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = RetentionEntry)]
pub enum Entry {
    /// The cohort of the first start within the time of the question.
    #[default]
    FirstInRange,
    /// That of the first start ever, when it lies in the time of the question. All rows are read.
    FirstEver,
    /// That of every interval with a start.
    Recurring,
}

/// When somebody counts as back in an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Back {
    /// Who came back in this very interval.
    #[default]
    Exact,
    /// Who came back in this interval or in a later one.
    Unbounded,
}

/// The people of one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetentionPick {
    /// The start of the cohort's interval.
    #[schema(value_type = String, format = DateTime)]
    pub cohort: Time,
    /// How many intervals later; the whole cohort when 0.
    #[serde(default)]
    pub period: usize,
}

/// The resolved question.
#[derive(Debug, Clone, PartialEq)]
pub struct RetentionPlan {
    pub scope: Scope,
    pub interval: Interval,
    pub periods: Periods,
    pub start: Condition,
    pub comeback: Condition,
    pub entry: Entry,
    pub back: Back,
    /// How many intervals after the first are shown.
    pub shown: usize,
    /// The cell that was picked: the cohort's interval, and the other.
    pub picked: Option<(usize, usize)>,
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
}

impl Question for Retention {
    type Plan = RetentionPlan;

    fn resolve(&self, setting: Setting<'_>) -> Result<RetentionPlan, Faults> {
        let mut resolver = Resolver::new(setting);
        let scope = resolver.scope(&self.about);
        let max = setting.limits.answer_intervals.min(Self::INTERVALS_MAX);
        let periods = resolver.periods(scope.as_ref(), self.interval, max);
        let start = resolver.deed("/start", &self.start);
        let comeback = resolver.deed("/return", &self.comeback);
        let shown = self.periods.unwrap_or(Self::INTERVALS_MAX);
        resolver.count("/periods", shown, 1, Self::INTERVALS_MAX);
        let scope = resolver.finish(scope)?;
        let (Some(periods), Some(start), Some(comeback)) = (periods, start, comeback) else {
            return Err(Faults::default());
        };
        Ok(RetentionPlan {
            scope: Scope { looks_back: self.entry == Entry::FirstEver, ..scope },
            interval: self.interval,
            periods,
            start,
            comeback,
            entry: self.entry,
            back: self.back,
            shown,
            picked: None,
        })
    }
}

impl Asked for RetentionPlan {
    type Answer = RetentionAnswer;
    type Pick = RetentionPick;

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn reference(&self, rows: &[PersonRow]) -> RetentionAnswer {
        let count = self.periods.count();
        let mut cells = vec![0; count * count];
        for (_, rows) in self.scope.rows(rows) {
            for (first, place) in self.cells(&rows) {
                if let Some(cell) = cells.get_mut(first * count + place) {
                    *cell += 1;
                }
            }
        }
        self.answer(&cells)
    }

    fn sentence(&self, answer: &RetentionAnswer) -> String {
        let all: u64 = answer.cohorts.iter().map(|cohort| cohort.people).sum();
        let time = self.scope.time();
        let who = match self.entry {
            Entry::FirstInRange | Entry::FirstEver => {
                format!("{} started with {} {time}", self.scope.who(all), self.start.phrase())
            }
            Entry::Recurring => {
                let (times, somebody) = (count(all), self.scope.somebody());
                format!("{times} times {somebody} did {} {time}", self.start.phrase())
            }
        };
        let later = answer.cohorts.iter().filter(|cohort| cohort.values.len() > 1);
        let (could, did) = later.fold((0, 0), |(could, did), cohort| {
            let back = cohort.values.get(1).copied().unwrap_or(0);
            (could + cohort.people, did + back)
        });
        if could == 0 {
            return format!("{who}.");
        }
        let (share, word) = (percent(did, could), self.interval.word());
        let or_later = if self.back == Back::Unbounded { " or later" } else { "" };
        let back = self.comeback.phrase();
        format!("{who}; {share} came back with {back} in the {word} after{or_later}.")
    }

    fn pick(&mut self, pick: RetentionPick) -> Result<(), Faults> {
        let unknown = |place: &str| Faults::one(format!("/pick/{place}"), Flaw::UnknownPick);
        let first = self.periods.starts.iter().position(|start| *start == pick.cohort);
        let first = first.ok_or_else(|| unknown("cohort"))?;
        if first + pick.period >= self.periods.count() || pick.period > self.shown {
            return Err(unknown("period"));
        }
        self.picked = Some((first, first + pick.period));
        Ok(())
    }

    fn members(&self, rows: &[PersonRow]) -> BTreeSet<Who> {
        let is_meant = |rows: &[&PersonRow]| {
            self.picked.is_some_and(|picked| self.cells(rows).contains(&picked))
        };
        let whose = self.scope.rows(rows).into_iter();
        whose.filter(|(_, rows)| is_meant(rows)).map(|(who, _)| who).collect()
    }
}

impl RetentionPlan {
    /// The cells that somebody counts in whose rows these are; for reference.
    fn cells(&self, rows: &[&PersonRow]) -> BTreeSet<(usize, usize)> {
        let place =
            |row: &&&PersonRow| (row.time >= self.scope.from).then(|| self.periods.place(row.time));
        let starts = rows.iter().filter(|row| self.start.holds(row));
        let entries: BTreeSet<usize> = match self.entry {
            Entry::Recurring => starts.filter_map(|row| place(&row)).collect(),
            // A first start from before the range has no place in it.
            Entry::FirstInRange | Entry::FirstEver => {
                starts.take(1).filter_map(|row| place(&row)).collect()
            }
        };
        let back = rows.iter().filter(|row| self.comeback.holds(row));
        let back: BTreeSet<usize> = back.filter_map(|row| place(&row)).collect();
        let mut cells = BTreeSet::new();
        for first in entries {
            cells.insert((first, first));
            let later = (first + 1..self.periods.count()).filter(|place| match self.back {
                Back::Exact => back.contains(place),
                Back::Unbounded => back.range(place..).next().is_some(),
            });
            cells.extend(later.map(|place| (first, place)));
        }
        cells
    }

    /// The grid from its cells: first interval × interval, people of the cohort on the diagonal.
    #[must_use]
    pub fn answer(&self, cells: &[u64]) -> RetentionAnswer {
        let lines = cells.chunks(self.periods.count().max(1)).enumerate();
        let cohorts = self.periods.starts.iter().zip(lines).map(|(start, (place, line))| {
            let shown = line.iter().skip(place).take(self.shown + 1);
            let values: Vec<u64> = shown.copied().collect();
            let people = values.first().copied().unwrap_or(0);
            RetentionCohort { start: *start, people, values }
        });
        RetentionAnswer { cohorts: cohorts.collect() }
    }
}
