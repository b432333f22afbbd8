//! Cookieless mode: visitors who are told apart for a day, and by nobody afterwards.
//!
//! The client stores and sends no id. What the request shows anyway becomes a pseudonym under a
//! salt that lives as long as the day: without it nobody can find out again which visitor it was,
//! and the next day's pseudonym is another.

use std::fmt;
use std::net::IpAddr;

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The id that a client in cookieless mode sends instead of one.
pub const SENTINEL: &str = "$posthog_cookieless";

/// A secret of one day. It is drawn anew each day and written nowhere.
#[derive(Clone)]
pub struct DaySalt(pub [u8; 32]);

impl fmt::Debug for DaySalt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("DaySalt(..)")
    }
}

impl DaySalt {
    /// The pseudonym of a visitor: the same within a day, for one network address, browser and
    /// site.
    pub(super) fn visitor(&self, address: IpAddr, agent: &str, site: &str) -> String {
        let address = address.to_canonical().to_string();
        format!("cookieless-{}", self.digest(&[&address, agent, site]))
    }

    /// The pseudonym of a visitor's session: a number that the client keeps for longer than a day
    /// would lead from one day's visitor to the next one's.
    pub(super) fn session(&self, visitor: &str, session: &str) -> String {
        self.digest(&["session", visitor, session])
    }

    fn digest(&self, parts: &[&str]) -> String {
        // A key of any length is allowed, so this cannot fail.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        hex::encode(mac.finalize().into_bytes())
    }
}
