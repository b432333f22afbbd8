//! know: what people have saved, as texts: questions, dashboards, annotations, alerts.
//!
//! What a text means is known above. Here stands who saved it and when, the version that a change
//! has to name, what the program itself notes beside it, and the secret that its messages are
//! signed with.

mod secret;
mod state;
#[cfg(test)]
mod tests;

use life::admit::Actor;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use vocabulary::Time;

use crate::VaultError;
use crate::custody::Custody;
use crate::sql;
use crate::vault::Vault;

sql::statements! {
    COUNT = "select count(*) from saved where kind = $1";
    ADD = "insert into saved (id, kind, name, body, version, created, changed, actor) \
           values ($1, $2, $3, $4, 1, $5, $5, $6)";
    EVERY = "select id, name, body, version, created, changed, actor, state_epoch, sealed \
             from saved where kind = $1 order by name, id";
    ONE = "select id, name, body, version, created, changed, actor, state_epoch, sealed \
           from saved where kind = $1 and id = $2";
    CHANGE = "update saved set name = $3, body = $4, version = version + 1, changed = $5 \
              where kind = $1 and id = $2";
    REMOVE = "delete from saved where kind = $1 and id = $2";
}

/// Something that was saved, as a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    pub id: String,
    pub name: String,
    pub body: String,
    /// Grows with each change.
    pub version: u32,
    pub created: Time,
    pub changed: Time,
    /// Who saved it first.
    pub actor: Actor,
    /// What the program notes beside it; no change of the text touches it.
    pub state: Option<String>,
    /// The state as it lies sealed: which of all that were noted it is.
    sealed: Option<Vec<u8>>,
}

/// A text to save, and its name for the order of lists.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    pub kind: &'static str,
    pub name: &'a str,
    pub body: &'a str,
}

impl Vault {
    /// Saves something new, unless there are `max` of its kind.
    pub async fn save(
        &self,
        text: Text<'_>,
        actor: &Actor,
        max: usize,
        now: Time,
    ) -> Result<Saved, VaultError> {
        let id = hex::encode(self.inner.custody.draw::<8>());
        let mut write = sql::begin(&self.inner.writer).await?;
        let count: i64 = sqlx::query_scalar(COUNT).bind(text.kind).fetch_one(&mut *write).await?;
        if usize::try_from(count).unwrap_or(usize::MAX) >= max {
            return Err(VaultError::Full { what: text.kind, max });
        }
        let query = sqlx::query(ADD).bind(&id).bind(text.kind).bind(text.name).bind(text.body);
        query.bind(now.micros()).bind(&actor.0).execute(&mut *write).await?;
        self.end(write).await?;
        self.saved(text.kind, &id).await
    }

    /// Replaces the text of something saved. Who names a version changes that one or nothing.
    pub async fn change_saved(
        &self,
        id: &str,
        text: Text<'_>,
        version: Option<u32>,
        now: Time,
    ) -> Result<Saved, VaultError> {
        let mut write = sql::begin(&self.inner.writer).await?;
        let row = sqlx::query(ONE).bind(text.kind).bind(id).fetch_optional(&mut *write).await?;
        let held = self.read(&row.ok_or_else(|| missing(text.kind, id))?)?;
        if let Some(wanted) = version.filter(|wanted| *wanted != held.version) {
            return Err(VaultError::Conflict {
                what: text.kind,
                id: id.into(),
                state: format!("at version {}", held.version),
                wanted: format!("what follows version {wanted}"),
            });
        }
        let query = sqlx::query(CHANGE).bind(text.kind).bind(id).bind(text.name).bind(text.body);
        query.bind(now.micros()).execute(&mut *write).await?;
        self.end(write).await?;
        self.saved(text.kind, id).await
    }

    /// One of a kind.
    pub async fn saved(&self, kind: &'static str, id: &str) -> Result<Saved, VaultError> {
        let query = sqlx::query(ONE).bind(kind).bind(id);
        let row = query.fetch_optional(&self.inner.readers).await?;
        self.read(&row.ok_or_else(|| missing(kind, id))?)
    }

    /// All of a kind, by name. There are no more than may be saved.
    pub async fn every_saved(&self, kind: &str) -> Result<Vec<Saved>, VaultError> {
        let rows = sqlx::query(EVERY).bind(kind).fetch_all(&self.inner.readers).await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    /// Takes something away, with its state and its secret.
    pub async fn remove_saved(&self, kind: &'static str, id: &str) -> Result<(), VaultError> {
        let mut write = sql::begin(&self.inner.writer).await?;
        let gone = sqlx::query(REMOVE).bind(kind).bind(id).execute(&mut *write).await?;
        if gone.rows_affected() == 0 {
            return Err(missing(kind, id));
        }
        self.end(write).await
    }

    fn read(&self, row: &SqliteRow) -> Result<Saved, VaultError> {
        read(&self.inner.custody, row)
    }
}

fn missing(kind: &'static str, id: &str) -> VaultError {
    VaultError::NotFound { what: kind, id: id.into() }
}

fn read(custody: &Custody, row: &SqliteRow) -> Result<Saved, VaultError> {
    let id: String = row.try_get(0)?;
    let (state, sealed) = state::open(custody, &id, row, 7)?.unzip();
    Ok(Saved {
        id,
        name: row.try_get(1)?,
        body: row.try_get(2)?,
        version: sql::small(row, 3)?,
        created: Time(row.try_get(4)?),
        changed: Time(row.try_get(5)?),
        actor: Actor(row.try_get(6)?),
        state,
        sealed,
    })
}

#[cfg(test)]
pub(crate) const EVERY_STATEMENT: &[&[sql::Statement]] =
    &[STATEMENTS, secret::STATEMENTS, state::STATEMENTS];
