//! Saved cohorts beside what all saved things have: the list of them, and who is on one.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use life::admit::Subject;
use life::know::saved::cohort::SavedCohort;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::app::saved::Saved;
use crate::http::body::Body;
use crate::http::caller::{Known, Manager};
use crate::problem::Problem;

/// Ids of one list.
const LISTED_MAX: usize = 10_000;

/// The people of a list, by the ids that their events name.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ListRequest {
    pub user_ids: Vec<String>,
    pub device_ids: Vec<String>,
}

/// A list was taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct Listed {
    /// How many ids it has.
    ids: usize,
}

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(cohorts)).routes(routes!(list))
}

/// Every saved cohort, by name.
#[utoipa::path(
    get,
    path = "/api/cohorts",
    responses((status = 200, body = [Saved<SavedCohort>]), (status = 401, body = Problem)),
)]
async fn cohorts(
    State(app): State<App>,
    _: Known,
) -> Result<Json<Vec<Saved<SavedCohort>>>, Problem> {
    Ok(Json(app.every_saved().await?))
}

/// Say who is on a list; it replaces who was.
#[utoipa::path(
    put,
    path = "/api/cohorts/{id}/list",
    params(("id" = String, Path)),
    request_body = ListRequest,
    responses(
        (status = 200, body = Listed),
        (status = 400, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
    ),
)]
async fn list(
    State(app): State<App>,
    _: Manager,
    Path(id): Path<String>,
    Body(request): Body<ListRequest>,
) -> Result<Json<Listed>, Problem> {
    let users = request.user_ids.into_iter().map(|id| (Subject::User, id));
    let devices = request.device_ids.into_iter().map(|id| (Subject::Device, id));
    let named: Vec<_> = users.chain(devices).collect();
    if named.len() > LISTED_MAX {
        let detail = format!("the list has {} ids: give at most {LISTED_MAX}", named.len());
        let problem = Problem::new(StatusCode::BAD_REQUEST, "too-many", detail);
        return Err(problem.at("/user_ids"));
    }
    app.list_cohort(&id, &named).await?;
    Ok(Json(Listed { ids: named.len() }))
}
