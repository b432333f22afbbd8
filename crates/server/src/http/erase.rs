//! erase: to be forgotten.

pub mod forget;
