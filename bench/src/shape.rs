//! Requests as clients write them, built once: what differs from event to event is written over its
//! place, so that whoever sends them costs next to nothing.

use anyhow::{Result, bail};

/// Whose way of writing events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Native,
    Segment,
    Posthog,
    /// No event at all: what the sender itself can do, against the cheapest of answers.
    Health,
}

/// Where the key of an event stands until it is written: fifteen digits.
const MESSAGE: &str = "MMMMMMMMMMMMMMM";
/// Where a person stands until one is written: six digits.
const PERSON: &str = "PPPPPP";
/// People who take turns.
const PEOPLE: u64 = 100_000;

/// One connection's request, written over from one sending to the next.
pub(crate) struct Request {
    bytes: Vec<u8>,
    /// By event: where its key and its person stand.
    places: Vec<(usize, usize)>,
    /// Keys of events are counted from here, so that none is anybody else's.
    next: u64,
}

impl Shape {
    pub(crate) fn named(name: &str) -> Result<Self> {
        Ok(match name {
            "native" => Shape::Native,
            "segment" => Shape::Segment,
            "posthog" => Shape::Posthog,
            "health" => Shape::Health,
            other => bail!("`{other}` is no shape: use native, segment, posthog or health"),
        })
    }

    /// A request of so many events whose keys begin at `first`.
    pub(crate) fn request(self, host: &str, key: &str, batch: u64, first: u64) -> Request {
        let events: Vec<&str> = (0..batch).map(|_| self.event()).collect();
        let events = events.join(",");
        let time = "2026-01-31T12:00:00.000Z";
        let (path, body) = match (self, batch) {
            (Shape::Native, _) => ("/v1/events", format!(r#"{{"events":[{events}]}}"#)),
            (Shape::Segment, 1) => {
                let call = events.replacen('{', &format!(r#"{{"writeKey":"{key}","#), 1);
                ("/v1/track", call)
            }
            (Shape::Segment, _) => {
                let head = format!(r#""writeKey":"{key}","sentAt":"{time}""#);
                ("/v1/batch", format!(r#"{{"batch":[{events}],{head}}}"#))
            }
            (Shape::Posthog, 1) => {
                let head = format!(r#"{{"api_key":"{key}","sent_at":"{time}","#);
                ("/i/v0/e/", events.replacen('{', &head, 1))
            }
            (Shape::Posthog, _) => {
                let head = format!(r#""api_key":"{key}","sent_at":"{time}""#);
                ("/batch/", format!(r#"{{"batch":[{events}],{head}}}"#))
            }
            (Shape::Health, _) => ("/healthz", String::new()),
        };
        let method = if self == Shape::Health { "GET" } else { "POST" };
        let authorization = match self {
            Shape::Native => format!("Authorization: Bearer {key}\r\n"),
            Shape::Segment | Shape::Posthog | Shape::Health => String::new(),
        };
        let text = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{authorization}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let found = |mark: &'static str| text.match_indices(mark).map(|(place, _)| place);
        let places = found(MESSAGE).zip(found(PERSON)).collect();
        Request { bytes: text.into_bytes(), places, next: first }
    }

    /// One event of about 800 bytes, as the protocol's clients fill it.
    fn event(self) -> &'static str {
        match self {
            Shape::Native => NATIVE,
            Shape::Segment => SEGMENT,
            Shape::Posthog => POSTHOG,
            Shape::Health => "",
        }
    }
}

impl Request {
    /// The bytes of the next request.
    pub(crate) fn next(&mut self) -> &[u8] {
        for (message, person) in &self.places {
            let mixed = self.next.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
            write(&mut self.bytes, *message, MESSAGE.len(), self.next);
            write(&mut self.bytes, *person, PERSON.len(), mixed % PEOPLE);
            self.next += 1;
        }
        &self.bytes
    }
}

/// Writes a number as so many digits.
fn write(bytes: &mut [u8], place: usize, digits: usize, mut number: u64) {
    for byte in bytes.iter_mut().skip(place).take(digits).rev() {
        *byte = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

const NATIVE: &str = r#"{"event":"Product Viewed","id":"7f3c9a52-MMMMMMMMMMMMMMM","user_id":"customer-PPPPPP","session_id":"1767268800123","time":"2026-01-31T12:00:00.000Z","properties":{"product_id":"507f1f77","sku":"G-32","category":"Games","name":"Monopoly: 3rd Edition","brand":"Hasbro","variant":"200 pieces","price":18.99,"quantity":1,"coupon":"MAYDEALS","currency":"EUR","position":3,"value":18.99,"country":"DE","device":"mobile","url":"https://shop.example/games/monopoly-3rd-edition?utm_source=newsletter&utm_medium=email","list_id":"front","checkout_id":"c-20","step":2,"affiliation":"Web shop","total":27.5,"revenue":25.0,"shipping":3.0,"tax":2.0,"discount":2.5,"query":"board games for four","rating":4.5,"reviews":128,"in_stock":true},"consent":{"measure":true,"analyse":true}}"#;

const SEGMENT: &str = r#"{"type":"track","event":"Product Viewed","messageId":"ajs-next-MMMMMMMMMMMMMMM","userId":"customer-PPPPPP","anonymousId":"7c1f2ab0-visitor","timestamp":"2026-01-31T12:00:00.000Z","properties":{"product_id":"507f1f77","sku":"G-32","category":"Games","name":"Monopoly: 3rd Edition","brand":"Hasbro","price":18.99,"quantity":1,"currency":"EUR","position":3,"value":18.99},"context":{"consent":{"categoryPreferences":{"Analytics":true,"Advertising":false}},"locale":"de-DE","timezone":"Europe/Berlin","library":{"name":"analytics.js","version":"next-1.81.1"},"page":{"path":"/games/monopoly","referrer":"https://search.example/","title":"Monopoly","url":"https://shop.example/games/monopoly?utm_source=mail"},"userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"}}"#;

const POSTHOG: &str = r#"{"event":"$pageview","uuid":"0194bb2e-7d1c-7a11-9f10-MMMMMMMMMMMMMMM","distinct_id":"customer-PPPPPP","timestamp":"2026-01-31T12:00:00.000Z","properties":{"$os":"Linux","$os_version":"6.8","$browser":"Chrome","$browser_version":131,"$device_type":"Desktop","$current_url":"https://shop.example/games/monopoly?utm_source=mail","$host":"shop.example","$pathname":"/games/monopoly","$screen_height":1080,"$screen_width":1920,"$viewport_height":969,"$viewport_width":1905,"$lib":"web","$lib_version":"1.205.0","$insert_id":"a1b2c3d4e5f6g7h8","$time":1767268800.123,"$device_id":"7c1f2ab0-visitor","$session_id":"0194bb2e-7d1c-7a11-9f10","$window_id":"0194bb2e-7d1c-7a11-9f11","$referrer":"https://search.example/","$referring_domain":"search.example","$is_identified":true,"$process_person_profile":true,"title":"Monopoly"}}"#;
