//! Asking: a plan and a grant for its purpose go in, an answer comes out.

use std::fmt;
use std::sync::Arc;

use life::admit::{Grant, Verb};
use life::keep::Mask;
use life::know::{Answer, Asked, Plan, Scanned};
use vocabulary::{Categories, Purpose, Time};

use super::error::AskError;
use super::people_behind::{Member, Roll};
use super::run::Source;
use super::watch::Watch;
use crate::keep::chunk::Texts;

/// Everything that a question needs.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    pub mask: &'a Mask,
    /// The same snapshot as the mask.
    pub source: &'a dyn Source,
    /// Whether no mask narrower than the one of this epoch holds by now; asked at each chunk.
    pub still: &'a (dyn Fn(u64) -> bool + Sync),
    pub watch: &'a Watch,
    /// How many threads may walk.
    pub threads: usize,
    /// Rows that may be put in order in memory.
    pub moved_rows_max: usize,
}

impl fmt::Debug for Asking<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Asking").field("threads", &self.threads).finish_non_exhaustive()
    }
}

impl Asking<'_> {
    /// Refuses to go on once somebody may see less, or nobody waits any more.
    pub(super) fn look(&self) -> Result<(), AskError> {
        if self.watch.is_cancelled() {
            return Err(AskError::Cancelled);
        }
        if (self.still)(self.mask.epoch) { Ok(()) } else { Err(AskError::MaskNarrowed) }
    }
}

/// How a kind of plan is answered; each kind says it beside its operator.
pub(super) trait Answering: Asked {
    /// Walks the rows. Who is behind the picked number goes into the roll, when it is wanted.
    fn ask(
        &self,
        asking: &Asking<'_>,
        texts: &Arc<Texts>,
        wants_roll: bool,
    ) -> Result<Walked<Self::Answer>, AskError>;
}

/// What came of a walk.
#[derive(Debug)]
pub(super) struct Walked<A> {
    pub(super) answer: A,
    pub(super) scanned: Scanned,
    pub(super) roll: Roll,
}

impl<A> Walked<A> {
    pub(super) fn map<B>(self, map: impl FnOnce(A) -> B) -> Walked<B> {
        let Self { answer, scanned, roll } = self;
        Walked { answer: map(answer), scanned, roll }
    }

    /// One answer of two walks. The people behind the number are those of the first.
    pub(super) fn with<B, C>(self, other: Walked<B>, join: impl FnOnce(A, B) -> C) -> Walked<C> {
        let Self { answer, mut scanned, roll } = self;
        scanned.rows += other.scanned.rows;
        scanned.bytes += other.scanned.bytes;
        scanned.files = scanned.files.max(other.scanned.files);
        Walked { answer: join(answer, other.answer), scanned, roll }
    }
}

macro_rules! answers {
    ($(
        $(#[$about:meta])+
        $name:ident: $question:ident, $plan:ident, $answer:ident, $pick:ident;
    )+) => {
        fn answered(
            asking: &Asking<'_>,
            plan: &Plan,
            texts: &Arc<Texts>,
            wants_roll: bool,
        ) -> Result<Walked<Answer>, AskError> {
            Ok(match plan {
                $(Plan::$question(plan) => {
                    plan.ask(asking, texts, wants_roll)?.map(Answer::$question)
                })+
            })
        }
    };
}

life::each_kind!(answers);

/// Answers a question. The caller knows the time: `seconds` is zero in what was scanned.
///
/// INVARIANT(gate): nothing is read before the grant has been held against the plan.
pub fn ask(
    asking: &Asking<'_>,
    plan: &Plan,
    grant: &Grant,
    now: Time,
) -> Result<(Answer, Scanned), AskError> {
    permit(plan.scope().purpose, plan.scope().categories, grant, Verb::Ask, now)?;
    let Walked { answer, scanned, .. } = answered(asking, plan, &Arc::default(), false)?;
    Ok((answer, scanned))
}

/// The people behind the number that the plan picked.
///
/// INVARIANT(gate): showing people is reading, and needs a grant for that.
pub fn members(
    asking: &Asking<'_>,
    plan: &Plan,
    grant: &Grant,
    now: Time,
) -> Result<(Vec<Member>, Scanned), AskError> {
    permit(plan.scope().purpose, plan.scope().categories, grant, Verb::Read, now)?;
    let texts = Arc::default();
    let Walked { scanned, roll, .. } = answered(asking, plan, &texts, true)?;
    Ok((roll.members(plan.scope(), &texts), scanned))
}

/// Holds a grant against what a plan reads.
pub(super) fn permit(
    asked: Purpose,
    categories: Categories,
    grant: &Grant,
    verb: Verb,
    now: Time,
) -> Result<(), AskError> {
    if grant.verb() != verb {
        return Err(AskError::OtherVerb);
    }
    if grant.purpose() != asked {
        let granted = grant.purpose();
        return Err(AskError::OtherPurpose { granted, asked });
    }
    if categories.0 & !grant.categories().0 != 0 {
        return Err(AskError::OtherCategory);
    }
    if grant.holds(now) { Ok(()) } else { Err(AskError::Expired) }
}
