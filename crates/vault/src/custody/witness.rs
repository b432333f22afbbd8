//! `keys.db` counts the commits of `vault.db`. A database whose last commits were lost (to a
//! damaged log, or to an older copy put back alone) opens without a word; here it is seen.

use super::Custody;
use crate::VaultError;
use crate::sql;

sql::statements! {
    COUNT = "insert into commits (id, count) values (1, $1) \
             on conflict (id) do update set count = excluded.count \
             where excluded.count > commits.count";
    COUNTED = "select count from commits where id = 1";
}

impl Custody {
    /// Notes that `vault.db` has made so many commits; durable when this returns.
    pub(crate) async fn count_commits(&self, count: u64) -> Result<(), VaultError> {
        let _writing = self.inner.writing.lock().await;
        sqlx::query(COUNT).bind(sql::signed(count)).execute(&self.inner.pool).await?;
        Ok(())
    }

    /// How many commits `vault.db` had made at least.
    pub(crate) async fn counted_commits(&self) -> Result<u64, VaultError> {
        let count: Option<i64> =
            sqlx::query_scalar(COUNTED).fetch_optional(&self.inner.pool).await?;
        Ok(count.map_or(0, i64::cast_unsigned))
    }
}
