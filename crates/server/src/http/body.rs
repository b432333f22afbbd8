//! The body of a request: taken whole within the limits of size and time, or refused with an error
//! that its sender hears.

use std::time::Duration;

use axum::body::{Body as Stream, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use super::edge::SPARE;
use crate::app::App;
use crate::app::room::Held;
use crate::problem::Problem;

/// The bytes of a body, whatever they are.
#[derive(Debug)]
pub struct Whole(pub Bytes);

/// A body that is this kind of JSON, whatever its content type says.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl FromRequest<App> for Whole {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let bytes_max = app.limits().body_bytes;
        whole(request.into_body(), bytes_max, app).await.map(|(bytes, _)| Self(bytes))
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let bytes_max = app.limits().body_bytes;
        let (bytes, _held) = whole(request.into_body(), bytes_max, app).await?;
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let read = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let pointer = pointer(error.path());
            (pointer, error.into_inner())
        });
        let ended = read.and_then(|body| match json.end() {
            Ok(()) => Ok(body),
            Err(error) => Err((String::new(), error)),
        });
        ended.map(Self).map_err(|(pointer, error)| {
            let place = if pointer.is_empty() { "" } else { " at " };
            let detail = format!(
                "the body is not the JSON of this request{place}{pointer}: {error}; \
                 `/api/openapi.json` describes it"
            );
            Problem::new(StatusCode::BAD_REQUEST, "json-broken", detail).at(&pointer)
        })
    }
}

/// The place in a body that could not be read, as a JSON pointer; empty where nobody knows it.
fn pointer(path: &Path) -> String {
    let part = |segment: &Segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { .. } | Segment::Unknown => String::new(),
    };
    path.iter().map(part).collect()
}

/// The whole body, of so many bytes at most, with the room that it takes.
pub async fn whole(
    mut body: Stream,
    bytes_max: usize,
    app: &App,
) -> Result<(Bytes, Held), Problem> {
    let time = Duration::from_micros(app.limits().request_time.0.unsigned_abs());
    let mut held = app.room().enter();
    let taken = tokio::time::timeout(time, take(&mut body, bytes_max, &mut held)).await;
    let taken = taken.unwrap_or_else(|_| {
        let detail = "the body took too long to arrive: send it again, or less at once";
        Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body-too-slow", detail))
    });
    taken.map(|bytes| (bytes, held))
}

async fn take(body: &mut Stream, bytes_max: usize, held: &mut Held) -> Result<Bytes, Problem> {
    // One piece of memory: a part for each byte would take far more than the bytes.
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            let detail = "the body ended too early: send it again";
            return Err(Problem::new(StatusCode::BAD_REQUEST, "body-broken", detail));
        };
        let Ok(part) = frame.into_data() else { continue };
        let bytes = whole.len().saturating_add(part.len());
        if bytes > bytes_max {
            // What was taken so far is let go before the rest is.
            drop(whole);
            let_go(body, bytes_max.saturating_mul(SPARE)).await;
            let detail = format!("the body has more than {bytes_max} bytes: send smaller batches");
            let status = StatusCode::PAYLOAD_TOO_LARGE;
            return Err(Problem::new(status, "body-too-large", detail));
        }
        if let Err(problem) = held.grow(bytes) {
            drop(whole);
            let_go(body, bytes_max).await;
            return Err(problem);
        }
        whole.extend_from_slice(&part);
    }
    Ok(whole.into())
}

/// Reads what nobody wants, up to a limit: a client that is answered while it still writes hears of
/// a broken connection, and not why.
async fn let_go(body: &mut Stream, bytes_max: usize) {
    let mut bytes = 0;
    while bytes <= bytes_max
        && let Some(Ok(frame)) = body.frame().await
    {
        bytes += frame.data_ref().map_or(0, Bytes::len);
    }
}
