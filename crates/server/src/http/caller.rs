//! Who calls the API: the local operator through the socket, a session, or a token. Access is
//! decided here once.

use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use life::admit::{Actor, Authority, Grant, Verb};
use vocabulary::{Categories, Purpose, Purposes, Refusal, Span};

use crate::app::App;
use crate::app::access::OPERATOR;
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

/// Who acts through the machine's own socket.
const LOCAL: &str = "local";

/// The cookie of a console session.
pub const COOKIE: &str = "candor_session";

impl FromRequestParts<App> for Known {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let shown = Shown::from_request_parts(parts, app).await?;
        shown.known(app).await?.ok_or_else(Problem::not_signed_in)
    }
}

/// A caller who may change the installation: its sources, keys, erasures.
#[derive(Debug, Clone)]
pub struct Manager(pub Known);

impl FromRequestParts<App> for Manager {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let known = Known::from_request_parts(parts, app).await?;
        if known.may_manage {
            return Ok(Self(known));
        }
        let detail = "a token may ask questions only: sign in to the console, or use the machine's command line";
        Err(Problem::new(StatusCode::FORBIDDEN, "not-a-manager", detail))
    }
}

/// What a caller showed to be known by. Whoever answers for long looks at it again.
#[derive(Clone)]
pub enum Shown {
    Local,
    Token(String),
    Session(String),
}

impl FromRequestParts<App> for Shown {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        if parts.extensions.get::<LocalSocket>().is_some() {
            return Ok(Shown::Local);
        }
        if let Some(token) = bearer(parts) {
            return Ok(Shown::Token(token));
        }
        cookie(parts).map(Shown::Session).ok_or_else(Problem::not_signed_in)
    }
}

impl Shown {
    /// Who this is now: nobody any more once the token was revoked or the session has ended.
    pub async fn known(&self, app: &App) -> Result<Option<Known>, Problem> {
        match self {
            Shown::Local => Ok(Some(Known::everything(app, LOCAL))),
            Shown::Token(token) => app.token(token).await,
            Shown::Session(session) => {
                let actor = app.session(session).await?;
                Ok(actor.map(|actor| Known::everything(app, &actor)))
            }
        }
    }
}

/// A token or a session is a secret; it is never printed.
impl fmt::Debug for Shown {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Shown(..)")
    }
}

/// The address from which a request came, as far as proxies that are trusted say it; none on the
/// machine's own socket.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub Option<IpAddr>);

impl FromRequestParts<App> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        let trusted = &app.config().server.trusted_proxies;
        Ok(Peer(peer.map(|peer| super::arrive::request::client(peer, &parts.headers, trusted))))
    }
}

impl Peer {
    /// The part of the address that one household or machine has: of IPv6 the first 64 bits.
    #[must_use]
    pub fn household(self) -> Option<IpAddr> {
        Some(match self.0?.to_canonical() {
            IpAddr::V4(four) => IpAddr::V4(four),
            IpAddr::V6(six) => {
                let [a, b, c, d, ..] = six.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        })
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

    /// Whoever saved something that is carried out later: judged by what they may do then.
    #[must_use]
    pub fn of(app: &App, actor: &Actor) -> Option<Self> {
        let is_known = [OPERATOR, LOCAL].contains(&actor.0.as_str());
        is_known.then(|| Self::everything(app, &actor.0))
    }

    /// The grant for one use of a purpose that the request names.
    pub async fn granted(&self, app: &App, purpose: &str, verb: Verb) -> Result<Grant, Problem> {
        self.grant(app, app.purpose(purpose)?, verb).await
    }

    /// A refusal with the remedy for what this caller lacks.
    fn refused(&self, purpose: Purpose, verb: Verb, why: Refusal) -> Problem {
        let holds = self.authority.purposes.has(purpose);
        if why != Refusal::ActorNotAllowed || !holds || self.authority.verbs.contains(&verb) {
            return Problem::refused(why);
        }
        let detail = format!(
            "the purpose is held, but a token may not {}: sign in to the console, or use the \
             machine's command line",
            verb.code()
        );
        Problem::new(StatusCode::FORBIDDEN, why.code(), detail)
    }

    /// Whether there would be a grant for one use. Who merely looks leaves no fact.
    #[must_use]
    pub fn may(&self, app: &App, purpose: Purpose, verb: Verb) -> bool {
        Grant::issue(app.catalogue(), &self.authority, purpose, verb, app.now()).is_ok()
    }

    /// The grant for one use; a refusal leaves a fact.
    pub async fn grant(&self, app: &App, purpose: Purpose, verb: Verb) -> Result<Grant, Problem> {
        match Grant::issue(app.catalogue(), &self.authority, purpose, verb, app.now()) {
            Ok(grant) => Ok(grant),
            Err(why) => {
                app.denied(&self.authority.actor, purpose, verb, why).await?;
                Err(self.refused(purpose, verb, why))
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
