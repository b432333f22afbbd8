//! Signing in: a link that works once, then a password.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Body;
use super::caller::{COOKIE, Known, Manager, Peer, cookie};
use crate::app::App;
use crate::problem::Problem;

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    actor: String,
    name: String,
    password_set: bool,
}

/// The token of the one-time link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    token: String,
}

/// A link's token opens the console; it is never printed.
impl std::fmt::Debug for Link {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Link(..)")
    }
}

/// A password; at least twelve characters when it is set.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Password {
    password: String,
}

/// A password is never printed.
impl std::fmt::Debug for Password {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Password(..)")
    }
}

/// Who is signed in.
#[utoipa::path(
    get,
    path = "/api/session",
    responses((status = 200, body = SessionView), (status = 401, body = Problem)),
)]
pub async fn show(State(app): State<App>, known: Known) -> Result<Json<SessionView>, Problem> {
    let password_set = app.password_is_set().await?;
    let actor = known.authority.actor.0;
    Ok(Json(SessionView { name: "Operator".to_owned(), actor, password_set }))
}

/// Sign in with the link that the server printed; it works once.
#[utoipa::path(
    post,
    path = "/api/session/link",
    request_body = Link,
    responses((status = 200), (status = 401, body = Problem), (status = 429, body = Problem)),
)]
pub async fn use_link(
    State(app): State<App>,
    peer: Peer,
    Body(link): Body<Link>,
) -> Result<Response, Problem> {
    let session = app.use_link(&link.token, peer).await?.ok_or_else(|| {
        let detail = "the link was used before or has run out: restart the server to get a new one";
        Problem::new(StatusCode::UNAUTHORIZED, "link-spent", detail)
    })?;
    Ok(signed_in(&app, &session))
}

/// Set the password for later.
#[utoipa::path(
    post,
    path = "/api/session/password",
    request_body = Password,
    responses((status = 204), (status = 400, body = Problem)),
)]
pub async fn set_password(
    State(app): State<App>,
    _: Manager,
    Body(wanted): Body<Password>,
) -> Result<StatusCode, Problem> {
    if wanted.password.chars().count() < 12 {
        let detail =
            "the password needs at least twelve characters; a sentence is easy to remember";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "password-short", detail).at("/password"));
    }
    app.set_password(wanted.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign in with the password.
#[utoipa::path(
    post,
    path = "/api/session",
    request_body = Password,
    responses((status = 200), (status = 401, body = Problem), (status = 429, body = Problem)),
)]
pub async fn sign_in(
    State(app): State<App>,
    peer: Peer,
    Body(given): Body<Password>,
) -> Result<Response, Problem> {
    let session = app.sign_in(given.password, peer).await?.ok_or_else(|| {
        let detail = "the password is wrong, or none has been set: use the one-time link";
        Problem::new(StatusCode::UNAUTHORIZED, "password-wrong", detail)
    })?;
    Ok(signed_in(&app, &session))
}

/// Sign out.
#[utoipa::path(delete, path = "/api/session", responses((status = 204)))]
pub async fn sign_out(State(app): State<App>, parts: Parts) -> Result<Response, Problem> {
    if let Some(session) = cookie(&parts) {
        app.sign_out(&session).await?;
    }
    let gone = format!("{COOKIE}=; {}; Max-Age=0", cookie_terms(&app));
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]).into_response())
}

/// Where the session's cookie is sent: to the console alone, and never in the clear where the way
/// to it is encrypted.
fn cookie_terms(app: &App) -> String {
    let path = match app.config().server.base_path.as_str() {
        "" => "/",
        base => base,
    };
    let is_encrypted = app.config().is_encrypted() || app.config().server.behind_proxy;
    let secure = if is_encrypted { "; Secure" } else { "" };
    format!("Path={path}; HttpOnly; SameSite=Strict{secure}")
}

fn signed_in(app: &App, session: &str) -> Response {
    let value = format!("{COOKIE}={session}; {}; Max-Age=43200", cookie_terms(app));
    (StatusCode::OK, [(header::SET_COOKIE, value)], Json(serde_json::json!({ "signed_in": true })))
        .into_response()
}
