//! Lifecycle: for each person the set of intervals in which they were active, as bits.

use std::sync::Arc;

use life::know::lifecycle::Phase;
use life::know::{LifecycleAnswer, LifecyclePlan};

use super::ask::{Answering, Asking, Walked};
use super::error::AskError;
use super::matcher::Matcher;
use super::operator::{Operator, Rows};
use super::trend::Dial;
use super::walk::walk;
use crate::keep::chunk::Texts;

/// The operator.
#[derive(Debug)]
pub(super) struct LifecycleOperator {
    matcher: Matcher,
    dial: Dial,
    /// The start of the interval before the first, and that of the first.
    before: i64,
    from: i64,
    picked: Option<(usize, Phase)>,
    /// Whether the person was active before, and in the interval before the first.
    was_ever: bool,
    was_before: bool,
    /// Whether the person was active in each interval.
    active: Vec<bool>,
    /// By interval.
    cells: Vec<[u64; 4]>,
    is_picked: bool,
}

impl Answering for LifecyclePlan {
    fn ask(
        &self,
        asking: &Asking<'_>,
        texts: &Arc<Texts>,
        wants_roll: bool,
    ) -> Result<Walked<LifecycleAnswer>, AskError> {
        let operator = || LifecycleOperator::new(self, texts);
        let walked = walk(asking, &self.scope, texts, operator, wants_roll)?;
        Ok(walked.map(|done| self.answer(&done.cells)))
    }
}

impl LifecycleOperator {
    fn new(plan: &LifecyclePlan, texts: &Arc<Texts>) -> Self {
        let periods = plan.periods.count();
        Self {
            matcher: Matcher::new(std::iter::once(&plan.condition), texts),
            dial: Dial::new(&plan.periods),
            before: plan.before.0,
            from: plan.scope.from.0,
            picked: plan.picked,
            was_ever: false,
            was_before: false,
            active: vec![false; periods],
            cells: vec![[0; 4]; periods],
            is_picked: false,
        }
    }
}

impl Operator for LifecycleOperator {
    const IN_ORDER: bool = false;

    fn begin(&mut self) {
        (self.was_ever, self.was_before, self.is_picked) = (false, false, false);
        self.active.fill(false);
    }

    fn rows(&mut self, rows: &Rows<'_>) {
        for (row, (time, event)) in rows.time.iter().zip(rows.event).enumerate() {
            if self.matcher.bits(rows, row, *event) == 0 {
                continue;
            }
            if *time < self.from {
                self.was_ever = true;
                self.was_before |= *time >= self.before;
            } else if let Some(active) = self.active.get_mut(self.dial.place(*time)) {
                *active = true;
            }
        }
    }

    fn end(&mut self) {
        let (mut was_ever, mut was_before) = (self.was_ever, self.was_before);
        let cells = self.cells.iter_mut().zip(&self.active).enumerate();
        for (place, (cell, is_active)) in cells {
            if let Some(phase) = Phase::told(*is_active, was_before, was_ever) {
                *phase.of(cell) += 1;
                self.is_picked |= self.picked == Some((place, phase));
            }
            (was_before, was_ever) = (*is_active, was_ever || *is_active);
        }
    }

    fn is_picked(&self) -> bool {
        self.is_picked
    }

    fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.cells.iter_mut().zip(other.cells) {
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
        }
    }
}
