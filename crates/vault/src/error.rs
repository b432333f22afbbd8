//! Why the vault could not do what it was asked to.

use std::path::PathBuf;

use thiserror::Error;
use vocabulary::SealError;

/// Everything that can fail here, a variant for each cause.
#[derive(Debug, Error)]
pub enum VaultError {
    #[error(
        "sealed: the data in `{data}` was written under another root key; \
         start with the root key that was made for it"
    )]
    Sealed { data: PathBuf },
    #[error(
        "sealed: `{data}` holds people but its `keys.db` is missing or empty; \
         put `keys.db` back beside `vault.db`"
    )]
    KeysMissing { data: PathBuf },
    #[error(
        "`vault.db` in `{data}` has {found} of the {known} commits that `keys.db` counted: its log was \
         damaged or an older copy was put back alone; put all of the directory back from one backup"
    )]
    Shortened { data: PathBuf, found: u64, known: u64 },
    #[error(
        "`{file}` has format {found}, this program knows up to {known}; \
         start the newer program that wrote it"
    )]
    Newer { file: String, found: i64, known: i64 },
    #[error(
        "SQLite {found} is too old, {needed} is the first without the WAL-reset bug; \
         build with the bundled one"
    )]
    OldSqlite { found: String, needed: &'static str },
    #[error("this part of the journal has been folded already")]
    AlreadyFolded,
    #[error("`{what}` in the vault cannot be read: {why}")]
    Corrupt { what: &'static str, why: String },
    #[error("there is no {what} `{id}`")]
    NotFound { what: &'static str, id: String },
    #[error("there are {max} of kind `{what}` already: remove one first")]
    Full { what: &'static str, max: usize },
    #[error("{what} `{id}` is {state}, so it cannot become {wanted}")]
    Conflict { what: &'static str, id: String, state: String, wanted: String },
    #[error("{0}")]
    Refused(&'static str),
    #[error(transparent)]
    Root(#[from] crate::custody::RootError),
    #[error("a seal in the vault: {0}")]
    Seal(#[from] SealError),
    #[error("`{path}`: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("the vault's database: {0}")]
    Database(#[from] sqlx::Error),
}

impl VaultError {
    pub(crate) fn corrupt(what: &'static str, why: impl ToString) -> Self {
        Self::Corrupt { what, why: why.to_string() }
    }
}
