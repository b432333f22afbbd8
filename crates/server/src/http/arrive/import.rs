//! Events from a file, as JSON lines in our own protocol, through the same gate and journal as all
//! others.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use life::admit::KeyKind;
use life::arrive::json::Place;
use life::arrive::native::read_event;
use life::arrive::skew::Correction;
use life::arrive::{Arrival, Parcel, Signals};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use vocabulary::Outcome;

use crate::app::App;
use crate::app::collect::Caller;
use crate::http::caller::Manager;
use crate::problem::Problem;

/// Where the lines belong.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Which {
    /// The source that the events belong to.
    source: String,
    /// The number of the first line in its file: it orders events of one instant.
    #[serde(default)]
    first: usize,
}

/// How the lines ended.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Imported {
    received: u64,
    accepted: u64,
    duplicate: u64,
    filtered: u64,
    refused: BTreeMap<String, u64>,
    invalid: u64,
    limited: u64,
    /// The first lines that were invalid, with what is wrong.
    problems: Vec<String>,
}

/// Problems that are told; the rest is counted.
const PROBLEMS_MAX: usize = 10;

/// Load events; each line is one event of the native protocol.
#[utoipa::path(
    post,
    path = "/api/import",
    params(Which),
    request_body(content = String, content_type = "application/x-ndjson"),
    responses(
        (status = 200, body = Imported),
        (status = 404, body = Problem),
        (status = 503, body = Problem),
    ),
)]
pub async fn load(
    State(app): State<App>,
    _: Manager,
    Query(which): Query<Which>,
    body: Bytes,
) -> Result<Json<Imported>, Problem> {
    let source = app.source(&which.source).ok_or_else(|| Problem::not_found("source"))?;
    let caller = Caller { source, kind: KeyKind::Server };
    let text = std::str::from_utf8(&body).map_err(|error| {
        let detail = format!(
            "the lines are no UTF-8 at byte {}: convert the file first",
            error.valid_up_to()
        );
        Problem::new(StatusCode::BAD_REQUEST, "text-broken", detail)
    })?;
    let now = app.now();
    let parcel = Parcel {
        body: &body,
        content_type: None,
        content_encoding: None,
        authorization: None,
        write_key: None,
        query: "",
        user_agent: None,
        address: None,
        signals: Signals::default(),
        received: now,
    };
    let correction = Correction::new(now, None, app.limits());
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let events = lines.map(|(index, line)| {
        let place = Place { list: Some(("lines", which.first + index)) };
        read_event(line, place, &correction, &parcel, app.limits())
    });
    let arrival = Arrival { key: None, events: events.collect() };
    if arrival.events.len() > app.limits().batch_events {
        let detail = format!("a request may hold {} lines: send fewer", app.limits().batch_events);
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "batch-too-large", detail));
    }
    let endings = app
        .collect(&caller, "import", arrival)
        .await
        .map_err(|error| Problem::unavailable(&error))?;
    let mut imported = Imported::default();
    for ending in endings {
        imported.received += 1;
        match ending.outcome {
            Outcome::Accepted => imported.accepted += 1,
            Outcome::Duplicate => imported.duplicate += 1,
            Outcome::Filtered => imported.filtered += 1,
            Outcome::Refused(why) => {
                *imported.refused.entry(why.code().to_owned()).or_default() += 1
            }
            Outcome::Invalid => imported.invalid += 1,
            Outcome::Limited | Outcome::Quarantined => imported.limited += 1,
        }
        if let Some(invalid) = ending.invalid.filter(|_| imported.problems.len() < PROBLEMS_MAX) {
            imported.problems.push(invalid.to_string());
        }
    }
    Ok(Json(imported))
}
