//! What the program tells of its own work: enough to run it, and of nobody.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use it::program::SOURCES;
use it::{Candor, eventually};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What names or describes a person in the requests of the next test, each as it could be written.
const SECRETS: [&str; 9] = [
    "zz-user-4711",
    "zz-device-0815",
    "zz-message-99",
    "zz.person@canary.example",
    "zz.person%40canary.example",
    "198.51.100.77",
    "+491701112233",
    "zz-group-5",
    "ZZ Canary Street 1",
];

/// Sends all of the secrets in every place that there is, well and badly formed.
async fn send_everywhere(candor: &Candor) -> Result<()> {
    let [user, device, message, mail, encoded, address, phone, group, street] = SECRETS;
    let consent = json!({ "measure": true, "analyse": true, "link-devices": true });
    let told = json!({
        "email": mail, "phone": phone, "street": street, "ip": address, "$ip": address,
        "nested": { "email": mail, "list": [user, mail] },
    });
    let context = json!({
        "consent": { "categoryPreferences": consent }, "ip": address,
        "page": { "url": format!("https://shop.example/?mail={encoded}&u={user}") },
    });
    let client = reqwest::Client::new();
    let post = |path: &str, body: String| {
        let request = client.post(format!("{}{path}", candor.url)).body(body);
        let request = request.basic_auth(&candor.server_key, Some(""));
        request.header("x-forwarded-for", address).header("user-agent", format!("agent {mail}"))
    };
    let call = json!({
        "userId": user, "anonymousId": device, "messageId": message, "groupId": group,
        "event": "Seen", "traits": told, "properties": told, "context": context,
    });
    for path in ["track", "identify", "group", "alias", "page"] {
        post(&format!("/v1/{path}"), call.to_string()).send().await?;
    }
    let event = json!({
        "event": "Seen", "id": message, "user_id": user, "device_id": device,
        "properties": told, "consent": consent,
    });
    let mut wrong = event.clone();
    wrong["time"] = json!(mail);
    let mut named = event.clone();
    named["event"] = json!(mail);
    let list = json!({ "events": [event, wrong, named, user] });
    post("/v1/events", list.to_string()).send().await?;
    // What is no JSON, no text, and no route; what lies in addresses and in headers.
    post("/v1/track", format!("{{\"userId\":\"{user}\",")).send().await?;
    post("/v1/events", format!("[\"{mail}\"]")).header("content-encoding", "gzip").send().await?;
    post(&format!("/v1/{user}?email={encoded}"), String::new()).send().await?;
    post("/v1/consent", json!({ "user_id": user, "purposes": { mail: 7 } }).to_string())
        .send()
        .await?;
    for path in [
        format!("/pixel/v1/track?data={user}&email={encoded}"),
        format!("/v1/projects/{user}/settings"),
        format!("/api/people/{user}?purpose={encoded}"),
        format!("/{user}/{encoded}"),
    ] {
        client.get(format!("{}{path}", candor.url)).bearer_auth(&candor.token).send().await?;
    }
    let questions = [
        ("/api/people/export", json!({ "user_id": user, "purpose": "analyse" })),
        ("/api/query/trend", json!({ "purpose": mail, "series": [{ "event": user }] })),
        ("/api/query/cohort", json!({ "where": [{ "property": "email", "is": [mail] }] })),
        ("/api/session", json!({ "password": street })),
    ];
    for (path, body) in questions {
        let request = client.post(format!("{}{path}", candor.url)).bearer_auth(&candor.token);
        request.body(body.to_string()).send().await?;
    }
    client.get(format!("{}/metrics", candor.url)).bearer_auth(mail).send().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_tells_of_nobody() -> Result<()> {
    let config = format!("[log]\nform = \"json\"\n{SOURCES}");
    let mut candor = Candor::start_telling(&config, "trace").await?;
    send_everywhere(&candor).await?;
    let verbs: [&[&str]; 3] = [
        &["export", "--user-id", SECRETS[0]],
        &["unlink", "--device-id", SECRETS[1]],
        &["erase", "--user-id", SECRETS[0]],
    ];
    for verb in verbs {
        candor.run(verb)?;
    }
    candor.stop().await?;
    candor.restart().await?;
    send_everywhere(&candor).await?;
    candor.stop().await?;
    let said = candor.said();
    let answered = said.lines().filter(|line| line.contains("\"answered\"")).count();
    ensure!(answered > 40, "requests are told of: {answered}");
    for secret in SECRETS {
        let line = said.lines().find(|line| line.contains(secret));
        ensure!(line.is_none(), "the log tells `{secret}`: {}", line.unwrap_or_default());
    }
    for key in [&candor.site_key, &candor.server_key, &candor.token] {
        ensure!(!said.contains(key.as_str()), "the log tells a key");
    }
    // A line for machines is an object with when, how grave, from where and what.
    let lines: Vec<Value> =
        said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let is_whole = |line: &&Value| {
        ["timestamp", "level", "target"].iter().all(|field| line[*field].is_string())
    };
    ensure!(lines.iter().filter(is_whole).count() > 40, "{said}");
    Ok(())
}

/// A collector that takes whatever comes and keeps it.
struct Collector {
    address: String,
    taken: Arc<Mutex<Vec<String>>>,
}

impl Collector {
    async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let taken = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&taken);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let kept = Arc::clone(&kept);
                tokio::spawn(async move {
                    // A sender that goes away has sent what it had.
                    let _ = take(stream, &kept).await;
                });
            }
        });
        Ok(Self { address, taken })
    }

    fn text(&self) -> String {
        self.taken.lock().expect("nobody died holding it").join("\n")
    }

    /// Every span that came.
    fn spans(&self) -> Result<Vec<Value>> {
        let taken = self.taken.lock().expect("nobody died holding it").clone();
        let mut spans = Vec::new();
        for text in taken {
            let told: Value = serde_json::from_str(&text)?;
            let list = told.pointer("/resourceSpans/0/scopeSpans/0/spans");
            let list = list.and_then(Value::as_array).with_context(|| text.clone())?;
            spans.extend(list.iter().cloned());
        }
        Ok(spans)
    }
}

async fn take(stream: TcpStream, kept: &Mutex<Vec<String>>) -> Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut length, mut line) = (0, String::new());
        while stream.read_line(&mut line).await? > 2 {
            let lower = line.to_lowercase();
            if let Some(text) = lower.strip_prefix("content-length:") {
                length = text.trim().parse()?;
            }
            line.clear();
        }
        let mut body = vec![0; length];
        if stream.read_exact(&mut body).await? == 0 {
            return Ok(());
        }
        kept.lock().expect("nobody died holding it").push(String::from_utf8(body)?);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await?;
    }
}

/// What a span says under a name.
fn said<'a>(span: &'a Value, key: &str) -> Option<&'a Value> {
    let attributes = span["attributes"].as_array()?;
    let found = attributes.iter().find(|attribute| attribute["key"] == key)?;
    found["value"].as_object()?.values().next()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traces_tell_each_step_and_nobody() -> Result<()> {
    let collector = Collector::start().await?;
    let config = format!("[log]\ntraces = \"{}\"\n{SOURCES}", collector.address);
    let candor = Candor::start(&config).await?;
    send_everywhere(&candor).await?;
    candor.total("measure", Some("Seen")).await?;
    // An erasure forces a fold.
    candor.run(&["erase", "--user-id", SECRETS[0]])?;
    let wanted = BTreeSet::from(["request", "judge", "journal", "fold", "question"]);
    let spans = eventually(Duration::from_secs(30), async || {
        let spans = collector.spans()?;
        let names: BTreeSet<&str> = spans.iter().filter_map(|span| span["name"].as_str()).collect();
        ensure!(names == wanted, "only {names:?} came");
        Ok(spans.clone())
    })
    .await?;
    let named = |name: &'static str| spans.iter().filter(move |span| span["name"] == name);
    let question = named("question").next().context("a question")?;
    let plan = said(question, "candor.plan").and_then(Value::as_str).context("its plan")?;
    ensure!(plan.len() == 32 && plan.bytes().all(|byte| byte.is_ascii_hexdigit()), "{plan}");
    for step in ["judge", "journal", "question"] {
        let span = named(step).next().context("a step")?;
        let above = named("request").find(|request| request["spanId"] == span["parentSpanId"]);
        let above = above.with_context(|| format!("`{step}` stands in no request: {span}"))?;
        ensure!(above["traceId"] == span["traceId"] && above["kind"] == 2, "{above}");
        ensure!(said(above, "http.route").is_some_and(|route| route != "none"), "{above}");
        ensure!(said(above, "http.response.status_code").is_some(), "{above}");
    }
    for secret in SECRETS {
        ensure!(!collector.text().contains(secret), "traces tell `{secret}`");
    }
    // Nothing leaves that was not named: a route stands for a path.
    ensure!(named("request").all(|span| said(span, "http.method").is_none()));
    Ok(())
}
