//! What a browser sees of the console's files, whether they were built or not.

use axum::body::Body;
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;

const BROWSER: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

async fn ask(base: &str, path: &str, fields: &[(&str, &str)]) -> (StatusCode, HeaderMap, String) {
    let mut request = axum::http::Request::builder().uri(path);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).expect("a request");
    let response = routes(base).oneshot(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    (parts.status, parts.headers, String::from_utf8_lossy(&bytes).into_owned())
}

fn is_built() -> bool {
    Dist::get("index.html").is_some()
}

#[tokio::test]
async fn the_page_stands_at_every_address_of_the_console() {
    for path in ["/", "/insights/trend?by=plan", "/no/such/page"] {
        let (status, headers, body) = ask("", path, &[("accept", BROWSER)]).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
        assert!(headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("'none'"));
        assert!(body.contains("Candor"));
    }
}

#[tokio::test]
async fn the_page_carries_the_base_that_it_is_mounted_below() {
    for (base, href) in [("", "/"), ("/x", "/x/"), ("/x/", "/x/")] {
        let (_, _, body) = ask(base, "/", &[]).await;
        assert_eq!(body.contains(&format!(r#"<base href="{href}" />"#)), is_built(), "{base}");
    }
}

#[tokio::test]
async fn below_a_path_the_page_stands_with_and_without_the_last_slash() {
    for path in ["/x", "/x/", "/x/?link=token", "/x/ledger"] {
        let mounted = Router::new().nest_service("/x", routes("/x"));
        let request = axum::http::Request::builder().uri(path).header("accept", BROWSER);
        let request = request.body(Body::empty()).expect("a request");
        let response = mounted.oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn addresses_of_others_are_never_answered_by_the_page() {
    for path in ["/api/none", "/v1/none", "/assets/none.js", "/metrics/none"] {
        let (status, headers, _) = ask("", path, &[("accept", BROWSER)]).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
    }
    let (status, ..) = ask("", "/insights/trend", &[("accept", "application/json")]).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "who wants no page gets none");
}

#[tokio::test]
async fn files_outside_the_build_are_not_served() {
    for path in ["/../Cargo.toml", "/%2e%2e/package.json", "/assets/../../package.json"] {
        let (status, ..) = ask("", path, &[]).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_built_file_is_packed_tagged_and_kept_for_good() {
    let Some(script) =
        Dist::iter().find(|path| path.starts_with("assets/") && path.ends_with(".js"))
    else {
        return assert!(!is_built());
    };
    let path = format!("/{script}");
    let (_, plain, _) = ask("", &path, &[]).await;
    assert!(!plain.contains_key(header::CONTENT_ENCODING));
    let (status, packed, _) = ask("", &path, &[("accept-encoding", "gzip, br;q=0.9")]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(packed[header::CONTENT_ENCODING], "br");
    assert_eq!(packed[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    assert_eq!(packed[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
    assert_ne!(packed[header::ETAG], plain[header::ETAG], "each form has its own tag");
    let tag = packed[header::ETAG].to_str().unwrap();
    let again = [("accept-encoding", "br"), ("if-none-match", tag)];
    assert_eq!(ask("", &path, &again).await.0, StatusCode::NOT_MODIFIED);
}

#[test]
fn an_encoding_is_accepted_when_named_with_weight() {
    let check = |offer: &'static str, encoding| {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(offer));
        accepts(&headers, encoding)
    };
    assert!(check("gzip, deflate, br", "br"));
    assert!(check("GZIP;q=0.5", "gzip"));
    assert!(!check("br;q=0, gzip", "br"));
    assert!(!check("brotli", "br"));
    assert!(!check("identity", "gzip"));
}
