//! arrive: each protocol over HTTP as clients meet it: statuses, headers, mistakes that are told.

mod posthog;
mod snowplow;

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use it::Candor;
use it::program::SOURCES;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use vocabulary::Refusal;

use crate::tidy::codes::codes;
use crate::tidy::tree::Tree;

/// A source that may send one event a second.
const SLOW: &str = r#"
[sources.slow]
kind = "site"
audience = "general"
markets = ["EU"]
is_test = true
events_per_second_max = 1
"#;

/// A request and its answer, as far as these tests look at them.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&self.body)))
    }

    /// Status and stable code, for a line to compare with.
    fn told(&self) -> String {
        let code = self.json()["code"].as_str().unwrap_or("-").to_owned();
        format!("{} {code}", self.status.as_u16())
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

async fn send(
    candor: &Candor,
    method: Method,
    path: &str,
    headers: &[(&'static str, &str)],
    body: impl Into<reqwest::Body>,
) -> Result<Answer> {
    let mut request = reqwest::Client::new().request(method, format!("{}{path}", candor.url));
    for (name, value) in headers {
        request = request.header(*name, HeaderValue::from_str(value)?);
    }
    let response = request.body(body).send().await.with_context(|| path.to_owned())?;
    let (status, headers) = (response.status(), response.headers().clone());
    Ok(Answer { status, headers, body: response.bytes().await?.to_vec() })
}

async fn post(candor: &Candor, path: &str, body: &Value) -> Result<Answer> {
    send(candor, Method::POST, path, &[("content-type", "text/plain")], body.to_string()).await
}

#[tokio::test]
async fn segment_answers_as_its_clients_expect() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let key = &candor.server_key;
    let event = json!({ "type": "track", "event": "Tried", "userId": "u", "writeKey": key });

    for route in ["track", "t"] {
        let answer = post(&candor, &format!("/v1/{route}"), &event).await?;
        assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({ "success": true })));
    }
    for (path, body, told) in [
        ("/v1/track", json!({ "event": "Tried", "userId": "u" }), "401 key-missing"),
        ("/v1/t", json!({ "event": "T", "userId": "u", "writeKey": "no" }), "401 key-unknown"),
        ("/v1/track", json!({ "userId": "u", "writeKey": key }), "400 name-missing"),
        ("/v1/page", json!({ "writeKey": key }), "400 identity-missing"),
        ("/v1/batch", json!({ "writeKey": key }), "400 json-broken"),
        ("/v1/batch", json!({ "writeKey": key, "batch": [{}, 7] }), "400 batch-invalid"),
    ] {
        let answer = post(&candor, path, &body).await?;
        assert_eq!(answer.told(), told, "{path} {body}");
        assert!(answer.json()["message"].is_string(), "a client reads `message`");
    }

    let mixed = json!({ "writeKey": key, "batch": [event, { "type": "track", "userId": "u" }] });
    let answer = post(&candor, "/v1/b", &mixed).await?;
    assert_eq!((answer.status, &answer.json()["success"]), (StatusCode::OK, &json!(true)));
    assert_eq!(answer.json()["errors"][0]["pointer"], "/batch/1/event");

    let long = "x".repeat(501 << 10);
    let large = json!({ "writeKey": key, "batch": [{ "properties": { "a": long } }] });
    assert_eq!(post(&candor, "/v1/batch", &large).await?.told(), "400 body-too-large");
    let headers = [("content-encoding", "rot13")];
    let packed = send(&candor, Method::POST, "/v1/batch", &headers, "?").await?;
    assert_eq!(packed.told(), "415 encoding-unknown");
    let huge = vec![b' '; 5 << 20];
    let refused = send(&candor, Method::POST, "/v1/batch", &[], huge).await?;
    assert_eq!(refused.told(), "413 body-too-large");
    let deep = send(&candor, Method::POST, "/v1/track", &[], "[".repeat(100_000)).await?;
    assert_eq!(deep.told(), "400 body-too-deep");
    let figures = post(&candor, "/v1/m", &json!({ "series": [] })).await?;
    assert_eq!(figures.status, StatusCode::OK);

    // Three calls without consent, three events and a batch of two that could not be read.
    let counts = candor.counts("backend").await?;
    assert_eq!(counts["refused"], json!({ "consent-absent": 3 }));
    assert_eq!(counts["invalid"], 5);
    assert_eq!(counts["received"], 8);
    Ok(())
}

/// Whoever still writes when the answer is ready reads it all the same, on every path.
#[tokio::test]
async fn whoever_sends_too_much_hears_why() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let token = format!("Bearer {}", candor.token);
    let session = candor.session().await?;
    for _ in 0..10 {
        for (path, headers) in [
            ("/v1/batch", [("authorization", "-")]),
            ("/api/query/trend", [("authorization", token.as_str())]),
            ("/api/import?source=backend&from=native", [("cookie", session.as_str())]),
        ] {
            let huge = vec![b' '; 16 << 20];
            let refused = send(&candor, Method::POST, path, &headers, huge).await?;
            assert_eq!(refused.told(), "413 body-too-large", "{path}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_browser_of_any_site_may_send_and_is_told_where() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let asked = [
        ("origin", "https://shop.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,content-type,x-retry-count"),
    ];
    for path in
        ["/v1/t", "/v1/b", "/v1/events", "/v1/consent", "/v1/projects/k/settings", "/e/", "/flags/"]
    {
        let answer = send(&candor, Method::OPTIONS, path, &asked, "").await?;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("https://shop.example"));
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
        assert_eq!(answer.header("access-control-allow-headers"), Some(asked[2].1));
        assert_eq!(answer.header("access-control-allow-methods"), Some("GET, POST, OPTIONS"));
        assert_eq!(answer.header("access-control-max-age"), Some("3600"));
    }
    // The console's API stays closed to other sites.
    let closed = send(&candor, Method::OPTIONS, "/api/status", &asked, "").await?;
    assert_eq!(closed.header("access-control-allow-origin"), None);

    let path = format!("/v1/projects/{}/settings", candor.site_key);
    let settings = send(&candor, Method::GET, &path, &asked[..1], "").await?;
    assert_eq!(settings.header("access-control-allow-origin"), Some("https://shop.example"));
    let told = settings.json();
    let own = &told["integrations"]["Segment.io"];
    let host = candor.url.trim_start_matches("http://");
    assert_eq!(own["apiHost"], format!("{host}/v1"));
    assert_eq!(own["protocol"], "http");
    assert_eq!(own["apiKey"], *candor.site_key);
    let behind = [("x-forwarded-proto", "https")];
    let settings = send(&candor, Method::GET, &path, &behind, "").await?;
    assert_eq!(settings.json()["integrations"]["Segment.io"]["protocol"], "https");
    let unknown = send(&candor, Method::GET, "/v1/projects/nobody/settings", &[], "").await?;
    assert_eq!(unknown.told(), "404 key-unknown");
    Ok(())
}

#[tokio::test]
async fn our_own_protocol_answers_each_event() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let consent = json!({ "measure": true, "analyse": true });
    let events = json!({ "key": candor.site_key, "events": [
        { "event": "Seen", "id": "n-1", "device_id": "d", "consent": consent },
        { "event": "Seen", "id": "n-1", "device_id": "d" },
        { "event": "Seen", "id": "n-2", "device_id": "stranger" },
        { "id": "n-3", "device_id": "d" },
    ]});
    let results = post(&candor, "/v1/events", &events).await?.json();
    let line = |result: &Value| {
        let text = |name| result[name].as_str().unwrap_or("-").to_owned();
        [text("id"), text("outcome"), text("code"), text("pointer")].join(" ")
    };
    let lines: Vec<_> = results["results"].as_array().context("a list")?.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "n-1 accepted - -",
            "n-1 duplicate - -",
            "n-2 refused consent-absent -",
            "- invalid name-missing /events/3/event",
        ]
    );
    let answer = post(&candor, "/v1/events", &json!({ "events": [] })).await?;
    assert_eq!(answer.told(), "401 key-missing");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let broken = send(&candor, Method::POST, "/v1/events", &[], "{").await?;
    assert_eq!(broken.told(), "400 json-broken");
    Ok(())
}

#[tokio::test]
async fn a_choice_told_for_itself_opens_and_closes() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let key = &candor.site_key;
    let seen = json!({ "key": key, "events": [{ "event": "Seen", "device_id": "d" }] });
    let outcome = async || {
        let answer = post(&candor, "/v1/events", &seen).await?;
        anyhow::Ok(answer.json()["results"][0]["outcome"].clone())
    };
    let choose = async |whose: &str, purposes: Value| {
        let body = json!({ "key": key, whose: "d", "purposes": purposes });
        post(&candor, "/v1/consent", &body).await
    };
    assert_eq!(outcome().await?, "refused");
    let answer = choose("device_id", json!({ "measure": true })).await?;
    assert_eq!((answer.status, &answer.json()["recorded"]), (StatusCode::OK, &json!(true)));
    assert_eq!(answer.json()["receipt"]["given"], "choice");
    assert_eq!(outcome().await?, "accepted");
    let answer = choose("device_id", json!({ "measure": false })).await?;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(outcome().await?, "refused");

    // A key that anybody can read says no yes for a user, and nothing unknown is recorded.
    let widened = choose("user_id", json!({ "measure": true })).await?;
    assert_eq!(widened.told(), "422 choice-unknown");
    let both = choose("user_id", json!({ "measure": true, "analyse": false })).await?;
    assert_eq!(both.told(), "422 choice-partly");
    assert!(both.json()["detail"].as_str().is_some_and(|detail| detail.contains("server key")));
    // A device's yes needs no other key, so the answer sends nobody to look for one.
    let both = choose("device_id", json!({ "no such purpose": true, "analyse": false })).await?;
    assert_eq!(both.told(), "422 choice-partly");
    assert!(both.json()["detail"].as_str().is_some_and(|detail| !detail.contains("server key")));
    let unknown = choose("device_id", json!({ "no such purpose": true })).await?;
    assert_eq!(unknown.told(), "422 choice-unknown");
    assert_eq!(choose("device_id", json!({})).await?.told(), "400 purposes-missing");
    Ok(())
}

#[tokio::test]
async fn a_picture_is_always_sent() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let good = format!(
        "/pixel/v1/track?key={}&event=Opened&device_id=d&consent.measure=true",
        candor.site_key
    );
    for path in [good.as_str(), "/pixel/v1/page", "/pixel/v1/track?key=nobody&event=E&device_id=d"]
    {
        let answer = send(&candor, Method::GET, path, &[], "").await?;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.header("content-type"), Some("image/gif"));
        assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")));
        assert!(answer.body.starts_with(b"GIF89a"));
    }
    assert_eq!(candor.counts("web").await?["accepted"], 1);
    Ok(())
}

/// What an operator is shown of a mistake holds nothing that was sent.
#[tokio::test]
async fn a_choice_said_twice_or_unreadable_is_refused_and_not_repeated() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let key = &candor.site_key;
    for choice in ["consent.bob.secret@example.com=maybe", "consent.measure=0&consent.measure=1"] {
        let path = format!("/pixel/v1/track?key={key}&event=E&device_id=d&{choice}");
        assert_eq!(send(&candor, Method::GET, &path, &[], "").await?.status, StatusCode::OK);
    }
    let head = format!(r#""writeKey":"{key}","event":"E","anonymousId":"d""#);
    let says =
        |yes: &str| format!(r#""context":{{"consent":{{"categoryPreferences":{{{yes}}}}}}}"#);
    let (no, yes) = (r#""measure":false"#, r#""measure":true"#);
    for (body, told) in [
        (format!("{{{head},{}}}", says(&format!("{no},{yes}"))), "400 choice-twice"),
        (format!("{{{head},{},{}}}", says(no), says(yes)), "400 field-twice"),
    ] {
        let answer = send(&candor, Method::POST, "/v1/track", &[], body).await?;
        assert_eq!(answer.told(), told);
    }
    let local =
        reqwest::Client::builder().unix_socket(candor.data().join("candor.sock")).build()?;
    let verdicts = local.get("http://candor/api/verdicts").send().await?.error_for_status()?;
    let verdicts = verdicts.text().await?;
    for told in ["consent-unreadable", "choice-twice", "field-twice"] {
        assert!(verdicts.contains(told), "{told} is not in {verdicts}");
    }
    assert!(!verdicts.contains("secret"), "{verdicts}");
    assert_eq!(candor.counts("web").await?["invalid"], 4);
    Ok(())
}

#[tokio::test]
async fn a_signal_that_is_not_plainly_off_is_on() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let event = json!({ "key": candor.site_key, "events": [{
        "event": "Seen", "device_id": "d", "consent": { "advertise": true },
    }]});
    let outcome = async |signals: &[(&'static str, &str)]| {
        let answer =
            send(&candor, Method::POST, "/v1/events", signals, event.to_string()).await?.json();
        anyhow::Ok(answer["results"][0]["outcome"].clone())
    };
    for off in [&[][..], &[("sec-gpc", "0")]] {
        assert_eq!(outcome(off).await?, "accepted", "{off:?}");
    }
    let twice = &[("sec-gpc", "0"), ("sec-gpc", "1")][..];
    for on in [twice, &[("sec-gpc", "1, 1")], &[("sec-gpc", "\"1\"")], &[("sec-gpc", "1")]] {
        assert_eq!(outcome(on).await?, "refused", "{on:?}");
    }
    Ok(())
}

#[tokio::test]
async fn past_its_pace_a_source_is_told_when_to_come_again() -> Result<()> {
    let candor = Candor::start(&format!("{SOURCES}{SLOW}")).await?;
    let made = candor.run(&["keys", "create", "--json", "--kind", "site", "--source", "slow"])?;
    let key = serde_json::from_slice::<Value>(&made.stdout)?["key"].clone();
    let member = json!({ "type": "page", "anonymousId": "a" });
    let batch = json!({ "writeKey": key, "batch": vec![member; 100] });
    assert_eq!(post(&candor, "/v1/batch", &batch).await?.status, StatusCode::OK);
    let answer = post(&candor, "/v1/batch", &batch).await?;
    assert_eq!(answer.told(), "429 limited");
    let seconds: u64 = answer.header("retry-after").context("it says when")?.parse()?;
    assert!((80..=100).contains(&seconds), "{seconds}");
    // Nobody's no is held back by a pace.
    let no = json!({ "key": key, "device_id": "a", "purposes": { "measure": false } });
    assert_eq!(post(&candor, "/v1/consent", &no).await?.status, StatusCode::OK);
    let counts = candor.counts("slow").await?;
    assert_eq!((&counts["limited"], &counts["received"]), (&json!(100), &json!(200)));
    Ok(())
}

/// Whoever sends as slowly as can be is cut off in bounded time, and others are served meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_senders_are_cut_off_and_hold_nobody_up() -> Result<()> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let candor = Candor::start(SOURCES).await?;
    let address = candor.url.trim_start_matches("http://").to_owned();
    let mut slow = Vec::new();
    for number in 0..60 {
        let mut stream = tokio::net::TcpStream::connect(&address).await?;
        let begun = match number % 2 {
            0 => "POST /v1/batch HTTP/1.1\r\nhost: candor\r\nx-slow: ".to_owned(),
            _ => "POST /v1/batch HTTP/1.1\r\nhost: candor\r\ncontent-length: 9000\r\n\r\n{"
                .to_owned(),
        };
        stream.write_all(begun.as_bytes()).await?;
        slow.push(stream);
    }
    let event =
        json!({ "type": "track", "event": "T", "userId": "u", "writeKey": candor.server_key });
    let served = tokio::time::timeout(std::time::Duration::from_secs(5), async {
        post(&candor, "/v1/track", &event).await
    });
    assert_eq!(served.await.context("an honest client waits")??.status, StatusCode::OK);
    let cut = async move {
        for stream in &mut slow {
            let mut told = Vec::new();
            // A reset is an end as well.
            let _ = stream.read_to_end(&mut told).await;
            let told = String::from_utf8_lossy(&told).into_owned();
            assert!(told.is_empty() || told.starts_with("HTTP/1.1 408"), "{told}");
        }
    };
    // Header and body may each take fifteen seconds; the rest is for a busy machine.
    let limit = std::time::Duration::from_secs(60);
    tokio::time::timeout(limit, cut).await.context("slow senders stay")?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_says_that_nobody_listens_and_what_lies_aside() -> Result<()> {
    let mut candor = Candor::start(SOURCES).await?;
    let codes = |candor: &Candor| -> Result<Vec<String>> {
        let key = candor.root_key();
        let key = key.to_str().context("a path")?;
        let output = candor.run(&["doctor", "--json", "--root-key", key])?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let report: Value = serde_json::from_slice(&output.stdout).with_context(|| said)?;
        let findings = report["findings"].as_array().context("findings")?;
        Ok(findings.iter().filter_map(|one| one["code"].as_str().map(str::to_owned)).collect())
    };
    let healthy = codes(&candor)?;
    ensure!(!healthy.contains(&"not-serving".to_owned()), "{healthy:?}");
    ensure!(!healthy.contains(&"file-quarantined".to_owned()), "{healthy:?}");
    candor.stop().await?;
    std::fs::write(candor.data().join("quarantine/000000000009-8.bytes"), "damaged")?;
    let stopped = codes(&candor)?;
    ensure!(stopped[0] == "not-serving", "{stopped:?}");
    ensure!(stopped.contains(&"file-quarantined".to_owned()), "{stopped:?}");
    Ok(())
}

#[tokio::test]
async fn the_type_of_a_problem_leads_to_its_explanation() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let site = &candor.site_key;
    let mut told = BTreeSet::new();
    for (path, body) in [
        ("/v1/track", json!({ "event": "Tried", "userId": "u" })),
        ("/v1/batch", json!({ "writeKey": site, "batch": [{}] })),
        ("/v1/consent", json!({ "key": site, "device_id": "d", "purposes": { "none": true } })),
        ("/api/session/link", json!({ "token": "no" })),
        ("/api/query/trend", json!({})),
        ("/no/such/address", json!({})),
    ] {
        let problem = post(&candor, path, &body).await?.json();
        let kind = problem["type"].as_str().context("a problem has a type")?;
        let (page, code) = kind.split_once('#').context("a type names its code")?;
        assert_eq!(problem["code"], code, "{path}");
        let page = send(&candor, Method::GET, page, &[], "").await?;
        assert_eq!((page.status, page.header("content-type")), PAGE, "{path}");
        let text = String::from_utf8(page.body)?;
        assert!(text.contains(&format!("id=\"{code}\"")), "{kind} leads nowhere");
        told.insert(kind.to_owned());
    }
    assert_eq!(told.len(), 6, "each is another problem: {told:?}");
    Ok(())
}

const PAGE: (StatusCode, Option<&str>) = (StatusCode::OK, Some("text/html; charset=utf-8"));

#[tokio::test]
async fn the_page_of_problems_has_an_anchor_for_every_code() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let page = send(&candor, Method::GET, "/docs/problems", &[], "").await?;
    let policy = page.header("content-security-policy").context("a policy")?;
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    let text = String::from_utf8(page.body.clone())?;
    let anchors: BTreeSet<&str> =
        text.split("<div id=\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0)).collect();
    let mut codes: BTreeSet<String> =
        Tree::read().rust().flat_map(|(path, source)| codes(path, source)).collect();
    codes.extend(Refusal::EVERY.map(|why| why.code().to_owned()));
    assert_eq!(anchors, codes.iter().map(String::as_str).collect());
    Ok(())
}
