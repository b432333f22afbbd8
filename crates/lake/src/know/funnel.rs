//! Funnel: each step remembers the latest start of a chain that reached it; nothing else is kept
//! of a person.

use std::collections::BTreeMap;
use std::sync::Arc;

use life::know::funnel::Reached;
use life::know::{FunnelAnswer, FunnelPlan};

use super::error::AskError;
use super::matcher::Matcher;
use super::operator::{CELLS_MAX, Operator, Rows, label};
use crate::keep::chunk::Texts;

/// A start that lies further back than any window.
const NEVER: i64 = i64::MIN / 2;

/// The operator.
#[derive(Debug)]
pub(super) struct FunnelOperator {
    matcher: Matcher,
    window: i64,
    tick: i64,
    steps: usize,
    breakdown: Option<usize>,
    /// By step, for the person at hand: the latest start of a chain.
    starts: [i64; 32],
    /// By step, for the person at hand: ticks to the first time that it was reached.
    ticks: [u32; 32],
    /// Steps that the person at hand has reached.
    level: usize,
    /// The breakdown's number of the person at hand.
    line: usize,
    /// By the breakdown's number.
    lines: Vec<Reached>,
}

impl FunnelOperator {
    pub(super) fn new(plan: &FunnelPlan, texts: &Arc<Texts>) -> Self {
        Self {
            matcher: Matcher::new(plan.steps.iter(), texts),
            window: plan.window.0,
            tick: plan.tick().0,
            steps: plan.steps.len(),
            breakdown: plan.breakdown,
            starts: [NEVER; 32],
            ticks: [0; 32],
            level: 0,
            line: 0,
            lines: Vec::new(),
        }
    }

    /// The answer from all lines.
    pub(super) fn answer(self, plan: &FunnelPlan, texts: &Arc<Texts>) -> FunnelAnswer {
        let mut reached = BTreeMap::<Option<String>, Reached>::new();
        for (number, line) in self.lines.into_iter().enumerate().filter(|(_, line)| line.people > 0)
        {
            let value = plan.breakdown.map(|_| label(texts, number));
            let nobody = || Reached::nobody(plan.steps.len());
            reached.entry(value).or_insert_with(nobody).join(line);
        }
        plan.answer(reached)
    }

    /// The last step is looked at first, so that a row does not follow itself.
    #[inline]
    fn take(&mut self, rows: &Rows<'_>, row: usize, time: i64, mut bits: u32) {
        while bits != 0 {
            let step = bits.ilog2() as usize;
            bits ^= 1 << step;
            let start = match step.checked_sub(1) {
                None => time,
                Some(before) => self.starts.get(before).copied().unwrap_or(NEVER),
            };
            if time - start > self.window {
                continue;
            }
            if let Some(place) = self.starts.get_mut(step) {
                *place = start;
            }
            if step == self.level {
                self.reach(rows, row, step, time - start);
            }
        }
    }

    fn reach(&mut self, rows: &Rows<'_>, row: usize, step: usize, taken: i64) {
        self.level += 1;
        if step == 0 {
            self.line = self.breakdown.map_or(0, |column| rows.text(column, row) as usize);
        }
        if let Some(place) = self.ticks.get_mut(step) {
            *place = u32::try_from(taken / self.tick).unwrap_or(u32::MAX);
        }
    }
}

impl Operator for FunnelOperator {
    #[inline]
    fn begin(&mut self) {
        if self.level > 0 {
            self.starts.iter_mut().take(self.steps).for_each(|start| *start = NEVER);
            self.level = 0;
        }
    }

    #[inline]
    fn rows(&mut self, rows: &Rows<'_>) {
        for (row, (time, event)) in rows.time.iter().zip(rows.event).enumerate() {
            let bits = self.matcher.bits(rows, row, *event);
            if bits != 0 {
                self.take(rows, row, *time, bits);
            }
        }
    }

    fn end(&mut self) {
        if self.level == 0 {
            return;
        }
        if self.lines.len() <= self.line {
            let steps = self.steps;
            self.lines.resize_with(self.line + 1, || Reached::nobody(steps));
        }
        let Some(line) = self.lines.get_mut(self.line) else { return };
        line.people += 1;
        let ticks = self.ticks.iter().take(self.level).skip(1);
        for (step, ticks) in line.later.iter_mut().zip(ticks) {
            step.push(*ticks);
        }
    }

    fn merge(&mut self, other: Self) {
        if self.lines.len() < other.lines.len() {
            let steps = self.steps;
            self.lines.resize_with(other.lines.len(), || Reached::nobody(steps));
        }
        for (mine, theirs) in self.lines.iter_mut().zip(other.lines) {
            mine.join(theirs);
        }
    }

    fn check(&self) -> Result<(), AskError> {
        let too_many = self.lines.len().saturating_mul(self.steps) > CELLS_MAX;
        if too_many { Err(AskError::TooManyCells { max: CELLS_MAX }) } else { Ok(()) }
    }
}
