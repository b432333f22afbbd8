//! Cohort: a counter for each condition, started again for each person.

use std::collections::HashSet;
use std::sync::Arc;

use life::know::cohort::Often;
use life::know::{CohortAnswer, CohortPlan};

use super::ask::{Answering, Asking, Walked};
use super::error::AskError;
use super::matcher::Matcher;
use super::operator::{Operator, Rows};
use super::walk::walk;
use crate::keep::chunk::Texts;

/// The operator.
#[derive(Debug)]
pub(super) struct CohortOperator {
    matcher: Matcher,
    /// How often each of `all` must have happened, at least and at most; those of `none` stand
    /// behind them.
    often: Vec<(u32, u32)>,
    /// The bits of `none`.
    never: u32,
    /// By condition, how often the person did it.
    counts: [u32; 32],
    /// The conditions that the person met at all.
    met: u32,
    people: u64,
    /// Whether the person that ended belongs.
    belongs: bool,
}

impl Answering for CohortPlan {
    fn ask(
        &self,
        asking: &Asking<'_>,
        texts: &Arc<Texts>,
        wants_roll: bool,
    ) -> Result<Walked<CohortAnswer>, AskError> {
        let operator = || CohortOperator::new(self, texts);
        let walked = walk(asking, &self.scope, texts, operator, wants_roll)?;
        Ok(walked.map(|done| CohortAnswer { people: done.people }))
    }
}

impl CohortOperator {
    pub(super) fn new(plan: &CohortPlan, texts: &Arc<Texts>) -> Self {
        let all = plan.all.iter().map(|often| &often.condition);
        let count = plan.all.len();
        let never = (0..plan.none.len()).fold(0, |bits, number| bits | 1 << (count + number));
        Self {
            matcher: Matcher::new(all.chain(&plan.none), texts),
            often: plan.all.iter().map(|Often { least, most, .. }| (*least, *most)).collect(),
            never,
            counts: [0; 32],
            met: 0,
            people: 0,
            belongs: false,
        }
    }
}

impl Operator for CohortOperator {
    const READS_TIMES: bool = false;
    const IN_ORDER: bool = false;

    fn events(&self) -> Option<HashSet<u32>> {
        // Who need not have done anything may belong without a row that says so.
        let is_told = self.often.iter().any(|(least, _)| *least > 0);
        is_told.then(|| self.matcher.events()).flatten()
    }

    #[inline]
    fn begin(&mut self) {
        if self.met != 0 {
            self.counts = [0; 32];
            self.met = 0;
        }
    }

    #[inline]
    fn rows(&mut self, rows: &Rows<'_>) {
        for (row, event) in rows.event.iter().enumerate() {
            let mut bits = self.matcher.bits(rows, row, *event);
            self.met |= bits;
            while bits != 0 {
                if let Some(count) = self.counts.get_mut(bits.trailing_zeros() as usize) {
                    *count = count.saturating_add(1);
                }
                bits &= bits - 1;
            }
        }
    }

    #[inline]
    fn end(&mut self) {
        let mut often = self.counts.iter().zip(&self.often);
        self.belongs = self.met & self.never == 0
            && often.all(|(count, (least, most))| least <= count && count <= most);
        self.people += u64::from(self.belongs);
    }

    fn is_picked(&self) -> bool {
        self.belongs
    }

    fn merge(&mut self, other: Self) {
        self.people += other.people;
    }
}
