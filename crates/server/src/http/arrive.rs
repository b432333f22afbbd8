//! arrive: one file for each protocol that events come by, and what a console shows of sources.

use axum::Router;

use crate::app::App;

pub mod consent;
pub mod doctor;
pub mod import;
pub mod keys;
pub mod native;
pub mod pixel;
pub mod segment;
pub mod sources;
pub mod verdicts;

/// The routes by which events come.
pub fn routes() -> Router<App> {
    segment::routes().merge(native::routes()).merge(pixel::routes()).merge(consent::routes())
}
