//! Server-sent events: a stream of lines for whoever watches, and only as long as they may.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use serde::Serialize;
use tokio::sync::broadcast::Receiver;
use tokio_stream::wrappers::{BroadcastStream, IntervalStream};
use tokio_stream::{Stream, StreamExt};
use vocabulary::Time;

use super::caller::{Known, Shown};
use crate::app::App;

/// Who watches, and until when at the latest.
#[derive(Debug, Clone)]
pub struct Watcher {
    app: App,
    shown: Shown,
    until: Time,
}

impl Watcher {
    /// Whoever is known now and is looked at again before each line.
    #[must_use]
    pub fn new(app: &App, shown: Shown, known: &Known) -> Self {
        Self { app: app.clone(), shown, until: known.authority.until }
    }

    /// Whether the watcher may still read. A failure to find out is a no.
    pub(super) async fn may_read(&self) -> bool {
        self.app.now() < self.until && matches!(self.shown.known(&self.app).await, Ok(Some(_)))
    }
}

/// Shows each line that `show` lets through as an event of this name, until the watcher may read no
/// more. Whoever reads too slowly misses lines.
pub fn follow<T, S>(
    watcher: Watcher,
    receiver: Receiver<T>,
    name: &'static str,
    show: impl FnMut(T) -> Option<S> + Send + 'static,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>>
where
    T: Clone + Send + 'static,
    S: Serialize + Send + 'static,
{
    let mut show = show;
    let lines = BroadcastStream::new(receiver).filter_map(move |line| show(line.ok()?)).map(Some);
    // Without lines somebody has to look, too, or a quiet stream would outlive its token.
    let look = Duration::from_micros(watcher.app.limits().stream_look.0.unsigned_abs());
    let looks = IntervalStream::new(tokio::time::interval(look)).map(|_| None);
    let watched = lines.merge(looks).then(move |line: Option<S>| {
        let watcher = watcher.clone();
        async move { watcher.may_read().await.then_some(line) }
    });
    let shown = watched
        .map_while(|line| line)
        .filter_map(move |line| Some(Ok(Event::default().event(name).json_data(line?).ok()?)));
    Sse::new(shown).keep_alive(KeepAlive::default())
}
