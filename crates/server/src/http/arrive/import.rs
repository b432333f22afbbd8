//! Events from a file, line by line, in our own hand or another system's, through the same gate and
//! journal as all others.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use life::admit::KeyKind;
use life::arrive::archive::{Hand, read_line};
use life::arrive::{Arrival, Invalid, Parcel, Signals};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use vocabulary::Outcome;

use crate::app::App;
use crate::app::collect::Caller;
use crate::http::address::Query;
use crate::http::body::Whole;
use crate::http::caller::Manager;
use crate::problem::Problem;

/// Where the lines belong.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Which {
    /// The source that the events belong to.
    source: String,
    /// Whose way of writing events down the lines follow: `candor`, `segment`, `posthog` or
    /// `snowplow`.
    #[serde(default = "candor")]
    from: String,
    /// The number of the first line in its file, from 1: it orders events of one instant.
    #[serde(default = "first")]
    first: usize,
}

fn candor() -> String {
    Hand::Candor.name().to_owned()
}

const fn first() -> usize {
    1
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
    problems: Vec<LineProblem>,
}

/// A line that is no event, and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineProblem {
    /// Counted from `first`.
    line: usize,
    /// JSON pointer to the field; empty where it is the line itself.
    pointer: String,
    detail: String,
}

impl LineProblem {
    fn new(line: usize, invalid: &Invalid) -> Self {
        // The gate judges an event and does not know in which line it stood.
        let inside = format!("/lines/{line}");
        let pointer = invalid.pointer.strip_prefix(&inside).unwrap_or(&invalid.pointer);
        Self { line, pointer: pointer.to_owned(), detail: invalid.problem.clone() }
    }
}

/// Problems that are told; the rest is counted.
const PROBLEMS_MAX: usize = 10;

/// Load events; each line is one.
#[utoipa::path(
    post,
    path = "/api/import",
    params(Which),
    request_body(content = String, content_type = "application/x-ndjson"),
    responses(
        (status = 200, body = Imported),
        (status = 400, body = Problem),
        (status = 404, body = Problem),
        (status = 503, body = Problem),
    ),
)]
pub async fn load(
    State(app): State<App>,
    _: Manager,
    Query(which): Query<Which>,
    Whole(body): Whole,
) -> Result<Json<Imported>, Problem> {
    let source = app.source(&which.source).ok_or_else(|| Problem::not_found("source"))?;
    let caller = Caller { source, kind: KeyKind::Server };
    let hand = Hand::of_name(&which.from).ok_or_else(|| {
        let names = Hand::EVERY.map(Hand::name).join(", ");
        let detail = format!("`from` is none of {names}: name whose events these are");
        Problem::new(StatusCode::BAD_REQUEST, "hand-unknown", detail).at("/from")
    })?;
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
    let lines = text.lines().zip(which.first..).filter(|(line, _)| !line.trim().is_empty());
    let (numbers, events): (Vec<usize>, Vec<_>) = lines
        .map(|(line, number)| (number, read_line(hand, line, number, &parcel, app.limits())))
        .unzip();
    let arrival = Arrival { key: None, events };
    if arrival.events.len() > app.limits().batch_events {
        let detail = format!("a request may hold {} lines: send fewer", app.limits().batch_events);
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "batch-too-large", detail));
    }
    let endings = app
        .collect(&caller, "import", arrival)
        .await
        .map_err(|error| Problem::unavailable(&error))?;
    let mut imported = Imported::default();
    for (ending, line) in endings.into_iter().zip(numbers) {
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
            imported.problems.push(LineProblem::new(line, &invalid));
        }
    }
    Ok(Json(imported))
}
