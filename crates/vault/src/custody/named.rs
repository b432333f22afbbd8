//! The few keys that an installation has one of: the blinder's, the seed of the ledger's signature,
//! and the one that salts commitments. They are wrapped anew with each epoch and never change.

use aws_lc_rs::hmac;
use life::admit::Blinder;
use sqlx::Row;
use sqlx::sqlite::SqlitePool;
use vocabulary::SealError;

use super::chance::{self, Draw};
use super::cipher::Key;
use super::epoch::Epochs;
use super::{Custody, context};
use crate::VaultError;
use crate::sql::{self, Write};

const BLINDER: &str = "blinder";
const LEDGER: &str = "ledger";
const SALTS: &str = "salts";
const TABLE: &str = "named-keys";

sql::statements! {
    EVERY = "select name, epoch, wrapped from named_keys";
    INSERT = "insert into named_keys (name, epoch, wrapped) values ($1, $2, $3)";
    UPDATE = "update named_keys set epoch = $2, wrapped = $3 where name = $1";
}

pub(super) struct Named {
    blinder: Key,
    ledger: Key,
    salts: Key,
}

fn bound(controller: &str, name: &str) -> Vec<u8> {
    let mut bound = context(controller, TABLE, 0);
    bound.extend_from_slice(name.as_bytes());
    bound
}

pub(super) async fn found(
    write: &mut Write,
    draw: &Draw,
    controller: &str,
    epoch: u32,
    wrapping: &Key,
) -> Result<(), VaultError> {
    for name in [BLINDER, LEDGER, SALTS] {
        let key: [u8; 32] = chance::draw(draw);
        let wrapped = wrapping.seal(chance::draw(draw), &bound(controller, name), &key)?;
        let query = sqlx::query(INSERT).bind(name).bind(i64::from(epoch)).bind(wrapped);
        query.execute(&mut **write).await?;
    }
    Ok(())
}

pub(super) async fn load(
    pool: &SqlitePool,
    controller: &str,
    epochs: &Epochs,
) -> Result<Named, VaultError> {
    let (mut blinder, mut ledger, mut salts) = (None, None, None);
    for row in sqlx::query(EVERY).fetch_all(pool).await? {
        let (name, wrapped): (String, Vec<u8>) = (row.try_get(0)?, row.try_get(2)?);
        let epoch = sql::small(&row, 1)?;
        let key = epochs.unwrap_bytes(epoch, &bound(controller, &name), &wrapped)?;
        let key = Some(Key::from_slice(&key)?);
        match name.as_str() {
            BLINDER => blinder = key,
            LEDGER => ledger = key,
            SALTS => salts = key,
            other => return Err(VaultError::corrupt("named key", other)),
        }
    }
    let (Some(blinder), Some(ledger), Some(salts)) = (blinder, ledger, salts) else {
        return Err(SealError::Missing.into());
    };
    Ok(Named { blinder, ledger, salts })
}

pub(super) async fn rewrap(
    write: &mut Write,
    controller: &str,
    epochs: &Epochs,
    draw: &Draw,
    current: u32,
) -> Result<(), VaultError> {
    for row in sqlx::query(EVERY).fetch_all(&mut **write).await? {
        let (name, wrapped): (String, Vec<u8>) = (row.try_get(0)?, row.try_get(2)?);
        let bound = bound(controller, &name);
        let key = epochs.unwrap_bytes(sql::small(&row, 1)?, &bound, &wrapped)?;
        let (_, wrapped) = epochs.wrap(chance::draw(draw), &bound, &key)?;
        let query = sqlx::query(UPDATE).bind(name).bind(i64::from(current)).bind(wrapped);
        query.execute(&mut **write).await?;
    }
    Ok(())
}

impl Custody {
    /// What makes blind indexes. Its key never rotates, so what was suppressed stays suppressed.
    #[must_use]
    pub fn blinder(&self) -> Blinder {
        Blinder::new(*self.inner.named.blinder.bytes())
    }

    /// What the salts of a segment's commitments are derived from.
    #[must_use]
    pub fn salt_secret(&self, segment: u64) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.inner.named.salts.bytes());
        let mut secret = [0; 32];
        secret.copy_from_slice(hmac::sign(&key, &segment.to_be_bytes()).as_ref());
        secret
    }

    /// The seed of the ledger's Ed25519 key. The signing library needs the bytes.
    #[must_use]
    pub fn ledger_seed(&self) -> [u8; 32] {
        *self.inner.named.ledger.bytes()
    }
}
