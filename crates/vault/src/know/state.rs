//! What the program notes beside something saved: the numbers of an alert, the people of a list. It
//! lies sealed under the epoch's key, and what is written over is gone.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::Saved;
use crate::VaultError;
use crate::custody::Custody;
use crate::sql;
use crate::vault::Vault;

const TABLE: &str = "saved-state";

sql::statements! {
    NOTE = "update saved set state = null, state_epoch = $4, sealed = $5 \
            where kind = $1 and id = $2 and version = $3 and sealed is not distinct from $6";
    SEALED = "select id, state_epoch, sealed from saved where sealed is not null";
    CLEAR = "select id, state from saved where state is not null";
    SEAL = "update saved set state = null, state_epoch = $2, sealed = $3 where id = $1";
}

impl Vault {
    /// Notes the program's own state beside something, unless it was changed, noted or removed
    /// since it was read. Answers it as it is then; none when somebody was quicker.
    ///
    /// No two seals are alike, so a state that was noted twice the same is told apart as well.
    pub async fn note_saved(
        &self,
        kind: &'static str,
        held: &Saved,
        state: &str,
    ) -> Result<Option<Saved>, VaultError> {
        let (epoch, sealed) = seal(&self.inner.custody, &held.id, state)?;
        let query = sqlx::query(NOTE).bind(kind).bind(&held.id).bind(i64::from(held.version));
        let query = query.bind(i64::from(epoch)).bind(&sealed).bind(held.sealed.as_deref());
        if query.execute(&self.inner.writer).await?.rows_affected() == 0 {
            return Ok(None);
        }
        let state = Some(state.to_owned());
        Ok(Some(Saved { state, sealed: Some(sealed), ..held.clone() }))
    }

    /// Leaves nothing behind of what was noted before.
    pub async fn shred_notes(&self) -> Result<(), VaultError> {
        self.shred_log().await
    }

    /// Seals every state under the epoch that has begun.
    pub(crate) async fn move_states(&self) -> Result<(), VaultError> {
        let custody = &self.inner.custody;
        let mut write = sql::begin(&self.inner.writer).await?;
        for row in sqlx::query(SEALED).fetch_all(&mut *write).await? {
            let id: String = row.try_get(0)?;
            if let Some((state, _)) = open(custody, &id, &row, 1)? {
                let (epoch, sealed) = seal(custody, &id, &state)?;
                let query = sqlx::query(SEAL).bind(id).bind(i64::from(epoch)).bind(sealed);
                query.execute(&mut *write).await?;
            }
        }
        write.commit().await?;
        self.shred_log().await
    }

    /// Seals what a program before this one noted in the clear.
    pub(crate) async fn seal_states(&self) -> Result<(), VaultError> {
        let mut write = sql::begin(&self.inner.writer).await?;
        let clear = sqlx::query(CLEAR).fetch_all(&mut *write).await?;
        if clear.is_empty() {
            return Ok(());
        }
        for row in clear {
            let (id, state): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            let (epoch, sealed) = seal(&self.inner.custody, &id, &state)?;
            let query = sqlx::query(SEAL).bind(id).bind(i64::from(epoch)).bind(sealed);
            query.execute(&mut *write).await?;
        }
        write.commit().await?;
        self.shred_log().await
    }
}

fn seal(custody: &Custody, id: &str, state: &str) -> Result<(u32, Vec<u8>), VaultError> {
    custody.wrap(&bound(custody, id), state.as_bytes())
}

/// The state in a row whose epoch stands in this column and whose seal follows: in the clear, and
/// as it lies there.
pub(super) fn open(
    custody: &Custody,
    id: &str,
    row: &SqliteRow,
    column: usize,
) -> Result<Option<(String, Vec<u8>)>, VaultError> {
    let sealed: Option<Vec<u8>> = row.try_get(column + 1)?;
    let Some(sealed) = sealed else { return Ok(None) };
    let clear = custody.unwrap(sql::small(row, column)?, &bound(custody, id), &sealed)?;
    let state = String::from_utf8(clear).map_err(|why| VaultError::corrupt("state", why))?;
    Ok(Some((state, sealed)))
}

/// What a state is bound to: none can stand in for another's, nor for a secret.
fn bound(custody: &Custody, id: &str) -> Vec<u8> {
    let mut bound = custody.context(TABLE, 0);
    bound.extend_from_slice(id.as_bytes());
    bound
}
