//! Who calls the API: the local operator through the socket, a session, or a token. Access is
//! decided here once.

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use life::admit::{Actor, Authority, Grant, Verb};
use vocabulary::{Categories, Purpose, Purposes, Span};

use crate::app::App;
use crate::problem::Problem;

/// Marks requests that came through the machine's own socket.
#[derive(Debug, Clone, Copy)]
pub struct LocalSocket;

/// A caller who is known, and what it may do at all.
#[derive(Debug, Clone)]
pub struct Known {
    pub authority: Authority,
    /// Whether it may change the installation: sources, keys, erasures.
    pub may_manage: bool,
}

/// The cookie of a console session.
pub const COOKIE: &str = "candor_session";

impl FromRequestParts<App> for Known {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if parts.extensions.get::<LocalSocket>().is_some() {
            return Ok(Known::everything(app, "local"));
        }
        if let Some(token) = bearer(parts) {
            return app.token(&token).await?.ok_or_else(Problem::not_signed_in);
        }
        let session = cookie(parts).ok_or_else(Problem::not_signed_in)?;
        let actor = app.session(&session).await?.ok_or_else(Problem::not_signed_in)?;
        Ok(Known::everything(app, &actor))
    }
}

impl Known {
    /// The operator of the installation: every purpose, every verb.
    #[must_use]
    pub fn everything(app: &App, actor: &str) -> Self {
        Self {
            authority: Authority {
                actor: Actor(actor.to_owned()),
                purposes: Purposes::ALL,
                verbs: vec![Verb::Ask, Verb::Read, Verb::Export],
                categories: Categories::ALL,
                until: app.now() + Span::HOUR,
            },
            may_manage: true,
        }
    }

    /// Only whoever may change the installation goes on.
    pub fn manager(&self) -> Result<(), Problem> {
        if self.may_manage {
            return Ok(());
        }
        let detail = "a token may ask questions only: sign in to the console, or use the machine's command line";
        Err(Problem::new(StatusCode::FORBIDDEN, "not-a-manager", detail))
    }

    /// The grant for one use; a refusal leaves a fact.
    pub async fn grant(&self, app: &App, purpose: Purpose, verb: Verb) -> Result<Grant, Problem> {
        match Grant::issue(app.catalogue(), &self.authority, purpose, verb, app.now()) {
            Ok(grant) => Ok(grant),
            Err(why) => {
                app.denied(&self.authority.actor, purpose, verb, why).await?;
                Err(Problem::refused(why))
            }
        }
    }
}

fn bearer(parts: &Parts) -> Option<String> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ").map(|token| token.trim().to_owned())
}

/// The session's id from the cookie header.
#[must_use]
pub fn cookie(parts: &Parts) -> Option<String> {
    let values =
        parts.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, id)| id.to_owned())
}

/// Refuses unsafe requests that another site made a browser send.
pub async fn same_origin(request: Request, next: Next) -> Response {
    if is_own(&request) {
        return next.run(request).await;
    }
    let detail = "this request came from another site: open the console itself";
    Problem::new(StatusCode::FORBIDDEN, "cross-site", detail).into_response()
}

/// Whether a request is safe, carries no session, or was made by the console's own pages.
fn is_own(request: &Request) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let is_safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    if is_safe || header("cookie").is_none() {
        return true;
    }
    match header("sec-fetch-site") {
        Some(site) => site == "same-origin" || site == "none",
        None => match (header("origin"), header("host")) {
            (Some(origin), Some(host)) => {
                origin.split_once("://").is_some_and(|(_, named)| named == host)
            }
            (None, _) => true,
            (Some(_), None) => false,
        },
    }
}
