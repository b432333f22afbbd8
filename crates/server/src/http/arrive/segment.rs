//! Segment's HTTP API, as its official clients speak it: success is exactly 200, errors are JSON
//! with `code` and `message`, and only what may be sent again is told to come again.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use life::arrive::segment::{Call, read_batch, read_call, settings, success};
use serde_json::{Value, json};

use super::request::{self, Declined, Received};
use crate::app::App;
use crate::problem::{FieldProblem, Problem};

const PROTOCOL: &str = "segment";

/// Segment's routes.
pub fn routes() -> Router<App> {
    let calls =
        ["track", "page", "screen", "identify", "group", "alias", "t", "p", "s", "i", "g", "a"];
    let mut routes = Router::new();
    for route in calls {
        let Some(call) = Call::of_route(route) else { continue };
        let take = move |State(app): State<App>, request: Request| single(app, call, request);
        routes = routes.route(&format!("/v1/{route}"), post(take));
    }
    for route in ["/v1/batch", "/v1/b", "/v1/import"] {
        routes = routes.route(route, post(batch));
    }
    for route in [
        "/v1/projects/{key}/settings",
        "/v1/projects/projects/{key}/settings",
        "/projects/{key}/settings",
    ] {
        routes = routes.route(route, get(start));
    }
    routes.route("/v1/m", post(figures))
}

async fn single(app: App, call: Call, request: Request) -> Response {
    answer(take_single(&app, call, request).await)
}

async fn take_single(app: &App, call: Call, request: Request) -> Result<Value, Declined> {
    let received = Received::take(app, request).await?;
    let body = received.open(app, PROTOCOL).await?;
    let arrival = match read_call(call, &body, &received.parcel(), app.limits()) {
        Ok(arrival) => arrival,
        Err(malformed) => {
            return Err(received
                .malformed(app, PROTOCOL, &malformed, StatusCode::BAD_REQUEST)
                .await);
        }
    };
    let endings = received.collect(app, PROTOCOL, arrival).await?;
    match endings.first().and_then(|ending| ending.invalid.as_ref()) {
        Some(invalid) => {
            let problem = Problem::new(StatusCode::BAD_REQUEST, invalid.code, &*invalid.problem);
            Err(problem.at(&*invalid.pointer).into())
        }
        None => Ok(success()),
    }
}

async fn batch(State(app): State<App>, request: Request) -> Response {
    answer(take_batch(&app, request).await)
}

async fn take_batch(app: &App, request: Request) -> Result<Value, Declined> {
    let received = Received::take(app, request).await?;
    let body = received.open(app, PROTOCOL).await?;
    let arrival = match read_batch(&body, &received.parcel(), app.limits()) {
        Ok(arrival) => arrival,
        Err(malformed) => {
            return Err(received
                .malformed(app, PROTOCOL, &malformed, StatusCode::BAD_REQUEST)
                .await);
        }
    };
    let endings = received.collect(app, PROTOCOL, arrival).await?;
    Ok(taken(request::partly(Some("batch"), &endings)?))
}

/// Success, with what was wrong about single events, for people: clients read the status alone.
fn taken(errors: Vec<FieldProblem>) -> Value {
    let mut answer = success();
    if let (false, Some(object)) = (errors.is_empty(), answer.as_object_mut()) {
        object.insert("errors".to_owned(), json!(errors));
    }
    answer
}

/// The clients' figures about themselves are taken and dropped.
async fn figures(State(app): State<App>, request: Request) -> Response {
    answer(Received::take(&app, request).await.map(|_| success()))
}

/// The settings that start a browser's client.
async fn start(State(app): State<App>, Path(key): Path<String>, headers: HeaderMap) -> Response {
    if app.caller(&key).is_none() {
        let detail = "nobody knows this key: make one with `candor keys create`, or copy it again";
        return answer(Err(Problem::new(StatusCode::NOT_FOUND, "key-unknown", detail).into()));
    }
    let server = &app.config().server;
    let host = request::host(&headers).unwrap_or(&server.listen);
    let api_host = format!("{host}{}/v1", server.base_path);
    let mut response = answer(Ok(settings(&key, &api_host, request::scheme(&headers))));
    // The answer depends on how this client reached us, so nobody else may be given it.
    let cached = HeaderValue::from_static("private, max-age=300");
    response.headers_mut().insert(header::CACHE_CONTROL, cached);
    response
}

fn answer(ended: Result<Value, Declined>) -> Response {
    let (problem, seconds) = match ended {
        Ok(answer) => return Json(answer).into_response(),
        Err(Declined::Wrong(problem)) => (problem, None),
        Err(Declined::Later(problem, seconds)) => (problem, Some(seconds)),
    };
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut told = json!(problem);
    if let Some(object) = told.as_object_mut() {
        object.insert("message".to_owned(), problem.detail.into());
    }
    let mut response = (status, Json(told)).into_response();
    if let Some(seconds) = seconds {
        // Clients read whole seconds only.
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
