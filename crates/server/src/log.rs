//! What the program tells of its own work, on its error stream: never what people did, said or are.
//!
//! INVARIANT(no personal data): a line's fields are counts, codes, digests, and the program's own
//! names of routes, sources and files. Bodies, addresses, ids and queries of requests are in none.

use std::io::IsTerminal as _;

use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use tracing::{Instrument, Span, field};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::clock::Clock;
use crate::command::Environment;
use crate::config::log::Form;
use traces::Traces;

pub mod traces;

/// The variable that says how much is told, such as `info` or `server=debug`.
pub const VARIABLE: &str = "CANDOR_LOG";

/// Begins to tell; where traces are wanted, a job sends them until the process ends.
pub fn start(form: Form, collector: Option<&str>, environment: &Environment) {
    let named = environment.0.iter().find(|(name, _)| name == VARIABLE);
    let filter = named.and_then(|(_, text)| EnvFilter::try_new(text).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new("info"));
    let is_seen = std::io::stderr().is_terminal();
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(is_seen);
    let lines = lines.log_internal_errors(false);
    let lines = match form {
        Form::Text => lines.with_filter(filter).boxed(),
        Form::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
    };
    let (traces, finished) = collector.map(|_| Traces::new(Clock::system())).unzip();
    let traces = traces.map(|traces| traces.with_filter(filter_fn(traces::leaves)));
    let begun = tracing_subscriber::registry().with(lines).with(traces).try_init();
    // Whoever began earlier in this process goes on.
    if let (Ok(()), Some(finished), Some(collector)) = (begun, finished, collector) {
        tokio::spawn(traces::send(finished, collector.to_owned()));
    }
}

/// One request, from its head to the head of its answer.
pub async fn request<A: Future<Output = Response>>(
    request: Request,
    answer: impl FnOnce(Request) -> A,
) -> Response {
    // The route as it is written here: what stands in its place in a path may name a person.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    // Traces take a span of any level, and lines when they are told to: where nobody wants it, a
    // span costs nothing, and writing one for each event costs as much as judging it.
    let span =
        tracing::debug_span!("request", method = method(&request), route, status = field::Empty);
    async move {
        let response = answer(request).await;
        let status = response.status().as_u16();
        Span::current().record("status", status);
        tracing::debug!(status, "answered");
        response
    }
    .instrument(span)
    .await
}

/// A method of the protocol; any other word may be anything.
fn method(request: &Request) -> &'static str {
    match request.method().as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
