//! Whether the program lives, whether it is ready, and its figures for Prometheus.

use std::net::IpAddr;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::get};

use super::caller::{Known, Peer};
use super::document::Route;
use crate::app::App;
use crate::config::server::OpenMetrics;
use crate::problem::Problem;

/// What the document says of health.
pub const DESCRIBED: &[Route] = &[
    Route::get("/healthz", "text/plain", "Whether the process lives."),
    Route::get("/health", "text/plain", "The same, where collectors of events have it."),
    Route::get("/sink-health", "text/plain", "Whether it can serve, where Snowplow's has it."),
    Route::get("/readyz", "text/plain", "Whether it can serve."),
    Route::get("/metrics", "text/plain", "Figures for Prometheus, about nobody."),
];

/// The routes of health.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/healthz", get(alive))
        .route("/health", get(alive))
        .route("/readyz", get(ready))
        .route("/sink-health", get(ready))
        .route("/metrics", get(figures))
}

async fn alive() -> &'static str {
    "ok\n"
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
    if !is_open(&app, peer, &parts)
        && let Err(problem) = Known::from_request_parts(&mut parts, &app).await
    {
        return problem.into_response();
    }
    app.measure();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics()).into_response()
}

/// Whether a request needs no token. One that a proxy passed on came from elsewhere, and so did one
/// that asks for another name: a page of a site whose name was made to point to this machine.
fn is_open(app: &App, peer: Peer, parts: &Parts) -> bool {
    match app.config().server.open_metrics {
        OpenMetrics::Nobody => false,
        OpenMetrics::Loopback => {
            let is_passed_on = ["forwarded", "x-forwarded-for", "x-real-ip", "via"]
                .iter()
                .any(|name| parts.headers.contains_key(*name));
            !is_passed_on
                && is_named_here(parts)
                && peer.0.is_some_and(|address| address.to_canonical().is_loopback())
        }
    }
}

/// Whether every name by which a request asks for this machine is one that only this machine has.
fn is_named_here(parts: &Parts) -> bool {
    let hosts = parts.headers.get_all(HOST).iter();
    let mut hosts = hosts.map(|host| Authority::try_from(host.as_bytes()).ok()).peekable();
    let line = parts.uri.authority();
    (line.is_some() || hosts.peek().is_some())
        && line.is_none_or(is_loopback)
        && hosts.all(|host| host.as_ref().is_some_and(is_loopback))
}

fn is_loopback(authority: &Authority) -> bool {
    let host = authority.host();
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}
