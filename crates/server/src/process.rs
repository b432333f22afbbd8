//! What the kernel says of this process.

/// Bytes of memory that it holds for itself, without the files that it has mapped; nothing where
/// the kernel does not say so.
#[must_use]
pub fn held_bytes() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let mut pages = pages.split(' ').skip(1).map(str::parse::<u64>);
    let (resident, shared) = (pages.next()?.ok()?, pages.next()?.ok()?);
    Some(resident.saturating_sub(shared) * PAGE_BYTES)
}

/// The size of a page on every machine that we are built for.
const PAGE_BYTES: u64 = 4 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_told() {
        let before = held_bytes().unwrap();
        let more = vec![1u8; 64 << 20];
        assert!(held_bytes().unwrap() >= before + (32 << 20), "{}", more.len());
    }
}
