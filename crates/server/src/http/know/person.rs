//! One person: the timeline that a purpose may see, and the same as an export. Both are in the read
//! log.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use life::admit::Verb;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::app::reading::{PersonEvent, Whose};
use crate::http::body::Body;
use crate::http::caller::Known;
use crate::problem::Problem;

/// The purpose that the reading serves.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Which {
    #[serde(default = "analyse")]
    purpose: String,
}

fn analyse() -> String {
    "analyse".to_owned()
}

/// Whose events are wanted, and for what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportRequest {
    pub user_id: Option<String>,
    pub device_id: Option<String>,
    pub person: Option<String>,
    #[serde(default = "analyse")]
    pub purpose: String,
}

/// A person's timeline.
#[derive(Debug, Serialize, ToSchema)]
pub struct Timeline {
    person: String,
    purpose: String,
    events: Vec<PersonEvent>,
}

/// What a purpose may see of one person, oldest first.
#[utoipa::path(
    get,
    path = "/api/people/{person}",
    params(("person" = String, Path), Which),
    responses(
        (status = 200, body = Timeline),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
    ),
)]
pub async fn timeline(
    State(app): State<App>,
    known: Known,
    Path(person): Path<String>,
    Query(which): Query<Which>,
) -> Result<Json<Timeline>, Problem> {
    let grant = known.granted(&app, &which.purpose, Verb::Read).await?;
    let whose = Whose { user_id: None, device_id: None, person: Some(person.clone()) };
    let events = app.person_events(&whose, grant).await?;
    Ok(Json(Timeline { person, purpose: which.purpose, events }))
}

/// Everything that a purpose may see of one person, as JSON lines.
#[utoipa::path(
    post,
    path = "/api/people/export",
    request_body = ExportRequest,
    responses(
        (status = 200, content_type = "application/x-ndjson"),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
    ),
)]
pub async fn export(
    State(app): State<App>,
    known: Known,
    Body(wanted): Body<ExportRequest>,
) -> Result<Response, Problem> {
    let grant = known.granted(&app, &wanted.purpose, Verb::Export).await?;
    let whose =
        Whose { user_id: wanted.user_id, device_id: wanted.device_id, person: wanted.person };
    let mut lines = String::new();
    for event in app.person_events(&whose, grant).await? {
        lines.push_str(&serde_json::to_string(&event).map_err(|error| Problem::internal(&error))?);
        lines.push('\n');
    }
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response())
}
