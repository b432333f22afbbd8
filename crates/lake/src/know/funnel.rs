//! Funnel: each step remembers the latest start of a chain that reached it; nothing else is kept
//! of a person.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use life::know::funnel::{FunnelPick, Order, Reached};
use life::know::tick::Tick;
use life::know::{FunnelAnswer, FunnelPlan};
use vocabulary::Span;

use super::ask::{Answering, Asking, Walked};
use super::error::AskError;
use super::matcher::Matcher;
use super::operator::{CELLS_MAX, Operator, Rows, label};
use super::trend::Dial;
use super::walk::walk;
use crate::keep::chunk::Texts;

/// A start that lies further back than any window.
const NEVER: i64 = i64::MIN / 2;

/// The operator.
#[derive(Debug)]
pub(super) struct FunnelOperator {
    matcher: Matcher,
    window: i64,
    tick: Tick,
    steps: usize,
    order: Order,
    /// The bits of the matcher that are steps; those of exclusions stand behind them.
    step_bits: u32,
    /// By exclusion: the steps whose chains it ends.
    exclude: Vec<(usize, usize)>,
    breakdown: Option<usize>,
    over: Option<Dial>,
    picked: Option<FunnelPick>,
    /// By step, for the person at hand: the latest start of a chain; in any order, when it was last
    /// done.
    starts: [i64; 32],
    /// By step, for the person at hand: ticks to the first time that it was reached.
    ticks: [u32; 32],
    /// Steps that the person at hand has reached.
    level: usize,
    /// The breakdown's number of the person at hand.
    line: usize,
    /// When the person at hand entered.
    entered: i64,
    /// By the breakdown's number.
    lines: Vec<Reached>,
    nobody: Reached,
    texts: Arc<Texts>,
}

impl Answering for FunnelPlan {
    fn ask(
        &self,
        asking: &Asking<'_>,
        texts: &Arc<Texts>,
        wants_roll: bool,
    ) -> Result<Walked<FunnelAnswer>, AskError> {
        let operator = || FunnelOperator::new(self, texts);
        let walked = walk(asking, &self.scope, texts, operator, wants_roll)?;
        Ok(walked.map(|done| done.answer(self)))
    }
}

impl FunnelOperator {
    fn new(plan: &FunnelPlan, texts: &Arc<Texts>) -> Self {
        let excluding = plan.exclude.iter().map(|one| &one.condition);
        Self {
            matcher: Matcher::new(plan.steps.iter().chain(excluding), texts),
            window: plan.window.0,
            tick: plan.tick(),
            steps: plan.steps.len(),
            order: plan.order,
            step_bits: u32::MAX >> (32 - plan.steps.len().clamp(1, 32)),
            exclude: plan.exclude.iter().map(|one| (one.from, one.to)).collect(),
            breakdown: plan.breakdown,
            over: plan.over.as_ref().map(Dial::new),
            picked: plan.picked.clone(),
            starts: [NEVER; 32],
            ticks: [0; 32],
            level: 0,
            line: 0,
            entered: 0,
            lines: Vec::new(),
            nobody: Reached::nobody(plan),
            texts: Arc::clone(texts),
        }
    }

    /// The answer from all lines.
    fn answer(self, plan: &FunnelPlan) -> FunnelAnswer {
        let mut reached = BTreeMap::<Option<String>, Reached>::new();
        for (number, line) in self.lines.into_iter().enumerate().filter(|(_, line)| line.people > 0)
        {
            let value = plan.breakdown.map(|_| label(&self.texts, number));
            reached.entry(value).or_insert_with(|| self.nobody.clone()).join(line);
        }
        plan.answer(reached)
    }

    /// What is excluded ends the chains that stand between two steps.
    #[cold]
    fn exclude(&mut self, bits: u32) {
        for (number, (from, to)) in self.exclude.iter().enumerate() {
            if bits >> (self.steps + number) & 1 == 0 {
                continue;
            }
            match self.order {
                Order::Loose | Order::Strict => {
                    self.starts.iter_mut().take(*to).skip(*from).for_each(|start| *start = NEVER);
                }
                Order::Any => self.starts = [NEVER; 32],
            }
        }
    }

    /// Every row breaks a chain that it does not go on with.
    fn take_strictly(&mut self, rows: &Rows<'_>, row: usize, time: i64, bits: u32) {
        for step in (0..self.steps).rev() {
            let start = match step.checked_sub(1) {
                None => time,
                Some(before) => self.starts.get(before).copied().unwrap_or(NEVER),
            };
            let goes_on = bits >> step & 1 == 1 && time - start <= self.window;
            if let Some(place) = self.starts.get_mut(step) {
                *place = if goes_on { start } else { NEVER };
            }
            if goes_on && step == self.level {
                self.reach(rows, row, step, time, time - start);
            }
        }
    }

    /// A row counts for that of its steps which was done longest ago.
    fn take_any(&mut self, rows: &Rows<'_>, row: usize, time: i64, bits: u32) {
        let times = self.starts.iter_mut().take(self.steps).enumerate();
        let mine = times.filter(|(step, _)| bits >> step & 1 == 1);
        let Some((_, place)) = mine.min_by_key(|(_, last)| **last) else { return };
        *place = time;
        let within = self.starts.iter().take(self.steps);
        let within = within.filter(|last| time - **last <= self.window);
        let (count, first) =
            within.fold((0, time), |(count, first), last| (count + 1, first.min(*last)));
        while self.level < count {
            self.reach(rows, row, self.level, time, time - first);
        }
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
            // Whether it goes on is anybody's guess, so that it is chosen and not branched on.
            let goes_on = time - start <= self.window;
            if let Some(place) = self.starts.get_mut(step) {
                *place = if goes_on { start } else { *place };
            }
            if goes_on & (step == self.level) {
                self.reach(rows, row, step, time, time - start);
            }
        }
    }

    fn reach(&mut self, rows: &Rows<'_>, row: usize, step: usize, time: i64, taken: i64) {
        self.level += 1;
        if step == 0 {
            self.entered = time;
            self.line = self.breakdown.map_or(0, |column| rows.text(column, row) as usize);
        }
        if let Some(place) = self.ticks.get_mut(step) {
            *place = self.tick.count(Span(taken));
        }
    }
}

impl Operator for FunnelOperator {
    fn events(&self) -> Option<HashSet<u32>> {
        match self.order {
            Order::Loose | Order::Any => self.matcher.events(),
            // Any other row breaks a chain.
            Order::Strict => None,
        }
    }

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
            if bits & !self.step_bits != 0 {
                self.exclude(bits);
            }
            let bits = bits & self.step_bits;
            match self.order {
                Order::Loose if bits != 0 => self.take(rows, row, *time, bits),
                Order::Strict if bits != 0 || self.level > 0 => {
                    self.take_strictly(rows, row, *time, bits);
                }
                Order::Any if bits != 0 => self.take_any(rows, row, *time, bits),
                Order::Loose | Order::Strict | Order::Any => {}
            }
        }
    }

    fn end(&mut self) {
        if self.level == 0 {
            return;
        }
        if self.lines.len() <= self.line {
            self.lines.resize(self.line + 1, self.nobody.clone());
        }
        let Some(line) = self.lines.get_mut(self.line) else { return };
        line.people += 1;
        let ticks = self.ticks.iter().take(self.level).skip(1);
        for (step, ticks) in line.later.iter_mut().zip(ticks) {
            step.push(*ticks);
        }
        let place = self.over.as_ref().map(|dial| dial.place(self.entered));
        if let Some((entered, converted)) = place.and_then(|place| line.over.get_mut(place)) {
            *entered += 1;
            *converted += u64::from(self.level == self.steps);
        }
    }

    fn is_picked(&self) -> bool {
        self.picked.as_ref().is_some_and(|pick| {
            let is_value = match &pick.breakdown {
                None => true,
                Some(value) => *value == label(&self.texts, self.line),
            };
            self.level > 0 && pick.takes(self.level) && is_value
        })
    }

    fn merge(&mut self, other: Self) {
        if self.lines.len() < other.lines.len() {
            self.lines.resize(other.lines.len(), self.nobody.clone());
        }
        for (mine, theirs) in self.lines.iter_mut().zip(other.lines) {
            mine.join(theirs);
        }
    }

    fn check(&self) -> Result<(), AskError> {
        let cells = self.steps + self.nobody.over.len();
        let too_many = self.lines.len().saturating_mul(cells) > CELLS_MAX;
        if too_many { Err(AskError::TooManyCells { max: CELLS_MAX }) } else { Ok(()) }
    }
}
