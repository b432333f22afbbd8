//! The few numbers that every commit moves on.

use life::keep::identity::Version;
use life::keep::manifest::Position;
use sqlx::SqliteConnection;

use crate::VaultError;
use crate::sql;

const SEGMENT: &str = "position-segment";
const FRAME: &str = "position-frame";
const VERSION: &str = "identity-version";
const COMMITS: &str = "commits";
const FOUNDED: &str = "founded";
pub(super) const NEXT_FILE: &str = "next-file";

sql::statements! {
    GET = "select value from state where name = $1";
    SET = "insert into state (name, value) values ($1, $2) \
           on conflict (name) do update set value = excluded.value";
}

/// The number of this name, if it was ever set.
pub(super) async fn get(
    read: &mut SqliteConnection,
    name: &'static str,
) -> Result<Option<u64>, VaultError> {
    let value: Option<i64> = sqlx::query_scalar(GET).bind(name).fetch_optional(read).await?;
    Ok(value.map(i64::cast_unsigned))
}

/// Sets the number of this name.
pub(super) async fn set(
    write: &mut SqliteConnection,
    name: &'static str,
    value: u64,
) -> Result<(), VaultError> {
    sqlx::query(SET).bind(name).bind(sql::signed(value)).execute(write).await?;
    Ok(())
}

/// How many commits were made that must not be lost.
pub(crate) async fn commits(read: &mut SqliteConnection) -> Result<u64, VaultError> {
    Ok(get(read, COMMITS).await?.unwrap_or(0))
}

/// One commit more; answers how many that makes.
pub(crate) async fn count_commit(write: &mut SqliteConnection) -> Result<u64, VaultError> {
    let count = commits(write).await? + 1;
    set(write, COMMITS, count).await?;
    Ok(count)
}

/// Notes that the fact of the founding is on its way to the ledger.
pub(crate) async fn set_founded(write: &mut SqliteConnection) -> Result<(), VaultError> {
    set(write, FOUNDED, 1).await
}

impl crate::Vault {
    /// Whether the fact of the founding has never been recorded.
    pub async fn is_new(&self) -> Result<bool, VaultError> {
        let mut read = self.inner.readers.acquire().await?;
        Ok(get(&mut read, FOUNDED).await?.is_none())
    }
}

/// How far the journal has been folded.
pub(super) async fn position(read: &mut SqliteConnection) -> Result<Option<Position>, VaultError> {
    let segment = get(read, SEGMENT).await?;
    let frame = get(read, FRAME).await?;
    Ok(segment.zip(frame).map(|(segment, frame)| Position { segment, frame }))
}

/// Moves the position forward; what lies at or behind it has been folded already.
pub(super) async fn move_position(
    write: &mut SqliteConnection,
    position: Position,
) -> Result<(), VaultError> {
    if self::position(write).await?.is_some_and(|held| position <= held) {
        return Err(VaultError::AlreadyFolded);
    }
    set(write, SEGMENT, position.segment).await?;
    set(write, FRAME, position.frame).await
}

/// The version of leaf to person.
pub(super) async fn version(read: &mut SqliteConnection) -> Result<Version, VaultError> {
    Ok(Version(get(read, VERSION).await?.unwrap_or(0)))
}

pub(super) async fn set_version(
    write: &mut SqliteConnection,
    version: Version,
) -> Result<(), VaultError> {
    set(write, VERSION, version.0).await
}
