//! A whole installation inside a test: its clock stands where the test puts it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use life::admit::Actor;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use vocabulary::{Span, Time};

use crate::app::App;
use crate::clock::Clock;
use crate::config::Layers;
use crate::http::arrive::keys::KeyRequest;
use crate::http::{local_routes, routes};

/// Noon of a Thursday.
pub(crate) const NOON: Time = Time(1_767_268_800_000_000);

/// An installation with one source, `backend`, at which everything rests on consent.
pub(crate) struct Stage {
    pub(crate) app: App,
    time: Arc<AtomicI64>,
    key: String,
    _folder: TempDir,
}

/// What a request was answered.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Told {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap()
    }

    /// The status and the code of a problem.
    pub(crate) fn problem(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }
}

impl Stage {
    pub(crate) async fn open(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("candor.toml");
        let source = "[sources.backend]\nkind = \"server\"\nmarkets = [\"EU\"]\nis_test = true\n";
        std::fs::write(&file, format!("{config}\n{source}")).unwrap();
        let mut layers = Layers::defaults();
        layers.file(&file).unwrap();
        let place = |name: &str| folder.path().join(name).display().to_string();
        layers.flag("server.data", &place("data"));
        layers.flag("server.root_key", &place("root.key"));
        let time = Arc::new(AtomicI64::new(NOON.0));
        let clock = Clock::set(Arc::clone(&time));
        let app = App::open(layers.read().unwrap(), clock).await.unwrap();
        let wanted = KeyRequest {
            kind: "server".to_owned(),
            source: Some("backend".to_owned()),
            name: "stage".to_owned(),
            purposes: Vec::new(),
        };
        let key = app.create_key(&Actor("operator".to_owned()), wanted).await.unwrap().key;
        Self { app, time, key, _folder: folder }
    }

    /// A token for these purposes.
    pub(crate) async fn token(&self, purposes: &[&str]) -> String {
        let wanted = KeyRequest {
            kind: "token".to_owned(),
            source: None,
            name: "stage".to_owned(),
            purposes: purposes.iter().map(|&purpose| purpose.to_owned()).collect(),
        };
        self.app.create_key(&Actor("operator".to_owned()), wanted).await.unwrap().key
    }

    pub(crate) fn now(&self) -> Time {
        Time(self.time.load(Ordering::Relaxed))
    }

    pub(crate) fn advance(&self, span: Span) {
        self.time.fetch_add(span.0, Ordering::Relaxed);
    }

    /// Keeps events of somebody who agreed to be measured and analysed: name, hour from noon,
    /// user, properties.
    pub(crate) async fn collect(&self, events: &[(&str, i64, String, Value)]) {
        let events: Vec<Value> = events
            .iter()
            .map(|(event, hour, user, properties)| {
                json!({
                    "event": event, "time": (NOON + Span(hour * Span::HOUR.0)).to_string(),
                    "user_id": user, "properties": properties,
                    "consent": { "measure": true, "analyse": true },
                })
            })
            .collect();
        let basic = format!("Basic {}", STANDARD.encode(format!("{}:", self.key)));
        let request = Request::post("/v1/events")
            .header(header::AUTHORIZATION, basic)
            .header(header::CONTENT_TYPE, "application/json");
        let body = json!({ "events": events }).to_string();
        let told = send(routes(&self.app), request.body(Body::from(body)).unwrap()).await;
        let told = told.json();
        let results = told["results"].as_array().unwrap_or_else(|| panic!("{told}"));
        assert!(results.iter().all(|one| one["outcome"] == "accepted"), "{told}");
    }

    /// Asks the API as whoever sits at the machine.
    pub(crate) async fn local(&self, method: &str, path: &str, body: &Value) -> Told {
        let request = Request::builder().method(method).uri(path);
        self.send_local(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// The same with a request as the test wrote it.
    pub(crate) async fn send_local(&self, request: Request<Body>) -> Told {
        send(local_routes(&self.app), request).await
    }

    /// Asks the API with a token and more headers.
    pub(crate) async fn ask(
        &self,
        token: &str,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Told {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(routes(&self.app), request.body(Body::from(body.to_string())).unwrap()).await
    }
}

async fn send(router: Router, request: Request<Body>) -> Told {
    let response = router.oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes().to_vec();
    Told { status: head.status.as_u16(), headers: head.headers, bytes }
}
