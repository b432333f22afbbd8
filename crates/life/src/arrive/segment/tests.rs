use proptest::prelude::*;
use vocabulary::{Limits, Time};

use super::*;
use crate::arrive::body::decode;
use crate::arrive::check::{golden, parcel, told};

fn read(call: Option<Call>, parcel: &Parcel<'_>, limits: &Limits) -> String {
    let read = decode(parcel, limits).and_then(|body| {
        let arrival = match call {
            Some(call) => read_call(call, &body, parcel, limits),
            None => read_batch(&body, parcel, limits),
        };
        arrival.map(|arrival| told(&arrival))
    });
    read.unwrap_or_else(|malformed| format!("{}: {malformed}\n", malformed.code()))
}

fn call(call: Call, body: &str) -> String {
    read(Some(call), &parcel(body.as_bytes()), &Limits::default())
}

fn batch(body: &str) -> String {
    read(None, &parcel(body.as_bytes()), &Limits::default())
}

macro_rules! check_golden {
    ($call:expr, $name:literal) => {
        let text = read($call, &parcel(golden!($name)), &Limits::default());
        assert_eq!(text.as_bytes(), golden!($name, ".txt"), "{}: {text}", $name);
    };
}

#[test]
fn each_call_is_read() {
    check_golden!(Some(Call::Track), "segment/track.json");
    check_golden!(Some(Call::Page), "segment/page.json");
    check_golden!(Some(Call::Screen), "segment/screen.json");
    check_golden!(Some(Call::Identify), "segment/identify.json");
    check_golden!(Some(Call::Group), "segment/group.json");
    check_golden!(Some(Call::Alias), "segment/alias.json");
}

#[test]
fn a_batch_lends_its_context_to_each_member() {
    check_golden!(None, "segment/batch.json");
    check_golden!(None, "segment/batch.json.gz");
}

#[test]
fn a_mistake_harms_only_its_own_event() {
    check_golden!(None, "segment/batch-with-mistakes.json");
}

#[test]
fn routes_are_long_or_one_letter() {
    for (long, short) in [
        ("track", "t"),
        ("page", "p"),
        ("screen", "s"),
        ("identify", "i"),
        ("group", "g"),
        ("alias", "a"),
    ] {
        assert_eq!(Call::of_route(long), Call::of_route(short));
        assert_eq!(Call::of_route(long).map(Call::name), Some(long));
        assert_eq!(Call::of_type(short), None);
    }
    assert_eq!(Call::of_route("batch"), None);
}

#[test]
fn the_key_may_stand_in_any_place() {
    const BARE: &str = r#"{"event":"E","userId":"u"}"#;
    const WITH_KEY: &str = r#"{"event":"E","userId":"u","writeKey":" of-body "}"#;
    let key = |body: &str, change: fn(&mut Parcel<'_>)| {
        let mut parcel = parcel(body.as_bytes());
        change(&mut parcel);
        let text = read(Some(Call::Track), &parcel, &Limits::default());
        text.lines().next().unwrap().strip_prefix("key ").unwrap().to_owned()
    };
    assert_eq!(key(BARE, |_| {}), "-");
    assert_eq!(key(WITH_KEY, |_| {}), "of-body");
    // `site:` and `site`, as clients write them.
    assert_eq!(key(WITH_KEY, |parcel| parcel.authorization = Some("Basic c2l0ZTo=")), "site");
    assert_eq!(key(WITH_KEY, |parcel| parcel.authorization = Some("basic c2l0ZQ==")), "site");
    assert_eq!(key(WITH_KEY, |parcel| parcel.authorization = Some("Basic ???")), "of-body");
    // The token is for an authority that we do not ask; the key beside it counts.
    assert_eq!(key(WITH_KEY, |parcel| parcel.authorization = Some("Bearer token")), "of-body");
    assert_eq!(key(BARE, |parcel| parcel.authorization = Some("Bearer token")), "token");
    assert_eq!(key(BARE, |parcel| parcel.write_key = Some("header")), "header");
    assert_eq!(key(BARE, |parcel| parcel.query = "a=1&writeKey=of%2Dquery"), "of-query");
    let member =
        r#"{"batch":[{"type":"page","userId":"u"},{"type":"page","userId":"u","writeKey":"own"}]}"#;
    assert!(batch(member).starts_with("key own\n"));
}

#[test]
fn the_order_of_a_batch_survives_the_correction() {
    let body = r#"{"sentAt":"2020-01-01T00:00:05Z","batch":[
        {"type":"page","userId":"u","timestamp":"2020-01-01T00:00:00Z",
         "sentAt":"2020-01-01T00:00:04Z"},
        {"type":"page","userId":"u","timestamp":"2020-01-01T00:00:00Z"},
        {"type":"page","userId":"u","timestamp":"2020-01-01T00:00:01Z",
         "sentAt":"2020-01-01T00:00:09Z"}]}"#;
    assert_eq!(
        batch(body),
        "key -\n\
         Event `page` #0 at 2026-03-01T11:59:55Z user=u\n\
         Event `page` #1 at 2026-03-01T11:59:55Z user=u\n\
         Event `page` #2 at 2026-03-01T11:59:56Z user=u\n"
    );
}

#[test]
fn without_a_sending_time_beside_the_batch_the_first_of_its_members_counts() {
    let body = r#"{"batch":[
        {"type":"page","userId":"u","timestamp":"2020-01-01T00:00:00Z"},
        {"type":"page","userId":"u","timestamp":"2020-01-01T00:00:01Z",
         "sentAt":"2020-01-01T00:00:09Z"}]}"#;
    assert_eq!(
        batch(body),
        "key -\n\
         Event `page` #0 at 2026-03-01T11:59:51Z user=u\n\
         Event `page` #1 at 2026-03-01T11:59:52Z user=u\n"
    );
}

#[test]
fn names_with_escapes_are_names() {
    let body = r#"{"event":"\u0041dded","user\u0049d":"u\n1",
        "context":{"\u0063onsent":{"categoryPreferences":{"\u0061ds":false}}}}"#;
    assert_eq!(
        call(Call::Track, body),
        "key -\n\
         Event `Added` #0 at 2026-03-01T12:00:00Z user=u\n1\n  \
         Context {\"consent\":{\"categoryPreferences\":{\"ads\":false}}}\n  \
         chose ads=false\n"
    );
}

#[test]
fn what_stands_twice_is_refused_and_never_guessed() {
    let code = |text: String| {
        let line = text.lines().nth(1).unwrap_or(&text).to_owned();
        line.split(": ").next().unwrap().to_owned()
    };
    let no = r#"{"consent":{"categoryPreferences":{"measure":false}}}"#;
    let yes = r#"{"consent":{"categoryPreferences":{"measure":true}}}"#;
    for (body, told) in [
        (r#""userId":"v""#.to_owned(), "invalid field-twice /userId"),
        (r#""user\u0049d":null"#.to_owned(), "invalid field-twice /userId"),
        (format!(r#""context":{no},"context":{yes}"#), "invalid field-twice /context"),
        (r#""context":{"consent":{},"consent":{}}"#.to_owned(), "invalid field-twice /context"),
        (
            r#""context":{"consent":{"categoryPreferences":{"measure":false,"measure":true}}}"#
                .to_owned(),
            "invalid choice-twice /context/consent/categoryPreferences",
        ),
        (
            r#""context":{"consent":{"categoryPreferences":{},"categoryPreferences":{}}}"#
                .to_owned(),
            "invalid field-twice /context/consent",
        ),
    ] {
        let text = call(Call::Page, &format!(r#"{{"userId":"u",{body}}}"#));
        assert_eq!(code(text), told, "{body}");
        let text = batch(&format!(r#"{{"batch":[{{"type":"page","userId":"u",{body}}}]}}"#));
        assert_eq!(code(text), told.replace(" /", " /batch/0/"), "{body}");
    }
    let text = batch(&format!(r#"{{"context":{no},"context":{yes},"batch":[]}}"#));
    assert_eq!(text, "field-twice: `context` stands in the body twice: say it once\n");
    // What is said for the whole batch and for one event is no less a no.
    let text = batch(&format!(
        r#"{{"context":{no},"batch":[{{"type":"page","userId":"u","context":{yes}}}]}}"#
    ));
    assert!(text.ends_with("chose measure=false\n"), "{text}");
}

#[test]
fn a_session_that_is_unreadable_is_none() {
    let session = |context: &str| {
        call(Call::Page, &format!(r#"{{"userId":"u","context":{context}}}"#))
            .lines()
            .nth(1)
            .unwrap()
            .to_owned()
    };
    assert!(session(r#"{"session_id":"s-1"}"#).ends_with(" session=s-1"));
    assert!(session(r#"{"sessionId":7,"session_id":"s-1"}"#).ends_with(" session=7"));
    assert!(session(r#"{"sessionId":{"id":7}}"#).ends_with(" user=u"));
}

#[test]
fn an_unreadable_consent_beside_the_batch_closes_all_of_it() {
    let body = r#"{"context":{"consent":7},
        "batch":[{"type":"page","userId":"u"},{"type":"page","userId":"u"}]}"#;
    let line = "invalid type-wrong /context/consent: `context.consent` is no object: send {…}\n";
    assert_eq!(batch(body), format!("key -\n{line}{line}"));
}

#[test]
fn limits_hold_for_events_and_batches() {
    let limits =
        Limits { event_bytes: 100, batch_bytes: 400, batch_events: 2, ..Limits::default() };
    let batch = |body: &str| read(None, &parcel(body.as_bytes()), &limits);
    let page = |bytes: usize| {
        let filler = "x".repeat(bytes);
        format!(r#"{{"type":"page","userId":"u","properties":{{"a":"{filler}"}}}}"#)
    };
    let large = batch(&format!(r#"{{"batch":[{},{}]}}"#, page(10), page(90)));
    assert!(
        large.contains("invalid event-too-large /batch/1: this event has more than 100 bytes"),
        "{large}"
    );
    // What the batch lends to a member counts as the member's own.
    let lent = format!(r#"{{"context":{{"a":"{}"}},"batch":[{}]}}"#, "x".repeat(60), page(60));
    assert!(batch(&lent).contains("invalid event-too-large /batch/0"), "{lent}");
    let many = format!(r#"{{"batch":[{0},{0},{0}]}}"#, page(1));
    assert_eq!(
        batch(&many),
        "batch-too-large: the batch holds 3 events and may hold 2: send smaller batches\n"
    );
    let long = format!(r#"{{"batch":[{0},{0},{0},{0}]}}"#, page(100));
    assert!(batch(&long).starts_with("body-too-large: "), "{}", batch(&long));
}

#[test]
fn what_is_no_call_is_malformed() {
    let offset = |text: String| text.split(": ").nth(1).unwrap_or_default().to_owned();
    assert_eq!(batch(""), "body-empty: the body is empty: send a JSON object\n");
    assert_eq!(batch(" \n "), batch(""));
    assert!(batch("[]").starts_with("json-broken: "));
    assert!(batch("{}").contains("`batch` is missing"));
    assert!(batch(r#"{"batch":{}}"#).contains("not of the shape"));
    assert!(batch(r#"{"batch":[]} trailing"#).starts_with("json-broken"));
    assert_eq!(batch(r#"{"batch":[]}"#), "key -\n");
    assert!(call(Call::Track, "\"text\"").contains("no JSON object"));
    assert_eq!(
        offset(call(Call::Track, "{\"event\":\n\"E\",,}")),
        "the body is no JSON of this call at byte 15"
    );
    // What a body held is never repeated.
    assert!(!call(Call::Track, r#"{"event": secret}"#).contains("secret"));
}

#[test]
fn the_settings_answer_starts_a_browser() {
    let settings = settings("site_1", "collect.shop.example/v1", "http");
    let own = &settings["integrations"]["Segment.io"];
    assert_eq!(own["apiKey"], "site_1");
    assert_eq!(own["apiHost"], "collect.shop.example/v1");
    assert_eq!(own["protocol"], "http");
    assert_eq!(settings["analyticsNextEnabled"], true);
    assert_eq!(settings["plan"]["track"]["__default"]["enabled"], true);
}

/// A golden body with some of its bytes replaced, cut out or doubled.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let golden = prop_oneof![
        Just(golden!("segment/track.json").as_slice()),
        Just(golden!("segment/batch.json").as_slice()),
        Just(golden!("segment/batch.json.gz").as_slice()),
        Just(golden!("segment/batch-with-mistakes.json").as_slice()),
    ];
    let changes =
        proptest::collection::vec((any::<prop::sample::Index>(), 0..4_u8, any::<u8>()), 1..8);
    (golden, changes).prop_map(|(golden, changes)| {
        let mut bytes = golden.to_vec();
        for (index, change, byte) in changes {
            let place = index.index(bytes.len());
            match change {
                0 => bytes[place] = byte,
                1 => bytes.truncate(place.max(1)),
                2 => bytes.insert(place, byte),
                _ => bytes[place] = b"{}[]\",:\\01eE.+-"[usize::from(byte) % 15],
            }
        }
        bytes
    })
}

proptest! {
    #[test]
    fn reading_never_panics(
        bytes in prop_oneof![mutated(), proptest::collection::vec(any::<u8>(), 0..400)],
    ) {
        for kind in [None, Some(Call::Track), Some(Call::Page), Some(Call::Group)] {
            read(kind, &parcel(&bytes), &Limits::small());
        }
    }

    #[test]
    fn order_and_span_survive_any_clock(
        sent in any::<i64>(),
        gaps in proptest::collection::vec(0..1_000_i64, 1..20),
    ) {
        // Every clock that a client can write: from the year 1 to the year 9999.
        let sent = sent.rem_euclid(250_000_000_000_000) - 60_000_000_000_000;
        let mut at = sent - 30_000;
        let mut members = Vec::new();
        for gap in &gaps {
            at += gap;
            let at = Time::from_millis(at);
            members.push(format!(r#"{{"type":"page","userId":"u","timestamp":"{at}"}}"#));
        }
        let (sent, members) = (Time::from_millis(sent), members.join(","));
        let body = format!(r#"{{"sentAt":"{sent}","batch":[{members}]}}"#);
        let parcel = parcel(body.as_bytes());
        let limits = Limits::default();
        let body = decode(&parcel, &limits).unwrap();
        let arrival = read_batch(&body, &parcel, &limits).unwrap();
        let events = arrival.events.into_iter();
        let times: Vec<Time> = events.map(|event| event.unwrap().time).collect();
        let spans: Vec<i64> = times.windows(2).map(|pair| (pair[1] - pair[0]).0 / 1000).collect();
        prop_assert_eq!(&spans[..], &gaps[1..]);
    }
}
