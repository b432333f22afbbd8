//! The JSON body of a request to the API, read whatever its content type says, with errors that
//! help.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// How long a body may take to arrive.
const TIME_MAX: Duration = Duration::from_secs(15);

/// A body that is this kind of JSON.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let reading = tokio::time::timeout(TIME_MAX, Bytes::from_request(request, state));
        let bytes = reading.await.map_err(|_| {
            let detail = "the body did not arrive in time: send the request again";
            Problem::new(StatusCode::REQUEST_TIMEOUT, "body-slow", detail)
        })?;
        let bytes = bytes.map_err(|error| {
            let status = error.status();
            Problem::new(status, "body-unreadable", format!("{error}: send less, and all of it"))
        })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let detail = format!(
                "the body is not the JSON of this request, at line {line} column {column}: {error}; \
                 `/api/openapi.json` describes it"
            );
            Problem::new(StatusCode::BAD_REQUEST, "json-broken", detail)
        })
    }
}
