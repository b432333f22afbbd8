//! The secrets that messages to others are signed with. One is shown when it is made and never
//! again; it lies wrapped under the epoch's key and signs in here.

use aws_lc_rs::hmac;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::missing;
use crate::VaultError;
use crate::access::Secret;
use crate::custody::Custody;
use crate::sql;
use crate::vault::Vault;

const TABLE: &str = "saved";
const SECRET_BYTES: usize = 32;

sql::statements! {
    SET = "update saved set epoch = $3, secret = $4 where kind = $1 and id = $2";
    HELD = "select id, epoch, secret from saved where kind = $1 and id = $2 \
            and secret is not null";
    EVERY = "select id, epoch, secret from saved where secret is not null";
    REWRAP = "update saved set epoch = $2, secret = $3 where id = $1";
}

impl Vault {
    /// Makes the secret of something saved, in hex; one that it had is gone.
    pub async fn make_secret(&self, kind: &'static str, id: &str) -> Result<Secret, VaultError> {
        let secret = self.inner.custody.draw::<SECRET_BYTES>();
        let (epoch, wrapped) = self.inner.custody.wrap(&bound(&self.inner.custody, id), &secret)?;
        let query = sqlx::query(SET).bind(kind).bind(id).bind(i64::from(epoch)).bind(wrapped);
        if query.execute(&self.inner.writer).await?.rows_affected() == 0 {
            return Err(missing(kind, id));
        }
        Ok(Secret(hex::encode(secret)))
    }

    /// Whether something saved has a secret.
    pub async fn has_secret(&self, kind: &'static str, id: &str) -> Result<bool, VaultError> {
        let query = sqlx::query(HELD).bind(kind).bind(id);
        Ok(query.fetch_optional(&self.inner.readers).await?.is_some())
    }

    /// Signs a message with the secret of something saved: HMAC-SHA-256.
    pub async fn sign_saved(
        &self,
        kind: &'static str,
        id: &str,
        message: &[u8],
    ) -> Result<[u8; 32], VaultError> {
        let query = sqlx::query(HELD).bind(kind).bind(id);
        let row = query.fetch_optional(&self.inner.readers).await?;
        let (_, secret) = open(&self.inner.custody, &row.ok_or_else(|| missing(kind, id))?)?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let mut signature = [0; 32];
        signature.copy_from_slice(hmac::sign(&key, message).as_ref());
        Ok(signature)
    }

    /// Wraps every secret under the epoch that has begun.
    pub(crate) async fn move_secrets(&self) -> Result<(), VaultError> {
        let custody = &self.inner.custody;
        let mut write = sql::begin(&self.inner.writer).await?;
        for row in sqlx::query(EVERY).fetch_all(&mut *write).await? {
            let (id, secret) = open(custody, &row)?;
            let (epoch, wrapped) = custody.wrap(&bound(custody, &id), &secret)?;
            let query = sqlx::query(REWRAP).bind(id).bind(i64::from(epoch)).bind(wrapped);
            query.execute(&mut *write).await?;
        }
        write.commit().await?;
        self.shred_log().await
    }
}

/// A secret in the clear, with the id of what it belongs to.
fn open(custody: &Custody, row: &SqliteRow) -> Result<(String, Vec<u8>), VaultError> {
    let (id, wrapped): (String, Vec<u8>) = (row.try_get(0)?, row.try_get(2)?);
    let secret = custody.unwrap(sql::small(row, 1)?, &bound(custody, &id), &wrapped)?;
    Ok((id, secret))
}

/// What a secret is bound to: none can stand in for another's.
fn bound(custody: &Custody, id: &str) -> Vec<u8> {
    let mut bound = custody.context(TABLE, 0);
    bound.extend_from_slice(id.as_bytes());
    bound
}
