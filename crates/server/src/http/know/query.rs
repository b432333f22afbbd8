//! Questions: a trend, a funnel, a retention grid, a cohort. Each names the purpose that it serves.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use life::admit::Verb;
use life::know::{Cohort, Faults, Funnel, Plan, Reply, Retention, Trend};

use crate::app::App;
use crate::http::body::Body;
use crate::http::caller::Known;
use crate::problem::{FieldProblem, Problem};

/// How often events happen, or how many people do them, over time.
#[utoipa::path(
    post,
    path = "/api/query/trend",
    request_body = Trend,
    responses(
        (status = 200, body = Reply),
        (status = 400, body = Problem),
        (status = 403, body = Problem),
    ),
)]
pub async fn trend(
    State(app): State<App>,
    known: Known,
    Body(question): Body<Trend>,
) -> Result<Json<Reply>, Problem> {
    let plan = app.resolve(|setting| question.resolve(setting)).map_err(faulty)?;
    answer(&app, &known, Plan::Trend(plan)).await
}

/// How many people go through some steps in order, and how long they take.
#[utoipa::path(
    post,
    path = "/api/query/funnel",
    request_body = Funnel,
    responses(
        (status = 200, body = Reply),
        (status = 400, body = Problem),
        (status = 403, body = Problem),
    ),
)]
pub async fn funnel(
    State(app): State<App>,
    known: Known,
    Body(question): Body<Funnel>,
) -> Result<Json<Reply>, Problem> {
    let plan = app.resolve(|setting| question.resolve(setting)).map_err(faulty)?;
    answer(&app, &known, Plan::Funnel(plan)).await
}

/// How many of the people who began in a period come back in later ones.
#[utoipa::path(
    post,
    path = "/api/query/retention",
    request_body = Retention,
    responses(
        (status = 200, body = Reply),
        (status = 400, body = Problem),
        (status = 403, body = Problem),
    ),
)]
pub async fn retention(
    State(app): State<App>,
    known: Known,
    Body(question): Body<Retention>,
) -> Result<Json<Reply>, Problem> {
    let plan = app.resolve(|setting| question.resolve(setting)).map_err(faulty)?;
    answer(&app, &known, Plan::Retention(plan)).await
}

/// How many people did something so often, and did not do something else.
#[utoipa::path(
    post,
    path = "/api/query/cohort",
    request_body = Cohort,
    responses(
        (status = 200, body = Reply),
        (status = 400, body = Problem),
        (status = 403, body = Problem),
    ),
)]
pub async fn cohort(
    State(app): State<App>,
    known: Known,
    Body(question): Body<Cohort>,
) -> Result<Json<Reply>, Problem> {
    let plan = app.resolve(|setting| question.resolve(setting)).map_err(faulty)?;
    answer(&app, &known, Plan::Cohort(plan)).await
}

async fn answer(app: &App, known: &Known, plan: Plan) -> Result<Json<Reply>, Problem> {
    let grant = known.grant(app, plan.scope().purpose, Verb::Ask).await?;
    Ok(Json(app.ask(plan, grant).await?))
}

fn faulty(faults: Faults) -> Problem {
    let mut problem = Problem::new(StatusCode::BAD_REQUEST, faults.code(), faults.to_string());
    problem.errors = faults
        .0
        .iter()
        .map(|fault| FieldProblem {
            pointer: fault.pointer.clone(),
            detail: fault.flaw.to_string(),
        })
        .collect();
    problem
}
