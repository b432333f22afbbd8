//! Running questions: the caller's own, how far each has come as it goes on, and the way to stop
//! one.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use life::know::saved::dashboard::is_id;
use tokio_stream::wrappers::IntervalStream;
use tokio_stream::{Stream, StreamExt};
use utoipa::IntoParams;
use vocabulary::Span;

use crate::app::App;
use crate::app::running::{Phase, Query, QueryView};
use crate::http::caller::{Known, Shown};
use crate::http::stream::Watcher;
use crate::problem::Problem;

/// The name that a caller gives a question, to hear of its progress and to stop it.
#[derive(Debug, Default, IntoParams)]
#[into_params(names("Query-Id"), parameter_in = Header)]
pub struct QueryId(pub Option<String>);

impl FromRequestParts<App> for QueryId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("query-id") else { return Ok(Self(None)) };
        let id = value.to_str().ok().filter(|id| is_id(id)).ok_or_else(|| {
            let detail = "`Query-Id` has 1 to 64 letters, digits and hyphens: send another";
            Problem::new(StatusCode::BAD_REQUEST, "query-id", detail)
        })?;
        Ok(Self(Some(id.to_owned())))
    }
}

/// The questions of the caller that run now.
#[utoipa::path(
    get,
    path = "/api/queries",
    responses((status = 200, body = [QueryView]), (status = 401, body = Problem)),
)]
pub async fn list(State(app): State<App>, known: Known) -> Json<Vec<QueryView>> {
    let now = app.now();
    let mine = app.queries().of(&known.authority.actor);
    Json(mine.iter().map(|query| query.view(now)).collect())
}

/// How far a question has come, as it goes on: `progress` again and again, then `done`. Whoever
/// asks a little before the question begins is waited with.
#[utoipa::path(
    get,
    path = "/api/queries/{id}/events",
    params(("id" = String, Path)),
    responses(
        (status = 200, content_type = "text/event-stream"),
        (status = 404, body = Problem),
    ),
)]
pub async fn follow(
    State(app): State<App>,
    shown: Shown,
    known: Known,
    Path(id): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let actor = &known.authority.actor;
    let begun = tokio::time::timeout(time(app.limits().question_wait), async {
        app.queries().await_one(actor, &id).await
    });
    let query = begun.await.ok().flatten().ok_or_else(|| Problem::not_found("running question"))?;
    let watcher = Watcher::new(&app, shown, &known);
    let looks = IntervalStream::new(tokio::time::interval(time(app.limits().progress_step)));
    let mut is_over = false;
    // Not held here, or it would never be seen to end.
    let query = Arc::downgrade(&query);
    let events = looks
        .then(move |_| {
            let (watcher, query) = (watcher.clone(), query.clone());
            async move { watcher.may_read().await.then(|| query.upgrade()) }
        })
        .map_while(|look| look);
    let app = app.clone();
    let mut last = None;
    let told = events.map_while(move |query| {
        if is_over {
            return None;
        }
        let event = tell(&app, query.as_deref(), &mut last);
        is_over = query.is_none();
        Some(Ok(event))
    });
    Ok(Sse::new(told).keep_alive(KeepAlive::default()))
}

/// One event of the stream.
fn tell(
    app: &App,
    query: Option<&Query>,
    last: &mut Option<crate::app::running::Progress>,
) -> Event {
    let progress = query.map(|query| query.progress(app.now()));
    let name = if progress.is_some() { "progress" } else { "done" };
    if progress.is_some() {
        *last = progress;
    } else if let Some(last) = last {
        last.phase = Phase::Done;
    }
    Event::default().event(name).json_data(&*last).unwrap_or_default()
}

/// Stop a question. Whoever asked it is answered `query-cancelled`.
#[utoipa::path(
    delete,
    path = "/api/queries/{id}",
    params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)),
)]
pub async fn cancel(
    State(app): State<App>,
    known: Known,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let query = app.queries().find(&known.authority.actor, &id);
    query.ok_or_else(|| Problem::not_found("running question"))?.cancel();
    Ok(StatusCode::NO_CONTENT)
}

fn time(span: Span) -> Duration {
    Duration::from_micros(span.0.unsigned_abs())
}

#[cfg(test)]
mod tests;
