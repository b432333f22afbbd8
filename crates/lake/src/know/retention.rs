//! Retention: for each person the first interval, and the set of intervals with a return, as bits.

use std::sync::Arc;

use life::know::{RetentionAnswer, RetentionPlan};

use super::matcher::Matcher;
use super::operator::{Operator, Rows};
use super::trend::Dial;
use crate::keep::chunk::Texts;

/// The operator.
#[derive(Debug)]
pub(super) struct RetentionOperator {
    matcher: Matcher,
    dial: Dial,
    /// The person's first interval with a start; past all intervals while there is none.
    first: usize,
    /// The person's intervals with a return.
    back: Vec<u64>,
    /// First interval × interval.
    cells: Vec<u64>,
    periods: usize,
}

/// A bit of the matcher.
const START: u32 = 1;
const COMEBACK: u32 = 2;

impl RetentionOperator {
    pub(super) fn new(plan: &RetentionPlan, texts: &Arc<Texts>) -> Self {
        let periods = plan.periods.count();
        Self {
            matcher: Matcher::new([&plan.start, &plan.comeback].into_iter(), texts),
            dial: Dial::new(&plan.periods),
            first: periods,
            back: vec![0; periods.div_ceil(64)],
            cells: vec![0; periods * periods],
            periods,
        }
    }

    /// The answer from all cells.
    pub(super) fn answer(self, plan: &RetentionPlan) -> RetentionAnswer {
        plan.answer(&self.cells)
    }
}

impl Operator for RetentionOperator {
    #[inline]
    fn begin(&mut self) {
        self.first = self.periods;
        self.back.fill(0);
    }

    #[inline]
    fn rows(&mut self, rows: &Rows<'_>) {
        for (row, (time, event)) in rows.time.iter().zip(rows.event).enumerate() {
            let bits = self.matcher.bits(rows, row, *event);
            if bits == 0 {
                continue;
            }
            let place = self.dial.place(*time);
            if bits & START != 0 {
                self.first = self.first.min(place);
            }
            if let Some(word) = self.back.get_mut(place / 64) {
                *word |= u64::from(bits & COMEBACK != 0) << (place % 64);
            }
        }
    }

    #[inline]
    fn end(&mut self) {
        if self.first == self.periods {
            return;
        }
        let Some(line) = self.cells.get_mut(self.first * self.periods..) else { return };
        if let Some(cell) = line.get_mut(self.first) {
            *cell += 1;
        }
        for (number, word) in self.back.iter().enumerate() {
            let mut word = *word;
            while word != 0 {
                let place = number * 64 + word.trailing_zeros() as usize;
                word &= word - 1;
                if let Some(cell) = line.get_mut(place).filter(|_| place > self.first) {
                    *cell += 1;
                }
            }
        }
    }

    fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.cells.iter_mut().zip(other.cells) {
            *mine += theirs;
        }
    }
}
