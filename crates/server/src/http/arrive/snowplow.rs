//! Snowplow's tracker protocol, as its trackers speak it: success is exactly 200, and what is wrong
//! for good is answered with one of the few statuses that they do not repeat.
//!
//! No cookie is set or read: a browser has the ids that its tracker sends, and no others.

use std::collections::BTreeSet;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use life::admit::KeyKind;
use life::arrive::pixel::IMAGE;
use life::arrive::snowplow::{Reading, Schemas, Setting, read_batch, read_query};

use super::super::document::Route;
use super::origin;
use super::request::{self, Declined, Received};
use crate::app::App;
use crate::app::collect::{Caller, EventOutcome};
use crate::app::schemas::Unreachable;
use crate::http::console;
use crate::problem::Problem;

const PROTOCOL: &str = "snowplow";

/// What every key of ours starts with, so that a path is not looked up for nothing.
const KEY_FRONT: &str = "cnd_";

/// What the document says of this protocol.
pub const DESCRIBED: &[Route] = &[
    Route::post("/com.snowplowanalytics.snowplow/tp2", "Snowplow: events of a tracker."),
    Route::get("/i", "image/gif", "Snowplow: a picture whose address carries an event."),
    Route::get("/ice.png", "image/gif", "Snowplow: a picture whose address carries an event."),
];

/// The routes that every tracker knows.
pub fn routes() -> Router<App> {
    let pictures = || get(picture).head(glance);
    Router::new()
        .route("/com.snowplowanalytics.snowplow/tp2", post(batch))
        .route("/i", pictures())
        .route("/ice.png", pictures())
}

/// A path of the operator's own, such as `/com.acme/events`, or one that carries a key. Whatever
/// else has such a path belongs to the console.
pub fn own_path() -> Router<App> {
    let share = middleware::from_fn(share);
    let own = post(own_batch).get(own_picture).head(own_glance).options(nothing);
    let own = own.layer(share).fallback(page);
    Router::new().route("/{vendor}/{version}", own)
}

async fn batch(State(app): State<App>, request: Request) -> Response {
    answer(take_batch(&app, None, request).await.map(|()| "ok".into_response()))
}

async fn own_batch(
    State(app): State<App>,
    Path((vendor, _)): Path<(String, String)>,
    request: Request,
) -> Response {
    match own_key(vendor) {
        Some(key) => answer(take_batch(&app, key, request).await.map(|()| "ok".into_response())),
        None => nothing().await,
    }
}

/// Pages of any origin may use an own path; the console is nobody else's.
async fn share(request: Request, next: Next) -> Response {
    let vendor = request.uri().path().split('/').nth(1).unwrap_or_default();
    match own_key(vendor.to_owned()) {
        Some(_) => origin::share(request, next).await,
        None => next.run(request).await,
    }
}

/// A page of the console is asked for in the same way; only what is an own path is one.
async fn own_picture(
    State(app): State<App>,
    Path((vendor, _)): Path<(String, String)>,
    request: Request,
) -> Response {
    match own_key(vendor) {
        Some(key) => answer(take_query(&app, key, request).await.map(|()| image())),
        None => page(State(app), request).await,
    }
}

async fn own_glance(
    State(app): State<App>,
    Path((vendor, _)): Path<(String, String)>,
    request: Request,
) -> Response {
    match own_key(vendor) {
        Some(_) => glance().await,
        None => page(State(app), request).await,
    }
}

/// The key that an own path carries, if any; `None` where it is no own path. A vendor is a domain
/// turned round, so it has a dot; no key has one.
fn own_key(vendor: String) -> Option<Option<String>> {
    if vendor.contains('.') {
        return (!vendor.starts_with('.')).then_some(None);
    }
    vendor.starts_with(KEY_FRONT).then_some(Some(vendor))
}

async fn nothing() -> Response {
    Problem::not_found("address").into_response()
}

async fn page(State(app): State<App>, request: Request) -> Response {
    console::answer(&app.config().server.base_path, &request)
}

/// Who only asks for the head has looked at nothing.
async fn glance() -> Response {
    image()
}

async fn picture(State(app): State<App>, request: Request) -> Response {
    answer(take_query(&app, None, request).await.map(|()| image()))
}

fn image() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "image/gif"),
        (header::CACHE_CONTROL, "no-cache, no-store, must-revalidate"),
    ];
    (headers, IMAGE.as_slice()).into_response()
}

async fn take_batch(app: &App, key: Option<String>, request: Request) -> Result<(), Declined> {
    let is_anonymous = is_anonymous(request.headers());
    let received = Received::take(app, request).await?.with_key(key);
    let body = received.open(app, PROTOCOL).await?;
    let parcel = received.parcel();
    let is_app = |id: &str| app.source_of_app(id).is_some();
    let read = |schemas: &Schemas| {
        let setting = Setting { schemas, is_app: &is_app, is_anonymous };
        read_batch(&body, &parcel, app.limits(), &setting)
    };
    let reading = match read(&app.schemas()) {
        Ok(reading) => reading,
        Err(malformed) => {
            let status = StatusCode::BAD_REQUEST;
            return Err(received.malformed(app, PROTOCOL, &malformed, status).await);
        }
    };
    // What was read once is read again the same way.
    let again =
        || read(&app.schemas()).unwrap_or(Reading { arrivals: vec![], wanted: BTreeSet::new() });
    let reading = learnt(app, reading, again).await?;
    let endings = collect(app, &received, reading).await?;
    request::partly(Some("data"), &endings)?;
    Ok(())
}

async fn take_query(app: &App, key: Option<String>, request: Request) -> Result<(), Declined> {
    let is_anonymous = is_anonymous(request.headers());
    let received = Received::take(app, request).await?.with_key(key);
    let parcel = received.parcel();
    let is_app = |id: &str| app.source_of_app(id).is_some();
    let read = || {
        let schemas = &app.schemas();
        read_query(&parcel, app.limits(), &Setting { schemas, is_app: &is_app, is_anonymous })
    };
    let reading = learnt(app, read(), read).await?;
    collect(app, &received, reading).await.map(drop)
}

/// The same request once the registry has been asked for what nobody knew.
async fn learnt<'a>(
    app: &App,
    reading: Reading<'a>,
    again: impl Fn() -> Reading<'a>,
) -> Result<Reading<'a>, Declined> {
    let is_known = || reading.arrivals.iter().any(|it| caller(app, it.key.as_deref()).is_ok());
    if reading.wanted.is_empty() || !is_known() {
        return Ok(reading);
    }
    let more = match app.learn(&reading.wanted).await {
        Ok(false) => return Ok(reading),
        Ok(true) => Some(again()),
        Err(Unreachable) => None,
    };
    // What was not asked for may be known to the registry, so it is not judged.
    more.filter(|more| more.wanted.is_subset(&reading.wanted)).ok_or_else(|| {
        let detail = "the registry of schemas was not asked for all of them yet, or does not \
                      answer: the events may come again";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Declined::Later(Problem::new(status, "schemas-unreachable", detail), 5)
    })
}

/// Has the events of each app judged; what names none that is known comes back as a problem.
async fn collect(
    app: &App,
    received: &Received,
    reading: Reading<'_>,
) -> Result<Vec<EventOutcome>, Declined> {
    let mut endings = Vec::new();
    let mut stranger = None;
    for arrival in reading.arrivals {
        match caller(app, arrival.key.as_deref()) {
            Ok(caller) => {
                endings.extend(received.collect_from(app, PROTOCOL, &caller, arrival).await?);
            }
            Err(problem) => stranger = Some(problem),
        }
    }
    match stranger {
        Some(problem) => Err(problem.into()),
        None => Ok(endings),
    }
}

/// Whose events these are: an app that a source names, or a key in the app's place.
fn caller(app: &App, shown: Option<&str>) -> Result<Caller, Problem> {
    let Some(shown) = shown else {
        let detail = "no app id was sent: give the tracker one that a source names in `app_ids`";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "app-missing", detail));
    };
    if let Some(source) = app.source_of_app(shown) {
        // Whoever names an app shows no secret, so it may say what a page may say.
        return Ok(Caller { source, kind: KeyKind::Site });
    }
    app.caller(shown).ok_or_else(|| {
        let detail = "no source has this app id: add it to `app_ids` of a source in the \
                      configuration, or give the tracker a site key as its app id";
        Problem::new(StatusCode::UNAUTHORIZED, "app-unknown", detail)
    })
}

fn is_anonymous(headers: &HeaderMap) -> bool {
    headers.contains_key("sp-anonymous")
}

/// Trackers send again whatever is not answered with 2xx, 400, 401, 403, 410 or 422. So what stays
/// wrong has one of those, or it would stand before all that comes after it for ever.
fn answer(ended: Result<Response, Declined>) -> Response {
    match ended {
        Ok(response) => response,
        Err(Declined::Wrong(mut problem)) => {
            if !matches!(problem.status, 400 | 401 | 403 | 408 | 410 | 422) {
                problem.status = StatusCode::BAD_REQUEST.as_u16();
            }
            problem.into_response()
        }
        Err(later) => later.into_response(),
    }
}
