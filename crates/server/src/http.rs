//! The outside: one file for each verb, in folders by the words of the life of a datum.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use document::Route;

pub mod address;
pub mod admit;
pub mod arrive;
pub mod body;
pub mod caller;
pub mod console;
pub mod document;
pub mod edge;
pub mod erase;
pub mod health;
pub mod keep;
pub mod know;
pub mod ledger;
pub mod problems;
pub mod session;
pub mod stream;

/// The server's own socket inside the data directory, for the command line.
pub const SOCKET: &str = "candor.sock";

/// The console's API, with its description.
fn api() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(document::Document::openapi())
        .routes(routes!(session::show, session::sign_in, session::sign_out))
        .routes(routes!(session::use_link))
        .routes(routes!(session::set_password))
        .routes(routes!(keep::status::show))
        .routes(routes!(keep::storage::show))
        .routes(routes!(arrive::sources::list))
        .routes(routes!(arrive::keys::list, arrive::keys::create))
        .routes(routes!(arrive::keys::revoke))
        .routes(routes!(arrive::verdicts::list))
        .routes(routes!(arrive::verdicts::follow))
        .routes(routes!(arrive::doctor::examine))
        .routes(routes!(arrive::import::load))
        .routes(routes!(admit::purposes::list))
        .routes(routes!(admit::policy::list))
        .routes(routes!(admit::policy::attempt))
        .routes(routes!(admit::effect::effect))
        .routes(routes!(keep::events::list))
        .routes(routes!(keep::events::follow))
        .routes(routes!(know::catalogue::events))
        .routes(routes!(know::catalogue::properties))
        .merge(know::query::routes())
        .routes(routes!(know::sql::ask))
        .routes(routes!(know::sql::schema))
        .routes(routes!(know::running::list))
        .routes(routes!(know::running::follow))
        .routes(routes!(know::running::cancel))
        .merge(know::saved::routes())
        .merge(know::cohorts::routes())
        .routes(routes!(know::dashboard::answers))
        .routes(routes!(know::alerts::list, know::alerts::create))
        .routes(routes!(know::alerts::show, know::alerts::change, know::alerts::remove))
        .routes(routes!(know::alerts::test))
        .routes(routes!(know::person::timeline))
        .routes(routes!(know::person::export))
        .routes(routes!(know::export::export))
        .routes(routes!(know::export::picture))
        .routes(routes!(know::person::find))
        .routes(routes!(keep::unlink::unlink))
        .routes(routes!(erase::restrict::restrict))
        .routes(routes!(erase::forget::forget))
        .routes(routes!(erase::forget::list))
        .routes(routes!(erase::forget::show))
        .routes(routes!(ledger::show))
        .routes(routes!(ledger::facts))
        .routes(routes!(ledger::verify))
}

/// The routes that no handler describes.
fn undescribed() -> Vec<Route> {
    let own = [DOCUMENT, problems::ROUTE];
    [arrive::DESCRIBED.concat(), health::DESCRIBED.to_vec(), own.to_vec()].concat()
}

/// Where the document itself is.
const DOCUMENT: Route = Route::get("/api/openapi.json", document::JSON, "This document.");

/// Everything that is served over HTTP.
pub fn routes(app: &App) -> Router {
    let (api, mut document) = api().split_for_parts();
    document::complete(&mut document, &undescribed());
    let document = document.to_json().unwrap_or_default();
    let described = axum::routing::get(move || async move {
        ([(axum::http::header::CONTENT_TYPE, "application/json")], document.clone())
    });
    let base = app.config().server.base_path.clone();
    let limits = app.limits();
    let outside =
        Outside { head_bytes: limits.header_bytes, is_encrypted: app.config().is_encrypted() };
    let outside = middleware::from_fn_with_state(outside, pass);
    let inner = Router::new()
        .merge(api)
        .route(DOCUMENT.path, described)
        .layer(middleware::from_fn(caller::same_origin))
        .merge(arrive::routes())
        .merge(health::routes())
        .with_state(app.clone())
        .merge(problems::routes())
        .merge(console::routes(&base))
        .layer(outside.clone());
    if base.is_empty() {
        return inner;
    }
    // A problem's type knows no base, so its page answers at the root, too. The rest is nested as a
    // service, so that the path answers with its last slash: the printed link has one.
    problems::routes().layer(outside).nest_service(&base, inner)
}

/// The same for the socket of the machine itself: its caller is the local operator.
pub fn local_routes(app: &App) -> Router {
    let (api, _) = api().split_for_parts();
    let outside = Outside { head_bytes: app.limits().header_bytes, is_encrypted: false };
    api.layer(axum::Extension(caller::LocalSocket))
        .layer(middleware::from_fn_with_state(outside, pass))
        .with_state(app.clone())
}

/// For how long a browser that came by TLS comes by nothing else: a year.
const ENCRYPTED_ONLY: &str = "max-age=31536000";

/// What holds for every request and every answer.
#[derive(Debug, Clone, Copy)]
struct Outside {
    head_bytes: usize,
    is_encrypted: bool,
}

/// The way in and out of every request. It is one layer: each one is copied for each request.
async fn pass(State(outside): State<Outside>, request: Request, next: Next) -> Response {
    let answer = |request| async move {
        let mut response = edge::answer(outside.head_bytes, request, next).await;
        secure(&mut response, outside.is_encrypted);
        response
    };
    crate::log::request(request, answer).await
}

/// Headers that every answer carries.
fn secure(response: &mut Response, is_encrypted: bool) {
    static OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
    let fixed = [
        (&header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (&header::REFERRER_POLICY, "no-referrer"),
        (&OPENER, "same-origin"),
    ];
    let headers = response.headers_mut();
    for (name, value) in fixed {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if is_encrypted {
        let value = HeaderValue::from_static(ENCRYPTED_ONLY);
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
}
