//! The ledger as callers see it: its checkpoint, its facts, and a check of its files.

use std::sync::PoisonError;

use life::ledger::verify::{Report, verify};
use vault::ledger::Directory;

use super::App;
use crate::problem::Problem;

impl App {
    /// Size, signed checkpoint and public key.
    #[must_use]
    pub fn checkpoint(&self) -> (u64, String, String) {
        let ledger = self.inner().ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let checkpoint = ledger.checkpoint();
        let key = String::from_utf8_lossy(&ledger.public_key().file()).into_owned();
        (checkpoint.size(), checkpoint.text().to_owned(), key)
    }

    /// Some facts, from a number on.
    pub fn facts(&self, first: u64, limit: usize) -> Result<Vec<(u64, String)>, Problem> {
        let ledger = self.inner().ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.entries(first, limit).map_err(|error| Problem::internal(&error))
    }

    /// Reads the whole ledger from its files.
    pub async fn verify(&self, since: Option<String>) -> Result<Report, Problem> {
        let (_, _, key) = self.checkpoint();
        let directory = self.config().server.data.join("ledger");
        let checked = tokio::task::spawn_blocking(move || {
            verify(&Directory::at(&directory), &key, since.as_deref())
        });
        checked.await.map_err(|error| Problem::internal(&error))
    }
}
