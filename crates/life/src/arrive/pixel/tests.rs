use proptest::prelude::*;

use super::*;
use crate::arrive::check::{parcel, told};

fn check(pixel: Pixel, query: &str) -> String {
    let parcel = Parcel { query, user_agent: Some("Mail/1"), ..parcel(b"") };
    told(&read(pixel, &parcel, &Limits::default()))
}

#[test]
fn the_query_is_an_event() {
    assert_eq!(
        check(
            Pixel::Track,
            "key=site_1&event=Letter+Opened&device_id=d%2D1&id=m&session_id=s&letter=spring\
             &consent.measure=true&consent.advertise=0\
             &time=2026-03-01T11:00:00Z&sent_at=2026-03-01T11:00:01Z"
        ),
        "key site_1\n\
         Event `Letter Opened` #0 at 2026-03-01T11:59:59Z message=m device=d-1 session=s\n  \
         Context {\"userAgent\":\"Mail/1\"}\n  \
         Properties {\"letter\":\"spring\"}\n  \
         chose measure=true\n  \
         chose advertise=false\n"
    );
    assert_eq!(
        check(Pixel::Page, "writeKey=site_1&userId=u&name=Home"),
        "key site_1\n\
         Event `page` #0 at 2026-03-01T12:00:00Z user=u\n  \
         Context {\"userAgent\":\"Mail/1\"}\n  \
         Properties {\"name\":\"Home\"}\n"
    );
}

#[test]
fn what_is_wrong_is_told_and_never_guessed() {
    assert!(check(Pixel::Track, "").contains("invalid identity-missing /device_id"));
    assert!(check(Pixel::Track, "device_id=d").contains("invalid name-missing /event"));
    assert!(
        check(Pixel::Track, "device_id=d&event=E&consent.measure=maybe")
            .contains("invalid consent-unreadable")
    );
    let long = format!("device_id=d&event=E&a={}", "x".repeat(40_000));
    assert!(check(Pixel::Track, &long).contains("invalid event-too-large"));
}

#[test]
fn a_parameter_stands_once() {
    for (query, told) in [
        ("consent.measure=0&consent.measure=1", "/consent: "),
        ("consent.measure=0&consent.%6Deasure=1", "/consent: "),
        ("device_id=e", "/device_id: "),
        ("anonymousId=e", "/device_id: "),
        ("bob@example.com=1&bob@example.com=2", "/properties: "),
    ] {
        let text = check(Pixel::Track, &format!("device_id=d&event=E&{query}"));
        assert!(text.contains(&format!("invalid field-twice {told}")), "{query}: {text}");
    }
}

#[test]
fn a_complaint_holds_no_name_that_was_sent() {
    for query in ["consent.bob.secret@example.com=maybe", "secret=1&secret=2"] {
        let text = check(Pixel::Track, &format!("device_id=d&event=E&{query}"));
        assert!(text.contains("invalid ") && !text.contains("secret"), "{text}");
    }
}

#[test]
fn the_image_is_one_transparent_point() {
    assert_eq!(&IMAGE[..6], b"GIF89a");
    assert_eq!(&IMAGE[6..10], &[1, 0, 1, 0]);
    assert_eq!(IMAGE.last(), Some(&b';'));
}

proptest! {
    #[test]
    fn reading_never_panics(query in "[ -~]{0,80}") {
        check(Pixel::Track, &query);
        check(Pixel::Page, &query);
    }
}
