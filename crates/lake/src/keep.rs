//! keep: the journal, fresh rows, and the encrypted files that they are folded into.

pub mod chunk;
pub mod column;
pub mod file;
pub mod read;
