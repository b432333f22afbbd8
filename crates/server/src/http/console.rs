//! The console's files, as the build left them in the binary. Serves those and nothing else: it
//! reads no data, knows no caller, and never answers for the API.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::problem::Problem;

/// What `npm run build` wrote. Absent when the console was not built; then a page says how.
#[derive(Debug, RustEmbed)]
#[folder = "../../console/dist/"]
#[allow_missing = true]
struct Dist;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'self'; \
    form-action 'self'; frame-ancestors 'none'";

/// Names below these belong to others; the console's page never stands in for them.
const FOREIGN: [&str; 10] = [
    "api",
    "v1",
    "pixel",
    "docs",
    "assets",
    "health",
    "healthz",
    "sink-health",
    "readyz",
    "metrics",
];

/// The mark in the built page that the server's own base replaces.
const BASE_MARK: &str = r#"<base href="/" />"#;

const STUB: &str = include_str!("console/stub.html");

/// The console, mounted where `base_path` says: empty, or such as `/candor`.
pub fn routes(base_path: &str) -> Router {
    let base_path = base_path.to_owned();
    Router::new().fallback(move |request: Request| {
        let response = answer(&base_path, &request);
        async move { response }
    })
}

/// The console's answer to a request that is nobody else's.
pub fn answer(base_path: &str, request: &Request) -> Response {
    let base = &format!("{}/", base_path.trim_end_matches('/'));
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Problem::not_found("address").into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    let headers = request.headers();
    if path.is_empty() || path == "index.html" {
        return page(base, headers);
    }
    if let Some(found) = asset(path, headers) {
        return found;
    }
    let root = path.split('/').next().unwrap_or_default();
    if accepts_page(headers) && !FOREIGN.contains(&root) {
        // Every address of the console is the same page; its own router reads the rest.
        return page(base, headers);
    }
    Problem::not_found("address").into_response()
}

fn accepts_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// The page with this server's base in it. Never kept by a cache without asking.
fn page(base: &str, headers: &HeaderMap) -> Response {
    let Some(file) = Dist::get("index.html") else {
        return sent("text/html; charset=utf-8", "no-cache", STUB.as_bytes().to_vec());
    };
    let tag = format!("\"{}-{}\"", tag(&file), hex::encode(base));
    if is_known(headers, &tag) {
        return unchanged(&tag);
    }
    let text = String::from_utf8_lossy(&file.data);
    let based = format!(r#"<base href="{}" />"#, escape(base));
    let body = text.replacen(BASE_MARK, &based, 1).into_bytes();
    tagged(sent("text/html; charset=utf-8", "no-cache", body), &tag)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

/// A file of the console, in the smallest form that the browser reads.
fn asset(path: &str, headers: &HeaderMap) -> Option<Response> {
    let kind = content_type(path)?;
    let plain = Dist::get(path)?;
    let packed =
        ["br", "gzip"].into_iter().filter(|name| accepts(headers, name)).find_map(|name| {
            let suffix = if name == "gzip" { "gz" } else { name };
            Some((name, Dist::get(&format!("{path}.{suffix}"))?))
        });
    let (encoding, file) = match packed {
        Some((name, file)) => (Some(name), file),
        None => (None, plain),
    };
    let tag = format!("\"{}\"", tag(&file));
    if is_known(headers, &tag) {
        return Some(unchanged(&tag));
    }
    // Names below `assets/` carry the hash of their content, so they never change.
    let cache = match path.starts_with("assets/") {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let mut response = tagged(sent(kind, cache, file.data.into_owned()), &tag);
    let fields = response.headers_mut();
    fields.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(name) = encoding {
        fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    Some(response)
}

/// The type of a file that may be served; the packed twins have none, so none is served by name.
fn content_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    match extension {
        "html" => Some("text/html; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "woff2" => Some("font/woff2"),
        "json" => Some("application/json"),
        _ => None,
    }
}

/// Whether the browser reads this encoding: named, and not with a weight of zero.
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(|offer| {
        let (name, weight) = offer.split_once(';').unwrap_or((offer, ""));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
        name.trim().eq_ignore_ascii_case(encoding) && weight.parse() != Ok(0.0_f32)
    })
}

fn tag(file: &EmbeddedFile) -> String {
    hex::encode(file.metadata.sha256_hash().get(..12).unwrap_or_default())
}

fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    known.is_some_and(|known| {
        known.split(',').any(|each| each.trim().trim_start_matches("W/") == tag)
    })
}

fn unchanged(tag: &str) -> Response {
    tagged(StatusCode::NOT_MODIFIED.into_response(), tag)
}

fn tagged(mut response: Response, tag: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

fn sent(kind: &'static str, cache: &'static str, body: Vec<u8>) -> Response {
    let fields = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, cache),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (fields, body).into_response()
}

#[cfg(test)]
mod tests;
