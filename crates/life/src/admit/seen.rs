//! Which properties were met that nobody declared, and where a value was not what was declared:
//! names and types, never values. What is as declared leaves no trace here, so it costs nothing.

use std::collections::HashMap;

use vocabulary::{Limits, SourceId};

use super::catalogue::PropertyType;
use super::looks::like_identifier;

/// A property that was met and is not declared, or not as it came.
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

/// All such properties, up to a limit of names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    properties: HashMap<Box<str>, SeenProperty>,
    /// How many undeclared names each source has brought.
    brought: HashMap<SourceId, usize>,
    /// Names that were left out because they were too long, too many or looked like an identifier.
    unnamed: u64,
}

impl Seen {
    /// All of them, in no order.
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

    /// Adds what events of a source have met, up to the limits of names: its own and that of all.
    pub fn merge(&mut self, source: SourceId, other: Seen, limits: &Limits) {
        self.unnamed += other.unnamed;
        let brought = self.brought.entry(source).or_default();
        for (name, seen) in other.properties {
            if let Some(known) = self.properties.get_mut(&name) {
                known.count += seen.count;
                known.conflicts += seen.conflicts;
                known.kind = seen.kind;
                known.declared = seen.declared;
            } else if seen.declared {
                self.properties.insert(name, seen);
            } else if self.properties.len() < limits.names && *brought < limits.names_of_source {
                *brought += 1;
                self.properties.insert(name, seen);
            } else {
                self.unnamed += seen.count;
            }
        }
    }

    pub(super) fn meet_conflict(&mut self, name: &str, kind: PropertyType, names_max: usize) {
        if let Some(known) = self.properties.get_mut(name) {
            known.count += 1;
            known.kind = kind;
            known.conflicts += 1;
            known.declared = true;
        } else if self.properties.len() < names_max {
            let seen = SeenProperty { count: 1, kind, conflicts: 1, declared: true };
            self.properties.insert(name.into(), seen);
        } else {
            self.unnamed += 1;
        }
    }

    pub(super) fn meet_undeclared(&mut self, name: &str, kind: PropertyType, limits: &Limits) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn met(names: impl Iterator<Item = String>, limits: &Limits) -> Seen {
        let mut seen = Seen::default();
        for name in names {
            seen.meet_undeclared(&name, PropertyType::Flag, limits);
        }
        seen
    }

    #[test]
    fn a_flood_of_names_from_one_source_leaves_room_for_another() {
        let limits = Limits { names: 100, names_of_source: 10, ..Limits::default() };
        let mut all = Seen::default();
        for round in 0..50 {
            let flood = (0..20).map(|number| format!("junk-{}", letters(round * 20 + number)));
            all.merge(SourceId(1), met(flood, &limits), &limits);
        }
        assert_eq!(all.properties().count(), 10);
        assert_eq!(all.unnamed(), 990);
        all.merge(SourceId(2), met(["colour".to_owned()].into_iter(), &limits), &limits);
        assert!(all.property("colour").is_some());
    }

    fn letters(number: usize) -> String {
        number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
    }
}
