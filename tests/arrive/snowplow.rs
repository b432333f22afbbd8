//! Snowplow's protocol over HTTP: what its trackers take for success, what they do not repeat, and
//! where the schemas come from that the program does not ship with.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;
use it::Candor;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{Answer, send};

const TP2: &str = "/com.snowplowanalytics.snowplow/tp2";

/// The sources of the harness; the pages send an app id, and no key.
const SOURCES: &str = r#"
[sources.web]
kind = "site"
audience = "general"
markets = ["EU"]
is_test = true
app_ids = ["shop", "shop-beta"]

[sources.backend]
kind = "server"
audience = "general"
markets = ["EU"]
is_test = true
"#;

fn view(app: &str) -> Value {
    json!({ "tv": "t", "p": "web", "e": "pv", "aid": app, "duid": "d1" })
}

/// The same by another schema of the operator's.
fn named(name: &str) -> Value {
    let other = checkout(&json!(1)).to_string().replace("checkout", name);
    serde_json::from_str(&other).unwrap_or_default()
}

/// An event that describes itself by a schema of the operator's own.
fn checkout(step: &Value) -> Value {
    let front = "iglu:com.snowplowanalytics.snowplow";
    let inner =
        json!({ "schema": "iglu:com.acme/checkout/jsonschema/1-0-0", "data": { "step": step } });
    let outer =
        json!({ "schema": format!("{front}/unstruct_event/jsonschema/1-0-0"), "data": inner });
    let own = json!({ "tv": "t", "p": "web", "e": "ue", "aid": "shop", "duid": "d1" });
    let mut own = own.as_object().cloned().unwrap_or_default();
    own.insert("ue_pr".to_owned(), outer.to_string().into());
    own.into()
}

const SCHEMA: &str = r#"{
    "self": { "vendor": "com.acme", "name": "checkout", "format": "jsonschema", "version": "1-0-0" },
    "type": "object", "properties": { "step": { "type": "integer" } }, "required": ["step"]
}"#;

fn payload(events: &[Value]) -> String {
    let schema = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4";
    json!({ "schema": schema, "data": events }).to_string()
}

async fn post(candor: &Candor, path: &str, body: impl Into<reqwest::Body>) -> Result<Answer> {
    let headers = [("content-type", "application/json; charset=UTF-8")];
    send(candor, Method::POST, path, &headers, body).await
}

fn is_ok(answer: &Answer) -> bool {
    answer.status == StatusCode::OK && answer.body == b"ok"
}

#[tokio::test]
async fn a_tracker_is_answered_as_it_expects() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let answer = post(&candor, TP2, payload(&[view("shop")])).await?;
    assert!(is_ok(&answer));
    assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")));
    // The events of two apps in one batch, and a key in an app's place.
    let mixed = payload(&[view("shop"), view("shop-beta"), view(&candor.server_key)]);
    assert!(is_ok(&post(&candor, TP2, mixed).await?));
    let plain = [("content-type", "text/plain")];
    let body = payload(&[view("shop"), json!({})]);
    assert!(is_ok(&send(&candor, Method::POST, TP2, &plain, body).await?));

    for path in ["/health", "/sink-health"] {
        let answer = send(&candor, Method::GET, path, &[], "").await?;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
    for path in ["/i", "/ice.png"] {
        let path = format!("{path}?tv=t&p=web&e=pv&aid=shop&duid=d1");
        let answer = send(&candor, Method::GET, &path, &[], "").await?;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (StatusCode::OK, Some("image/gif"))
        );
        assert_eq!(answer.header("cache-control"), Some("no-cache, no-store, must-revalidate"));
        assert!(answer.body.starts_with(b"GIF89a"));
        let glance = send(&candor, Method::HEAD, &path, &[], "").await?;
        assert_eq!(glance.status, StatusCode::OK);
    }

    let counts = candor.counts("web").await?;
    assert_eq!(counts["refused"], json!({ "consent-absent": 6 }));
    assert_eq!(counts["invalid"], 1);
    assert_eq!(candor.counts("backend").await?["received"], 1);
    Ok(())
}

/// A tracker repeats what is answered with another error than these, for ever.
#[tokio::test]
async fn what_stays_wrong_is_not_sent_again() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let nobody = json!({ "tv": "t", "p": "web", "e": "pv", "duid": "d1" });
    let bad = json!({ "e": "pv", "aid": "shop" });
    let huge = format!("{{{}}}", " ".repeat(1 << 20));
    let mut dense = GzEncoder::new(Vec::new(), Compression::best());
    dense.write_all(&vec![b' '; 17 << 20])?;
    for (body, told) in [
        (payload(&[view("stranger")]).into_bytes(), "401 app-unknown"),
        (payload(&[nobody]).into_bytes(), "401 app-missing"),
        (payload(&[bad]).into_bytes(), "400 batch-invalid"),
        (payload(&[checkout(&json!(1))]).into_bytes(), "400 batch-invalid"),
        (b"{".to_vec(), "400 json-broken"),
        (Vec::new(), "400 body-empty"),
        (huge.into_bytes(), "400 body-too-large"),
        (dense.finish()?, "400 body-too-dense"),
    ] {
        let answer = post(&candor, TP2, body).await?;
        assert_eq!(answer.told(), told);
    }
    let packed = [("content-encoding", "compress")];
    let answer = send(&candor, Method::POST, TP2, &packed, "?").await?;
    assert_eq!(answer.told(), "400 encoding-unknown");
    let answer = send(&candor, Method::GET, "/i?tv=t&p=web&e=pv&aid=no&duid=d", &[], "").await?;
    assert_eq!(answer.told(), "401 app-unknown");
    assert!(answer.json()["detail"].as_str().is_some_and(|it| it.contains("`app_ids`")));
    let unknown = post(&candor, TP2, payload(&[checkout(&json!(1))])).await?.json();
    assert_eq!(unknown["errors"][0]["pointer"], "/data/0/ue_px");
    let told = unknown["errors"][0]["detail"].as_str().unwrap_or_default();
    assert!(told.contains("`checkout`") && told.contains("snowplow.schemas"), "{told}");
    Ok(())
}

#[tokio::test]
async fn a_path_of_ones_own_shadows_no_other() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let key = &candor.site_key;
    assert!(is_ok(&post(&candor, "/com.acme/events", payload(&[view("shop")])).await?));
    let bare = json!({ "tv": "t", "p": "web", "e": "pv", "duid": "d1" });
    assert!(is_ok(&post(&candor, &format!("/{key}/tp2"), payload(&[bare])).await?));
    assert_eq!(candor.counts("web").await?["received"], 2);
    // A picture has such an address, too.
    let query = "tv=t&p=web&e=pv&duid=d1";
    for path in [format!("/com.acme/events?aid=shop&{query}"), format!("/{key}/tp2?{query}")] {
        let picture = send(&candor, Method::GET, &path, &[("accept", "text/html")], "").await?;
        assert_eq!(picture.header("content-type"), Some("image/gif"), "{path}");
    }
    assert_eq!(candor.counts("web").await?["received"], 4);
    // A body that cannot be read is laid to the key of its path.
    assert_eq!(post(&candor, &format!("/{key}/tp2"), "{").await?.told(), "400 json-broken");
    assert_eq!(candor.counts("web").await?["invalid"], 1);

    for path in ["/people/p1", "/v1/nothing", "/api/nothing"] {
        let answer = post(&candor, path, payload(&[view("shop")])).await?;
        assert_eq!(answer.told(), "404 not-found", "{path}");
    }
    let origin = ("origin", "https://shop.example");
    let asked = [("accept", "text/html"), origin];
    let page = send(&candor, Method::GET, "/people/p1", &asked, "").await?;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("access-control-allow-origin"), None, "the console is nobody else's");
    let gone = send(&candor, Method::DELETE, "/com.acme/events", &[], "").await?;
    assert_eq!(gone.told(), "404 not-found");
    Ok(())
}

#[tokio::test]
async fn no_cookie_is_set_or_read() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let origin = ("origin", "https://shop.example");
    let asked = [
        origin,
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type,sp-anonymous"),
    ];
    for path in [TP2, "/i", "/com.acme/events"] {
        let answer = send(&candor, Method::OPTIONS, path, &asked, "").await?;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin.1));
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
        assert_eq!(answer.header("access-control-allow-headers"), Some(asked[2].1));
    }
    let cookie = ("cookie", "sp=8b9c0d1e-2f3a-4b5c-8d6e-7f8a9b0c1d2e");
    let nobody = json!({ "tv": "t", "p": "web", "e": "pv", "aid": "shop" });
    for headers in [vec![origin, cookie], vec![origin, cookie, ("sp-anonymous", "*")]] {
        let answer = send(&candor, Method::POST, TP2, &headers, payload(&[view("shop")])).await?;
        assert_eq!(answer.header("set-cookie"), None);
        // The cookie's id would have named somebody.
        let answer =
            send(&candor, Method::POST, TP2, &headers, payload(std::slice::from_ref(&nobody)))
                .await?;
        assert_eq!(
            (answer.told(), answer.header("set-cookie")),
            ("400 batch-invalid".into(), None)
        );
    }
    // Anonymous, the browser's id is not looked at either: without a visit there is nobody.
    let counts = candor.counts("web").await?;
    assert_eq!(
        (&counts["refused"], &counts["invalid"]),
        (&json!({ "consent-absent": 1 }), &json!(3))
    );
    Ok(())
}

#[tokio::test]
async fn schemas_of_ones_own_come_from_a_folder() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let own = folder.path().join("schemas/com.acme/checkout/jsonschema");
    std::fs::create_dir_all(&own)?;
    std::fs::write(own.join("1-0-0"), SCHEMA)?;
    let config = |path: &str| format!("{SOURCES}\n[snowplow]\nschemas = {path:?}\n");
    let path = folder.path().to_str().unwrap_or_default();
    let candor = Candor::start(&config(path)).await?;
    assert!(is_ok(&post(&candor, TP2, payload(&[checkout(&json!(1))])).await?));
    let wrong = post(&candor, TP2, payload(&[checkout(&json!("one"))])).await?.json();
    assert_eq!(wrong["code"], "batch-invalid");
    assert!(wrong["errors"][0]["detail"].as_str().is_some_and(|it| it.contains("`step`")));

    std::fs::write(own.join("1-0-1"), SCHEMA)?;
    let refused = Candor::start(&config(path)).await.map(drop).unwrap_err().to_string();
    assert!(refused.contains("1-0-1` is not used") && refused.contains("1-0-0"), "{refused}");
    let refused = Candor::start(&config("/nowhere")).await.map(drop).unwrap_err().to_string();
    assert!(refused.contains("snowplow.schemas"), "{refused}");
    Ok(())
}

/// A registry that has `checkout` and all whose name begins with `known`. It counts how often it
/// is asked.
async fn registry() -> Result<(String, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let asked: Arc<AtomicUsize> = Arc::default();
    let count = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut head = vec![0; 4096];
            let read = client.read(&mut head).await.unwrap_or_default();
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            count.fetch_add(1, Ordering::Relaxed);
            let is_known = head.starts_with("GET /schemas/com.acme/checkout/jsonschema/1-0-0 ");
            let (status, body) = match head.starts_with("GET /schemas/com.acme/known") {
                true => ("200 OK", r#"{ "type": "object" }"#),
                false if is_known => ("200 OK", SCHEMA),
                false => ("404 Not Found", ""),
            };
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
            let _ = client.write_all(answer.as_bytes()).await;
        }
    });
    Ok((url, asked))
}

#[tokio::test]
async fn a_registry_is_asked_once_for_what_nobody_knew() -> Result<()> {
    let (url, asked) = registry().await?;
    let config = |url: &str| format!("{SOURCES}\n[snowplow]\niglu = {url:?}\n");
    let candor = Candor::start(&config(&url)).await?;
    for _ in 0..2 {
        assert!(is_ok(&post(&candor, TP2, payload(&[checkout(&json!(1))])).await?));
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let other = named("cart");
    for _ in 0..2 {
        let answer = post(&candor, TP2, payload(std::slice::from_ref(&other))).await?;
        assert_eq!(answer.told(), "400 batch-invalid");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 2, "what it did not have is not asked for again");
    // A stranger makes it ask for nothing.
    let stranger = other.to_string().replace("\"shop\"", "\"no\"").replace("cart", "order");
    let stranger: Value = serde_json::from_str(&stranger)?;
    assert_eq!(post(&candor, TP2, payload(&[stranger])).await?.told(), "401 app-unknown");
    assert_eq!(asked.load(Ordering::Relaxed), 2);

    // Nobody listens there: the events may come again.
    let silent = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let candor = Candor::start(&config(&format!("http://{silent}"))).await?;
    let answer = post(&candor, TP2, payload(&[checkout(&json!(1))])).await?;
    assert_eq!(answer.told(), "503 schemas-unreachable");
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert!(is_ok(&post(&candor, TP2, payload(&[view("shop")])).await?));
    Ok(())
}

#[tokio::test]
async fn what_was_not_asked_for_comes_again_and_is_known_by_then() -> Result<()> {
    let (url, asked) = registry().await?;
    let candor = Candor::start(&format!("{SOURCES}\n[snowplow]\niglu = {url:?}\n")).await?;
    let events: Vec<Value> = (0..18).map(|number| named(&format!("known{number}"))).collect();
    let answer = post(&candor, TP2, payload(&events)).await?;
    assert_eq!(answer.told(), "503 schemas-unreachable");
    assert_eq!(candor.counts("web").await?["received"], 0, "nothing of it is judged yet");
    assert!(is_ok(&post(&candor, TP2, payload(&events)).await?));
    assert_eq!(candor.counts("web").await?["refused"], json!({ "consent-absent": 18 }));
    assert_eq!(asked.load(Ordering::Relaxed), 18);

    // A registry that has none of them is no reason to send them for ever.
    let none: Vec<Value> = (0..18).map(|number| named(&format!("other{number}"))).collect();
    assert_eq!(post(&candor, TP2, payload(&none)).await?.told(), "503 schemas-unreachable");
    assert_eq!(post(&candor, TP2, payload(&none)).await?.told(), "400 batch-invalid");
    Ok(())
}

#[tokio::test]
async fn names_that_somebody_made_up_keep_no_schema_from_being_asked_for() -> Result<()> {
    let (url, _) = registry().await?;
    let candor = Candor::start(&format!("{SOURCES}\n[snowplow]\niglu = {url:?}\n")).await?;
    for batch in 0..70 {
        let name = |number| named(&format!("junk{}", batch * 16 + number));
        let junk: Vec<Value> = (0..16).map(name).collect();
        assert_eq!(post(&candor, TP2, payload(&junk)).await?.told(), "400 batch-invalid");
    }
    assert!(is_ok(&post(&candor, TP2, payload(&[named("known")])).await?));
    assert_eq!(candor.counts("web").await?["refused"], json!({ "consent-absent": 1 }));
    Ok(())
}
