//! The catalogue of what arrived: events with their volume, properties with their type and
//! conflicts.

use axum::Json;
use axum::extract::State;
use life::admit::Verb;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::http::address::Query;
use crate::http::caller::Known;
use crate::problem::Problem;

/// The purpose that the reading serves.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Which {
    #[serde(default = "measure")]
    purpose: String,
}

fn measure() -> String {
    "measure".to_owned()
}

/// An event as the catalogue shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventLine {
    pub event: String,
    /// Rows that the purpose may see.
    pub count: u64,
    pub first: Option<String>,
    pub last: Option<String>,
    /// Whether the shipped catalogue or the operator declares it.
    pub declared: bool,
    /// The purposes that these rows were kept for.
    pub purposes: Vec<String>,
}

/// A property as the catalogue shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PropertyLine {
    pub property: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub category: Option<String>,
    /// The purposes that may see it whole; none while it is not declared.
    pub purposes: Vec<String>,
    pub declared: bool,
    /// Whether it is a column that questions can filter and split by.
    pub column: bool,
    /// Rows of the last thirty days that have it and that the purpose may see; null where nobody
    /// can say: it has no column, or the purpose may not read it.
    pub seen: Option<u64>,
    /// When the last of them happened.
    pub last: Option<String>,
    /// How often its value was of another type than declared, and became null, since the start.
    pub conflicts: u64,
}

/// Every event, with the volume that the purpose may see.
#[utoipa::path(
    get,
    path = "/api/catalogue/events",
    params(Which),
    responses((status = 200, body = [EventLine]), (status = 403, body = Problem)),
)]
pub async fn events(
    State(app): State<App>,
    known: Known,
    Query(which): Query<Which>,
) -> Result<Json<Vec<EventLine>>, Problem> {
    let grant = known.granted(&app, &which.purpose, Verb::Ask).await?;
    Ok(Json(app.event_catalogue(grant).await?))
}

/// The purpose that the reading serves, and the event that it is about.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Whose {
    /// Counts what this purpose may see; without it and without an event nothing is counted.
    purpose: Option<String>,
    /// Only properties that rows of this event have.
    event: Option<String>,
}

/// Every property that was declared or met, for a purpose with the volume that it may see.
#[utoipa::path(
    get,
    path = "/api/catalogue/properties",
    params(Whose),
    responses((status = 200, body = [PropertyLine]), (status = 403, body = Problem)),
)]
pub async fn properties(
    State(app): State<App>,
    known: Known,
    Query(whose): Query<Whose>,
) -> Result<Json<Vec<PropertyLine>>, Problem> {
    let Whose { purpose, event } = whose;
    if purpose.is_none() && event.is_none() {
        return Ok(Json(app.property_lines()));
    }
    let grant = known.granted(&app, &purpose.unwrap_or_else(measure), Verb::Ask).await?;
    Ok(Json(app.property_catalogue(grant, event.as_deref()).await?))
}
