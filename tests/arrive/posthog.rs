//! PostHog's routes as its clients meet them: places of the key, packings, codes of success.

use std::io::Write;

use anyhow::Result;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use it::Candor;
use it::program::SOURCES;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{SLOW, post, send};

const ROUTES: [&str; 7] = ["/batch", "/e", "/i/v0/e", "/track", "/capture", "/s", "/engage"];

fn gzip(text: &str) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(text.as_bytes()).expect("memory takes it");
    packer.finish().expect("memory takes it")
}

fn zlib(text: &str) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(text.as_bytes()).expect("memory takes it");
    packer.finish().expect("memory takes it")
}

/// A text as a form or a query holds it.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn posthog_answers_as_its_clients_expect() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let key = &candor.server_key;
    let event = json!({ "api_key": key, "event": "Tried", "distinct_id": "u" });
    let ok = json!({ "status": "Ok" });

    for route in ROUTES {
        for path in [route.to_owned(), format!("{route}/"), format!("{route}/?beacon=0")] {
            let answer = post(&candor, &path, &event).await?;
            assert_eq!((answer.status, answer.json()), (StatusCode::OK, ok.clone()), "{path}");
        }
        let beacon = post(&candor, &format!("{route}/?beacon=1"), &event).await?;
        assert_eq!((beacon.status, beacon.body.len()), (StatusCode::NO_CONTENT, 0), "{route}");
        let asked = send(&candor, Method::OPTIONS, route, &[], "").await?;
        assert_eq!(asked.status, StatusCode::OK, "{route}");
    }
    let sent = 7 * 4;

    // The key in every place, the body in every packing, whatever the content type says.
    let inner = json!([{ "event": "E", "properties": { "distinct_id": "u", "token": key } }]);
    let token = json!({ "token": key, "batch": [{ "event": "E", "$distinct_id": 7 }] });
    let form = format!("data={}", escaped(&event.to_string()));
    let plain = event.to_string();
    for (path, headers, body) in [
        ("/e/", vec![], inner.to_string().into_bytes()),
        ("/e/", vec![], token.to_string().into_bytes()),
        ("/e/", vec![("content-type", "text/plain")], gzip(&plain)),
        ("/e/?compression=gzip-js", vec![], gzip(&plain)),
        ("/batch/", vec![("content-encoding", "gzip")], gzip(&plain)),
        ("/batch/", vec![("content-encoding", "deflate")], zlib(&plain)),
        ("/e/", vec![("content-type", "application/x-www-form-urlencoded")], form.into_bytes()),
    ] {
        let answer = send(&candor, Method::POST, path, &headers, body).await?;
        assert_eq!(
            (answer.status, answer.json()),
            (StatusCode::OK, ok.clone()),
            "{path} {headers:?}"
        );
    }
    let query = escaped(&plain);
    let got = send(&candor, Method::GET, &format!("/e/?data={query}"), &[], "").await?;
    assert_eq!(got.status, StatusCode::OK);
    let sent = sent + 8;

    let counts = candor.counts("backend").await?;
    assert_eq!(counts["refused"], json!({ "consent-absent": sent }));
    assert_eq!(counts["received"], sent);
    Ok(())
}

#[tokio::test]
async fn posthog_says_what_is_wrong_and_what_is_not_taken() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let key = &candor.server_key;
    for (body, told) in [
        (json!({ "event": "E", "distinct_id": "u" }), "401 key-missing"),
        (json!({ "api_key": "no", "event": "E", "distinct_id": "u" }), "401 key-unknown"),
        (json!({ "api_key": "phx_1", "event": "E", "distinct_id": "u" }), "401 key-personal"),
        (
            json!([{ "token": "a", "event": "E" }, { "token": "b", "event": "E" }]),
            "401 keys-differ",
        ),
        (json!({ "api_key": key, "event": "E" }), "400 batch-invalid"),
        (json!({ "api_key": key, "batch": [] }), "400 json-broken"),
        (json!(7), "400 json-broken"),
    ] {
        assert_eq!(post(&candor, "/e/", &body).await?.told(), told, "{body}");
    }
    let single = post(&candor, "/e/", &json!({ "api_key": key, "event": "E" })).await?;
    assert_eq!(single.json()["errors"][0]["pointer"], "/distinct_id");
    let huge = vec![b' '; 21 << 20];
    let huge = send(&candor, Method::POST, "/batch/", &[], huge).await?;
    assert_eq!(huge.told(), "413 body-too-large");

    // What is not taken is no mistake of the client's, and it is told to wait.
    let snapshot = json!({ "api_key": key, "event": "$snapshot", "distinct_id": "u" });
    let answer = post(&candor, "/s/", &snapshot).await?;
    let paused = json!({ "status": "Ok", "quota_limited": ["recordings"], "errors": [{
        "pointer": "/event",
        "detail": "recordings and heat maps are not taken yet: switch them off in the client",
    }] });
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, paused));

    let counts = candor.counts("backend").await?;
    assert_eq!((&counts["invalid"], &counts["received"]), (&json!(3), &json!(3)));
    Ok(())
}

#[tokio::test]
async fn the_newer_route_tells_the_verdict_of_each_event() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let authorization = format!("Bearer {}", candor.server_key);
    let headers = [("authorization", authorization.as_str())];
    let path = "/i/v1/analytics/events";
    let event = |uuid: &str, more: Value| {
        let mut event = json!({ "uuid": uuid, "event": "E", "distinct_id": "u", "options": {} });
        for (name, value) in more.as_object().expect("an object").clone() {
            event[name] = value;
        }
        event
    };
    let yes = json!({ "properties": { "$consent": { "analyse": true } } });
    let batch = json!({ "created_at": "2026-01-01T00:00:00Z", "batch": [
        event("1", json!({})),
        event("2", yes.clone()),
        event("3", json!({ "event": "" })),
        event("4", json!({ "event": "$snapshot" })),
        event("5", json!({ "properties": { "$consent": { "analyse": false } } })),
    ] });
    let answer = send(&candor, Method::POST, path, &headers, batch.to_string()).await?;
    assert_eq!(answer.status, StatusCode::OK);
    let results = json!({
        "1": { "result": "drop", "details": "consent-absent" },
        "2": { "result": "ok" },
        "3": { "result": "drop", "details": "name-missing" },
        "4": { "result": "drop", "details": "event-not-taken" },
        "5": { "result": "drop", "details": "consent-withdrawn" },
    });
    assert_eq!(answer.json()["results"], results);

    // An event without a key harms only itself; where none has one nobody could be answered.
    let bare = json!({ "event": "E", "distinct_id": "u" });
    let mixed = json!({ "batch": [bare, event("6", yes.clone())] }).to_string();
    let answer = send(&candor, Method::POST, path, &headers, mixed).await?;
    assert_eq!(
        (answer.status, &answer.json()["results"]["6"]["result"]),
        (StatusCode::OK, &json!("ok"))
    );
    assert_eq!(answer.json()["errors"][0]["pointer"], "/batch/0/uuid");
    let none = json!({ "batch": [bare] }).to_string();
    let none = send(&candor, Method::POST, path, &headers, none).await?;
    assert_eq!(
        (none.status, &none.json()["error"]),
        (StatusCode::BAD_REQUEST, &json!("batch-invalid"))
    );
    assert_eq!(candor.counts("backend").await?["invalid"], 4);

    let broken = send(&candor, Method::POST, path, &headers, "{").await?;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    assert_eq!(broken.json()["error"], "json-broken");
    assert_eq!(broken.json()["error_uri"], "/docs/problems#json-broken");
    assert!(broken.json()["error_description"].is_string());
    let one = json!({ "batch": [event("1", yes)] }).to_string();
    let nobody = send(&candor, Method::POST, path, &[], one.clone()).await?;
    assert_eq!(
        (nobody.status, &nobody.json()["error"]),
        (StatusCode::UNAUTHORIZED, &json!("key-missing"))
    );
    let odd = [headers[0], ("content-encoding", "rot13")];
    let odd = send(&candor, Method::POST, path, &odd, one).await?;
    assert_eq!(odd.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    Ok(())
}

#[tokio::test]
async fn a_source_past_its_pace_is_told_to_come_again_and_never_to_go_away() -> Result<()> {
    let candor = Candor::start(&format!("{SOURCES}{SLOW}")).await?;
    let output = candor.run(&["keys", "create", "--json", "--kind", "site", "--source", "slow"])?;
    let made: Value = serde_json::from_slice(&output.stdout)?;
    let event = json!({ "event": "E", "uuid": "1", "distinct_id": "u" });
    let body = json!({ "api_key": made["key"], "batch": vec![event; 9] });
    post(&candor, "/batch/", &body).await?;
    for path in ["/batch/", "/i/v1/analytics/events"] {
        let later = post(&candor, path, &body).await?;
        assert_eq!(later.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        let seconds: u64 = later.header("retry-after").expect("it says when").parse()?;
        assert!(seconds > 0, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_client_boots_without_flags_and_loads_nothing() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let key = &candor.site_key;
    let config = send(&candor, Method::GET, &format!("/array/{key}/config"), &[], "").await?;
    assert_eq!((config.status, &config.json()["hasFeatureFlags"]), (StatusCode::OK, &json!(false)));
    let script = send(&candor, Method::GET, &format!("/array/{key}/config.js"), &[], "").await?;
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert!(String::from_utf8(script.body)?.contains(&format!("all[\"{key}\"]={{config:")));
    let asked = json!({ "token": key, "distinct_id": "u" });
    let flags = post(&candor, "/flags/?v=2&config=true", &asked).await?;
    assert_eq!((&flags.json()["flags"], &flags.json()["heatmaps"]), (&json!({}), &json!(false)));
    let decided = post(&candor, "/decide/?v=3", &asked).await?;
    assert_eq!(decided.json()["featureFlags"], json!({}));
    for path in ["/flags/", "/decide/"] {
        let nobody = post(&candor, path, &json!({ "token": "no" })).await?;
        assert_eq!(nobody.told(), "401 key-unknown", "{path}");
    }
    let unknown = send(&candor, Method::GET, "/array/no/config", &[], "").await?;
    assert_eq!(unknown.told(), "401 key-unknown");
    for path in ["/static/array.js", "/static/recorder.js", &format!("/array/{key}/array.js")] {
        let absent = send(&candor, Method::GET, path, &[], "").await?;
        assert_eq!(absent.told(), "404 script-not-served", "{path}");
    }
    // Whoever only starts has sent no event.
    assert_eq!(candor.counts("web").await?["received"], 0);
    Ok(())
}

/// Its Python client sends up to 5 MiB at once, of up to 900 KiB each, and drops what is refused.
#[tokio::test]
async fn a_batch_may_be_as_large_as_its_clients_make_them() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let text = "similar ".repeat(800);
    let properties = |lines: usize| {
        let mut all: serde_json::Map<_, _> =
            (0..lines).map(|line| (format!("line{line}"), json!(text))).collect();
        all.insert("$consent".to_owned(), json!({ "analyse": true }));
        Value::from(all)
    };
    let event =
        |lines| json!({ "event": "E", "distinct_id": "u", "properties": properties(lines) });
    let mut batch = vec![event(8); 90];
    batch.push(event(140));
    let plain = json!({ "api_key": candor.server_key, "batch": batch }).to_string();
    assert!(plain.len() > 5 << 20 && plain.len() < 6 << 20, "{}", plain.len());
    let packed = gzip(&plain);
    assert!(packed.len() * 100 < plain.len(), "{}", packed.len());
    let ok = json!({ "status": "Ok" });
    for body in [plain.clone().into_bytes(), packed] {
        let answer = send(&candor, Method::POST, "/batch/", &[], body).await?;
        assert_eq!((answer.status, answer.json()), (StatusCode::OK, ok.clone()));
    }
    assert_eq!(candor.counts("backend").await?["accepted"], 182);

    let bomb = gzip(&" ".repeat(21 << 20));
    for path in ["/batch/", "/i/v1/analytics/events"] {
        let answer = send(&candor, Method::POST, path, &[], bomb.clone()).await?;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
    Ok(())
}

/// A text of lz-string whose codes each stand for one sign more than the one before.
fn lz_bomb(codes: usize) -> Vec<u8> {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = Vec::new();
    let mut put = |number: usize, width: usize| {
        bits.extend((0..width).map(|place| number >> place & 1));
    };
    put(0, 2);
    put(b' '.into(), 8);
    let (mut width, mut room) = (3, 4);
    for code in 0..codes {
        put(4 + code, width);
        room -= 1;
        if room == 0 {
            room = 1 << width;
            width += 1;
        }
    }
    put(2, width);
    let value =
        |sign: &[usize]| sign.iter().chain([&0; 6]).take(6).fold(0, |all, bit| all << 1 | bit);
    bits.chunks(6).map(|sign| SIGNS[value(sign)]).collect()
}

#[tokio::test]
async fn a_text_of_lz_string_may_not_grow_without_end() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let path = "/e/?compression=lz64";
    // It is read, and is nothing but spaces.
    let small = send(&candor, Method::POST, path, &[], lz_bomb(9)).await?;
    assert_eq!(small.told(), "400 body-empty");
    // 80 KB stand for half a gigabyte.
    let bomb = lz_bomb(32_000);
    assert!(bomb.len() < 80_000);
    let answer = send(&candor, Method::POST, path, &[], bomb).await?;
    assert_eq!(answer.told(), "413 body-too-dense");
    Ok(())
}
