//! A checkpoint: origin, size and root, signed (C2SP checkpoint in a signed note, Ed25519). Whoever
//! keeps one can later see whether the ledger still holds what it held then.
//!
//! The secret key never comes here: who makes a checkpoint passes a closure that signs.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use signed_note::{Note, Signature, StandardVerifier, VerifierList, is_key_name_valid, key_id};
use thiserror::Error;
use tlog_tiles::Hash;

/// The number that a signed note gives to Ed25519.
const ED25519: u8 = 1;

/// Why a text is no public key, or a name cannot name a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    #[error("`{0}` is no public key of a ledger: it is written `origin+01234567+base64`")]
    Text(String),
    #[error("`{0}` cannot name a ledger: leave out spaces and plus signs, and say something")]
    Origin(String),
}

/// Who a ledger is and the key that verifies its signatures; as text, a C2SP verifier key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    origin: String,
    text: String,
}

impl PublicKey {
    /// The key of the ledger called `origin` (no spaces, no plus).
    pub fn new(origin: &str, ed25519: &[u8; 32]) -> Result<Self, KeyError> {
        if !is_key_name_valid(origin) || origin.chars().any(char::is_control) {
            return Err(KeyError::Origin(origin.to_owned()));
        }
        let mut key = vec![ED25519];
        key.extend(ed25519);
        let text = format!("{origin}+{:08x}+{}", key_id(origin, &key), STANDARD.encode(&key));
        Ok(Self { origin: origin.to_owned(), text })
    }

    /// The key that was written as text; only the one way of writing it is read.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let broken = || KeyError::Text(text.to_owned());
        let text = text.trim_end_matches('\n');
        StandardVerifier::new(text).map_err(|_| broken())?;
        let mut parts = text.splitn(3, '+');
        let (Some(origin), Some(_), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(broken());
        };
        let key = STANDARD.decode(key).map_err(|_| broken())?;
        let Some((ED25519, Ok(key))) = key.split_first().map(|(kind, key)| (*kind, key.try_into()))
        else {
            return Err(broken());
        };
        Some(Self::new(origin, key)?).filter(|key| key.text == text).ok_or_else(broken)
    }

    /// The name of the ledger that this key signs for.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The bytes of the key's file.
    #[must_use]
    pub fn file(&self) -> Vec<u8> {
        format!("{}\n", self.text).into_bytes()
    }

    fn id(&self) -> u32 {
        let id = self.text.get(self.origin.len() + 1..).and_then(|rest| rest.get(..8));
        id.and_then(|id| u32::from_str_radix(id, 16).ok()).unwrap_or_default()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// Why bytes are no checkpoint of a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CheckpointError {
    #[error("the checkpoint cannot be read: it is no signed note of origin, size and root")]
    Unreadable,
    #[error("the checkpoint is of another ledger: give the public key of this one")]
    OtherOrigin,
    #[error("the checkpoint is not signed by the key: somebody else wrote it or changed it")]
    SignatureWrong,
}

/// The size and the root of a ledger at one moment, as signed. Only a true signature makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    size: u64,
    root: Hash,
    text: String,
}

impl Checkpoint {
    /// The checkpoint of a tree, signed by `sign`, which must hold the secret half of `key`.
    pub fn sign(
        key: &PublicKey,
        size: u64,
        root: Hash,
        sign: &dyn Fn(&[u8]) -> Vec<u8>,
    ) -> Result<Self, CheckpointError> {
        let unreadable = |_| CheckpointError::Unreadable;
        let text = tlog_tiles::Checkpoint::new(&key.origin, size, root, "")
            .map_err(|_| CheckpointError::Unreadable)?
            .to_bytes();
        let signature = Signature::new(key.origin.clone(), key.id(), sign(&text));
        let note = Note::new(&text, &[signature.map_err(unreadable)?]).map_err(unreadable)?;
        Self::read(&note.to_bytes(), key)
    }

    /// The checkpoint that these bytes are, if `key` signed it.
    pub fn read(bytes: &[u8], key: &PublicKey) -> Result<Self, CheckpointError> {
        let note = Note::from_bytes(bytes).map_err(|_| CheckpointError::Unreadable)?;
        let head = tlog_tiles::Checkpoint::from_bytes(note.text())
            .map_err(|_| CheckpointError::Unreadable)?;
        let text = std::str::from_utf8(bytes).map_err(|_| CheckpointError::Unreadable)?;
        if head.origin() != key.origin {
            return Err(CheckpointError::OtherOrigin);
        }
        let verifier =
            StandardVerifier::new(&key.text).map_err(|_| CheckpointError::SignatureWrong)?;
        note.verify(&VerifierList::new(vec![Box::new(verifier)]))
            .map_err(|_| CheckpointError::SignatureWrong)?;
        Ok(Self { size: head.size(), root: *head.hash(), text: text.to_owned() })
    }

    /// How many entries it counts.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over those entries.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.root
    }

    /// The signed note, as it stands in the file.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}
