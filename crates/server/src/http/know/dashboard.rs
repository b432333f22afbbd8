//! The answers of a dashboard: every tile is judged and answered alone.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use life::know::saved::dashboard::Tile;
use life::know::saved::{Asked, Complaints, Dashboard, Filters, Question};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::query::{self, Answered};
use crate::app::App;
use crate::app::running::Running;
use crate::app::saved::complain;
use crate::http::body::Body;
use crate::http::caller::Known;
use crate::http::know::running::QueryId;
use crate::problem::Problem;

/// What whoever looks at a dashboard lays over its own filters.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DashboardVisit {
    #[serde(default)]
    pub filters: Filters,
}

/// The answers of all tiles.
#[derive(Debug, Serialize, ToSchema)]
pub struct Answers {
    pub tiles: Vec<TileAnswer>,
}

/// What one tile was answered: exactly one of the two.
#[derive(Debug, Serialize, ToSchema)]
pub struct TileAnswer {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answered>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// Ask the questions of all tiles. One that is refused does not harm the others.
#[utoipa::path(
    post,
    path = "/api/dashboards/{id}/answers",
    params(("id" = String, Path), QueryId),
    request_body = DashboardVisit,
    responses(
        (status = 200, body = Answers),
        (status = 400, body = Problem),
        (status = 404, body = Problem),
        (status = 409, body = Problem),
    ),
)]
pub async fn answers(
    State(app): State<App>,
    known: Known,
    Path(id): Path<String>,
    wanted: QueryId,
    Body(visit): Body<DashboardVisit>,
) -> Result<Json<Answers>, Problem> {
    let mut complaints = Complaints::default();
    visit.filters.check("/filters", &mut complaints);
    if let Some(problem) = complain(complaints) {
        return Err(problem);
    }
    let dashboard = app.saved::<Dashboard>(&id).await?.saved;
    let filters = dashboard.filters.under(visit.filters);
    let running = app.begin_query(&known.authority.actor, wanted, "dashboard")?;
    let mut tiles = Vec::with_capacity(dashboard.tiles.len());
    for tile in dashboard.tiles {
        let answered = tile_answer(&app, &known, &tile, &filters, &running).await;
        running.check()?;
        let (answer, problem) = match answered {
            Ok(answer) => (Some(answer), None),
            Err(problem) => (None, Some(problem)),
        };
        tiles.push(TileAnswer { id: tile.id, answer, problem });
    }
    Ok(Json(Answers { tiles }))
}

async fn tile_answer(
    app: &App,
    known: &Known,
    tile: &Tile,
    filters: &Filters,
    running: &Running,
) -> Result<Answered, Problem> {
    let WrittenOut { kind, question, .. } = written_out(app, &tile.question).await?;
    let question = filters.over(&kind, &question).map_err(|amiss| {
        Problem::new(StatusCode::BAD_REQUEST, amiss.code(), amiss.to_string()).at("/filters/where")
    })?;
    query::pose_any(app, known, &kind, &question, running).await
}

/// A question as its kind and its body, with its name where it is a saved one.
#[derive(Debug)]
pub struct WrittenOut {
    pub name: Option<String>,
    pub kind: String,
    pub question: Value,
}

/// A question written out, also where it is named by an id.
pub async fn written_out(app: &App, asked: &Asked) -> Result<WrittenOut, Problem> {
    match asked {
        Asked::Here(posed) => {
            let (kind, question) = (posed.kind.clone(), posed.question.clone());
            Ok(WrittenOut { name: None, kind, question })
        }
        Asked::Saved(reference) => {
            let Question { name, kind, question, .. } =
                app.saved::<Question>(&reference.saved).await?.saved;
            Ok(WrittenOut { name: Some(name), kind, question })
        }
    }
}
