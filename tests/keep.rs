//! keep: what was acknowledged is there after any kind of death, once; what was not may be sent
//! again.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use it::Candor;
use it::program::SOURCES;
use serde_json::{Value, json};

/// Deaths in the long test, each at a moment drawn by chance.
const DEATHS: u64 = 100;
/// Clients that send at once.
const CLIENTS: u64 = 4;

/// One client's life between two deaths: what it sent, and whether it heard that it was kept.
struct Sent {
    cycle: u64,
    events: Value,
    acknowledged: bool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_twice_over_a_hundred_kills() -> Result<()> {
    let mut candor = Candor::start(SOURCES).await?;
    let mut chance = fastrand::Rng::with_seed(41);
    let mut unheard: Vec<Sent> = Vec::new();
    let mut expected = vec![0u64; DEATHS as usize];
    for cycle in 0..DEATHS {
        let clients: Vec<_> = (0..CLIENTS).map(|client| live(&candor, cycle, client)).collect();
        pass(Duration::from_millis(chance.u64(5..120))).await;
        candor.kill()?;
        let mut sent = Vec::new();
        for client in clients {
            sent.extend(client.await?);
        }
        candor.restart().await?;
        for one in sent {
            let count = one.events.as_array().map_or(0, Vec::len) as u64;
            expected[one.cycle as usize] += count;
            if !one.acknowledged {
                unheard.push(one);
            }
        }
        // A client that heard nothing sends the same events again, as official clients do.
        for one in unheard.drain(..) {
            send(&candor, &one.events).await.context("a retry after the restart")?;
        }
    }
    let found = counted(&candor).await?;
    for (cycle, expected) in expected.iter().enumerate() {
        let found = found.iter().find(|(name, _)| *name == format!("cycle-{cycle}"));
        ensure!(
            found.map_or(0, |(_, count)| *count) == *expected,
            "cycle {cycle}: {found:?}, sent {expected}"
        );
    }
    ensure!(expected.iter().sum::<u64>() > DEATHS, "the clients sent something in most lives");
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the moment of death is what this test draws")]
async fn pass(life: Duration) {
    tokio::time::sleep(life).await;
}

/// A client sends until the program is gone; the last request never hears its answer.
fn live(candor: &Candor, cycle: u64, client: u64) -> tokio::task::JoinHandle<Vec<Sent>> {
    let (url, key) = (candor.url.clone(), candor.server_key.clone());
    tokio::spawn(async move {
        let http = reqwest::Client::new();
        let mut sent = Vec::new();
        for number in 0.. {
            let events = batch(cycle, client, number);
            let request = http.post(format!("{url}/v1/events")).bearer_auth(&key);
            let answer = request.json(&json!({ "events": events })).send().await;
            let acknowledged = answer.is_ok_and(|answer| answer.status() == 200);
            sent.push(Sent { cycle, events, acknowledged });
            if !acknowledged {
                break;
            }
        }
        sent
    })
}

fn batch(cycle: u64, client: u64, number: u64) -> Value {
    let events = (0..5).map(|event| {
        json!({
            "event": "Product Viewed",
            "id": format!("{cycle}-{client}-{number}-{event}"),
            "user_id": format!("user-{client}"),
            "properties": { "category": format!("cycle-{cycle}") },
            "consent": { "measure": true, "analyse": true },
        })
    });
    events.collect()
}

async fn send(candor: &Candor, events: &Value) -> Result<()> {
    let answer =
        candor.collect(&candor.server_key, "/v1/events", &json!({ "events": events })).await?;
    let results = answer["results"].as_array().context("results")?;
    let is_kept =
        |result: &Value| result["outcome"] == "accepted" || result["outcome"] == "duplicate";
    ensure!(results.iter().all(is_kept), "{answer}");
    Ok(())
}

/// Events by the life that they were sent in.
async fn counted(candor: &Candor) -> Result<Vec<(String, u64)>> {
    let series = json!([{ "event": "Product Viewed", "count": "events" }]);
    let question = json!({
        "purpose": "measure", "from": "2020-01-01T00:00:00Z", "to": "2040-01-01T00:00:00Z",
        "interval": "month", "series": series, "breakdown": "category", "limit": DEATHS + 1,
    });
    let answer = candor.post("/api/query/trend", &question).await?;
    let lines = answer["series"].as_array().context("series")?;
    let line = |line: &Value| {
        let name = line["breakdown"].as_str()?.to_owned();
        Some((name, line["total"].as_f64()? as u64))
    };
    Ok(lines.iter().filter_map(line).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_kept_can_be_asked_about_within_a_second() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    send(&candor, &batch(0, 0, 0)).await?;
    let found = counted(&candor).await?;
    ensure!(found == vec![("cycle-0".to_owned(), 5)], "{found:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_in_the_journal_is_reported_and_costs_only_its_frame() -> Result<()> {
    let mut candor = Candor::start(SOURCES).await?;
    for number in 0..3 {
        send(&candor, &batch(0, 0, number)).await?;
    }
    candor.kill()?;
    let journal = candor.data().join("journal");
    let segment = std::fs::read_dir(&journal)?.next().context("a segment")??.path();
    let mut bytes = std::fs::read(&segment)?;
    let place = bytes.len() - 40;
    bytes[place] ^= 1;
    std::fs::write(&segment, bytes)?;
    candor.restart().await?;
    let found = counted(&candor).await?;
    ensure!(found == vec![("cycle-0".to_owned(), 10)], "{found:?}");
    let aside = std::fs::read_dir(candor.data().join("quarantine"))?.count();
    ensure!(aside == 1, "the damaged bytes are kept aside");
    ensure!(candor.said().contains("do not authenticate"), "it is said: {}", candor.said());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_id_of_an_event_cannot_be_used_up_by_somebody_else() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let event = |whose: &str, id: &str| {
        let mut event = json!({
            "event": "Product Viewed", "id": id, "consent": { "measure": true },
        });
        event[whose] = json!(if whose == "user_id" { "ada" } else { whose });
        if whose != "user_id" {
            event["device_id"] = json!(whose);
        }
        json!({ "events": [event] })
    };
    let send = async |key: &str, body: &Value| -> Result<String> {
        let answer = candor.collect(key, "/v1/events", body).await?;
        Ok(answer["results"][0]["outcome"].as_str().unwrap_or("?").to_owned())
    };
    // Somebody with the public key saw the id and is first, from a device of theirs.
    ensure!(send(&candor.site_key, &event("thief", "order-1")).await? == "accepted");
    ensure!(send(&candor.site_key, &event("honest", "order-1")).await? == "accepted");
    ensure!(send(&candor.server_key, &event("user_id", "order-1")).await? == "accepted");
    // The same event again is the same event.
    for (key, whose) in [(&candor.site_key, "honest"), (&candor.server_key, "user_id")] {
        ensure!(send(key, &event(whose, "order-1")).await? == "duplicate", "{whose}");
    }
    ensure!(candor.total("measure", None).await? == 3, "each is there once");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_wrote_is_set_aside_and_what_others_may_read_is_closed() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut candor = Candor::start(SOURCES).await?;
    let mode = |name: &str| -> Result<u32> {
        Ok(std::fs::metadata(candor.data().join(name))?.permissions().mode() & 0o777)
    };
    for (name, wanted) in [
        ("", 0o700),
        ("journal", 0o700),
        ("quarantine", 0o700),
        ("vault.db", 0o600),
        ("vault.db-wal", 0o600),
        ("keys.db", 0o600),
        ("tombstones.log", 0o600),
        ("lock", 0o600),
    ] {
        ensure!(mode(name)? == wanted, "`{name}` has mode {:o}", mode(name)?);
    }
    ensure!(!candor.said().contains("others could read"), "nothing had to be closed");
    let body = json!({ "events": [{
        "event": "Product Viewed", "user_id": "ada", "id": "1", "consent": { "measure": true },
    }] });
    candor.collect(&candor.server_key, "/v1/events", &body).await?;

    let other = Candor::start(SOURCES).await?;
    other.collect(&other.server_key, "/v1/events", &body).await?;
    let of_others = std::fs::read_dir(other.data().join("journal"))?.next().context("a file")??;
    candor.stop().await?;
    let journal = candor.data().join("journal");
    std::fs::copy(of_others.path(), journal.join("000000009999.journal"))?;
    std::fs::write(journal.join("000000009998.journal"), "something else altogether")?;
    let vault = candor.data().join("vault.db");
    std::fs::set_permissions(&vault, std::fs::Permissions::from_mode(0o644))?;
    candor.restart().await?;

    ensure!(candor.total("measure", None).await? == 1, "what is ours is all there");
    ensure!(vault.metadata()?.permissions().mode() & 0o777 == 0o600, "closed again");
    let said = candor.said();
    ensure!(said.contains("others could read this"), "and said so: {said}");
    ensure!(said.contains("000000009999.journal"), "the log names the file: {said}");
    let aside = candor.data().join("quarantine");
    let mut names: Vec<String> = std::fs::read_dir(&aside)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_>>()?;
    names.sort();
    ensure!(names == ["000000009998-foreign-0.journal", "000000009999-foreign-0.journal"]);
    let concerns = local(&candor, "/api/status").await?["concerns"].clone();
    ensure!(concerns.as_array().map(Vec::len) == Some(2), "both are reported: {concerns}");
    ensure!(concerns[0]["code"] == "file-quarantined", "{concerns}");
    ensure!(concerns[1]["file"] == "quarantine/000000009999-foreign-0.journal", "{concerns}");
    candor.collect(&candor.server_key, "/v1/events", &body).await?;
    Ok(())
}

/// Asks through the machine's own socket.
async fn local(candor: &Candor, path: &str) -> Result<Value> {
    let socket = candor.data().join("candor.sock");
    let http = reqwest::Client::builder().unix_socket(socket).build()?;
    Ok(http.get(format!("http://candor{path}")).send().await?.error_for_status()?.json().await?)
}
