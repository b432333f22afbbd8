//! SQL: one select over what a purpose may see, and what there is to select from. Rows are
//! people's, so both are reading.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use life::admit::Verb;
use life::know::{Sql, SqlReply, SqlSchema};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::app::running::Running;
use crate::http::address::Query;
use crate::http::body::Body;
use crate::http::caller::Known;
use crate::http::know::file::Form;
use crate::http::know::query::SQL;
use crate::http::know::running::QueryId;
use crate::problem::Problem;

/// What the rows and values of one select are.
#[utoipa::path(
    post,
    path = "/api/query/sql",
    params(QueryId),
    request_body = Sql,
    responses(
        (
            status = 200,
            content(
                (SqlReply = "application/json"),
                (String = "text/csv"),
                (Vec<u8> = "application/vnd.apache.parquet"),
            ),
        ),
        (status = 400, body = Problem),
        (status = 403, body = Problem),
        (status = 409, body = Problem),
        (status = 422, body = Problem),
    ),
)]
pub async fn ask(
    State(app): State<App>,
    known: Known,
    id: QueryId,
    form: Form,
    Body(question): Body<Sql>,
) -> Result<Response, Problem> {
    let purpose = app.purpose(&question.purpose)?;
    let running = app.begin_query(&known.authority.actor, id, SQL)?;
    let leaves = form.grant(&app, &known, purpose).await?;
    let reply = answer(&app, &known, &question, &running).await?;
    form.hand_out(&app, leaves, SQL, reply).await
}

/// Judges and carries out a text for whoever may read for its purpose.
pub(super) async fn answer(
    app: &App,
    known: &Known,
    question: &Sql,
    running: &Running,
) -> Result<SqlReply, Problem> {
    let grant = known.granted(app, &question.purpose, Verb::Read).await?;
    let categories = grant.categories();
    let plan = app.resolve(|setting| question.resolve(setting, categories)).await?;
    app.select(plan, grant, running).await
}

/// The purpose whose tables are wanted.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Whose {
    purpose: String,
}

/// The tables, columns and functions that a select may name.
#[utoipa::path(
    get,
    path = "/api/query/sql/schema",
    params(Whose),
    responses(
        (status = 200, body = SqlSchema),
        (status = 400, body = Problem),
        (status = 403, body = Problem),
    ),
)]
pub async fn schema(
    State(app): State<App>,
    known: Known,
    Query(whose): Query<Whose>,
) -> Result<Json<SqlSchema>, Problem> {
    let grant = known.granted(&app, &whose.purpose, Verb::Read).await?;
    let categories = grant.categories();
    let schema =
        |setting: life::know::Setting<'_>| Ok(life::know::sql::schema(setting, categories));
    Ok(Json(app.resolve(schema).await?))
}
