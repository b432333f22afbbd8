//! Funnel: how many people went through steps, each within a window after the first.
//!
//! A person's rows are read in order. Each step remembers the latest start of a chain that reached
//! it; a row takes a step when the step before has a chain whose start is at most the window ago.
//! One row takes several steps only for several chains: the last step is looked at first.
//!
//! Strictly, a step must be the person's very next row. In any order, a row counts for that of its
//! steps which was done longest ago, and what is counted is how many steps lie within a window.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{Span, Time};

use super::NONE;
use super::about::About;
use super::condition::{Condition, Deed, Where};
use super::fault::{Faults, Flaw};
use super::kind::{Asked, Question};
use super::period::{Interval, Periods};
use super::resolve::{CONDITIONS_MAX, Resolver};
use super::row::PersonRow;
use super::scope::{Scope, Who};
use super::tick::Tick;
use super::words::Setting;

mod answer;

pub use answer::{Converted, FunnelAnswer, FunnelLine, FunnelStep, Reached};

/// The question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Funnel {
    #[serde(flatten)]
    pub about: About,
    pub steps: Vec<Deed>,
    /// How long after the first step the others count, such as `30m`, `12h`, `7d`, `2w`.
    pub window: String,
    #[serde(default)]
    pub order: Order,
    /// What ends an attempt when it happens between two steps; the person may begin anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<Exclusion>,
    /// A property; each person counts for the value of their first row that is a first step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<String>,
    /// How many lines of a breakdown are shown; the rest becomes `(other)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Also how many entered in each interval, and how many of them went through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<Interval>,
}

/// How the steps follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub enum Order {
    /// One after the other, with anything between them.
    #[default]
    #[serde(rename = "in-order")]
    Loose,
    /// One after the other, with nothing between them.
    #[serde(rename = "strict")]
    Strict,
    /// The people of the first step did one of them, those of the second two, and so on.
    #[serde(rename = "any-order")]
    Any,
}

/// Something that must not happen between two steps.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// The event's name; null is any event.
    #[serde(default)]
    pub event: Option<String>,
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub demands: Vec<Where>,
    /// The number of the step after which it counts, from 1; the first when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<usize>,
    /// The number of the step before which it counts; the last when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<usize>,
}

/// The people of one bar of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FunnelPick {
    /// The number of the step, from 1.
    pub step: usize,
    #[serde(default)]
    pub state: Came,
    /// The breakdown's value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<String>,
}

/// Whether people came as far as a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Came {
    #[default]
    Reached,
    /// They came as far as the step before, and no further.
    Dropped,
}

/// The resolved question.
#[derive(Debug, Clone, PartialEq)]
pub struct FunnelPlan {
    pub scope: Scope,
    pub steps: Vec<Condition>,
    pub window: Span,
    pub order: Order,
    pub exclude: Vec<Excluded>,
    /// The column that is broken down, by its place in the scope.
    pub breakdown: Option<usize>,
    pub limit: usize,
    /// The intervals in which people enter, when they are told apart.
    pub over: Option<Periods>,
    pub picked: Option<FunnelPick>,
}

/// What ends the chains that stand at one of these steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Excluded {
    pub condition: Condition,
    /// The first step whose chains it ends, from 0.
    pub from: usize,
    /// The first step whose chains it leaves alone.
    pub to: usize,
}

/// How far a person came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey {
    /// The breakdown's value at the entry.
    pub value: Option<String>,
    pub entered: Time,
    /// By step, for those that were reached: how long after the start of its chain, at first.
    pub taken: Vec<Span>,
}

impl Funnel {
    /// Lines of a breakdown that are shown when the question does not say.
    const LIMIT: usize = 10;

    fn excluded(&self, resolver: &mut Resolver<'_>) -> Vec<Excluded> {
        let last = self.steps.len();
        if self.order == Order::Strict && !self.exclude.is_empty() {
            resolver.faults.add("/exclude", Flaw::Needless { count: "strict" });
        }
        let mut excluded = Vec::with_capacity(self.exclude.len());
        for (number, one) in self.exclude.iter().enumerate() {
            let pointer = format!("/exclude/{number}");
            let condition = resolver.condition(&pointer, one.event.as_deref(), &one.demands);
            let (after, before) = (one.after.unwrap_or(1), one.before.unwrap_or(last));
            if after == 0 || after >= before || before > last {
                resolver.faults.add(format!("{pointer}/after"), Flaw::NotBetween { last });
            } else if let Some(condition) = condition {
                excluded.push(Excluded { condition, from: after - 1, to: before - 1 });
            }
        }
        excluded
    }
}

impl Question for Funnel {
    type Plan = FunnelPlan;

    fn resolve(&self, setting: Setting<'_>) -> Result<FunnelPlan, Faults> {
        let mut resolver = Resolver::new(setting);
        let scope = resolver.scope(&self.about);
        let steps_max = setting.limits.funnel_steps.min(CONDITIONS_MAX / 2);
        resolver.count("/steps", self.steps.len(), 1, steps_max);
        let mut steps = Vec::with_capacity(self.steps.len());
        for (number, step) in self.steps.iter().enumerate() {
            let pointer = format!("/steps/{number}");
            steps.extend(resolver.deed(&pointer, step));
        }
        resolver.count("/exclude", self.exclude.len(), 0, CONDITIONS_MAX / 4);
        let exclude = self.excluded(&mut resolver);
        let window = window(&self.window);
        let window = resolver.faults.keep("/window", window).unwrap_or_default();
        let breakdown = self.breakdown.as_deref();
        let breakdown = breakdown.and_then(|property| resolver.shown("/breakdown", property));
        let limit = self.limit.unwrap_or(Self::LIMIT);
        resolver.count("/limit", limit, 1, setting.limits.breakdown_lines);
        let max = setting.limits.answer_intervals;
        let over = self.over;
        let over = over.and_then(|interval| resolver.periods(scope.as_ref(), interval, max));
        let scope = resolver.finish(scope)?;
        let (order, picked) = (self.order, None);
        Ok(FunnelPlan { scope, steps, window, order, exclude, breakdown, limit, over, picked })
    }
}

/// A window as written: a whole number of minutes, hours, days of 24 hours, or weeks.
pub(super) fn window(text: &str) -> Result<Span, Flaw> {
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

impl Asked for FunnelPlan {
    type Answer = FunnelAnswer;
    type Pick = FunnelPick;

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn reference(&self, rows: &[PersonRow]) -> FunnelAnswer {
        let mut reached = BTreeMap::<Option<String>, Reached>::new();
        for (_, rows) in self.scope.rows(rows) {
            let Some(journey) = self.journey(&rows) else { continue };
            let nobody = || Reached::nobody(self);
            reached.entry(journey.value.clone()).or_insert_with(nobody).count(self, &journey);
        }
        self.answer(reached)
    }

    fn sentence(&self, answer: &FunnelAnswer) -> String {
        answer.sentence(self)
    }

    fn pick(&mut self, pick: FunnelPick) -> Result<(), Faults> {
        let unknown = |place: &str| Err(Faults::one(format!("/pick/{place}"), Flaw::UnknownPick));
        let least = if pick.state == Came::Dropped { 2 } else { 1 };
        if pick.step < least || pick.step > self.steps.len() {
            return unknown("step");
        }
        let value = pick.breakdown.as_deref();
        if value == Some(super::OTHER) || (value.is_some() && self.breakdown.is_none()) {
            return unknown("breakdown");
        }
        self.picked = Some(pick);
        Ok(())
    }

    fn members(&self, rows: &[PersonRow]) -> BTreeSet<Who> {
        let Some(pick) = &self.picked else { return BTreeSet::new() };
        let is_meant = |rows: &[&PersonRow]| {
            self.journey(rows).is_some_and(|journey| {
                let is_value = pick.breakdown.is_none() || pick.breakdown == journey.value;
                is_value && pick.takes(journey.taken.len())
            })
        };
        let whose = self.scope.rows(rows).into_iter();
        whose.filter(|(_, rows)| is_meant(rows)).map(|(who, _)| who).collect()
    }
}

impl FunnelPick {
    /// Whether it means people who reached so many steps.
    #[must_use]
    pub fn takes(&self, reached: usize) -> bool {
        match self.state {
            Came::Reached => reached >= self.step,
            Came::Dropped => reached + 1 == self.step,
        }
    }
}

impl FunnelPlan {
    /// How finely times to convert are measured.
    #[must_use]
    pub fn tick(&self) -> Tick {
        Tick::within(self.window)
    }

    /// How far a person came whose rows in order these are; for reference.
    #[must_use]
    pub fn journey(&self, rows: &[&PersonRow]) -> Option<Journey> {
        let enters = |row: &&&PersonRow| match self.order {
            Order::Loose | Order::Strict => self.steps.first().is_some_and(|s| s.holds(row)),
            Order::Any => self.steps.iter().any(|step| step.holds(row)),
        };
        let entry = rows.iter().find(enters)?;
        let value = self.breakdown.map(|column| entry.value(column).unwrap_or(NONE).to_owned());
        let taken = match self.order {
            Order::Loose => self.in_order(rows),
            Order::Strict => self.strictly(rows),
            Order::Any => self.any_order(rows),
        };
        let taken = taken.into_iter().map_while(|taken| taken).collect();
        Some(Journey { value, entered: entry.time, taken })
    }

    fn in_order(&self, rows: &[&PersonRow]) -> Vec<Option<Span>> {
        let mut starts: Vec<Option<Time>> = vec![None; self.steps.len()];
        let mut taken = vec![None; self.steps.len()];
        for row in rows {
            for Excluded { from, to, .. } in self.excluding(row) {
                starts.iter_mut().take(*to).skip(*from).for_each(|start| *start = None);
            }
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

    /// Every stretch of rows that follow each other is held against the steps.
    fn strictly(&self, rows: &[&PersonRow]) -> Vec<Option<Span>> {
        let taken = (0..self.steps.len()).map(|number| {
            let steps = self.steps.get(..=number)?;
            rows.windows(number + 1).find_map(|rows| {
                let is_chain = steps.iter().zip(rows).all(|(step, row)| step.holds(row));
                let taken = rows.last()?.time - rows.first()?.time;
                (is_chain && taken <= self.window).then_some(taken)
            })
        });
        taken.collect()
    }

    /// Every window that ends at a row is searched for the latest time of each step in it.
    fn any_order(&self, rows: &[&PersonRow]) -> Vec<Option<Span>> {
        let mut taken = vec![None; self.steps.len()];
        let mut done: Vec<(usize, Time)> = Vec::new();
        for row in rows {
            if self.excluding(row).next().is_some() {
                done.clear();
            }
            let latest = |done: &[(usize, Time)], step: usize| {
                done.iter().filter(|(other, _)| *other == step).map(|(_, time)| *time).max()
            };
            let steps = self.steps.iter().enumerate().filter(|(_, step)| step.holds(row));
            let Some((step, _)) = steps.min_by_key(|(step, _)| latest(&done, *step)) else {
                continue;
            };
            done.push((step, row.time));
            let times = (0..self.steps.len()).filter_map(|step| latest(&done, step));
            let within = times.filter(|time| row.time - *time <= self.window);
            let within: Vec<Time> = within.collect();
            let first = within.iter().min().copied().unwrap_or(row.time);
            taken.iter_mut().take(within.len()).for_each(|taken: &mut Option<Span>| {
                *taken = taken.or(Some(row.time - first));
            });
        }
        taken
    }

    fn excluding(&self, row: &PersonRow) -> impl Iterator<Item = &Excluded> {
        self.exclude.iter().filter(|one| one.condition.holds(row))
    }
}
