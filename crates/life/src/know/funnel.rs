//! Funnel: how many people went through steps in order, each within a window after the first.
//!
//! A person's rows are read in order. Each step remembers the latest start of a chain that reached
//! it; a row takes a step when the step before has a chain whose start is at most the window ago.
//! One row takes several steps only for several chains: the last step is looked at first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{Span, Time};

use super::condition::{Condition, Where};
use super::fault::{Faults, Flaw};
use super::period::day;
use super::phrase::{length, people, percent, share};
use super::plan::{CONDITIONS_MAX, Range, Resolver, Scope};
use super::row::{PersonRow, by_person};
use super::words::Setting;
use super::{NONE, OTHER};

/// The question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Funnel {
    pub purpose: String,
    /// The first instant, or the first day in the zone.
    pub from: String,
    /// The first instant, or the first day, that is left out.
    pub to: String,
    /// A time zone such as `Europe/Berlin`; the installation's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    pub steps: Vec<Step>,
    /// How long after the first step the others count, such as `30m`, `12h`, `7d`, `2w`.
    pub window: String,
    /// A property; each person counts for the value of their first row that is a first step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<String>,
    /// How many lines of a breakdown are shown; the rest becomes `(other)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The event's name; null is any event.
    #[serde(default)]
    pub event: Option<String>,
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub demands: Vec<Where>,
}

/// The resolved question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunnelPlan {
    pub scope: Scope,
    pub steps: Vec<Condition>,
    pub window: Span,
    /// The column that is broken down, by its place in the scope.
    pub breakdown: Option<usize>,
    pub limit: usize,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FunnelAnswer {
    pub steps: Vec<FunnelStep>,
    pub breakdown: Vec<FunnelLine>,
}

/// The people of one value of the breakdown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FunnelLine {
    pub value: String,
    pub steps: Vec<FunnelStep>,
}

/// How many people came this far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FunnelStep {
    /// Null is any event.
    pub event: Option<String>,
    pub people: u64,
    /// Their share of the people of the first step.
    pub of_first: f64,
    /// Their share of the people of the step before.
    pub of_previous: f64,
    /// Half of them took no longer than this from the first step; null for the first step.
    pub median_seconds: Option<f64>,
}

/// What the people of one value of the breakdown reached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reached {
    /// People of the first step.
    pub people: u64,
    /// For each later step, for each of its people: the ticks from the start of the chain to the
    /// first time that they reached it.
    pub later: Vec<Vec<u32>>,
}

impl Reached {
    /// Nobody, for a funnel of so many steps.
    #[must_use]
    pub fn nobody(steps: usize) -> Self {
        Self { people: 0, later: vec![Vec::new(); steps.saturating_sub(1)] }
    }

    /// Adds other people, who must not be among these.
    pub fn join(&mut self, others: Reached) {
        self.people += others.people;
        for (into, from) in self.later.iter_mut().zip(others.later) {
            into.extend(from);
        }
    }
}

impl Funnel {
    /// Lines of a breakdown that are shown when the question does not say.
    const LIMIT: usize = 10;

    /// Turns names into codes, or says everything that is wrong.
    pub fn resolve(&self, setting: Setting<'_>) -> Result<FunnelPlan, Faults> {
        let mut resolver = Resolver::new(setting);
        let range = Range { from: &self.from, to: &self.to, zone: self.zone.as_deref() };
        let scope = resolver.scope(&self.purpose, range);
        let steps_max = setting.limits.funnel_steps.min(CONDITIONS_MAX);
        resolver.count("/steps", self.steps.len(), 1, steps_max);
        let mut steps = Vec::with_capacity(self.steps.len());
        for (number, step) in self.steps.iter().enumerate() {
            let pointer = format!("/steps/{number}");
            steps.extend(resolver.condition(&pointer, step.event.as_deref(), &step.demands));
        }
        let window = window(&self.window);
        let window = resolver.faults.keep("/window", window).unwrap_or_default();
        let breakdown = self.breakdown.as_deref();
        let breakdown = breakdown.and_then(|property| resolver.column("/breakdown", property));
        let limit = self.limit.unwrap_or(Self::LIMIT);
        resolver.count("/limit", limit, 1, setting.limits.breakdown_lines);
        let scope = resolver.finish(scope)?;
        Ok(FunnelPlan { scope, steps, window, breakdown, limit })
    }
}

/// A window as written: a whole number of minutes, hours, days of 24 hours, or weeks.
fn window(text: &str) -> Result<Span, Flaw> {
    let flaw = || Flaw::InvalidWindow { text: text.to_owned() };
    let unit = match text.chars().last() {
        Some('m') => Span::MINUTE,
        Some('h') => Span::HOUR,
        Some('d') => Span::DAY,
        Some('w') => Span::days(7),
        Some(_) | None => return Err(flaw()),
    };
    let digits = text.get(..text.len() - 1).ok_or_else(flaw)?;
    let count: i64 = digits.parse().map_err(|_| flaw())?;
    let span = count.checked_mul(unit.0).map(Span).ok_or_else(flaw)?;
    if span.0 > 0 && span <= WINDOW_MAX { Ok(span) } else { Err(flaw()) }
}

/// Ten years, so that a tick of a second always fits.
const WINDOW_MAX: Span = Span::days(3_660);

impl FunnelPlan {
    /// How finely times to convert are measured, so that one fits into 32 bits: to the
    /// millisecond, or to the second in windows of more than 49 days.
    #[must_use]
    pub fn tick(&self) -> Span {
        let millisecond = Span(1_000);
        if self.window <= Span::days(49) { millisecond } else { Span::SECOND }
    }

    /// The answer, obviously right and slow.
    #[must_use]
    pub fn reference(&self, rows: &[PersonRow]) -> FunnelAnswer {
        let mut reached = BTreeMap::<Option<String>, Reached>::new();
        for person in by_person(rows, self.scope.from, self.scope.until) {
            let Some(first) = self.steps.first() else { continue };
            let Some(entry) = person.iter().find(|row| first.holds(row)) else { continue };
            let value = self.breakdown.map(|column| {
                let value = entry.values.get(column).cloned().flatten();
                value.unwrap_or_else(|| NONE.to_owned())
            });
            let nobody = Reached::nobody(self.steps.len());
            let line = reached.entry(value).or_insert(nobody);
            line.people += 1;
            for (step, taken) in line.later.iter_mut().zip(self.walk(&person).into_iter().skip(1)) {
                step.extend(taken.map(|taken| (taken.0 / self.tick().0) as u32));
            }
        }
        self.answer(reached)
    }

    /// How long after a chain's start a person first reached each step.
    fn walk(&self, rows: &[&PersonRow]) -> Vec<Option<Span>> {
        let mut starts: Vec<Option<Time>> = vec![None; self.steps.len()];
        let mut taken = vec![None; self.steps.len()];
        for row in rows {
            for (number, step) in self.steps.iter().enumerate().rev() {
                let start = match number.checked_sub(1) {
                    None => Some(row.time),
                    Some(before) => starts.get(before).copied().flatten(),
                };
                let Some(start) = start else { continue };
                if !step.holds(row) || row.time - start > self.window {
                    continue;
                }
                if let Some(place) = starts.get_mut(number) {
                    *place = Some(start);
                }
                if let Some(place) = taken.get_mut(number) {
                    *place = place.or(Some(row.time - start));
                }
            }
        }
        taken
    }

    /// Chooses the lines to show, from what each value's people reached.
    #[must_use]
    pub fn answer(&self, reached: BTreeMap<Option<String>, Reached>) -> FunnelAnswer {
        let mut lines: Vec<(Option<String>, Reached)> = reached.into_iter().collect();
        lines.sort_by(|(one, more), (two, less)| {
            less.people.cmp(&more.people).then_with(|| one.cmp(two))
        });
        let mut whole = Reached::nobody(self.steps.len());
        lines.iter().for_each(|(_, line)| whole.join(line.clone()));
        let mut breakdown = Vec::new();
        if self.breakdown.is_some() {
            let rest = lines.split_off(self.limit.min(lines.len()));
            if !rest.is_empty() {
                let mut other = Reached::nobody(self.steps.len());
                rest.into_iter().for_each(|(_, line)| other.join(line));
                lines.push((Some(OTHER.to_owned()), other));
            }
            breakdown.extend(lines.into_iter().map(|(value, line)| {
                let value = value.unwrap_or_else(|| NONE.to_owned());
                FunnelLine { value, steps: self.steps(line) }
            }));
        }
        FunnelAnswer { steps: self.steps(whole), breakdown }
    }

    fn steps(&self, reached: Reached) -> Vec<FunnelStep> {
        let first = reached.people;
        let mut previous = first;
        let mut later = reached.later.into_iter();
        let steps = self.steps.iter().enumerate().map(|(number, condition)| {
            let mut ticks = if number == 0 { Vec::new() } else { later.next().unwrap_or_default() };
            let people = if number == 0 { first } else { ticks.len() as u64 };
            let step = FunnelStep {
                event: condition.name.clone(),
                people,
                of_first: share(people, first),
                of_previous: share(people, previous),
                median_seconds: self.median(&mut ticks),
            };
            previous = people;
            step
        });
        steps.collect()
    }

    /// The lower of the two middle ones when there is an even number.
    fn median(&self, ticks: &mut [u32]) -> Option<f64> {
        let middle = ticks.len().checked_sub(1)? / 2;
        let (_, median, _) = ticks.select_nth_unstable(middle);
        Some(Span(i64::from(*median) * self.tick().0).as_seconds())
    }

    /// The answer in one sentence.
    #[must_use]
    pub fn sentence(&self, answer: &FunnelAnswer) -> String {
        let (zone, scope) = (&self.scope.zone, &self.scope);
        let time = format!("from {} to before {}", day(zone, scope.from), day(zone, scope.until));
        let (Some(first), Some(last)) = (answer.steps.first(), answer.steps.last()) else {
            return String::new();
        };
        let (Some(begin), Some(end)) = (self.steps.first(), self.steps.last()) else {
            return String::new();
        };
        let start = format!("{} did {} {time}", people(first.people), begin.phrase());
        if self.steps.len() == 1 || first.people == 0 {
            return format!("{start}.");
        }
        let within = length(self.window);
        let share = percent(last.people, first.people);
        let half = last.median_seconds.map_or(String::new(), |seconds| {
            let half = length(Span((seconds * 1e6) as i64));
            format!("; half of them took at most {half}")
        });
        let end = end.phrase();
        format!("{start}; {share} went on to {end} within {within}{half}.")
    }
}
