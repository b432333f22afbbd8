//! Questions: a trend, a funnel, a retention grid, a cohort. Each names the purpose that it serves.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use life::admit::Verb;
use life::know::{Cohort, Faults, Funnel, Plan, Reply, Retention, Trend};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::body::Body;
use crate::http::caller::Known;
use crate::problem::{FieldProblem, Problem};

/// The kinds of questions: for each its name in the address, and the question, which is also the
/// name of its plan.
macro_rules! questions {
    ($($(#[$about:meta])* $name:ident: $question:ident,)+) => {
        $(
            $(#[$about])*
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
            async fn $name(
                State(app): State<App>,
                known: Known,
                Body(question): Body<$question>,
            ) -> Result<Json<Reply>, Problem> {
                let plan = app.resolve(|setting| question.resolve(setting));
                answer(&app, &known, plan.map(Plan::$question)).await
            }
        )+

        /// The routes of all questions.
        pub fn routes() -> OpenApiRouter<App> {
            OpenApiRouter::new()$(.routes(routes!($name)))+
        }
    };
}

questions! {
    /// How often events happen, or how many people do them, over time.
    trend: Trend,
    /// How many people go through some steps in order, and how long they take.
    funnel: Funnel,
    /// How many of the people who began in a period come back in later ones.
    retention: Retention,
    /// How many people did something so often, and did not do something else.
    cohort: Cohort,
}

/// Answers a plan for whoever may ask for its purpose, or says what is wrong with the question.
async fn answer(
    app: &App,
    known: &Known,
    plan: Result<Plan, Faults>,
) -> Result<Json<Reply>, Problem> {
    let plan = plan.map_err(faulty)?;
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
