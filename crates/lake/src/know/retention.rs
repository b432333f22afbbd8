//! Retention: for each person the set of intervals with a start, and that with a return, as bits.

use std::collections::HashSet;
use std::sync::Arc;

use life::know::retention::{Back, Entry};
use life::know::{RetentionAnswer, RetentionPlan};

use super::ask::{Answering, Asking, Walked};
use super::error::AskError;
use super::matcher::Matcher;
use super::operator::{Operator, Rows};
use super::trend::Dial;
use super::walk::walk;
use crate::keep::chunk::Texts;

/// The operator.
#[derive(Debug)]
pub(super) struct RetentionOperator {
    matcher: Matcher,
    dial: Dial,
    /// The first instant of the range; before it only a first start ever matters.
    from: i64,
    entry: Entry,
    back_in: Back,
    picked: Option<(usize, usize)>,
    /// Whether the person has started at all.
    has_started: bool,
    /// The person's intervals with a start that opens a cohort.
    starts: Vec<u64>,
    /// The person's intervals with a return.
    back: Vec<u64>,
    /// First interval × interval.
    cells: Vec<u64>,
    periods: usize,
    is_picked: bool,
}

impl Answering for RetentionPlan {
    fn ask(
        &self,
        asking: &Asking<'_>,
        texts: &Arc<Texts>,
        wants_roll: bool,
    ) -> Result<Walked<RetentionAnswer>, AskError> {
        let operator = || RetentionOperator::new(self, texts);
        let walked = walk(asking, &self.scope, texts, operator, wants_roll)?;
        Ok(walked.map(|done| self.answer(&done.cells)))
    }
}

/// A bit of the matcher.
const START: u32 = 1;
const COMEBACK: u32 = 2;

impl RetentionOperator {
    fn new(plan: &RetentionPlan, texts: &Arc<Texts>) -> Self {
        let periods = plan.periods.count();
        let words = periods.div_ceil(64);
        Self {
            matcher: Matcher::new([&plan.start, &plan.comeback].into_iter(), texts),
            dial: Dial::new(&plan.periods),
            from: plan.scope.from.0,
            entry: plan.entry,
            back_in: plan.back,
            picked: plan.picked,
            has_started: false,
            starts: vec![0; words],
            back: vec![0; words],
            cells: vec![0; periods * periods],
            periods,
            is_picked: false,
        }
    }

    /// One cohort of the person: its own cell, and one for each later interval with a return.
    fn count(&mut self, first: usize) {
        self.cell(first, first);
        let back = std::mem::take(&mut self.back);
        let later = members(&back).filter(|place| *place > first);
        match self.back_in {
            Back::Exact => later.for_each(|place| self.cell(first, place)),
            Back::Unbounded => {
                let last = later.last().unwrap_or(first);
                (first + 1..=last).for_each(|place| self.cell(first, place));
            }
        }
        self.back = back;
    }

    #[inline]
    fn cell(&mut self, first: usize, place: usize) {
        self.is_picked |= self.picked == Some((first, place));
        if let Some(cell) = self.cells.get_mut(first * self.periods + place) {
            *cell += 1;
        }
    }
}

/// The numbers whose bits are set.
fn members(words: &[u64]) -> impl Iterator<Item = usize> {
    words.iter().enumerate().flat_map(|(number, word)| {
        let mut word = *word;
        std::iter::from_fn(move || {
            let bit = (word != 0).then(|| word.trailing_zeros() as usize)?;
            word &= word - 1;
            Some(number * 64 + bit)
        })
    })
}

fn set(words: &mut [u64], place: usize) {
    if let Some(word) = words.get_mut(place / 64) {
        *word |= 1 << (place % 64);
    }
}

impl Operator for RetentionOperator {
    fn events(&self) -> Option<HashSet<u32>> {
        self.matcher.events()
    }

    #[inline]
    fn begin(&mut self) {
        self.has_started = false;
        self.is_picked = false;
        self.starts.fill(0);
        self.back.fill(0);
    }

    #[inline]
    fn rows(&mut self, rows: &Rows<'_>) {
        // Times grow, so that most rows lie in the interval of the one before, and most of those
        // say nothing new.
        let (mut place, mut next, mut said) = (0, i64::MIN, 0);
        for (row, (time, event)) in rows.time.iter().zip(rows.event).enumerate() {
            let mut bits = self.matcher.bits(rows, row, *event);
            if *time >= next {
                if *time < self.from {
                    self.has_started |= bits & START != 0;
                    continue;
                }
                place = self.dial.place(*time);
                (next, said) = (self.dial.next(place), 0);
            }
            bits &= !said;
            if bits == 0 {
                continue;
            }
            said |= bits;
            if bits & START != 0 && (!self.has_started || self.entry == Entry::Recurring) {
                set(&mut self.starts, place);
            }
            self.has_started |= bits & START != 0;
            if bits & COMEBACK != 0 {
                set(&mut self.back, place);
            }
        }
    }

    #[inline]
    fn end(&mut self) {
        if !self.has_started {
            return;
        }
        let starts = std::mem::take(&mut self.starts);
        members(&starts).for_each(|first| self.count(first));
        self.starts = starts;
    }

    fn is_picked(&self) -> bool {
        self.is_picked
    }

    fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.cells.iter_mut().zip(other.cells) {
            *mine += theirs;
        }
    }
}
