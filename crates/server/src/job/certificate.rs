//! The job of the certificate: it is read again when its files change, without a restart.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use vocabulary::Span;

use crate::app::App;
use crate::listen::certificate::{Certificate, Renewal};

/// How often the files are looked at: a stop must not wait for it.
const LOOK: Span = Span(500_000);

/// Looks at the files until the installation stops.
pub async fn renew(app: App, certificate: Arc<Certificate>) {
    while !app.inner().stopping.load(Ordering::Relaxed) {
        crate::clock::pause(LOOK).await;
        match certificate.renew() {
            Renewal::Unchanged => {}
            Renewal::Renewed => tracing::info!("the certificate was renewed"),
            Renewal::Failed(error) => tracing::error!(
                %error,
                "the certificate's files changed to something that cannot be shown; the one \
                 before is shown on"
            ),
        }
    }
}
