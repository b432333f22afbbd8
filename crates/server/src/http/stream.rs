//! Server-sent events: a stream of lines for whoever watches.

use std::convert::Infallible;

use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use serde::Serialize;
use tokio::sync::broadcast::Receiver;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::{Stream, StreamExt};

/// Shows each line that `show` lets through as an event of this name. Whoever reads too slowly
/// misses lines.
pub fn follow<T, S>(
    receiver: Receiver<T>,
    name: &'static str,
    show: impl FnMut(T) -> Option<S> + Send + 'static,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>>
where
    T: Clone + Send + 'static,
    S: Serialize,
{
    let mut show = show;
    let lines = BroadcastStream::new(receiver).filter_map(move |line| {
        let line = show(line.ok()?)?;
        Some(Ok(Event::default().event(name).json_data(line).ok()?))
    });
    Sse::new(lines).keep_alive(KeepAlive::default())
}
