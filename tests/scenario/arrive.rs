//! arrive: requests of each protocol, and what came out of them.

use life::admit::{Judged, KeyKind, Source, SourceKind};
use life::arrive::body::{Body, decode};
use life::arrive::posthog::{self, Call, DaySalt, Unread};
use life::arrive::{Arrival, Malformed, Parcel, Signals, native, pixel, segment, snowplow};
use life::keep::names::Named;
use serde_json::{Map, Value, json};
use vocabulary::{Counts, Limits, Outcome};

use super::stage::{Ended, Stage, Taken, equal, told};

impl Stage {
    /// `signal`, `address` and `send`: what a request carries, and the request.
    pub(super) fn arrive(&mut self, step: &str, words: &[&str], json: &str) -> Taken {
        match (step, words) {
            ("signal", ["gpc"]) => {
                self.signals = Signals { global_privacy_control: true };
                Ok(())
            }
            ("address", [address]) => {
                let parsed = address.parse();
                self.address = Some(parsed.map_err(|_| format!("`{address}` is no address"))?);
                Ok(())
            }
            ("send", ["segment", "batch", source]) => {
                self.request(source, json, segment::read_batch)
            }
            ("send", ["segment", call, source]) => {
                let known = segment::Call::of_type(call);
                let call = known.ok_or_else(|| format!("`{call}` is no call of Segment's"))?;
                self.request(source, json, |body, parcel, limits| {
                    segment::read_call(call, body, parcel, limits)
                })
            }
            ("send", ["native", "body", source]) => self.request(source, json, native::read_events),
            ("send", ["native", source]) => {
                let events = format!("{{\"events\":[{json}]}}");
                self.request(source, &events, native::read_events)
            }
            ("send", ["snowplow", source]) => {
                let body = payload(json)?;
                self.request(source, &body, snowplow_arrival)
            }
            ("send", ["pixel", source, query]) => {
                let (source, key) = self.source(source)?;
                let parcel = Parcel { query, ..self.parcel("") };
                let arrival = pixel::read(pixel::Pixel::Track, &parcel, &self.limits);
                self.receive(arrival, &source, key);
                Ok(())
            }
            ("send", ["posthog", source]) => self.request(source, json, |body, parcel, limits| {
                let salt = DaySalt([0; 32]);
                let read = posthog::read_older(Call::Capture, body, parcel, &salt, limits);
                read.map(|older| older.arrival).map_err(|unread| match unread {
                    Unread::Malformed(malformed) => malformed,
                    Unread::KeysDiffer => Malformed::Twice { field: "token" },
                })
            }),
            ("send", [protocol, ..]) => {
                Err(format!("`{protocol}` is no protocol that a scenario can send"))
            }
            _ => Err(format!("`{step} {}` is no step", words.join(" "))),
        }
    }

    fn request<'j>(
        &mut self,
        source: &str,
        json: &'j str,
        read: impl for<'a> Fn(&'a Body<'_>, &Parcel<'a>, &Limits) -> Read<'a>,
    ) -> Taken {
        let (source, key) = self.source(source)?;
        let parcel: Parcel<'j> = self.parcel(json);
        let limits = self.limits.clone();
        let body = decode(&parcel, &limits);
        match body.as_ref().map_err(Clone::clone).and_then(|body| read(body, &parcel, &limits)) {
            Ok(arrival) => self.receive(arrival, &source, key),
            Err(malformed) => {
                let outcome = format!("malformed {}", malformed.code());
                self.last = Some(vec![Ended { outcome, ..Ended::default() }]);
            }
        }
        Ok(())
    }

    /// Judges and keeps the events of a request, one after the other.
    fn receive(&mut self, arrival: Arrival<'_>, source: &Source, key: KeyKind) {
        let mut counts = Counts::default();
        self.last = Some(Vec::new());
        for event in arrival.events {
            let judged = match event {
                Err(invalid) => Judged::Invalid(invalid),
                Ok(raw) => match self.gate.identify(raw, source, key, &self.blinder) {
                    Err(judged) => judged,
                    Ok(identified) => {
                        let standing = self.truth.standing(&identified, self.now);
                        let (blinder, seen) = (&self.blinder, &mut self.seen);
                        self.gate.judge(identified, source, standing, blinder, seen)
                    }
                },
            };
            counts.add(self.keep(judged));
        }
        self.count(source.id, counts);
    }

    pub(super) fn source(&self, name: &str) -> Result<(Source, KeyKind), String> {
        let source =
            self.sources.get(name).ok_or_else(|| format!("there is no source `{name}`"))?;
        let key = match source.kind {
            SourceKind::Site | SourceKind::App => KeyKind::Site,
            SourceKind::Server | SourceKind::Mailer | SourceKind::Feed => KeyKind::Server,
        };
        Ok((source.clone(), key))
    }

    pub(super) fn parcel<'j>(&mut self, json: &'j str) -> Parcel<'j> {
        Parcel {
            body: json.as_bytes(),
            content_type: Some("application/json"),
            content_encoding: None,
            authorization: None,
            write_key: None,
            query: "",
            user_agent: None,
            address: self.address.take(),
            signals: std::mem::take(&mut self.signals),
            received: self.now,
        }
    }

    /// What became of each event of the last request.
    pub(super) fn expect_arrived(&self, words: &[&str]) -> Option<Taken> {
        let taken = match *words {
            ["events", number] => self.last.as_ref().map_or_else(
                || Err("nothing was sent yet".to_owned()),
                |events| equal("events", number, &events.len().to_string()),
            ),
            ["event", number, ref expected @ ..] => self.event(number).and_then(|event| {
                let (expected, found) = (expected.join(" "), &event.outcome);
                told(*found == expected, || {
                    format!("expected event {number} {expected}, but it was {found}")
                })
            }),
            [
                "accepted" | "refused" | "invalid" | "filtered" | "limited" | "duplicate"
                | "malformed",
                ..,
            ] => self.last().and_then(|last| {
                let expected = words.join(" ");
                told(last.outcome == expected, || {
                    format!("expected {expected}, but it was {}", last.outcome)
                })
            }),
            ["happened", instant] => self.last().and_then(|last| {
                let found =
                    last.row.as_ref().map_or("never".to_owned(), |row| row.time.to_string());
                equal("happened", instant, &found)
            }),
            ["called", ref name @ ..] => self.last().and_then(|last| {
                let code = last.row.as_ref().map(|row| row.event);
                let found = code.and_then(|code| self.truth.names.text(Named::Event, code));
                equal("called", &name.join(" "), found.unwrap_or("nothing"))
            }),
            _ => return None,
        };
        Some(taken)
    }

    fn event(&self, number: &str) -> Result<&Ended, String> {
        let place = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let event = place.and_then(|place| self.last.as_ref()?.get(place));
        event.ok_or_else(|| format!("the last request had no event {number}"))
    }
}

/// A body of Snowplow's that holds one event. What describes itself may be written as it is; a
/// tracker makes a text of it.
fn payload(json: &str) -> Result<String, String> {
    let event: Map<String, Value> =
        serde_json::from_str(json).map_err(|error| format!("this is no event: {error}"))?;
    let text = |value: Value| if value.is_object() { value.to_string().into() } else { value };
    let event: Map<String, Value> =
        event.into_iter().map(|(key, value)| (key, text(value))).collect();
    let schema = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4";
    Ok(json!({ "schema": schema, "data": [event] }).to_string())
}

fn snowplow_arrival<'a>(body: &'a Body<'_>, parcel: &Parcel<'a>, limits: &Limits) -> Read<'a> {
    let schemas = snowplow::Schemas::shipped().expect("the shipped schemas are whole");
    let setting = snowplow::Setting { schemas: &schemas, is_app: &|_| true, is_anonymous: false };
    let mut reading = snowplow::read_batch(body, parcel, limits, &setting)?;
    Ok(reading.arrivals.pop().expect("an event is of some app"))
}

/// How an event that was judged ended without being kept.
pub(super) fn unkept(judged: &Judged) -> (String, Outcome) {
    match judged {
        Judged::Refused { why, .. } => (format!("refused {}", why.code()), Outcome::Refused(*why)),
        Judged::Invalid(invalid) => (format!("invalid {}", invalid.code), Outcome::Invalid),
        Judged::Filtered => ("filtered".to_owned(), Outcome::Filtered),
        Judged::Limited | Judged::Admitted(_) => ("limited".to_owned(), Outcome::Limited),
    }
}

/// What reading a request gives.
type Read<'a> = Result<Arrival<'a>, Malformed>;
