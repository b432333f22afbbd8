//! Trend: how often, by how many people, or with which sums something was done in each interval.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::Time;

use super::about::About;
use super::condition::{Condition, Where};
use super::fault::{Faults, Flaw};
use super::formula::Formula;
use super::kind::{Asked, Question};
use super::measure::{Counted, Figure, Gathered, Measure};
use super::period::{self, Interval, Periods};
use super::resolve::{CONDITIONS_MAX, Resolver};
use super::row::PersonRow;
use super::scope::{Scope, Who};
use super::words::Setting;
use super::{NONE, OTHER};

mod folded;
mod lines;
mod reference;
mod sentence;

pub use folded::{Folded, Shown};

/// The question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Trend {
    #[serde(flatten)]
    pub about: About,
    pub interval: Interval,
    pub series: Vec<Series>,
    /// A property whose values get a line each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<String>,
    /// How many lines of a breakdown are shown; the rest becomes `(other)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// What is reckoned from the series, such as `A / B * 100`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
    /// The same of an earlier time: `previous`, or so long before: `-7d`, `-1w`, `-1m`, `-1y`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare: Option<String>,
    /// A moving average over so many intervals, beside the numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smooth: Option<usize>,
}

/// One thing to count.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// The event's name; null is any event.
    #[serde(default)]
    pub event: Option<String>,
    #[serde(default)]
    pub count: Counted,
    /// The property that is summed, averaged and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// How many percent, for a percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u8>,
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub demands: Vec<Where>,
}

/// The resolved question.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendPlan {
    pub scope: Scope,
    pub interval: Interval,
    pub periods: Periods,
    pub series: Vec<Measured>,
    /// The column that is broken down, by its place in the scope.
    pub breakdown: Option<usize>,
    pub limit: usize,
    pub formula: Option<Formula>,
    pub smooth: Option<usize>,
    /// The same question about an earlier time.
    pub earlier: Option<Box<TrendPlan>>,
    pub picked: Option<Picked>,
}

/// A series: of which rows what is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    pub condition: Condition,
    pub measure: Measure,
    /// As the question said it.
    pub series: Series,
}

/// One number of the answer: those who are behind it did what its series counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrendPick {
    /// The number of the series, from 0.
    #[serde(default)]
    pub series: usize,
    /// The start of the interval; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub start: Option<Time>,
    /// The breakdown's value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<String>,
}

/// The same in places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picked {
    pub series: usize,
    pub interval: Option<usize>,
    pub value: Option<String>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrendAnswer {
    /// The start of each interval.
    #[schema(value_type = Vec<String>)]
    pub intervals: Vec<Time>,
    pub series: Vec<TrendLine>,
    /// What the formula comes to, for each value of the breakdown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formula: Vec<FormulaLine>,
    /// The start of each interval that is compared with, beside those of `intervals`; null where
    /// the earlier time has fewer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Option<String>>)]
    pub earlier_intervals: Vec<Option<Time>>,
}

/// One line of the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrendLine {
    /// Null is any event.
    pub event: Option<String>,
    pub count: Counted,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u8>,
    /// The breakdown's value; null when nothing is broken down.
    pub breakdown: Option<String>,
    #[serde(flatten)]
    pub figures: Figures,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Figures>,
}

/// What a formula comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FormulaLine {
    pub breakdown: Option<String>,
    #[serde(flatten)]
    pub figures: Figures,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Figures>,
}

/// The numbers of a line.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct Figures {
    /// One number for each interval; null where there is nothing to take an average of, and where
    /// there is no such interval in the earlier time.
    #[schema(value_type = Vec<Option<f64>>)]
    pub values: Vec<Figure>,
    /// Over all intervals that are shown: whoever did it in two of them is one person.
    #[schema(value_type = Option<f64>)]
    pub total: Figure,
    /// The average of this and the intervals before; null until there are enough.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Option<f64>>)]
    pub smooth: Vec<Figure>,
}

/// What was gathered of one value of a breakdown: in each interval, and over the whole time.
pub type Tally = (Vec<Gathered>, Gathered);

/// The tallies of one series, by the value of its breakdown.
pub type Tallies = BTreeMap<Option<String>, Tally>;

impl Trend {
    /// Lines of a breakdown that are shown when the question does not say.
    const LIMIT: usize = 10;
    /// Series of one question: a formula names them by letters.
    const SERIES_MAX: usize = 26;

    fn series(&self, resolver: &mut Resolver<'_>) -> Vec<Measured> {
        let mut series = Vec::with_capacity(self.series.len());
        for (number, one) in self.series.iter().enumerate() {
            let pointer = format!("/series/{number}");
            let condition = resolver.condition(&pointer, one.event.as_deref(), &one.demands);
            let measure = one.measure(resolver, &pointer);
            series.extend(condition.zip(measure).map(|(condition, measure)| Measured {
                condition,
                measure,
                series: one.clone(),
            }));
        }
        series
    }

    /// The range and the intervals that are compared with: no more than are asked about.
    fn earlier(
        &self,
        resolver: &mut Resolver<'_>,
        scope: &Scope,
        periods: &Periods,
    ) -> Option<(Time, Time, Periods)> {
        let (zone, week_start) = (&scope.zone, scope.week_start);
        let text = self.compare.as_deref()?;
        let range = period::earlier(zone, text, scope.from, scope.until);
        let range = resolver.faults.keep("/compare", range)?;
        let count = periods.count();
        let (periods, until) = Periods::first(zone, self.interval, week_start, range, count);
        Some((range.0, until, periods))
    }
}

impl Question for Trend {
    type Plan = TrendPlan;

    fn resolve(&self, setting: Setting<'_>) -> Result<TrendPlan, Faults> {
        let mut resolver = Resolver::new(setting);
        let scope = resolver.scope(&self.about);
        let max = setting.limits.answer_intervals;
        let periods = resolver.periods(scope.as_ref(), self.interval, max);
        resolver.count("/series", self.series.len(), 1, Self::SERIES_MAX.min(CONDITIONS_MAX));
        let series = self.series(&mut resolver);
        let breakdown = self.breakdown.as_deref();
        let breakdown = breakdown.and_then(|property| resolver.shown("/breakdown", property));
        let limit = self.limit.unwrap_or(Self::LIMIT);
        resolver.count("/limit", limit, 1, setting.limits.breakdown_lines);
        let smooth = self.smooth;
        smooth.into_iter().for_each(|length| resolver.count("/smooth", length, 2, 400));
        let formula = self.formula.as_deref().map(|text| Formula::read(text, self.series.len()));
        let formula = formula.and_then(|formula| resolver.faults.keep("/formula", formula));
        let past = scope.as_ref().zip(periods.as_ref());
        let past = past.and_then(|(scope, asked)| self.earlier(&mut resolver, scope, asked));
        let scope = resolver.finish(scope)?;
        let plan = |scope: Scope, periods| TrendPlan {
            scope,
            interval: self.interval,
            periods,
            series: series.clone(),
            breakdown,
            limit,
            formula: formula.clone(),
            smooth,
            earlier: None,
            picked: None,
        };
        let earlier = past.map(|(from, until, periods)| {
            Box::new(plan(Scope { from, until, ..scope.clone() }, periods))
        });
        let periods = periods.ok_or_else(Faults::default)?;
        Ok(TrendPlan { earlier, ..plan(scope, periods) })
    }
}

impl Series {
    fn measure(&self, resolver: &mut Resolver<'_>, pointer: &str) -> Option<Measure> {
        let (of, place) = (self.of.as_deref(), format!("{pointer}/of"));
        let count = self.count.word();
        if self.at.is_some() && self.count != Counted::Percentile {
            resolver.faults.add(format!("{pointer}/at"), Flaw::Needless { count });
        }
        let measure = match self.count {
            Counted::Events | Counted::People | Counted::PerPerson => {
                if of.is_some() {
                    resolver.faults.add(place, Flaw::Needless { count });
                }
                return Some(match self.count {
                    Counted::People => Measure::People,
                    Counted::PerPerson => Measure::PerPerson,
                    _ => Measure::Events,
                });
            }
            Counted::Different => {
                let Some(property) = of else {
                    resolver.faults.add(place, Flaw::NeedsProperty { count });
                    return None;
                };
                return resolver.shown(&place, property).map(Measure::Different);
            }
            Counted::Sum => Measure::Sum,
            Counted::Average => Measure::Average,
            Counted::Minimum => Measure::Minimum,
            Counted::Maximum => Measure::Maximum,
            Counted::Median | Counted::Percentile => |column| Measure::Percentile(column, 50),
        };
        let Some(property) = of else {
            resolver.faults.add(place, Flaw::NeedsProperty { count });
            return None;
        };
        let column = resolver.reckoned(&place, property, count)?;
        if self.count != Counted::Percentile {
            return Some(measure(column));
        }
        let at = self.at.unwrap_or(0);
        if !(1..=99).contains(&at) {
            resolver.faults.add(format!("{pointer}/at"), Flaw::InvalidPercentile { at });
        }
        Some(Measure::Percentile(column, at))
    }
}

impl Asked for TrendPlan {
    type Answer = TrendAnswer;
    type Pick = TrendPick;

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn reference(&self, rows: &[PersonRow]) -> TrendAnswer {
        let shown = self.shown(&self.tallies(rows));
        let folded = |plan: &TrendPlan| plan.folded(rows, &shown);
        self.answer(&shown, folded(self), self.earlier.as_deref().map(folded))
    }

    fn sentence(&self, answer: &TrendAnswer) -> String {
        sentence::of(self, answer)
    }

    fn pick(&mut self, pick: TrendPick) -> Result<(), Faults> {
        let unknown = |place: &str| Faults::one(format!("/pick/{place}"), Flaw::UnknownPick);
        let TrendPick { series, start, breakdown: value } = pick;
        self.series.get(series).ok_or_else(|| unknown("series"))?;
        let interval = start.map(|start| {
            self.periods.starts.iter().position(|one| *one == start).ok_or_else(|| unknown("start"))
        });
        if value.is_some() != self.breakdown.is_some() || value.as_deref() == Some(OTHER) {
            return Err(unknown("breakdown"));
        }
        self.picked = Some(Picked { series, interval: interval.transpose()?, value });
        Ok(())
    }

    fn members(&self, rows: &[PersonRow]) -> BTreeSet<Who> {
        let Some(picked) = &self.picked else { return BTreeSet::new() };
        let Some(series) = self.series.get(picked.series) else { return BTreeSet::new() };
        let is_meant = |row: &PersonRow| {
            let value = self.breakdown.map(|column| row.value(column).unwrap_or(NONE));
            series.condition.holds(row)
                && value == picked.value.as_deref()
                && picked.interval.is_none_or(|place| place == self.periods.place(row.time))
        };
        let whose = self.scope.rows(rows).into_iter();
        whose.filter(|(_, rows)| rows.iter().any(|row| is_meant(row))).map(|(who, _)| who).collect()
    }
}
