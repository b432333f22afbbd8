//! The answer of a funnel: what people reached, by the value of a breakdown and over time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{Span, Time};

use super::{FunnelPlan, Journey, Order};
use crate::know::phrase::{at_most, length, percent, share};
use crate::know::{NONE, OTHER};

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FunnelAnswer {
    pub steps: Vec<FunnelStep>,
    pub breakdown: Vec<FunnelLine>,
    /// How many entered in each interval, and how many of them went through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub over: Vec<Converted>,
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

/// The people who entered in one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Converted {
    /// The start of the interval.
    #[schema(value_type = String, format = DateTime)]
    pub start: Time,
    pub entered: u64,
    pub converted: u64,
}

/// What the people of one value of the breakdown reached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reached {
    /// People of the first step.
    pub people: u64,
    /// For each later step, for each of its people: the ticks from the start of the chain to the
    /// first time that they reached it.
    pub later: Vec<Vec<u32>>,
    /// By interval: how many entered, and how many of them went through.
    pub over: Vec<(u64, u64)>,
}

impl Reached {
    /// Nobody yet.
    #[must_use]
    pub fn nobody(plan: &FunnelPlan) -> Self {
        let later = vec![Vec::new(); plan.steps.len().saturating_sub(1)];
        let over = vec![(0, 0); plan.over.as_ref().map_or(0, |periods| periods.count())];
        Self { people: 0, later, over }
    }

    /// Adds a person; for reference.
    pub(super) fn count(&mut self, plan: &FunnelPlan, journey: &Journey) {
        self.people += 1;
        for (step, taken) in self.later.iter_mut().zip(journey.taken.iter().skip(1)) {
            step.push(plan.tick().count(*taken));
        }
        let place = plan.over.as_ref().map(|periods| periods.place(journey.entered));
        if let Some((entered, converted)) = place.and_then(|place| self.over.get_mut(place)) {
            *entered += 1;
            *converted += u64::from(journey.taken.len() == plan.steps.len());
        }
    }

    /// Adds other people, who must not be among these.
    pub fn join(&mut self, others: Reached) {
        self.people += others.people;
        for (into, from) in self.later.iter_mut().zip(others.later) {
            into.extend(from);
        }
        for ((entered, converted), (more, through)) in self.over.iter_mut().zip(others.over) {
            *entered += more;
            *converted += through;
        }
    }
}

impl FunnelPlan {
    /// Chooses the lines to show, from what each value's people reached.
    #[must_use]
    pub fn answer(&self, reached: BTreeMap<Option<String>, Reached>) -> FunnelAnswer {
        let mut lines: Vec<(Option<String>, Reached)> = reached.into_iter().collect();
        lines.sort_by(|(one, more), (two, less)| {
            less.people.cmp(&more.people).then_with(|| one.cmp(two))
        });
        let mut whole = Reached::nobody(self);
        lines.iter().for_each(|(_, line)| whole.join(line.clone()));
        let mut breakdown = Vec::new();
        if self.breakdown.is_some() {
            let rest = lines.split_off(self.limit.min(lines.len()));
            if !rest.is_empty() {
                let mut other = Reached::nobody(self);
                rest.into_iter().for_each(|(_, line)| other.join(line));
                lines.push((Some(OTHER.to_owned()), other));
            }
            breakdown.extend(lines.into_iter().map(|(value, line)| {
                let value = value.unwrap_or_else(|| NONE.to_owned());
                FunnelLine { value, steps: self.steps(line) }
            }));
        }
        let starts = self.over.iter().flat_map(|periods| &periods.starts);
        let over = starts.zip(&whole.over).map(|(start, (entered, converted))| Converted {
            start: *start,
            entered: *entered,
            converted: *converted,
        });
        FunnelAnswer { over: over.collect(), steps: self.steps(whole), breakdown }
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
                median_seconds: self.tick().median(&mut ticks),
            };
            previous = people;
            step
        });
        steps.collect()
    }
}

impl FunnelAnswer {
    /// The answer in one sentence.
    pub(super) fn sentence(&self, plan: &FunnelPlan) -> String {
        let time = plan.scope.time();
        let (Some(first), Some(last)) = (self.steps.first(), self.steps.last()) else {
            return String::new();
        };
        let (Some(begin), Some(end)) = (plan.steps.first(), plan.steps.last()) else {
            return String::new();
        };
        let is_free = plan.order == Order::Any && plan.steps.len() > 1;
        let begin = if is_free { "one of the steps".to_owned() } else { begin.phrase() };
        let start = format!("{} did {begin} {time}", plan.scope.who(first.people));
        if plan.steps.len() == 1 || first.people == 0 {
            return format!("{start}.");
        }
        let within = length(plan.window);
        let share = percent(last.people, first.people);
        let half = last.median_seconds.map_or(String::new(), |seconds| {
            format!("; half of them took {}", at_most(Span((seconds * 1e6) as i64)))
        });
        let end = match plan.order {
            Order::Loose => format!("went on to {}", end.phrase()),
            Order::Strict => format!("went straight on to {}", end.phrase()),
            Order::Any => "did all".to_owned(),
        };
        format!("{start}; {share} {end} within {within}{half}.")
    }
}
