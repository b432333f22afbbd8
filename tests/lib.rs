//! Helpers of the harness: the real program in a directory of its own, and waiting with a deadline.

pub mod program;
pub mod wait;

pub use program::Candor;
pub use wait::eventually;
