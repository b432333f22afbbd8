//! The conditions of a plan, compiled: a row's event gives at once the bits of those it may meet.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use life::know::{Condition, Demand, Test};

use super::operator::Rows;
use crate::keep::chunk::Texts;

/// Up to 32 conditions, one bit each.
#[derive(Debug, Clone)]
pub(super) struct Matcher {
    /// By event: the conditions that may hold.
    by_event: Vec<u32>,
    /// The conditions that take any event.
    any: u32,
    /// The conditions that demand more than an event.
    demanding: u32,
    demands: Vec<Vec<Check>>,
}

/// A test of a column.
#[derive(Debug, Clone)]
struct Check {
    column: usize,
    test: Tested,
}

/// A test in numbers of texts.
#[derive(Debug, Clone)]
enum Tested {
    /// One of these numbers, or none of them.
    Among {
        any_of: Vec<u32>,
        is_in: bool,
    },
    Above(f64),
    Below(f64),
    /// A part of the text; each text is looked at once.
    Contains {
        part: String,
        texts: Arc<Texts>,
        known: HashMap<u32, bool>,
    },
}

impl Matcher {
    pub(super) fn new<'a>(
        conditions: impl Iterator<Item = &'a Condition> + Clone,
        texts: &Arc<Texts>,
    ) -> Self {
        let numbered =
            || conditions.clone().enumerate().map(|(n, condition)| (1u32 << n, condition));
        let bits = |pick: &dyn Fn(&Condition) -> bool| {
            numbered().filter(|(_, condition)| pick(condition)).fold(0, |all, (bit, _)| all | bit)
        };
        let any = bits(&|condition| condition.event.is_none());
        let codes = conditions.clone().filter_map(|condition| condition.event);
        let last = codes.map(|code| code.0 as usize).max().unwrap_or(0);
        let mut by_event = vec![any; last + 1];
        for (bit, condition) in numbered() {
            let place = condition.event.and_then(|code| by_event.get_mut(code.0 as usize));
            if let Some(place) = place {
                *place |= bit;
            }
        }
        let checks = |condition: &Condition| {
            condition.demands.iter().map(|demand| Check::new(demand, texts)).collect()
        };
        let demanding = bits(&|condition| !condition.demands.is_empty());
        Self { by_event, any, demanding, demands: conditions.map(checks).collect() }
    }

    /// The events that any condition may hold for; `None` when one takes every event.
    pub(super) fn events(&self) -> Option<HashSet<u32>> {
        let taken = (0u32..).zip(&self.by_event).filter(|(_, bits)| **bits != 0);
        (self.any == 0).then(|| taken.map(|(event, _)| event).collect())
    }

    /// The conditions that a row meets.
    #[inline]
    pub(super) fn bits(&mut self, rows: &Rows<'_>, row: usize, event: u32) -> u32 {
        let bits = self.by_event.get(event as usize).copied().unwrap_or(self.any);
        if bits & self.demanding == 0 { bits } else { self.demand(rows, row, bits) }
    }

    #[cold]
    fn demand(&mut self, rows: &Rows<'_>, row: usize, mut bits: u32) -> u32 {
        for (number, checks) in self.demands.iter_mut().enumerate() {
            let bit = 1 << number;
            if bits & bit != 0 && !checks.iter_mut().all(|check| check.holds(rows, row)) {
                bits &= !bit;
            }
        }
        bits
    }
}

impl Check {
    fn new(demand: &Demand, texts: &Arc<Texts>) -> Self {
        let among = |values: &[Option<String>], is_in| {
            let number = |text: &Option<String>| text.as_ref().map_or(0, |text| texts.number(text));
            let mut any_of: Vec<u32> = values.iter().map(number).collect();
            any_of.sort_unstable();
            Tested::Among { any_of, is_in }
        };
        let test = match &demand.test {
            Test::AnyOf(values) => among(values, true),
            Test::NoneOf(values) => among(values, false),
            Test::Above(bound) => Tested::Above(*bound),
            Test::Below(bound) => Tested::Below(*bound),
            Test::Contains(part) => Tested::Contains {
                part: part.clone(),
                texts: Arc::clone(texts),
                known: HashMap::new(),
            },
        };
        Self { column: demand.column, test }
    }

    fn holds(&mut self, rows: &Rows<'_>, row: usize) -> bool {
        let column = self.column;
        match &mut self.test {
            Tested::Among { any_of, is_in } => {
                let number = rows.text(column, row);
                let is_among = match any_of.as_slice() {
                    [only] => *only == number,
                    several => several.binary_search(&number).is_ok(),
                };
                is_among == *is_in
            }
            Tested::Above(bound) => rows.number(column, row).is_some_and(|number| number > *bound),
            Tested::Below(bound) => rows.number(column, row).is_some_and(|number| number < *bound),
            Tested::Contains { part, texts, known } => {
                let number = rows.text(column, row);
                *known.entry(number).or_insert_with(|| {
                    texts.text(number).is_some_and(|text| text.to_lowercase().contains(&*part))
                })
            }
        }
    }
}
