//! The purposes of the catalogue.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::caller::Known;
use crate::problem::Problem;

/// A purpose as the console shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PurposeView {
    name: String,
    number: u8,
    title: String,
    description: String,
    /// Whether this caller may ask for it.
    allowed: bool,
}

/// Every purpose.
#[utoipa::path(
    get,
    path = "/api/catalogue/purposes",
    responses((status = 200, body = [PurposeView]), (status = 401, body = Problem)),
)]
pub async fn list(State(app): State<App>, known: Known) -> Result<Json<Vec<PurposeView>>, Problem> {
    let purposes = app.catalogue().purposes().iter().map(|declared| PurposeView {
        name: declared.name.clone(),
        number: declared.purpose.number(),
        title: declared.title.clone(),
        description: declared.description.clone(),
        allowed: known.authority.purposes.has(declared.purpose),
    });
    Ok(Json(purposes.collect()))
}
