//! Chance for keys and nonces: the operating system's, or a test's seed.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use vocabulary::Chance;

/// The shared source that custody draws from.
pub(crate) type Draw = Arc<Mutex<Box<dyn Chance>>>;

/// Chance from the operating system.
#[derive(Debug, Default)]
pub struct SystemChance {
    random: SystemRandom,
}

impl Chance for SystemChance {
    fn fill(&mut self, bytes: &mut [u8]) {
        if self.random.fill(bytes).is_err() {
            // A key or nonce without chance would betray what it seals; there is no way on.
            std::process::abort();
        }
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
