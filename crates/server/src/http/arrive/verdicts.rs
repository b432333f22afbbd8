//! What the gate said lately: no payload, no ids.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::app::streams::{Verdict, VerdictLine};
use crate::http::address::Query;
use crate::http::caller::{Manager, Shown};
use crate::http::stream::{Watcher, follow as follow_lines};
use crate::problem::Problem;

/// Which verdicts are wanted.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Which {
    source: Option<String>,
    limit: Option<usize>,
}

impl Which {
    fn wants(&self, verdict: &Verdict) -> bool {
        self.source.as_ref().is_none_or(|source| verdict.source.name == *source)
    }
}

/// The latest verdicts, newest first.
#[utoipa::path(
    get,
    path = "/api/verdicts",
    params(Which),
    responses((status = 200, body = [VerdictLine]), (status = 401, body = Problem)),
)]
pub async fn list(
    State(app): State<App>,
    _: Manager,
    Query(which): Query<Which>,
) -> Result<Json<Vec<VerdictLine>>, Problem> {
    let limit = which.limit.unwrap_or(100).min(app.limits().page_rows);
    let verdicts = app.streams().verdicts.latest(limit, |verdict| which.wants(verdict));
    Ok(Json(verdicts.iter().map(|verdict| app.verdict_line(verdict)).collect()))
}

/// Each verdict as it is given, as server-sent events named `verdict`.
#[utoipa::path(
    get,
    path = "/api/verdicts/stream",
    params(Which),
    responses((status = 200, content_type = "text/event-stream"), (status = 401, body = Problem)),
)]
pub async fn follow(
    State(app): State<App>,
    shown: Shown,
    Manager(known): Manager,
    Query(which): Query<Which>,
) -> Result<impl IntoResponse, Problem> {
    let watcher = Watcher::new(&app, shown, &known);
    let lines = app.streams().verdicts.follow();
    Ok(follow_lines(watcher, lines, "verdict", move |verdict: Verdict| {
        which.wants(&verdict).then(|| app.verdict_line(&verdict))
    }))
}
