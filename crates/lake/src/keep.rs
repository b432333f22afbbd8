//! keep: the journal, fresh rows, and the encrypted files that they are folded into.

pub mod chunk;
pub mod column;
pub mod compact;
pub mod control;
pub mod duplicates;
pub mod file;
pub mod fold;
pub mod fresh;
pub mod journal;
pub mod keeper;
pub mod period;
pub mod projected;
pub mod read;
pub mod rows;
pub mod storage;
pub mod stretches;
pub mod ties;
pub mod write;

mod codec;
mod decode;
mod durable;
mod footer;
mod region;
mod sealed;
mod section;
mod unseal;

#[cfg(test)]
pub(crate) mod tests;
