//! The job of the law: what is stored is judged again as soon as a rule begins or ends to hold.

use std::sync::atomic::Ordering;

use vocabulary::Span;

use crate::app::App;

/// How often the day is looked at: a stop must not wait for it.
const LOOK: Span = Span(250_000);

/// Judges what is stored again at each change of the law, until the installation stops.
pub async fn watch(app: App) {
    let edition = || app.gate().law().edition(app.now());
    let mut judged = edition();
    while !app.inner().stopping.load(Ordering::Relaxed) {
        crate::clock::pause(LOOK).await;
        let now = edition();
        if now == judged {
            continue;
        }
        match app.rejudge().await {
            Ok(()) => judged = now,
            // The mask has narrowed all the same: only the fact is missing, and is written later.
            Err(error) => tracing::error!(%error, "a change of law could not be recorded"),
        }
    }
}
