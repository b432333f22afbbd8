//! Watching a question from outside: how far it has come, and that nobody wants it any more.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::error::AskError;

/// What a question says of itself while it runs.
#[derive(Debug, Default)]
pub struct Watch {
    rows: AtomicU64,
    bytes: AtomicU64,
    /// Rows passed, hidden ones too, of how many. It only leaves here as a share.
    passed: AtomicU64,
    of: AtomicU64,
    is_cancelled: AtomicBool,
}

impl Watch {
    /// Nobody wants the answer any more: the question ends at its next chunk.
    pub fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether nobody wants the answer any more.
    pub(super) fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }

    /// Visible rows so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Bytes read so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// How much of the work is done, in whole percent: finer, it would tell how much is hidden.
    #[must_use]
    pub fn percent(&self) -> u8 {
        let (passed, of) = (self.passed.load(Ordering::Relaxed), self.of.load(Ordering::Relaxed));
        u8::try_from(passed.min(of).saturating_mul(100) / of.max(1)).unwrap_or(100)
    }

    /// So many more rows will be passed.
    pub(super) fn expect(&self, rows: u64) {
        self.of.fetch_add(rows, Ordering::Relaxed);
    }

    /// A chunk was passed.
    pub(super) fn pass(&self, rows: u64, visible: u64, bytes: u64) -> Result<(), AskError> {
        self.passed.fetch_add(rows, Ordering::Relaxed);
        self.rows.fetch_add(visible, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if self.is_cancelled() { Err(AskError::Cancelled) } else { Ok(()) }
    }
}
