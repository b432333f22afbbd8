//! Trend: how often, or by how many people, something was done in each interval.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::Time;

use super::condition::{Condition, Where};
use super::fault::Faults;
use super::period::{Interval, Periods, day, weekday};
use super::phrase::{count, people};
use super::plan::{CONDITIONS_MAX, Range, Resolver, Scope};
use super::row::{PersonRow, by_person};
use super::words::Setting;
use super::{NONE, OTHER};

/// The question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Trend {
    pub purpose: String,
    /// The first instant, or the first day in the zone.
    pub from: String,
    /// The first instant, or the first day, that is left out.
    pub to: String,
    pub interval: Interval,
    /// A time zone such as `Europe/Berlin`; the installation's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The day on which weeks begin; the installation's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub week_start: Option<String>,
    pub series: Vec<Series>,
    /// A property whose values get a line each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<String>,
    /// How many lines of a breakdown are shown; the rest becomes `(other)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// One thing to count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// The event's name; null is any event.
    #[serde(default)]
    pub event: Option<String>,
    #[serde(default)]
    pub count: Counted,
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub demands: Vec<Where>,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Counted {
    #[default]
    Events,
    /// Each person once in each interval, and once in the total.
    People,
}

/// The resolved question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrendPlan {
    pub scope: Scope,
    pub interval: Interval,
    pub periods: Periods,
    pub series: Vec<(Condition, Counted)>,
    /// The column that is broken down, by its place in the scope.
    pub breakdown: Option<usize>,
    pub limit: usize,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrendAnswer {
    /// The start of each interval.
    #[schema(value_type = Vec<String>)]
    pub intervals: Vec<Time>,
    pub series: Vec<TrendLine>,
}

/// One line of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrendLine {
    /// Null is any event.
    pub event: Option<String>,
    pub count: Counted,
    /// The breakdown's value; null when nothing is broken down.
    pub breakdown: Option<String>,
    /// One number for each interval.
    pub values: Vec<u64>,
    /// Events, or different people, over the whole time. For the people of `(other)` it is the sum
    /// over the lines that it stands for, so a person with two such values counts twice.
    pub total: u64,
}

/// Numbers of one value of a breakdown before lines are chosen.
pub type Tally = (Vec<u64>, u64);

impl Trend {
    /// Lines of a breakdown that are shown when the question does not say.
    const LIMIT: usize = 10;

    /// Turns names into codes, or says everything that is wrong.
    pub fn resolve(&self, setting: Setting<'_>) -> Result<TrendPlan, Faults> {
        let mut resolver = Resolver::new(setting);
        let range = Range { from: &self.from, to: &self.to, zone: self.zone.as_deref() };
        let scope = resolver.scope(&self.purpose, range);
        let start = self.week_start.as_deref().unwrap_or(setting.week_start);
        let start = resolver.faults.keep("/week_start", weekday(start));
        let periods = scope.as_ref().zip(start).and_then(|(scope, start)| {
            let max = setting.limits.answer_intervals;
            let (from, until) = (scope.from, scope.until);
            let periods = Periods::of(&scope.zone, self.interval, start, from, until, max);
            resolver.faults.keep("/interval", periods)
        });
        resolver.count("/series", self.series.len(), 1, CONDITIONS_MAX);
        let mut series = Vec::with_capacity(self.series.len());
        for (number, line) in self.series.iter().enumerate() {
            let pointer = format!("/series/{number}");
            let condition = resolver.condition(&pointer, line.event.as_deref(), &line.demands);
            series.extend(condition.map(|condition| (condition, line.count)));
        }
        let breakdown = self.breakdown.as_deref();
        let breakdown = breakdown.and_then(|property| resolver.column("/breakdown", property));
        let limit = self.limit.unwrap_or(Self::LIMIT);
        resolver.count("/limit", limit, 1, setting.limits.breakdown_lines);
        let scope = resolver.finish(scope)?;
        let periods = periods.ok_or_else(Faults::default)?;
        Ok(TrendPlan { scope, interval: self.interval, periods, series, breakdown, limit })
    }
}

impl TrendPlan {
    /// The answer, obviously right and slow.
    #[must_use]
    pub fn reference(&self, rows: &[PersonRow]) -> TrendAnswer {
        let mut tallies = vec![BTreeMap::<Option<String>, Tally>::new(); self.series.len()];
        let mut seen = HashSet::new();
        for row in by_person(rows, self.scope.from, self.scope.until).into_iter().flatten() {
            let value = self.breakdown.map(|column| {
                let value = row.values.get(column).cloned().flatten();
                value.unwrap_or_else(|| NONE.to_owned())
            });
            let place = self.periods.place(row.time);
            for (number, (condition, counted)) in self.series.iter().enumerate() {
                if !condition.holds(row) {
                    continue;
                }
                let Some(tally) = tallies.get_mut(number) else { continue };
                let tally = tally.entry(value.clone());
                let (values, total) = tally.or_insert((vec![0; self.periods.count()], 0));
                let mut is_first = |place| seen.insert((number, value.clone(), place, row.person));
                let (in_interval, in_all) = match counted {
                    Counted::Events => (true, true),
                    Counted::People => (is_first(Some(place)), is_first(None)),
                };
                if let Some(count) = values.get_mut(place) {
                    *count += u64::from(in_interval);
                }
                *total += u64::from(in_all);
            }
        }
        self.answer(tallies)
    }

    /// Chooses the lines to show, from the numbers of each value of each series.
    #[must_use]
    pub fn answer(&self, tallies: Vec<BTreeMap<Option<String>, Tally>>) -> TrendAnswer {
        let mut lines = Vec::new();
        for ((condition, counted), tally) in self.series.iter().zip(tallies) {
            let line = |breakdown: Option<String>, (values, total): Tally| TrendLine {
                event: condition.name.clone(),
                count: *counted,
                breakdown,
                values,
                total,
            };
            let empty = (vec![0; self.periods.count()], 0);
            if self.breakdown.is_none() {
                let tally = tally.into_values().next().unwrap_or(empty);
                lines.push(line(None, tally));
                continue;
            }
            let mut tally: Vec<_> = tally.into_iter().collect();
            tally.sort_by(|(one, (_, more)), (two, (_, less))| less.cmp(more).then(one.cmp(two)));
            let rest = tally.split_off(self.limit.min(tally.len()));
            lines.extend(tally.into_iter().map(|(value, tally)| line(value, tally)));
            let rest = rest.into_iter().map(|(_, tally)| tally).reduce(add);
            lines.extend(rest.map(|tally| line(Some(OTHER.to_owned()), tally)));
        }
        TrendAnswer { intervals: self.periods.starts.clone(), series: lines }
    }

    /// The answer in one sentence.
    #[must_use]
    pub fn sentence(&self, answer: &TrendAnswer) -> String {
        let (zone, scope) = (&self.scope.zone, &self.scope);
        let time = format!("from {} to before {}", day(zone, scope.from), day(zone, scope.until));
        let named = answer.series.iter().filter(|line| line.breakdown.as_deref() != Some(OTHER));
        let first = named.rev().max_by_key(|line| line.total);
        let Some(first) = first.filter(|line| line.total > 0) else {
            return format!("Nothing of it happened {time}.");
        };
        let what = if let Some(value) = &first.breakdown {
            let most = phrase(first.count, &event(first), first.total);
            format!("`{value}` leads: {most}")
        } else {
            let lines = self.series.iter().zip(&answer.series);
            let parts = lines.map(|((condition, counted), line)| {
                phrase(*counted, &condition.phrase(), line.total)
            });
            parts.collect::<Vec<_>>().join(", ")
        };
        let peak =
            first.values.iter().zip(&answer.intervals).rev().max_by_key(|(value, _)| **value);
        match peak.filter(|_| self.breakdown.is_some() || self.series.len() == 1) {
            Some((value, start)) => {
                let (word, date) = (self.interval.word(), day(zone, *start));
                format!("{what} {time}; most in the {word} of {date} ({}).", count(*value))
            }
            None => format!("{what} {time}."),
        }
    }
}

fn phrase(counted: Counted, what: &str, total: u64) -> String {
    match counted {
        Counted::Events if total == 1 => format!("{what} happened once"),
        Counted::Events => format!("{what} happened {} times", count(total)),
        Counted::People => format!("{} did {what}", people(total)),
    }
}

fn event(line: &TrendLine) -> String {
    line.event.as_ref().map_or("any event".to_owned(), |name| format!("`{name}`"))
}

fn add((mut values, total): Tally, (more, and): Tally) -> Tally {
    for (value, more) in values.iter_mut().zip(more) {
        *value += more;
    }
    (values, total + and)
}
