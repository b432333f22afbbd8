//! Saved questions, dashboards and annotations: read by whoever is known, changed by whoever may
//! manage. To see a question is no permission to ask it.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use life::know::saved::cohort::SavedCohort;
use life::know::saved::{Annotation, Dashboard, Question};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vocabulary::Time;

use crate::app::App;
use crate::app::saved::Saved;
use crate::http::address::Query;
use crate::http::body::Body;
use crate::http::caller::{Known, Manager};
use crate::problem::Problem;

/// The version that a change replaces.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Replaces {
    /// The version that was read; when somebody changed it since, nothing changes. Without it the
    /// last change wins.
    pub version: Option<u32>,
}

/// The time that annotations are wanted of.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Within {
    /// The first instant.
    #[param(format = DateTime)]
    pub from: Option<String>,
    /// The first instant that is left out.
    #[param(format = DateTime)]
    pub to: Option<String>,
}

/// The routes of one kind: its module, its type, its path, and that of one of them.
macro_rules! saved {
    ($($module:ident: $thing:ident, $path:literal, $one:literal;)+) => {
        $(
            mod $module {
                use super::*;

                /// Save a new one.
                #[utoipa::path(
                    post,
                    path = $path,
                    request_body = $thing,
                    responses(
                        (status = 201, body = Saved<$thing>),
                        (status = 400, body = Problem),
                        (status = 403, body = Problem),
                    ),
                )]
                pub(super) async fn create(
                    State(app): State<App>,
                    Manager(known): Manager,
                    Body(thing): Body<$thing>,
                ) -> Result<(StatusCode, Json<Saved<$thing>>), Problem> {
                    let saved = app.save(&known.authority.actor, &thing).await?;
                    Ok((StatusCode::CREATED, Json(saved)))
                }

                /// One of them.
                #[utoipa::path(
                    get,
                    path = $one,
                    params(("id" = String, Path)),
                    responses(
                        (status = 200, body = Saved<$thing>),
                        (status = 404, body = Problem),
                    ),
                )]
                pub(super) async fn show(
                    State(app): State<App>,
                    _: Known,
                    Path(id): Path<String>,
                ) -> Result<Json<Saved<$thing>>, Problem> {
                    Ok(Json(app.saved(&id).await?))
                }

                /// Replace it.
                #[utoipa::path(
                    put,
                    path = $one,
                    params(("id" = String, Path), Replaces),
                    request_body = $thing,
                    responses(
                        (status = 200, body = Saved<$thing>),
                        (status = 400, body = Problem),
                        (status = 403, body = Problem),
                        (status = 404, body = Problem),
                        (status = 409, body = Problem),
                    ),
                )]
                pub(super) async fn change(
                    State(app): State<App>,
                    _: Manager,
                    Path(id): Path<String>,
                    Query(replaces): Query<Replaces>,
                    Body(thing): Body<$thing>,
                ) -> Result<Json<Saved<$thing>>, Problem> {
                    Ok(Json(app.change(&id, replaces.version, &thing).await?))
                }

                /// Take it away, unless questions name it.
                #[utoipa::path(
                    delete,
                    path = $one,
                    params(("id" = String, Path)),
                    responses(
                        (status = 204),
                        (status = 403, body = Problem),
                        (status = 404, body = Problem),
                        (status = 409, body = Problem),
                    ),
                )]
                pub(super) async fn remove(
                    State(app): State<App>,
                    _: Manager,
                    Path(id): Path<String>,
                ) -> Result<StatusCode, Problem> {
                    app.remove_saved::<$thing>(&id).await?;
                    Ok(StatusCode::NO_CONTENT)
                }
            }
        )+

        /// The routes of everything that is saved.
        pub fn routes() -> OpenApiRouter<App> {
            OpenApiRouter::new()
                $(
                    .routes(routes!($module::create))
                    .routes(routes!($module::show, $module::change, $module::remove))
                )+
                .routes(routes!(questions))
                .routes(routes!(dashboards))
                .routes(routes!(annotations))
        }
    };
}

saved! {
    question: Question, "/api/questions", "/api/questions/{id}";
    dashboard: Dashboard, "/api/dashboards", "/api/dashboards/{id}";
    annotation: Annotation, "/api/annotations", "/api/annotations/{id}";
    cohort: SavedCohort, "/api/cohorts", "/api/cohorts/{id}";
}

/// An instant in an address.
fn instant(text: Option<String>, pointer: &str) -> Result<Option<Time>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let time = Time::parse(&text).ok_or_else(|| {
        let detail = format!("`{text}` is no instant: write it as 2026-01-31T12:00:00Z");
        Problem::new(StatusCode::BAD_REQUEST, "invalid-time", detail).at(pointer)
    });
    time.map(Some)
}

/// Every saved question, by name.
#[utoipa::path(
    get,
    path = "/api/questions",
    responses((status = 200, body = [Saved<Question>]), (status = 401, body = Problem)),
)]
async fn questions(
    State(app): State<App>,
    _: Known,
) -> Result<Json<Vec<Saved<Question>>>, Problem> {
    Ok(Json(app.every_saved().await?))
}

/// Every dashboard, by name.
#[utoipa::path(
    get,
    path = "/api/dashboards",
    responses((status = 200, body = [Saved<Dashboard>]), (status = 401, body = Problem)),
)]
async fn dashboards(
    State(app): State<App>,
    _: Known,
) -> Result<Json<Vec<Saved<Dashboard>>>, Problem> {
    Ok(Json(app.every_saved().await?))
}

/// What was noted of some time, in its order.
#[utoipa::path(
    get,
    path = "/api/annotations",
    params(Within),
    responses((status = 200, body = [Saved<Annotation>]), (status = 401, body = Problem)),
)]
async fn annotations(
    State(app): State<App>,
    _: Known,
    Query(within): Query<Within>,
) -> Result<Json<Vec<Saved<Annotation>>>, Problem> {
    let (from, to) = (instant(within.from, "/from")?, instant(within.to, "/to")?);
    let mut notes = app.every_saved::<Annotation>().await?;
    notes.retain(|note| {
        let time = note.saved.time;
        from.is_none_or(|from| from <= time) && to.is_none_or(|to| time < to)
    });
    notes.sort_by_key(|note| note.saved.time);
    Ok(Json(notes))
}

#[cfg(test)]
mod tests;
