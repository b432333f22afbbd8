//! Commitments: a batch's fact says nothing about its rows but the root over salted hashes of them.
//! Who holds a row's opening can prove that the ledger counted that row under that verdict.
//!
//! A salt never leaves with the commitment: once the salt is destroyed, the commitment says
//! nothing.

use hmac::{Hmac, Mac};
use sha2::{Digest as _, Sha256};
use tlog_tiles::{Error, Hash, HashReader, check_record, prove_record, record_hash, stored_hashes};
use vocabulary::{Digest, Leaf, VerdictId};

/// Sets these hashes apart from every other use of SHA-256.
const DOMAIN: &[u8] = b"candor commitment 1\n";

/// What hides a row behind its commitment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 32]);

impl Salt {
    /// The salt of row `index` of the batch that has this secret.
    #[must_use]
    pub fn derive(secret: &[u8; 32], index: u64) -> Self {
        // HMAC pads a key to its block with zeros.
        let block: [u8; 64] = std::array::from_fn(|at| secret.get(at).copied().unwrap_or(0));
        let mut salt = Hmac::<Sha256>::new(&block.into());
        salt.update(DOMAIN);
        salt.update(&index.to_be_bytes());
        Self(salt.finalize().into_bytes().into())
    }
}

impl std::fmt::Debug for Salt {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Salt(…)")
    }
}

/// The commitment to one row.
#[must_use]
pub fn commit(salt: Salt, leaf: Leaf, verdict: VerdictId) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(DOMAIN);
    hash.update(salt.0);
    hash.update(leaf.0.to_be_bytes());
    hash.update(verdict.0.to_be_bytes());
    hash.finalize().into()
}

/// The commitments of a batch, in the order of its rows.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    size: u64,
    stored: Stored,
}

#[derive(Debug, Clone, Default)]
struct Stored(Vec<Hash>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        let hash =
            |index: &u64| usize::try_from(*index).ok().and_then(|at| self.0.get(at).copied());
        indexes.iter().map(|index| hash(index).ok_or(Error::IndexesNotInTree)).collect()
    }
}

impl Batch {
    /// The commitments to these rows.
    #[must_use]
    pub fn new(rows: impl IntoIterator<Item = (Salt, Leaf, VerdictId)>) -> Self {
        let mut batch = Self::default();
        for (salt, leaf, verdict) in rows {
            let commitment = commit(salt, leaf, verdict);
            // INVARIANT(stored): every hash that an earlier row completed is in `stored`.
            let Ok(hashes) = stored_hashes(batch.size, &commitment, &batch.stored) else { break };
            batch.stored.0.extend(hashes);
            batch.size += 1;
        }
        batch
    }

    /// The root over all of them: what the fact carries.
    #[must_use]
    pub fn root(&self) -> Digest {
        let root = tlog_tiles::tree_hash(self.size, &self.stored);
        Digest(hex::encode(root.unwrap_or(tlog_tiles::EMPTY_HASH).0))
    }

    /// What proves that row `index` is in the batch, given the row itself; `None` past its end.
    #[must_use]
    pub fn open(&self, index: u64, salt: Salt, leaf: Leaf, verdict: VerdictId) -> Option<Opening> {
        let path = prove_record(self.size, index, &self.stored).ok()?;
        let path = path.into_iter().map(|hash| hash.0).collect();
        Some(Opening { salt, leaf, verdict, index, size: self.size, path })
    }
}

/// One row of a batch with what proves that it is there. It names a leaf: seal it under the person.
#[derive(Clone, PartialEq, Eq)]
pub struct Opening {
    pub salt: Salt,
    pub leaf: Leaf,
    pub verdict: VerdictId,
    /// The place of the row in the batch.
    pub index: u64,
    /// How many rows the batch has.
    pub size: u64,
    /// The RFC 6962 audit path.
    pub path: Vec<[u8; 32]>,
}

impl Opening {
    /// Whether a fact with this root counted this row under this verdict.
    #[must_use]
    pub fn proves(&self, root: &Digest) -> bool {
        let Ok(Ok(root)) = hex::decode(&root.0).map(<[u8; 32]>::try_from) else { return false };
        let row = record_hash(&commit(self.salt, self.leaf, self.verdict));
        let path = self.path.iter().map(|hash| Hash(*hash)).collect();
        check_record(&path, self.size, Hash(root), self.index, row).is_ok()
    }
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Opening({} of {})", self.index, self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: u64) -> Vec<(Salt, Leaf, VerdictId)> {
        let row = |index| (Salt::derive(&[7; 32], index), Leaf(index / 2), VerdictId(3));
        (0..count).map(row).collect()
    }

    #[test]
    fn every_row_opens_and_nothing_else_does() {
        for size in [1, 2, 3, 7, 8, 9, 100] {
            let rows = rows(size);
            let batch = Batch::new(rows.iter().copied());
            let root = batch.root();
            for (index, (salt, leaf, verdict)) in (0..).zip(&rows) {
                let opening = batch.open(index, *salt, *leaf, *verdict).unwrap();
                assert!(opening.proves(&root));
                let wrong = [
                    Opening { salt: Salt([0; 32]), ..opening.clone() },
                    Opening { leaf: Leaf(99), ..opening.clone() },
                    Opening { verdict: VerdictId(4), ..opening.clone() },
                    Opening { index: (index + 1) % (size + 1), ..opening.clone() },
                    Opening { size: index, ..opening.clone() },
                    Opening { path: vec![[0; 32]; 3], ..opening.clone() },
                    Opening { path: vec![[0; 32]; 70], size: u64::MAX, ..opening.clone() },
                ];
                assert!(wrong.iter().all(|opening| !opening.proves(&root)));
                assert!(!opening.proves(&Digest("no hash".into())));
            }
            assert_eq!(batch.open(size, rows[0].0, Leaf(0), VerdictId(3)), None);
        }
    }

    #[test]
    fn an_empty_batch_has_the_root_of_nothing() {
        let root = Batch::new([]).root();
        assert_eq!(root.0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn the_same_row_twice_gives_two_commitments() {
        let (one, two) = (Salt::derive(&[7; 32], 0), Salt::derive(&[7; 32], 1));
        assert_ne!(commit(one, Leaf(1), VerdictId(1)), commit(two, Leaf(1), VerdictId(1)));
    }
}
