use proptest::prelude::*;

use super::*;
use crate::arrive::body::decode;
use crate::arrive::check::{golden, parcel, told};

fn read(parcel: &Parcel<'_>) -> String {
    let limits = Limits::small();
    let read = decode(parcel, &limits)
        .and_then(|body| read_events(&body, parcel, &limits).map(|arrival| told(&arrival)));
    read.unwrap_or_else(|malformed| format!("{}: {malformed}\n", malformed.code()))
}

fn consent(body: &str) -> String {
    let parcel = parcel(body.as_bytes());
    let limits = Limits::default();
    let body = match decode(&parcel, &limits) {
        Ok(body) => body,
        Err(malformed) => return malformed.code().to_owned(),
    };
    match read_consent(&body, &parcel, &limits) {
        Ok(arrival) => told(&arrival),
        Err(malformed) => malformed.code().to_owned(),
    }
}

#[test]
fn a_list_of_events_is_read_and_each_mistake_told_in_its_place() {
    let text = read(&parcel(golden!("native/events.json")));
    assert_eq!(text.as_bytes(), golden!("native/events.json.txt"), "{text}");
}

#[test]
fn the_key_may_stand_in_any_place() {
    let key = |change: fn(&mut Parcel<'_>)| {
        let mut parcel = parcel(br#"{"key":"of-body","events":[]}"#);
        change(&mut parcel);
        read(&parcel)
    };
    assert_eq!(key(|_| {}), "key of-body\n");
    assert_eq!(key(|parcel| parcel.authorization = Some("Bearer token")), "key token\n");
    assert_eq!(key(|parcel| parcel.authorization = Some("Basic c2l0ZTo=")), "key site\n");
    assert_eq!(key(|parcel| parcel.write_key = Some("header")), "key header\n");
}

#[test]
fn a_sending_time_that_is_unreadable_spoils_all_times() {
    let text = read(&parcel(br#"{"sent_at":"soon","events":[{"event":"A","device_id":"d"}]}"#));
    assert!(text.starts_with("key -\ninvalid time-unreadable /sent_at: "), "{text}");
}

#[test]
fn what_stands_twice_is_refused_and_never_guessed() {
    let told = |event: &str| read(&parcel(format!(r#"{{"events":[{event}]}}"#).as_bytes()));
    let twice = r#"{"event":"A","device_id":"d","consent":{"measure":false,"measure":true}}"#;
    assert!(told(twice).contains("invalid choice-twice /events/0/consent: "), "{}", told(twice));
    let null = r#"{"event":"A","device_id":"d","consent":{"measure":null,"measure":true}}"#;
    assert!(told(null).contains("invalid choice-twice "), "{}", told(null));
    let twice = r#"{"event":"A","device_id":"d","consent":{},"consent":{"measure":true}}"#;
    assert!(told(twice).contains("invalid type-wrong /events/0: "), "{}", told(twice));
    let text = consent(r#"{"device_id":"d","purposes":{"measure":true,"me\u0061sure":false}}"#);
    assert!(text.contains("invalid choice-twice /purposes: "), "{text}");
}

#[test]
fn a_complaint_holds_no_name_that_was_sent() {
    for event in [
        r#"{"event":"A","device_id":"d","consent":{"secret":"secret"}}"#,
        r#"{"event":"A","device_id":"d","consent":{"secret":true,"secret":false}}"#,
        r#"{"event":"A","device_id":{"secret":1}}"#,
        r#"{"event":"A","device_id":"d","properties":["secret"]}"#,
        r#"{"event":"A","device_id":"d","time":"secret"}"#,
    ] {
        let text = read(&parcel(format!(r#"{{"events":[{event}]}}"#).as_bytes()));
        assert!(text.contains("invalid ") && !text.contains("secret"), "{text}");
    }
}

#[test]
fn what_is_no_list_of_events_is_malformed() {
    for (body, code) in [
        ("", "body-empty"),
        ("[]", "json-broken"),
        ("{}", "json-broken"),
        (r#"{"events":{}}"#, "json-broken"),
        (r#"{"events":[}"#, "json-broken"),
    ] {
        assert!(read(&parcel(body.as_bytes())).starts_with(code), "{body}");
    }
    let many = format!(r#"{{"events":[{}1]}}"#, "1,".repeat(200));
    assert_eq!(
        read(&parcel(many.as_bytes())),
        "batch-too-large: the batch holds 201 events and may hold 200: send smaller batches\n"
    );
}

#[test]
fn a_choice_is_read_for_itself() {
    let golden = std::str::from_utf8(golden!("native/consent.json")).unwrap();
    assert_eq!(
        consent(golden),
        "key site_in_body\n\
         Event `consent` #0 at 2026-03-01T11:59:59Z device=visitor-7\n  \
         chose measure=true\n  \
         chose advertise=false\n"
    );
    for (body, problem) in [
        (r#"{"purposes":{"measure":true}}"#, "identity-missing /user_id"),
        (r#"{"user_id":"u"}"#, "purposes-missing /purposes"),
        (r#"{"user_id":"u","purposes":{}}"#, "purposes-missing /purposes"),
        (r#"{"user_id":"u","purposes":{"measure":null}}"#, "purposes-missing /purposes"),
        (r#"{"user_id":"u","purposes":{"measure":"true"}}"#, "consent-unreadable /purposes"),
        (r#"{"user_id":"u","purposes":["measure"]}"#, "consent-unreadable /purposes"),
        (r#"{"user_id":"u","purposes":{"measure":true},"time":"soon"}"#, "time-unreadable /time"),
    ] {
        let text = consent(body);
        assert!(text.starts_with(&format!("key -\ninvalid {problem}: ")), "{text}");
    }
    assert_eq!(consent("[]"), "json-broken");
}

proptest! {
    #[test]
    fn reading_never_panics(
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = golden!("native/events.json").to_vec();
        let place = place.index(bytes.len());
        if cut { bytes.truncate(place) } else { bytes[place] = byte }
        read(&parcel(&bytes));
        if let Ok(text) = std::str::from_utf8(&bytes) {
            consent(text);
        }
    }
}
