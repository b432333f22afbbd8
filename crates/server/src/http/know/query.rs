//! Questions of every kind, and the people behind their numbers. Each names the purpose that it
//! serves.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use life::admit::Verb;
use life::know::{
    Asked as _, Everyone, Faults, Flaw, Plan, Question as _, Reply, Sql, SqlReply, cohort::*,
    funnel::*, lifecycle::*, paths::*, retention::*, sessions::*, stickiness::*, trend::*,
    values::*,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::app::people_behind::{Behind, Sorted};
use crate::app::running::Running;
use crate::http::body::Body;
use crate::http::caller::Known;
use crate::http::know::file::Form;
use crate::http::know::running::QueryId;
use crate::problem::{FieldProblem, Problem};

/// What a text of SQL is called where kinds of questions are named.
pub const SQL: &str = "sql";

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
                pub(super) async fn ask(
                    State(app): State<App>,
                    known: Known,
                    id: QueryId,
                    form: Form,
                    Body(question): Body<$question>,
                ) -> Result<Response, Problem> {
                    let plan = app.resolve(|setting| question.resolve(setting)).await?;
                    let wanted = Wanted { kind: stringify!($name), id, form };
                    answer(&app, &known, wanted, Plan::$question(plan)).await
                }

                /// The people behind one number of such an answer.
                #[utoipa::path(
                    post,
                    path = concat!("/api/query/", stringify!($name), "/people"),
                    params(QueryId),
                    request_body = Picked<$question, $pick>,
                    responses(
                        (
                            status = 200,
                            content(
                                (Behind = "application/json"),
                                (String = "text/csv"),
                                (Vec<u8> = "application/vnd.apache.parquet"),
                            ),
                        ),
                        (status = 400, body = Problem),
                        (status = 403, body = Problem),
                        (status = 409, body = Problem),
                    ),
                )]
                pub(super) async fn people(
                    State(app): State<App>,
                    known: Known,
                    id: QueryId,
                    form: Form,
                    Body(picked): Body<Picked<$question, $pick>>,
                ) -> Result<Response, Problem> {
                    let Picked { question, pick, sort, limit } = picked;
                    let resolve = |setting: life::know::Setting<'_>| {
                        let mut plan = question.resolve(setting)?;
                        plan.pick(pick)?;
                        Ok(plan)
                    };
                    let plan = app.resolve(resolve).await?;
                    let wanted = Wanted { kind: stringify!($name), id, form };
                    behind(&app, &known, wanted, Plan::$question(plan), (sort, limit)).await
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

/// What a caller wants beside the answer itself.
struct Wanted {
    kind: &'static str,
    id: QueryId,
    form: Form,
}

/// Answers a plan for whoever may ask for its purpose, in the form that was wanted.
async fn answer(app: &App, known: &Known, wanted: Wanted, plan: Plan) -> Result<Response, Problem> {
    let Wanted { kind, id, form } = wanted;
    let purpose = plan.scope().purpose;
    let running = app.begin_query(&known.authority.actor, id, kind)?;
    let leaves = form.grant(app, known, purpose).await?;
    let grant = known.grant(app, purpose, Verb::Ask).await?;
    let reply = app.ask(plan, grant, &running).await?;
    form.hand_out(app, leaves, kind, reply).await
}

/// Lists the people behind a number for whoever may read for its purpose.
async fn behind(
    app: &App,
    known: &Known,
    wanted: Wanted,
    plan: Plan,
    (sort, limit): (Sorted, Option<usize>),
) -> Result<Response, Problem> {
    let Wanted { kind, id, form } = wanted;
    let purpose = plan.scope().purpose;
    let running = app.begin_query(&known.authority.actor, id, kind)?;
    let leaves = form.grant(app, known, purpose).await?;
    let grant = known.grant(app, purpose, Verb::Read).await?;
    let people = app.behind(plan, grant, sort, limit, &running).await?;
    form.hand_out(app, leaves, kind, people).await
}

/// Turns a question that comes as JSON into a plan, or says what is wrong with it.
pub async fn resolve(app: &App, kind: &str, question: &Value) -> Result<Plan, Problem> {
    let question = question.to_string();
    app.resolve(|setting| Plan::resolve(kind, &question, setting)).await
}

/// Refuses what no words could make a question of this kind. Names that are not known yet pass:
/// they may be when it is asked.
pub async fn shaped(app: &App, pointer: &str, kind: &str, question: &Value) -> Result<(), Problem> {
    let read = if kind == SQL {
        select(question).map(drop)
    } else {
        let question = question.to_string();
        app.resolve(|setting| Ok(Plan::resolve(kind, &question, setting).map(drop))).await?
    };
    let Err(mut faults) = read else { return Ok(()) };
    faults
        .0
        .retain(|fault| matches!(fault.flaw, Flaw::UnknownKind { .. } | Flaw::Unreadable { .. }));
    for fault in &mut faults.0 {
        let inside = if fault.pointer.is_empty() { "/question" } else { "" };
        fault.pointer = format!("{pointer}{inside}{}", fault.pointer);
    }
    if faults.0.is_empty() { Ok(()) } else { Err(faults.into()) }
}

/// Reads a text of SQL that comes as JSON.
fn select(question: &Value) -> Result<Sql, Faults> {
    Sql::deserialize(question)
        .map_err(|error| Faults::one("", Flaw::Unreadable { why: error.to_string() }))
}

/// The answer to a question, or to a text of SQL.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Answered {
    Question(Reply),
    Sql(SqlReply),
}

/// Judges and answers what a tile asks.
pub async fn pose_any(
    app: &App,
    known: &Known,
    kind: &str,
    question: &Value,
    running: &Running,
) -> Result<Answered, Problem> {
    if kind == SQL {
        let question = select(question)?;
        return super::sql::answer(app, known, &question, running).await.map(Answered::Sql);
    }
    pose(app, known, kind, question, running).await.map(Answered::Question)
}

/// Judges and answers a question that comes as JSON.
pub async fn pose(
    app: &App,
    known: &Known,
    kind: &str,
    question: &Value,
    running: &Running,
) -> Result<Reply, Problem> {
    let plan = resolve(app, kind, question).await?;
    let grant = known.grant(app, plan.scope().purpose, Verb::Ask).await?;
    app.ask(plan, grant, running).await
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
