//! keep: what was acknowledged is there after any kind of death, once; what was not may be sent
//! again.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use it::Candor;
use it::program::SOURCES;
use serde_json::{Value, json};
use sqlx::Connection as _;

mod control;
mod kill;
mod power;
mod traffic;

use traffic::{batch, counted, send};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_kept_can_be_asked_about_within_a_second() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    send(&candor, &batch(0, 0, 0)).await?;
    let found = counted(&candor).await?;
    ensure!(found == vec![("cycle-0".to_owned(), 5)], "{found:?}");
    Ok(())
}

/// The program on a journal of three requests, of which one bit is not as it was written.
struct Flipped {
    candor: Candor,
    segment: PathBuf,
    /// The segment as it was written.
    whole: Vec<u8>,
    place: usize,
}

impl Flipped {
    async fn at(place: impl FnOnce(&[u8]) -> usize) -> Result<Self> {
        let mut candor = Candor::start(SOURCES).await?;
        for number in 0..3 {
            send(&candor, &batch(0, 0, number)).await?;
        }
        candor.kill()?;
        let mut segments = std::fs::read_dir(candor.data().join("journal"))?;
        let segment = segments.next().context("a segment")??.path();
        let whole = std::fs::read(&segment)?;
        let place = place(&whole);
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        std::fs::write(&segment, bytes)?;
        candor.restart().await?;
        Ok(Self { candor, segment, whole, place })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_length_in_the_journal_hides_nothing_behind_it() -> Result<()> {
    // A length in the middle: the head of each frame is its length and the checksum of that.
    let Flipped { mut candor, segment, whole, place } = Flipped::at(second_frame).await?;
    ensure!(counted(&candor).await? == vec![("cycle-0".to_owned(), 10)], "two frames are there");
    // Folded, the segment is gone, and what lies aside can still be opened with its key.
    candor.stop().await?;
    ensure!(!segment.exists(), "the segment is in files");
    let aside = candor.data().join(format!("quarantine/000000000001-{place}.bytes"));
    let aside = std::fs::read(aside)?;
    ensure!(whole[place + 8..].starts_with(&aside[8..]), "its bytes lie aside");
    ensure!(key_is_there(&candor).await?, "the segment's key is there for them");
    Ok(())
}

/// Whether the vault still has the key of the first segment.
async fn key_is_there(candor: &Candor) -> Result<bool> {
    let keys = format!("sqlite://{}?mode=ro", candor.data().join("keys.db").display());
    let mut keys = sqlx::SqliteConnection::connect(&keys).await?;
    let count = "select count(*) from segment_keys where segment = 1";
    let count: i64 = sqlx::query_scalar(count).fetch_one(&mut keys).await?;
    Ok(count == 1)
}

/// Where the second frame that holds events begins, behind the first one.
fn second_frame(bytes: &[u8]) -> usize {
    let mut place = 8;
    let mut frames = Vec::new();
    while let Some(length) = bytes[place..].first_chunk::<4>() {
        frames.push(place);
        place += 8 + u32::from_le_bytes(*length) as usize;
    }
    frames[frames.len() - 2]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_refers_to_a_lost_name_is_kept_aside_and_never_misread() -> Result<()> {
    // The first frame names the event, its properties, the person and the verdict.
    let Flipped { candor, .. } = Flipped::at(|_| 30).await?;
    ensure!(counted(&candor).await?.is_empty(), "rows of nobody, under no verdict, are not shown");
    ensure!(candor.said().contains("refer to something"), "it is said: {}", candor.said());
    send(&candor, &batch(1, 1, 0)).await?;
    ensure!(
        counted(&candor).await? == vec![("cycle-1".to_owned(), 5)],
        "and what is new is itself"
    );
    // Their clients may send them again.
    send(&candor, &batch(0, 0, 2)).await?;
    let found = counted(&candor).await?;
    ensure!(found.contains(&("cycle-0".to_owned(), 5)), "{found:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_in_the_journal_is_reported_and_costs_only_its_frame() -> Result<()> {
    let Flipped { candor, .. } = Flipped::at(|bytes| bytes.len() - 40).await?;
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
