//! Where the hashes and the entries of a ledger stand: files of up to 256, named as C2SP tlog-tiles
//! says. An unfinished file carries its width in its name, so no file is ever changed in place.
//!
//! Reading a file here never trusts it: a wrong length is an answer of its own.

use tlog_tiles::Hash;

use super::tree::{TILE_WIDTH, count};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Entries, each with two bytes of length before it.
    Entries,
    /// Hashes of this level of the tree.
    Hashes(u8),
}

/// One file of up to 256 entries or hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    pub kind: Kind,
    /// Its number within its kind.
    pub index: u64,
    /// How many it holds: 1 to 256.
    pub width: usize,
}

impl Tile {
    /// The file with this number as it stands in a tree of `size` leaves; `None` when it has none.
    #[must_use]
    pub fn of(kind: Kind, index: u64, size: u64) -> Option<Self> {
        let level = match kind {
            Kind::Entries => 0,
            Kind::Hashes(level) => level,
        };
        let first = index.checked_mul(TILE_WIDTH as u64)?;
        let left = count(size, level).checked_sub(first).filter(|left| *left > 0)?;
        let width = usize::try_from(left).unwrap_or(TILE_WIDTH).min(TILE_WIDTH);
        Some(Self { kind, index, width })
    }

    /// Whether nothing more fits in.
    #[must_use]
    pub fn is_full(self) -> bool {
        self.width == TILE_WIDTH
    }

    /// The path below the ledger's directory that the full file has, and that its parts start with.
    #[must_use]
    pub fn full_path(self) -> String {
        let mut path = format!("{:03}", self.index % 1_000);
        let mut rest = self.index / 1_000;
        while rest > 0 {
            path = format!("x{:03}/{path}", rest % 1_000);
            rest /= 1_000;
        }
        match self.kind {
            Kind::Entries => format!("tile/entries/{path}"),
            Kind::Hashes(level) => format!("tile/{level}/{path}"),
        }
    }

    /// The directory that holds the unfinished versions of this file.
    #[must_use]
    pub fn parts_path(self) -> String {
        format!("{}.p", self.full_path())
    }

    /// The path of this file below the ledger's directory.
    #[must_use]
    pub fn path(self) -> String {
        if self.is_full() {
            self.full_path()
        } else {
            format!("{}/{}", self.parts_path(), self.width)
        }
    }
}

/// The bytes of a file of hashes.
#[must_use]
pub fn write_hashes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// The hashes that a file holds; `None` when it ends within one.
#[must_use]
pub fn read_hashes(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<{ tlog_tiles::HASH_SIZE }>();
    rest.is_empty().then(|| hashes.iter().map(|hash| Hash(*hash)).collect())
}

/// Adds an entry to the bytes of a file of entries; `false`, and nothing added, when it is too
/// long.
#[must_use]
pub fn write_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> bool {
    let Ok(length) = u16::try_from(entry.len()) else { return false };
    bundle.extend(length.to_be_bytes());
    bundle.extend(entry);
    true
}

/// The entries that a file holds; `None` when it ends within one.
#[must_use]
pub fn read_entries(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::with_capacity(TILE_WIDTH);
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let (entry, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        entries.push(entry);
        bytes = rest;
    }
    bytes.is_empty().then_some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_tlog_tiles() {
        let path = |kind, index, size| Tile::of(kind, index, size).map(Tile::path);
        assert_eq!(path(Kind::Entries, 0, 5), Some("tile/entries/000.p/5".into()));
        assert_eq!(path(Kind::Entries, 0, 256), Some("tile/entries/000".into()));
        assert_eq!(path(Kind::Hashes(0), 1, 257), Some("tile/0/001.p/1".into()));
        assert_eq!(path(Kind::Hashes(1), 0, 70_000), Some("tile/1/000".into()));
        assert_eq!(path(Kind::Hashes(2), 0, 70_000), Some("tile/2/000.p/1".into()));
        let far = path(Kind::Hashes(0), 1_234_067, u64::MAX);
        assert_eq!(far, Some("tile/0/x001/x234/067".into()));
        assert_eq!(path(Kind::Hashes(1), 0, 255), None);
        assert_eq!(path(Kind::Entries, 1, 256), None);
    }

    #[test]
    fn a_file_of_entries_reads_back_or_not_at_all() {
        let mut bundle = Vec::new();
        for entry in [&b"one"[..], b"", b"three"] {
            assert!(write_entry(&mut bundle, entry));
        }
        assert!(!write_entry(&mut bundle, &vec![0; 65_536]));
        assert_eq!(read_entries(&bundle), Some(vec![&b"one"[..], b"", b"three"]));
        let cuts = (0..bundle.len()).filter(|end| read_entries(&bundle[..*end]).is_some());
        assert_eq!(cuts.collect::<Vec<_>>(), [0, 5, 7], "only whole entries read back");
    }
}
