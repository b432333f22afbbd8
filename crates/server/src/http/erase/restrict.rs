//! Restricting the use of what is known of a person, and lifting that again.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::Time;

use crate::app::App;
use crate::app::reading::Whose;
use crate::http::body::Body;
use crate::http::caller::Manager;
use crate::problem::Problem;

/// Whose data is restricted; exactly one of the three ids.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestrictionRequest {
    pub user_id: Option<String>,
    pub device_id: Option<String>,
    /// Such as `p123`.
    pub person: Option<String>,
    /// True to lift a restriction.
    #[serde(default)]
    pub lift: bool,
}

/// Whether a person's data is restricted.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Restriction {
    pub person: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub restricted_since: Option<Time>,
}

/// Restrict a person's data: it is kept, and shown for a legal duty alone, until that is lifted.
#[utoipa::path(
    post,
    path = "/api/people/restrict",
    request_body = RestrictionRequest,
    responses(
        (status = 200, body = Restriction),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
    ),
)]
pub async fn restrict(
    State(app): State<App>,
    Manager(known): Manager,
    Body(wanted): Body<RestrictionRequest>,
) -> Result<Json<Restriction>, Problem> {
    let whose =
        Whose { user_id: wanted.user_id, device_id: wanted.device_id, person: wanted.person };
    Ok(Json(app.restrict(&known.authority.actor, &whose, wanted.lift).await?))
}
