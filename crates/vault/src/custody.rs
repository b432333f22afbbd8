//! Keys. Everything that is encrypted anywhere in the program is opened with a key from here.
//!
//! The root key outside the data directory wraps epoch keys; epoch keys wrap all others. `keys.db`
//! holds wrapped keys and nothing else, and what is destroyed in it is overwritten, not marked. A
//! key never leaves as bytes, with the exceptions that libraries force: a lake file's and the
//! ledger's seed.

mod chance;
mod cipher;
mod epoch;
mod named;
mod page;
mod person;
mod root;
mod segment;
mod witness;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, Mutex};

use sqlx::sqlite::SqlitePool;
use vocabulary::{Chance, FileKey, Region, Time};

pub use chance::SystemChance;
pub use epoch::EPOCH_LENGTH;
pub use person::PersonKeys;
pub use root::{FileRoot, RootError, RootKey};

use crate::{VaultError, sql};
pub(crate) use chance::Draw;
use cipher::Key;
use epoch::Epochs;

const KEYS_FILE: &str = "keys.db";
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/sqlite/keys-0001.sql"),
    include_str!("../migrations/sqlite/keys-0002.sql"),
];

sql::statements! {
    CONTROLLER = "select id from controller";
    CONTROLLER_SET = "insert into controller (id) values ($1)";
}

/// The keeper of all keys. Cheap to clone.
#[derive(Clone)]
pub struct Custody {
    inner: Arc<Inner>,
}

struct Inner {
    pool: SqlitePool,
    root: Arc<dyn RootKey>,
    draw: Draw,
    controller: String,
    epochs: Epochs,
    named: named::Named,
    persons: PersonKeys,
    /// One writer at a time: reading a page, changing it and writing it back is one step.
    writing: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Custody {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Custody(..)")
    }
}

/// What custody needs to open.
pub(crate) struct Opening<'a> {
    pub(crate) data: &'a Path,
    pub(crate) region: Region,
    pub(crate) root: Arc<dyn RootKey>,
    pub(crate) chance: Box<dyn Chance>,
    pub(crate) now: Time,
    /// Whether `vault.db` already belongs to somebody; then keys are never founded anew.
    pub(crate) is_founded: bool,
}

impl Custody {
    /// Opens `keys.db`, or founds it in an empty data directory.
    pub(crate) async fn open(opening: Opening<'_>) -> Result<Self, VaultError> {
        let path = opening.data.join(KEYS_FILE);
        let pool = sql::pool(&path, 1).await?;
        sql::migrate(&pool, KEYS_FILE, MIGRATIONS).await?;
        let draw: Draw = Arc::new(Mutex::new(opening.chance));
        let known: Option<String> = sqlx::query_scalar(CONTROLLER).fetch_optional(&pool).await?;
        let controller = match known {
            Some(controller) => controller,
            None if opening.is_founded => {
                return Err(VaultError::KeysMissing { data: opening.data.into() });
            }
            None => found(&pool, &draw, &*opening.root, opening.now).await?,
        };
        let sealed = |_| VaultError::Sealed { data: opening.data.into() };
        let wrapped = epoch::load(&pool).await?;
        let epochs = Epochs::unwrap(&*opening.root, &controller, wrapped).map_err(sealed)?;
        let named = named::load(&pool, &controller, &epochs).await?;
        let persons = PersonKeys::start(person::Start {
            path,
            controller: controller.clone(),
            region: opening.region,
            epochs: epochs.clone(),
            draw: Arc::clone(&draw),
        })?;
        let inner = Inner {
            pool,
            root: opening.root,
            draw,
            controller,
            epochs,
            named,
            persons,
            writing: tokio::sync::Mutex::new(()),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The random name of this installation, bound into everything that is sealed.
    #[must_use]
    pub fn controller(&self) -> &str {
        &self.inner.controller
    }

    /// A new key for a lake file; `Vault::commit` makes it durable with the file's entry.
    #[must_use]
    pub fn new_file_key(&self) -> FileKey {
        FileKey(chance::draw(&self.inner.draw))
    }

    /// So many bytes of chance.
    pub(crate) fn draw<const N: usize>(&self) -> [u8; N] {
        chance::draw(&self.inner.draw)
    }

    /// Wraps bytes for a row of `vault.db` under the current epoch.
    pub(crate) fn wrap(&self, context: &[u8], plain: &[u8]) -> Result<(u32, Vec<u8>), VaultError> {
        let nonce = chance::draw(&self.inner.draw);
        Ok(self.inner.epochs.wrap(nonce, context, plain)?)
    }

    /// The bytes again.
    pub(crate) fn unwrap(
        &self,
        epoch: u32,
        context: &[u8],
        wrapped: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        Ok(self.inner.epochs.unwrap_bytes(epoch, context, wrapped)?)
    }

    /// What the key of a row is bound to.
    pub(crate) fn context(&self, table: &str, row: u64) -> Vec<u8> {
        context(&self.inner.controller, table, row)
    }

    /// Empties the write-ahead log of `keys.db`; nothing reads there for long, so it is bounded.
    async fn shred_log(&self) -> Result<(), VaultError> {
        for _ in 0..TRUNCATE_TRIES {
            if sql::truncate(&self.inner.pool).await? {
                return Ok(());
            }
        }
        Err(VaultError::Refused(
            "`keys.db` is being read by another program; close it and try again",
        ))
    }
}

/// Each try waits for readers as long as the busy timeout of the file.
const TRUNCATE_TRIES: u32 = 3;

/// What a wrapped key is bound to: no row can stand in for another, nor for one of another table.
fn context(controller: &str, table: &str, row: u64) -> Vec<u8> {
    format!("candor/{table}/{controller}/{row}").into_bytes()
}

/// Makes the first keys of an installation, all in one transaction.
async fn found(
    pool: &SqlitePool,
    draw: &Draw,
    root: &dyn RootKey,
    now: Time,
) -> Result<String, VaultError> {
    let controller = chance::uuid(draw);
    let mut write = sql::begin(pool).await?;
    sqlx::query(CONTROLLER_SET).bind(&controller).execute(&mut *write).await?;
    let key = Key::new(chance::draw(draw));
    epoch::insert(&mut write, root, &controller, epoch::FIRST, (&key, chance::draw(draw)), now)
        .await?;
    named::found(&mut write, draw, &controller, epoch::FIRST, &key).await?;
    write.commit().await?;
    Ok(controller)
}

#[cfg(test)]
pub(crate) const EVERY_STATEMENT: &[&[sql::Statement]] = &[
    STATEMENTS,
    epoch::STATEMENTS,
    named::STATEMENTS,
    person::STATEMENTS,
    person::WIDE,
    segment::STATEMENTS,
    witness::STATEMENTS,
];
