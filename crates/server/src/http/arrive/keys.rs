//! The keys of callers: made, listed, revoked. A key is shown once.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::http::body::Body;
use crate::http::caller::Manager;
use crate::problem::Problem;

/// A key as the console shows it: never the key itself.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeyView {
    pub id: String,
    pub kind: String,
    pub source: Option<String>,
    pub name: String,
    pub purposes: Vec<String>,
    /// The first characters, to find it again.
    pub prefix: String,
    pub created: String,
    pub last_used: Option<String>,
    pub revoked: bool,
}

/// What kind of key is wanted, and for what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRequest {
    /// `site`, `server` or `token`.
    pub kind: String,
    /// The source that it writes to; tokens have none.
    pub source: Option<String>,
    #[serde(default)]
    pub name: String,
    /// The purposes that a token may ask for.
    #[serde(default)]
    pub purposes: Vec<String>,
}

/// A new key, shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewKeyView {
    pub id: String,
    pub key: String,
}

/// Every key that was made.
#[utoipa::path(
    get,
    path = "/api/keys",
    responses((status = 200, body = [KeyView]), (status = 401, body = Problem)),
)]
pub async fn list(State(app): State<App>, _: Manager) -> Result<Json<Vec<KeyView>>, Problem> {
    Ok(Json(app.keys().await?))
}

/// Make a key.
#[utoipa::path(
    post,
    path = "/api/keys",
    request_body = KeyRequest,
    responses((status = 200, body = NewKeyView), (status = 400, body = Problem)),
)]
pub async fn create(
    State(app): State<App>,
    Manager(known): Manager,
    Body(wanted): Body<KeyRequest>,
) -> Result<Json<NewKeyView>, Problem> {
    Ok(Json(app.create_key(&known.authority.actor, wanted).await?))
}

/// Revoke a key at once.
#[utoipa::path(
    delete,
    path = "/api/keys/{id}",
    params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)),
)]
pub async fn revoke(
    State(app): State<App>,
    Manager(known): Manager,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    if app.revoke_key(&known.authority.actor, &id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("key"))
    }
}
