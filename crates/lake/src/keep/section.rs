//! Sections of a file: one column of one block each, sealed with the file's key for its place.
//!
//! A file's key seals one file, written once, so that the place of a section is its nonce.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use vocabulary::{Class, Code, FileKey};

use super::file::FileError;

/// What a section holds. In a block they lie in this order, so that what most questions read lies
/// together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Section {
    Person,
    /// Absent when every leaf is its own person.
    Leaf,
    Stamp,
    Time,
    /// Absent when it is zero everywhere, as the session.
    Sequence,
    /// Absent when it is null everywhere.
    Property(Code),
    Received,
    Session,
    /// The blobs of a class's runs.
    Sealed(Class),
}

/// Where a sealed section stands in its file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) block: u32,
    pub(super) section: u32,
}

impl Spot {
    /// The footer of a file.
    pub(super) const FOOTER: Spot = Spot { block: u32::MAX, section: u32::MAX };

    /// A group of a projection, by its number in the file.
    pub(super) const fn group(number: u32) -> Spot {
        Spot { block: u32::MAX - 1, section: number }
    }

    fn nonce(self) -> Nonce {
        let mut nonce = [0; NONCE_LEN];
        let place = (u64::from(self.block) << 32 | u64::from(self.section)).to_le_bytes();
        nonce.iter_mut().zip(place).for_each(|(to, from)| *to = from);
        Nonce::assume_unique_for_key(nonce)
    }
}

/// The key of a file, ready for use.
#[derive(Debug)]
pub(super) struct SectionKey {
    key: LessSafeKey,
    context: Vec<u8>,
}

impl SectionKey {
    /// `context` says which file of whom it is.
    pub(super) fn new(key: &FileKey, context: Vec<u8>) -> Result<Self, FileError> {
        let unusable = |_| FileError::Encode { what: "a file's key is of another length".into() };
        let key = UnboundKey::new(&AES_256_GCM, &key.0).map_err(unusable)?;
        Ok(Self { key: LessSafeKey::new(key), context })
    }

    /// Seals bytes where they are.
    pub(super) fn seal(&self, spot: Spot, bytes: &mut Vec<u8>) -> Result<(), FileError> {
        let sealed =
            self.key.seal_in_place_append_tag(spot.nonce(), Aad::from(&self.context), bytes);
        sealed.map_err(|_| FileError::Encode { what: "a section is too long to seal".into() })
    }

    /// Opens them again; `None` when they are not what was sealed there.
    pub(super) fn open(&self, spot: Spot, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
        let opened = self.key.open_in_place(spot.nonce(), Aad::from(&self.context), &mut bytes);
        let length = opened.ok()?.len();
        bytes.truncate(length);
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_opens_at_its_place_alone_and_no_two_are_sealed_alike() {
        let key = SectionKey::new(&FileKey([7; 32]), b"a file".to_vec()).unwrap();
        let sealed = |spot| {
            let mut bytes = b"the same bytes".to_vec();
            key.seal(spot, &mut bytes).unwrap();
            bytes
        };
        let spots = [(0, 0), (0, 1), (1, 0)].map(|(block, section)| Spot { block, section });
        for spot in spots.into_iter().chain([Spot::FOOTER, Spot::group(0)]) {
            assert_eq!(key.open(spot, sealed(spot)).unwrap(), b"the same bytes");
            for other in spots
                .into_iter()
                .filter(|other| (other.block, other.section) != (spot.block, spot.section))
            {
                assert!(key.open(other, sealed(spot)).is_none(), "{spot:?} {other:?}");
                assert_ne!(sealed(other), sealed(spot), "{spot:?} {other:?}");
            }
        }
    }
}
