//! The keys of journal segments: durable before the first frame, destroyed after the fold.

use std::sync::Arc;

use sqlx::Row;
use vocabulary::{SealError, Sealer};

use super::chance::{self, Draw};
use super::cipher::{Key, StandingSealer};
use super::epoch::Epochs;
use super::{Custody, context};
use crate::VaultError;
use crate::sql::{self, Write};

const TABLE: &str = "segment-keys";

sql::statements! {
    EVERY = "select segment, epoch, wrapped from segment_keys order by segment";
    ONE = "select segment, epoch, wrapped from segment_keys where segment = $1";
    INSERT = "insert into segment_keys (segment, epoch, wrapped) values ($1, $2, $3)";
    UPDATE = "update segment_keys set epoch = $2, wrapped = $3 where segment = $1";
    DESTROY = "delete from segment_keys where segment = $1";
}

pub(super) async fn rewrap(
    write: &mut Write,
    controller: &str,
    epochs: &Epochs,
    draw: &Draw,
    current: u32,
) -> Result<(), VaultError> {
    for row in sqlx::query(EVERY).fetch_all(&mut **write).await? {
        let segment = sql::unsigned(&row, 0)?;
        let bound = context(controller, TABLE, segment);
        let wrapped: Vec<u8> = row.try_get(2)?;
        let key = epochs.unwrap_bytes(sql::small(&row, 1)?, &bound, &wrapped)?;
        let (_, wrapped) = epochs.wrap(chance::draw(draw), &bound, &key)?;
        let query = sqlx::query(UPDATE).bind(sql::signed(segment)).bind(i64::from(current));
        query.bind(wrapped).execute(&mut **write).await?;
    }
    Ok(())
}

impl Custody {
    /// Makes the key of a new segment; it is durable when this returns. A segment has one key,
    /// once.
    pub async fn new_segment(&self, segment: u64) -> Result<Arc<dyn Sealer>, VaultError> {
        let _writing = self.inner.writing.lock().await;
        let key = Key::new(self.draw());
        let (epoch, wrapped) = self.wrap(&self.context(TABLE, segment), key.bytes())?;
        let mut write = sql::begin(&self.inner.pool).await?;
        let query = sqlx::query(INSERT).bind(sql::signed(segment)).bind(i64::from(epoch));
        query.bind(wrapped).execute(&mut *write).await?;
        write.commit().await?;
        Ok(Arc::new(StandingSealer::new(&key, Arc::clone(&self.inner.draw))?))
    }

    /// The key of a segment; `Destroyed` when it has been folded.
    pub async fn segment_key(&self, segment: u64) -> Result<Arc<dyn Sealer>, VaultError> {
        let query = sqlx::query(ONE).bind(sql::signed(segment));
        let row = query.fetch_optional(&self.inner.pool).await?.ok_or(SealError::Destroyed)?;
        let wrapped: Vec<u8> = row.try_get(2)?;
        let key = self.unwrap(sql::small(&row, 1)?, &self.context(TABLE, segment), &wrapped)?;
        let key = Key::from_slice(&key)?;
        Ok(Arc::new(StandingSealer::new(&key, Arc::clone(&self.inner.draw))?))
    }

    /// The segments that have a key, in order.
    pub async fn segments(&self) -> Result<Vec<u64>, VaultError> {
        let rows = sqlx::query(EVERY).fetch_all(&self.inner.pool).await?;
        rows.iter().map(|row| sql::unsigned(row, 0)).collect()
    }

    /// Destroys the key of a segment for good; doing it again changes nothing.
    pub async fn destroy_segment(&self, segment: u64) -> Result<(), VaultError> {
        let _writing = self.inner.writing.lock().await;
        let mut write = sql::begin(&self.inner.pool).await?;
        sqlx::query(DESTROY).bind(sql::signed(segment)).execute(&mut *write).await?;
        write.commit().await?;
        self.shred_log().await
    }
}
