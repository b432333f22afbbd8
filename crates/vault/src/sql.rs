//! Statements as data, and the opening of database files. Statements are one text for SQLite and
//! PostgreSQL; only the tables are written twice, in `migrations/`. Nothing here knows what a row
//! means.

use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous};
use sqlx::sqlite::{SqlitePoolOptions, SqliteRow};
use sqlx::{Row, Sqlite, Transaction};

use crate::VaultError;

/// One statement: its name, and its text once it is asked for.
#[cfg(test)]
pub(crate) type Statement = (&'static str, fn() -> &'static str);

/// Declares statements as constants and lists them, so that a test can prepare each on both
/// databases.
macro_rules! statements {
    ($($name:ident = $text:expr;)*) => {
        $(const $name: &str = $text;)*

        #[cfg(test)]
        pub(crate) const STATEMENTS: &[crate::sql::Statement] =
            &[$((stringify!($name), || $name)),*];
    };
}

/// Declares statements that take many rows at once: a head, columns a row, rows, and a tail.
macro_rules! wide_statements {
    ($($name:ident = $head:expr, $columns:expr, $rows:expr, $tail:expr;)*) => {
        $(fn $name() -> &'static str {
            static TEXT: std::sync::LazyLock<&'static str> =
                std::sync::LazyLock::new(|| crate::sql::widen($head, $columns, $rows, $tail));
            *TEXT
        })*

        #[cfg(test)]
        pub(crate) const WIDE: &[crate::sql::Statement] = &[$((stringify!($name), $name)),*];
    };
}

pub(crate) use {statements, wide_statements};

/// The text of a statement with `rows` groups of `columns` numbered places. Made once for each
/// statement of the program and kept for its whole life.
pub(crate) fn widen(head: &str, columns: usize, rows: usize, tail: &str) -> &'static str {
    let mut text = String::from(head);
    for row in 0..rows {
        text.push_str(if row == 0 { " (" } else { ", (" });
        for column in 0..columns {
            let comma = if column == 0 { "$" } else { ", $" };
            text.push_str(comma);
            text.push_str(&(row * columns + column + 1).to_string());
        }
        text.push(')');
    }
    text.push(' ');
    text.push_str(tail);
    text.leak()
}

#[cfg(test)]
mod tests;

/// A transaction that may write; there is one at a time for each file.
pub(crate) type Write = Transaction<'static, Sqlite>;

/// The first SQLite without the bug that resets a write-ahead log under two checkpoints.
const SQLITE_NEEDED: (u32, u32, u32) = (3, 51, 3);
const SQLITE_NEEDED_TEXT: &str = "3.51.3";
const BUSY: std::time::Duration = std::time::Duration::from_secs(30);
const CACHE_KIB: &str = "-16384";

// Only SQLite has these; PostgreSQL needs none of them.
const SQLITE_VERSION: &str = "select sqlite_version()";
const SQLITE_HAS_FORMAT: &str = "select count(*) from sqlite_master where name = 'format'";
const SQLITE_TRUNCATE: &str = "pragma wal_checkpoint(truncate)";
pub(crate) const SQLITE_BEGIN: &str = "begin immediate";

statements! {
    FORMAT = "select version from format";
    FORMAT_CLEAR = "delete from format";
    FORMAT_SET = "insert into format (version) values ($1)";
}

/// Rows that a reader gets at a time.
const ROWS_TOGETHER: usize = 4_096;

/// How a database file is opened: written ahead, synced in full, freed bytes overwritten.
pub(crate) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        // Every row that is read changes threads in its company.
        .row_buffer_size(ROWS_TOGETHER)
        .pragma("secure_delete", "on")
        .pragma("cache_size", CACHE_KIB)
}

/// Opens a pool of so many connections that live as long as the vault.
pub(crate) async fn pool(path: &Path, connections: u32) -> Result<SqlitePool, VaultError> {
    make_private(path)?;
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options(path))
        .await?;
    check_version(&pool).await?;
    Ok(pool)
}

/// Makes a database file that only its owner may read, and closes one that others may. SQLite gives
/// the files beside it the same mode.
fn make_private(path: &Path) -> Result<(), VaultError> {
    let failed = |source| VaultError::File { path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    let file = options.create(true).append(true).mode(0o600).open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(mode & 0o700)).map_err(failed)?;
    }
    Ok(())
}

async fn check_version(pool: &SqlitePool) -> Result<(), VaultError> {
    let found: String = sqlx::query_scalar(SQLITE_VERSION).fetch_one(pool).await?;
    let mut parts = found.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    let version: (u32, u32, u32) = (next(), next(), next());
    if version < SQLITE_NEEDED {
        return Err(VaultError::OldSqlite { found, needed: SQLITE_NEEDED_TEXT });
    }
    Ok(())
}

/// Brings a file to the newest format, forward only; refuses one that is newer than this program.
pub(crate) async fn migrate(
    pool: &SqlitePool,
    file: &str,
    scripts: &[&'static str],
) -> Result<(), VaultError> {
    let known = i64::try_from(scripts.len()).unwrap_or(i64::MAX);
    let mut write = begin(pool).await?;
    let has: i64 = sqlx::query_scalar(SQLITE_HAS_FORMAT).fetch_one(&mut *write).await?;
    let found: i64 = match has {
        0 => 0,
        _ => sqlx::query_scalar(FORMAT).fetch_one(&mut *write).await?,
    };
    if found > known {
        return Err(VaultError::Newer { file: file.into(), found, known });
    }
    if found == known {
        return Ok(());
    }
    for script in scripts.iter().skip(usize::try_from(found).unwrap_or(usize::MAX)) {
        sqlx::raw_sql(*script).execute(&mut *write).await?;
    }
    sqlx::query(FORMAT_CLEAR).execute(&mut *write).await?;
    sqlx::query(FORMAT_SET).bind(known).execute(&mut *write).await?;
    write.commit().await?;
    Ok(())
}

/// Begins a transaction that holds the write lock from its start.
pub(crate) async fn begin(pool: &SqlitePool) -> Result<Write, VaultError> {
    Ok(pool.begin_with(SQLITE_BEGIN).await?)
}

/// Empties the write-ahead log, so that what was overwritten in the file is nowhere else.
/// Answers whether that was possible now; a reader in the middle of an answer holds it up.
pub(crate) async fn truncate(pool: &SqlitePool) -> Result<bool, VaultError> {
    let row = sqlx::query(SQLITE_TRUNCATE).fetch_one(pool).await?;
    let busy: i64 = row.try_get(0)?;
    Ok(busy == 0)
}

/// A number that may use all 64 bits, as the database's signed one.
pub(crate) const fn signed(number: u64) -> i64 {
    number.cast_signed()
}

/// The number again.
pub(crate) fn unsigned(row: &SqliteRow, column: usize) -> Result<u64, VaultError> {
    let number: i64 = row.try_get(column)?;
    Ok(number.cast_unsigned())
}

/// A column that holds a number of a smaller type.
pub(crate) fn small<T: TryFrom<i64>>(row: &SqliteRow, column: usize) -> Result<T, VaultError> {
    let number: i64 = row.try_get(column)?;
    T::try_from(number).map_err(|_| VaultError::corrupt("number", number))
}

/// A column that holds exactly so many bytes.
pub(crate) fn bytes<const N: usize>(row: &SqliteRow, column: usize) -> Result<[u8; N], VaultError> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes.try_into().map_err(|_| VaultError::corrupt("bytes", bytes.len()))
}

/// A column that holds JSON.
pub(crate) fn json<T: serde::de::DeserializeOwned>(
    row: &SqliteRow,
    column: usize,
) -> Result<T, VaultError> {
    let text: &str = row.try_get(column)?;
    serde_json::from_str(text).map_err(|why| VaultError::corrupt("text", why))
}

/// A value as JSON, for a column.
pub(crate) fn to_json(value: &impl serde::Serialize) -> Result<String, VaultError> {
    serde_json::to_string(value).map_err(|why| VaultError::corrupt("value", why))
}
