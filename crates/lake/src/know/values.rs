//! Values: events and people by the number of a text.

use std::sync::Arc;

use life::know::values::Seen;
use life::know::{ValuesAnswer, ValuesPlan};

use super::ask::{Answering, Asking, Walked};
use super::error::AskError;
use super::matcher::Matcher;
use super::operator::{CELLS_MAX, Head, Operator, Rows, label, place};
use super::walk::walk;
use crate::keep::chunk::Texts;

/// The operator.
#[derive(Debug)]
pub(super) struct ValuesOperator {
    matcher: Matcher,
    column: usize,
    /// The number of the value that was picked.
    picked: Option<u32>,
    /// The person at hand, counted from one.
    person: u32,
    /// By the number of a value; zero is none.
    values: Vec<(u64, Head)>,
    is_picked: bool,
    texts: Arc<Texts>,
}

impl Answering for ValuesPlan {
    fn ask(
        &self,
        asking: &Asking<'_>,
        texts: &Arc<Texts>,
        wants_roll: bool,
    ) -> Result<Walked<ValuesAnswer>, AskError> {
        let operator = || ValuesOperator::new(self, texts);
        let walked = walk(asking, &self.scope, texts, operator, wants_roll)?;
        Ok(walked.map(|done| done.answer(self)))
    }
}

impl ValuesOperator {
    fn new(plan: &ValuesPlan, texts: &Arc<Texts>) -> Self {
        Self {
            matcher: Matcher::new(std::iter::once(&plan.condition), texts),
            column: plan.column,
            picked: plan.picked.as_ref().map(|value| texts.number(value)),
            person: 0,
            values: Vec::new(),
            is_picked: false,
            texts: Arc::clone(texts),
        }
    }

    fn answer(self, plan: &ValuesPlan) -> ValuesAnswer {
        let missing = self.values.first().map_or(0, |(events, _)| *events);
        let values = self.values.iter().enumerate().skip(1).filter(|(_, (events, _))| *events > 0);
        let seen = values.map(|(number, (events, people))| Seen {
            value: label(&self.texts, number),
            events: *events,
            people: people.count(),
        });
        plan.answer(seen.collect(), missing)
    }
}

impl Operator for ValuesOperator {
    const IN_ORDER: bool = false;
    const READS_TIMES: bool = false;

    fn begin(&mut self) {
        self.person += 1;
        self.is_picked = false;
    }

    fn rows(&mut self, rows: &Rows<'_>) {
        for (row, (_, event)) in rows.time.iter().zip(rows.event).enumerate() {
            if self.matcher.bits(rows, row, *event) == 0 {
                continue;
            }
            let number = rows.text(self.column, row);
            self.is_picked |= self.picked == Some(number);
            if let Some((events, people)) = place(&mut self.values, number as usize) {
                *events += 1;
                people.meet(self.person);
            }
        }
    }

    fn end(&mut self) {}

    fn is_picked(&self) -> bool {
        self.is_picked
    }

    fn merge(&mut self, other: Self) {
        for (number, (events, people)) in other.values.into_iter().enumerate() {
            if let Some(mine) = place(&mut self.values, number) {
                mine.0 += events;
                mine.1.join(people);
            }
        }
    }

    fn check(&self) -> Result<(), AskError> {
        let too_many = self.values.len() > CELLS_MAX;
        if too_many { Err(AskError::TooManyCells { max: CELLS_MAX }) } else { Ok(()) }
    }
}
