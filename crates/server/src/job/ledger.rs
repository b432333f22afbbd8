//! The ledger's job: facts leave the vault's outbox in order and become entries, signed by a
//! checkpoint.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use crate::app::App;

/// Facts in one round.
const FACTS_MAX: u32 = 500;

/// Writes facts until the installation stops.
pub async fn write(app: App) {
    loop {
        match round(&app).await {
            Ok(0) => {
                if app.inner().stopping.load(Ordering::Relaxed) {
                    return;
                }
                app.inner().jobs.ledger_wanted().await;
            }
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "the ledger could not be written; it is tried again");
                if app.inner().stopping.load(Ordering::Relaxed) {
                    return;
                }
                crate::clock::pause(vocabulary::Span::seconds(1)).await;
            }
        }
    }
}

async fn round(app: &App) -> anyhow::Result<usize> {
    let facts = app.inner().vault.drain(FACTS_MAX).await?;
    let Some(last) = facts.last().map(|(sequence, _)| *sequence) else { return Ok(0) };
    let count = facts.len();
    let writer = app.clone();
    let checkpoint = tokio::task::spawn_blocking(move || {
        let mut ledger = writer.inner().ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.append(&facts)
    });
    app.inner().vault.acknowledge(last, checkpoint.await??.text()).await?;
    Ok(count)
}
