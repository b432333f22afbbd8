//! keep: what was acknowledged is there after any kind of death, once; what was not may be sent
//! again.

use anyhow::{Context, Result, ensure};
use it::Candor;
use it::program::SOURCES;

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
