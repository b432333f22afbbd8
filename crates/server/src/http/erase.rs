//! erase: to be forgotten, and to have the use of one's data restricted.

pub mod forget;
pub mod restrict;
