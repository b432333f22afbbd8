//! Law as data: which regimes there are, and the rules of each, from `law/**.toml`.
//!
//! A rule holds in its regime and in all that lie within it, from one legal day to another, as far
//! as it was known. Nothing here decides about a person: plans are compiled from what is read here.

use std::collections::BTreeMap;
use std::sync::Arc;

use vocabulary::{Regime, Regimes, Time};

mod circumstance;
mod error;
mod predicate;
mod read;
mod regime;
mod rule;
#[cfg(test)]
mod tests;

pub use circumstance::{Circumstance, Circumstances, Given, Sort};
pub use error::LawError;
pub use predicate::{Predicate, Truth};
pub use regime::DeclaredRegime;
pub use rule::{Case, Effect, Expected, Form, Rule, Status};

/// The instants that decide which rules count: those in force at one, known at the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AsOf {
    pub valid: Time,
    pub known: Time,
}

/// All rules and regimes, checked.
#[derive(Debug, Clone, Default)]
pub struct Law {
    /// The first bits of a digest of all its files and of what was confirmed.
    version: u32,
    digest: [u8; 32],
    /// Sorted by number.
    regimes: Vec<DeclaredRegime>,
    /// Names for several places at once.
    groups: BTreeMap<String, Vec<String>>,
    /// Sorted by id, then by the day from which the version was known.
    rules: Vec<Arc<Rule>>,
    /// Every instant at which a rule begins or ends to hold or to be known, sorted.
    changes: Vec<Time>,
}

impl Law {
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The digest of all files that were read.
    #[must_use]
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    #[must_use]
    pub fn regimes(&self) -> &[DeclaredRegime] {
        &self.regimes
    }

    /// Every version of every rule, by id.
    pub fn rules(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.rules.iter()
    }

    #[must_use]
    pub fn regime(&self, regime: Regime) -> Option<&DeclaredRegime> {
        let place = self.regimes.binary_search_by_key(&regime, |declared| declared.regime);
        self.regimes.get(place.ok()?)
    }

    /// Which period of the law an instant lies in; between two changes it stays the same.
    #[must_use]
    pub fn edition(&self, time: Time) -> u32 {
        let before = self.changes.partition_point(|change| *change <= time);
        u32::try_from(before).unwrap_or(u32::MAX)
    }

    /// The next instant after this one at which a rule begins or ends.
    #[must_use]
    pub fn next_change(&self, after: Time) -> Option<Time> {
        self.changes.get(self.changes.partition_point(|change| *change <= after)).copied()
    }

    /// The rules that hold in a regime, those of the regimes around it included.
    pub fn rules_in(&self, regime: Regime, as_of: AsOf) -> impl Iterator<Item = &Arc<Rule>> {
        let around: Regimes = self.around(regime).collect();
        self.rules.iter().filter(move |rule| around.has(rule.regime) && rule.holds(as_of))
    }

    /// Confirms permissions that rest on unverified rules, by the rules' ids.
    pub fn confirm(mut self, confirmed: &[String]) -> Result<Self, LawError> {
        for id in confirmed {
            let mut found = false;
            for rule in self.rules.iter_mut().filter(|rule| rule.id == *id) {
                Arc::make_mut(rule).is_confirmed = true;
                found = true;
            }
            if !found {
                return Err(LawError::Confirmed { id: id.clone() });
            }
            self.version = id.bytes().fold(self.version, |hash, byte| {
                (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
            });
        }
        Ok(self)
    }
}
