//! The conditions of a plan, compiled: a row's event gives at once the bits of those it may meet.

use std::sync::Arc;

use life::know::{Condition, Demand};

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

/// A column must have one of these numbers.
#[derive(Debug, Clone)]
struct Check {
    column: usize,
    any_of: Vec<u32>,
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

    /// The conditions that a row meets.
    #[inline]
    pub(super) fn bits(&self, rows: &Rows<'_>, row: usize, event: u32) -> u32 {
        let bits = self.by_event.get(event as usize).copied().unwrap_or(self.any);
        if bits & self.demanding == 0 { bits } else { self.demand(rows, row, bits) }
    }

    #[cold]
    fn demand(&self, rows: &Rows<'_>, row: usize, mut bits: u32) -> u32 {
        for (number, checks) in self.demands.iter().enumerate() {
            let bit = 1 << number;
            let met = || checks.iter().all(|check| check.holds(rows, row));
            if bits & bit != 0 && !met() {
                bits &= !bit;
            }
        }
        bits
    }
}

impl Check {
    fn new(demand: &Demand, texts: &Arc<Texts>) -> Self {
        let number = |text: &Option<String>| text.as_ref().map_or(0, |text| texts.number(text));
        let mut any_of: Vec<u32> = demand.any_of.iter().map(number).collect();
        any_of.sort_unstable();
        Self { column: demand.column, any_of }
    }

    fn holds(&self, rows: &Rows<'_>, row: usize) -> bool {
        let number = rows.text(self.column, row);
        match self.any_of.as_slice() {
            [only] => *only == number,
            several => several.binary_search(&number).is_ok(),
        }
    }
}
