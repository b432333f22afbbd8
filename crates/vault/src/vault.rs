//! The vault as one handle: both files open, one writer for each.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use life::keep::manifest::FileId;
use sqlx::sqlite::SqlitePool;
use vocabulary::{Chance, Limits, Region, Time};

use crate::access::KeyRing;
use crate::custody::{self, Custody, RootKey};
use crate::erase::Tombstones;
use crate::keep::{manifest, state};
use crate::{VaultError, sql};

const VAULT_FILE: &str = "vault.db";
const READERS: u32 = 4;
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/sqlite/vault-0001.sql"),
    include_str!("../migrations/sqlite/vault-0002.sql"),
    include_str!("../migrations/sqlite/vault-0003.sql"),
    include_str!("../migrations/sqlite/vault-0004.sql"),
    include_str!("../migrations/sqlite/vault-0005.sql"),
];

sql::statements! {
    CONTROLLER = "select id from controller";
    CONTROLLER_SET = "insert into controller (id) values ($1)";
}

/// People, keys and manifest of one region. Cheap to clone; all clones are the same vault.
#[derive(Clone)]
pub struct Vault {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
    pub(crate) custody: Custody,
    pub(crate) region: Region,
    pub(crate) limits: Limits,
    pub(crate) next_file: AtomicU64,
    pub(crate) keys: KeyRing,
    pub(crate) tombstones: Tombstones,
    pub(crate) hashing: tokio::sync::Semaphore,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Vault(..)")
    }
}

/// What the vault needs to open.
pub struct Opening<'a> {
    pub data: &'a Path,
    pub region: Region,
    pub root: Arc<dyn RootKey>,
    pub limits: Limits,
    /// Chance for keys, nonces and ids: `SystemChance`, or a test's seed.
    pub chance: Box<dyn Chance>,
    pub now: Time,
}

impl std::fmt::Debug for Opening<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Opening").field("data", &self.data).finish_non_exhaustive()
    }
}

impl Vault {
    /// Opens the vault of a data directory, or founds it in an empty one.
    ///
    /// What the tombstone log says was destroyed is destroyed again, so a restored copy forgets it
    /// too.
    pub async fn open(opening: Opening<'_>) -> Result<Self, VaultError> {
        let data: PathBuf = opening.data.into();
        let path = data.join(VAULT_FILE);
        let writer = sql::pool(&path, 1).await?;
        sql::migrate(&writer, VAULT_FILE, MIGRATIONS).await?;
        let readers = sql::pool(&path, READERS).await?;
        let owner: Option<String> = sqlx::query_scalar(CONTROLLER).fetch_optional(&writer).await?;
        let custody = Custody::open(custody::Opening {
            data: &data,
            region: opening.region,
            root: opening.root,
            chance: opening.chance,
            now: opening.now,
            is_founded: owner.is_some(),
        });
        let custody = custody.await?;
        let found = state::commits(&mut *writer.acquire().await?).await?;
        let known = custody.counted_commits().await?;
        // Nothing may be swept or founded on the word of a database that has forgotten.
        if found < known {
            return Err(VaultError::Shortened { data, found, known });
        }
        match owner {
            Some(owner) if owner == custody.controller() => {}
            Some(_) => return Err(VaultError::Sealed { data }),
            None => {
                let query = sqlx::query(CONTROLLER_SET).bind(custody.controller());
                query.execute(&writer).await?;
            }
        }
        let inner = Inner {
            next_file: AtomicU64::new(manifest::next_file(&writer).await?),
            keys: KeyRing::load(&writer).await?,
            tombstones: Tombstones::open(&data)?,
            hashing: tokio::sync::Semaphore::new(HASHES_AT_ONCE),
            writer,
            readers,
            custody,
            region: opening.region,
            limits: opening.limits,
        };
        let vault = Self { inner: Arc::new(inner) };
        vault.seal_states().await?;
        vault.bury_again().await?;
        Ok(vault)
    }

    /// The keeper of keys.
    #[must_use]
    pub fn custody(&self) -> &Custody {
        &self.inner.custody
    }

    /// The random name of this installation.
    #[must_use]
    pub fn controller(&self) -> &str {
        self.inner.custody.controller()
    }

    /// The region whose people live here.
    #[must_use]
    pub fn region(&self) -> Region {
        self.inner.region
    }

    /// A number for a new file. It is taken for good once a commit holds the file; what was written
    /// under a number that no commit holds is a leftover.
    #[must_use]
    pub fn next_file(&self) -> FileId {
        FileId(self.inner.next_file.fetch_add(1, Ordering::Relaxed))
    }

    /// Begins a new epoch, wraps all keys under it and destroys the epoch before the last.
    ///
    /// A stop in the middle loses nothing: every wrapped key names its epoch, and the next run ends
    /// it.
    pub async fn rotate(&self, now: Time) -> Result<u32, VaultError> {
        let epoch = self.inner.custody.begin_epoch(now).await?;
        self.inner.custody.move_keys().await?;
        self.move_file_keys().await?;
        self.move_secrets().await?;
        self.move_states().await?;
        self.inner.custody.end_epochs().await?;
        Ok(epoch)
    }

    /// Ends a transaction of `vault.db` that must not get lost, and lets `keys.db` count it.
    pub(crate) async fn end(&self, mut write: sql::Write) -> Result<(), VaultError> {
        let count = state::count_commit(&mut write).await?;
        write.commit().await?;
        self.inner.custody.count_commits(count).await
    }

    /// Empties the write-ahead log of `vault.db` when no reader holds it up.
    pub(crate) async fn shred_log(&self) -> Result<(), VaultError> {
        sql::truncate(&self.inner.writer).await?;
        Ok(())
    }
}

/// A password hash takes tens of megabytes and milliseconds; more at once would stop everything
/// else.
const HASHES_AT_ONCE: usize = 2;

#[cfg(test)]
pub(crate) mod tests;
