//! Our own protocol: each event is answered for itself.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use life::arrive::Malformed;
use life::arrive::native::read_events;
use serde::Serialize;
use utoipa::ToSchema;

use super::request::{self, Declined, Received};
use crate::app::App;
use crate::app::collect::{EventOutcome, words};

const PROTOCOL: &str = "native";

/// What became of the events, in the order in which they were sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Results {
    results: Vec<EventResult>,
}

/// What became of one event.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventResult {
    /// The id that the client gave it.
    id: Option<String>,
    /// `accepted`, `duplicate`, `filtered`, `refused`, `invalid`, `limited` or `quarantined`.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// JSON pointer to what was wrong with an invalid event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

/// The routes of our own protocol.
pub fn routes() -> Router<App> {
    Router::new().route("/v1/events", post(events))
}

async fn events(State(app): State<App>, request: Request) -> Response {
    match take(&app, request).await {
        Ok(results) => Json(results).into_response(),
        Err(declined) => declined.into_response(),
    }
}

async fn take(app: &App, request: Request) -> Result<Results, Declined> {
    let received = Received::take(app, request).await?;
    let body = received.open(app, PROTOCOL).await?;
    let arrival = match read_events(&body, &received.parcel(), app.limits()) {
        Ok(arrival) => arrival,
        Err(malformed) => {
            let status = status_of(&malformed);
            return Err(received.malformed(app, PROTOCOL, &malformed, status).await);
        }
    };
    let endings = received.collect(app, PROTOCOL, arrival).await?;
    let mut problems = request::problems(Some("events"), &endings).into_iter();
    let mut result = |ending: EventOutcome| {
        let (outcome, code, remedy) = words(&ending);
        let problem = ending.invalid.as_ref().and_then(|_| problems.next());
        let (pointer, remedy) = match problem {
            Some(problem) => (Some(problem.pointer), Some(problem.detail)),
            None => (None, remedy),
        };
        EventResult { id: ending.message, outcome, code, pointer, remedy }
    };
    Ok(Results { results: endings.into_iter().map(&mut result).collect() })
}

/// The status of a body that is open but is not a call of ours.
#[must_use]
pub fn status_of(malformed: &Malformed) -> StatusCode {
    match malformed {
        Malformed::TooLarge { .. } | Malformed::TooDense { .. } | Malformed::TooMany { .. } => {
            StatusCode::PAYLOAD_TOO_LARGE
        }
        Malformed::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Malformed::TooDeep { .. }
        | Malformed::Compression { .. }
        | Malformed::Syntax { .. }
        | Malformed::Twice { .. }
        | Malformed::Empty => StatusCode::BAD_REQUEST,
    }
}

impl IntoResponse for Declined {
    fn into_response(self) -> Response {
        match self {
            Declined::Wrong(problem) => problem.into_response(),
            Declined::Later(problem, seconds) => {
                let mut response = problem.into_response();
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
                response
            }
        }
    }
}
