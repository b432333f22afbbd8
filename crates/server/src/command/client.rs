//! How a verb reaches the API: through the server's socket when it runs, in this process when it
//! does not.

use std::path::{Path, PathBuf};

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{Request, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::UnixStream;
use tower::ServiceExt;

use super::say::{Unready, say, warn};
use super::{Ending, Environment, Place};
use crate::app::App;

/// The API of one installation.
#[derive(Debug)]
pub enum Client {
    Socket(PathBuf),
    /// The installation itself, opened because nobody serves it.
    Here(Box<Router>, App),
}

/// A call of the API.
#[derive(Debug)]
pub struct Call {
    method: &'static str,
    path: String,
    body: Option<Value>,
    accept: &'static str,
}

impl Call {
    fn new(method: &'static str, path: String, body: Option<Value>) -> Self {
        Self { method, path, body, accept: "*/*" }
    }

    /// The same call for an answer in another form than JSON.
    pub fn accepting(mut self, content_type: &'static str) -> Self {
        self.accept = content_type;
        self
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path.into(), None)
    }

    pub fn post(path: impl Into<String>, body: Value) -> Self {
        Self::new("POST", path.into(), Some(body))
    }

    pub fn delete(path: impl Into<String>) -> Self {
        Self::new("DELETE", path.into(), None)
    }
}

impl Place {
    /// Makes one call and takes its answer. What was opened for it is closed however it ends.
    pub async fn call(&self, environment: &Environment, call: &Call) -> anyhow::Result<Answer> {
        let client = Client::open(self, environment).await?;
        let answer = client.make(call).await;
        client.close().await;
        answer
    }

    /// Makes one call and prints its answer: as JSON where that is wanted, else as `show` says.
    pub async fn ask(
        &self,
        environment: &Environment,
        call: &Call,
        show: impl FnOnce(&Value) -> String,
    ) -> anyhow::Result<Ending> {
        self.call(environment, call).await?.print(self.json, show)
    }
}

/// An answer of the API.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Bytes,
}

impl Client {
    /// The client for an installation.
    pub async fn open(place: &Place, environment: &Environment) -> anyhow::Result<Self> {
        let config = place.layers(environment)?.read()?;
        let socket = config.server.data.join(crate::http::SOCKET);
        if UnixStream::connect(&socket).await.is_ok() {
            return Ok(Self::Socket(socket));
        }
        // Only `serve` founds an installation; a mistyped directory must not become one.
        if !App::is_founded(&config) {
            let data = config.server.data.display().to_string();
            return Err(Unready::NotFounded { data }.into());
        }
        let app = App::open(config, crate::clock::Clock::system()).await?;
        Ok(Self::Here(Box::new(crate::http::local_routes(&app)), app))
    }

    /// Makes a call and takes its answer.
    pub async fn make(&self, call: &Call) -> anyhow::Result<Answer> {
        let body = match &call.body {
            Some(body) => Bytes::from(serde_json::to_vec(body)?),
            None => Bytes::new(),
        };
        let request = Request::builder()
            .method(call.method)
            .uri(&call.path)
            .header(header::ACCEPT, call.accept)
            .header(header::CONTENT_TYPE, "application/json");
        self.carry(request, body).await
    }

    /// Sends a body and takes the answer.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        content: &str,
        body: Bytes,
    ) -> anyhow::Result<Answer> {
        let request = Request::builder().method(method).uri(path);
        self.carry(request.header(header::CONTENT_TYPE, content), body).await
    }

    async fn carry(&self, request: Builder, body: Bytes) -> anyhow::Result<Answer> {
        let request = request.header(header::HOST, "candor");
        match self {
            Client::Socket(path) => {
                let stream = UnixStream::connect(path).await?;
                let (mut sender, connection) =
                    hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
                let driver = tokio::spawn(connection);
                let response = sender.send_request(request.body(Full::new(body))?).await?;
                let status = response.status().as_u16();
                let body = response.into_body().collect().await?.to_bytes();
                drop(sender);
                driver.await.context("the server went away")?.ok();
                Ok(Answer { status, body })
            }
            Client::Here(router, _) => {
                let response =
                    router.as_ref().clone().oneshot(request.body(Body::from(body))?).await?;
                let status = response.status().as_u16();
                Ok(Answer { status, body: response.into_body().collect().await?.to_bytes() })
            }
        }
    }

    /// What the kernel tells of the process that answers.
    async fn process(&self) -> anyhow::Result<PathBuf> {
        let process = match self {
            Client::Socket(path) => {
                let peer = UnixStream::connect(path).await?.peer_cred()?.pid();
                peer.context("the system does not say who serves")?.to_string()
            }
            Client::Here(..) => "self".to_owned(),
        };
        Ok(Path::new("/proc").join(process))
    }

    /// From here on, the most memory is counted anew.
    pub async fn forget_memory(&self) -> anyhow::Result<()> {
        std::fs::write(self.process().await?.join("clear_refs"), "5")
            .context("the system does not let the memory of the server be measured")
    }

    /// The most memory that the process which answers has held.
    pub async fn memory_bytes(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(self.process().await?.join("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok());
        let kibibytes: u64 = kibibytes.context("the system does not say how much memory it is")?;
        Ok(kibibytes << 10)
    }

    /// Ends what this process opened: everything written is durable and folded or journalled.
    pub async fn close(self) {
        if let Client::Here(_, app) = self {
            app.stop().await;
        }
    }
}

impl Answer {
    /// The body as JSON; an answer that says nothing more is null.
    pub fn json(&self) -> anyhow::Result<Value> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body).context("the server's answer is no JSON")
    }

    /// Prints the answer: JSON as it is, or through `show`; a problem to the error stream.
    pub fn print(&self, json: bool, show: impl FnOnce(&Value) -> String) -> anyhow::Result<Ending> {
        let ending = Ending::of(self.status);
        let value = self.json()?;
        if ending != Ending::Done {
            warn(format!("{}: {}", text(&value, "code"), text(&value, "detail")));
            if json {
                say(&value)?;
            }
        } else if json {
            say(&value)?;
        } else {
            say(show(&value))?;
        }
        Ok(ending)
    }
}

/// A JSON value as text: a string as it is, a dash where there is nothing.
pub(super) fn plain(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => "-".to_owned(),
        Some(other) => other.to_string(),
    }
}

/// A field of a JSON object as text.
pub(super) fn text(object: &Value, name: &str) -> String {
    plain(object.get(name))
}

/// The elements of the list in a field of a JSON object; none where there is no list.
pub(super) fn list<'a>(object: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    object.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// Sets a field of a JSON object.
pub(super) fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}
