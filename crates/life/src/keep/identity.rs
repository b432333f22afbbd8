//! Who is who: leaves, and the persons that they make up. A merge can be undone.

use std::collections::{HashMap, HashSet};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use vocabulary::{Leaf, Person, Region};

use crate::admit::{Index, Subject};

/// A version of the mapping; it grows by one with every move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Version(pub u64);

/// Leaf to person, with every move since the beginning so that readers know what to divert.
#[derive(Debug, Clone)]
pub struct Identity {
    region: Region,
    /// An index is a keyed hash: nobody outside can choose two that collide.
    leaves: FxHashMap<Index, Leaf>,
    /// Only leaves that are not their own person.
    persons: HashMap<Leaf, Person>,
    /// The leaves of each person that has more than its own.
    members: HashMap<Person, Vec<Leaf>>,
    /// Leaves that name a user, not a device.
    users: HashSet<Leaf>,
    /// The version at which a leaf last moved.
    moves: HashMap<Leaf, Version>,
    version: Version,
    next: u64,
}

/// Why two leaves were not linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlinked {
    /// They are one person already.
    Same,
    /// The person would have more leaves than allowed.
    TooMany,
    /// Both are identified: two users never become one implicitly.
    BothIdentified,
}

impl Identity {
    #[must_use]
    pub fn new(region: Region) -> Self {
        Self {
            region,
            leaves: FxHashMap::default(),
            persons: HashMap::new(),
            members: HashMap::new(),
            users: HashSet::new(),
            moves: HashMap::new(),
            version: Version::default(),
            next: 1,
        }
    }

    /// The leaf of an external id, if it is known.
    #[must_use]
    pub fn leaf(&self, index: &Index) -> Option<Leaf> {
        self.leaves.get(index).copied()
    }

    /// The number that the next new leaf will get.
    #[must_use]
    pub fn next(&self) -> Leaf {
        Leaf::new(self.region, self.next)
    }

    /// Enters a leaf under its index.
    pub fn enter(&mut self, index: Index, leaf: Leaf, subject: Subject) {
        match subject {
            Subject::User => {
                self.users.insert(leaf);
            }
            Subject::Device => {}
        }
        self.reserve(leaf);
        self.leaves.insert(index, leaf);
    }

    /// Keeps the number of a leaf from being given again.
    pub fn reserve(&mut self, leaf: Leaf) {
        self.next = self.next.max(leaf.ordinal() + 1);
    }

    /// Whether a leaf was ever given out.
    #[must_use]
    pub fn knows(&self, leaf: Leaf) -> bool {
        leaf.region() == self.region && (1..self.next).contains(&leaf.ordinal())
    }

    /// Restores the version as it was saved.
    pub fn restore_version(&mut self, version: Version) {
        self.version = self.version.max(version);
    }

    /// Forgets which external id a leaf had; the same id starts a new leaf next time.
    pub fn detach(&mut self, index: &Index) -> Option<Leaf> {
        self.leaves.remove(index)
    }

    /// The indexes under which leaves are known.
    #[must_use]
    pub fn indexes_of(&self, leaves: &[Leaf]) -> Vec<Index> {
        self.leaves
            .iter()
            .filter(|(_, leaf)| leaves.contains(leaf))
            .map(|(index, _)| *index)
            .collect()
    }

    /// The person that a leaf belongs to.
    #[must_use]
    pub fn person(&self, leaf: Leaf) -> Person {
        self.persons.get(&leaf).copied().unwrap_or(Person::from(leaf))
    }

    /// All leaves of a person, the naming one first.
    #[must_use]
    pub fn leaves_of(&self, person: Person) -> Vec<Leaf> {
        self.members.get(&person).cloned().unwrap_or_else(|| vec![Leaf(person.0)])
    }

    /// The leaves of a person beside one of them.
    pub fn others_of(&self, person: Person, leaf: Leaf) -> impl Iterator<Item = &Leaf> {
        self.members.get(&person).into_iter().flatten().filter(move |other| **other != leaf)
    }

    /// Whether two leaves may become one person.
    pub fn may_link(&self, first: Leaf, second: Leaf, leaves_max: usize) -> Result<(), Unlinked> {
        let (one, two) = (self.person(first), self.person(second));
        if one == two {
            return Err(Unlinked::Same);
        }
        let (ones, twos) = (self.leaves_of(one), self.leaves_of(two));
        let is_user = |leaf: &Leaf| self.users.contains(leaf);
        if ones.iter().any(is_user) && twos.iter().any(is_user) {
            return Err(Unlinked::BothIdentified);
        }
        let count = ones.len() + twos.len();
        if count > leaves_max { Err(Unlinked::TooMany) } else { Ok(()) }
    }

    /// Makes the persons of two leaves one, named by the older. Returns the leaves that moved.
    pub fn link(&mut self, first: Leaf, second: Leaf) -> Vec<Leaf> {
        let (one, two) = (self.person(first), self.person(second));
        if one == two {
            return Vec::new();
        }
        let (stays, goes) = if one < two { (one, two) } else { (two, one) };
        let moved = self.leaves_of(goes);
        self.assign(&moved, goes, stays);
        moved
    }

    /// Takes leaves out of their person again; they become the person of the oldest of them.
    pub fn unlink(&mut self, leaves: &[Leaf]) {
        let Some(oldest) = leaves.iter().min().copied() else { return };
        let Some(first) = leaves.first() else { return };
        let from = self.person(*first);
        let into = Person::from(oldest);
        if from != into {
            self.assign(leaves, from, into);
        }
    }

    /// The version after the last move.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The leaves that moved after a version.
    pub fn moved_since(&self, version: Version) -> impl Iterator<Item = Leaf> {
        self.moves.iter().filter(move |(_, moved)| **moved > version).map(|(leaf, _)| *leaf)
    }

    /// Every leaf that ever moved, with the person that it belongs to now.
    #[must_use]
    pub fn moved(&self) -> HashMap<Leaf, Person> {
        self.moves.keys().map(|leaf| (*leaf, self.person(*leaf))).collect()
    }

    /// How many leaves there are.
    #[must_use]
    pub fn leaf_count(&self) -> usize {
        self.leaves.len()
    }

    /// How many persons there are.
    #[must_use]
    pub fn person_count(&self) -> usize {
        self.leaves.len().saturating_sub(self.persons.len())
    }

    /// Every leaf with its index, for saving.
    pub fn all(&self) -> impl Iterator<Item = (&Index, Leaf)> {
        self.leaves.iter().map(|(index, leaf)| (index, *leaf))
    }

    /// Restores one mapping as it was saved.
    pub fn restore(&mut self, leaf: Leaf, person: Person, moved: Version) {
        self.version = self.version.max(moved);
        self.moves.insert(leaf, moved);
        if Person::from(leaf) != person {
            self.persons.insert(leaf, person);
            let members = self.members.entry(person).or_insert_with(|| vec![Leaf(person.0)]);
            if !members.contains(&leaf) {
                members.push(leaf);
            }
        }
    }

    /// The version at which a leaf last moved.
    #[must_use]
    pub fn moved_at(&self, leaf: Leaf) -> Option<Version> {
        self.moves.get(&leaf).copied()
    }

    fn assign(&mut self, leaves: &[Leaf], from: Person, into: Person) {
        self.version = Version(self.version.0 + 1);
        for leaf in leaves {
            if Person::from(*leaf) == into {
                self.persons.remove(leaf);
            } else {
                self.persons.insert(*leaf, into);
            }
            self.moves.insert(*leaf, self.version);
        }
        if let Some(left) = self.members.get_mut(&from) {
            left.retain(|leaf| !leaves.contains(leaf));
            if left.len() <= 1 {
                self.members.remove(&from);
            }
        }
        let members = self.members.entry(into).or_insert_with(|| vec![Leaf(into.0)]);
        for leaf in leaves {
            if !members.contains(leaf) {
                members.push(*leaf);
            }
        }
        if members.len() == 1 {
            self.members.remove(&into);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(number: u64) -> Leaf {
        Leaf::new(Region(0), number)
    }

    #[test]
    fn a_merge_can_be_undone() {
        let mut identity = Identity::new(Region(0));
        for number in 1..=4 {
            identity.enter(Index([number as u8; 16]), leaf(number), Subject::Device);
        }
        assert_eq!(identity.link(leaf(2), leaf(1)), vec![leaf(2)]);
        assert_eq!(identity.link(leaf(4), leaf(3)), vec![leaf(4)]);
        assert_eq!(identity.link(leaf(4), leaf(2)), vec![leaf(3), leaf(4)]);
        assert_eq!(identity.person(leaf(4)), Person::from(leaf(1)));
        assert_eq!(identity.person_count(), 1);
        identity.unlink(&[leaf(3), leaf(4)]);
        assert_eq!(identity.person(leaf(4)), Person::from(leaf(3)));
        assert_eq!(identity.person(leaf(2)), Person::from(leaf(1)));
        assert_eq!(identity.leaves_of(Person::from(leaf(3))), vec![leaf(3), leaf(4)]);
        assert_eq!(identity.moved_since(Version(3)).count(), 2);
    }

    #[test]
    fn two_users_never_become_one_through_a_device() {
        let mut identity = Identity::new(Region(0));
        identity.enter(Index([1; 16]), leaf(1), Subject::User);
        identity.enter(Index([2; 16]), leaf(2), Subject::User);
        identity.enter(Index([3; 16]), leaf(3), Subject::Device);
        assert_eq!(identity.may_link(leaf(1), leaf(3), 9), Ok(()));
        identity.link(leaf(1), leaf(3));
        assert_eq!(identity.may_link(leaf(3), leaf(2), 9), Err(Unlinked::BothIdentified));
    }

    #[test]
    fn a_person_has_a_limit_of_leaves() {
        let mut identity = Identity::new(Region(0));
        identity.link(leaf(1), leaf(2));
        assert_eq!(identity.may_link(leaf(1), leaf(3), 2), Err(Unlinked::TooMany));
        assert_eq!(identity.may_link(leaf(1), leaf(2), 2), Err(Unlinked::Same));
    }
}
