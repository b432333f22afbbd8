//! A commit: manifest, position, truth and facts move together or not at all.

use life::keep::Record;

use super::{Commit, identity, manifest, people, state, statistics};
use crate::VaultError;
use crate::ledger;
use crate::sql;
use crate::vault::Vault;

impl Vault {
    /// Saves a fold, a compaction or an erasure's rewrite in one transaction.
    ///
    /// A position at or behind the stored one is refused as already folded, and nothing changes.
    pub async fn commit(&self, commit: &Commit<'_>) -> Result<(), VaultError> {
        let inner = &*self.inner;
        // Keys first: they are durable in their own file before anything rests on them.
        let fresh = people::seal_leaves(&inner.custody, commit.records).await?;
        let numbers = people::numbers(&fresh);
        let used = inner.keys.take_used();
        let mut write = sql::begin(&inner.writer).await?;
        if let Some(position) = commit.change.position {
            state::move_position(&mut write, position).await?;
        }
        manifest::apply(&mut write, &inner.custody, commit.change).await?;
        let moves = identity::moves(&mut write, inner.region, commit.records, &numbers).await?;
        people::save_leaves(&mut write, fresh, &moves).await?;
        identity::save(&mut write, &moves, &numbers).await?;
        let acts_max = inner.limits.consent_acts;
        people::save_acts(&mut write, commit.records, &numbers, acts_max).await?;
        people::save_records(&mut write, commit.records).await?;
        statistics::save(&mut write, commit.records).await?;
        ledger::queue(&mut write, commit.facts).await?;
        crate::access::save_used(&mut write, &used).await?;
        self.end(write).await?;
        let erases = |record: &Record| matches!(record, Record::Erase { .. });
        if !commit.change.removed.is_empty() || commit.records.iter().any(erases) {
            // What was overwritten must not stay readable in the log either.
            self.shred_log().await?;
        }
        Ok(())
    }
}
