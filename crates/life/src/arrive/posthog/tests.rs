use proptest::prelude::*;
use vocabulary::Limits;

use super::*;
use crate::arrive::check::{golden, parcel, told};

const SALT: DaySalt = DaySalt([7; 32]);

fn tell(call: Call, parcel: &Parcel<'_>, limits: &Limits) -> String {
    let body = match open(parcel, limits) {
        Ok(body) => body,
        Err(malformed) => return format!("{}: {malformed}\n", malformed.code()),
    };
    match read_older(call, &body, parcel, &SALT, limits) {
        Ok(older) => told(&older.arrival),
        Err(Unread::Malformed(malformed)) => format!("{}: {malformed}\n", malformed.code()),
        Err(Unread::KeysDiffer) => "the keys differ\n".to_owned(),
    }
}

fn capture(body: &str) -> String {
    tell(Call::Capture, &parcel(body.as_bytes()), &Limits::default())
}

fn newer(body: &[u8], headers: Headers<'_>) -> String {
    let parcel = Parcel { authorization: Some("Bearer server_1"), ..parcel(body) };
    let limits = Limits::default();
    let body = open(&parcel, &limits).unwrap();
    match read_newer(&body, &parcel, headers, &SALT, &limits) {
        Ok(newer) => format!("{}{}\n", told(&newer.arrival), keys(&newer.keys)),
        Err(unread) => format!("{unread}\n"),
    }
}

fn keys(keys: &[Option<std::borrow::Cow<'_, str>>]) -> String {
    let keys: Vec<&str> = keys.iter().map(|key| key.as_deref().unwrap_or("-")).collect();
    keys.join(" ")
}

/// A golden body as it is told.
macro_rules! golden_text {
    ($name:literal) => {
        std::str::from_utf8(golden!($name, ".txt")).unwrap()
    };
}

macro_rules! check_golden {
    ($name:literal) => {
        let parcel = Parcel { address: "192.0.2.1".parse().ok(), ..parcel(golden!($name)) };
        let text = tell(Call::Capture, &parcel, &Limits::default());
        assert_eq!(text, golden_text!($name), "{}", $name);
    };
}

#[test]
fn each_shape_of_a_body_is_read() {
    check_golden!("posthog/capture.json");
    check_golden!("posthog/batch.json");
    check_golden!("posthog/list.json");
}

#[test]
fn ids_are_a_visitors_or_a_users() {
    check_golden!("posthog/identity.json");
}

#[test]
fn a_mistake_harms_only_its_own_event() {
    check_golden!("posthog/batch-with-mistakes.json");
}

#[test]
fn without_an_id_a_visitor_has_a_pseudonym_of_the_day() {
    check_golden!("posthog/cookieless.json");
    let body = golden!("posthog/cookieless.json");
    let device = |address: &str, agent, salt: &DaySalt| {
        let parcel = Parcel { address: address.parse().ok(), user_agent: agent, ..parcel(body) };
        let limits = Limits::default();
        let opened = open(&parcel, &limits).unwrap();
        let older = read_older(Call::Capture, &opened, &parcel, salt, &limits).unwrap();
        older.arrival.events[0].as_ref().unwrap().device.as_deref().unwrap().to_owned()
    };
    let one = device("192.0.2.1", Some("Browser"), &SALT);
    assert_eq!(one, device("::ffff:192.0.2.1", Some("Browser"), &SALT));
    assert_ne!(one, device("192.0.2.2", Some("Browser"), &SALT));
    assert_ne!(one, device("192.0.2.1", Some("Other"), &SALT));
    assert_ne!(one, device("192.0.2.1", Some("Browser"), &DaySalt([8; 32])));
    let nowhere = tell(Call::Capture, &parcel(body), &Limits::default());
    assert!(nowhere.contains("invalid identity-missing /batch/0/distinct_id"), "{nowhere}");
}

#[test]
fn without_an_id_nothing_leads_from_one_day_to_the_next() {
    let body = br#"{"token":"k","event":"E","uuid":"1","properties":{
        "distinct_id":"$posthog_cookieless","$session_id":"s-1","$window_id":"w-1",
        "$device_id":"d-1","$user_id":"u-1","$anon_distinct_id":"a-1","alias":"b-1"}}"#;
    let read = |address: &str, salt: &DaySalt| {
        let parcel = Parcel { address: address.parse().ok(), ..parcel(body) };
        let limits = Limits::default();
        let opened = open(&parcel, &limits).unwrap();
        let older = read_older(Call::Capture, &opened, &parcel, salt, &limits).unwrap();
        let text = told(&older.arrival);
        for id in ["s-1", "w-1", "d-1", "u-1", "a-1", "b-1"] {
            assert!(!text.contains(&format!("\"{id}\"")), "{text}");
        }
        older.arrival.events[0].as_ref().unwrap().session.as_deref().unwrap().to_owned()
    };
    let session = read("192.0.2.1", &SALT);
    assert_eq!(session, read("192.0.2.1", &SALT), "within a day a session is one");
    assert_ne!(session, read("192.0.2.2", &SALT));
    assert_ne!(session, read("192.0.2.1", &DaySalt([8; 32])));
    // Who signs in was nobody in particular before.
    let text = capture(
        r#"{"token":"k","event":"$identify","distinct_id":"u",
            "properties":{"$anon_distinct_id":"$posthog_cookieless"}}"#,
    );
    assert!(text.contains("user=u") && !text.contains("device="), "{text}");
    let text = capture(
        r#"{"token":"k","event":"$create_alias","distinct_id":"u",
            "properties":{"alias":"$posthog_cookieless"}}"#,
    );
    assert!(text.contains("invalid alias-missing"), "{text}");
}

#[test]
fn the_newer_route_says_things_in_headers_and_options() {
    let headers =
        Headers { sent_at: Some("2026-03-01T11:00:00Z"), sdk: Some("posthog-python/7.91.1") };
    let text = newer(golden!("posthog/capture-v1.json"), headers);
    assert_eq!(text, golden_text!("posthog/capture-v1.json"));
    for (body, told) in [
        ("{}", "`batch` is missing"),
        (r#"{"batch":[]}"#, "the batch holds no event"),
        (r#"{"batch":[{"uuid":"1"}],"batch":[]}"#, "`batch` stands in the body twice"),
    ] {
        assert!(newer(body.as_bytes(), Headers::default()).contains(told), "{body}");
    }
}

#[test]
fn an_event_without_a_key_harms_only_itself() {
    let one = r#"{"event":"E","distinct_id":"u"}"#;
    let other = r#"{"event":"E","distinct_id":"u","uuid":"1"}"#;
    let text = newer(format!(r#"{{"batch":[{one},7,{other}]}}"#).as_bytes(), Headers::default());
    assert!(text.contains("invalid uuid-missing /batch/0/uuid"), "{text}");
    assert!(text.contains("invalid type-wrong /batch/1"), "{text}");
    assert!(text.contains("Event `E` #2") && text.ends_with("- - 1\n"), "{text}");
}

#[test]
fn every_packing_is_opened() {
    let plain = golden_text!("posthog/batch.json");
    let check = |parcel: &Parcel<'_>| {
        assert_eq!(tell(Call::Capture, parcel, &Limits::default()), plain);
    };
    check(&parcel(golden!("posthog/batch.json.gz")));
    check(&parcel(golden!("posthog/batch.json.zst")));
    for (body, encoding) in [
        (&golden!("posthog/batch.json.br")[..], "br"),
        (&golden!("posthog/batch.json.zz")[..], "deflate"),
    ] {
        check(&Parcel { content_encoding: Some(encoding), ..parcel(body) });
    }
    check(&parcel(golden!("posthog/batch.json.lz64")));
    let form = golden!("posthog/batch.json.base64");
    check(&parcel(form));
    check(&Parcel { content_type: Some("application/x-www-form-urlencoded"), ..parcel(form) });
    // In the query of a GET, and with a compression that is told there.
    let query = std::str::from_utf8(form).unwrap();
    check(&Parcel { query, ..parcel(b"") });
    let lz = std::str::from_utf8(golden!("posthog/batch.json.lz64")).unwrap();
    let data = lz.split('&').next().unwrap();
    check(&Parcel { query: "compression=lz64", ..parcel(data.as_bytes()) });
    // The word of the sender is nothing against the bytes.
    check(&Parcel { query: "compression=lz64", ..parcel(golden!("posthog/batch.json.gz")) });
}

#[test]
fn a_body_that_cannot_be_opened_says_why() {
    let told = |body: &[u8], query| {
        tell(Call::Capture, &Parcel { query, ..parcel(body) }, &Limits::default())
    };
    assert!(told(b"", "").starts_with("body-empty"));
    assert!(told(b"   ", "").starts_with("body-empty"));
    assert!(told(b"!!", "").starts_with("json-broken"));
    assert!(told(b"data=!!", "").starts_with("json-broken"));
    assert!(told(b"data=!!", "compression=lz64").starts_with("compression-broken"));
    assert!(told(&[0x1f, 0x8b, 1], "").starts_with("compression-broken"));
    assert!(told(b"7", "").starts_with("json-broken"));
    assert!(told(b"[]", "").starts_with("json-broken"));
    assert!(told(b"{\"batch\":7}", "").starts_with("json-broken"));
    let many = format!("[{}]", vec!["{}"; 5_001].join(","));
    assert!(told(many.as_bytes(), "").starts_with("batch-too-large"));
}

#[test]
fn a_key_stands_in_many_places_and_is_one() {
    for (body, query, authorization) in [
        (r#"{"api_key":"k","event":"E","distinct_id":"u"}"#, "", None),
        (r#"{"token":"k","event":"E","distinct_id":"u"}"#, "", None),
        (r#"{"$token":"k","event":"E","distinct_id":"u"}"#, "", None),
        (r#"{"event":"E","distinct_id":"u","properties":{"token":"k"}}"#, "", None),
        (r#"[{"api_key":"k","event":"E","distinct_id":"u"}]"#, "", None),
        (r#"{"batch":[{"token":"k","event":"E","distinct_id":"u"}]}"#, "", None),
        (r#"{"event":"E","distinct_id":"u"}"#, "", Some("Bearer k")),
    ] {
        let parcel = Parcel { query, authorization, ..parcel(body.as_bytes()) };
        let text = tell(Call::Capture, &parcel, &Limits::default());
        assert!(text.starts_with("key k\nEvent `E`"), "{body}: {text}");
    }
    let two = r#"{"api_key":"k","batch":[{"token":"j","event":"E","distinct_id":"u"}]}"#;
    assert_eq!(capture(two), "the keys differ\n");
}

#[test]
fn times_are_moved_as_the_client_says() {
    let at = |query, rest: &str| {
        let body = format!(r#"{{"token":"k","event":"E","distinct_id":"u"{rest}}}"#);
        let parcel = Parcel { query, ..parcel(body.as_bytes()) };
        let text = tell(Call::Capture, &parcel, &Limits::default());
        text.split(" at ").nth(1).unwrap().split(' ').next().unwrap().to_owned()
    };
    let arrival = "2026-03-01T12:00:00Z";
    assert_eq!(at("", ""), arrival);
    assert_eq!(at("", r#","timestamp":"2026-03-01T11:00:00Z""#), "2026-03-01T11:00:00Z");
    let behind = r#","timestamp":"2026-03-01T10:00:00Z""#;
    // The clock of the client is an hour behind: in the query in milliseconds, or in the body.
    for query in ["_=1772362800000", "sent_at=1772362800000", "sent_at=2026-03-01T11:00:00Z"] {
        assert_eq!(at(query, behind), "2026-03-01T11:00:00Z", "{query}");
    }
    let exact = format!(r#"{behind},"properties":{{"$ignore_sent_at":true}}"#);
    assert_eq!(at("_=1772362800000", &exact), "2026-03-01T10:00:00Z");
    assert_eq!(at("", r#","offset":60000"#), "2026-03-01T11:59:00Z");
    // Up to 23 hours ahead is believed; what is further or unreadable happened on arrival.
    let ahead = "2026-03-02T11:00:00Z";
    assert_eq!(at("", &format!(r#","timestamp":"{ahead}""#)), ahead);
    for odd in ["\"2026-03-02T11:00:01Z\"", "\"yesterday\"", "\"1969-01-01T00:00:00Z\"", "{}"] {
        assert_eq!(at("", &format!(r#","timestamp":{odd}"#)), arrival, "{odd}");
    }
    assert_eq!(at("", r#","offset":-60000"#), arrival);
}

#[test]
fn an_id_is_cut_at_two_hundred_characters() {
    let text =
        capture(&format!(r#"{{"token":"k","event":"E","distinct_id":"{}"}}"#, "é".repeat(300)));
    assert!(text.contains(&format!("user={}\n", "é".repeat(200))), "{text}");
}

#[test]
fn an_event_has_a_limit() {
    let limits = Limits { large_event_bytes: 100, ..Limits::default() };
    let body = format!(r#"[{{"event":"{}"}},{{"event":"E","distinct_id":"u"}}]"#, "x".repeat(100));
    let text = tell(Call::Capture, &parcel(body.as_bytes()), &limits);
    assert!(text.contains("invalid event-too-large /0"), "{text}");
    assert!(text.contains("Event `E` #1"), "{text}");
}

#[test]
fn what_is_known_of_a_person_needs_no_name() {
    let body = br#"{"token":"k","distinct_id":"u","$set":{"plan":"plus"}}"#;
    let text = tell(Call::Engage, &parcel(body), &Limits::default());
    assert!(text.contains("Identify `$identify`"), "{text}");
}

#[test]
fn a_start_asks_for_nothing() {
    let config = config();
    for off in ["hasFeatureFlags", "sessionRecording", "surveys", "heatmaps", "capturePerformance"]
    {
        assert_eq!(config[off], false, "{off}");
    }
    assert_eq!(flags(true)["flags"], serde_json::json!({}));
    assert_eq!(decide("1")["featureFlags"], serde_json::json!([]));
    assert_eq!(decide("3")["featureFlags"], serde_json::json!({}));
    let script = script("</script>\"");
    assert!(script.contains(r#"all["\u003c/script>\""]={config:{"#), "{script}");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), query in "[a-z0-9=&_]{0,40}") {
        let limits = Limits::small();
        tell(Call::Capture, &Parcel { query: &query, ..parcel(&bytes) }, &limits);
    }

    #[test]
    fn nor_any_json_of_the_protocols_words(body in json()) {
        let text = body.to_string();
        let parcel = parcel(text.as_bytes());
        let limits = Limits::small();
        tell(Call::Engage, &parcel, &limits);
        let opened = open(&parcel, &limits);
        if let Ok(body) = opened {
            let _ = read_newer(&body, &parcel, Headers::default(), &SALT, &limits);
        }
    }
}

/// JSON in which the protocol's own names stand in any place.
fn json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let name = prop::sample::select(vec![
        "batch",
        "event",
        "uuid",
        "distinct_id",
        "properties",
        "token",
        "timestamp",
        "offset",
        "$set",
        "$unset",
        "$consent",
        "$device_id",
        "alias",
        "$group_type",
        "$group_key",
        "options",
        "sent_at",
        "$session_id",
        "$is_identified",
        "other",
    ]);
    let word = prop::sample::select(vec![
        "$identify",
        "$create_alias",
        "$groupidentify",
        "$opt_in",
        "$posthog_cookieless",
        "",
        "u",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..10).prop_map(|members| {
                Value::Object(
                    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
                )
            }),
        ]
    })
}
