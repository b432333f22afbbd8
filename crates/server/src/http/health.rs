//! Whether the program lives, whether it is ready, and its figures for Prometheus.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::get};

use crate::app::App;
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

async fn figures(State(app): State<App>) -> Response {
    app.measure();
    ([(axum::http::header::CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics())
        .into_response()
}
