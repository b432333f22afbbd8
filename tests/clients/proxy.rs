//! A proxy that fails as networks fail: once before the request reached Candor, once after.
//!
//! A client cannot tell the two apart. In both cases it must send the same event under the same
//! key.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Read;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const REQUEST_BYTES_MAX: usize = 1 << 20;

/// What a request to a vendor's address asks for.
pub struct Request {
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The body, unpacked where it was gzip.
    pub body: Vec<u8>,
}

impl Request {
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).context("a client sends JSON")
    }
}

impl fmt::Display for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.method, self.target)
    }
}

/// The client's own keys of the events in a request; none in one that carries no event.
pub type Keys = fn(&Request) -> Result<BTreeSet<String>>;

/// What became of a request that carried events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Answered with 503, never forwarded.
    LostOnTheWay,
    /// Forwarded, but answered with 503.
    AnswerLost,
    /// Forwarded and answered.
    Passed,
}

/// The keys of the events in each request, with its fate.
type Seen = Mutex<Vec<(Fate, BTreeSet<String>)>>;

/// The proxy and what it saw.
pub struct Proxy {
    pub url: String,
    seen: Arc<Seen>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Stands before the program at this address.
    pub async fn before(url: &str, keys: Keys) -> Result<Self> {
        let target = url.strip_prefix("http://").context("plain HTTP")?.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let seen: Arc<Seen> = Arc::default();
        let shared = seen.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (target, seen) = (target.clone(), shared.clone());
                tokio::spawn(async move {
                    // A client that goes away in the middle is the client's matter, and says so.
                    if let Err(error) = pass(client, &target, &seen, keys).await {
                        eprintln!("the proxy gave up a request: {error:#}");
                    }
                });
            }
        });
        Ok(Self { url, seen, accepting })
    }

    /// The keys of all events in requests of this fate.
    pub fn keys(&self, fate: Fate) -> BTreeSet<String> {
        let seen = self.seen.lock().expect("no test panicked here");
        let of_fate = seen.iter().filter(|(found, _)| *found == fate);
        of_fate.flat_map(|(_, keys)| keys.iter().cloned()).collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// One request, then the connection ends, so that each has its own.
async fn pass(mut client: TcpStream, target: &str, seen: &Seen, keys: Keys) -> Result<()> {
    let (head, body) = request(&mut client).await?;
    let opened = opened(&head, &body)?;
    let keys = keys(&opened).with_context(|| format!("cannot read what {opened} carries"))?;
    let fate = if keys.is_empty() {
        Fate::Passed
    } else {
        let mut seen = seen.lock().expect("no test panicked here");
        let fate = match seen.len() {
            0 => Fate::LostOnTheWay,
            1 => Fate::AnswerLost,
            _ => Fate::Passed,
        };
        seen.push((fate, keys));
        fate
    };
    let mut answer = Vec::new();
    if fate != Fate::LostOnTheWay {
        let mut program = TcpStream::connect(target).await?;
        program.write_all(alone(&head).as_bytes()).await?;
        program.write_all(&body).await?;
        program.read_to_end(&mut answer).await?;
    }
    if fate != Fate::Passed {
        answer = busy(&head).into_bytes();
    }
    client.write_all(&answer).await?;
    Ok(client.shutdown().await?)
}

/// A failure that a page is allowed to read, so that it knows to try again.
fn busy(head: &str) -> String {
    let body = r#"{"code":"busy","message":"try again"}"#;
    let origin = header(head, "origin").unwrap_or("*");
    format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n\
         Access-Control-Allow-Origin: {origin}\r\nAccess-Control-Allow-Credentials: true\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// Head and body of the next request.
async fn request(client: &mut TcpStream) -> Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end + 4].to_vec())?;
            let length = header(&head, "content-length").map_or(Ok(0), str::parse)?;
            if bytes.len() >= end + 4 + length {
                return Ok((head, bytes[end + 4..].to_vec()));
            }
        }
        anyhow::ensure!(bytes.len() < REQUEST_BYTES_MAX, "the request is too large");
        anyhow::ensure!(client.read_buf(&mut bytes).await? > 0, "the client went away");
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// The same head, asking for the connection to end after the answer.
fn alone(head: &str) -> String {
    let lines = head.trim_end().lines();
    let kept = lines.filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    kept.map(|line| format!("{line}\r\n")).collect::<String>() + "Connection: close\r\n\r\n"
}

/// The request as a vendor's rule reads it.
fn opened(head: &str, body: &[u8]) -> Result<Request> {
    let mut words = head.split_ascii_whitespace();
    let mut word = || words.next().map(str::to_owned).context("a request begins with its line");
    let (method, target) = (word()?, word()?);
    let mut unpacked = Vec::new();
    if body.starts_with(&[0x1f, 0x8b]) {
        flate2::read::GzDecoder::new(body).read_to_end(&mut unpacked)?;
    } else {
        unpacked.extend_from_slice(body);
    }
    Ok(Request { method, target, body: unpacked })
}
