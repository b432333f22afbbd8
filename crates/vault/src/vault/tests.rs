//! Tests of the vault as a whole, and what other tests open.

use tempfile::TempDir;

use life::keep::manifest::{Change, Position};

use super::*;
use crate::{Commit, FileRoot};

pub(crate) const NOW: Time = Time(1_767_225_600_000_000);

/// A data directory with its root key beside it.
pub(crate) struct Folder {
    root: TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let root = TempDir::new().unwrap();
        std::fs::create_dir(root.path().join("data")).unwrap();
        Self { root }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.root.path().join("root.key")
    }

    /// Opens with the root key of this folder, which is made at the first time.
    pub(crate) async fn open(&self) -> Result<Vault, VaultError> {
        self.open_seeded(1).await
    }

    pub(crate) async fn open_seeded(&self, seed: u64) -> Result<Vault, VaultError> {
        let root = if self.key().exists() {
            FileRoot::open(&self.key(), &self.data())?
        } else {
            FileRoot::create(&self.key(), &self.data(), &mut Seed(seed))?
        };
        let data = self.data();
        let opening = Opening {
            data: &data,
            region: Region(0),
            root: Arc::new(root),
            limits: Limits::small(),
            chance: Box::new(Seed(seed.wrapping_add(1 << 32))),
            now: NOW,
        };
        Vault::open(opening).await
    }
}

/// A vault in a new folder.
pub(crate) async fn vault() -> (Folder, Vault) {
    let folder = Folder::new();
    let vault = folder.open().await.unwrap();
    (folder, vault)
}

/// Chance from a seed: the same seed gives the same keys.
pub(crate) struct Seed(pub(crate) u64);

impl Chance for Seed {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = (self.0 >> 33) as u8;
        }
    }
}

#[tokio::test]
async fn a_vault_is_founded_once_and_opens_again() {
    let (folder, vault) = vault().await;
    let controller = vault.controller().to_owned();
    let seed = vault.custody().ledger_seed();
    assert_eq!(controller.len(), 36);
    drop(vault);
    let again = folder.open_seeded(9).await.unwrap();
    assert_eq!(again.controller(), controller);
    assert_eq!(again.custody().ledger_seed(), seed);
}

#[tokio::test]
async fn data_under_another_root_key_is_sealed() {
    let (folder, vault) = vault().await;
    drop(vault);
    std::fs::remove_file(folder.key()).unwrap();
    let failed = folder.open_seeded(77).await.unwrap_err();
    assert!(matches!(failed, VaultError::Sealed { .. }), "{failed}");
    assert!(failed.to_string().starts_with("sealed: "), "{failed}");
}

#[tokio::test]
async fn people_without_their_keys_are_sealed_and_never_founded_anew() {
    let (folder, vault) = vault().await;
    drop(vault);
    for name in ["keys.db", "keys.db-wal", "keys.db-shm"] {
        drop(std::fs::remove_file(folder.data().join(name)));
    }
    let failed = folder.open().await.unwrap_err();
    assert!(matches!(failed, VaultError::KeysMissing { .. }), "{failed}");
}

#[tokio::test]
async fn a_newer_format_is_refused() {
    let (folder, vault) = vault().await;
    sqlx::query("update format set version = 99").execute(&vault.inner.writer).await.unwrap();
    drop(vault);
    let failed = folder.open().await.unwrap_err();
    assert!(matches!(failed, VaultError::Newer { found: 99, .. }), "{failed}");
}

#[tokio::test]
async fn a_database_that_lost_its_last_commits_is_not_opened() {
    let (folder, vault) = vault().await;
    let change = Change { position: Some(Position { segment: 2, frame: 0 }), ..Change::default() };
    vault.commit(&Commit { change: &change, records: &[], facts: &[] }).await.unwrap();
    // As a log whose last frames are damaged leaves it: all that a commit did is undone.
    let lost = "delete from state where name in ('commits', 'position-segment', 'position-frame')";
    sqlx::query(lost).execute(&vault.inner.writer).await.unwrap();
    drop(vault);
    let refused = folder.open().await.unwrap_err();
    assert!(matches!(refused, VaultError::Shortened { found: 0, known: 1, .. }), "{refused}");
}

#[tokio::test]
async fn a_vault_of_the_first_format_is_brought_to_the_newest() {
    let (folder, vault) = vault().await;
    let back = "drop table checkpoints; drop table saved; update format set version = 1; \
                alter table verdicts drop column objectable; \
                alter table verdicts drop column explicit;";
    sqlx::raw_sql(back).execute(&vault.inner.writer).await.unwrap();
    drop(vault);
    let keys = sql::pool(&folder.data().join("keys.db"), 1).await.unwrap();
    let back = "drop table commits; update format set version = 1;";
    sqlx::raw_sql(back).execute(&keys).await.unwrap();
    drop(keys);
    let vault = folder.open().await.unwrap();
    vault.acknowledge(1, "a checkpoint").await.unwrap();
    let change = Change { position: Some(Position { segment: 2, frame: 0 }), ..Change::default() };
    vault.commit(&Commit { change: &change, records: &[], facts: &[] }).await.unwrap();
}
