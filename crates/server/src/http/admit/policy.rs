//! What each purpose rests on at a source, what silence permits there, and what would happen to
//! somebody: by the same plans that events are judged by.

use axum::Json;
use axum::extract::State;
use life::admit::law::Rule;
use life::admit::plan::{self, Reason};
use life::admit::{AgeBand, Basis, Source, Terms, VerdictKey};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{Purposes, Time};

use crate::app::App;
use crate::http::body::Body;
use crate::http::caller::Known;
use crate::problem::Problem;

/// Somebody who comes to a source.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Visitor {
    pub source: String,
    /// `unknown`, `under13`, `thirteen`, `fourteen`, `fifteen`, `sixteen-to-seventeen`, `adult`.
    #[serde(default = "unknown")]
    #[schema(value_type = String)]
    pub age: AgeBand,
    /// Names of purposes that they said yes to, by a clear act.
    #[serde(default)]
    pub yes: Vec<String>,
    /// Names of purposes that they said no to.
    #[serde(default)]
    pub no: Vec<String>,
    #[serde(default)]
    pub global_privacy_control: bool,
    /// The day whose law counts; now unless told otherwise.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Time>,
}

const fn unknown() -> AgeBand {
    AgeBand::Unknown
}

/// What is open to whoever comes to a source.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyView {
    source: String,
    /// The regimes whose law holds there, by name.
    regimes: Vec<String>,
    /// How people are asked there.
    asks: &'static str,
    /// The digest of the rules that were read, in hex.
    law: String,
    /// When one of the rules that are known today begins or ends next.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_change: Option<Time>,
    /// The code with which an event is refused of which nothing may be kept.
    refused: Option<&'static str>,
    purposes: Vec<PurposeStanding>,
}

/// Whether a purpose is open, and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct PurposeStanding {
    name: String,
    title: String,
    open: bool,
    /// `open`, `no-basis`, `law`, `young`, `signal`, `said-no`, `needs-yes`.
    reason: &'static str,
    /// What decided, and what would change it.
    words: String,
    /// The basis that the source declares, where it declares one.
    declared: Option<&'static str>,
    /// The basis that the law leaves it.
    basis: Option<&'static str>,
    /// The rules that closed it, took the declared basis away, or let it open on silence.
    rules: Vec<RuleView>,
}

/// A rule as it is shown beside what it decided.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleView {
    id: String,
    regime: String,
    words: String,
    law: String,
    cite: String,
    /// Whether it was verified; if not, it permits nothing until confirmed.
    verified: bool,
}

/// What silence permits, for each source: nothing was said, and no age is known.
#[utoipa::path(
    get,
    path = "/api/policy",
    responses((status = 200, body = [PolicyView]), (status = 401, body = Problem)),
)]
pub async fn list(State(app): State<App>, _: Known) -> Result<Json<Vec<PolicyView>>, Problem> {
    let now = app.now();
    let nobody = Said { yes: Purposes::NONE, no: Purposes::NONE, signal: false };
    let views = app.sources().map(|source| view(&app, source, AgeBand::Unknown, nobody, now));
    Ok(Json(views.collect()))
}

/// What would be open to somebody, and why.
#[utoipa::path(
    post,
    path = "/api/policy/try",
    request_body = Visitor,
    responses(
        (status = 200, body = PolicyView),
        (status = 404, body = Problem),
        (status = 422, body = Problem),
    ),
)]
pub async fn attempt(
    State(app): State<App>,
    _: Known,
    Body(visitor): Body<Visitor>,
) -> Result<Json<PolicyView>, Problem> {
    let source = app.source(&visitor.source).ok_or_else(|| Problem::not_found("source"))?;
    let named = |names: &[String], pointer| -> Result<Purposes, Problem> {
        names.iter().map(|name| app.purpose(name).map_err(|problem| problem.at(pointer))).collect()
    };
    let (yes, no) = (named(&visitor.yes, "/yes")?, named(&visitor.no, "/no")?);
    let said = Said { yes, no, signal: visitor.global_privacy_control };
    let at = visitor.at.unwrap_or_else(|| app.now());
    Ok(Json(view(&app, &source, visitor.age, said, at)))
}

/// What somebody has said.
#[derive(Clone, Copy)]
struct Said {
    yes: Purposes,
    no: Purposes,
    signal: bool,
}

fn view(app: &App, source: &Source, age: AgeBand, said: Said, at: Time) -> PolicyView {
    let terms = app.gate().terms(source, (at, at));
    let key = VerdictKey { age, ..terms.key((said.yes, said.no), said.signal) };
    let (plan, footing) = (app.gate().plan(key, terms), app.gate().footing(key, terms));
    let law = app.gate().law();
    let refused = plan.purposes.is_empty().then(|| plan::refusal(terms, &footing, &plan).code());
    let declared = app.catalogue().purposes();
    let purposes = declared.iter().map(|declared| {
        let reason = plan::reason(terms, &footing, &plan, declared.purpose);
        let ground = footing.of(declared.purpose);
        PurposeStanding {
            name: declared.name.clone(),
            title: declared.title.clone(),
            open: matches!(reason, Reason::Open(_)),
            reason: reason.code(),
            words: reason.words(),
            declared: source.bases.get(&declared.purpose).copied().map(Basis::code),
            basis: ground.basis.map(Basis::code),
            rules: ground.rules.iter().filter_map(|id| rule(terms, id)).collect(),
        }
    });
    PolicyView {
        source: source.name.clone(),
        regimes: names(terms),
        asks: source.asks.code(),
        law: hex::encode(law.digest()),
        next_change: law.next_change(at),
        refused,
        purposes: purposes.collect(),
    }
}

fn names(terms: Terms<'_>) -> Vec<String> {
    let regimes = terms.source.regimes.iter().filter_map(|regime| terms.law.regime(regime));
    regimes.map(|declared| declared.name.clone()).collect()
}

/// The rule with this id, in the version that holds.
fn rule(terms: Terms<'_>, id: &str) -> Option<RuleView> {
    let held = |rule: &Rule| rule.id == id && terms.views.iter().any(|view| rule.holds(*view));
    let rule = terms.law.rules().find(|rule| held(rule))?;
    Some(RuleView {
        id: rule.id.clone(),
        regime: terms.law.regime(rule.regime)?.name.clone(),
        words: rule.words.clone(),
        law: rule.law.clone(),
        cite: rule.cite.clone(),
        verified: rule.is_verified,
    })
}
