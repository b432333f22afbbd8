//! Access: the keys, links, passwords and sessions that callers hold. All are kept as digests.
//!
//! Who may do what with them is decided by the server; here stands whether one is genuine and in
//! force.

mod key;
mod password;
mod session;
#[cfg(test)]
mod tests;

use aws_lc_rs::digest;

pub use key::{ApiKey, ClearKey, KeyKind, NewKey};
pub(crate) use key::{KeyRing, save_used};
pub use session::{Secret, Session};

#[cfg(test)]
pub(crate) const EVERY_STATEMENT: &[&[crate::sql::Statement]] =
    &[key::STATEMENTS, password::STATEMENTS, session::STATEMENTS];

/// SHA-256: enough for secrets that are random and long.
fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut whole = [0; 32];
    whole.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    whole
}
