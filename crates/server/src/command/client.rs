//! How a verb reaches the API: through the server's socket when it runs, in this process when it
//! does not.

use anyhow::Context;
use axum::Router;
use axum::body::Body;
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
    Socket(std::path::PathBuf),
    /// The installation itself, opened because nobody serves it.
    Here(Box<Router>, App),
}

/// A call of the API.
#[derive(Debug)]
pub struct Call {
    method: &'static str,
    path: String,
    body: Option<Value>,
}

impl Call {
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), body: None }
    }

    pub fn post(path: impl Into<String>, body: Value) -> Self {
        Self { method: "POST", path: path.into(), body: Some(body) }
    }

    pub fn delete(path: impl Into<String>) -> Self {
        Self { method: "DELETE", path: path.into(), body: None }
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
        self.send(call.method, &call.path, "application/json", body).await
    }

    /// Sends a body and takes the answer.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        content: &str,
        body: Bytes,
    ) -> anyhow::Result<Answer> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "candor")
            .header(header::CONTENT_TYPE, content);
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
