//! `make run`: Candor as a stranger meets it, with the demo shop's traffic coming in.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::place::Place;
use crate::setup;
use crate::steps::{cargo, now, output, program, run as complete};

/// How long the first start may take.
const START_MAX: Duration = Duration::from_secs(60);

/// Builds, starts, and stays until Candor ends.
pub(crate) fn run(place: &Place) -> Result<()> {
    setup::for_run(place)?;
    setup::console(place)?;
    let shop = place.root.join("examples/shop");
    setup::packages_of_npm(&shop)?;
    println!("building the program (some minutes, the first time)");
    let build = ["build", "--release", "--locked", "--package", "server", "--bin", "candor"];
    complete(&mut cargo(place, &build))?;

    let is_first = !place.data.exists();
    let mut candor = serve(place)?;
    let result = beside(place, &mut candor, is_first);
    // Whatever happened beside it, Candor is left to stop in its own time.
    let mut helpers = result?;
    let status = candor.wait().context("cannot wait for candor")?;
    for helper in &mut helpers {
        // A helper that has ended already cannot be ended again, which is fine.
        let _ = helper.kill();
    }
    if status.success() { Ok(()) } else { bail!("candor ended with {status}") }
}

fn binary(place: &Place) -> PathBuf {
    place.target.join("release/candor")
}

fn candor(place: &Place, arguments: &[&str]) -> Command {
    let mut command = program(binary(place), arguments, &place.root);
    command.arg("--data").arg(&place.data);
    command
}

fn serve(place: &Place) -> Result<Child> {
    if let Some(folder) = place.root_key.parent() {
        std::fs::create_dir_all(folder).context("cannot make the folder of the root key")?;
    }
    let mut command = candor(place, &["serve", "--listen", &place.listen]);
    command.arg("--root-key").arg(&place.root_key);
    let mut child = command.spawn().context("cannot start candor")?;
    let begun = now();
    while !is_ready(&place.listen) {
        if let Some(status) = child.try_wait().context("cannot watch candor")? {
            bail!("candor did not start ({status})");
        }
        if now() - begun > START_MAX {
            child.kill().context("cannot stop candor")?;
            bail!("candor does not listen on {} after {} s", place.listen, START_MAX.as_secs());
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
    Ok(child)
}

/// Whether it answers requests: it listens some time before it has opened its directory.
fn is_ready(address: &str) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET /readyz HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| {
        answer.starts_with("HTTP/1.0 200") || answer.starts_with("HTTP/1.1 200")
    })
}

/// The demo's traffic and the shop's page. Candor is stopped when they cannot be started.
fn beside(place: &Place, candor_itself: &mut Child, is_first: bool) -> Result<Vec<Child>> {
    let started = start_helpers(place, is_first);
    if started.is_err() {
        candor_itself.kill().context("cannot stop candor")?;
    }
    started
}

fn start_helpers(place: &Place, is_first: bool) -> Result<Vec<Child>> {
    let address = format!("http://{}", place.listen);
    let key = site_key(place, is_first)?;
    let mut traffic = candor(place, &["demo", "--url", &address]);
    if !is_first {
        // The months before are there already.
        traffic.args(["--days", "0"]);
    }
    let traffic = traffic.spawn().context("cannot start the demo's traffic")?;
    let myself = place.target.join("debug/xtask");
    let mut shop = program(myself, &["shop", &place.shop, &address, &key], &place.root);
    let shop = shop.spawn().context("cannot start the demo shop's page")?;
    println!("\n  The demo shop: http://{}  (site key {key})\n", place.shop);
    Ok(vec![traffic, shop])
}

/// The shop's key: it is public, so it may be kept beside the data for the next run.
fn site_key(place: &Place, is_first: bool) -> Result<String> {
    let kept = place.data.with_extension("shop-key");
    if !is_first && let Ok(key) = std::fs::read_to_string(&kept) {
        return Ok(key.trim().to_owned());
    }
    let create = ["keys", "create", "--kind", "site", "--source", "shop-web", "--json"];
    let text = output(&mut candor(place, &create)).context("candor made no key for the shop")?;
    let answer: serde_json::Value =
        serde_json::from_str(&text).context("candor's answer about the key is no JSON")?;
    let key = answer.get("key").and_then(|key| key.as_str()).context("the answer holds no key")?;
    std::fs::write(&kept, key).context("cannot keep the shop's key")?;
    Ok(key.to_owned())
}
