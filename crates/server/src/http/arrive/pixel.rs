//! The picture of one point whose address carries an event. It is always sent: a page with a broken
//! picture helps nobody.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use life::arrive::pixel::{IMAGE, Pixel, read};

use super::super::document::Route;
use super::request::{Declined, Received};
use crate::app::App;

const PROTOCOL: &str = "pixel";

/// What the document says of the two pictures.
pub const DESCRIBED: &[Route] = &[
    Route::get("/pixel/v1/track", "image/gif", "A picture whose address carries an event."),
    Route::get("/pixel/v1/page", "image/gif", "A picture whose address carries a visit of a page."),
];

/// The routes of the two pictures.
pub fn routes() -> Router<App> {
    let track = |State(app): State<App>, request: Request| show(app, Pixel::Track, request);
    let page = |State(app): State<App>, request: Request| show(app, Pixel::Page, request);
    Router::new()
        .route("/pixel/v1/track", get(track).head(glance))
        .route("/pixel/v1/page", get(page).head(glance))
}

/// Who only asks for the head (a link checker, a scanner) has looked at nothing.
async fn glance() -> Response {
    picture()
}

async fn show(app: App, pixel: Pixel, request: Request) -> Response {
    if let Err(Declined::Later(problem, _)) = take(&app, pixel, request).await {
        tracing::warn!(code = problem.code, "a picture's event was not kept");
    }
    picture()
}

fn picture() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "image/gif"),
        (header::CACHE_CONTROL, "no-cache, no-store, must-revalidate"),
    ];
    (headers, IMAGE.as_slice()).into_response()
}

async fn take(app: &App, pixel: Pixel, request: Request) -> Result<(), Declined> {
    let received = Received::take(app, request).await?;
    let arrival = read(pixel, &received.parcel(), app.limits());
    received.collect(app, PROTOCOL, arrival).await.map(drop)
}
