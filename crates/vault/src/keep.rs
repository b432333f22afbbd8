//! keep: what is true as of the journal's position, saved in one transaction with the manifest.
//!
//! The vault does not hold truth in memory: it hands out plain values, and applies records in their
//! order.

mod commit;
mod identity;
pub(crate) mod manifest;
mod people;
mod sources;
pub(crate) mod state;
mod statistics;
#[cfg(test)]
mod tests;

use life::admit::{Acts, Index, Subject, VerdictKey};
use life::keep::identity::Version;
use life::keep::manifest::{Change, Position};
use life::keep::names::Named;
use life::keep::{Cut, Record, mask::VerdictMask};
use vocabulary::{Code, Counts, Fact, Leaf, Person, SourceId, Time, VerdictId};

pub use statistics::{EventStatistic, PropertyStatistic};

use crate::VaultError;
use crate::vault::Vault;

/// What one transaction saves: a change of the manifest, the records that it covers, and their
/// facts.
#[derive(Debug)]
pub struct Commit<'a> {
    pub change: &'a Change,
    /// The folded records in the journal's order; rows among them only count in the statistics.
    pub records: &'a [Record],
    pub facts: &'a [Fact],
}

/// A leaf as saved. `index` is gone once its person was erased, but its number is never given
/// again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedLeaf {
    pub leaf: Leaf,
    pub index: Option<Index>,
    pub subject: Subject,
    pub person: Person,
    /// The version at which it last moved; zero = never.
    pub moved: Version,
}

/// Everything that is true as of `position`, as plain values.
#[derive(Debug, Default)]
pub struct Loaded {
    /// `None` when nothing was folded yet.
    pub position: Option<Position>,
    /// The version of leaf to person.
    pub version: Version,
    /// In the order of codes for each kind.
    pub names: Vec<(Named, Code, Box<str>)>,
    pub verdicts: Vec<(VerdictId, VerdictKey, VerdictMask)>,
    /// In the order of leaves.
    pub leaves: Vec<LoadedLeaf>,
    pub acts: Vec<(Leaf, Acts)>,
    pub cuts: Vec<(Leaf, Vec<Cut>)>,
    /// Leaves that nobody sees, those of the tombstone log included.
    pub hidden: Vec<Leaf>,
    /// Ids whose events up to an instant are refused.
    pub suppressed: Vec<(Index, Time)>,
    pub counts: Vec<(SourceId, Counts)>,
    pub events: Vec<EventStatistic>,
    pub properties: Vec<PropertyStatistic>,
}

impl Vault {
    /// Everything that was saved, as of the last commit with a position.
    pub async fn load_truth(&self) -> Result<Loaded, VaultError> {
        // One transaction, so that all parts belong to one position.
        let mut read = self.inner.readers.begin().await?;
        let mut loaded = Loaded {
            position: state::position(&mut read).await?,
            version: state::version(&mut read).await?,
            names: people::names(&mut read).await?,
            verdicts: people::verdicts(&mut read).await?,
            leaves: people::leaves(&mut read).await?,
            hidden: people::hidden(&mut read).await?,
            suppressed: people::suppressed(&mut read).await?,
            counts: statistics::counts(&mut read).await?,
            events: statistics::events(&mut read).await?,
            properties: statistics::properties(&mut read).await?,
            ..Loaded::default()
        };
        for (leaf, acts, cuts) in people::consents(&mut read).await? {
            if acts != Acts::default() {
                loaded.acts.push((leaf, acts));
            }
            if !cuts.is_empty() {
                loaded.cuts.push((leaf, cuts));
            }
        }
        for buried in self.tombstones()? {
            if buried.act.hides() && !loaded.hidden.contains(&buried.leaf) {
                loaded.hidden.push(buried.leaf);
            }
        }
        Ok(loaded)
    }
}

#[cfg(test)]
pub(crate) const EVERY_STATEMENT: &[&[crate::sql::Statement]] = &[
    identity::STATEMENTS,
    identity::WIDE,
    manifest::STATEMENTS,
    people::STATEMENTS,
    people::WIDE,
    sources::STATEMENTS,
    state::STATEMENTS,
    statistics::STATEMENTS,
];
