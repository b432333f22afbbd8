//! erase: how far each erasure has come, and the tombstones that outlive every backup.
//!
//! An erasure moves through its states in one direction only and can be taken up again after a
//! stop. What it does to files and keys is done elsewhere; here stands what has been done.

mod tombstone;

use life::keep::manifest::FileId;
use serde::{Deserialize, Serialize};
use vocabulary::{Fact, Leaf, Person, Time};

pub(crate) use tombstone::Tombstones;
pub use tombstone::{Buried, Tombstone};

use crate::sql;
use crate::vault::Vault;
use crate::{VaultError, ledger};

sql::statements! {
    ADD = "insert into erasures (id, state, requested, detail) values ($1, $2, $3, $4)";
    SET = "update erasures set state = $2, detail = $3 where id = $1";
    ONE = "select state, detail from erasures where id = $1";
    EVERY = "select state, detail from erasures order by requested desc, id limit $1";
    OPEN = "select state, detail from erasures where state <> 'done' order by requested, id";
}

/// How far an erasure has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErasureState {
    /// Decided; nothing has happened yet.
    Planned,
    /// No question sees the person.
    Invisible,
    /// The keys are destroyed; what lies in files cannot be opened.
    KeysDestroyed,
    /// Files are being written anew without the person.
    Rewriting,
    /// Nothing is left of it in files.
    Done,
}

impl ErasureState {
    /// The word for answers, and for the column.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            ErasureState::Planned => "planned",
            ErasureState::Invisible => "invisible",
            ErasureState::KeysDestroyed => "keys-destroyed",
            ErasureState::Rewriting => "rewriting",
            ErasureState::Done => "done",
        }
    }

    /// What comes after it, if anything does.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        match self {
            ErasureState::Planned => Some(ErasureState::Invisible),
            ErasureState::Invisible => Some(ErasureState::KeysDestroyed),
            ErasureState::KeysDestroyed => Some(ErasureState::Rewriting),
            ErasureState::Rewriting => Some(ErasureState::Done),
            ErasureState::Done => None,
        }
    }
}

/// A step that an erasure has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub state: ErasureState,
    pub at: Time,
}

/// One erasure. Serialised because it is kept as text in its row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    pub id: String,
    pub state: ErasureState,
    pub requested: Time,
    /// Who asked for it, as an opaque id.
    pub actor: String,
    /// Every leaf of the person; they say nothing once the person is gone.
    pub leaves: Vec<Leaf>,
    pub keys_destroyed: u32,
    /// The files that held the person when it was planned, and are not written anew yet.
    pub files: Vec<u64>,
    pub rows_removed: u64,
    pub steps: Vec<Step>,
}

/// What an erasure has done by the time it reaches a state.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    pub keys_destroyed: u32,
    /// The files that still hold the person; `None` leaves the list as it is.
    pub files: Option<Vec<FileId>>,
    pub rows_removed: u64,
}

impl Vault {
    /// Plans the erasure of leaves; it is durable, and nothing has happened to the data yet.
    pub async fn plan_erasure(
        &self,
        actor: &str,
        leaves: &[Leaf],
        files: &[FileId],
        now: Time,
    ) -> Result<Erasure, VaultError> {
        let erasure = Erasure {
            id: hex::encode(self.inner.custody.draw::<8>()),
            state: ErasureState::Planned,
            requested: now,
            actor: actor.into(),
            leaves: leaves.to_vec(),
            keys_destroyed: 0,
            files: files.iter().map(|file| file.0).collect(),
            rows_removed: 0,
            steps: vec![Step { state: ErasureState::Planned, at: now }],
        };
        let query = sqlx::query(ADD).bind(&erasure.id).bind(erasure.state.code());
        let query = query.bind(now.micros()).bind(sql::to_json(&erasure)?);
        query.execute(&self.inner.writer).await?;
        Ok(erasure)
    }

    /// Takes an erasure to its next state, with the facts of the step, in one transaction.
    ///
    /// Repeating the state that it is in adds to its progress; anything else is refused.
    pub async fn advance_erasure(
        &self,
        id: &str,
        to: ErasureState,
        progress: &Progress,
        facts: &[Fact],
        now: Time,
    ) -> Result<Erasure, VaultError> {
        let mut write = sql::begin(&self.inner.writer).await?;
        let row = sqlx::query(ONE).bind(id).fetch_optional(&mut *write).await?;
        let row = row.ok_or_else(|| VaultError::NotFound { what: "erasure", id: id.into() })?;
        let mut erasure: Erasure = sql::json(&row, 1)?;
        if erasure.state != to && erasure.state.next() != Some(to) {
            return Err(VaultError::Conflict {
                what: "erasure",
                id: id.into(),
                state: erasure.state.code().into(),
                wanted: to.code().into(),
            });
        }
        if erasure.state != to {
            erasure.steps.push(Step { state: to, at: now });
            erasure.state = to;
        }
        erasure.keys_destroyed += progress.keys_destroyed;
        erasure.rows_removed += progress.rows_removed;
        if let Some(files) = &progress.files {
            erasure.files = files.iter().map(|file| file.0).collect();
        }
        let query = sqlx::query(SET).bind(id).bind(to.code()).bind(sql::to_json(&erasure)?);
        query.execute(&mut *write).await?;
        ledger::queue(&mut write, facts).await?;
        self.end(write).await?;
        Ok(erasure)
    }

    /// One erasure.
    pub async fn erasure(&self, id: &str) -> Result<Erasure, VaultError> {
        let row = sqlx::query(ONE).bind(id).fetch_optional(&self.inner.readers).await?;
        let row = row.ok_or_else(|| VaultError::NotFound { what: "erasure", id: id.into() })?;
        sql::json(&row, 1)
    }

    /// The latest erasures, newest first.
    pub async fn erasures(&self, limit: u32) -> Result<Vec<Erasure>, VaultError> {
        let query = sqlx::query(EVERY).bind(i64::from(limit));
        let rows = query.fetch_all(&self.inner.readers).await?;
        rows.iter().map(|row| sql::json(row, 1)).collect()
    }

    /// Erasures that are not done, oldest first, to be taken up again after a start.
    pub async fn open_erasures(&self) -> Result<Vec<Erasure>, VaultError> {
        let rows = sqlx::query(OPEN).fetch_all(&self.inner.readers).await?;
        rows.iter().map(|row| sql::json(row, 1)).collect()
    }

    /// Writes tombstones, durable when this returns. They come before the destruction that they
    /// tell of.
    pub async fn bury(&self, tombstones: &[Tombstone]) -> Result<(), VaultError> {
        let (log, tombstones) = (self.inner.tombstones.clone(), tombstones.to_vec());
        let written = tokio::task::spawn_blocking(move || log.append(&tombstones));
        written.await.map_err(|why| VaultError::corrupt("tombstones", why))?
    }

    /// Everything in the tombstone log.
    pub fn tombstones(&self) -> Result<Vec<Tombstone>, VaultError> {
        self.inner.tombstones.read()
    }

    /// Destroys again whatever the tombstone log says was destroyed: a restored copy forgets it
    /// too.
    pub(crate) async fn bury_again(&self) -> Result<(), VaultError> {
        let buried = self.tombstones()?;
        let gone = buried.iter().filter(|buried| buried.act == Buried::Erasure);
        let gone = gone.map(|buried| (Person::from(buried.leaf), buried.class));
        let gone: Vec<(Person, vocabulary::Class)> = gone.collect();
        self.inner.custody.destroy(&gone).await?;
        Ok(())
    }
}

#[cfg(test)]
pub(crate) const EVERY_STATEMENT: &[&[sql::Statement]] = &[STATEMENTS];

#[cfg(test)]
mod tests;
