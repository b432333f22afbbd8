use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use proptest::prelude::*;

use super::*;
use crate::arrive::check::parcel;

const JSON: &str = r#"{"event":"Grüße","userId":"u"}"#;

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(plain).unwrap();
    packed.finish().unwrap()
}

fn deflate(plain: &[u8]) -> Vec<u8> {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
    packed.write_all(plain).unwrap();
    packed.finish().unwrap()
}

fn zlib(plain: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    packed.write_all(plain).unwrap();
    packed.finish().unwrap()
}

fn open(body: &[u8], encoding: Option<&str>, content_type: Option<&str>) -> String {
    let parcel = Parcel { content_encoding: encoding, content_type, ..parcel(body) };
    match decode(&parcel, &Limits::small()) {
        Ok(body) => body.text().to_owned(),
        Err(malformed) => format!("{}: {malformed}", malformed.code()),
    }
}

#[test]
fn the_first_bytes_tell_the_packing_whatever_the_headers_say() {
    for encoding in [None, Some("gzip"), Some("identity"), Some("deflate"), Some("br")] {
        assert_eq!(
            open(&gzip(JSON.as_bytes()), encoding, Some("text/plain")),
            JSON,
            "{encoding:?}"
        );
        assert_eq!(
            open(&zstd::encode_all(JSON.as_bytes(), 3).unwrap(), encoding, None),
            JSON,
            "{encoding:?}"
        );
    }
    assert_eq!(open(JSON.as_bytes(), Some("gzip"), None), JSON);
    assert_eq!(open(&zlib(JSON.as_bytes()), Some("deflate"), None), JSON);
    assert_eq!(open(&deflate(JSON.as_bytes()), Some("Deflate"), None), JSON);
    let two = [gzip(&JSON.as_bytes()[..9]), gzip(&JSON.as_bytes()[9..])].concat();
    assert_eq!(open(&two, None, None), JSON);
}

#[test]
fn a_broken_packing_is_told() {
    let mut cut = gzip(JSON.as_bytes());
    cut.truncate(cut.len() - 9);
    assert!(open(&cut, None, None).starts_with("compression-broken: "));
    let mut flipped = gzip(JSON.as_bytes());
    let last = flipped.len() - 6;
    flipped[last] ^= 1;
    assert!(open(&flipped, None, None).starts_with("compression-broken: "));
    assert!(open(b"nothing of the kind", Some("gzip"), None).starts_with("compression-broken: "));
    assert!(open(JSON.as_bytes(), Some("rot13"), None).starts_with("encoding-unknown: "));
}

#[test]
fn a_form_carries_its_json_in_a_field() {
    const FORM: Option<&str> = Some("application/x-www-form-urlencoded; charset=UTF-8");
    let standard = base64::engine::general_purpose::STANDARD.encode(JSON);
    let bare = standard.trim_end_matches('=');
    let url_safe = base64::engine::general_purpose::URL_SAFE.encode(JSON);
    let escaped: String = JSON.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let packed = base64::engine::general_purpose::STANDARD.encode(gzip(JSON.as_bytes()));
    for data in [&standard, bare, &url_safe, &escaped, &packed, &standard.replace('+', "%2B")] {
        assert_eq!(open(format!("v=1&data={data}").as_bytes(), None, FORM), JSON, "{data}");
    }
    // JSON under the wrong name is JSON.
    assert_eq!(open(JSON.as_bytes(), None, FORM), JSON);
    assert!(open(b"other=1", None, FORM).starts_with("json-broken: "));
    assert!(open(b"data=*", None, FORM).starts_with("json-broken: "));
}

#[test]
fn a_byte_order_mark_is_no_content_and_other_encodings_are_refused() {
    assert_eq!(open(format!("\u{feff} {JSON}\n").as_bytes(), None, None), JSON);
    assert_eq!(
        open(b"{\"a\":\"\xff\"}", None, None),
        "json-broken: the body is no JSON of this call at byte 6: the text is not UTF-8"
    );
    assert_eq!(open(&gzip(b"{\"a\":\"\xff\"}"), None, None), open(b"{\"a\":\"\xff\"}", None, None));
}

#[test]
fn a_body_may_not_be_large_or_grow_large() {
    let limits = Limits::small();
    let long = vec![b' '; limits.body_bytes + 1];
    assert_eq!(
        open(&long, None, None),
        "body-too-large: the body has 65537 bytes and may have 65536: send smaller batches"
    );
    let bomb = gzip(&vec![b' '; 200 << 20]);
    assert!(
        bomb.len() > limits.body_bytes,
        "this bomb is heavier than the limit, so the next one is lighter"
    );
    let bomb = gzip(&vec![b' '; 20 << 20]);
    assert!(bomb.len() < limits.body_bytes);
    assert!(open(&bomb, None, None).starts_with("body-too-large: "), "{}", open(&bomb, None, None));
    // What may be sent as it is may be packed, however dense: similar events are.
    let similar = format!("[{}7]", "7,".repeat(30 << 10));
    assert_eq!(open(&gzip(similar.as_bytes()), None, None), similar);
    let dense = gzip(&vec![b' '; 100 << 10]);
    assert!(
        open(&dense, None, None).starts_with("body-too-dense: "),
        "{}",
        open(&dense, None, None)
    );
    // A frame of zstd that claims a window of 128 MiB for four bytes gets none.
    let claims = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x88, 0x21, 0x00, 0x00, 0x7b, 0x20, 0x20, 0x7d];
    assert!(
        open(&claims, None, None).starts_with("compression-broken: "),
        "{}",
        open(&claims, None, None)
    );
}

#[test]
fn depth_counts_brackets_outside_of_texts() {
    let ok = |json: &str, limit| depth(json.as_bytes(), limit).is_ok();
    assert!(ok(r#"{"a":[1,{"b":2}]}"#, 3));
    assert!(!ok(r#"{"a":[1,{"b":2}]}"#, 2));
    assert!(ok(r#"{"a":"[[[[\"[[[[\\"}"#, 1));
    assert!(ok("[][][][]", 1));
    assert!(ok("]]]][", 1));
    assert!(ok(r#""[[[\"#, 0));
    assert_eq!(depth(&vec![b'['; 1 << 20], 32), Err(Malformed::TooDeep { limit: 32 }));
    assert_eq!(
        open(&[b'['; 100], None, None),
        "body-too-deep: the body is nested deeper than 32: flatten it"
    );
}

proptest! {
    #[test]
    fn packing_changes_nothing(text in "\\PC{0,200}") {
        let json = serde_json::to_string(&[&text]).unwrap();
        prop_assert_eq!(&open(&gzip(json.as_bytes()), None, None), &json);
        prop_assert_eq!(&open(&zlib(json.as_bytes()), Some("deflate"), None), &json);
        prop_assert_eq!(&open(&zstd::encode_all(json.as_bytes(), 1).unwrap(), None, None), &json);
    }

    #[test]
    fn opening_never_panics(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        magic in 0..4_usize,
    ) {
        let magics: [&[u8]; 4] = [b"", MAGIC_GZIP, MAGIC_ZSTD, b"data="];
        let body = [magics[magic], &bytes].concat();
        for encoding in [None, Some("gzip"), Some("deflate"), Some("zstd")] {
            open(&body, encoding, None);
            open(&body, encoding, Some("application/x-www-form-urlencoded"));
        }
    }
}
