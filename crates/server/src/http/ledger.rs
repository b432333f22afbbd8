//! ledger: its checkpoint, its facts, and a check of its files.

use axum::Json;
use axum::extract::State;
use life::ledger::verify::Report;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::http::address::Query;
use crate::http::body::Body;
use crate::http::caller::{Known, Manager};
use crate::problem::Problem;

/// The ledger's latest signed state.
#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerView {
    size: u64,
    /// The signed checkpoint, to be kept elsewhere: `candor verify --since` compares with it.
    checkpoint: String,
    /// The public key that the checkpoint is signed with.
    public_key: String,
}

/// Which facts are wanted.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Which {
    /// The number of the first fact.
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
}

/// One fact of the ledger.
#[derive(Debug, Serialize, ToSchema)]
pub struct FactLine {
    index: u64,
    #[schema(value_type = Object)]
    fact: Box<RawValue>,
}

/// What to compare with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// An earlier checkpoint that was kept elsewhere.
    since: Option<String>,
}

/// The ledger's latest signed state.
#[utoipa::path(
    get,
    path = "/api/ledger",
    responses((status = 200, body = LedgerView), (status = 401, body = Problem)),
)]
pub async fn show(State(app): State<App>, _known: Known) -> Result<Json<LedgerView>, Problem> {
    let (size, checkpoint, public_key) = app.checkpoint();
    Ok(Json(LedgerView { size, checkpoint, public_key }))
}

/// Facts in their order.
#[utoipa::path(
    get,
    path = "/api/ledger/facts",
    params(Which),
    responses((status = 200, body = [FactLine]), (status = 401, body = Problem)),
)]
pub async fn facts(
    State(app): State<App>,
    _: Manager,
    Query(which): Query<Which>,
) -> Result<Json<Vec<FactLine>>, Problem> {
    let limit = which.limit.unwrap_or(100).min(app.limits().page_rows);
    let entries = app.facts(which.after, limit)?;
    let lines = entries
        .into_iter()
        .map(|(index, fact)| Ok(FactLine { index, fact: RawValue::from_string(fact)? }));
    let lines: Result<Vec<FactLine>, serde_json::Error> = lines.collect();
    Ok(Json(lines.map_err(|error| Problem::internal(&error))?))
}

/// Check the ledger's files against its public key.
#[utoipa::path(
    post,
    path = "/api/ledger/verify",
    request_body = Since,
    responses((status = 200, body = Report), (status = 401, body = Problem)),
)]
pub async fn verify(
    State(app): State<App>,
    _: Manager,
    Body(since): Body<Since>,
) -> Result<Json<Report>, Problem> {
    Ok(Json(app.verify(since.since).await?))
}
