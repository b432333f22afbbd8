//! Whether the program lives, whether it is ready, and its figures for Prometheus.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::get};

use super::caller::{Known, Peer};
use crate::app::App;
use crate::config::server::OpenMetrics;
use crate::problem::Problem;

/// The routes of health.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures))
}

async fn ready(State(app): State<App>) -> Response {
    match app.ready() {
        Ok(()) => "ready\n".into_response(),
        Err(why) => Problem::unavailable(&why).into_response(),
    }
}

/// Figures name sources and counts, never a person or what one did. They are still nobody's
/// business who has no token and is not on this machine.
async fn figures(State(app): State<App>, peer: Peer, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    if !is_open(&app, peer, &parts.headers)
        && let Err(problem) = Known::from_request_parts(&mut parts, &app).await
    {
        return problem.into_response();
    }
    app.measure();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics()).into_response()
}

/// Whether a request needs no token. One that a proxy passed on came from elsewhere.
fn is_open(app: &App, peer: Peer, headers: &HeaderMap) -> bool {
    match app.config().server.open_metrics {
        OpenMetrics::Nobody => false,
        OpenMetrics::Loopback => {
            let is_passed_on = ["forwarded", "x-forwarded-for", "x-real-ip", "via"]
                .iter()
                .any(|name| headers.contains_key(*name));
            !is_passed_on && peer.0.is_some_and(|address| address.to_canonical().is_loopback())
        }
    }
}
