//! Death of the process: `kill -9` at a moment drawn by chance.

use std::time::Duration;

use anyhow::{Result, ensure};
use it::Candor;
use it::program::{Place, SOURCES};

use super::traffic::{Books, Clients};

const DEATHS: u64 = 100;
/// So many are enough to see that a missing protection is noticed.
const CONTROLS: u64 = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_twice_over_a_hundred_kills() -> Result<()> {
    let mut candor = Candor::start(SOURCES).await?;
    let differences = die(&mut candor, DEATHS).await?;
    ensure!(differences.is_empty(), "{differences:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_before_the_write_is_noticed() -> Result<()> {
    let place = Place { folder: None, without: "control-answer-before-write", ..Place::default() };
    let mut candor = Candor::start_at(place, SOURCES).await?;
    let lost = die(&mut candor, CONTROLS).await?;
    ensure!(!lost.is_empty(), "events are answered before they are written, and nothing is missed");
    Ok(())
}

async fn die(candor: &mut Candor, deaths: u64) -> Result<Vec<String>> {
    let mut chance = fastrand::Rng::with_seed(41);
    let mut books = Books::default();
    for cycle in 0..deaths {
        let life = Duration::from_millis(chance.u64(5..120));
        let clients = Clients::live(candor, cycle, life).await;
        candor.kill()?;
        clients.mourn();
        candor.restart().await?;
        books.settle(candor, clients).await?;
    }
    books.differences(candor).await
}
