//! Alerts: saved like everything else, with what became of them beside them, and a way to see that
//! messages arrive.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use life::admit::Verb;
use life::know::saved::alert::{Look, Standing, State as AlertState};
use life::know::saved::notice::{Notice, To};
use life::know::saved::{Alert, Saveable};
use serde::Serialize;
use utoipa::ToSchema;

use super::saved::Replaces;
use crate::app::App;
use crate::app::saved::{Saved, failed};
use crate::http::address::Query;
use crate::http::body::Body;
use crate::http::caller::{Known, Manager};
use crate::http::know::dashboard::written_out;
use crate::job::alerts::{standing, written};
use crate::problem::Problem;

/// An alert, and what became of it. What was found is there for whoever could ask the alert's
/// question now.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertView {
    #[serde(flatten)]
    pub saved: Saved<Alert>,
    /// When it was looked at last.
    pub last: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<AlertState>,
    /// The last whole interval that it found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<Look>,
    /// Why the last look found nothing out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Messages that are still tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<usize>,
    /// Messages that were given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<u64>,
    /// What the alert's webhooks are signed with, such as `whsec_…`. It is answered once, when it
    /// is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// What became of the test of an alert, for each receiver.
#[derive(Debug, Serialize, ToSchema)]
pub struct TestResults {
    pub results: Vec<TestResult>,
}

/// What became of one test message.
#[derive(Debug, Serialize, ToSchema)]
pub struct TestResult {
    pub to: To,
    pub delivered: bool,
    /// The stable word of why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Every alert, by name.
#[utoipa::path(
    get,
    path = "/api/alerts",
    responses((status = 200, body = [AlertView]), (status = 401, body = Problem)),
)]
pub async fn list(State(app): State<App>, known: Known) -> Result<Json<Vec<AlertView>>, Problem> {
    let mut views = Vec::new();
    for saved in app.every_saved::<Alert>().await? {
        views.push(view(&app, &known, saved).await?);
    }
    Ok(Json(views))
}

/// Save a new one. Where it has webhooks, the answer holds the secret that signs them.
#[utoipa::path(
    post,
    path = "/api/alerts",
    request_body = Alert,
    responses(
        (status = 201, body = AlertView),
        (status = 400, body = Problem),
        (status = 403, body = Problem),
    ),
)]
pub async fn create(
    State(app): State<App>,
    Manager(known): Manager,
    Body(alert): Body<Alert>,
) -> Result<(StatusCode, Json<AlertView>), Problem> {
    let saved = app.save(&known.authority.actor, &alert).await?;
    Ok((StatusCode::CREATED, Json(with_secret(&app, &known, saved).await?)))
}

/// One of them.
#[utoipa::path(
    get,
    path = "/api/alerts/{id}",
    params(("id" = String, Path)),
    responses((status = 200, body = AlertView), (status = 404, body = Problem)),
)]
pub async fn show(
    State(app): State<App>,
    known: Known,
    Path(id): Path<String>,
) -> Result<Json<AlertView>, Problem> {
    let saved = app.saved(&id).await?;
    Ok(Json(view(&app, &known, saved).await?))
}

/// Replace it. It is looked at anew; where it gets its first webhook, the answer holds the secret.
#[utoipa::path(
    put,
    path = "/api/alerts/{id}",
    params(("id" = String, Path), Replaces),
    request_body = Alert,
    responses(
        (status = 200, body = AlertView),
        (status = 400, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
        (status = 409, body = Problem),
    ),
)]
pub async fn change(
    State(app): State<App>,
    Manager(known): Manager,
    Path(id): Path<String>,
    Query(replaces): Query<Replaces>,
    Body(alert): Body<Alert>,
) -> Result<Json<AlertView>, Problem> {
    let saved = app.change(&id, replaces.version, &alert).await?;
    let renewed = |held: &vault::Saved| {
        let mut standing = standing(held);
        standing.renew();
        written(&standing)
    };
    app.note_over::<Alert>(&id, renewed).await.map_err(failed)?;
    Ok(Json(with_secret(&app, &known, saved).await?))
}

/// Take it away, with its secret.
#[utoipa::path(
    delete,
    path = "/api/alerts/{id}",
    params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)),
)]
pub async fn remove(
    State(app): State<App>,
    _: Manager,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    app.remove_saved::<Alert>(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Send a test message to every receiver now, and say what became of each.
#[utoipa::path(
    post,
    path = "/api/alerts/{id}/test",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = TestResults),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
    ),
)]
pub async fn test(
    State(app): State<App>,
    _: Manager,
    Path(id): Path<String>,
) -> Result<Json<TestResults>, Problem> {
    let alert = app.saved::<Alert>(&id).await?.saved;
    let number = format!("msg_{id}_{}", app.now().micros());
    let notice = Notice::test(number, id, &alert, app.now());
    let mut results = Vec::with_capacity(alert.to.len());
    for to in alert.to {
        let why = app.deliver(&notice, &to).await.err();
        let (code, detail) = why.map(|why| (why.code().to_owned(), why.to_string())).unzip();
        results.push(TestResult { to, delivered: code.is_none(), code, detail });
    }
    Ok(Json(TestResults { results }))
}

/// An alert as this caller may see it.
async fn view(app: &App, known: &Known, mut saved: Saved<Alert>) -> Result<AlertView, Problem> {
    let held = app.inner().vault.saved(Alert::KIND, &saved.id).await.map_err(failed)?;
    let standing = standing(&held);
    let last = standing.looked.map(|time| time.to_string());
    let heard = may_hear(app, known, &saved.saved, &standing).await.then_some(standing);
    if !known.may_manage {
        saved.saved.to = saved.saved.to.iter().map(To::masked).collect();
    }
    Ok(AlertView {
        saved,
        last,
        state: heard.as_ref().map(Standing::state),
        found: heard.as_ref().and_then(|standing| standing.last),
        waiting: heard.as_ref().map(|standing| standing.waiting.len()),
        lost: heard.as_ref().map(|standing| standing.lost),
        failed: heard.and_then(|standing| standing.failed),
        secret: None,
    })
}

/// Whether a caller could ask the question of an alert now, and could have asked what was asked at
/// the last look. Whoever may manage hears of a question that nobody can ask any more, too.
async fn may_hear(app: &App, known: &Known, alert: &Alert, standing: &Standing) -> bool {
    let purpose = match written_out(app, &alert.question).await {
        Ok(written) => {
            let purpose = written.question.get("purpose").and_then(|name| name.as_str());
            purpose.and_then(|name| app.catalogue().purpose(name))
        }
        Err(_) => None,
    };
    let may = |purpose| known.may(app, purpose, Verb::Ask);
    purpose.map_or(known.may_manage, may) && standing.purpose.is_none_or(may)
}

/// The view of an alert, with its secret where that is made now.
async fn with_secret(app: &App, known: &Known, saved: Saved<Alert>) -> Result<AlertView, Problem> {
    let vault = &app.inner().vault;
    let id = saved.id.clone();
    let is_signed = saved.saved.to.iter().any(|to| matches!(to, To::Webhook(_)));
    let mut view = view(app, known, saved).await?;
    if is_signed && !vault.has_secret(Alert::KIND, &id).await.map_err(failed)? {
        let secret = vault.make_secret(Alert::KIND, &id).await.map_err(failed)?;
        let bytes = hex::decode(secret.0).map_err(|error| Problem::internal(&error))?;
        view.secret = Some(format!("whsec_{}", STANDARD.encode(bytes)));
    }
    Ok(view)
}
