//! The state of storage in figures.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::quarantine::Concern;
use crate::http::caller::Manager;
use crate::problem::Problem;

/// The state of storage.
#[derive(Debug, Serialize, ToSchema)]
pub struct Status {
    pub version: &'static str,
    pub controller: String,
    pub region: u8,
    /// Rows that are durable in the journal and not yet in files.
    pub fresh_rows: u64,
    /// Journal segments that are not folded.
    pub segments: u64,
    pub files: u64,
    pub file_rows: u64,
    pub file_bytes: u64,
    pub people: u64,
    pub leaves: u64,
    pub started: String,
    pub now: String,
    /// What somebody has to look at: files that were set aside.
    pub concerns: Vec<Concern>,
}

/// The state of storage.
#[utoipa::path(
    get,
    path = "/api/status",
    responses((status = 200, body = Status), (status = 401, body = Problem)),
)]
pub async fn show(State(app): State<App>, _: Manager) -> Result<Json<Status>, Problem> {
    let view = app.region().view();
    let (people, leaves) =
        app.region().truth(|truth| (truth.identity.person_count(), truth.identity.leaf_count()));
    Ok(Json(Status {
        version: env!("CARGO_PKG_VERSION"),
        controller: app.config().server.controller.clone(),
        region: app.config().server.region,
        fresh_rows: app.region().fresh_rows() as u64,
        segments: view.fresh.len() as u64,
        files: view.files.len() as u64,
        file_rows: view.files.iter().map(|file| file.rows).sum(),
        file_bytes: view.files.iter().map(|file| file.bytes).sum(),
        people: people as u64,
        leaves: leaves as u64,
        started: app.started().to_string(),
        now: app.now().to_string(),
        concerns: app.concerns(),
    }))
}
