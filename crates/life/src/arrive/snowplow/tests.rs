use proptest::prelude::*;
use vocabulary::Limits;

use super::*;
use crate::arrive::body::decode;
use crate::arrive::check::{golden, parcel, told};

fn schemas() -> Schemas {
    Schemas::shipped().unwrap()
}

fn reading(reading: &Reading<'_>) -> String {
    let arrivals: String = reading.arrivals.iter().map(told).collect();
    let wanted = reading.wanted.iter().map(|name| format!("wanted {name}\n"));
    wanted.fold(arrivals, |all, one| all + &one)
}

/// Reads as a source that names the app `shop`.
fn with(parcel: &Parcel<'_>, limits: &Limits, is_anonymous: bool) -> String {
    let (schemas, is_app) = (schemas(), |app: &str| app == "shop");
    let setting = Setting { schemas: &schemas, is_app: &is_app, is_anonymous };
    let read = decode(parcel, limits)
        .and_then(|body| read_batch(&body, parcel, limits, &setting).map(|read| reading(&read)));
    read.unwrap_or_else(|malformed| format!("{}: {malformed}\n", malformed.code()))
}

fn batch(body: &str) -> String {
    with(&parcel(body.as_bytes()), &Limits::default(), false)
}

fn query(query: &str) -> String {
    let (schemas, is_app) = (schemas(), |app: &str| app == "shop");
    let setting = Setting { schemas: &schemas, is_app: &is_app, is_anonymous: false };
    let parcel = Parcel { query, user_agent: Some("Tracker/1"), ..parcel(b"") };
    reading(&read_query(&parcel, &Limits::default(), &setting))
}

macro_rules! check_golden {
    ($name:literal) => {
        let text = with(&parcel(golden!($name)), &Limits::default(), false);
        assert_eq!(text.as_bytes(), golden!($name, ".txt"), "{}: {text}", $name);
    };
}

#[test]
fn each_type_of_event_is_read_by_its_canonical_names() {
    check_golden!("snowplow/page-view.json");
    check_golden!("snowplow/batch.json");
}

#[test]
fn a_mistake_harms_only_its_own_event() {
    check_golden!("snowplow/batch-with-mistakes.json");
}

#[test]
fn a_picture_carries_one_event() {
    let text = query(std::str::from_utf8(golden!("snowplow/query.txt")).unwrap());
    assert_eq!(text.as_bytes(), golden!("snowplow/query.txt.txt"), "{text}");
    // Parameters of the page's own are passed over, one of the protocol's stands once.
    assert!(query("e=pv&p=web&tv=t&duid=d&e=pp").contains("invalid field-twice /e"));
    assert!(query("").contains("key -\ninvalid field-missing /tv"));
}

/// The line of an event that has these keys beside the needed ones, and what it chose.
fn event(keys: &str) -> String {
    let head = r#"{"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4""#;
    let body = format!(r#"{head},"data":[{{"tv":"t","p":"web","e":"pv",{keys}}}]}}"#);
    let text = batch(&body);
    let lines = text.lines().skip(1).filter(|line| !line.starts_with("  Properties"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_device_is_named_by_the_first_id_that_is_one() {
    let whose = |keys: &str| event(keys).split("Z ").nth(1).unwrap_or_default().to_owned();
    assert_eq!(whose(r#""duid":"d","tnuid":"t","nuid":"n","sid":"s""#), "device=d session=s");
    assert_eq!(whose(r#""tnuid":"t","nuid":"n""#), "device=t");
    assert_eq!(whose(r#""nuid":"n","sid":"s""#), "device=n session=s");
    assert_eq!(whose(r#""uid":"u""#), "user=u");
    // Where there is no id at all, the visit stands for itself.
    assert_eq!(whose(r#""duid":"","sid":"s""#), "device=s session=s");
    let nil = "00000000-0000-0000-0000-000000000000";
    assert_eq!(whose(&format!(r#""nuid":"{nil}","sid":"s""#)), "device=s session=s");
    // Both in one event say that they are one person.
    assert!(event(r#""uid":"u","duid":"d""#).starts_with("Identify "));
    assert!(event(r#""uid":"u""#).starts_with("Event "));
    assert!(event(r#""ip":"203.0.113.9""#).starts_with("invalid identity-missing /data/0/duid"));
}

#[test]
fn an_anonymous_request_leaves_nothing_but_the_visit() {
    let body = golden!("snowplow/batch.json");
    let parcel = Parcel { address: Some([203, 0, 113, 9].into()), ..parcel(body) };
    let text = with(&parcel, &Limits::default(), true);
    assert!(!text.contains("user=") && !text.contains("d1f0c3a4"), "{text}");
    assert!(text.contains("device=6a2e3b8b-9d3c-4f6e-8a5b-1c2d3e4f5a6b session=6a2e3b8b"));
    assert!(!text.contains("7c8d9e0f-1a2b-4c3d-9e4f-5a6b7c8d9e0f"), "{text}");
    let schemas = schemas();
    let setting = Setting { schemas: &schemas, is_app: &|_| true, is_anonymous: true };
    let query = "tv=t&p=web&e=pv&sid=s&duid=d&nuid=n&ip=203.0.113.9";
    let read = read_query(&Parcel { query, ..parcel }, &Limits::default(), &setting);
    let raw = read.arrivals[0].events[0].as_ref().unwrap();
    assert_eq!(raw.address, None);
    let text = reading(&read);
    assert!(text.contains(" device=s session=s\n") && !text.contains("203.0"), "{text}");
    assert!(!text.contains("network_userid"), "{text}");
}

#[test]
fn the_true_time_is_believed_and_any_other_counted_back_from_arrival() {
    let at = |keys: &str| {
        let text = event(&format!(r#""duid":"d",{keys}"#));
        text.split(" at ").nth(1).unwrap().split(' ').next().unwrap().to_owned()
    };
    // A clock that is a year behind: sent five seconds after it happened.
    assert_eq!(at(r#""dtm":"1740830395000","stm":"1740830400000""#), "2026-03-01T11:59:55Z");
    let truly = r#""ttm":"1772366300000","dtm":"1740830395000","stm":"1740830400000""#;
    assert_eq!(at(truly), "2026-03-01T11:58:20Z");
    assert_eq!(at(r#""dtm":"1772366399000""#), "2026-03-01T11:59:59Z");
    assert_eq!(at(r#""dtm":"soon""#), "2026-03-01T12:00:00Z");
}

/// The choices that contexts with this data are heard as.
fn chosen(contexts: &[(&str, &str)]) -> Vec<String> {
    let front = "iglu:com.snowplowanalytics.snowplow";
    let member = |(schema, data): &(&str, &str)| {
        format!(r#"{{"schema":"{front}/{schema}/jsonschema/1-0-0","data":{data}}}"#)
    };
    let members: Vec<String> = contexts.iter().map(member).collect();
    let members = members.join(",");
    let text = format!(r#"{{"schema":"{front}/contexts/jsonschema/1-0-1","data":[{members}]}}"#);
    let text = event(&format!(r#""duid":"d","co":{}"#, serde_json::Value::from(text)));
    assert!(text.starts_with("Event "), "{text}");
    let lines = text.lines().filter_map(|line| line.strip_prefix("  chose "));
    lines.map(str::to_owned).collect()
}

fn preferences(kind: &str, basis: &str, scopes: &str) -> String {
    format!(
        r#"{{"eventType":"{kind}","basisForProcessing":"{basis}","consentUrl":"https://a.example",
        "consentVersion":"1","domainsApplied":[],"consentScopes":[{scopes}]}}"#
    )
}

#[test]
fn only_what_is_plainly_a_yes_is_one() {
    let chose = |kind, basis, scopes| {
        chosen(&[("consent_preferences", &preferences(kind, basis, scopes))]).join(" ")
    };
    let both = r#""measure","Analytics""#;
    assert_eq!(chose("allow_all", "consent", both), "measure=true Analytics=true");
    assert_eq!(chose("allow_selected", "consent", r#""measure""#), "measure=true *=false");
    for kind in ["deny_all", "withdrawn", "expired"] {
        assert_eq!(chose(kind, "consent", both), "*=false", "{kind}");
        assert_eq!(chose(kind, "contract", both), "*=false", "{kind}");
    }
    for kind in ["pending", "implicit_consent"] {
        assert_eq!(chose(kind, "consent", both), "", "{kind}");
    }
    // Another basis than consent is no answer of anybody's.
    assert_eq!(chose("allow_all", "legitimate_interests", both), "");
}

#[test]
fn of_several_records_the_no_stands() {
    let allow = preferences("allow_all", "consent", r#""measure","analyse""#);
    let select = preferences("allow_selected", "consent", r#""measure""#);
    let deny = preferences("deny_all", "consent", "");
    for (one, other, expected) in [
        (&allow, &select, "*=false measure=true"),
        (&allow, &deny, "*=false"),
        (&select, &deny, "*=false"),
        (&allow, &allow, "analyse=true measure=true"),
    ] {
        for pair in [[one, other], [other, one]] {
            let mut found = chosen(&pair.map(|data| ("consent_preferences", data.as_str())));
            found.sort();
            assert_eq!(found.join(" "), expected);
        }
    }
}

#[test]
fn documents_are_agreed_to_by_their_ids() {
    let document = ("consent_document", r#"{"id":"measure","version":"1"}"#);
    assert_eq!(chosen(&[("consent_granted", "{}"), document]), ["measure=true"]);
    assert_eq!(chosen(&[document]), [""; 0]);
    assert_eq!(chosen(&[document, ("consent_withdrawn", r#"{"all":false}"#)]), ["measure=false"]);
    assert_eq!(chosen(&[document, ("consent_withdrawn", r#"{"all":true}"#)]), ["*=false"]);
    let gdpr = |basis| {
        format!(
            r#"{{"basisForProcessing":"{basis}","documentId":"measure","documentVersion":null}}"#
        )
    };
    assert_eq!(chosen(&[("gdpr", &gdpr("consent"))]), ["measure=true"]);
    assert_eq!(chosen(&[("gdpr", &gdpr("contract"))]), [""; 0]);
}

#[test]
fn a_key_in_a_header_counts_before_the_app() {
    let body = golden!("snowplow/batch-with-mistakes.json");
    let read = |parcel: &Parcel<'_>| {
        let text = with(parcel, &Limits::default(), false);
        let keys = text.lines().filter_map(|line| line.strip_prefix("key "));
        keys.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(read(&parcel(body)), ["shop", "other"]);
    assert_eq!(read(&Parcel { write_key: Some("site"), ..parcel(body) }), ["site"]);
    assert_eq!(read(&Parcel { authorization: Some("Bearer site"), ..parcel(body) }), ["site"]);
}

#[test]
fn what_is_no_key_of_a_source_is_never_a_property() {
    let text =
        with(&parcel(golden!("snowplow/batch-with-mistakes.json")), &Limits::default(), false);
    let of_other = text.lines().rev().find(|line| line.starts_with("  Properties")).unwrap();
    assert!(!of_other.contains("other") && !of_other.contains("app_id"), "{of_other}");
}

#[test]
fn data_may_be_packed_in_either_alphabet_or_not_at_all() {
    let text = r#"{"schema":"iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0",
        "data":{"schema":"iglu:com.snowplowanalytics.snowplow/social_interaction/jsonschema/1-0-0",
        "data":{"action":"like??>>","network":"ü"}}}"#;
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};
    let plain = serde_json::Value::from(text).to_string();
    let packed = [BASE64_STANDARD.encode(text), BASE64_URL_SAFE_NO_PAD.encode(text)];
    let [padded, bare] = packed.map(|text| format!("\"{text}\""));
    for (key, value) in [("ue_pr", &plain), ("ue_px", &padded), ("ue_px", &bare)] {
        let text = query(&url_of(&[
            ("tv", "t"),
            ("p", "web"),
            ("e", "ue"),
            ("duid", "d"),
            (key, &serde_json::from_str::<String>(value).unwrap()),
        ]));
        assert!(text.contains("Event `social_interaction`"), "{text}");
        assert!(text.contains(r#""social_interaction":{"action":"like??>>","network":"ü"}"#));
    }
}

fn url_of(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Events, each with contexts of a hundred schemas that nobody knows.
fn strange(numbers: std::ops::Range<u32>) -> String {
    let event = |first: u32| {
        let entities: Vec<_> = (first..numbers.end.min(first + 100))
            .map(|number| format!("iglu:c/n{number}/jsonschema/1-0-0"))
            .map(|schema| serde_json::json!({ "schema": schema, "data": {} }))
            .collect();
        let contexts = "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1";
        let contexts = serde_json::json!({ "schema": contexts, "data": entities }).to_string();
        serde_json::json!({ "tv": "t", "p": "web", "e": "pv", "duid": "d", "co": contexts })
    };
    let events: Vec<_> = numbers.clone().step_by(100).map(event).collect();
    let schema = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4";
    batch(&serde_json::json!({ "schema": schema, "data": events }).to_string())
}

#[test]
fn every_schema_that_nobody_knows_is_told_up_to_a_limit() {
    let read = strange(0..3);
    for number in 0..3 {
        assert!(read.contains(&format!("wanted iglu:c/n{number}/jsonschema/1-0-0")), "{read}");
    }
    let read = strange(0..501);
    assert_eq!(read.matches("wanted").count(), 500);
}

#[test]
fn limits_hold_for_events_and_bodies() {
    let long = "x".repeat(33 << 10);
    assert!(event(&format!(r#""page":"{long}""#)).starts_with("invalid event-too-large /data/0"));
    let huge = format!("{{{}}}", " ".repeat(BODY_BYTES_MAX));
    assert!(batch(&huge).starts_with("body-too-large: "), "{}", batch(&huge));
    let limits = Limits { batch_events: 3, ..Limits::default() };
    let many = with(&parcel(golden!("snowplow/batch.json")), &limits, false);
    assert_eq!(
        many,
        "batch-too-large: the batch holds 8 events and may hold 3: send smaller batches\n"
    );
    let deep = format!(r#"{{\"schema\":\"s\",\"data\":{}}}"#, "[".repeat(100));
    let deep = event(&format!(r#""duid":"d","co":"{deep}""#));
    assert!(deep.starts_with("invalid described-unreadable /data/0/cx"), "{deep}");
}

#[test]
fn what_is_no_payload_is_malformed() {
    let name = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4";
    for body in [
        "[]".to_owned(),
        "{}".to_owned(),
        r#"{"data":[{}]}"#.to_owned(),
        r#"{"schema":"iglu:com.acme/payload_data/jsonschema/1-0-4","data":[{}]}"#.to_owned(),
        format!(r#"{{"schema":"{name}"}}"#),
        format!(r#"{{"schema":"{name}","data":{{}}}}"#),
        format!(r#"{{"schema":"{name}","data":[]}}"#),
    ] {
        assert!(batch(&body).starts_with("json-broken: "), "{body}: {}", batch(&body));
    }
}

/// A golden body with some of its bytes replaced, cut out or doubled.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let golden = prop_oneof![
        Just(golden!("snowplow/batch.json").as_slice()),
        Just(golden!("snowplow/batch-with-mistakes.json").as_slice()),
        Just(golden!("snowplow/query.txt").as_slice()),
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
                _ => bytes[place] = b"{}[]\",:\\=&%+-_/0"[usize::from(byte) % 16],
            }
        }
        bytes
    })
}

proptest! {
    #[test]
    fn reading_never_panics(
        bytes in prop_oneof![mutated(), proptest::collection::vec(any::<u8>(), 0..400)],
        is_anonymous: bool,
    ) {
        with(&parcel(&bytes), &Limits::small(), is_anonymous);
        query(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn described_data_of_any_kind_is_read_or_told(
        schema in "iglu:com\\.snowplowanalytics\\.snowplow/(web_page|gdpr|link_click|[a-z]{1,9})\
                   /jsonschema/[0-9]-[0-9]-[0-9]",
        data in "(\\{\"(id|all|elements|basisForProcessing)\":(1|\"x\"|null|\\[\\])\\}|7|\\[\\])",
    ) {
        let contexts = serde_json::json!({
            "schema": "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0",
            "data": [{ "schema": schema, "data": serde_json::from_str::<serde_json::Value>(&data)? }],
        });
        let text = query(&url_of(&[
            ("tv", "t"), ("p", "web"), ("e", "pv"), ("duid", "d"), ("co", &contexts.to_string()),
        ]));
        prop_assert!(text.contains("Event `page_view`") || text.contains("invalid "), "{}", text);
    }
}
