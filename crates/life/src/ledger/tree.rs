//! The RFC 6962 tree as it grows, in tiles of 256 hashes. It holds the right edge only, so a tree
//! of any size takes a few kilobytes; full tiles are handed out as they fill.
//!
//! It never forgets a leaf and never changes one: `push` is the only way to change a tree.

use tlog_tiles::{EMPTY_HASH, Hash, node_hash};

/// How many hashes a full tile holds.
pub const TILE_WIDTH: usize = 256;

/// A tile that filled up: 256 hashes of one level.
#[derive(Debug, Clone, PartialEq)]
pub struct Full {
    /// 0 for the leaves' hashes; each level up stands for 256 times as many leaves.
    pub level: u8,
    /// The number of the tile in its level.
    pub index: u64,
    /// Its 256 hashes.
    pub hashes: Vec<Hash>,
}

/// A tree by its right edge.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tree {
    size: u64,
    /// By level: the hashes of the tile that is not full yet.
    edge: Vec<Vec<Hash>>,
}

impl Tree {
    /// The tree of this size whose unfinished tiles are these; `None` when they do not fit the
    /// size.
    #[must_use]
    pub fn resume(size: u64, edge: Vec<Vec<Hash>>) -> Option<Self> {
        let fits = |(level, hashes): (u8, &Vec<Hash>)| {
            hashes.len() as u64 == count(size, level) % TILE_WIDTH as u64
        };
        let levels = levels(size);
        (edge.len() == usize::from(levels) && (0..levels).zip(&edge).all(fits))
            .then_some(Self { size, edge })
    }

    /// How many leaves it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf; tiles that it fills are appended to `full`, lower levels first.
    pub fn push(&mut self, leaf: Hash, full: &mut Vec<Full>) {
        self.size += 1;
        let mut hash = leaf;
        for level in 0..=u8::MAX {
            if self.edge.len() == usize::from(level) {
                self.edge.push(Vec::with_capacity(TILE_WIDTH));
            }
            let Some(tile) = self.edge.get_mut(usize::from(level)) else { return };
            tile.push(hash);
            if tile.len() < TILE_WIDTH {
                return;
            }
            let hashes = std::mem::take(tile);
            hash = root_of(&hashes);
            full.push(Full { level, index: count(self.size, level + 1) - 1, hashes });
        }
    }

    /// The unfinished tiles, as (level, index, hashes); none of them is empty.
    pub fn unfinished(&self) -> impl Iterator<Item = (u8, u64, &[Hash])> {
        (0..=u8::MAX)
            .zip(&self.edge)
            .filter(|(_, hashes)| !hashes.is_empty())
            .map(|(level, hashes)| (level, count(self.size, level + 1), hashes.as_slice()))
    }

    /// The root over all leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        // A level's hashes stand for perfect subtrees of equal size, and whatever lower levels left
        // over is smaller than one: so each level folds to one hash that ends the level above.
        let mut rest: Option<Hash> = None;
        for hashes in &self.edge {
            let mut line = hashes.clone();
            line.extend(rest);
            rest = (!line.is_empty()).then(|| root_of(&line));
        }
        rest.unwrap_or(EMPTY_HASH)
    }
}

/// How many hashes the tiles of this level hold in a tree of this size.
#[must_use]
pub fn count(size: u64, level: u8) -> u64 {
    size.checked_shr(u32::from(level) * TILE_WIDTH.ilog2()).unwrap_or(0)
}

/// How many levels of tiles a tree of this size has.
#[must_use]
pub fn levels(size: u64) -> u8 {
    (0..=8).find(|level| count(size, *level) == 0).unwrap_or(8)
}

/// The RFC 6962 root over these hashes.
#[must_use]
pub fn root_of(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => EMPTY_HASH,
        [one] => *one,
        many => {
            // The left side is the largest power of two that leaves something for the right.
            let left = many.len().next_power_of_two() >> 1;
            match many.split_at_checked(left) {
                Some((left, right)) => node_hash(root_of(left), root_of(right)),
                None => EMPTY_HASH,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tlog_tiles::{Error, HashReader, record_hash, stored_hashes, tree_hash};

    /// The leaves of the test vectors that accompany RFC 6962, and the roots over the first 1 to 8.
    const LEAVES: [&str; 8] = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    #[test]
    fn roots_are_those_of_the_published_vectors() {
        let mut tree = Tree::default();
        assert_eq!(
            hex::encode(tree.root().0),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        for (leaf, root) in LEAVES.iter().zip(ROOTS) {
            tree.push(record_hash(&hex::decode(leaf).unwrap()), &mut Vec::new());
            assert_eq!(hex::encode(tree.root().0), root);
        }
        assert_eq!(
            hex::encode(record_hash(b"").0),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
    }

    struct Stored(Vec<Hash>);

    impl HashReader for Stored {
        fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
            Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
        }
    }

    #[test]
    fn roots_and_tiles_agree_with_the_library_at_every_size() {
        let mut stored = Stored(Vec::new());
        let (mut tree, mut full) = (Tree::default(), Vec::new());
        for number in 0..70_000_u64 {
            let data = number.to_le_bytes();
            let hashes = stored_hashes(number, &data, &stored).unwrap();
            stored.0.extend(hashes);
            tree.push(record_hash(&data), &mut full);
            let size = number + 1;
            if size < 1_100 || size % 997 == 0 || (65_000..66_000).contains(&size) {
                assert_eq!(tree.root(), tree_hash(size, &stored).unwrap(), "size {size}");
            }
        }
        let tiles = tlog_tiles::Tile::new_tiles(8, 0, tree.size());
        let (mut whole, mut part) = (0, 0);
        for tile in tiles {
            let bytes = tile.read_data(&stored).unwrap();
            let ours = if tile.width() == 256 {
                whole += 1;
                let ours = full
                    .iter()
                    .find(|ours| ours.level == tile.level() && ours.index == tile.level_index());
                ours.unwrap().hashes.clone()
            } else {
                part += 1;
                let ours = tree.unfinished().find(|(level, index, _)| {
                    *level == tile.level() && *index == tile.level_index()
                });
                ours.unwrap().2.to_vec()
            };
            assert_eq!(ours.iter().flat_map(|hash| hash.0).collect::<Vec<_>>(), bytes);
        }
        assert_eq!((whole, part), (full.len(), tree.unfinished().count()));
    }

    #[test]
    fn a_resumed_tree_is_the_same_tree() {
        let mut tree = Tree::default();
        for number in 0..600_u64 {
            assert_eq!(Tree::resume(tree.size, tree.edge.clone()), Some(tree.clone()));
            tree.push(record_hash(&number.to_le_bytes()), &mut Vec::new());
        }
        assert_eq!(Tree::resume(3, vec![vec![EMPTY_HASH; 2]]), None);
    }
}
