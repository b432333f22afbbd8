//! Questions: a trend, a funnel, a retention grid, a cohort. Each names the purpose that it serves.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use life::admit::Verb;
use life::know::{Cohort, Faults, Funnel, Plan, Reply, Retention, Trend};
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::app::queries::Running;
use crate::http::body::Body;
use crate::http::caller::Known;
use crate::http::know::file::Form;
use crate::http::know::queries::QueryId;
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
                params(QueryId),
                request_body = $question,
                responses(
                    (
                        status = 200,
                        content(
                            (Reply = "application/json"),
                            (String = "text/csv"),
                            (Vec<u8> = "application/vnd.apache.parquet"),
                        ),
                    ),
                    (status = 400, body = Problem),
                    (status = 403, body = Problem),
                    (status = 409, body = Problem),
                ),
            )]
            async fn $name(
                State(app): State<App>,
                known: Known,
                id: QueryId,
                form: Form,
                Body(question): Body<$question>,
            ) -> Result<Response, Problem> {
                let plan = app.resolve(|setting| question.resolve(setting));
                let plan = plan.map(Plan::$question).map_err(faulty)?;
                let kind = stringify!($name);
                answer(&app, &known, Wanted { kind, id, form }, plan).await
            }
        )+

        /// Turns a question of a kind into a plan, or says what is wrong with it.
        pub fn resolve(app: &App, kind: &str, question: &Value) -> Result<Plan, Problem> {
            match kind {
                $(stringify!($name) => {
                    let question: $question = read(kind, question)?;
                    app.resolve(|setting| question.resolve(setting))
                        .map(Plan::$question)
                        .map_err(faulty)
                })+
                other => Err(unknown(other)),
            }
        }

        /// Refuses a question that no words could make a question of this kind.
        pub fn shaped(pointer: &str, kind: &str, question: &Value) -> Result<(), Problem> {
            let read = match kind {
                $(stringify!($name) => read::<$question>(kind, question).map(drop),)+
                other => Err(unknown(other)),
            };
            read.map_err(|problem| problem.at(format!("{pointer}/question")))
        }

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

/// What a caller wants beside the answer itself.
struct Wanted {
    kind: &'static str,
    id: QueryId,
    form: Form,
}

/// Answers a plan for whoever may ask for its purpose, in the form that was wanted.
async fn answer(
    app: &App,
    known: &Known,
    wanted: Wanted,
    plan: Plan,
) -> Result<Response, Problem> {
    let Wanted { kind, id, form } = wanted;
    let purpose = plan.scope().purpose;
    let running = app.begin(&known.authority.actor, id, kind)?;
    let leaves = form.grant(app, known, purpose).await?;
    let grant = known.grant(app, purpose, Verb::Ask).await?;
    let reply = app.ask(plan, grant, &running).await?;
    form.hand_out(app, leaves, kind, reply).await
}

/// Judges and answers a question that comes as JSON: a tile's, an alert's.
pub async fn pose(
    app: &App,
    known: &Known,
    kind: &str,
    question: &Value,
    running: &Running,
) -> Result<Reply, Problem> {
    let plan = resolve(app, kind, question)?;
    let grant = known.grant(app, plan.scope().purpose, Verb::Ask).await?;
    app.ask(plan, grant, running).await
}

fn read<T: DeserializeOwned>(kind: &str, question: &Value) -> Result<T, Problem> {
    serde_json::from_value(question.clone()).map_err(|error| {
        let detail = format!("this is no question of the kind `{kind}`: {error}");
        Problem::new(StatusCode::BAD_REQUEST, "question-unreadable", detail)
    })
}

fn unknown(kind: &str) -> Problem {
    let detail = format!("`{kind}` is no kind of question: write the last part of its address");
    Problem::new(StatusCode::BAD_REQUEST, "unknown-kind", detail)
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
