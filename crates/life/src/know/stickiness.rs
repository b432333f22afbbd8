//! Stickiness: how many people did something in exactly one interval of the range, in exactly two,
//! and so on.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::about::About;
use super::condition::{Condition, Deed};
use super::fault::{Faults, Flaw};
use super::kind::{Asked, Question};
use super::period::{Interval, Periods};
use super::phrase::percent;
use super::resolve::{CONDITIONS_MAX, Resolver};
use super::row::PersonRow;
use super::scope::{Scope, Who};
use super::words::Setting;

/// The question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Stickiness {
    #[serde(flatten)]
    pub about: About,
    pub interval: Interval,
    pub series: Vec<Deed>,
}

/// The people of one bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StickinessPick {
    /// The place of the series, from 0.
    #[serde(default)]
    pub series: usize,
    /// In exactly how many intervals.
    pub intervals: usize,
}

/// The resolved question.
#[derive(Debug, Clone, PartialEq)]
pub struct StickinessPlan {
    pub scope: Scope,
    pub interval: Interval,
    pub periods: Periods,
    pub series: Vec<Condition>,
    pub picked: Option<StickinessPick>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StickinessAnswer {
    /// How many intervals the range has.
    pub intervals_total: usize,
    pub series: Vec<Sticky>,
}

/// The people of one series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sticky {
    /// Null is any event.
    pub event: Option<String>,
    /// How many did it in exactly one interval, in exactly two, and so on.
    pub people: Vec<u64>,
}

impl Question for Stickiness {
    type Plan = StickinessPlan;

    fn resolve(&self, setting: Setting<'_>) -> Result<StickinessPlan, Faults> {
        let mut resolver = Resolver::new(setting);
        let scope = resolver.scope(&self.about);
        let max = setting.limits.answer_intervals;
        let periods = resolver.periods(scope.as_ref(), self.interval, max);
        resolver.count("/series", self.series.len(), 1, CONDITIONS_MAX);
        let mut series = Vec::with_capacity(self.series.len());
        for (number, one) in self.series.iter().enumerate() {
            let pointer = format!("/series/{number}");
            series.extend(resolver.deed(&pointer, one));
        }
        let scope = resolver.finish(scope)?;
        let periods = periods.ok_or_else(Faults::default)?;
        Ok(StickinessPlan { scope, interval: self.interval, periods, series, picked: None })
    }
}

impl Asked for StickinessPlan {
    type Answer = StickinessAnswer;
    type Pick = StickinessPick;

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn reference(&self, rows: &[PersonRow]) -> StickinessAnswer {
        let whose = self.scope.rows(rows);
        let counts = |condition: &Condition| {
            let exactly = |wanted: usize| {
                let persons = whose.iter().map(|(_, rows)| self.intervals(condition, rows));
                persons.filter(|count| *count == wanted).count() as u64
            };
            (1..=self.periods.count()).map(exactly).collect()
        };
        self.answer(self.series.iter().map(counts).collect())
    }

    fn sentence(&self, answer: &StickinessAnswer) -> String {
        let (Some(first), Some(condition)) = (answer.series.first(), self.series.first()) else {
            return String::new();
        };
        let all: u64 = first.people.iter().sum();
        let often: u64 = first.people.iter().skip(1).sum();
        let (phrase, time, word) = (condition.phrase(), self.scope.time(), self.interval.word());
        let who = format!("{} did {phrase} {time}", self.scope.who(all));
        if all == 0 {
            return format!("{who}.");
        }
        format!("{who}; {} of them in more than one {word}.", percent(often, all))
    }

    fn pick(&mut self, pick: StickinessPick) -> Result<(), Faults> {
        let unknown = |place: &str| Err(Faults::one(format!("/pick/{place}"), Flaw::UnknownPick));
        if pick.series >= self.series.len() {
            return unknown("series");
        }
        if pick.intervals == 0 || pick.intervals > self.periods.count() {
            return unknown("intervals");
        }
        self.picked = Some(pick);
        Ok(())
    }

    fn members(&self, rows: &[PersonRow]) -> BTreeSet<Who> {
        let Some(StickinessPick { series, intervals }) = self.picked else {
            return BTreeSet::new();
        };
        let Some(condition) = self.series.get(series) else { return BTreeSet::new() };
        let whose = self.scope.rows(rows).into_iter();
        let meant = whose.filter(|(_, rows)| self.intervals(condition, rows) == intervals);
        meant.map(|(who, _)| who).collect()
    }
}

impl StickinessPlan {
    /// In how many intervals somebody did it whose rows these are; for reference.
    fn intervals(&self, condition: &Condition, rows: &[&PersonRow]) -> usize {
        let met = rows.iter().filter(|row| condition.holds(row));
        met.map(|row| self.periods.place(row.time)).collect::<BTreeSet<_>>().len()
    }

    /// The answer from the people of each series.
    #[must_use]
    pub fn answer(&self, counts: Vec<Vec<u64>>) -> StickinessAnswer {
        let series = self.series.iter().zip(counts);
        let series =
            series.map(|(condition, people)| Sticky { event: condition.name.clone(), people });
        StickinessAnswer { intervals_total: self.periods.count(), series: series.collect() }
    }
}
