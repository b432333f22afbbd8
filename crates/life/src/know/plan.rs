//! A plan: a question in codes, ready for rows. Resolving collects every flaw, not only the first.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use vocabulary::{Categories, Class, Code, Purpose, Time};

use super::answer::Answer;
use super::condition::{Condition, Demand, Where};
use super::fault::{Faults, Flaw};
use super::row::PersonRow;
use super::words::Setting;
use super::{CohortPlan, FunnelPlan, RetentionPlan, TrendPlan, period};

/// What every plan has: for what, over which time, with which columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    pub purpose: Purpose,
    pub from: Time,
    /// The first instant that is left out.
    pub until: Time,
    pub zone: TimeZone,
    /// The properties that conditions and breakdowns name by their place here.
    pub columns: Vec<Code>,
    /// Those of them that have no column of their own, with the class of keys that their values are
    /// sealed under. Asking about them is slower: what a person's key seals is opened.
    pub sealed: BTreeMap<Code, Class>,
    /// The categories of those columns; the grant must cover them.
    pub categories: Categories,
}

/// Any plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    Trend(TrendPlan),
    Funnel(FunnelPlan),
    Retention(RetentionPlan),
    Cohort(CohortPlan),
}

impl Plan {
    /// What every plan has.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        match self {
            Plan::Trend(plan) => &plan.scope,
            Plan::Funnel(plan) => &plan.scope,
            Plan::Retention(plan) => &plan.scope,
            Plan::Cohort(plan) => &plan.scope,
        }
    }

    /// All conditions on rows.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let conditions: Vec<&Condition> = match self {
            Plan::Trend(plan) => plan.series.iter().map(|(condition, _)| condition).collect(),
            Plan::Funnel(plan) => plan.steps.iter().collect(),
            Plan::Retention(plan) => vec![&plan.start, &plan.comeback],
            Plan::Cohort(plan) => {
                plan.all.iter().map(|(condition, _)| condition).chain(&plan.none).collect()
            }
        };
        conditions.into_iter()
    }

    /// The answer, from rows in any order: obviously right, and slow.
    #[must_use]
    pub fn reference(&self, rows: &[PersonRow]) -> Answer {
        match self {
            Plan::Trend(plan) => Answer::Trend(plan.reference(rows)),
            Plan::Funnel(plan) => Answer::Funnel(plan.reference(rows)),
            Plan::Retention(plan) => Answer::Retention(plan.reference(rows)),
            Plan::Cohort(plan) => Answer::Cohort(plan.reference(rows)),
        }
    }

    /// The answer as one sentence; empty when it answers another kind of question.
    #[must_use]
    pub fn sentence(&self, answer: &Answer) -> String {
        match (self, answer) {
            (Plan::Trend(plan), Answer::Trend(answer)) => plan.sentence(answer),
            (Plan::Funnel(plan), Answer::Funnel(answer)) => plan.sentence(answer),
            (Plan::Retention(plan), Answer::Retention(answer)) => plan.sentence(answer),
            (Plan::Cohort(plan), Answer::Cohort(answer)) => plan.sentence(answer),
            (
                Plan::Trend(_) | Plan::Funnel(_) | Plan::Retention(_) | Plan::Cohort(_),
                Answer::Trend(_) | Answer::Funnel(_) | Answer::Retention(_) | Answer::Cohort(_),
            ) => String::new(),
        }
    }
}

/// Resolves the parts that questions share, and notes what is wrong.
#[derive(Debug)]
pub(super) struct Resolver<'a> {
    pub(super) setting: Setting<'a>,
    pub(super) faults: Faults,
    columns: Vec<Code>,
    sealed: BTreeMap<Code, Class>,
    categories: Categories,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(setting: Setting<'a>) -> Self {
        Self {
            setting,
            faults: Faults::default(),
            columns: Vec::new(),
            sealed: BTreeMap::new(),
            categories: Categories::NONE,
        }
    }

    /// The purpose and the time of a question. Columns are filled in by `finish`.
    pub(super) fn scope(&mut self, purpose: &str, range: Range<'_>) -> Option<Scope> {
        let purpose = self.faults.keep("/purpose", self.setting.purpose(purpose));
        let zone = range.zone.unwrap_or(self.setting.zone);
        let zone = self.faults.keep("/zone", period::zone(zone))?;
        let from = self.faults.keep("/from", period::moment(&zone, range.from));
        let until = self.faults.keep("/to", period::moment(&zone, range.to));
        let (from, until) = (from?, until?);
        if from >= until {
            let (from, to) = (range.from.to_owned(), range.to.to_owned());
            self.faults.add("/to", Flaw::EmptyRange { from, to });
            return None;
        }
        let (columns, sealed, categories) = (Vec::new(), BTreeMap::new(), Categories::NONE);
        Some(Scope { purpose: purpose?, from, until, zone, columns, sealed, categories })
    }

    /// The place of a property in the plan's columns.
    pub(super) fn column(&mut self, pointer: &str, property: &str) -> Option<usize> {
        let word = self.faults.keep(pointer, self.setting.property(property))?;
        self.sealed.extend(word.sealed.map(|class| (word.code, class)));
        self.categories = self.categories.with(word.category);
        let known = self.columns.iter().position(|code| *code == word.code);
        Some(known.unwrap_or_else(|| {
            self.columns.push(word.code);
            self.columns.len() - 1
        }))
    }

    /// A condition from an event's name and demands on its properties.
    pub(super) fn condition(
        &mut self,
        pointer: &str,
        event: Option<&str>,
        demands: &[Where],
    ) -> Option<Condition> {
        let code = match event {
            None => Some(None),
            Some(name) => {
                let code = self.setting.event(name);
                self.faults.keep(&format!("{pointer}/event"), code).map(Some)
            }
        };
        self.count(&format!("{pointer}/where"), demands.len(), 0, WHERE_MAX);
        let mut resolved = Vec::with_capacity(demands.len());
        for (number, demand) in demands.iter().enumerate() {
            let place = format!("{pointer}/where/{number}");
            self.count(&format!("{place}/is"), demand.is.len(), 1, VALUES_MAX);
            let column = self.column(&format!("{place}/property"), &demand.property);
            let any_of = demand.is.iter().map(super::Wanted::text).collect();
            resolved.extend(column.map(|column| Demand { column, any_of }));
        }
        Some(Condition { event: code?, name: event.map(str::to_owned), demands: resolved })
    }

    /// Notes a list that is too short or too long.
    pub(super) fn count(&mut self, pointer: &str, count: usize, least: usize, max: usize) {
        if count < least {
            self.faults.add(pointer, Flaw::TooFew { least });
        } else if count > max {
            self.faults.add(pointer, Flaw::TooMany { count, max });
        }
    }

    /// The scope with its columns, unless something was wrong.
    pub(super) fn finish(self, scope: Option<Scope>) -> Result<Scope, Faults> {
        match scope {
            Some(scope) if self.faults.0.is_empty() => {
                let Self { columns, sealed, categories, .. } = self;
                Ok(Scope { columns, sealed, categories, ..scope })
            }
            Some(_) | None => Err(self.faults),
        }
    }
}

/// The time of a question as written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range<'a> {
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) zone: Option<&'a str>,
}

/// Demands of one condition.
const WHERE_MAX: usize = 16;
/// Values of one demand.
const VALUES_MAX: usize = 1_000;
/// Conditions of one question: operators keep them as bits of one word.
pub(super) const CONDITIONS_MAX: usize = 32;
