//! Trend: counts in dense cells of (series, breakdown, interval).
//!
//! People are counted exactly without a set: each cell knows the last person it counted, and a
//! person's rows come together.

use std::collections::HashSet;
use std::sync::Arc;

use life::know::trend::{Folded, Picked, Shown, Tallies};
use life::know::{NONE, Periods, TrendAnswer, TrendPlan};
use vocabulary::Span;

use super::ask::{Answering, Asking, Walked};
use super::error::AskError;
use super::matcher::Matcher;
use super::operator::{CELLS_MAX, NUMBERS_MAX, Operator, Rows, label};
use super::walk::walk;
use crate::keep::chunk::Texts;
use crate::keep::projected::QUARTER;

mod store;

use store::{Spot, Store};

/// The operator.
#[derive(Debug)]
pub(super) struct TrendOperator {
    matcher: Matcher,
    dial: Dial,
    breakdown: Option<usize>,
    /// The number of the text that says the same as what stands for no value.
    none: u32,
    series: Vec<Store>,
    picked: Option<Picked>,
    texts: Arc<Texts>,
    /// The person at hand, counted from one.
    person: u32,
    /// Whether the person at hand is behind the picked number.
    is_picked: bool,
}

impl Answering for TrendPlan {
    fn ask(
        &self,
        asking: &Asking<'_>,
        texts: &Arc<Texts>,
        wants_roll: bool,
    ) -> Result<Walked<TrendAnswer>, AskError> {
        let now = tallies(asking, self, texts, wants_roll)?;
        let shown = self.shown(&now.answer);
        let now = folded(asking, self, texts, now, &shown)?;
        let Some(plan) = &self.earlier else {
            return Ok(now.map(|now| self.answer(&shown, now, None)));
        };
        let earlier = tallies(asking, plan, texts, false)?;
        let earlier = folded(asking, plan, texts, earlier, &shown)?;
        Ok(now.with(earlier, |now, earlier| self.answer(&shown, now, Some(earlier))))
    }
}

/// What each series gathered, by the value of the breakdown.
fn tallies(
    asking: &Asking<'_>,
    plan: &TrendPlan,
    texts: &Arc<Texts>,
    wants_roll: bool,
) -> Result<Walked<Vec<Tallies>>, AskError> {
    let operator = || TrendOperator::new(plan, texts);
    Ok(walk(asking, &plan.scope, texts, operator, wants_roll)?.map(TrendOperator::tallies))
}

/// The same by line. What does not add up over the values that are not shown takes one more walk:
/// which they are is only known after the first.
fn folded(
    asking: &Asking<'_>,
    plan: &TrendPlan,
    texts: &Arc<Texts>,
    found: Walked<Vec<Tallies>>,
    shown: &[Shown],
) -> Result<Walked<Vec<Folded>>, AskError> {
    let found = found.map(|tallies| {
        let series = tallies.into_iter().zip(shown);
        series.map(|(tallies, shown)| Folded::of(tallies, shown)).collect::<Vec<_>>()
    });
    let Some(rest) = plan.rest(&found.answer, shown) else { return Ok(found) };
    let rest = tallies(asking, &rest, texts, false)?;
    Ok(found.with(rest, |found, rest| plan.filled(found, rest)))
}

impl TrendOperator {
    fn new(plan: &TrendPlan, texts: &Arc<Texts>) -> Self {
        let width = plan.periods.count();
        Self {
            matcher: Matcher::new(plan.series.iter().map(|series| &series.condition), texts),
            dial: Dial::new(&plan.periods),
            breakdown: plan.breakdown,
            none: plan.breakdown.map_or(0, |_| texts.number(NONE)),
            series: plan.series.iter().map(|one| Store::new(one.measure, width)).collect(),
            picked: plan.picked.clone(),
            texts: Arc::clone(texts),
            person: 0,
            is_picked: false,
        }
    }

    /// What each series gathered, by the value of the breakdown.
    fn tallies(self) -> Vec<Tallies> {
        let Self { breakdown, series, texts, .. } = self;
        let value = |number| breakdown.map(|_| label(&texts, number));
        let tallies = series.into_iter().map(|store| {
            store.tallies().into_iter().map(|(number, tally)| (value(number), tally)).collect()
        });
        tallies.collect()
    }

    /// The line of a breakdown's number. No value and the text that stands for it share one.
    #[inline]
    fn line(&self, number: u32) -> usize {
        if number == self.none { 0 } else { number as usize }
    }

    /// Whether a row stands behind the picked number.
    #[cold]
    fn is_meant(&self, picked: &Picked, series: u32, spot: &Spot) -> bool {
        let is_value = || match &picked.value {
            None => true,
            Some(value) => *value == label(&self.texts, spot.line),
        };
        picked.series == series as usize
            && picked.interval.is_none_or(|place| place == spot.place)
            && is_value()
    }
}

impl Operator for TrendOperator {
    const IN_ORDER: bool = false;

    fn events(&self) -> Option<HashSet<u32>> {
        self.matcher.events()
    }

    fn counts_rows(&self) -> bool {
        self.picked.is_none()
            && self.series.iter().all(Store::counts_rows)
            && self.dial.is_on_grid(QUARTER)
    }

    #[inline]
    fn begin(&mut self) {
        self.person += 1;
        self.is_picked = false;
    }

    #[inline]
    fn rows(&mut self, rows: &Rows<'_>) {
        for (row, (time, event)) in rows.time.iter().zip(rows.event).enumerate() {
            let mut bits = self.matcher.bits(rows, row, *event);
            if bits == 0 {
                continue;
            }
            let line = self.breakdown.map_or(0, |column| self.line(rows.text(column, row)));
            let spot = Spot { line, place: self.dial.place(*time), person: self.person };
            while bits != 0 {
                let series = bits.trailing_zeros();
                if let Some(store) = self.series.get_mut(series as usize) {
                    store.count(rows, row, &spot);
                }
                if let Some(picked) = &self.picked {
                    self.is_picked |= self.is_meant(picked, series, &spot);
                }
                bits &= bits - 1;
            }
        }
    }

    fn end(&mut self) {}

    fn is_picked(&self) -> bool {
        self.is_picked
    }

    fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.series.iter_mut().zip(other.series) {
            mine.merge(theirs);
        }
    }

    fn check(&self) -> Result<(), AskError> {
        if self.series.iter().map(Store::cells).sum::<usize>() > CELLS_MAX {
            return Err(AskError::TooManyCells { max: CELLS_MAX });
        }
        if self.series.iter().map(Store::numbers).sum::<usize>() > NUMBERS_MAX {
            return Err(AskError::TooManyNumbers { max: NUMBERS_MAX });
        }
        Ok(())
    }
}

/// Finds the interval of an instant in two reads, whatever the zone did to its days.
#[derive(Debug, Clone)]
pub(super) struct Dial {
    first: i64,
    shift: u32,
    /// By notch, a power of two of microseconds no longer than any interval: the interval that it
    /// begins in, and when that one ends.
    notches: Vec<(u32, i64)>,
    /// The start of the interval after each.
    nexts: Vec<i64>,
}

impl Dial {
    pub(super) fn new(periods: &Periods) -> Self {
        let starts: Vec<i64> = periods.starts.iter().map(|start| start.0).collect();
        let first = starts.first().copied().unwrap_or(0);
        let last = starts.last().copied().unwrap_or(0);
        let lengths = starts.windows(2).map(|pair| match pair {
            [one, two] => two - one,
            _ => i64::MAX,
        });
        let shift = lengths.min().unwrap_or(i64::MAX).max(1).ilog2();
        let count = ((last - first) >> shift) + 1;
        let nexts: Vec<i64> = starts.into_iter().skip(1).chain([i64::MAX]).collect();
        let notch = |number: i64| {
            let place = periods.place(vocabulary::Time(first + (number << shift)));
            (place as u32, nexts.get(place).copied().unwrap_or(i64::MAX))
        };
        let notches = (0..count).map(notch).collect();
        Self { first, shift, notches, nexts }
    }

    /// Whether every interval begins on a grid.
    fn is_on_grid(&self, grid: Span) -> bool {
        let starts = std::iter::once(self.first).chain(self.nexts.iter().copied());
        starts.filter(|start| *start != i64::MAX).all(|start| start.rem_euclid(grid.0) == 0)
    }

    /// The interval of an instant; the last one for all later ones.
    #[inline]
    pub(super) fn place(&self, time: i64) -> usize {
        let notch = ((time - self.first) >> self.shift) as usize;
        let Some((place, next)) = self.notches.get(notch) else { return self.nexts.len() - 1 };
        *place as usize + usize::from(*next <= time)
    }

    /// When an interval ends; never for the last one.
    #[inline]
    pub(super) fn next(&self, place: usize) -> i64 {
        self.nexts.get(place).copied().unwrap_or(i64::MAX)
    }
}
