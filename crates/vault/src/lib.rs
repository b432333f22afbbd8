//! People in rows, keys, and the manifest of the lake's files.
//!
//! The only crate that names SQL, and the only one that holds keys. It never judges: what may be
//! kept is decided above it, and what it keeps comes back as plain values. Two files lie in the
//! data directory: `vault.db` with people, manifest and facts on their way to the ledger, and
//! `keys.db` with nothing but keys, so that a copy of one is worth nothing without the other and
//! without the root key outside both.

pub mod access;
pub mod custody;
pub mod erase;
mod error;
pub mod keep;
pub mod know;
pub mod ledger;
mod sql;
mod vault;

pub use access::{ApiKey, ClearKey, KeyKind, NewKey, Secret, Session};
pub use custody::{Custody, EPOCH_LENGTH, FileRoot, PersonKeys, RootError, RootKey, SystemChance};
pub use erase::{Buried, Erasure, ErasureState, Progress, Step, Tombstone};
pub use error::VaultError;
pub use keep::{Commit, EventStatistic, Loaded, LoadedLeaf, PropertyStatistic};
pub use know::{Saved, Text};
pub use ledger::Read;
pub use vault::{Opening, Vault};
