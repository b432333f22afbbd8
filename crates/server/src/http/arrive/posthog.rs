//! PostHog's capture API, as its official clients speak it: success is exactly 200, an event that
//! may be sent again is never told to go away, and a client that starts is told what it may do.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use life::arrive::posthog::{
    Call, DaySalt, Headers, NOT_TAKEN_CODE, Unread, config, decide, flags, open, read_key,
    read_newer, read_older, said, script, success,
};
use rand_core::{OsRng, RngCore};
use serde::Serialize;
use serde_json::{Value, json};
use vocabulary::{Outcome, Span, Time};

use super::super::document::{JSON, Route};
use super::native::status_of;
use super::request::{self, Declined, Received};
use crate::app::App;
use crate::app::collect::{EventOutcome, words};
use crate::problem::{FieldProblem, Problem};

const PROTOCOL: &str = "posthog";

/// What the document says of this protocol.
pub const DESCRIBED: &[Route] = &[
    Route::post("/batch", "PostHog: events that are sent together."),
    Route::get("/batch", JSON, "PostHog: events that are sent together."),
    Route::post("/batch/", "PostHog: events that are sent together."),
    Route::get("/batch/", JSON, "PostHog: events that are sent together."),
    Route::post("/e", "PostHog: events of a browser."),
    Route::get("/e", JSON, "PostHog: events of a browser."),
    Route::post("/e/", "PostHog: events of a browser."),
    Route::get("/e/", JSON, "PostHog: events of a browser."),
    Route::post("/i/v0/e", "PostHog: events of a browser."),
    Route::get("/i/v0/e", JSON, "PostHog: events of a browser."),
    Route::post("/i/v0/e/", "PostHog: events of a browser."),
    Route::get("/i/v0/e/", JSON, "PostHog: events of a browser."),
    Route::post("/track", "PostHog: events."),
    Route::get("/track", JSON, "PostHog: events."),
    Route::post("/track/", "PostHog: events."),
    Route::get("/track/", JSON, "PostHog: events."),
    Route::post("/capture", "PostHog: events."),
    Route::get("/capture", JSON, "PostHog: events."),
    Route::post("/capture/", "PostHog: events."),
    Route::get("/capture/", JSON, "PostHog: events."),
    Route::post("/s", "PostHog: recordings, which are not taken."),
    Route::get("/s", JSON, "PostHog: recordings, which are not taken."),
    Route::post("/s/", "PostHog: recordings, which are not taken."),
    Route::get("/s/", JSON, "PostHog: recordings, which are not taken."),
    Route::post("/engage", "PostHog: what is set of a person."),
    Route::get("/engage", JSON, "PostHog: what is set of a person."),
    Route::post("/engage/", "PostHog: what is set of a person."),
    Route::get("/engage/", JSON, "PostHog: what is set of a person."),
    Route::post("/i/v1/analytics/events", "PostHog: events, each with a verdict."),
    Route::post("/i/v1/analytics/events/", "PostHog: events, each with a verdict."),
    Route::post("/flags", "PostHog: the flags of a person; none is evaluated."),
    Route::get("/flags", JSON, "PostHog: the flags of a person; none is evaluated."),
    Route::post("/flags/", "PostHog: the flags of a person; none is evaluated."),
    Route::get("/flags/", JSON, "PostHog: the flags of a person; none is evaluated."),
    Route::post("/decide", "PostHog: the flags of a person, as older clients ask."),
    Route::get("/decide", JSON, "PostHog: the flags of a person, as older clients ask."),
    Route::post("/decide/", "PostHog: the flags of a person, as older clients ask."),
    Route::get("/decide/", JSON, "PostHog: the flags of a person, as older clients ask."),
    Route::get("/array/{key}/config", JSON, "PostHog: what starts a client."),
    Route::get(
        "/array/{key}/config.js",
        "text/javascript",
        "PostHog: what starts a client, as a script.",
    ),
    Route::get("/array/{key}/{script}", JSON, "PostHog: scripts, of which none is served."),
];

/// PostHog's routes, each with and without its last slash.
pub fn routes() -> Router<App> {
    let mut routes = Router::new();
    for path in ["/batch", "/e", "/i/v0/e", "/track", "/capture", "/s", "/engage"] {
        let call = if path == "/engage" { Call::Engage } else { Call::Capture };
        let take = move |State(app): State<App>, Extension(salts): Extension<Salts>, request| {
            capture(app, salts, call, request)
        };
        let methods = post(take).get(take).options(allowed);
        routes = routes.route(path, methods.clone()).route(&format!("{path}/"), methods);
    }
    for path in ["/i/v1/analytics/events", "/i/v1/analytics/events/"] {
        routes = routes.route(path, post(show_newer).options(allowed));
    }
    for path in ["/flags", "/flags/"] {
        routes = routes.route(path, post(ask_flags).get(ask_flags).options(allowed));
    }
    for path in ["/decide", "/decide/"] {
        routes = routes.route(path, post(ask_decide).get(ask_decide).options(allowed));
    }
    routes
        .route("/array/{key}/config", get(configure))
        .route("/array/{key}/config.js", get(configure_by_script))
        .route("/array/{key}/{script}", get(unserved))
        .route("/static/{*script}", get(unserved))
        .layer(Extension(Salts::default()))
}

/// The secret of the day by which visitors without an id are told apart.
///
/// It lies in memory alone: when the day or the program ends, nobody can tell any more who that
/// was.
#[derive(Clone, Default)]
struct Salts(Arc<Mutex<Option<(i64, DaySalt)>>>);

impl Salts {
    fn at(&self, now: Time) -> DaySalt {
        let today = now.micros().div_euclid(Span::DAY.0);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*held {
            Some((day, salt)) if *day == today => salt.clone(),
            Some(_) | None => {
                let mut salt = [0; 32];
                OsRng.fill_bytes(&mut salt);
                held.insert((today, DaySalt(salt))).1.clone()
            }
        }
    }
}

impl fmt::Debug for Salts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Salts(..)")
    }
}

/// Whoever asks without an origin may send, too.
async fn allowed() -> Response {
    Json(success(&[])).into_response()
}

async fn capture(app: App, salts: Salts, call: Call, request: Request) -> Response {
    let is_beacon =
        said(request.uri().query().unwrap_or_default(), "beacon").as_deref() == Some("1");
    match take(&app, &salts, call, request).await {
        // A page that is going away reads no answer.
        Ok(_) if is_beacon => StatusCode::NO_CONTENT.into_response(),
        Ok(answer) => Json(answer).into_response(),
        Err(declined) => later(declined).into_response(),
    }
}

async fn take(app: &App, salts: &Salts, call: Call, request: Request) -> Result<Value, Declined> {
    let received = Received::take_large(app, request).await?;
    let parcel = received.parcel();
    let opened = open(&parcel, app.limits()).map_err(Unread::from);
    let salt = salts.at(parcel.received);
    let older = opened
        .as_ref()
        .map_err(Clone::clone)
        .and_then(|body| read_older(call, body, &parcel, &salt, app.limits()));
    if let Ok(body) = &opened {
        received.hold(body)?;
    }
    let older = match older {
        Ok(older) => older,
        Err(unread) => return Err(declined(app, &received, unread).await),
    };
    ours(older.arrival.key.as_deref())?;
    let list = older.list;
    let endings = received.collect(app, PROTOCOL, older.arrival).await?;
    let is_not_taken = |ending: &&EventOutcome| {
        ending.invalid.as_ref().is_some_and(|invalid| invalid.code == NOT_TAKEN_CODE)
    };
    let not_taken = endings.iter().filter(is_not_taken).count();
    let errors = request::problems(list, &endings);
    // What is not taken at all is no mistake of the client's.
    if errors.len() == endings.len() && errors.len() > not_taken {
        let detail =
            "no event of this request can be read: see `errors` for what is wrong with each";
        let mut problem = Problem::new(StatusCode::BAD_REQUEST, "batch-invalid", detail);
        problem.errors = errors;
        return Err(problem.into());
    }
    let mut answer = success(if not_taken > 0 { &["recordings"] } else { &[] });
    if let (false, Some(object)) = (errors.is_empty(), answer.as_object_mut()) {
        object.insert("errors".to_owned(), json!(errors));
    }
    Ok(answer)
}

/// What became of one event of the newer route.
#[derive(Debug, Serialize)]
struct Verdict {
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<String>,
}

async fn show_newer(
    State(app): State<App>,
    Extension(salts): Extension<Salts>,
    request: Request,
) -> Response {
    match take_newer(&app, &salts, request).await {
        Ok((results, errors)) if errors.is_empty() => {
            Json(json!({ "results": results })).into_response()
        }
        Ok((results, errors)) => {
            Json(json!({ "results": results, "errors": errors })).into_response()
        }
        Err(declined) => {
            let (problem, seconds) = match later(declined) {
                Declined::Wrong(problem) => (problem, None),
                Declined::Later(problem, seconds) => (problem, Some(seconds)),
            };
            let status = StatusCode::from_u16(problem.status);
            let told = json!({
                "error": problem.code,
                "error_description": problem.detail,
                "error_uri": problem.kind,
            });
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut response = (status, Json(told)).into_response();
            if let Some(seconds) = seconds {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            response
        }
    }
}

/// The verdicts by the events' keys, and what is wrong with events that have none.
type Verdicts = (BTreeMap<String, Verdict>, Vec<FieldProblem>);

async fn take_newer(app: &App, salts: &Salts, request: Request) -> Result<Verdicts, Declined> {
    let received = Received::take_large(app, request).await?;
    let parcel = received.parcel();
    let headers = Headers {
        sent_at: received.header("PostHog-Request-Timestamp"),
        sdk: received.header("PostHog-Sdk-Info"),
    };
    let salt = salts.at(parcel.received);
    let opened = open(&parcel, app.limits()).map_err(Unread::from);
    if let Ok(body) = &opened {
        received.hold(body)?;
    }
    let newer = opened
        .as_ref()
        .map_err(Clone::clone)
        .and_then(|body| read_newer(body, &parcel, headers, &salt, app.limits()));
    let newer = match newer {
        Ok(newer) => newer,
        Err(unread) => return Err(declined(app, &received, unread).await),
    };
    ours(newer.arrival.key.as_deref())?;
    let keys: Vec<_> = newer.keys.into_iter().map(|key| key.map(Cow::into_owned)).collect();
    let endings = received.collect(app, PROTOCOL, newer.arrival).await?;
    verdicts(keys, &endings)
}

/// Where no event has a key nobody could find a verdict, so the request is wrong.
fn verdicts(keys: Vec<Option<String>>, endings: &[EventOutcome]) -> Result<Verdicts, Declined> {
    let (mut verdicts, mut errors) = (BTreeMap::new(), Vec::new());
    for (index, (key, ending)) in keys.into_iter().zip(endings).enumerate() {
        match (key, &ending.invalid) {
            (Some(key), _) => drop(verdicts.insert(key, verdict(ending))),
            (None, Some(invalid)) => errors.push(request::problem(Some("batch"), index, invalid)),
            (None, None) => {}
        }
    }
    if verdicts.is_empty() {
        let detail = "no event of this batch has a `uuid`: send one with each";
        let mut problem = Problem::new(StatusCode::BAD_REQUEST, "batch-invalid", detail);
        problem.errors = errors;
        return Err(problem.into());
    }
    Ok((verdicts, errors))
}

/// The word for an ending. A client keeps what it may send again, so only that is called so.
fn verdict(ending: &EventOutcome) -> Verdict {
    let (outcome, code, _) = words(ending);
    let result = match ending.outcome {
        Outcome::Accepted | Outcome::Duplicate => "ok",
        Outcome::Quarantined => "warning",
        Outcome::Filtered | Outcome::Refused(_) | Outcome::Invalid | Outcome::Limited => "drop",
    };
    let details = match ending.outcome {
        Outcome::Accepted => None,
        Outcome::Duplicate
        | Outcome::Quarantined
        | Outcome::Filtered
        | Outcome::Refused(_)
        | Outcome::Invalid
        | Outcome::Limited => Some(code.unwrap_or_else(|| outcome.to_owned())),
    };
    Verdict { result, details }
}

/// What cannot be read, as a problem; it counts where its key is known without reading it.
async fn declined(app: &App, received: &Received, unread: Unread) -> Declined {
    match unread {
        Unread::Malformed(malformed) => {
            let status = status_of(&malformed);
            received.malformed(app, PROTOCOL, &malformed, status).await
        }
        Unread::KeysDiffer => {
            let problem = Problem::new(StatusCode::UNAUTHORIZED, "keys-differ", unread.to_string());
            problem.into()
        }
    }
}

/// A person's key of PostHog's is a secret that does not belong here.
fn ours(key: Option<&str>) -> Result<(), Declined> {
    if key.is_some_and(|key| key.starts_with("phx_")) {
        let detail = "this is a personal key of PostHog's: send a source's key, and keep that one";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "key-personal", detail).into());
    }
    Ok(())
}

/// Clients drop what is answered with a status from 400 on, also with 429: what may come again is
/// told so by 503.
fn later(declined: Declined) -> Declined {
    match declined {
        Declined::Later(mut problem, seconds) => {
            problem.status = StatusCode::SERVICE_UNAVAILABLE.as_u16();
            problem.retry_seconds = Some(seconds);
            Declined::Later(problem, seconds)
        }
        Declined::Wrong(problem) => Declined::Wrong(problem),
    }
}

async fn configure(State(app): State<App>, Path(key): Path<String>) -> Response {
    match request::caller(&app, Some(&key)) {
        Ok(_) => private(Json(config()).into_response()),
        Err(problem) => Declined::from(problem).into_response(),
    }
}

async fn configure_by_script(State(app): State<App>, Path(key): Path<String>) -> Response {
    match request::caller(&app, Some(&key)) {
        Ok(_) => {
            let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
            private((kind, script(&key)).into_response())
        }
        Err(problem) => Declined::from(problem).into_response(),
    }
}

/// A client asks again after five minutes; nobody else may be given its answer.
fn private(mut response: Response) -> Response {
    let cached = HeaderValue::from_static("private, max-age=300");
    response.headers_mut().insert(header::CACHE_CONTROL, cached);
    response
}

/// Parts of a client that it would load when it needs them.
async fn unserved() -> Response {
    let detail = "no script is served from here: load the client with all its parts from your own \
                  site, such as `posthog-js/dist/module.full.no-external`";
    Problem::new(StatusCode::NOT_FOUND, "script-not-served", detail).into_response()
}

async fn ask_flags(State(app): State<App>, request: Request) -> Response {
    let with_config =
        said(request.uri().query().unwrap_or_default(), "config").as_deref() == Some("true");
    match known(&app, request).await {
        Ok(()) => Json(flags(with_config)).into_response(),
        Err(declined) => later(declined).into_response(),
    }
}

async fn ask_decide(State(app): State<App>, request: Request) -> Response {
    let version =
        said(request.uri().query().unwrap_or_default(), "v").unwrap_or_else(|| "1".to_owned());
    match known(&app, request).await {
        Ok(()) => Json(decide(&version)).into_response(),
        Err(declined) => later(declined).into_response(),
    }
}

/// Whether the key of a question is known. What else it says about a person is not looked at.
async fn known(app: &App, request: Request) -> Result<(), Declined> {
    let received = Received::take(app, request).await?;
    let body = match open(&received.parcel(), app.limits()) {
        Ok(body) => body,
        Err(malformed) => return Err(declined(app, &received, malformed.into()).await),
    };
    let key = match read_key(&body) {
        Ok(key) => key,
        Err(malformed) => return Err(declined(app, &received, malformed.into()).await),
    };
    ours(key.as_deref())?;
    request::caller(app, key.as_deref())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_salt_and_the_next_another() {
        let salts = Salts::default();
        let noon = Time::parse("2026-03-01T12:00:00Z").unwrap();
        let first = salts.at(noon).0;
        assert_eq!(salts.at(noon + Span::HOUR).0, first);
        assert_ne!(salts.at(noon + Span::DAY).0, first);
        assert_ne!(salts.at(noon).0, first, "a day that is over has no salt any more");
    }
}
