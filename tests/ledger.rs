//! ledger: somebody with its files and the public key sees every change.

use anyhow::{Context, Result, ensure};
use it::Candor;
use it::program::SOURCES;
use serde_json::{Value, json};

async fn with_facts() -> Result<Candor> {
    let mut candor = Candor::start(SOURCES).await?;
    for number in 0..3 {
        let events = json!([{
            "event": "Product Viewed", "id": number.to_string(), "user_id": "ada", "consent": { "measure": true },
        }]);
        candor.collect(&candor.server_key, "/v1/events", &json!({ "events": events })).await?;
        candor.total("measure", None).await?;
    }
    candor.stop().await?;
    Ok(candor)
}

fn verify(candor: &Candor, more: &[&str]) -> Result<Value> {
    let output = candor.run(&[&["verify", "--json"], more].concat())?;
    serde_json::from_slice(&output.stdout).context("a report")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_anywhere_in_the_ledger_is_found() -> Result<()> {
    let candor = with_facts().await?;
    let whole = verify(&candor, &[])?;
    ensure!(whole["ok"] == true && whole["size"].as_u64() >= Some(5), "{whole}");
    let mut files = Vec::new();
    collect(&candor.data().join("ledger"), &mut files)?;
    ensure!(files.len() >= 3, "checkpoint, entries, hashes: {files:?}");
    for file in files {
        let bytes = std::fs::read(&file)?;
        if bytes.is_empty() {
            continue;
        }
        let mut changed = bytes.clone();
        let place = changed.len() / 2;
        changed[place] ^= 1;
        std::fs::write(&file, &changed)?;
        let report = verify(&candor, &[])?;
        ensure!(report["ok"] == false, "{}: {report}", file.display());
        std::fs::write(&file, &bytes)?;
    }
    ensure!(verify(&candor, &[])?["ok"] == true, "and whole again");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_was_cut_back_is_found_with_an_earlier_checkpoint() -> Result<()> {
    let mut candor = with_facts().await?;
    let ledger = candor.data().join("ledger");
    let before = tempfile::tempdir()?;
    copy(&ledger, before.path())?;
    candor.restart().await?;
    candor.total("measure", None).await?;
    candor.stop().await?;
    let kept = before.path().join("kept-checkpoint");
    std::fs::copy(ledger.join("checkpoint"), &kept)?;
    let since = kept.to_str().context("a path")?.to_owned();
    ensure!(verify(&candor, &["--since", &since])?["ok"] == true, "it extends itself");

    let cut = before.path().to_str().context("a path")?.to_owned();
    let blind = verify(&candor, &["--ledger", &cut])?;
    ensure!(blind["ok"] == true, "an earlier state is whole by itself: {blind}");
    ensure!(
        blind["note"].as_str().is_some_and(|note| !note.is_empty()),
        "and the report says what it cannot see"
    );
    let seen = verify(&candor, &["--ledger", &cut, "--since", &since])?;
    ensure!(seen["ok"] == false, "with the later checkpoint the cut is seen: {seen}");

    // The program keeps the last checkpoint in its vault, and does not go on with such a ledger.
    std::fs::remove_dir_all(&ledger)?;
    std::fs::remove_file(&kept)?;
    copy(before.path(), &ledger)?;
    let refused = candor.restart().await.err().context("it starts on a ledger that was cut")?;
    ensure!(refused.to_string().contains("was cut or replaced"), "{refused}");
    Ok(())
}

fn collect(directory: &std::path::Path, files: &mut Vec<std::path::PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn copy(from: &std::path::Path, to: &std::path::Path) -> Result<()> {
    let mut files = Vec::new();
    collect(from, &mut files)?;
    for file in files {
        let target = to.join(file.strip_prefix(from)?);
        std::fs::create_dir_all(target.parent().context("a parent")?)?;
        std::fs::copy(&file, target)?;
    }
    Ok(())
}
