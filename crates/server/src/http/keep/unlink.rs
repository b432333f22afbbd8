//! Undoing a link: an id becomes a person of its own again.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::http::body::Body;
use crate::http::caller::Manager;
use crate::problem::Problem;

/// Which id is taken out of its person; exactly one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnlinkRequest {
    pub user_id: Option<String>,
    pub device_id: Option<String>,
}

/// The two persons that were one.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Unlinked {
    /// The person that the id is now.
    pub person: String,
    /// The person that the other ids are.
    pub others: String,
}

/// Take an id out of its person: what the id did is a person's of its own again.
#[utoipa::path(
    post,
    path = "/api/people/unlink",
    request_body = UnlinkRequest,
    responses(
        (status = 200, body = Unlinked),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
        (status = 409, body = Problem),
    ),
)]
pub async fn unlink(
    State(app): State<App>,
    _: Manager,
    Body(wanted): Body<UnlinkRequest>,
) -> Result<Json<Unlinked>, Problem> {
    Ok(Json(app.unlink(wanted).await?))
}
