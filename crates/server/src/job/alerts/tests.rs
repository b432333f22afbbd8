//! Tests of alerts as their receivers see them: a real HTTP receiver and a real mail server, both
//! tiny; the clock is set, and nothing sleeps.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::stage::Stage;

/// A receiver: what it got, and what it answers next; 204 when nothing is said.
#[derive(Clone, Default)]
struct Receiver {
    got: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    fn got(&self) -> Vec<String> {
        self.got.lock().unwrap().clone()
    }

    async fn listen<F>(&self, serve: impl Fn(Receiver, TcpStream) -> F + Send + 'static) -> u16
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let own = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serve(own.clone(), stream).await;
            }
        });
        port
    }
}

/// Takes one request, whole, and answers it.
async fn web(receiver: Receiver, mut stream: TcpStream) {
    let mut text = String::new();
    let mut reader = BufReader::new(&mut stream);
    while !text.ends_with("\r\n\r\n") {
        reader.read_line(&mut text).await.unwrap();
    }
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut body).await.unwrap();
    text.push_str(&String::from_utf8(body).unwrap());
    receiver.got.lock().unwrap().push(text);
    let status = receiver.answers.lock().unwrap().pop_front().unwrap_or(204);
    let answer = format!(
        "HTTP/1.1 {status} Said\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
}

/// Takes mails as SMTP has them.
async fn mail(receiver: Receiver, stream: TcpStream) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 here\r\n").await.unwrap();
    let mut data = None::<String>;
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = match (&mut data, line.split(' ').next().unwrap_or_default()) {
            (Some(text), ".") => {
                receiver.got.lock().unwrap().push(std::mem::take(text));
                data = None;
                "250 taken"
            }
            (Some(text), _) => {
                text.push_str(&format!("{line}\n"));
                continue;
            }
            (None, "DATA") => {
                data = Some(String::new());
                "354 go on"
            }
            (None, "QUIT") => "221 bye",
            (None, _) => "250 fine",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
    }
}

const HALF: Span = Span(30 * Span::MINUTE.0);

/// Keeps so many views of the hour that begins so many hours from noon.
async fn view(stage: &Stage, hour: i64, count: usize) {
    let viewed = |number: usize| ("Product Viewed", hour, format!("ada-{number}"), json!({}));
    stage.collect(&(0..count).map(viewed).collect::<Vec<_>>()).await;
}

fn alert(when: &Value, to: &Value) -> Value {
    let question = json!({
        "purpose": "measure", "from": "2020-01-01", "to": "2020-01-02", "interval": "hour",
        "series": [{ "event": "Product Viewed" }],
    });
    json!({
        "name": "Many views", "question": { "kind": "trend", "question": question },
        "when": when, "every": "hour", "to": to,
    })
}

async fn save(stage: &Stage, alert: &Value) -> Value {
    let made = stage.local("POST", "/api/alerts", alert).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()
}

/// An alert in the vault, past everything that saving refuses.
async fn keep(stage: &Stage, alert: &Value, actor: &str) -> vault::Saved {
    let text = alert.to_string();
    let text = vault::Text { kind: Alert::KIND, name: "n", body: &text };
    let actor = Actor(actor.to_owned());
    stage.app.inner().vault.save(text, &actor, 9, stage.now()).await.unwrap()
}

async fn state(stage: &Stage, made: &Value) -> Value {
    let path = format!("/api/alerts/{}", made["id"].as_str().unwrap());
    stage.local("GET", &path, &Value::Null).await.json()
}

fn header<'a>(request: &'a str, name: &str) -> &'a str {
    request.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap()
}

fn body(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

/// HMAC-SHA-256 after RFC 2104, by other means than the program's.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let pad = |with: u8| (0..64).map(|at| key.get(at).unwrap_or(&0) ^ with).collect::<Vec<u8>>();
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_tells_once_that_it_fires_and_once_that_it_is_over() {
    let (hook, post) = (Receiver::default(), Receiver::default());
    let (web, smtp) = (hook.listen(web).await, post.listen(mail).await);
    let stage = Stage::open(&format!(
        "[mail]\nserver = \"127.0.0.1:{smtp}\"\nfrom = \"Candor <candor@example.com>\"\n\
         security = \"none\"\n[alerts]\nprivate_addresses = [\"127.0.0.1\"]\n"
    ))
    .await;
    view(&stage, -2, 1).await;
    view(&stage, -1, 3).await;
    let to = json!([
        { "webhook": format!("http://127.0.0.1:{web}/hook") }, { "mail": "ops@example.com" },
    ]);
    let made = save(&stage, &alert(&json!({ "above": 2 }), &to)).await;
    let secret = made["secret"].as_str().unwrap().strip_prefix("whsec_").unwrap();
    assert!(state(&stage, &made).await.get("secret").is_none(), "it is shown once");
    stage.advance(HALF);
    round(&stage.app, stage.now()).await.unwrap();
    round(&stage.app, stage.now()).await.unwrap();
    assert_eq!((hook.got().len(), post.got().len()), (1, 1));

    let request = &hook.got()[0];
    let (id, seconds) = (header(request, "webhook-id"), header(request, "webhook-timestamp"));
    let signed = format!("{id}.{seconds}.{}", body(request));
    let expected = hmac(&STANDARD.decode(secret).unwrap(), signed.as_bytes());
    let signature = format!("v1,{}", STANDARD.encode(expected));
    assert_eq!(header(request, "webhook-signature"), signature);
    assert_eq!(seconds, (stage.now().0 / 1_000_000).to_string());
    let told: Value = serde_json::from_str(body(request)).unwrap();
    assert_eq!(told["type"], "alert.firing");
    assert_eq!(told["data"]["start"], "2026-01-01T11:00:00Z");
    assert_eq!(
        (told["data"]["value"].as_f64(), told["data"]["before"].as_f64()),
        (Some(3.0), Some(1.0))
    );
    let text = &post.got()[0];
    assert!(text.contains("Subject: Alert: Many views\n"), "{text}");
    assert!(text.contains("To: ops@example.com\n"), "{text}");
    for message in [text, request] {
        assert!(!message.contains("Viewed") && !message.contains("ada-"), "{message}");
    }
    let now = state(&stage, &made).await;
    assert_eq!((&now["state"], &now["waiting"]), (&json!("firing"), &json!(0)));

    view(&stage, 0, 4).await;
    stage.advance(Span::HOUR);
    round(&stage.app, stage.now()).await.unwrap();
    assert_eq!(hook.got().len(), 1, "it fires still, and that was said");
    stage.advance(Span::HOUR);
    round(&stage.app, stage.now()).await.unwrap();
    let over: Value = serde_json::from_str(body(&hook.got()[1])).unwrap();
    assert_eq!((hook.got().len(), &over["type"]), (2, &json!("alert.over")));
    assert_eq!(state(&stage, &made).await["state"], "ok");
    assert_eq!(post.got().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_tried_again_with_the_same_id_and_never_follows_elsewhere() {
    let hook = Receiver::default();
    let port = hook.listen(web).await;
    let stage = Stage::open("[alerts]\nprivate_addresses = [\"127.0.0.1\"]\n").await;
    view(&stage, -1, 3).await;
    let to = json!([{ "webhook": format!("http://127.0.0.1:{port}/") }]);
    let made = save(&stage, &alert(&json!({ "above": 2 }), &to)).await;
    hook.answers.lock().unwrap().extend([500, 302]);
    stage.advance(HALF);
    let mut tries = Vec::new();
    for minutes in [0, 1, 4, 1, 60] {
        stage.advance(Span(minutes * Span::MINUTE.0));
        round(&stage.app, stage.now()).await.unwrap();
        tries.push(hook.got().len());
    }
    // At once, after a minute, after five more; then the hour without views says that it is over.
    assert_eq!(tries, [1, 2, 2, 3, 4]);
    let ids: Vec<String> =
        hook.got().iter().map(|one| header(one, "webhook-id").to_owned()).collect();
    assert!(ids[0] == ids[1] && ids[1] == ids[2] && ids[2] != ids[3], "{ids:?}");
    let now = state(&stage, &made).await;
    assert_eq!((&now["waiting"], &now["lost"]), (&json!(0), &json!(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_private_open_or_not_configured_is_not_reached() {
    let hook = Receiver::default();
    let port = hook.listen(web).await;
    let stage = Stage::open("").await;
    let to = json!([
        { "webhook": format!("https://127.0.0.1:{port}/") },
        { "webhook": format!("https://localhost:{port}/") },
        { "webhook": "http://example.com/" },
        { "mail": "ops@example.com" },
    ]);
    // It was saved while the configuration allowed more.
    let held = keep(&stage, &alert(&json!({ "below": 1 }), &to), "local").await;
    let vault = &stage.app.inner().vault;
    let _secret = vault.make_secret(Alert::KIND, &held.id).await.unwrap();
    let path = format!("/api/alerts/{}/test", held.id);
    let told = stage.local("POST", &path, &Value::Null).await.json();
    let codes: Vec<&str> = told["results"]
        .as_array()
        .unwrap_or_else(|| panic!("{told}"))
        .iter()
        .map(|one| one["code"].as_str().unwrap_or("delivered"))
        .collect();
    let expected = ["webhook-private", "webhook-private", "webhook-open", "mail-not-configured"];
    assert_eq!(codes, expected);
    assert_eq!(hook.got(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_is_judged_whenever_it_is_carried_out() {
    let stage = Stage::open("").await;
    view(&stage, -1, 3).await;
    let alert = alert(&json!({ "above": 2 }), &json!([{ "mail": "a@example.com" }]));
    let held = keep(&stage, &alert, "token-99").await;
    stage.advance(HALF);
    round(&stage.app, stage.now()).await.unwrap();
    let now = state(&stage, &json!({ "id": held.id })).await;
    assert_eq!((&now["state"], &now["failed"]), (&json!("failed"), &json!("actor-not-allowed")));
    assert_eq!(now["found"], Value::Null, "nothing was asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_that_rests_is_not_looked_at_and_a_changed_one_is_at_once() {
    let stage = Stage::open("").await;
    view(&stage, -1, 3).await;
    let mut resting = alert(&json!({ "above": 2 }), &json!([{ "mail": "a@example.com" }]));
    resting["paused"] = json!(true);
    let made = save(&stage, &resting).await;
    stage.advance(HALF);
    round(&stage.app, stage.now()).await.unwrap();
    assert_eq!(state(&stage, &made).await["last"], Value::Null);
    resting["paused"] = json!(false);
    let path = format!("/api/alerts/{}", made["id"].as_str().unwrap());
    assert_eq!(stage.local("PUT", &path, &resting).await.status, 200);
    round(&stage.app, stage.now()).await.unwrap();
    let now = state(&stage, &made).await;
    assert_eq!((&now["state"], &now["waiting"]), (&json!("firing"), &json!(1)), "mail waits");
    resting["when"] = json!({ "above": 5 });
    assert_eq!(stage.local("PUT", &path, &resting).await.status, 200);
    round(&stage.app, stage.now()).await.unwrap();
    assert_eq!(state(&stage, &made).await["state"], "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_shows_what_it_found_to_whoever_could_ask_and_its_receivers_to_managers() {
    let stage = Stage::open("").await;
    view(&stage, -1, 3).await;
    let to = json!([
        { "webhook": "https://hooks.example.com/T0/secret" }, { "mail": "ada@example.com" },
    ]);
    let made = save(&stage, &alert(&json!({ "above": 5 }), &to)).await;
    assert_eq!((&made["state"], &made["to"]), (&json!("new"), &to));
    stage.advance(HALF);
    round(&stage.app, stage.now()).await.unwrap();
    let one = format!("/api/alerts/{}", made["id"].as_str().unwrap());
    for (purposes, may_ask) in [(["measure"], true), (["analyse"], false)] {
        let token = stage.token(&purposes).await;
        let list = stage.ask(&token, ("GET", "/api/alerts"), &[], &Value::Null).await.json();
        let shown = stage.ask(&token, ("GET", &one), &[], &Value::Null).await.json();
        assert_eq!(list, json!([shown]));
        assert_eq!(shown["name"], "Many views");
        for field in ["state", "found", "waiting", "lost"] {
            assert_eq!(shown.get(field).is_some(), may_ask, "{field} of {shown}");
        }
        let hosts = json!([{ "webhook": "hooks.example.com" }, { "mail": "example.com" }]);
        assert_eq!(shown["to"], hosts);
    }
    // What is asked and refused leaves a fact; all that came before it were written before it.
    let token = stage.token(&["analyse"]).await;
    let question = &made["question"]["question"];
    let refused = stage.ask(&token, ("POST", "/api/query/trend"), &[], question).await;
    assert_eq!(refused.problem(), (403, "actor-not-allowed".to_owned()));
    let denied = async {
        loop {
            let facts = stage.local("GET", "/api/ledger/facts?limit=50", &Value::Null).await;
            let count = facts.text().matches("actor-not-allowed").count();
            if count > 0 {
                return count;
            }
            tokio::task::yield_now().await;
        }
    };
    let denied = tokio::time::timeout(std::time::Duration::from_secs(20), denied).await.unwrap();
    assert_eq!(denied, 1, "whoever merely looked left none");
    let shown = state(&stage, &made).await;
    assert_eq!((&shown["state"], &shown["to"]), (&json!("ok"), &to));
    assert_eq!(shown["found"]["value"].as_f64(), Some(3.0));

    // What was found for one purpose is not shown for another that the question gets later.
    let mut body = alert(&json!({ "above": 5 }), &to);
    body["question"]["question"]["purpose"] = json!("analyse");
    let other = keep(&stage, &body, "local").await;
    let found = Standing { looked: Some(stage.now()), ..Standing::default() };
    let found = Standing { purpose: Some(Purpose::MEASURE), ..found };
    let vault = &stage.app.inner().vault;
    vault.note_saved(Alert::KIND, &other, &written(&found)).await.unwrap().unwrap();
    let path = format!("/api/alerts/{}", other.id);
    let token = stage.token(&["analyse"]).await;
    let shown = stage.ask(&token, ("GET", &path), &[], &Value::Null).await.json();
    assert_eq!(shown.get("state"), None, "{shown}");
    let token = stage.token(&["analyse", "measure"]).await;
    let shown = stage.ask(&token, ("GET", &path), &[], &Value::Null).await.json();
    assert_eq!(shown["state"], "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_hour_is_judged_soon_after_it_has_ended() {
    let stage = Stage::open("").await;
    view(&stage, -1, 1).await;
    let to = json!([{ "mail": "a@example.com" }]);
    let made = save(&stage, &alert(&json!({ "above": 2 }), &to)).await;
    stage.advance(Span(17 * Span::MINUTE.0));
    let mut looks = Vec::new();
    let end = stage.now() + Span(2 * Span::HOUR.0);
    while stage.now() < end {
        round(&stage.app, stage.now()).await.unwrap();
        let now = state(&stage, &made).await;
        let look = (now["last"].clone(), now["found"]["start"].clone());
        if looks.last() != Some(&look) {
            looks.push(look);
        }
        stage.advance(Span::MINUTE);
    }
    let look = |last: &str, start: &str| {
        (json!(format!("2026-01-01T{last}:00Z")), json!(format!("2026-01-01T{start}:00Z")))
    };
    // At 13:02 itself what came two minutes late could be missing.
    let expected = [look("12:17", "11:00"), look("13:03", "12:00"), look("14:03", "13:00")];
    assert_eq!(looks, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_clears_what_every_alert_has_found() {
    let hook = Receiver::default();
    let port = hook.listen(web).await;
    let stage = Stage::open("[alerts]\nprivate_addresses = [\"127.0.0.1\"]\n").await;
    view(&stage, -1, 3).await;
    let to = json!([{ "webhook": format!("http://127.0.0.1:{port}/") }]);
    let firing = alert(&json!({ "above": 2 }), &to);
    let made = [save(&stage, &firing).await, save(&stage, &firing).await];
    hook.answers.lock().unwrap().extend([500, 500]);
    stage.advance(HALF);
    round(&stage.app, stage.now()).await.unwrap();
    let mut paused = firing.clone();
    paused["paused"] = json!(true);
    let path = format!("/api/alerts/{}", made[1]["id"].as_str().unwrap());
    let vault = &stage.app.inner().vault;
    let held = vault.saved(Alert::KIND, made[1]["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(stage.local("PUT", &path, &paused).await.status, 200);
    let held_now = vault.saved(Alert::KIND, &held.id).await.unwrap();
    vault.note_saved(Alert::KIND, &held_now, held.state.as_deref().unwrap()).await.unwrap();
    for one in &made {
        let now = state(&stage, one).await;
        assert_eq!(now["found"]["value"].as_f64(), Some(3.0), "{now}");
        assert_eq!(now["waiting"], 1);
    }
    let stale = vault.every_saved(Alert::KIND).await.unwrap();

    let ada = json!({ "user_id": "ada-0" });
    let told = stage.local("POST", "/api/people/erase", &ada).await;
    assert_eq!(told.status, 200, "{}", told.text());
    for one in &made {
        let now = state(&stage, one).await;
        assert_eq!((&now["state"], now.get("found")), (&json!("new"), None), "{now}");
    }
    for held in vault.every_saved(Alert::KIND).await.unwrap() {
        let standing = standing(&held);
        assert_eq!((standing.last, standing.looked), (None, None));
        assert!(standing.waiting.iter().all(|one| one.notice.look.is_none()));
    }
    for held in &stale {
        let late = note(&stage.app, held, &standing(held)).await;
        assert_eq!(late, None, "a look from before is not noted any more");
        let mut before = standing(held);
        assert!(!deliver(&stage.app, held, &mut before, stage.now() + HALF).await);
    }
    assert_eq!(hook.got().len(), 2, "nor sent");
    stage.advance(Span::MINUTE);
    round(&stage.app, stage.now()).await.unwrap();
    let got = hook.got();
    let late: Vec<Value> =
        got[2..].iter().map(|one| serde_json::from_str(body(one)).unwrap()).collect();
    let known = |data: &Value| (data["value"].clone(), data["before"].clone());
    let silent = late.iter().filter(|one| one["type"] == "alert.firing");
    assert!(silent.clone().count() == 2, "{late:?}");
    for one in silent {
        assert_eq!(known(&one["data"]), (Value::Null, Value::Null));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_will_not_be_called_is_not_saved() {
    let stage = Stage::open("[alerts]\nprivate_addresses = [\"10.0.0.7\"]\n").await;
    let save = async |url: &str| {
        let to = json!([{ "mail": "a@example.com" }, { "webhook": url }]);
        let alert = alert(&json!({ "above": 2 }), &to);
        let told = stage.local("POST", "/api/alerts", &alert).await;
        (told.status, told.json()["code"].clone(), told.json()["errors"].clone())
    };
    for (url, code) in [
        ("http://example.com/", "webhook-open"),
        ("http://1.1.1.1/", "webhook-open"),
        ("http://10.1.1.1/", "webhook-private"),
        ("https://10.1.1.1/", "webhook-private"),
        ("https://[::1]/", "webhook-private"),
        ("https://2130706433/", "webhook-private"),
        ("ftp://example.com/", "webhook-address"),
    ] {
        let (status, told, errors) = save(url).await;
        assert_eq!((status, &told), (400, &json!(code)), "{url}");
        let pointers: Vec<_> =
            errors.as_array().unwrap().iter().map(|one| &one["pointer"]).collect();
        assert_eq!(pointers, ["/to/1"], "{url}");
    }
    for url in ["https://example.com/", "http://10.0.0.7:9/", "https://10.0.0.7/"] {
        assert_eq!(save(url).await.0, 201, "{url}");
    }
    let made = stage.local("GET", "/api/alerts", &Value::Null).await.json();
    let path = format!("/api/alerts/{}", made[0]["id"].as_str().unwrap());
    let open = alert(&json!({ "above": 2 }), &json!([{ "webhook": "http://example.com/" }]));
    let told = stage.local("PUT", &path, &open).await;
    assert_eq!(told.problem(), (400, "webhook-open".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_subject_of_a_mail_is_the_name_as_it_was_written() {
    let post = Receiver::default();
    let smtp = post.listen(mail).await;
    let stage = Stage::open(&format!(
        "[mail]\nserver = \"127.0.0.1:{smtp}\"\nfrom = \"candor@example.com\"\nsecurity = \"none\"\n"
    ))
    .await;
    let mut sly = alert(&json!({ "above": 2 }), &json!([{ "mail": "ops@example.com" }]));
    sly["name"] = json!("=?utf-8?q?All_is_well?=");
    let made = save(&stage, &sly).await;
    let path = format!("/api/alerts/{}/test", made["id"].as_str().unwrap());
    let told = stage.local("POST", &path, &Value::Null).await.json();
    assert_eq!(told["results"][0]["delivered"], true, "{told}");
    let mails = post.got();
    let (head, _) = mails[0].split_once("\n\n").unwrap();
    let encoded = STANDARD.encode("Test: =?utf-8?q?All_is_well?=");
    assert!(head.contains(&format!("Subject: =?utf-8?b?{encoded}?=\n")), "{head}");
}
