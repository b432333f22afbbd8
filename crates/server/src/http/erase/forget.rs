//! Forgetting a person: invisible at once, keys destroyed, files rewritten, late duplicates
//! refused.

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::app::reading::Whose;
use crate::http::body::Body;
use crate::http::caller::Manager;
use crate::problem::Problem;

/// Who wants to be forgotten; exactly one of the three.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErasureRequest {
    pub user_id: Option<String>,
    pub device_id: Option<String>,
    /// Such as `p123`.
    pub person: Option<String>,
}

/// An erasure and how far it has come.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ErasureView {
    pub erasure: String,
    /// `invisible`, `keys-destroyed`, `rewriting` or `done`.
    pub state: String,
    pub asked: String,
    pub leaves: u64,
    pub keys_destroyed: u64,
    pub files_to_rewrite: u64,
    pub rows_removed: u64,
}

/// Forget a person. When this answers, no question that starts later sees them.
#[utoipa::path(
    post,
    path = "/api/people/erase",
    request_body = ErasureRequest,
    responses((status = 200, body = ErasureView), (status = 404, body = Problem)),
)]
pub async fn forget(
    State(app): State<App>,
    Manager(known): Manager,
    Body(wanted): Body<ErasureRequest>,
) -> Result<Json<ErasureView>, Problem> {
    let whose =
        Whose { user_id: wanted.user_id, device_id: wanted.device_id, person: wanted.person };
    Ok(Json(app.forget(&known.authority.actor, &whose).await?))
}

/// Every erasure, newest first.
#[utoipa::path(
    get,
    path = "/api/erasures",
    responses((status = 200, body = [ErasureView]), (status = 401, body = Problem)),
)]
pub async fn list(State(app): State<App>, _: Manager) -> Result<Json<Vec<ErasureView>>, Problem> {
    Ok(Json(app.erasures().await?))
}

/// One erasure.
#[utoipa::path(
    get,
    path = "/api/erasures/{id}",
    params(("id" = String, Path)),
    responses((status = 200, body = ErasureView), (status = 404, body = Problem)),
)]
pub async fn show(
    State(app): State<App>,
    _: Manager,
    Path(id): Path<String>,
) -> Result<Json<ErasureView>, Problem> {
    let erasures = app.erasures().await?;
    let found = erasures.into_iter().find(|erasure| erasure.erasure == id);
    found.map(Json).ok_or_else(|| Problem::not_found("erasure"))
}
