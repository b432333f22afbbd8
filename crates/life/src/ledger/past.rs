//! The root that a ledger had when it was smaller, from its hashes alone.
//!
//! It does not prove that the hashes are the signed ones; it costs a few files, where `verify`
//! reads all.

use tlog_tiles::{Error, Hash, HashReader, split_stored_hash_index, tree_hash};

use super::tile::read_hashes;
use super::tree::{TILE_WIDTH, root_of};
use super::{Files, Kind, Tile};

/// The root over the first `earlier` entries of a ledger of `size`; `None` when there are not so
/// many, or a file that is needed cannot be read.
#[must_use]
pub fn past_root(files: &dyn Files, size: u64, earlier: u64) -> Option<Hash> {
    let past = Past { files, size };
    (earlier <= size).then(|| tree_hash(earlier, &past).ok()).flatten()
}

struct Past<'a> {
    files: &'a dyn Files,
    size: u64,
}

impl Past<'_> {
    fn read(&self, index: u64) -> Option<Hash> {
        let (level, number) = split_stored_hash_index(index);
        // A hash between two levels of tiles is the root over some hashes of the tile below.
        let span = 1 << (u32::from(level) % TILE_WIDTH.ilog2());
        let first = number.checked_mul(span)?;
        let kind = Kind::Hashes(level / TILE_WIDTH.ilog2() as u8);
        let tile = Tile::of(kind, first / TILE_WIDTH as u64, self.size)?;
        let hashes = read_hashes(&self.files.read(&tile.path())?)?;
        let start = usize::try_from(first % TILE_WIDTH as u64).ok()?;
        let end = start + usize::try_from(span).ok()?;
        hashes.get(start..end).map(root_of)
    }
}

impl HashReader for Past<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        indexes.iter().map(|index| self.read(*index).ok_or(Error::IndexesNotInTree)).collect()
    }
}
