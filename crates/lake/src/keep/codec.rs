//! How the columns of a block lie in a file: numbers in planes of bytes, texts in a dictionary.
//!
//! Nothing here knows what a column means, and nothing is encrypted here.

mod input;
mod planes;
mod texts;

pub(super) use input::{Input, put_varint};
pub(super) use planes::{Effort, Packer, Unpacker, unzigzag, zigzag};
pub(super) use texts::{Dictionary, Words};
