//! The command line and the API's edge, as somebody meets them who makes mistakes.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use it::Candor;
use it::program::{SOURCES, binary};
use serde_json::{Value, json};

/// The program's answer to a verb, with its exit code.
fn run(candor: &Candor, arguments: &[&str]) -> Result<(i32, Value)> {
    let output = candor.run(arguments)?;
    let code = output.status.code().context("it ended by itself")?;
    Ok((code, serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)))
}

async fn people(candor: &Candor) -> Result<u64> {
    let series = json!([{ "event": "Seen", "count": "people" }]);
    let answer = candor.trend("measure", &series, None).await?;
    answer["series"][0]["total"].as_f64().map(|total| total as u64).context("a total")
}

/// How many events an export of an id holds.
fn exported(candor: &Candor, arguments: &[&str]) -> Result<usize> {
    let output = candor.run(&[&["export", "--purpose", "analyse"], arguments].concat())?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().count())
}

/// Events of a user and of a device, in this order, and the link between them.
async fn link(candor: &Candor, first: (&str, &str), second: (&str, &str)) -> Result<()> {
    let consent = json!({ "measure": true, "analyse": true, "link-devices": true });
    for (field, id) in [first, second] {
        let properties = json!({ "name": format!("of-{id}") });
        let mut event = json!({ "event": "Seen", "id": id, "properties": properties });
        event[field] = json!(id);
        event["consent"] = consent.clone();
        let events = json!({ "events": [event] });
        let answer = candor.collect(&candor.server_key, "/v1/events", &events).await?;
        ensure!(answer["results"][0]["outcome"] == "accepted", "{answer}");
    }
    let (user, device) = if first.0 == "user_id" { (first, second) } else { (second, first) };
    let call = json!({
        "userId": user.1, "anonymousId": device.1, "messageId": format!("link-{}", user.1),
        "context": { "consent": { "categoryPreferences": consent } },
    });
    candor.collect(&candor.server_key, "/v1/identify", &call).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_can_be_undone_and_stays_undone() -> Result<()> {
    let mut candor = Candor::start(SOURCES).await?;
    // Once the device is the older id and names the person, once the user.
    link(&candor, ("device_id", "d1"), ("user_id", "u1")).await?;
    link(&candor, ("user_id", "u2"), ("device_id", "d2")).await?;
    candor.stop().await?;
    candor.restart().await?;
    ensure!(people(&candor).await? == 2, "two persons of two ids each");

    let body = json!({ "device_id": "d1" });
    let refused = candor.post("/api/people/unlink", &body).await.unwrap_err().to_string();
    ensure!(refused.contains("not-a-manager"), "a token may not: {refused}");
    ensure!(people(&candor).await? == 2, "and nothing happened");
    let (code, answer) = run(&candor, &["unlink", "--device-id", "d1", "--json"])?;
    ensure!(code == 0 && answer["person"] != answer["others"], "{code}: {answer}");
    ensure!(people(&candor).await? == 3, "the older id left");
    let (code, answer) = run(&candor, &["unlink", "--device-id", "d2", "--json"])?;
    ensure!(code == 0, "{code}: {answer}");
    ensure!(people(&candor).await? == 4, "the younger id left");

    let (code, answer) = run(&candor, &["unlink", "--user-id", "u1", "--json"])?;
    ensure!(code == 4 && answer["code"] == "not-linked", "nothing to undo: {code}: {answer}");
    let (code, _) = run(&candor, &["unlink", "--user-id", "nobody"])?;
    ensure!(code == 3, "nobody of that name: {code}");
    for round in ["journal", "folded"] {
        candor.stop().await?;
        candor.restart().await?;
        ensure!(people(&candor).await? == 4, "a restart keeps them apart ({round})");
    }
    for (id, events) in [("u1", 2), ("u2", 2)] {
        ensure!(exported(&candor, &["--user-id", id])? == events, "their own events: {id}");
    }
    for id in ["d1", "d2"] {
        ensure!(exported(&candor, &["--device-id", id])? == 1, "their own event: {id}");
    }
    Ok(())
}

/// What the program says when it has no installation, with its exit code.
fn alone(folder: &Path, arguments: &[&str]) -> Result<(i32, Value, String)> {
    let mut command = std::process::Command::new(binary());
    let output = command.args(arguments).current_dir(folder).output()?;
    let code = output.status.code().context("it ended by itself")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok((code, serde_json::from_slice(&output.stdout).unwrap_or(Value::Null), said))
}

#[test]
fn a_configuration_that_cannot_work_is_refused_by_key_and_origin() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("candor.toml");
    let wrong = [
        ("[time]\nzone = \"Mars/X\"", "`time.zone`", "Mars/X", "Europe/Berlin"),
        ("[server]\nquestion_threads = 0", "`server.question_threads`", "0", "1 or more"),
        ("[sources.web]\nkind = \"site\"\nmarkets = [\"ZZ\"]", "`sources.web.markets`", "ZZ", "DE"),
        ("[srv]\nlisten = \"x\"", "`srv.listen`", "unknown field `srv`", "config print"),
        ("[server]\nregion = \"x\"", "`server.region`", "u8", "config print"),
        ("[server", "candor.toml", "no TOML", "candor.toml"),
    ];
    for (text, key, value, remedy) in wrong {
        std::fs::write(&file, text)?;
        let verbs = [["config", "print"].as_slice(), &["serve"], &["erasures"]];
        for verb in verbs {
            let flags = ["--config", "candor.toml", "--json"];
            let (code, answer, said) = alone(folder.path(), &[verb, &flags].concat())?;
            ensure!(code == 2 && answer["code"] == "configuration", "{code}: {answer} {said}");
            let told = [key, value, remedy, "candor.toml"].iter().all(|part| said.contains(part));
            ensure!(told, "`{text}` is answered by {said}");
            let detail = answer["detail"].as_str().context("a detail")?;
            let lines: Vec<&str> = detail.lines().collect();
            ensure!(said.matches(lines[0]).count() == 1, "each cause once: {said}");
        }
    }
    let (code, answer, said) =
        alone(folder.path(), &["erasures", "--config", "no.toml", "--json"])?;
    ensure!(code == 2 && said.matches("os error").count() == 1, "{code}: {answer} {said}");
    Ok(())
}

#[test]
fn the_configuration_is_printed_as_values() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (code, answer, _) = alone(folder.path(), &["config", "print", "--origin", "--json"])?;
    ensure!(code == 0, "{code}");
    ensure!(answer["server.listen"]["value"] == "127.0.0.1:8787", "{answer}");
    ensure!(answer["server.region"]["value"] == 0, "{answer}");
    ensure!(answer["sources.shop-web.markets"]["value"] == json!(["EU"]), "{answer}");
    Ok(())
}

#[test]
fn a_directory_without_an_installation_is_unavailable() -> Result<()> {
    let folder = tempfile::tempdir()?;
    for verb in [["erasures"].as_slice(), &["keys", "list"], &["unlink", "--user-id", "u"]] {
        let arguments = [verb, &["--data", "none", "--json"]].concat();
        let (code, answer, said) = alone(folder.path(), &arguments)?;
        ensure!(code == 69 && answer["code"] == "no-installation", "{code}: {answer} {said}");
        ensure!(said.contains("no installation in `none`"), "{said}");
        ensure!(!folder.path().join("none").exists(), "and none was made");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_stops_reading_ends_a_verb_quietly() -> Result<()> {
    let mut candor = Candor::start(SOURCES).await?;
    let trend = ["query", "trend", "--from", "2026-01-01", "--to", "2026-12-01"];
    for verb in [trend.as_slice(), &["config", "print"], &["keys", "list"], &["verify"]] {
        let (reader, writer) = std::io::pipe()?;
        drop(reader);
        let mut command = candor.command(verb);
        command.arg("--root-key").arg(candor.root_key());
        let output = command.stdout(writer).stderr(Stdio::piped()).output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.code() == Some(0) && said.is_empty(), "{verb:?}: {output:?}");
    }
    candor.stop().await?;
    std::fs::rename(candor.root_key(), candor.root_key().with_extension("away"))?;
    let output = candor.command(&["erasures"]).arg("--root-key").arg(candor.root_key()).output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.code() == Some(1), "{output:?}");
    ensure!(said.contains("the one that was made for it") && !said.contains("os error"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_edge_of_the_api_answers_with_problems() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let http = reqwest::Client::new();
    let at = |path: &str| format!("{}{path}", candor.url);
    for path in ["/api/sources", "/v1/events", "/readyz"] {
        let answer = http.put(at(path)).send().await?;
        let (status, allow) = (answer.status(), answer.headers().contains_key("allow"));
        let problem: Value = answer.json().await?;
        ensure!(status == 405 && allow, "{path}: {status}");
        ensure!(problem["code"] == "method-not-allowed", "{path}: {problem}");
    }
    for bytes in [40_000, 200_000] {
        let answer = http.get(at("/readyz")).header("x-much", "x".repeat(bytes)).send().await?;
        let status = answer.status();
        let problem: Value = answer.json().await.with_context(|| format!("{bytes}: {status}"))?;
        ensure!(status == 431 && problem["code"] == "headers-too-large", "{status}: {problem}");
    }
    let body = json!({ "user_id": "u", "purpose": "analyse" });
    let refused = candor.post("/api/people/export", &body).await.unwrap_err().to_string();
    ensure!(refused.contains("actor-not-allowed"), "{refused}");
    ensure!(refused.contains("a token may not export"), "the verb is missing: {refused}");
    let body = json!({ "user_id": "u", "purpose": "sell" });
    let refused = candor.post("/api/people/export", &body).await.unwrap_err().to_string();
    ensure!(!refused.contains("a token may not export"), "the purpose is missing: {refused}");
    Ok(())
}
