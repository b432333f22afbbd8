//! Questions of every kind, and the people behind their numbers. Each names the purpose that it
//! serves.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use life::admit::Verb;
use life::know::{
    Asked as _, Everyone, Faults, Plan, Question as _, Reply, cohort::*, funnel::*, retention::*,
    trend::*,
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::app::behind::{Behind, Sorted};
use crate::http::body::Body;
use crate::http::caller::Known;
use crate::problem::{FieldProblem, Problem};

/// Which number of which answer, and how its people are listed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Picked<Q, P> {
    pub question: Q,
    pub pick: P,
    #[serde(default)]
    pub sort: Sorted,
    /// How many people are listed at most.
    #[serde(default)]
    pub limit: Option<usize>,
}

/// For each kind its two routes: the question, and the people behind one of its numbers.
macro_rules! questions {
    ($(
        $(#[$about:meta])+
        $name:ident: $question:ident, $plan:ident, $answer:ident, $pick:ident;
    )+) => {
        $(
            mod $name {
                use super::*;

                $(#[$about])+
                #[utoipa::path(
                    post,
                    path = concat!("/api/query/", stringify!($name)),
                    request_body = $question,
                    responses(
                        (status = 200, body = Reply),
                        (status = 400, body = Problem),
                        (status = 403, body = Problem),
                    ),
                )]
                pub(super) async fn ask(
                    State(app): State<App>,
                    known: Known,
                    Body(question): Body<$question>,
                ) -> Result<Json<Reply>, Problem> {
                    let plan = app.resolve(|setting| question.resolve(setting)).await?;
                    answer(&app, &known, Plan::$question(plan)).await
                }

                /// The people behind one number of such an answer.
                #[utoipa::path(
                    post,
                    path = concat!("/api/query/", stringify!($name), "/people"),
                    request_body = Picked<$question, $pick>,
                    responses(
                        (status = 200, body = Behind),
                        (status = 400, body = Problem),
                        (status = 403, body = Problem),
                    ),
                )]
                pub(super) async fn people(
                    State(app): State<App>,
                    known: Known,
                    Body(picked): Body<Picked<$question, $pick>>,
                ) -> Result<Json<Behind>, Problem> {
                    let Picked { question, pick, sort, limit } = picked;
                    let resolve = |setting: life::know::Setting<'_>| {
                        let mut plan = question.resolve(setting)?;
                        plan.pick(pick)?;
                        Ok(plan)
                    };
                    let plan = app.resolve(resolve).await?;
                    behind(&app, &known, Plan::$question(plan), sort, limit).await
                }
            }
        )+

        /// The routes of all questions.
        pub fn routes() -> OpenApiRouter<App> {
            OpenApiRouter::new()$(.routes(routes!($name::ask)).routes(routes!($name::people)))+
        }
    };
}

life::each_kind!(questions);

/// Answers a plan for whoever may ask for its purpose.
async fn answer(app: &App, known: &Known, plan: Plan) -> Result<Json<Reply>, Problem> {
    let grant = known.grant(app, plan.scope().purpose, Verb::Ask).await?;
    Ok(Json(app.ask(plan, grant).await?))
}

/// Lists the people behind a number for whoever may read for its purpose.
async fn behind(
    app: &App,
    known: &Known,
    plan: Plan,
    sort: Sorted,
    limit: Option<usize>,
) -> Result<Json<Behind>, Problem> {
    let grant = known.grant(app, plan.scope().purpose, Verb::Read).await?;
    Ok(Json(app.behind(plan, grant, sort, limit).await?))
}

/// What is wrong with a question, field by field.
impl From<Faults> for Problem {
    fn from(faults: Faults) -> Self {
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
}
