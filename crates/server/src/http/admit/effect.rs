//! What other rules would close of what is stored, before they hold: the law of a day to come, or a
//! configuration that is not in force yet.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use life::admit::{Gate, Law};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::Time;

use crate::app::App;
use crate::app::rejudge::Ruled;
use crate::config::law::LawRules;
use crate::config::sources::SourceRules;
use crate::http::body::Body;
use crate::http::caller::Manager;
use crate::problem::Problem;

/// Which rules are asked about.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EffectRequest {
    /// The instant whose law counts; now unless told otherwise.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Time>,
    /// A configuration as TOML, of which `[law]` and `[sources]` are read; the one in force unless
    /// told otherwise.
    pub config: Option<String>,
}

/// The part of a configuration that rules hang on.
#[derive(Debug, Deserialize)]
struct Proposed {
    law: Option<LawRules>,
    #[serde(default)]
    sources: BTreeMap<String, SourceRules>,
}

/// What the rules leave closed of all that a source brought.
#[derive(Debug, Serialize, ToSchema)]
pub struct EffectView {
    source: String,
    /// Whether the rules declare the source at all; of one that they do not, nothing is shown.
    declared: bool,
    /// Purposes for which some of what was admitted would be shown no more.
    closes: Vec<String>,
    /// Purposes that are closed for some of it now and would be shown again.
    reopens: Vec<String>,
    /// How many verdicts the source has, and how many of them the rules asked about narrow.
    verdicts: usize,
    verdicts_narrowed: usize,
}

/// What rules would close of what is stored. Nothing is changed by asking.
#[utoipa::path(
    post,
    path = "/api/policy/effect",
    request_body = EffectRequest,
    responses((status = 200, body = [EffectView]), (status = 422, body = Problem)),
)]
pub async fn effect(
    State(app): State<App>,
    _: Manager,
    Body(wanted): Body<EffectRequest>,
) -> Result<Json<Vec<EffectView>>, Problem> {
    let at = wanted.at.unwrap_or_else(|| app.now());
    let held = app.effect(&app.ruled(app.now()));
    let gate;
    let rules = match wanted.config {
        None => app.ruled(at),
        Some(text) => {
            let proposed: Proposed =
                toml::from_str(&text).map_err(|error| wrong(error.message()))?;
            let law = law(&app, &proposed).map_err(|error| wrong(&error))?;
            let sources = sources(&app, &law, &proposed)?;
            gate =
                Gate::new(Arc::clone(app.gate().catalogue()), Arc::new(law), app.limits().clone());
            Ruled { gate: &gate, sources, at }
        }
    };
    let views = app.effect(&rules).into_iter().map(|(id, one)| {
        let held = held.get(&id).copied().unwrap_or_default();
        EffectView {
            source: app.source_name(id),
            declared: rules.sources.contains_key(&id),
            closes: app.purpose_names(one.closed.without(held.closed)),
            reopens: app.purpose_names(held.closed.without(one.closed)),
            verdicts: one.verdicts,
            verdicts_narrowed: one.verdicts_narrowed,
        }
    });
    Ok(Json(views.collect()))
}

fn law(app: &App, proposed: &Proposed) -> Result<Law, String> {
    let confirmed = proposed.law.as_ref().map_or(&app.config().law.confirmed, |law| &law.confirmed);
    let law = Law::shipped(app.catalogue()).map_err(|error| error.to_string())?;
    law.confirm(confirmed).map_err(|error| error.to_string())
}

/// The sources that a configuration declares, of those that were ever there: what a new one would
/// do to what is stored is nothing.
fn sources(
    app: &App,
    law: &Law,
    proposed: &Proposed,
) -> Result<HashMap<vocabulary::SourceId, Arc<life::admit::Source>>, Problem> {
    let mut sources = HashMap::new();
    for (id, name) in app.every_source() {
        let Some(rules) = proposed.sources.get(name) else { continue };
        let declared = rules
            .check()
            .and_then(|()| rules.declare(id, name, (app.catalogue(), law)))
            .map_err(|problem| wrong(&format!("`sources.{name}`: {problem}")))?;
        sources.insert(id, Arc::new(declared));
    }
    Ok(sources)
}

fn wrong(problem: &str) -> Problem {
    let detail = format!("{problem}: correct the configuration");
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "config-wrong", detail).at("/config")
}
