//! keep: what is stored, and the events as they become durable.

pub mod events;
pub mod status;
pub mod storage;
pub mod unlink;
