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

    /// Sends JSON and takes the answer.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send("POST", path, "application/json", Bytes::from(serde_json::to_vec(body)?)).await
    }

    /// Fetches an answer.
    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send("GET", path, "application/json", Bytes::new()).await
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
            let text =
                |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            warn(format!("{}: {}", text("code"), text("detail")));
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

/// Sets a field of a JSON object.
pub(super) fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}
