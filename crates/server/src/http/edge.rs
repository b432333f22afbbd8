//! What is wrong with a request before any verb is reached, as problems like all others.

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// How many times the limit the connection itself reads before it breaks off without a word.
pub const SPARE: usize = 8;

/// Refuses a head that is too large, and says so where a path has no such method.
pub async fn answer(bytes_max: usize, request: Request, next: Next) -> Response {
    let headers = request.headers().iter();
    let bytes: usize = headers.map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > bytes_max {
        let detail = format!("the headers have {bytes} bytes: send {bytes_max} at most");
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        return Problem::new(status, "headers-too-large", detail).into_response();
    }
    let method = request.method().clone();
    let response = next.run(request).await;
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let allowed = response.headers().get(header::ALLOW);
    let listed = allowed.and_then(|allowed| allowed.to_str().ok()).unwrap_or("another method");
    let detail = format!("`{method}` is not for this path: use {listed}");
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail);
    let mut answer = problem.into_response();
    if let Some(allowed) = allowed {
        answer.headers_mut().insert(header::ALLOW, allowed.clone());
    }
    answer
}
