//! Numbers that name things. Each is a type of its own, so that none can stand in for another.

use serde::{Deserialize, Serialize};

/// A region of residence; each is a whole store with keys of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Region(pub u8);

/// One external id of one kind: the identity that a row holds for good.
///
/// The region stands in the top eight bits; the rest is dense, counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Leaf(pub u64);

impl Leaf {
    const ORDINAL_BITS: u32 = 56;

    /// The leaf that is number `ordinal` of its region.
    #[must_use]
    pub fn new(region: Region, ordinal: u64) -> Self {
        debug_assert!(ordinal >> Self::ORDINAL_BITS == 0, "a region holds fewer than 2^56 leaves");
        Self((u64::from(region.0) << Self::ORDINAL_BITS) | ordinal)
    }

    /// The region that this leaf lives in.
    #[must_use]
    pub fn region(self) -> Region {
        Region((self.0 >> Self::ORDINAL_BITS) as u8)
    }

    /// The dense number inside the region.
    #[must_use]
    pub fn ordinal(self) -> u64 {
        self.0 & ((1 << Self::ORDINAL_BITS) - 1)
    }
}

/// A person: a set of leaves, named by the oldest of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Person(pub u64);

impl From<Leaf> for Person {
    /// Before any merge, each leaf is a person of its own.
    fn from(leaf: Leaf) -> Self {
        Self(leaf.0)
    }
}

/// A source of events: a site, an app, a server, a mailer, a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceId(pub u16);

/// A name (of an event or of a property) as the number that stands for it everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Code(pub u32);

/// A verdict as interned: what was known and decided when a row was admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VerdictId(pub u32);
