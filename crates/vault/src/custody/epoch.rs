//! Epochs: the keys that wrap all other keys, wrapped by the root. Two are alive, the current one
//! and the one before it; making a new one destroys the one before that, and with it what old
//! copies hold.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use sqlx::sqlite::SqlitePool;
use vocabulary::{SealError, Span, Time};

use super::chance::{self, Draw};
use super::cipher::{Key, NONCE_BYTES};
use super::root::RootKey;
use super::{Custody, context, named, person, segment};
use crate::VaultError;
use crate::sql::{self, Write};

pub(super) const FIRST: u32 = 1;
const TABLE: &str = "epochs";

/// How long an epoch lasts when nothing else is said.
pub const EPOCH_LENGTH: Span = Span::days(30);

sql::statements! {
    EVERY = "select number, made, wrapped from epochs order by number";
    INSERT = "insert into epochs (number, made, wrapped) values ($1, $2, $3)";
    DESTROY = "delete from epochs where number < $1";
}

/// The live epoch keys in memory. Cheap to clone; all clones see a rotation.
#[derive(Clone)]
pub(super) struct Epochs {
    keys: Arc<RwLock<BTreeMap<u32, Live>>>,
}

struct Live {
    key: Key,
    made: Time,
}

/// An epoch key as it lies in the file.
pub(super) struct Wrapped {
    number: u32,
    made: Time,
    bytes: Vec<u8>,
}

pub(super) async fn load(pool: &SqlitePool) -> Result<Vec<Wrapped>, VaultError> {
    let rows = sqlx::query(EVERY).fetch_all(pool).await?;
    let read = rows.iter().map(|row| {
        let bytes: Vec<u8> = sqlx::Row::try_get(row, 2)?;
        Ok(Wrapped { number: sql::small(row, 0)?, made: Time(sql::small(row, 1)?), bytes })
    });
    read.collect()
}

pub(super) async fn insert(
    write: &mut Write,
    root: &dyn RootKey,
    controller: &str,
    number: u32,
    (key, nonce): (&Key, [u8; NONCE_BYTES]),
    made: Time,
) -> Result<(), VaultError> {
    let bound = context(controller, TABLE, u64::from(number));
    let wrapped = root.wrap(nonce, &bound, key.bytes())?;
    let query = sqlx::query(INSERT).bind(i64::from(number)).bind(made.micros()).bind(wrapped);
    query.execute(&mut **write).await?;
    Ok(())
}

impl Epochs {
    /// Unwraps all epochs; fails as a whole when the root is another one.
    pub(super) fn unwrap(
        root: &dyn RootKey,
        controller: &str,
        wrapped: Vec<Wrapped>,
    ) -> Result<Self, SealError> {
        let mut keys = BTreeMap::new();
        for epoch in wrapped {
            let bound = context(controller, TABLE, u64::from(epoch.number));
            let key = Key::from_slice(&root.unwrap(&bound, &epoch.bytes)?)?;
            keys.insert(epoch.number, Live { key, made: epoch.made });
        }
        if keys.is_empty() {
            return Err(SealError::Missing);
        }
        Ok(Self { keys: Arc::new(RwLock::new(keys)) })
    }

    /// Wraps under the current epoch; answers which that was.
    pub(super) fn wrap(
        &self,
        nonce: [u8; NONCE_BYTES],
        context: &[u8],
        plain: &[u8],
    ) -> Result<(u32, Vec<u8>), SealError> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let (number, live) = keys.last_key_value().ok_or(SealError::Missing)?;
        Ok((*number, live.key.seal(nonce, context, plain)?))
    }

    /// Unwraps what was wrapped under an epoch that is still alive.
    pub(super) fn unwrap_bytes(
        &self,
        epoch: u32,
        context: &[u8],
        wrapped: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(&epoch).ok_or(SealError::Destroyed)?.key.open(context, wrapped)
    }

    fn newest(&self) -> (u32, Time) {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.last_key_value().map_or((0, Time(0)), |(number, live)| (*number, live.made))
    }

    fn add(&self, number: u32, key: Key, made: Time) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.insert(number, Live { key, made });
    }

    fn destroy_before(&self, number: u32) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        *keys = keys.split_off(&number);
    }
}

impl Custody {
    /// The number of the current epoch and when it began.
    #[must_use]
    pub fn epoch(&self) -> (u32, Time) {
        self.inner.epochs.newest()
    }

    /// Begins a new epoch. `Vault::rotate` moves the keys over and then calls `end_epochs`.
    pub(crate) async fn begin_epoch(&self, now: Time) -> Result<u32, VaultError> {
        let _writing = self.inner.writing.lock().await;
        let number = self.inner.epochs.newest().0 + 1;
        let key = Key::new(self.draw());
        let nonce = chance::draw(&self.inner.draw);
        let mut write = sql::begin(&self.inner.pool).await?;
        let (root, controller) = (&*self.inner.root, &self.inner.controller);
        insert(&mut write, root, controller, number, (&key, nonce), now).await?;
        write.commit().await?;
        self.inner.epochs.add(number, key, now);
        Ok(number)
    }

    /// Wraps every key of `keys.db` under the current epoch, in one transaction.
    pub(crate) async fn move_keys(&self) -> Result<(), VaultError> {
        let _writing = self.inner.writing.lock().await;
        let current = self.inner.epochs.newest().0;
        let (epochs, draw): (&Epochs, &Draw) = (&self.inner.epochs, &self.inner.draw);
        let controller = &self.inner.controller;
        let mut write = sql::begin(&self.inner.pool).await?;
        named::rewrap(&mut write, controller, epochs, draw, current).await?;
        segment::rewrap(&mut write, controller, epochs, draw, current).await?;
        person::rewrap(&mut write, controller, epochs, draw).await?;
        write.commit().await?;
        Ok(())
    }

    /// Destroys every epoch before the one that precedes the current one.
    pub(crate) async fn end_epochs(&self) -> Result<(), VaultError> {
        let _writing = self.inner.writing.lock().await;
        let oldest = self.inner.epochs.newest().0.saturating_sub(1);
        let mut write = sql::begin(&self.inner.pool).await?;
        sqlx::query(DESTROY).bind(i64::from(oldest)).execute(&mut *write).await?;
        write.commit().await?;
        self.shred_log().await?;
        self.inner.epochs.destroy_before(oldest);
        Ok(())
    }
}
