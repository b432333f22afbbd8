//! Protections that a negative control switches off, to see that the tests notice.
//!
//! Only a build with the feature `control` can; in every other one each protection is always on,
//! and the compiler leaves nothing of this behind.

/// What keeps an acknowledged event from being lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// An answer waits until the journal has written its records.
    WriteBeforeAnswer,
    /// And until the disk has them.
    Sync,
}

/// Whether this protection is switched off.
#[cfg(not(feature = "control"))]
#[must_use]
pub const fn is_off(_: Protection) -> bool {
    false
}

#[cfg(feature = "control")]
pub use switch::{is_off, switch_off};

#[cfg(feature = "control")]
mod switch {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::Protection;

    static OFF: AtomicU8 = AtomicU8::new(0);

    const NAMES: [(&str, Protection); 2] = [
        ("control-answer-before-write", Protection::WriteBeforeAnswer),
        ("control-no-sync", Protection::Sync),
    ];

    /// Switches a protection off, for as long as the process lives; false when none has this name.
    #[must_use]
    pub fn switch_off(name: &str) -> bool {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        if let Some((_, protection)) = found {
            OFF.fetch_or(1 << *protection as u8, Ordering::Relaxed);
        }
        found.is_some()
    }

    /// Whether this protection is switched off.
    #[must_use]
    pub fn is_off(protection: Protection) -> bool {
        OFF.load(Ordering::Relaxed) & (1 << protection as u8) != 0
    }
}
