//! Facts on their way to the ledger's files, and the log of who read what.
//!
//! A fact is queued in the transaction it belongs to; whoever writes the ledger takes facts in
//! order and says how far it is durable. Nothing is written to the ledger here.

use vocabulary::{Digest, Fact, Purpose, Time};

use life::keep::manifest::Position;
use sqlx::{Row, SqliteConnection};

use crate::VaultError;
use crate::keep::state;
use crate::sql;
use crate::vault::Vault;

sql::statements! {
    QUEUE = "insert into outbox (fact) values ($1)";
    DRAIN = "select sequence, fact from outbox order by sequence limit $1";
    ACKNOWLEDGE = "delete from outbox where sequence <= $1";
    NOTE = "insert into checkpoints (id, text) values (1, $1) \
            on conflict (id) do update set text = excluded.text";
    NOTED = "select text from checkpoints where id = 1";
    READ = "insert into reads (at, actor, purpose, verb, plan, segment, frame, row_count) \
            values ($1, $2, $3, $4, $5, $6, $7, $8)";
    READS = "select id, at, actor, purpose, verb, plan, segment, frame, row_count from reads \
             where id > $1 order by id limit $2";
}

/// Who read what: committed before the first byte of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    pub at: Time,
    pub actor: String,
    pub purpose: Purpose,
    pub verb: String,
    /// The digest of the plan that was asked.
    pub plan: Digest,
    /// The snapshot that was read.
    pub snapshot: Position,
    /// How many rows of people the answer rests on or shows.
    pub rows: u64,
}

/// Queues facts inside a transaction.
pub(crate) async fn queue(write: &mut SqliteConnection, facts: &[Fact]) -> Result<(), VaultError> {
    for fact in facts {
        if matches!(fact, Fact::Founded { .. }) {
            state::set_founded(write).await?;
        }
        sqlx::query(QUEUE).bind(sql::to_json(fact)?).execute(&mut *write).await?;
    }
    Ok(())
}

impl Vault {
    /// Queues facts that belong to no other change; durable when this returns.
    pub async fn record(&self, facts: &[Fact]) -> Result<(), VaultError> {
        let mut write = sql::begin(&self.inner.writer).await?;
        queue(&mut write, facts).await?;
        write.commit().await?;
        Ok(())
    }

    /// The oldest queued facts as JSON, in order, each with its number.
    pub async fn drain(&self, limit: u32) -> Result<Vec<(u64, String)>, VaultError> {
        let query = sqlx::query(DRAIN).bind(i64::from(limit));
        let rows = query.fetch_all(&self.inner.readers).await?;
        rows.iter().map(|row| Ok((sql::unsigned(row, 0)?, row.try_get(1)?))).collect()
    }

    /// Forgets the queued facts up to a number, which the ledger holds durably under this
    /// checkpoint now.
    pub async fn acknowledge(&self, upto: u64, checkpoint: &str) -> Result<(), VaultError> {
        let mut write = sql::begin(&self.inner.writer).await?;
        sqlx::query(ACKNOWLEDGE).bind(sql::signed(upto)).execute(&mut *write).await?;
        sqlx::query(NOTE).bind(checkpoint).execute(&mut *write).await?;
        write.commit().await?;
        Ok(())
    }

    /// The ledger's checkpoint at the last acknowledgement: whatever ledger is opened must extend
    /// it.
    pub async fn noted_checkpoint(&self) -> Result<Option<String>, VaultError> {
        Ok(sqlx::query_scalar(NOTED).fetch_optional(&self.inner.readers).await?)
    }

    /// Records that somebody reads, with the facts of it; durable when this returns, before the
    /// answer.
    pub async fn log_read(&self, read: &Read, facts: &[Fact]) -> Result<(), VaultError> {
        let mut write = sql::begin(&self.inner.writer).await?;
        let query = sqlx::query(READ).bind(read.at.micros()).bind(&read.actor);
        let query = query.bind(i64::from(read.purpose.number())).bind(&read.verb);
        let query = query.bind(&read.plan.0).bind(sql::signed(read.snapshot.segment));
        let query = query.bind(sql::signed(read.snapshot.frame)).bind(sql::signed(read.rows));
        query.execute(&mut *write).await?;
        queue(&mut write, facts).await?;
        write.commit().await?;
        Ok(())
    }

    /// What was read after a number of the log, oldest first.
    pub async fn reads(&self, after: u64, limit: u32) -> Result<Vec<(u64, Read)>, VaultError> {
        let query = sqlx::query(READS).bind(sql::signed(after)).bind(i64::from(limit));
        let rows = query.fetch_all(&self.inner.readers).await?;
        let read = rows.iter().map(|row| {
            let purpose = Purpose::new(sql::small(row, 3)?);
            let read = Read {
                at: Time(row.try_get(1)?),
                actor: row.try_get(2)?,
                purpose: purpose.ok_or_else(|| VaultError::corrupt("purpose", "its number"))?,
                verb: row.try_get(4)?,
                plan: Digest(row.try_get(5)?),
                snapshot: Position {
                    segment: sql::unsigned(row, 6)?,
                    frame: sql::unsigned(row, 7)?,
                },
                rows: sql::unsigned(row, 8)?,
            };
            Ok((sql::unsigned(row, 0)?, read))
        });
        read.collect()
    }
}

#[cfg(test)]
pub(crate) const EVERY_STATEMENT: &[&[sql::Statement]] = &[STATEMENTS];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::tests::{NOW, vault};

    #[tokio::test]
    async fn facts_leave_in_order_and_numbers_are_never_given_twice() {
        let (_folder, vault) = vault().await;
        let fact = |controller: &str| Fact::Founded { at: NOW, controller: controller.into() };
        assert!(vault.is_new().await.unwrap());
        vault.record(&[fact("a"), fact("b")]).await.unwrap();
        let drained = vault.drain(10).await.unwrap();
        assert_eq!(drained.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 2]);
        assert!(drained[0].1.contains("\"founded\"") && drained[0].1.contains("\"a\""));
        vault.acknowledge(2, "a checkpoint").await.unwrap();
        assert_eq!(vault.noted_checkpoint().await.unwrap().as_deref(), Some("a checkpoint"));
        vault.record(&[fact("c")]).await.unwrap();
        assert_eq!(vault.drain(10).await.unwrap()[0].0, 3);
        assert!(!vault.is_new().await.unwrap());
    }

    #[tokio::test]
    async fn a_read_is_logged_with_its_fact() {
        let (_folder, vault) = vault().await;
        let read = Read {
            at: NOW,
            actor: "actor".into(),
            purpose: Purpose::ANALYSE,
            verb: "read".into(),
            plan: Digest("00".into()),
            snapshot: Position { segment: 7, frame: 9 },
            rows: 3,
        };
        let fact = Fact::SignedIn { at: NOW, actor: "actor".into(), success: true };
        vault.log_read(&read, &[fact]).await.unwrap();
        assert_eq!(vault.reads(0, 10).await.unwrap(), [(1, read)]);
        assert_eq!(vault.drain(10).await.unwrap().len(), 1);
    }
}
