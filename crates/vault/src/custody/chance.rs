//! Chance for keys and nonces: the operating system's, or a test's seed.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use vocabulary::Chance;

/// The shared source that custody draws from.
pub(crate) type Draw = Arc<Mutex<Box<dyn Chance>>>;

/// Chance from the operating system, drawn ahead: asking for a nonce's few bytes takes longer than
/// sealing a short text with it.
#[derive(Default)]
pub struct SystemChance {
    random: SystemRandom,
    ahead: Vec<u8>,
}

/// How many bytes are drawn at once.
const AHEAD_BYTES: usize = 4096;

impl Chance for SystemChance {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            if self.ahead.is_empty() {
                self.ahead.resize(AHEAD_BYTES, 0);
                if self.random.fill(&mut self.ahead).is_err() {
                    // A key or nonce without chance would betray what it seals; there is no way on.
                    std::process::abort();
                }
            }
            // Each byte is used once, and then is here no more.
            *byte = self.ahead.last_mut().map(std::mem::take).unwrap_or_default();
            self.ahead.pop();
        }
    }
}

impl std::fmt::Debug for SystemChance {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("SystemChance(..)")
    }
}

/// So many bytes of chance.
pub(crate) fn draw<const N: usize>(draw: &Draw) -> [u8; N] {
    let mut bytes = [0; N];
    draw.lock().unwrap_or_else(PoisonError::into_inner).fill(&mut bytes);
    bytes
}

/// A random name in the form of a version 4 UUID.
pub(crate) fn uuid(source: &Draw) -> String {
    let mut number = u128::from_be_bytes(draw(source));
    number = number & !(0xf << 76) | 0x4 << 76;
    number = number & !(0b11 << 62) | 0b10 << 62;
    let text = format!("{number:032x}");
    let mut name = String::with_capacity(36);
    for (place, letter) in text.chars().enumerate() {
        if matches!(place, 8 | 12 | 16 | 20) {
            name.push('-');
        }
        name.push(letter);
    }
    name
}
