//! The job of erasing: files that hold forgotten people are written anew without them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use life::keep::manifest::{FileEntry, FileId};
use vault::Commit;
use vault::erase::{Erasure, ErasureState, Progress};
use vocabulary::{Fact, Leaf, Span};

use crate::app::App;

/// Carries out erasures until the installation stops.
pub async fn rewrite(app: App) {
    let mut segments = Segments::new();
    loop {
        if let Err(error) = round(&app, &mut segments).await {
            tracing::error!(
                error = format!("{error:#}"),
                "an erasure could not be carried out; it is tried again"
            );
            crate::clock::pause(Span::seconds(1)).await;
        }
        if app.inner().stopping.load(Ordering::Relaxed) {
            return;
        }
        app.inner().jobs.erase_wanted().await;
        if app.inner().stopping.load(Ordering::Relaxed) {
            return;
        }
    }
}

/// By erasure: the last segment of the journal that may hold anything of the person.
type Segments = HashMap<String, Option<u64>>;

async fn round(app: &App, segments: &mut Segments) -> anyhow::Result<()> {
    let open = caught_up(app).await?;
    segments.retain(|id, _| open.iter().any(|erasure| erasure.id == *id));
    if open.iter().any(|erasure| !segments.contains_key(&erasure.id)) {
        // The journal still holds what the person did lately, until its segment is folded and its
        // key destroyed. It is closed once for all who asked since the last time.
        let newest = app.region().view().fresh.iter().map(|(segment, _)| *segment).max();
        app.keeper()?.close().await?;
        for erasure in &open {
            segments.entry(erasure.id.clone()).or_insert(newest);
        }
    }
    let mut failed = Ok(());
    for erasure in open {
        let last = segments.get(&erasure.id).copied().flatten();
        if erasure.state >= ErasureState::KeysDestroyed && is_folded(app, last) {
            // What stops one must not stop the next.
            failed = carry_out(app, &erasure).await.and(failed);
        }
    }
    failed
}

/// The erasures that are not done, each with its keys destroyed.
async fn caught_up(app: &App) -> anyhow::Result<Vec<Erasure>> {
    // Whoever asks for an erasure moves it on as well; the two must not meet half way.
    let _one = app.inner().erasing.lock().await;
    let mut erasures = Vec::new();
    for erasure in app.inner().vault.open_erasures().await? {
        erasures.push(catch_up(app, erasure).await?);
    }
    Ok(erasures)
}

/// Takes up an erasure that a stop interrupted before its keys were destroyed.
async fn catch_up(app: &App, erasure: Erasure) -> anyhow::Result<Erasure> {
    let vault = &app.inner().vault;
    let mut erasure = erasure;
    if erasure.state == ErasureState::Planned {
        app.keeper()?.erase(erasure.leaves.clone(), erasure.requested).await?;
        let progress = Progress::default();
        erasure = vault
            .advance_erasure(&erasure.id, ErasureState::Invisible, &progress, &[], app.now())
            .await?;
    }
    if erasure.state == ErasureState::Invisible {
        erasure = app.destroy_keys(&erasure).await?;
    }
    Ok(erasure)
}

/// Whether every segment up to this one has been folded.
fn is_folded(app: &App, last: Option<u64>) -> bool {
    let view = app.region().view();
    !view.fresh.iter().any(|(segment, _)| Some(*segment) <= last)
}

async fn carry_out(app: &App, erasure: &Erasure) -> anyhow::Result<()> {
    let inner = app.inner();
    let gone: Arc<BTreeSet<Leaf>> = Arc::new(erasure.leaves.iter().copied().collect());
    let _manifest = inner.manifest.lock().await;
    let view = app.region().view();
    let finder = app.clone();
    let wanted = Arc::clone(&gone);
    let (files, unread) = tokio::task::spawn_blocking(move || {
        let entries: Vec<FileEntry> = view.files.iter().map(|file| (**file).clone()).collect();
        let inner = finder.inner();
        let found = lake::erase::find::files_with(&inner.place, &entries, &wanted, &inner.footers);
        let holds = |entry: &FileEntry| found.holding.contains(&entry.id);
        (entries.into_iter().filter(holds).collect::<Vec<_>>(), found.unread)
    })
    .await?;
    let later = unread.iter().map(|(file, _)| *file);
    let ids: Vec<FileId> = files.iter().map(|file| file.id).chain(later.clone()).collect();
    let started = Progress { files: Some(ids), ..Progress::default() };
    inner
        .vault
        .advance_erasure(&erasure.id, ErasureState::Rewriting, &started, &[], app.now())
        .await?;
    let mut removed = 0;
    let count = u32::try_from(files.len()).unwrap_or(u32::MAX);
    for file in files {
        let writer = app.clone();
        let before = file.rows;
        let change = tokio::task::spawn_blocking(move || writer.rewrite_file(&file)).await??;
        if change.removed.is_empty() {
            continue;
        }
        let kept: u64 = change.added.iter().map(|entry| entry.rows).sum();
        removed += before - kept;
        inner.vault.commit(&Commit { change: &change, records: &[], facts: &[] }).await?;
        app.replace_files(&change)?;
    }
    if let Some((file, error)) = unread.first() {
        // Done is said only when nothing of the person can be left.
        let rest =
            Progress { files: Some(later.collect()), rows_removed: removed, ..Progress::default() };
        let state = ErasureState::Rewriting;
        inner.vault.advance_erasure(&erasure.id, state, &rest, &[], app.now()).await?;
        anyhow::bail!(
            "{} files cannot be read, so nobody knows whether they hold the person: restore them \
            from a backup; the first is file {}: {error}",
            unread.len(),
            file.0
        );
    }
    let done = Progress { files: Some(Vec::new()), rows_removed: removed, ..Progress::default() };
    let fact =
        Fact::Rewritten { at: app.now(), erasure: erasure.id.clone(), files: count, rows: removed };
    inner.vault.advance_erasure(&erasure.id, ErasureState::Done, &done, &[fact], app.now()).await?;
    inner.jobs.wake_ledger();
    Ok(())
}
