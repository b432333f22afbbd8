//! admit: who gets in, for how long, and what those learn who do not.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use it::program::SOURCES;
use it::{Candor, eventually};
use reqwest::StatusCode;
use serde_json::{Value, json};

fn event(user: &str, number: u32) -> Value {
    json!({
        "event": "Product Viewed",
        "id": format!("{user}-{number}"),
        "user_id": user,
        "consent": { "measure": true, "analyse": true },
    })
}

async fn send(candor: &Candor, event: Value) -> Result<Value> {
    let body = json!({ "events": [event] });
    Ok(candor.collect(&candor.server_key, "/v1/events", &body).await?["results"][0].clone())
}

/// What a stream sends until it has said `wanted`, or until it ends.
async fn until(stream: &mut reqwest::Response, wanted: &str) -> Result<String> {
    let mut told = String::new();
    while let Some(chunk) = stream.chunk().await? {
        told.push_str(&String::from_utf8_lossy(&chunk));
        if told.contains(wanted) {
            break;
        }
    }
    Ok(told)
}

/// Reads a stream to its end, which has to come soon.
async fn to_the_end(stream: &mut reqwest::Response) -> Result<String> {
    tokio::time::timeout(Duration::from_secs(30), until(stream, "never said"))
        .await
        .context("the stream goes on")?
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_with_the_token_or_session_that_opened_it() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let made = candor.run(&[
        "keys",
        "create",
        "--json",
        "--kind",
        "token",
        "--name",
        "watch",
        "--purpose",
        "analyse",
    ])?;
    let made: Value = serde_json::from_slice(&made.stdout)?;
    let (id, token) = (made["id"].as_str().context("id")?, made["key"].as_str().context("key")?);
    let cookie = candor.session().await?;
    let http = reqwest::Client::new();
    let events = format!("{}/api/events/stream?purpose=analyse", candor.url);
    let verdicts = format!("{}/api/verdicts/stream", candor.url);
    let mut by_token = http.get(&events).bearer_auth(token).send().await?.error_for_status()?;
    let mut by_session =
        http.get(&verdicts).header("cookie", &cookie).send().await?.error_for_status()?;

    send(&candor, event("ada", 1)).await?;
    ensure!(until(&mut by_token, "Product Viewed").await?.contains("Product Viewed"));
    ensure!(until(&mut by_session, "accepted").await?.contains("accepted"));

    ensure!(candor.run(&["keys", "revoke", id])?.status.success(), "the token is revoked");
    send(&candor, event("ada", 2)).await?;
    let told = to_the_end(&mut by_token).await?;
    ensure!(!told.contains("data:"), "nothing was shown to a revoked token: {told}");

    let out = http.delete(format!("{}/api/session", candor.url)).header("cookie", &cookie);
    out.send().await?.error_for_status()?;
    // Nothing happens from here on: the stream still ends, by looking.
    let told = to_the_end(&mut by_session).await?;
    ensure!(told.matches("data:").count() <= 1, "only what came before the end: {told}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_yes_that_nobody_chose_is_history_and_opens_nothing() -> Result<()> {
    let mut candor = Candor::start(SOURCES).await?;
    let http = reqwest::Client::new();
    let tell = async |candor: &Candor, body: Value| -> Result<(StatusCode, Value)> {
        let request = http.post(format!("{}/v1/consent", candor.url)).json(&body);
        let answer = request.bearer_auth(&candor.server_key).send().await?;
        Ok((answer.status(), answer.json().await?))
    };
    let bare =
        |number| json!({ "event": "Seen", "id": format!("bare-{number}"), "user_id": "ada" });
    let weak = ["pre-set", "bundled", "implied", "inactive", "unproved"];
    for (number, given) in weak.into_iter().enumerate() {
        let choice = json!({ "user_id": "ada", "purposes": { "measure": true }, "given": given });
        let (status, answer) = tell(&candor, choice).await?;
        ensure!(status == StatusCode::UNPROCESSABLE_ENTITY, "{given}: {status}");
        ensure!(answer["code"] == format!("consent-{given}"), "{given}: {answer}");
        let ended = send(&candor, bare(number)).await?;
        ensure!(ended["code"] == "consent-absent", "{given}: {ended}");
    }
    let notice = json!({ "version": "7", "language": "de", "sha256": "0".repeat(64) });
    let choice = json!({
        "user_id": "ada", "purposes": { "measure": true, "analyse": true, "sell": false },
        "given": "choice", "notice": notice,
    });
    let (status, answer) = tell(&candor, choice.clone()).await?;
    ensure!(status == StatusCode::OK, "{answer}");
    let receipt = &answer["receipt"];
    ensure!(receipt["given"] == "choice" && receipt["notice"]["version"] == "7", "{receipt}");
    ensure!(receipt["jurisdictions"].as_array().is_some_and(|all| !all.is_empty()), "{receipt}");
    let purposes = receipt["purposes"].as_array().context("purposes")?;
    let sell = purposes.iter().find(|one| one["name"] == "sell").context("sell")?;
    ensure!(sell["answer"] == "no" && sell["legal_basis"] == "consent", "{sell}");
    ensure!(!receipt.to_string().contains("ada"), "a receipt names nobody");
    ensure!(send(&candor, bare(10)).await?["outcome"] == "accepted", "chosen");

    for (field, wrong, code) in [
        ("given", json!("perhaps"), "consent-manner-unknown"),
        ("notice", json!({ "version": "7" }), "consent-notice-wrong"),
    ] {
        let mut choice = choice.clone();
        choice[field] = wrong;
        let (status, answer) = tell(&candor, choice).await?;
        ensure!(status == StatusCode::BAD_REQUEST && answer["code"] == code, "{answer}");
    }

    // History is durable, before a fold and after it, and ends with the person.
    let person = async |candor: &Candor| -> Result<Value> {
        let find = http.post(format!("{}/api/people/find", candor.url)).bearer_auth(&candor.token);
        let found: Value = find.json(&json!({ "user_id": "ada" })).send().await?.json().await?;
        let person = found["person"].as_str().context("a person")?;
        let url = format!("{}/api/people/{person}?purpose=analyse", candor.url);
        Ok(http.get(url).bearer_auth(&candor.token).send().await?.json().await?)
    };
    for _ in 0..2 {
        let told = person(&candor).await?;
        let given: Vec<&str> = told["statements"]
            .as_array()
            .context("statements")?
            .iter()
            .filter_map(|one| one["given"].as_str())
            .collect();
        ensure!(given[..5] == weak && given[5..] == ["choice"], "{given:?}");
        candor.stop().await?;
        candor.restart().await?;
    }
    Ok(())
}

const MARKETS: &str = r#"
    [law]
    confirmed = ["fr-measure-audience"]
    [sources.west]
    kind = "site"
    markets = ["US-CA"]
    bases = { sell = "opt-out-regime", measure = "opt-out-regime" }
    [sources.paris]
    kind = "site"
    markets = ["FR"]
    bases = { measure = "exempt-measurement", sell = "opt-out-regime" }
    [sources.rome]
    kind = "site"
    markets = ["IT"]
    bases = { measure = "exempt-measurement" }
    "#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_silence_permits_is_told_with_the_rule_that_decided() -> Result<()> {
    let candor = Candor::start(&format!("{MARKETS}{SOURCES}")).await?;
    let http = reqwest::Client::new();
    let url = format!("{}/api/policy", candor.url);
    let told = http.get(&url).bearer_auth(&candor.token).send().await?.error_for_status()?;
    let told: Vec<Value> = told.json().await?;
    let standing = |views: &[Value], source: &str, purpose: &str| -> Result<Value> {
        let view = views.iter().find(|view| view["source"] == source).context("the source")?;
        let all = view["purposes"].as_array().context("purposes")?;
        all.iter().find(|one| one["name"] == purpose).cloned().context("the purpose")
    };
    let is = |one: &Value, open: bool, reason: &str, basis: &str, rule: &str| {
        one["open"] == open
            && one["reason"] == reason
            && one["basis"] == basis
            && one["rules"].as_array().is_some_and(|all| all.iter().any(|one| one["id"] == rule))
    };
    for (source, purpose, open, reason, basis, rule) in [
        ("west", "sell", true, "open", "opt-out-regime", "ca-silence"),
        ("paris", "measure", true, "open", "exempt-measurement", "fr-measure-audience"),
        ("paris", "sell", false, "needs-yes", "consent", "eu-advertising-consent"),
    ] {
        let one = standing(&told, source, purpose)?;
        ensure!(is(&one, open, reason, basis, rule), "{source} {purpose}: {one}");
    }
    let rome = standing(&told, "rome", "measure")?;
    ensure!(rome["open"] == false && rome["basis"] == "consent", "nobody confirmed Italy: {rome}");

    let attempt = async |visitor: Value| -> Result<Vec<Value>> {
        let request = http.post(format!("{url}/try")).bearer_auth(&candor.token).json(&visitor);
        Ok(vec![request.send().await?.error_for_status()?.json().await?])
    };
    let child = attempt(json!({ "source": "west", "age": "fifteen" })).await?;
    ensure!(standing(&child, "west", "sell")?["basis"] == "consent", "{child:?}");
    ensure!(standing(&child, "west", "sell")?["reason"] == "young", "{child:?}");
    let signal = attempt(json!({ "source": "west", "global_privacy_control": true })).await?;
    ensure!(standing(&signal, "west", "sell")?["reason"] == "signal", "{signal:?}");
    ensure!(standing(&signal, "west", "measure")?["open"] == true, "{signal:?}");
    let yes = json!({ "source": "rome", "yes": ["measure"], "at": "2020-01-01T00:00:00Z" });
    ensure!(standing(&attempt(yes).await?, "rome", "measure")?["open"] == true, "a yes opens");
    let unknown = http.post(format!("{url}/try")).bearer_auth(&candor.token);
    let unknown = unknown.json(&json!({ "source": "west", "yes": ["spy"] })).send().await?;
    ensure!(unknown.json::<Value>().await?["code"] == "unknown-purpose", "a stable code");
    ensure!(http.get(&url).send().await?.status() == StatusCode::UNAUTHORIZED, "not for all");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failed_sign_ins_are_slowed_until_one_succeeds() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let cookie = candor.session().await?;
    let http = reqwest::Client::new();
    let right = json!({ "password": "a sentence that is long" });
    let set = http.post(format!("{}/api/session/password", candor.url)).json(&right);
    set.header("cookie", &cookie).send().await?.error_for_status()?;
    let sign_in = async |password: &Value| {
        http.post(format!("{}/api/session", candor.url)).json(password).send().await
    };

    let wrong = json!({ "password": "some other sentence" });
    for _ in 0..6 {
        ensure!(sign_in(&wrong).await?.status() == StatusCode::UNAUTHORIZED, "wrong is wrong");
    }
    let slowed = sign_in(&right).await?;
    ensure!(slowed.status() == StatusCode::TOO_MANY_REQUESTS, "slowed: {}", slowed.status());
    ensure!(slowed.headers().get("retry-after").context("when")?.to_str()? == "1", "in a second");
    ensure!(slowed.json::<Value>().await?["code"] == "sign-in-slowed", "a stable code");
    // A link is no password: its holder still gets as far as being told that it was used.
    let spent = http.post(format!("{}/api/session/link", candor.url));
    let spent = spent.json(&json!({ "token": candor.link()? })).send().await?;
    ensure!(spent.status() == StatusCode::UNAUTHORIZED, "links go on: {}", spent.status());

    eventually(Duration::from_secs(20), async || {
        ensure!(sign_in(&right).await?.status() == StatusCode::OK, "not yet");
        Ok(())
    })
    .await?;
    ensure!(sign_in(&wrong).await?.status() == StatusCode::UNAUTHORIZED, "the count began anew");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_need_a_token_from_elsewhere_and_name_nobody() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let mut seen = event("ada@example.com", 1);
    seen["event"] = json!("A Private Matter");
    send(&candor, seen).await?;
    candor.run(&["erase", "--user-id", "nobody-such"])?;
    let url = format!("{}/metrics", candor.url);
    let http = reqwest::Client::new();
    let figures = http.get(&url).send().await?.error_for_status()?.text().await?;
    ensure!(figures.contains("candor_events_total"), "figures: {figures}");
    for word in ["ada", "Private", "nobody-such", "p1\"", "ada%40"] {
        ensure!(!figures.contains(word), "`{word}` stands in the figures");
    }
    // A page of another site whose name was made to point here is told by the name.
    for (host, status) in [
        ("rebound.example:8787", StatusCode::UNAUTHORIZED),
        ("127.0.0.1.evil.example", StatusCode::UNAUTHORIZED),
        ("192.0.2.7", StatusCode::UNAUTHORIZED),
        ("localhost:9090", StatusCode::OK),
        ("[::1]:8787", StatusCode::OK),
    ] {
        let answer = http.get(&url).header("host", host).send().await?;
        ensure!(answer.status() == status, "{host} is answered {}", answer.status());
    }
    let passed_on = || http.get(&url).header("x-forwarded-for", "203.0.113.7");
    ensure!(passed_on().send().await?.status() == StatusCode::UNAUTHORIZED, "a proxy's client");
    let with_site_key = passed_on().bearer_auth(&candor.site_key).send().await?;
    ensure!(with_site_key.status() == StatusCode::UNAUTHORIZED, "a site key is no token");
    passed_on().bearer_auth(&candor.token).send().await?.error_for_status()?;

    let closed = format!("[server]\nopen_metrics = \"nobody\"\n{SOURCES}");
    let candor = Candor::start(&closed).await?;
    let url = format!("{}/metrics", candor.url);
    ensure!(http.get(&url).send().await?.status() == StatusCode::UNAUTHORIZED, "closed to all");
    http.get(&url).bearer_auth(&candor.token).send().await?.error_for_status()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_a_purpose_may_not_see_is_answered_like_nobody() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let mut counted = event("bob", 1);
    counted["consent"] = json!({ "measure": true });
    send(&candor, event("ada", 1)).await?;
    send(&candor, counted).await?;
    let page = async |person: &str| -> Result<(StatusCode, String)> {
        let url = format!("{}/api/people/{person}?purpose=analyse", candor.url);
        let answer = reqwest::Client::new().get(url).bearer_auth(&candor.token).send().await?;
        Ok((answer.status(), answer.text().await?))
    };
    ensure!(page("p1").await?.0 == StatusCode::OK, "ada may be seen");
    let (bob, nobody) = (page("p2").await?, page("p4711").await?);
    ensure!(bob == nobody, "told apart: {bob:?} {nobody:?}");
    ensure!(nobody.0 == StatusCode::NOT_FOUND, "{nobody:?}");

    let export = |user: &str| -> Result<(Option<i32>, String, String)> {
        let output = candor.run(&["export", "--user-id", user, "--purpose", "analyse"])?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok((output.status.code(), text(&output.stdout), text(&output.stderr)))
    };
    ensure!(export("ada")?.0 == Some(0), "ada may be exported");
    ensure!(export("bob")? == export("nobody-such")?, "told apart: {:?}", export("bob")?);
    ensure!(export("bob")?.1.is_empty(), "nothing is shown");

    // Whether an event was ever named so is nothing that a public key may ask.
    let trend = |name: &str| {
        json!({
            "purpose": "measure", "from": "2020-01-01T00:00:00Z", "to": "2040-01-01T00:00:00Z",
            "interval": "month", "series": [{ "event": name, "count": "events" }],
        })
    };
    let mut told = Vec::new();
    for name in ["Product Viewed", "Never Sent"] {
        for key in [&candor.site_key, &candor.server_key] {
            let asked = reqwest::Client::new().post(format!("{}/api/query/trend", candor.url));
            let answer = asked.bearer_auth(key).json(&trend(name)).send().await?;
            told.push((answer.status(), answer.text().await?));
        }
    }
    ensure!(told.iter().all(|one| *one == told[0]), "an oracle: {told:?}");
    ensure!(told[0].0 == StatusCode::UNAUTHORIZED, "{told:?}");
    Ok(())
}

/// What changes or shows the installation itself is not for a token, whatever it sends.
#[tokio::test]
async fn a_token_may_ask_and_manage_nothing() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let http = reqwest::Client::new();
    for (method, path) in [
        ("GET", "/api/status"),
        ("GET", "/api/storage"),
        ("GET", "/api/keys"),
        ("POST", "/api/keys"),
        ("DELETE", "/api/keys/k1"),
        ("GET", "/api/verdicts"),
        ("GET", "/api/verdicts/stream"),
        ("GET", "/api/doctor"),
        ("POST", "/api/import?source=web"),
        ("GET", "/api/ledger/facts"),
        ("POST", "/api/ledger/verify"),
        ("GET", "/api/erasures"),
        ("GET", "/api/erasures/e1"),
        ("POST", "/api/people/erase"),
        ("POST", "/api/session/password"),
    ] {
        let url = format!("{}{path}", candor.url);
        let request = http.request(method.parse()?, url).bearer_auth(&candor.token);
        let answer = request.body("no JSON").send().await?;
        ensure!(answer.status() == StatusCode::FORBIDDEN, "{method} {path}: {}", answer.status());
        let problem: Value = answer.json().await?;
        ensure!(problem["code"] == "not-a-manager", "{method} {path}: {problem}");
    }
    Ok(())
}

/// Whether a file of a folder, or of one in it, holds a text.
fn holds(folder: &std::path::Path, text: &str) -> Result<bool> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let found = if path.is_dir() {
            holds(&path, text)?
        } else {
            String::from_utf8_lossy(&std::fs::read(&path)?).contains(text)
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A shop whose support rests on an interest, or on consent.
fn shop(support: &str) -> String {
    format!("{SOURCES}bases = {{ operate = \"contract\"{support} }}\n")
}

const INTEREST: &str = ", support = \"legitimate-interest\"";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_stored_is_judged_again_by_the_rules_of_each_start() -> Result<()> {
    let mut candor = Candor::start(&shop(INTEREST)).await?;
    for (user, says) in [("quiet", json!({})), ("keen", json!({ "support": true }))] {
        let event = json!({ "event": "Bought", "id": user, "user_id": user, "consent": says });
        let told = send(&candor, event).await?;
        ensure!(told["outcome"] == "accepted", "{told}");
    }
    let session = candor.session().await?;
    let key = json!({ "kind": "token", "name": "desk", "purposes": ["support", "operate"] });
    let made = candor.manage(&session, reqwest::Method::POST, "/api/keys", &key).await?;
    candor.token = made["key"].as_str().context("a token")?.to_owned();
    ensure!(candor.total("support", None).await? == 2);

    // Before it is in force, somebody looks at what it would do.
    let narrow = candor.data().with_file_name("narrow.toml");
    std::fs::write(&narrow, shop(""))?;
    let asked =
        candor.run(&["law", "effect", "--json", "--with", &narrow.display().to_string()])?;
    let effect: Value = serde_json::from_slice(&asked.stdout)?;
    let expected = json!([{
        "source": "backend", "declared": true, "closes": ["support"], "reopens": [],
        "verdicts": 2, "verdicts_narrowed": 1,
    }]);
    ensure!(effect == expected, "{effect}");
    ensure!(candor.total("support", None).await? == 2, "looking changes nothing");

    // Once while the rows are in the journal alone, and once from files.
    for way in ["killed", "stopped"] {
        if way == "killed" {
            candor.kill()?
        } else {
            candor.stop().await?
        }
        candor.reconfigure(&shop(""))?;
        candor.restart().await?;
        ensure!(candor.total("support", None).await? == 1, "only who agreed is shown: {way}");
        ensure!(candor.total("operate", None).await? == 2, "a contract is a contract: {way}");
        candor.stop().await?;
        candor.reconfigure(SOURCES.split("[sources.backend]").next().context("the site alone")?)?;
        candor.restart().await?;
        ensure!(candor.total("operate", None).await? == 0, "of no source nothing is shown: {way}");
        candor.stop().await?;
        candor.reconfigure(&shop(INTEREST))?;
        candor.restart().await?;
        ensure!(candor.total("support", None).await? == 2, "what was admitted is there: {way}");
    }
    ensure!(candor.said().contains("close purposes of what is stored"), "it is told");
    candor.stop().await?;
    ensure!(holds(&candor.data().join("ledger"), "\"fact\":\"rejudged\"")?, "it is a fact");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restricted_data_is_kept_and_shown_to_nobody_until_that_is_lifted() -> Result<()> {
    let mut candor = Candor::start(SOURCES).await?;
    for user in ["u1", "u2"] {
        send(&candor, event(user, 1)).await?;
    }
    let restrict = |candor: &Candor, more: &[&str]| {
        candor.run(&[&["restrict", "--user-id", "u1", "--json"], more].concat())
    };
    let told = restrict(&candor, &[])?;
    let told: Value = serde_json::from_slice(&told.stdout)?;
    ensure!(told["restricted_since"].is_string(), "{told}");
    for way in ["at once", "after a kill", "from files"] {
        match way {
            "after a kill" => candor.kill()?,
            "from files" => candor.stop().await?,
            _ => {}
        }
        if way != "at once" {
            candor.restart().await?;
        }
        ensure!(candor.total("analyse", None).await? == 1, "{way}");
        ensure!(candor.total("measure", None).await? == 1, "{way}");
    }
    // Asked again it is restricted since the first time, and what comes meanwhile is kept.
    let again: Value = serde_json::from_slice(&restrict(&candor, &[])?.stdout)?;
    ensure!(again == told, "{again}");
    ensure!(send(&candor, event("u1", 2)).await?["outcome"] == "accepted");
    ensure!(candor.total("analyse", None).await? == 1);
    let lifted: Value = serde_json::from_slice(&restrict(&candor, &["--lift"])?.stdout)?;
    ensure!(lifted["restricted_since"].is_null(), "{lifted}");
    ensure!(candor.total("analyse", None).await? == 3);
    candor.kill()?;
    candor.restart().await?;
    ensure!(candor.total("analyse", None).await? == 3, "lifted is lifted");
    Ok(())
}
