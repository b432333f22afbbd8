//! What every protocol does with a request before and after reading it: take the body within
//! limits, find the caller, keep the pace, let the gate judge. Answers are each protocol's own.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, StatusCode, header};
use lake::keep::keeper::Unavailable;
use life::arrive::{Arrival, Invalid, Malformed, Parcel, Signals, body, key};
use vocabulary::{Outcome, Span, Time};

use super::pace::Paces;
use crate::app::App;
use crate::app::collect::{Caller, EventOutcome};
use crate::app::overload::AtWork;
use crate::app::room::Held;
use crate::clock::pause;
use crate::http::body::whole;
use crate::problem::{FieldProblem, Problem};

/// A request with its whole body.
pub struct Received {
    /// A key that the address itself carried.
    key: Option<String>,
    body: Bytes,
    /// The room that the body takes, as sent and opened.
    held: Mutex<Held>,
    _at_work: AtWork,
    headers: HeaderMap,
    query: String,
    address: Option<IpAddr>,
    paces: Paces,
    at: Time,
}

/// How long whoever is told to come again waits for that answer. A client that does not heed it and
/// comes at once would take as much of the machine as one that is let in.
const REFUSED_WAIT: Span = Span(250_000);

/// Why a request was not taken.
#[derive(Debug)]
pub enum Declined {
    /// It is wrong, and will be when it is sent again.
    Wrong(Problem),
    /// It may be sent again after so many seconds.
    Later(Problem, u64),
}

impl From<Problem> for Declined {
    fn from(problem: Problem) -> Self {
        match problem.retry_seconds {
            Some(seconds) => Declined::Later(problem, seconds),
            None => Declined::Wrong(problem),
        }
    }
}

impl From<Unavailable> for Declined {
    fn from(why: Unavailable) -> Self {
        let seconds = match why {
            Unavailable::Busy | Unavailable::Stopped => 1,
            Unavailable::Full => 5,
        };
        Declined::Later(Problem::unavailable(&why), seconds)
    }
}

impl Received {
    /// Takes the request with its body, within the limits of size and time.
    pub async fn take(app: &App, request: Request) -> Result<Self, Declined> {
        Self::take_up_to(app.limits().body_bytes, app, request, false).await
    }

    /// The same for a person's choice: no overload holds it back.
    pub async fn take_anyway(app: &App, request: Request) -> Result<Self, Declined> {
        Self::take_up_to(app.limits().body_bytes, app, request, true).await
    }

    /// The same for a protocol whose clients send large batches.
    pub async fn take_large(app: &App, request: Request) -> Result<Self, Declined> {
        Self::take_up_to(app.limits().large_body_bytes, app, request, false).await
    }

    async fn take_up_to(
        bytes_max: usize,
        app: &App,
        request: Request,
        anyway: bool,
    ) -> Result<Self, Declined> {
        let (parts, stream) = request.into_parts();
        let (body, held) = whole(stream, bytes_max, app).await?;
        // From here on, however slowly it came, it is we who make it wait.
        let at = app.now();
        let at_work = match app.begin_work(at, anyway) {
            Ok(at_work) => at_work,
            Err(why) => {
                drop((body, held));
                pause(REFUSED_WAIT).await;
                return Err(why.into());
            }
        };
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        Ok(Self {
            key: None,
            body,
            held: Mutex::new(held),
            _at_work: at_work,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            address: peer
                .map(|peer| client(peer, &parts.headers, &app.config().server.trusted_proxies)),
            headers: parts.headers,
            paces: parts.extensions.get::<Paces>().cloned().unwrap_or_default(),
            at,
        })
    }

    /// The same with a key that its address carried.
    #[must_use]
    pub fn with_key(self, key: Option<String>) -> Self {
        Self { key, ..self }
    }

    /// The request as a protocol reads it.
    #[must_use]
    pub fn parcel(&self) -> Parcel<'_> {
        let header = |name: &str| self.header(name);
        Parcel {
            body: &self.body,
            content_type: header("content-type"),
            content_encoding: header("content-encoding"),
            authorization: header("authorization"),
            write_key: self.key.as_deref().or_else(|| header("x-write-key")),
            query: &self.query,
            user_agent: header("user-agent"),
            address: self.address,
            signals: Signals { global_privacy_control: objects(&self.headers) },
            received: self.at,
        }
    }

    /// A header that only one protocol reads.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Opens the body.
    pub async fn open(
        &self,
        app: &App,
        protocol: &'static str,
    ) -> Result<body::Body<'_>, Declined> {
        match body::decode(&self.parcel(), app.limits()) {
            Ok(body) => {
                self.hold(&body)?;
                Ok(body)
            }
            Err(malformed) => {
                let status = match &malformed {
                    Malformed::TooLarge { .. } | Malformed::TooDense { .. } => {
                        StatusCode::PAYLOAD_TOO_LARGE
                    }
                    Malformed::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    Malformed::TooDeep { .. }
                    | Malformed::TooMany { .. }
                    | Malformed::Compression { .. }
                    | Malformed::Syntax { .. }
                    | Malformed::Twice { .. }
                    | Malformed::Empty => StatusCode::BAD_REQUEST,
                };
                Err(self.malformed(app, protocol, &malformed, status).await)
            }
        }
    }

    /// Takes room for the body as it is opened.
    pub fn hold(&self, body: &body::Body<'_>) -> Result<(), Declined> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(held.grow(self.body.len().saturating_add(body.text().len()))?)
    }

    /// Counts a request that could not be read as one invalid event of its source, if its key is
    /// known without reading it.
    pub async fn malformed(
        &self,
        app: &App,
        protocol: &'static str,
        malformed: &Malformed,
        status: StatusCode,
    ) -> Declined {
        let parcel = self.parcel();
        let shown = key::basic(&parcel)
            .or_else(|| key::header(&parcel))
            .or_else(|| key::query(&parcel))
            .or_else(|| key::bearer(&parcel));
        if let Some(caller) = shown.and_then(|key| app.caller(&key))
            && let Err(why) = app.count_unjudged(&caller, protocol, Outcome::Invalid, 1).await
        {
            return why.into();
        }
        Problem::new(status, malformed.code(), malformed.to_string()).into()
    }

    /// Finds the caller, keeps its pace and lets the gate judge; answers how each event ended.
    pub async fn collect(
        &self,
        app: &App,
        protocol: &'static str,
        arrival: Arrival<'_>,
    ) -> Result<Vec<EventOutcome>, Declined> {
        let caller = caller(app, arrival.key.as_deref())?;
        self.collect_from(app, protocol, &caller, arrival).await
    }

    /// The same for a caller whom the protocol itself has found.
    pub async fn collect_from(
        &self,
        app: &App,
        protocol: &'static str,
        caller: &Caller,
        arrival: Arrival<'_>,
    ) -> Result<Vec<EventOutcome>, Declined> {
        let events = arrival.events.len();
        if let Err(seconds) = self.paces.take(&caller.source, events, self.at) {
            app.count_unjudged(caller, protocol, Outcome::Limited, events).await?;
            let detail = format!("this source sends too fast: come again in {seconds} seconds");
            let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "limited", detail);
            return Err(Declined::Later(problem, seconds));
        }
        Ok(app.collect(caller, protocol, arrival).await?)
    }
}

impl std::fmt::Debug for Received {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Received").field("body_bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// Who shows a key.
pub fn caller(app: &App, shown: Option<&str>) -> Result<Caller, Problem> {
    let Some(key) = shown else {
        let detail = "no key was sent: send one, as `Authorization: Basic` or in the body";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "key-missing", detail));
    };
    app.caller(key).ok_or_else(|| {
        let detail = "nobody knows this key: make one with `candor keys create`, or copy it again";
        Problem::new(StatusCode::UNAUTHORIZED, "key-unknown", detail)
    })
}

/// What was wrong with single events of a list; a problem when none of them could be read.
pub fn partly(list: Option<&str>, endings: &[EventOutcome]) -> Result<Vec<FieldProblem>, Problem> {
    let errors = problems(list, endings);
    if errors.is_empty() || errors.len() < endings.len() {
        return Ok(errors);
    }
    let detail = "no event of this batch can be read: see `errors` for what is wrong with each";
    let mut problem = Problem::new(StatusCode::BAD_REQUEST, "batch-invalid", detail);
    problem.errors = errors;
    Err(problem)
}

/// The fields that were wrong in the events of a list, each with its pointer into the body. Without
/// a list the body is the event; without a name it is the list.
#[must_use]
pub fn problems(list: Option<&str>, endings: &[EventOutcome]) -> Vec<FieldProblem> {
    let invalid = endings
        .iter()
        .enumerate()
        .filter_map(|(index, ending)| Some((index, ending.invalid.as_ref()?)));
    invalid.map(|(index, invalid)| problem(list, index, invalid)).collect()
}

/// What was wrong with one event of a list.
#[must_use]
pub fn problem(list: Option<&str>, index: usize, invalid: &Invalid) -> FieldProblem {
    let place = match list {
        None => String::new(),
        Some("") => format!("/{index}"),
        Some(list) => format!("/{list}/{index}"),
    };
    // The gate judges one event and does not know where in the body it stood.
    let rest = invalid.pointer.strip_prefix(&place);
    let is_whole = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let pointer = match is_whole {
        true => invalid.pointer.clone(),
        false => format!("{place}{}", invalid.pointer),
    };
    FieldProblem { pointer, detail: invalid.problem.clone() }
}

/// The address of the client: behind proxies that are trusted, the last one that none of them is.
#[must_use]
pub fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.contains(&address.to_canonical());
    if !is_trusted(peer) {
        return peer;
    }
    // Each proxy writes on the right whom it heard; what stands left of the last one that nobody
    // trusts is what that one claims, and may be anything.
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    let entries = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    let mut chain = entries.map(<[u8]>::trim_ascii).filter(|entry| !entry.is_empty()).map(address);
    chain.find(|address| !address.is_some_and(is_trusted)).flatten().unwrap_or(peer)
}

/// An address as proxies write it: some add the port.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    text.parse().ok().or_else(|| text.parse().ok().map(|with_port: SocketAddr| with_port.ip()))
}

/// Whether a browser objects to sale and advertising: also when it says so in a way that is none of
/// the standard's. Only its absence or a plain `0` is no objection.
fn objects(headers: &HeaderMap) -> bool {
    headers.get_all("sec-gpc").iter().any(|value| value.as_bytes().trim_ascii() != b"0")
}

/// The scheme by which the client reached us: our own, or what a proxy in front says of its.
#[must_use]
pub fn scheme(app: &App, headers: &HeaderMap) -> &'static str {
    if app.config().is_encrypted() {
        return "https";
    }
    match headers.get("x-forwarded-proto").map(|value| value.as_bytes()) {
        Some(b"https") => "https",
        Some(_) | None => "http",
    }
}

/// The host by which the client reached us, if it is one that may stand in an answer.
#[must_use]
pub fn host(headers: &HeaderMap) -> Option<&str> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".:-[]_".contains(&byte);
    (!host.is_empty() && host.bytes().all(is_plain)).then_some(host)
}

#[cfg(test)]
mod tests;
