//! Asking: a plan and a grant for its purpose go in, an answer comes out.

use std::fmt;
use std::sync::Arc;

use life::admit::{Grant, Verb};
use life::keep::Mask;
use life::know::{Answer, Plan, Scanned};
use vocabulary::Time;

use super::cohort::CohortOperator;
use super::error::AskError;
use super::funnel::FunnelOperator;
use super::retention::RetentionOperator;
use super::run::Source;
use super::trend::TrendOperator;
use super::walk::walk;
use crate::keep::chunk::Texts;

/// Everything that a question needs.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    pub plan: &'a Plan,
    pub mask: &'a Mask,
    /// The same snapshot as the mask.
    pub source: &'a dyn Source,
    /// Whether no mask narrower than the one of this epoch holds by now; asked at each chunk.
    pub still: &'a (dyn Fn(u64) -> bool + Sync),
    /// How many threads may walk.
    pub threads: usize,
    /// Rows of moved people that may be collected in memory.
    pub moved_rows_max: usize,
}

impl fmt::Debug for Asking<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Asking").field("plan", self.plan).finish_non_exhaustive()
    }
}

/// Answers a question. The caller knows the time: `seconds` is zero in what was scanned.
///
/// INVARIANT(gate): nothing is read before the grant has been held against the plan.
pub fn ask(asking: &Asking<'_>, grant: &Grant, now: Time) -> Result<(Answer, Scanned), AskError> {
    permit(asking.plan, grant, now)?;
    let texts = Arc::new(Texts::default());
    Ok(match asking.plan {
        Plan::Trend(plan) => {
            let (done, scanned) = walk(asking, &texts, || TrendOperator::new(plan, &texts))?;
            (Answer::Trend(done.answer(plan, &texts)), scanned)
        }
        Plan::Funnel(plan) => {
            let (done, scanned) = walk(asking, &texts, || FunnelOperator::new(plan, &texts))?;
            (Answer::Funnel(done.answer(plan, &texts)), scanned)
        }
        Plan::Retention(plan) => {
            let (done, scanned) = walk(asking, &texts, || RetentionOperator::new(plan, &texts))?;
            (Answer::Retention(done.answer(plan)), scanned)
        }
        Plan::Cohort(plan) => {
            let (done, scanned) = walk(asking, &texts, || CohortOperator::new(plan, &texts))?;
            (Answer::Cohort(done.answer()), scanned)
        }
    })
}

/// Holds a grant against a plan.
pub(super) fn permit(plan: &Plan, grant: &Grant, now: Time) -> Result<(), AskError> {
    let scope = plan.scope();
    if grant.verb() != Verb::Ask {
        return Err(AskError::OtherVerb);
    }
    if grant.purpose() != scope.purpose {
        let (granted, asked) = (grant.purpose(), scope.purpose);
        return Err(AskError::OtherPurpose { granted, asked });
    }
    if scope.categories.0 & !grant.categories().0 != 0 {
        return Err(AskError::OtherCategory);
    }
    if grant.holds(now) { Ok(()) } else { Err(AskError::Expired) }
}
