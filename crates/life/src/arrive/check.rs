//! What the tests of all protocols share: a parcel to fill, and an arrival as text.

use std::fmt::Write;

use vocabulary::Time;

use super::{Arrival, Fields, Parcel, Raw, Signals};

/// A golden body, or what is read from it.
macro_rules! golden {
    ($($name:literal),+) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/", $($name),+))
    };
}
pub(super) use golden;

/// A request that arrived at noon on the first of March, with nothing but a body.
pub(super) fn parcel(body: &[u8]) -> Parcel<'_> {
    Parcel {
        body,
        content_type: None,
        content_encoding: None,
        authorization: None,
        write_key: None,
        query: "",
        user_agent: None,
        address: None,
        signals: Signals::default(),
        received: Time::parse("2026-03-01T12:00:00Z").unwrap(),
    }
}

/// An arrival as a person would tell it.
pub(super) fn told(arrival: &Arrival<'_>) -> String {
    let mut out = format!("key {}\n", arrival.key.as_deref().unwrap_or("-"));
    for event in &arrival.events {
        match event {
            Ok(raw) => tell(raw, &mut out),
            Err(invalid) => writeln!(out, "invalid {} {invalid}", invalid.code).unwrap(),
        }
    }
    out
}

fn tell(raw: &Raw<'_>, out: &mut String) {
    write!(out, "{:?} `{}` #{} at {}", raw.kind, raw.name, raw.sequence, raw.time).unwrap();
    let ids = [
        ("message", &raw.message),
        ("user", &raw.user),
        ("device", &raw.device),
        ("previous", &raw.previous),
        ("session", &raw.session),
    ];
    for (name, id) in ids {
        if let Some(id) = id {
            write!(out, " {name}={id}").unwrap();
        }
    }
    out.push('\n');
    for Fields { scope, json } in &raw.fields {
        let json: serde_json::Value = serde_json::from_str(json.get()).unwrap();
        writeln!(out, "  {scope:?} {json}").unwrap();
    }
    for (name, is_yes) in &raw.choices {
        writeln!(out, "  chose {name}={is_yes}").unwrap();
    }
}
