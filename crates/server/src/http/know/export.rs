//! Events of many people leave as one file, for a purpose, under a grant to export.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use life::admit::Verb;
use life::know::period::{moment, zone};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::export::{Form, Wanted};
use crate::http::body::Body;
use crate::http::caller::Known;
use crate::problem::Problem;

/// Which events are wanted, and for what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventsRequest {
    /// The purpose that the export serves.
    pub purpose: String,
    /// The first instant or day.
    pub from: String,
    /// The instant or day before which it ends.
    pub to: String,
    /// Only these events; without them every event.
    #[serde(default)]
    pub events: Vec<String>,
}

/// A picture of an answer that a browser draws.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PictureRequest {
    /// The purpose that the answer was given for.
    pub purpose: String,
    /// The kind of the question.
    pub kind: String,
}

/// Say that the picture of an answer leaves as a file: it takes the grant that every export takes,
/// and leaves the same fact.
#[utoipa::path(
    post,
    path = "/api/export/picture",
    request_body = PictureRequest,
    responses((status = 204), (status = 400, body = Problem), (status = 403, body = Problem)),
)]
pub async fn picture(
    State(app): State<App>,
    known: Known,
    Body(picture): Body<PictureRequest>,
) -> Result<StatusCode, Problem> {
    let grant = known.granted(&app, &picture.purpose, Verb::Export).await?;
    app.read_log(&grant, &format!("{} as png", picture.kind), 0).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Everything of a span that a purpose may see, as JSON lines, CSV or Parquet: `Accept` says which.
#[utoipa::path(
    post,
    path = "/api/events/export",
    request_body = EventsRequest,
    responses(
        (status = 200, content(
            (String = "application/x-ndjson"),
            (String = "text/csv"),
            (Vec<u8> = "application/vnd.apache.parquet"),
        )),
        (status = 400, body = Problem),
        (status = 403, body = Problem),
        (status = 422, body = Problem),
    ),
)]
pub async fn export(
    State(app): State<App>,
    known: Known,
    headers: HeaderMap,
    Body(wanted): Body<EventsRequest>,
) -> Result<Response, Problem> {
    let grant = known.granted(&app, &wanted.purpose, Verb::Export).await?;
    let zone_name = &app.config().time.zone;
    let instant = |text: &str, pointer: &str| {
        zone(zone_name).and_then(|zone| moment(&zone, app.now(), text)).map_err(|flaw| {
            Problem::new(StatusCode::BAD_REQUEST, flaw.code(), flaw.to_string()).at(pointer)
        })
    };
    let span = (instant(&wanted.from, "/from")?, instant(&wanted.to, "/to")?);
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let accepted = accepted.unwrap_or_default();
    let form = Form::EVERY.into_iter().find(|form| accepted.contains(form.content_type()));
    let form = form.unwrap_or(Form::Lines);
    let bytes = app.export(Wanted { form, span, events: wanted.events }, grant).await?;
    Ok(([(header::CONTENT_TYPE, form.content_type())], bytes).into_response())
}
