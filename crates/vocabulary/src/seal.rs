//! Sealing as a capability. Keys stay in the vault; lake and life are only handed these.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Person;

/// Which of a person's keys a datum is sealed with. Erasure destroys every class that no duty holds
/// back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    General,
    Sensitive,
    Replay,
    Duty,
}

impl Class {
    pub const EVERY: [Class; 4] = [Class::General, Class::Sensitive, Class::Replay, Class::Duty];

    /// A permanent number, bound into what is sealed.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Class::General => 0,
            Class::Sensitive => 1,
            Class::Replay => 2,
            Class::Duty => 3,
        }
    }
}

/// Why a seal could not be made or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealError {
    #[error("the sealed bytes or what they are bound to have been changed")]
    Broken,
    #[error("the key of this person and class has been destroyed")]
    Destroyed,
    #[error("there is no key for this person and class yet")]
    Missing,
}

/// Authenticated encryption with one key: a journal segment's, or a file's.
///
/// `context` is bound to the bytes (AAD): opened under another context, they do not open.
pub trait Sealer: Send + Sync {
    /// Puts nonce, ciphertext and tag of `plain` behind what is in `sealed`.
    fn seal(&self, context: &[u8], plain: &[u8], sealed: &mut Vec<u8>) -> Result<(), SealError>;

    /// The plain bytes again.
    fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError>;
}

/// Authenticated encryption with the key of a person and class.
pub trait PersonSealer: Send + Sync {
    /// Nonce, ciphertext and tag of `plain` under this person's key.
    fn seal(
        &self,
        whose: Person,
        class: Class,
        context: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, SealError>;

    /// The plain bytes again; `Destroyed` once the person was forgotten.
    fn open(
        &self,
        whose: Person,
        class: Class,
        context: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError>;
}

/// The key of one lake file, which the lake seals and opens itself: it leaves custody as this.
#[derive(Clone, PartialEq, Eq)]
pub struct FileKey(pub [u8; 32]);

impl std::fmt::Debug for FileKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("FileKey(..)")
    }
}
