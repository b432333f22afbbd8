//! erase: forgotten means invisible at once, gone from files, refused when it comes back late.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use it::program::SOURCES;
use it::{Candor, eventually};
use serde_json::{Value, json};

fn event(user: &str, number: u32) -> Value {
    json!({
        "event": "Product Viewed",
        "id": format!("{user}-{number}"),
        "user_id": user,
        "properties": { "category": user, "name": format!("secret-of-{user}") },
        "consent": { "measure": true, "analyse": true },
    })
}

async fn send(candor: &Candor, events: Vec<Value>) -> Result<Vec<Value>> {
    let answer =
        candor.collect(&candor.server_key, "/v1/events", &json!({ "events": events })).await?;
    Ok(answer["results"].as_array().context("results")?.clone())
}

/// The program's answer to a verb, with its exit code.
fn run(candor: &Candor, arguments: &[&str]) -> Result<(i32, Value)> {
    let output = candor.run(arguments)?;
    let code = output.status.code().context("it ended by itself")?;
    Ok((code, serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forgotten_person_is_invisible_at_once_and_stays_gone() -> Result<()> {
    let mut candor = Candor::start(SOURCES).await?;
    // One part of what they did is in files already, the rest is fresh.
    send(&candor, (0..5).flat_map(|number| [event("ada", number), event("bob", number)]).collect())
        .await?;
    candor.stop().await?;
    candor.restart().await?;
    send(&candor, (5..8).flat_map(|number| [event("ada", number), event("bob", number)]).collect())
        .await?;
    ensure!(candor.total("measure", None).await? == 16, "all is there before");

    let (code, erasure) = run(&candor, &["erase", "--user-id", "ada", "--json"])?;
    ensure!(code == 0, "erase ended with {code}: {erasure}");
    ensure!(erasure["keys_destroyed"].as_u64() >= Some(1), "the key is gone: {erasure}");
    ensure!(candor.total("measure", None).await? == 8, "no question sees them any more");
    let live = candor.get("/api/events?purpose=analyse&limit=100").await?;
    let seen = |live: &Value| live.to_string().contains("ada");
    ensure!(!seen(&live), "the live list does not either");
    let (code, _) = run(&candor, &["export", "--user-id", "ada"])?;
    ensure!(code == 3, "there is nobody of that name to export: {code}");

    let late = send(&candor, vec![event("ada", 3)]).await?;
    ensure!(late[0]["outcome"] != "accepted", "the late duplicate is not kept: {late:?}");
    let mut old = event("ada", 99);
    old["time"] = json!("2026-01-01T00:00:00Z");
    let late = send(&candor, vec![old]).await?;
    ensure!(
        late[0]["code"] == "forgotten",
        "what was collected before the erasure is refused: {late:?}"
    );

    let id = erasure["erasure"].as_str().context("an id")?.to_owned();
    let path = format!("/api/erasures/{id}");
    let done = eventually(Duration::from_secs(30), async || {
        let (_, erasure) = run(&candor, &["erasures", "--json"])?;
        let list = erasure.as_array().context("a list")?;
        let found =
            list.iter().find(|one| one["erasure"] == id.as_str()).context("it is listed")?;
        ensure!(found["state"] == "done", "{found} ({path})");
        Ok(found.clone())
    });
    let done = done.await?;
    ensure!(done["rows_removed"].as_u64() >= Some(5), "the files were written anew: {done}");

    candor.restart().await?;
    ensure!(candor.total("measure", None).await? == 8, "a restart brings nothing back");
    let (code, report) = run(&candor, &["verify", "--json"])?;
    ensure!(code == 0 && report["ok"] == true, "the ledger is whole: {report}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_shows_one_person_and_only_what_the_purpose_may_see() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let mut counted = event("bob", 1);
    counted["consent"] = json!({ "measure": true });
    send(&candor, vec![event("ada", 1), counted]).await?;
    let output = candor.run(&["export", "--user-id", "ada", "--purpose", "analyse"])?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success() && text.lines().count() == 1, "one line: {text}");
    ensure!(text.contains("secret-of-ada") && !text.contains("bob"), "their own data: {text}");
    let output = candor.run(&["export", "--user-id", "bob", "--purpose", "analyse"])?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(text.trim().is_empty(), "not analysed without a yes to it: {text}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn erasures_at_once_are_each_carried_out_once() -> Result<()> {
    let mut candor = Candor::start(SOURCES).await?;
    let people: Vec<String> = (0..8).map(|number| format!("person-{number}")).collect();
    send(&candor, people.iter().map(|person| event(person, 1)).collect()).await?;
    // What they did goes into files, and their keys are made.
    candor.stop().await?;
    candor.restart().await?;
    ensure!(candor.total("measure", None).await? == 8, "all are there before");
    let asked = people.iter().map(|person| {
        let mut erase = candor.command(&["erase", "--user-id", person, "--json"]);
        erase.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn()
    });
    let asked: Vec<std::process::Child> = asked.collect::<std::io::Result<_>>()?;
    for child in asked {
        let output = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "an erasure failed: {said}");
    }
    ensure!(candor.total("measure", None).await? == 0, "nobody is seen any more");
    eventually(Duration::from_secs(60), async || {
        let (_, erasures) = run(&candor, &["erasures", "--json"])?;
        let list = erasures.as_array().context("a list")?;
        ensure!(list.len() == people.len(), "each has its own: {erasures}");
        for one in list {
            ensure!(one["state"] == "done" && one["keys_destroyed"] == 1, "{one}");
        }
        Ok(())
    })
    .await?;
    let (code, report) = run(&candor, &["verify", "--json"])?;
    ensure!(code == 0 && report["ok"] == true, "the ledger is whole: {report}");
    let said = candor.said();
    ensure!(!said.contains("could not be carried out"), "they got in each other's way: {said}");
    Ok(())
}

/// Copies a directory with all it holds.
fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let (entry, target) = (entry?, to.to_owned());
        let target = target.join(entry.file_name());
        match entry.file_type()? {
            kind if kind.is_dir() => copy(&entry.path(), &target)?,
            kind if kind.is_file() => drop(std::fs::copy(entry.path(), target)?),
            _ => {}
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_that_the_journal_lost_still_holds() -> Result<()> {
    let mut candor = Candor::start(SOURCES).await?;
    send(&candor, vec![event("ada", 1), event("bob", 1)]).await?;
    candor.stop().await?;
    let kept = tempfile::tempdir()?;
    copy(&candor.data(), kept.path())?;
    candor.restart().await?;
    ensure!(run(&candor, &["erase", "--user-id", "ada"])?.0 == 0, "ada is erased");
    candor.stop().await?;
    // Everything is as before the erasure, as if its frame had been lost; the tombstones stand.
    let tombstones = std::fs::read(candor.data().join("tombstones.log"))?;
    std::fs::remove_dir_all(candor.data())?;
    copy(kept.path(), &candor.data())?;
    std::fs::write(candor.data().join("tombstones.log"), tombstones)?;
    candor.restart().await?;
    ensure!(candor.total("measure", None).await? == 1, "only bob is seen");
    let mut old = event("ada", 2);
    old["time"] = json!("2026-01-01T00:00:00Z");
    let late = send(&candor, vec![old]).await?;
    ensure!(late[0]["code"] == "forgotten", "what was before stays out: {late:?}");
    ensure!(run(&candor, &["export", "--user-id", "ada"])?.0 == 3, "and nobody exports it");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_again_after_an_erasure_stays_out() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let bare = json!({
        "event": "Product Viewed", "user_id": "ada", "consent": { "measure": true },
    });
    let choice = json!({ "user_id": "ada", "purposes": { "measure": true } });
    candor.collect(&candor.server_key, "/v1/consent", &choice).await?;
    ensure!(send(&candor, vec![bare.clone()]).await?[0]["outcome"] == "accepted", "at first");
    ensure!(run(&candor, &["erase", "--user-id", "ada"])?.0 == 0, "ada is erased");

    let again = send(&candor, vec![bare.clone()]).await?;
    ensure!(again[0]["code"] == "forgotten", "no id, no time, and no way back: {again:?}");
    let consent = reqwest::Client::new().post(format!("{}/v1/consent", candor.url));
    let consent = consent.basic_auth(&candor.server_key, Some("")).json(&choice).send().await?;
    ensure!(consent.status() == 403, "the consent does not come back: {}", consent.status());
    ensure!(consent.json::<Value>().await?["code"] == "forgotten", "and says so");
    ensure!(candor.total("measure", None).await? == 0, "nothing is there");
    // A time that cannot be is none.
    let mut new = bare;
    new["time"] = json!("2039-01-01T00:00:00Z");
    ensure!(send(&candor, vec![new.clone()]).await?[0]["code"] == "forgotten", "no time at all");
    new["id"] = json!("a-new-one");
    let told = send(&candor, vec![new.clone()]).await?;
    ensure!(told[0]["code"] == "forgotten", "nor does an id say when it was: {told:?}");
    new["time"] = Value::Null;
    let new = send(&candor, vec![new]).await?;
    ensure!(new[0]["outcome"] == "accepted", "an id of its own: {new:?}");
    Ok(())
}

/// Three readers of one address: whom it was kept whole for, who may see its coarse form where no
/// more was kept, and who may see neither.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_coarse_value_is_shown_to_whom_it_was_made_coarse_for() -> Result<()> {
    let guarded = "[sources.guarded]\nkind = \"server\"\naudience = \"general\"\n\
         markets = [\"EU\"]\nis_test = true\nbases = { secure = \"legitimate-interest\" }\n";
    let candor = Candor::start(&format!("{SOURCES}\n{guarded}")).await?;
    let key = ["keys", "create", "--json", "--kind", "server", "--source", "guarded"];
    let key: Value = serde_json::from_slice(&candor.run(&key)?.stdout)?;
    let key = key["key"].as_str().context("a key")?.to_owned();
    let call = |user: &str| {
        json!({
            "event": "Product Viewed", "userId": user, "messageId": user,
            "context": {
                "ip": "203.0.113.77",
                "consent": { "categoryPreferences": { "measure": true, "analyse": true } },
            },
        })
    };
    candor.collect(&candor.server_key, "/v1/track", &call("coarse")).await?;
    candor.collect(&key, "/v1/track", &call("whole")).await?;
    for (user, purpose, shown) in [
        ("coarse", "analyse", Some("203.0.113.0")),
        ("coarse", "measure", None),
        ("whole", "secure", Some("203.0.113.77")),
        ("whole", "analyse", None),
    ] {
        let output = candor.run(&["export", "--user-id", user, "--purpose", purpose])?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let event: Value = serde_json::from_str(text.trim()).with_context(|| text.clone())?;
        let found = event["properties"]["context.ip"].as_str();
        ensure!(found == shown, "{user} for {purpose}: {text}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_does_not_keep_an_erasure_from_the_others() -> Result<()> {
    let mut candor = Candor::start(SOURCES).await?;
    let rows = candor.data().join("lake/rows");
    send(&candor, vec![event("ada", 1)]).await?;
    candor.stop().await?;
    let first = std::fs::read_dir(&rows)?.next().context("a file")??.path();
    candor.restart().await?;
    send(&candor, vec![event("bob", 1)]).await?;
    candor.stop().await?;
    let whole = std::fs::read(&first)?;
    let mut damaged = whole.clone();
    let half = damaged.len() / 2;
    damaged[half..].fill(0);
    std::fs::write(&first, damaged)?;
    candor.restart().await?;

    let (code, erasure) = run(&candor, &["erase", "--user-id", "bob", "--json"])?;
    ensure!(code == 0, "erase ended with {code}: {erasure}");
    let found = async |state: &str| {
        let (_, erasures) = run(&candor, &["erasures", "--json"])?;
        let one = erasures[0].clone();
        ensure!(one["state"] == state && one["rows_removed"] == 1, "{erasures}");
        Ok(())
    };
    eventually(Duration::from_secs(30), async || found("rewriting").await).await?;
    ensure!(candor.said().contains("restore them from a backup"), "{}", candor.said());

    candor.stop().await?;
    std::fs::write(&first, whole)?;
    candor.restart().await?;
    let done = async || {
        let (_, erasures) = run(&candor, &["erasures", "--json"])?;
        ensure!(erasures[0]["state"] == "done", "{erasures}");
        Ok(())
    };
    eventually(Duration::from_secs(30), done).await
}
