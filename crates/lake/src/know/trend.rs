//! Trend: counts in dense cells of (series, breakdown, interval).
//!
//! People are counted exactly without a set: each cell knows the last person it counted, and a
//! person's rows come together.

use std::collections::BTreeMap;
use std::sync::Arc;

use life::know::trend::{Counted, Tally};
use life::know::{Periods, TrendAnswer, TrendPlan};

use super::error::AskError;
use super::matcher::Matcher;
use super::operator::{CELLS_MAX, Operator, Rows, label};
use crate::keep::chunk::Texts;

/// The operator.
#[derive(Debug, Clone)]
pub(super) struct TrendOperator {
    matcher: Matcher,
    dial: Dial,
    breakdown: Option<usize>,
    /// Series that count people.
    of_people: u32,
    /// By series: for each number of a breakdown a cell for each interval and one for all of them.
    series: Vec<Vec<Cell>>,
    width: usize,
    /// The person at hand, counted from one.
    person: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    count: u64,
    last: u32,
}

impl TrendOperator {
    pub(super) fn new(plan: &TrendPlan, texts: &Arc<Texts>) -> Self {
        let people = plan.series.iter().enumerate().fold(0, |bits, (number, (_, counted))| {
            bits | match counted {
                Counted::Events => 0,
                Counted::People => 1 << number,
            }
        });
        let width = plan.periods.count() + 1;
        Self {
            matcher: Matcher::new(plan.series.iter().map(|(condition, _)| condition), texts),
            dial: Dial::new(&plan.periods),
            breakdown: plan.breakdown,
            of_people: people,
            series: vec![vec![Cell::default(); width]; plan.series.len()],
            width,
            person: 0,
        }
    }

    /// The answer from all cells.
    pub(super) fn answer(self, plan: &TrendPlan, texts: &Arc<Texts>) -> TrendAnswer {
        let tallies = self.series.into_iter().map(|cells| {
            let mut tallies = BTreeMap::<Option<String>, Tally>::new();
            for (number, line) in cells.chunks(self.width).enumerate() {
                let Some((whole, intervals)) = line.split_last() else { continue };
                if whole.count == 0 {
                    continue;
                }
                let value = self.breakdown.map(|_| label(texts, number));
                let empty = (vec![0; intervals.len()], 0);
                let (values, total) = tallies.entry(value).or_insert(empty);
                for (value, cell) in values.iter_mut().zip(intervals) {
                    *value += cell.count;
                }
                *total += whole.count;
            }
            tallies
        });
        plan.answer(tallies.collect())
    }

    #[inline]
    fn count(&mut self, series: u32, line: usize, place: usize) {
        let Some(cells) = self.series.get_mut(series as usize) else { return };
        let from = line * self.width;
        if cells.len() < from + self.width {
            grow(cells, from + self.width);
        }
        let is_people = self.of_people >> series & 1 == 1;
        for place in [from + place, from + self.width - 1] {
            if let Some(cell) = cells.get_mut(place) {
                cell.count += u64::from(!is_people || cell.last != self.person);
                cell.last = self.person;
            }
        }
    }
}

#[cold]
fn grow(cells: &mut Vec<Cell>, least: usize) {
    cells.resize(least, Cell::default());
}

impl Operator for TrendOperator {
    #[inline]
    fn begin(&mut self) {
        self.person += 1;
    }

    #[inline]
    fn rows(&mut self, rows: &Rows<'_>) {
        for (row, (time, event)) in rows.time.iter().zip(rows.event).enumerate() {
            let mut bits = self.matcher.bits(rows, row, *event);
            if bits == 0 {
                continue;
            }
            let place = self.dial.place(*time);
            let line = self.breakdown.map_or(0, |column| rows.text(column, row) as usize);
            while bits != 0 {
                self.count(bits.trailing_zeros(), line, place);
                bits &= bits - 1;
            }
        }
    }

    fn end(&mut self) {}

    fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.series.iter_mut().zip(other.series) {
            if mine.len() < theirs.len() {
                mine.resize(theirs.len(), Cell::default());
            }
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                mine.count += theirs.count;
            }
        }
    }

    fn check(&self) -> Result<(), AskError> {
        let cells: usize = self.series.iter().map(Vec::len).sum();
        if cells > CELLS_MAX { Err(AskError::TooManyCells { max: CELLS_MAX }) } else { Ok(()) }
    }
}

/// Finds the interval of an instant in two reads, whatever the zone did to its days.
#[derive(Debug, Clone)]
pub(super) struct Dial {
    first: i64,
    shift: u32,
    /// By notch, a power of two of microseconds no longer than any interval: where it begins.
    notches: Vec<u32>,
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
        let notch = |number: i64| periods.place(vocabulary::Time(first + (number << shift))) as u32;
        let nexts = starts.into_iter().skip(1).chain([i64::MAX]).collect();
        Self { first, shift, notches: (0..count).map(notch).collect(), nexts }
    }

    /// The interval of an instant; the last one for all later ones.
    #[inline]
    pub(super) fn place(&self, time: i64) -> usize {
        let notch = ((time - self.first) >> self.shift) as usize;
        let Some(place) = self.notches.get(notch) else { return self.nexts.len() - 1 };
        let place = *place as usize;
        place + usize::from(self.nexts.get(place).is_some_and(|next| *next <= time))
    }
}
