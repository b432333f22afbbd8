//! Traces for those who operate the program: how long each step of a request took, sent to a
//! collector of OpenTelemetry by HTTP.
//!
//! INVARIANT(no personal data): only spans and fields that are named here leave. Whatever a library
//! or a later line puts into a span stays, until somebody has thought about it and names it here.

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;
use vocabulary::{Span, Time};

use crate::clock::{Clock, pause};

/// The spans that leave.
const SPANS: [&str; 5] = ["request", "judge", "journal", "fold", "question"];

/// The fields that leave, each with its name outside.
const FIELDS: [(&str, &str); 8] = [
    ("method", "http.request.method"),
    ("route", "http.route"),
    ("status", "http.response.status_code"),
    ("events", "candor.events"),
    ("protocol", "candor.protocol"),
    ("segment", "candor.segment"),
    ("plan", "candor.plan"),
    ("rows", "candor.rows"),
];

/// Spans that wait to be sent; past that they are dropped, and it is said.
const WAITING_MAX: usize = 8_192;
/// Spans in one request to the collector.
const BATCH_MAX: usize = 512;
/// How long spans wait for others.
const WAIT: Span = Span::SECOND;
/// How long the collector may take.
const ANSWER_MAX: std::time::Duration = std::time::Duration::from_secs(10);

/// Whether a span is one that leaves.
#[must_use]
pub fn leaves(metadata: &Metadata<'_>) -> bool {
    metadata.is_span()
        && metadata.target().starts_with("server")
        && SPANS.contains(&metadata.name())
}

/// A span that goes on.
struct Open {
    trace: u128,
    span: u64,
    parent: Option<u64>,
    start: Time,
    fields: Vec<(&'static str, Value)>,
}

/// A span that is over.
#[derive(Debug)]
pub struct Finished(Value);

/// Takes notes of spans as they begin and end.
#[derive(Debug)]
pub struct Traces {
    clock: Clock,
    sender: mpsc::Sender<Finished>,
}

impl Traces {
    /// A layer, and what it finishes.
    #[must_use]
    pub fn new(clock: Clock) -> (Self, mpsc::Receiver<Finished>) {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        (Self { clock, sender }, receiver)
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Traces {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let above = span
            .scope()
            .skip(1)
            .find_map(|above| above.extensions().get::<Open>().map(|open| (open.trace, open.span)));
        let mut open = Open {
            trace: above.map_or_else(|| fastrand::u128(1..), |(trace, _)| trace),
            span: fastrand::u64(1..),
            parent: above.map(|(_, span)| span),
            start: self.clock.now(),
            fields: Vec::new(),
        };
        attributes.record(&mut Notes(&mut open.fields));
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            values.record(&mut Notes(&mut open.fields));
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let open = span.extensions_mut().remove::<Open>();
        let Some(open) = open else { return };
        let finished = Finished(open.told(span.name(), self.clock.now()));
        if self.sender.try_send(finished).is_err() {
            metrics::counter!("candor_traces_dropped_total").increment(1);
        }
    }
}

impl Open {
    /// The span as the protocol writes it.
    fn told(&self, name: &str, end: Time) -> Value {
        // What others ask of us, or what we do ourselves.
        let kind = if name == "request" { 2 } else { 1 };
        let nanoseconds = |time: Time| (i128::from(time.micros()) * 1_000).to_string();
        let attributes: Vec<Value> =
            self.fields.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
        let mut told = json!({
            "traceId": format!("{:032x}", self.trace),
            "spanId": format!("{:016x}", self.span),
            "name": name,
            "kind": kind,
            "startTimeUnixNano": nanoseconds(self.start),
            "endTimeUnixNano": nanoseconds(end),
            "attributes": attributes,
        });
        if let (Some(parent), Some(fields)) = (self.parent, told.as_object_mut()) {
            fields.insert("parentSpanId".to_owned(), format!("{parent:016x}").into());
        }
        told
    }
}

/// Takes the fields that leave, in the protocol's types.
struct Notes<'a>(&'a mut Vec<(&'static str, Value)>);

impl Notes<'_> {
    fn note(&mut self, field: &Field, value: Value) {
        let known = FIELDS.iter().find(|(name, _)| *name == field.name());
        if let Some((_, key)) = known {
            self.0.push((key, value));
        }
    }
}

impl Visit for Notes<'_> {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.note(field, json!({ "intValue": value.to_string() }));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.note(field, json!({ "intValue": value.to_string() }));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.note(field, json!({ "stringValue": value }));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.note(field, json!({ "stringValue": format!("{value:?}") }));
    }
}

/// Sends what is finished until nothing more comes. A collector that fails costs its spans only.
pub async fn send(mut finished: mpsc::Receiver<Finished>, collector: String) {
    let address = format!("{}/v1/traces", collector.trim_end_matches('/'));
    // A name for a proxy in the environment is not ours to follow: traces go where they are told
    // to.
    let client = reqwest::Client::builder().no_proxy().timeout(ANSWER_MAX).build();
    let client = match client {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, "traces cannot be sent");
            return;
        }
    };
    let mut is_failing = false;
    let mut batch = Vec::new();
    while finished.recv_many(&mut batch, BATCH_MAX).await > 0 {
        let spans: Vec<Value> = batch.drain(..).map(|Finished(span)| span).collect();
        let sent = client.post(&address).json(&message(&spans)).send().await;
        let sent = sent.and_then(reqwest::Response::error_for_status);
        match (sent, is_failing) {
            (Ok(_), _) => is_failing = false,
            (Err(_), true) => {}
            (Err(error), false) => {
                is_failing = true;
                let error = error.without_url();
                tracing::warn!(%error, "the collector does not take traces; they are dropped");
            }
        }
        pause(WAIT).await;
    }
}

fn message(spans: &[Value]) -> Value {
    let name = json!({ "key": "service.name", "value": { "stringValue": "candor" } });
    let scope = json!({ "name": "candor", "version": env!("CARGO_PKG_VERSION") });
    json!({ "resourceSpans": [{
        "resource": { "attributes": [name] },
        "scopeSpans": [{ "scope": scope, "spans": spans }],
    }] })
}
