use super::*;
use crate::arrive::Arrival;
use crate::arrive::check::{parcel, told};

/// The lines of a file in somebody's hand, as a person would tell them.
fn check(hand: Hand, text: &str) -> String {
    let parcel = parcel(b"");
    let limits = Limits::small();
    let lines = text.lines().enumerate();
    let read = lines.map(|(index, line)| read_line(hand, line, index + 1, &parcel, &limits));
    let events = read.collect();
    told(&Arrival { key: None, events }).trim_start_matches("key -\n").to_owned()
}

/// Each of these is told, in this order.
fn tells(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let (_, after) = rest.split_once(part).unwrap_or_else(|| panic!("no `{part}` in {text}"));
        rest = after;
    }
}

#[test]
fn a_segment_message_keeps_the_time_that_was_corrected_when_it_came() {
    let text = check(
        Hand::Segment,
        r#"{"type":"track","event":"Signed Up","messageId":"m1","userId":"u1","anonymousId":"a1","timestamp":"2026-01-02T10:00:05Z","originalTimestamp":"2026-01-02T09:00:00Z","sentAt":"2026-01-02T09:00:01Z","receivedAt":"2026-01-02T10:00:06Z","properties":{"plan":"gold"}}
{"type":"identify","messageId":"m2","userId":"u1","anonymousId":"a1","traits":{"plan":"gold"}}
{"type":"track","event":"Lost"}
["track"]"#,
    );
    tells(
        &text,
        &[
            r#"Event `Signed Up` #1 at 2026-01-02T10:00:05Z message=m1 user=u1 device=a1"#,
            r#"Identify `identify` #2 at"#,
            r#"invalid identity-missing /lines/3/userId: "#,
            r#"invalid type-wrong /lines/4: "#,
        ],
    );
}

#[test]
fn a_posthog_row_says_who_by_its_properties_which_may_stand_as_text() {
    let text = check(
        Hand::Posthog,
        r#"{"uuid":"e1","event":"$pageview","distinct_id":"d1","timestamp":"2026-01-02T10:00:00.000Z","team_id":1,"person_id":"p","properties":{"$device_id":"d1","$session_id":"s1","$current_url":"https://shop.example/"}}
{"uuid":"e2","event":"order placed","distinct_id":"u1","timestamp":"2026-01-02T10:00:01Z","properties":"{\"$device_id\":\"d1\",\"revenue\":12.5}"}
{"uuid":"e3","event":"$identify","distinct_id":"u1","timestamp":"2026-01-02T10:00:02Z","properties":{"$anon_distinct_id":"d1","$device_id":"d1"}}
{"uuid":"e4","event":"$create_alias","distinct_id":"u1","properties":{"alias":"old"}}
{"uuid":"e5","event":"seen","distinct_id":"x","properties":{"$is_identified":false}}
{"uuid":"e6","event":"paid","distinct_id":"u9","properties":null}
{"uuid":"e7","event":"paid","properties":{}}
{"uuid":"e8","event":"paid","distinct_id":"u9","properties":"[1]"}"#,
    );
    tells(
        &text,
        &[
            r#"Event `$pageview` #1 at 2026-01-02T10:00:00Z message=e1 device=d1 session=s1"#,
            r#"Event `order placed` #2 at 2026-01-02T10:00:01Z message=e2 user=u1 device=d1"#,
            r#""revenue":12.5"#,
            r#"Identify `$identify` #3 at 2026-01-02T10:00:02Z message=e3 user=u1 device=d1"#,
            r#"Alias `$create_alias` #4 at 2026-03-01T12:00:00Z message=e4 user=u1 previous=old"#,
            r#"message=e5 device=x"#,
            r#"message=e6 user=u9"#,
            r#"invalid identity-missing /lines/7/distinct_id: "#,
            r#"invalid type-wrong /lines/8/properties: "#,
        ],
    );
}

/// An enriched event of Snowplow: these columns, all others empty.
fn enriched(columns: &[(usize, &str)]) -> String {
    let mut values = vec![""; 131];
    for (index, value) in columns {
        values[*index] = value;
    }
    values.join("\t")
}

#[test]
fn a_snowplow_event_is_the_same_as_tabs_and_as_json() {
    let happened = r#"{"schema":"iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0","data":{"schema":"iglu:com.acme/order/jsonschema/1-0-2","data":{"total":12.5}}}"#;
    let contexts = r#"{"schema":"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0","data":[{"schema":"iglu:com.acme/cart_item/jsonschema/1-0-0","data":{"sku":"a"}}]}"#;
    let tabs = [
        enriched(&[
            (1, "web"),
            (3, "2026-01-02 10:00:07.000"),
            (5, "unstruct"),
            (6, "e1"),
            (12, "u1"),
            (13, "203.0.113.9"),
            (15, "d1"),
            (52, contexts),
            (58, happened),
            (123, "s1"),
            (124, "2026-01-02 10:00:06.500"),
            (126, "order"),
        ]),
        enriched(&[(3, "2026-01-02 10:00:08.000"), (5, "struct"), (17, "n1"), (54, "play")]),
        enriched(&[(5, "page_view"), (6, "e3")]),
        "too\tfew".to_owned(),
    ];
    let json = r#"{"platform":"web","collector_tstamp":"2026-01-02T10:00:07.000Z","event":"unstruct","event_id":"e1","user_id":"u1","user_ipaddress":"203.0.113.9","domain_userid":"d1","contexts_com_acme_cart_item_1":[{"sku":"a"}],"unstruct_event_com_acme_order_1":{"total":12.5},"domain_sessionid":"s1","derived_tstamp":"2026-01-02T10:00:06.500Z","event_name":"order"}"#;
    let first = check(Hand::Snowplow, &tabs[0]);
    assert_eq!(first, check(Hand::Snowplow, json), "both forms say the same");
    assert!(!first.contains("203.0.113.9"), "{first}");
    let text = check(Hand::Snowplow, &tabs.join("\n"));
    tells(
        &text,
        &[
            r#"Identify `order` #1 at 2026-01-02T10:00:06.5"#,
            r#"message=e1 user=u1 device=d1 session=s1"#,
            r#""contexts_com_acme_cart_item_1":[{"sku":"a"}]"#,
            r#""total":12.5"#,
            r#"Event `play` #2 at 2026-01-02T10:00:08Z device=n1"#,
            r#"invalid identity-missing /lines/3/domain_userid: "#,
            r#"invalid type-wrong /lines/4: "#,
        ],
    );
}

#[test]
fn a_mistake_names_its_line_and_field_and_nothing_that_was_written() {
    let text = check(
        Hand::Candor,
        "{\"event\":\"A\",\"device_id\":\"d\"}\n{\"event\":\"secret\"}\n{\"event\":1,\"device_id\":\"d\"}",
    );
    assert!(text.contains("identity-missing /lines/2/user_id: "), "{text}");
    assert!(text.contains("type-wrong /lines/3/event: "), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn columns_of_a_table_are_fields_or_properties() {
    assert!(Hand::Candor.has_column("user_id") && !Hand::Candor.has_column("plan"));
    assert!(Hand::Posthog.has_column("person_properties"));
    let cells = [("event", "A"), ("user_id", "007"), ("plan", "gold"), ("list", "[1]"), ("n", "{")];
    let cells = cells.map(|(name, cell)| (name.to_owned(), Value::from(cell)));
    assert_eq!(
        row(Hand::Candor, cells.into_iter()),
        r#"{"event":"A","properties":{"list":[1],"n":"{","plan":"gold"},"user_id":"007"}"#
    );
    for hand in Hand::EVERY {
        assert_eq!(Hand::of_name(hand.name()), Some(hand));
    }
}
