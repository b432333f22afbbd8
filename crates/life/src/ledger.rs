//! What happened, so that somebody else can check it: facts as entries of a tile-based Merkle log
//! (RFC 6962 tree, C2SP tlog-tiles, checkpoint and signed note).
//!
//! Nothing here opens a file or holds a secret key: bytes come through [`Files`], a signature comes
//! from a closure. No entry holds personal data; a person appears as a commitment.

pub mod checkpoint;
pub mod commitment;
pub mod entry;
mod past;
pub mod tile;
pub mod tree;
pub mod verify;

pub use checkpoint::{Checkpoint, CheckpointError, KeyError, PublicKey};
pub use commitment::{Batch, Opening, Salt};
pub use entry::{ENTRY_BYTES_MAX, Entry, EntryError};
pub use past::past_root;
pub use tile::{Kind, Tile};
pub use tlog_tiles::{Hash, record_hash as leaf_hash};
pub use tree::Tree;
pub use verify::{Problem, ProblemCode, Report, verify};

/// The file that holds the newest signed checkpoint.
pub const CHECKPOINT: &str = "checkpoint";

/// The file that holds the public key, so that a reader need not ask for it.
pub const PUBLIC_KEY: &str = "key.pub";

/// The files of a ledger, wherever they are.
pub trait Files {
    /// The bytes of the file at this path below the ledger's directory; `None` when it is not
    /// there.
    fn read(&self, path: &str) -> Option<Vec<u8>>;
}
