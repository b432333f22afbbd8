//! The one error answer of the API: RFC 9457, with a stable code, and the fields that were wrong.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use vocabulary::{Refusal, Span};

pub mod codes;

/// Where the server itself explains the codes.
pub const PAGE: &str = "/docs/problems";

/// What went wrong and how to put it right.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Where the code is explained, below the server's own documentation.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// The stable kebab-case code.
    pub code: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// In how many seconds to come again: the header `Retry-After`.
    #[serde(skip)]
    pub retry_seconds: Option<u64>,
}

/// One field that was wrong.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldProblem {
    /// JSON pointer into the request's body.
    pub pointer: String,
    pub detail: String,
}

impl Problem {
    /// A problem with a status, a code, and a sentence that ends in the remedy.
    #[must_use]
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        debug_assert!(codes::explain(code), "`{code}` is missing in problem/codes.toml");
        Self {
            kind: format!("{PAGE}#{code}"),
            title: code.replace('-', " "),
            status: status.as_u16(),
            detail: detail.into(),
            code: code.to_owned(),
            errors: Vec::new(),
            retry_seconds: (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1),
        }
    }

    /// It may be tried again after a while.
    #[must_use]
    pub fn after(mut self, wait: Span) -> Self {
        let seconds = wait.0.unsigned_abs().div_ceil(Span::SECOND.0.unsigned_abs());
        self.retry_seconds = Some(seconds.max(1));
        self
    }

    /// Names the field that was wrong.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.errors.push(FieldProblem { pointer: pointer.into(), detail: self.detail.clone() });
        self
    }

    /// The gate said no.
    #[must_use]
    pub fn refused(why: Refusal) -> Self {
        Self::new(StatusCode::FORBIDDEN, why.code(), why.remedy())
    }

    #[must_use]
    pub fn not_signed_in() -> Self {
        let detail = "sign in, or send an API token as `Authorization: Bearer`";
        Self::new(StatusCode::UNAUTHORIZED, "not-signed-in", detail)
    }

    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", format!("there is no such {what}"))
    }

    /// Something of ours failed; the cause is logged, not answered.
    #[must_use]
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        let detail = "the server failed; its log says why";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    #[must_use]
    pub fn unavailable(error: &dyn std::fmt::Display) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
