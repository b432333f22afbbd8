//! External ids leave the gate as keyed blind indexes, or as values bound for sealing; never in the
//! clear.

use std::fmt;

use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use vocabulary::Digest;

/// The keyed hash of an external id: finds it again, and says nothing about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Index(pub [u8; 16]);

/// What kind of thing an external id names. Ids of one kind are one space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Subject {
    /// A user whom the client knows by name.
    User,
    /// A device or an anonymous visitor.
    Device,
}

/// A clear external id on its way to being sealed under its person's key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealable(pub Box<str>);

impl fmt::Debug for Sealable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Sealable(..)")
    }
}

/// Makes blind indexes and keys of duplicates. The vault keeps its key and hands it out as this.
#[derive(Clone)]
pub struct Blinder {
    /// The hash with the key already taken in: each use starts from a copy.
    keyed: Hmac<Sha256>,
}

impl Blinder {
    const BLOCK_BYTES: usize = 64;

    /// A blinder with a key from the vault's custody.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        // HMAC fills a short key up with zeros; done here, its length is right and nothing can
        // fail.
        let mut block = [0; Self::BLOCK_BYTES];
        for (place, byte) in block.iter_mut().zip(key) {
            *place = byte;
        }
        Self { keyed: Hmac::new(&block.into()) }
    }

    /// The blind index of an external id.
    #[must_use]
    pub fn index(&self, subject: Subject, id: &str) -> Index {
        let space: &[u8] = match subject {
            Subject::User => b"user",
            Subject::Device => b"device",
        };
        Index(self.hash(&[b"index", space, id.as_bytes()]))
    }

    /// The key by which a repeated event is known again.
    #[must_use]
    pub fn duplicate(&self, source: u16, whose: &Index, message: &str) -> [u8; 16] {
        self.hash(&[b"duplicate", &source.to_be_bytes(), &whose.0, message.as_bytes()])
    }

    /// The number of a client's session; never zero, which stands for none.
    #[must_use]
    pub fn session(&self, session: &str) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.hash(&[b"session", session.as_bytes()]);
        u64::from_be_bytes([a, b, c, d, e, f, g, h]).max(1)
    }

    /// What stands for a question in the ledger: who guesses one cannot find out whether it was
    /// asked.
    #[must_use]
    pub fn question(&self, asked: &str) -> Digest {
        Digest(hex::encode(self.hash(&[b"question", asked.as_bytes()])))
    }

    fn hash(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut mac = self.keyed.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        let mut half = [0; 16];
        half.copy_from_slice(whole.split_at(16).0);
        half
    }
}

impl fmt::Debug for Blinder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Blinder(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_depends_on_key_kind_and_id() {
        let blinder = Blinder::new([1; 32]);
        let index = blinder.index(Subject::User, "u1");
        assert_eq!(index, blinder.clone().index(Subject::User, "u1"));
        assert_ne!(index, blinder.index(Subject::Device, "u1"));
        assert_ne!(index, blinder.index(Subject::User, "u2"));
        assert_ne!(index, Blinder::new([2; 32]).index(Subject::User, "u1"));
    }

    #[test]
    fn the_kept_key_state_is_plain_hmac() {
        let mut plain = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
        plain.update(&7u64.to_be_bytes());
        plain.update(b"session");
        plain.update(&2u64.to_be_bytes());
        plain.update(b"s1");
        let whole: [u8; 32] = plain.finalize().into_bytes().into();
        let front: [u8; 8] = whole[..8].try_into().unwrap();
        assert_eq!(Blinder::new([7; 32]).session("s1"), u64::from_be_bytes(front));
    }
}
