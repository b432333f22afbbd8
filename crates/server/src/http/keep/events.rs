//! Events as they become durable, for a purpose and under a grant.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use life::admit::Verb;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::app::reading::EventView;
use crate::http::address::Query;
use crate::http::caller::{Known, Shown};
use crate::http::stream::{Watcher, follow as follow_lines};
use crate::problem::Problem;

/// Which events are wanted.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Which {
    /// The purpose that the reading serves.
    #[serde(default = "analyse")]
    purpose: String,
    event: Option<String>,
    limit: Option<usize>,
}

fn analyse() -> String {
    "analyse".to_owned()
}

/// The latest events that the purpose may see, newest first.
#[utoipa::path(
    get,
    path = "/api/events",
    params(Which),
    responses((status = 200, body = [EventView]), (status = 403, body = Problem)),
)]
pub async fn list(
    State(app): State<App>,
    known: Known,
    Query(which): Query<Which>,
) -> Result<Json<Vec<EventView>>, Problem> {
    let grant = known.granted(&app, &which.purpose, Verb::Read).await?;
    let limit = which.limit.unwrap_or(50).min(app.limits().page_rows);
    let events = app.latest(&grant, limit, which.event.as_deref());
    app.read_log(&grant, "events", events.len()).await?;
    Ok(Json(events))
}

/// Each event that the purpose may see as it becomes durable, as server-sent events named `event`.
#[utoipa::path(
    get,
    path = "/api/events/stream",
    params(Which),
    responses((status = 200, content_type = "text/event-stream"), (status = 403, body = Problem)),
)]
pub async fn follow(
    State(app): State<App>,
    shown: Shown,
    known: Known,
    Query(which): Query<Which>,
) -> Result<impl IntoResponse, Problem> {
    let grant = known.granted(&app, &which.purpose, Verb::Read).await?;
    app.read_log(&grant, "events-stream", 0).await?;
    let rows = app.streams().rows.follow();
    let watcher = Watcher::new(&app, shown, &known);
    Ok(follow_lines(watcher, rows, "event", move |row: std::sync::Arc<life::keep::Row>| {
        let event = app.view(&grant, &row)?;
        which.event.as_ref().is_none_or(|wanted| *wanted == event.event).then_some(event)
    }))
}
