//! Waiting for something to become true: looking again, up to a deadline.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How long between two looks.
pub const LOOK: Duration = Duration::from_millis(20);

/// Looks until `look` finds something; its last words are the error when it never does.
pub async fn eventually<T>(limit: Duration, mut look: impl AsyncFnMut() -> Result<T>) -> Result<T> {
    let begun = now();
    let mut interval = tokio::time::interval(LOOK);
    loop {
        interval.tick().await;
        match look().await {
            Ok(found) => return Ok(found),
            Err(error) if now() - begun > limit => {
                bail!("not within {} s: {error:#}", limit.as_secs_f64())
            }
            Err(_) => {}
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a deadline in real time is what a test waits by")]
fn now() -> Instant {
    Instant::now()
}
