//! Where the bytes of the lake go.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::caller::Manager;
use crate::problem::Problem;

/// The bytes of all files, by what they hold.
#[derive(Debug, Serialize, ToSchema)]
pub struct Storage {
    pub files: u64,
    pub rows: u64,
    pub bytes: u64,
    /// The most bytes first; together they are all of them.
    pub parts: Vec<StoragePart>,
}

/// What some of the bytes hold.
#[derive(Debug, Serialize, ToSchema)]
pub struct StoragePart {
    /// Such as `time`, `property price`, `sealed general`, `projections`, `footers`.
    pub holds: String,
    pub bytes: u64,
}

/// The bytes of all files, by what they hold.
#[utoipa::path(
    get,
    path = "/api/storage",
    responses((status = 200, body = Storage), (status = 401, body = Problem)),
)]
pub async fn show(State(app): State<App>, _: Manager) -> Result<Json<Storage>, Problem> {
    app.storage().await.map(Json)
}
