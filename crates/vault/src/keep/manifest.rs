//! The manifest: which files make up the lake, with their keys wrapped beside them.

use life::keep::identity::Version;
use life::keep::manifest::{Change, FileEntry, FileId, RunEntry};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Row, SqliteConnection};
use vocabulary::{FileKey, Time};

use super::state;
use crate::VaultError;
use crate::custody::Custody;
use crate::sql;
use crate::vault::Vault;

const TABLE: &str = "files";

sql::statements! {
    FILES = "select id, path, epoch, wrapped, level, bucket, period_from, period_until, first, \
             last, row_count, bytes, digest, version, bucket_rows from files order by id";
    FILE_ADD = "insert into files (id, path, epoch, wrapped, level, bucket, period_from, \
                period_until, first, last, row_count, bytes, digest, version, bucket_rows) \
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    FILE_REMOVE = "delete from files where id = $1";
    FILE_KEYS = "select id, epoch, wrapped from files";
    FILE_REWRAP = "update files set epoch = $2, wrapped = $3 where id = $1";
    RUNS = "select id, path, hour, keys, digest from runs order by id";
    RUN_ADD = "insert into runs (id, path, hour, keys, digest) values ($1, $2, $3, $4, $5)";
    RUN_REMOVE = "delete from runs where id = $1";
}

/// The lowest number that no committed file has ever had.
pub(crate) async fn next_file(pool: &SqlitePool) -> Result<u64, VaultError> {
    let mut read = pool.acquire().await?;
    Ok(state::get(&mut read, state::NEXT_FILE).await?.unwrap_or(1))
}

/// Applies a change of the manifest.
pub(super) async fn apply(
    write: &mut SqliteConnection,
    custody: &Custody,
    change: &Change,
) -> Result<(), VaultError> {
    for gone in &change.removed {
        remove(write, FILE_REMOVE, "file", *gone).await?;
    }
    for gone in &change.runs_removed {
        remove(write, RUN_REMOVE, "run", *gone).await?;
    }
    for file in &change.added {
        add_file(write, custody, file).await?;
    }
    for run in &change.runs_added {
        let query = sqlx::query(RUN_ADD).bind(sql::signed(run.id.0)).bind(&run.path);
        let query = query.bind(run.hour.micros()).bind(sql::signed(run.keys));
        query.bind(&run.digest[..]).execute(&mut *write).await?;
    }
    let added = change.added.iter().map(|file| file.id.0);
    let runs = change.runs_added.iter().map(|run| run.id.0);
    let next = added.chain(runs).max().map_or(0, |last| last + 1);
    if state::get(write, state::NEXT_FILE).await?.is_none_or(|held| held < next) {
        state::set(write, state::NEXT_FILE, next).await?;
    }
    Ok(())
}

/// A change that removes what is not there was planned on another manifest, and nothing of it
/// holds.
async fn remove(
    write: &mut SqliteConnection,
    text: &'static str,
    what: &'static str,
    id: FileId,
) -> Result<(), VaultError> {
    let done = sqlx::query(text).bind(sql::signed(id.0)).execute(write).await?;
    if done.rows_affected() == 0 {
        return Err(VaultError::NotFound { what, id: id.0.to_string() });
    }
    Ok(())
}

async fn add_file(
    write: &mut SqliteConnection,
    custody: &Custody,
    file: &FileEntry,
) -> Result<(), VaultError> {
    let (epoch, wrapped) = custody.wrap(&custody.context(TABLE, file.id.0), &file.key.0)?;
    let query = sqlx::query(FILE_ADD).bind(sql::signed(file.id.0)).bind(&file.path);
    let query = query.bind(i64::from(epoch)).bind(wrapped).bind(i64::from(file.level));
    let query = query.bind(file.bucket.map(i64::from)).bind(file.from.micros());
    let query = query.bind(file.until.micros()).bind(file.first.micros());
    let query = query.bind(file.last.micros()).bind(sql::signed(file.rows));
    let query = query.bind(sql::signed(file.bytes)).bind(&file.digest[..]);
    let query = query.bind(sql::signed(file.version.0)).bind(sql::to_json(&file.bucket_rows)?);
    query.execute(write).await?;
    Ok(())
}

fn key(custody: &Custody, row: &SqliteRow, columns: [usize; 3]) -> Result<FileKey, VaultError> {
    let [id, epoch, wrapped] = columns;
    let bound = custody.context(TABLE, sql::unsigned(row, id)?);
    let wrapped: &[u8] = row.try_get(wrapped)?;
    let key = custody.unwrap(sql::small(row, epoch)?, &bound, wrapped)?;
    let key = key.try_into().map_err(|_| VaultError::corrupt("file key", "its length"))?;
    Ok(FileKey(key))
}

fn read_file(custody: &Custody, row: &SqliteRow) -> Result<FileEntry, VaultError> {
    let bucket: Option<i64> = row.try_get(5)?;
    let bucket = bucket.map(u16::try_from).transpose();
    Ok(FileEntry {
        id: FileId(sql::unsigned(row, 0)?),
        path: row.try_get(1)?,
        key: key(custody, row, [0, 2, 3])?,
        level: sql::small(row, 4)?,
        bucket: bucket.map_err(|why| VaultError::corrupt("bucket", why))?,
        from: Time(row.try_get(6)?),
        until: Time(row.try_get(7)?),
        first: Time(row.try_get(8)?),
        last: Time(row.try_get(9)?),
        rows: sql::unsigned(row, 10)?,
        bytes: sql::unsigned(row, 11)?,
        digest: sql::bytes(row, 12)?,
        version: Version(sql::unsigned(row, 13)?),
        bucket_rows: sql::json(row, 14)?,
    })
}

impl Vault {
    /// Every file of the lake with its key, in the order of numbers.
    pub async fn manifest(&self) -> Result<Vec<FileEntry>, VaultError> {
        let rows = sqlx::query(FILES).fetch_all(&self.inner.readers).await?;
        rows.iter().map(|row| read_file(&self.inner.custody, row)).collect()
    }

    /// Every run of duplicate keys.
    pub async fn runs(&self) -> Result<Vec<RunEntry>, VaultError> {
        let rows = sqlx::query(RUNS).fetch_all(&self.inner.readers).await?;
        let read = rows.iter().map(|row| {
            Ok(RunEntry {
                id: FileId(sql::unsigned(row, 0)?),
                path: row.try_get(1)?,
                hour: Time(row.try_get(2)?),
                keys: sql::unsigned(row, 3)?,
                digest: sql::bytes(row, 4)?,
            })
        });
        read.collect()
    }

    /// Wraps the keys of all files under the current epoch.
    pub(crate) async fn move_file_keys(&self) -> Result<(), VaultError> {
        let custody = &self.inner.custody;
        let mut write = sql::begin(&self.inner.writer).await?;
        for row in sqlx::query(FILE_KEYS).fetch_all(&mut *write).await? {
            let id = sql::unsigned(&row, 0)?;
            let key = key(custody, &row, [0, 1, 2])?;
            let (epoch, wrapped) = custody.wrap(&custody.context(TABLE, id), &key.0)?;
            let query = sqlx::query(FILE_REWRAP).bind(sql::signed(id)).bind(i64::from(epoch));
            query.bind(wrapped).execute(&mut *write).await?;
        }
        write.commit().await?;
        self.shred_log().await
    }
}
