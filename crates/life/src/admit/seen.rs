//! Which properties were met, declared or not: their names and types, never their values.

use std::collections::HashMap;

use super::catalogue::PropertyType;
use super::looks::like_identifier;

/// A property that was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenProperty {
    /// How many times it was met.
    pub count: u64,
    /// The type of its latest value.
    pub kind: PropertyType,
    /// How many values were of another type than declared, or than before.
    pub conflicts: u64,
    pub declared: bool,
}

/// All properties that were met, up to a limit of names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    properties: HashMap<Box<str>, SeenProperty>,
    /// Names that were left out because they were too long, too many or looked like an identifier.
    unnamed: u64,
}

impl Seen {
    /// All properties that were met, in no order.
    pub fn properties(&self) -> impl Iterator<Item = (&str, SeenProperty)> {
        self.properties.iter().map(|(name, seen)| (&**name, *seen))
    }

    /// What was met under a name.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<SeenProperty> {
        self.properties.get(name).copied()
    }

    /// How many values were met under names that are not recorded.
    #[must_use]
    pub fn unnamed(&self) -> u64 {
        self.unnamed
    }

    /// Whether nothing was met.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.unnamed == 0
    }

    /// Adds what another part has met, up to the limit of names.
    pub fn merge(&mut self, other: Seen, names_max: usize) {
        self.unnamed += other.unnamed;
        for (name, seen) in other.properties {
            if let Some(known) = self.properties.get_mut(&name) {
                known.count += seen.count;
                known.conflicts += seen.conflicts;
                known.kind = seen.kind;
                known.declared = seen.declared;
            } else if self.properties.len() < names_max {
                self.properties.insert(name, seen);
            } else {
                self.unnamed += seen.count;
            }
        }
    }

    pub(super) fn meet_declared(
        &mut self,
        name: &str,
        kind: PropertyType,
        conflict: bool,
        names_max: usize,
    ) {
        let conflicts = u64::from(conflict);
        if let Some(known) = self.properties.get_mut(name) {
            known.count += 1;
            known.kind = kind;
            known.conflicts += conflicts;
            known.declared = true;
        } else if self.properties.len() < names_max {
            let seen = SeenProperty { count: 1, kind, conflicts, declared: true };
            self.properties.insert(name.into(), seen);
        } else {
            self.unnamed += 1;
        }
    }

    pub(super) fn meet_undeclared(
        &mut self,
        name: &str,
        kind: PropertyType,
        limits: &vocabulary::Limits,
    ) {
        if let Some(known) = self.properties.get_mut(name) {
            known.count += 1;
            known.conflicts += u64::from(!is_alike(known.kind, kind));
            known.kind = kind;
            known.declared = false;
            return;
        }
        let is_name = name.len() <= limits.name_chars && !like_identifier(name);
        if is_name && self.properties.len() < limits.names {
            let seen = SeenProperty { count: 1, kind, conflicts: 0, declared: false };
            self.properties.insert(name.into(), seen);
        } else {
            self.unnamed += 1;
        }
    }
}

/// Whether two values of an undeclared property may well be of one type: 3 and 3.5 are both
/// numbers.
fn is_alike(one: PropertyType, other: PropertyType) -> bool {
    let is_number = |kind| matches!(kind, PropertyType::Integer | PropertyType::Number);
    one == other || is_number(one) && is_number(other)
}
