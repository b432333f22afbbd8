//! The numbers of sources: a name in the configuration keeps its number for good.

use vocabulary::SourceId;

use crate::VaultError;
use crate::sql;
use crate::vault::Vault;

sql::statements! {
    ONE = "select id from sources where name = $1";
    NEXT = "select coalesce(max(id), 0) + 1 from sources";
    ADD = "insert into sources (id, name) values ($1, $2)";
    EVERY = "select id, name from sources order by id";
}

impl Vault {
    /// The number of a source, which a new name gets at once and durably.
    pub async fn source(&self, name: &str) -> Result<SourceId, VaultError> {
        let mut write = sql::begin(&self.inner.writer).await?;
        let known: Option<i64> =
            sqlx::query_scalar(ONE).bind(name).fetch_optional(&mut *write).await?;
        let number = match known {
            Some(number) => number,
            None => {
                let next: i64 = sqlx::query_scalar(NEXT).fetch_one(&mut *write).await?;
                sqlx::query(ADD).bind(next).bind(name).execute(&mut *write).await?;
                write.commit().await?;
                next
            }
        };
        u16::try_from(number).map(SourceId).map_err(|why| VaultError::corrupt("source", why))
    }

    /// Every source that ever had a number, with its name.
    pub async fn sources(&self) -> Result<Vec<(SourceId, String)>, VaultError> {
        let rows = sqlx::query(EVERY).fetch_all(&self.inner.readers).await?;
        let source =
            rows.iter().map(|row| Ok((SourceId(sql::small(row, 0)?), sqlx::Row::try_get(row, 1)?)));
        source.collect()
    }
}
