//! Chance as an argument: rules never draw it, they are given it.

/// A source of random bytes. The server's is the operating system's; a test's is a seed.
pub trait Chance: Send {
    /// Fills `bytes` with chance.
    fn fill(&mut self, bytes: &mut [u8]);
}
