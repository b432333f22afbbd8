//! The job of ages: an epoch's key is replaced, and what lies aside goes, when it has lived long
//! enough.

use std::sync::atomic::Ordering;

use vault::EPOCH_LENGTH;
use vocabulary::{Span, Time};

use crate::app::App;

/// How often the age of the epoch is looked at: a stop must not wait for it.
const LOOK: Span = Span(250_000);
/// How often the age of what lies aside is looked at.
const TIDY: Span = Span::HOUR;

/// Removes what has lain aside too long and begins a new epoch whenever one has ended, until the
/// installation stops.
pub async fn rotate(app: App) {
    let mut tidied = Time(i64::MIN);
    while !app.inner().stopping.load(Ordering::Relaxed) {
        crate::clock::pause(LOOK).await;
        if tidied.0 == i64::MIN || tidied + TIDY <= app.now() {
            tidied = app.now();
            if let Err(error) = app.tidy_quarantine().await {
                tracing::error!(
                    error = format!("{error:#}"),
                    "what lies aside could not be tidied"
                );
            }
        }
        let (_, began) = app.inner().vault.custody().epoch();
        if app.now() < began + EPOCH_LENGTH {
            continue;
        }
        // Rewriting files makes keys, which would be wrapped under an epoch that is going.
        let _manifest = app.inner().manifest.lock().await;
        match app.inner().vault.rotate(app.now()).await {
            Ok(epoch) => tracing::info!(epoch, "a new epoch began; the keys are wrapped under it"),
            Err(error) => {
                tracing::error!(%error, "no new epoch could be begun; it is tried again");
                crate::clock::pause(Span::seconds(5)).await;
            }
        }
    }
}
