//! One person: the timeline that a purpose may see, and the same as an export. Both are in the read
//! log.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use life::admit::Verb;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::app::reading::{Choice, PersonEvent, Said, Stated, Whose};
use crate::http::address::Query;
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

/// Whose number is wanted, and for what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FindRequest {
    pub user_id: Option<String>,
    pub device_id: Option<String>,
    #[serde(default = "analyse")]
    pub purpose: String,
}

/// The number of a person, such as `p123`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Found {
    person: String,
}

/// A person's timeline.
#[derive(Debug, Serialize, ToSchema)]
pub struct Timeline {
    person: String,
    purpose: String,
    events: Vec<PersonEvent>,
    /// What the person says to each purpose that they answered, of those that the caller may ask
    /// for.
    choices: Vec<Choice>,
    /// Each time that they said something, the newest last.
    acts: Vec<Said>,
    /// The records of consent that were told for themselves, the newest last.
    statements: Vec<Stated>,
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
    let shown = known.authority.purposes;
    let (choices, acts) = app.choices(&whose, shown)?;
    let statements = app.statements(&whose, shown)?;
    let purpose = which.purpose;
    Ok(Json(Timeline { person, purpose, events, choices, acts, statements }))
}

/// The number of a person who is known by another id, as far as a purpose may see something of
/// them. Nobody and somebody of whom it may see nothing are answered alike.
#[utoipa::path(
    post,
    path = "/api/people/find",
    request_body = FindRequest,
    responses(
        (status = 200, body = Found),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
    ),
)]
pub async fn find(
    State(app): State<App>,
    known: Known,
    Body(wanted): Body<FindRequest>,
) -> Result<Json<Found>, Problem> {
    let grant = known.granted(&app, &wanted.purpose, Verb::Read).await?;
    let whose = Whose { user_id: wanted.user_id, device_id: wanted.device_id, person: None };
    app.person_events(&whose, grant).await?;
    let (person, _) = app.find(&whose)?;
    Ok(Json(Found { person: format!("p{}", person.0) }))
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
