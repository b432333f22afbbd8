//! The declared sources, their keys, and how their events ended.

use axum::Json;
use axum::extract::State;
use life::admit::{Audience, SourceKind};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use vocabulary::Counts;

use super::keys::KeyView;
use crate::app::App;
use crate::http::caller::Known;
use crate::problem::Problem;

/// A source as the console shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceView {
    name: String,
    #[schema(value_type = String)]
    kind: SourceKind,
    #[schema(value_type = String)]
    audience: Audience,
    markets: Vec<String>,
    keys: Vec<KeyView>,
    counts: CountsView,
}

/// How many events ended how. The outcomes sum to `received`.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct CountsView {
    received: u64,
    accepted: u64,
    duplicate: u64,
    filtered: u64,
    /// By refusal code.
    refused: BTreeMap<String, u64>,
    invalid: u64,
    limited: u64,
    quarantined: u64,
}

impl From<Counts> for CountsView {
    fn from(counts: Counts) -> Self {
        Self {
            received: counts.received,
            accepted: counts.accepted,
            duplicate: counts.duplicate,
            filtered: counts.filtered,
            refused: counts
                .refused
                .iter()
                .map(|(why, count)| (why.code().to_owned(), *count))
                .collect(),
            invalid: counts.invalid,
            limited: counts.limited,
            quarantined: counts.quarantined,
        }
    }
}

/// Every declared source.
#[utoipa::path(
    get,
    path = "/api/sources",
    responses((status = 200, body = [SourceView]), (status = 401, body = Problem)),
)]
pub async fn list(State(app): State<App>, known: Known) -> Result<Json<Vec<SourceView>>, Problem> {
    // Counts are no personal data; keys are only for who may make them.
    let keys = if known.may_manage { app.keys().await? } else { Vec::new() };
    let counts = app.region().truth(|truth| truth.counts().clone());
    let sources = app.sources().map(|source| SourceView {
        name: source.name.clone(),
        kind: source.kind,
        audience: source.audience,
        markets: source.markets.clone(),
        keys: keys
            .iter()
            .filter(|key| key.source.as_deref() == Some(&source.name))
            .cloned()
            .collect(),
        counts: counts.get(&source.id).cloned().unwrap_or_default().into(),
    });
    Ok(Json(sources.collect()))
}
