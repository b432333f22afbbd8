//! Stickiness: a person's rows come in order, so each series counts how often its interval changes.

use std::sync::Arc;

use life::know::{StickinessAnswer, StickinessPick, StickinessPlan};

use super::ask::{Answering, Asking, Walked};
use super::error::AskError;
use super::matcher::Matcher;
use super::operator::{CELLS_MAX, Operator, Rows};
use super::trend::Dial;
use super::walk::walk;
use crate::keep::chunk::Texts;

/// The operator.
#[derive(Debug)]
pub(super) struct StickinessOperator {
    matcher: Matcher,
    dial: Dial,
    picked: Option<StickinessPick>,
    /// By series, for the person at hand: in how many intervals, and the last of them.
    seen: Vec<(usize, Option<usize>)>,
    /// By series: the people of one interval, of two, and so on.
    counts: Vec<Vec<u64>>,
    is_picked: bool,
}

impl Answering for StickinessPlan {
    fn ask(
        &self,
        asking: &Asking<'_>,
        texts: &Arc<Texts>,
        wants_roll: bool,
    ) -> Result<Walked<StickinessAnswer>, AskError> {
        let operator = || StickinessOperator::new(self, texts);
        let walked = walk(asking, &self.scope, texts, operator, wants_roll)?;
        Ok(walked.map(|done| self.answer(done.counts)))
    }
}

impl StickinessOperator {
    fn new(plan: &StickinessPlan, texts: &Arc<Texts>) -> Self {
        Self {
            matcher: Matcher::new(plan.series.iter(), texts),
            dial: Dial::new(&plan.periods),
            picked: plan.picked,
            seen: vec![(0, None); plan.series.len()],
            counts: vec![vec![0; plan.periods.count()]; plan.series.len()],
            is_picked: false,
        }
    }
}

impl Operator for StickinessOperator {
    fn begin(&mut self) {
        self.is_picked = false;
        self.seen.fill((0, None));
    }

    fn rows(&mut self, rows: &Rows<'_>) {
        for (row, (time, event)) in rows.time.iter().zip(rows.event).enumerate() {
            let mut bits = self.matcher.bits(rows, row, *event);
            if bits == 0 {
                continue;
            }
            let place = Some(self.dial.place(*time));
            while bits != 0 {
                let series = bits.trailing_zeros() as usize;
                bits &= bits - 1;
                if let Some((count, last)) = self.seen.get_mut(series) {
                    *count += usize::from(*last != place);
                    *last = place;
                }
            }
        }
    }

    fn end(&mut self) {
        let all = self.counts.iter_mut().zip(&self.seen).enumerate();
        for (series, (counts, (intervals, _))) in all {
            let (Some(bar), intervals) = (intervals.checked_sub(1), *intervals) else { continue };
            counts.iter_mut().skip(bar).take(1).for_each(|people| *people += 1);
            self.is_picked |= self.picked == Some(StickinessPick { series, intervals });
        }
    }

    fn is_picked(&self) -> bool {
        self.is_picked
    }

    fn merge(&mut self, other: Self) {
        for (mine, theirs) in
            self.counts.iter_mut().flatten().zip(other.counts.into_iter().flatten())
        {
            *mine += theirs;
        }
    }

    fn check(&self) -> Result<(), AskError> {
        let cells: usize = self.counts.iter().map(Vec::len).sum();
        if cells > CELLS_MAX { Err(AskError::TooManyCells { max: CELLS_MAX }) } else { Ok(()) }
    }
}
