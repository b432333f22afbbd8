//! arrive: one file for each protocol that events come by, and what a console shows of sources.

use axum::{Router, middleware};

use super::document::Route;
use crate::app::App;

pub mod consent;
pub mod doctor;
pub mod import;
pub mod keys;
pub mod native;
pub mod origin;
pub mod pace;
pub mod pixel;
pub mod posthog;
pub mod request;
pub mod segment;
pub mod snowplow;
pub mod sources;
pub mod verdicts;

/// What the document says of the protocols' routes, one list for each.
pub const DESCRIBED: &[&[Route]] = &[
    segment::DESCRIBED,
    posthog::DESCRIBED,
    snowplow::DESCRIBED,
    native::DESCRIBED,
    pixel::DESCRIBED,
    consent::DESCRIBED,
];

/// The routes by which events come. Any page may use them: they know keys, and no cookies.
pub fn routes() -> Router<App> {
    let protocols = [
        segment::routes(),
        posthog::routes(),
        snowplow::routes(),
        native::routes(),
        pixel::routes(),
        consent::routes(),
    ];
    let routes = protocols.into_iter().fold(Router::new(), Router::merge);
    let shared = routes.layer(middleware::from_fn(origin::share)).merge(snowplow::own_path());
    // One pace for all protocols, or a source would have one for each.
    shared.layer(axum::Extension(pace::Paces::default()))
}
