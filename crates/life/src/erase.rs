//! erase: to be forgotten, as a plan to carry out. It destroys nothing itself.

use vocabulary::{Class, Leaf, Person};

use crate::keep::Identity;

/// What forgetting a person takes: every leaf becomes invisible, every key is destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The leaves whose rows nobody sees any more.
    pub leaves: Vec<Leaf>,
    /// The classes of keys that are destroyed.
    pub classes: Vec<Class>,
}

impl Plan {
    /// The plan for everything that a person is now.
    #[must_use]
    pub fn of(identity: &Identity, person: Person, held: &[Class]) -> Self {
        Self::for_leaves(identity.leaves_of(person), held)
    }

    /// The plan for leaves that were a person. Classes in `held` stay: a duty needs them.
    #[must_use]
    pub fn for_leaves(leaves: Vec<Leaf>, held: &[Class]) -> Self {
        let classes = Class::EVERY.into_iter().filter(|class| !held.contains(class)).collect();
        Self { leaves, classes }
    }

    /// Every name under which rows may be sealed: each leaf was a person of its own before a merge.
    #[must_use]
    pub fn persons(&self) -> Vec<Person> {
        self.leaves.iter().map(|leaf| Person::from(*leaf)).collect()
    }

    /// Each leaf with each class, as the tombstones list them.
    pub fn graves(&self) -> impl Iterator<Item = (Leaf, Class)> {
        let leaves = self.leaves.iter();
        leaves.flat_map(|leaf| self.classes.iter().map(move |class| (*leaf, *class)))
    }
}

#[cfg(test)]
mod tests {
    use vocabulary::Region;

    use super::*;

    #[test]
    fn every_name_that_a_person_ever_had_is_forgotten() {
        let leaf = |number| Leaf::new(Region(0), number);
        let mut identity = Identity::new(Region(0));
        identity.link(leaf(1), leaf(2));
        identity.link(leaf(3), leaf(2));
        let plan = Plan::of(&identity, Person::from(leaf(1)), &[Class::Duty]);
        assert_eq!(plan.leaves, vec![leaf(1), leaf(2), leaf(3)]);
        assert_eq!(plan.persons(), [1, 2, 3].map(|number| Person::from(leaf(number))));
        assert_eq!(plan.classes, vec![Class::General, Class::Sensitive, Class::Replay]);
        assert_eq!(plan.graves().count(), 9);
    }
}
