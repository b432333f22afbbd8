//! The one place where the program reads the clock; everything below gets instants as arguments.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use vocabulary::{Span, Time};

/// Where instants come from. Clones share one time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Time + Send + Sync>);

impl Clock {
    /// The machine's clock; it never goes back.
    #[must_use]
    pub fn system() -> Self {
        let latest = AtomicI64::new(i64::MIN);
        Self(Arc::new(move || {
            let now = read_system();
            Time(latest.fetch_max(now.0, Ordering::Relaxed).max(now.0))
        }))
    }

    /// A clock that a test sets.
    #[must_use]
    pub fn set(time: Arc<AtomicI64>) -> Self {
        Self(Arc::new(move || Time(time.load(Ordering::Relaxed))))
    }

    /// This instant.
    #[must_use]
    pub fn now(&self) -> Time {
        (self.0)()
    }

    /// How long something took.
    #[must_use]
    pub fn since(&self, start: Time) -> Span {
        self.now() - start
    }
}

#[expect(clippy::disallowed_methods, reason = "the only reading of the machine's clock")]
fn read_system() -> Time {
    let since =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

impl fmt::Debug for Clock {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Clock")
    }
}

/// Waits, where the outside asks us to: between tries of a client, and between rounds of a job.
#[expect(clippy::disallowed_methods, reason = "the only waiting of the program")]
pub async fn pause(span: Span) {
    tokio::time::sleep(std::time::Duration::from_micros(span.0.unsigned_abs())).await;
}
