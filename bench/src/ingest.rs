//! Events acknowledged as durable: each connection sends a batch, waits for the answer, sends the
//! next.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::disk::percentiles;
use crate::http::Connection;
use crate::memory;

/// How hard, and where.
pub(crate) struct Load {
    pub(crate) url: String,
    pub(crate) key: String,
    pub(crate) batch: u64,
    pub(crate) seconds: u64,
    pub(crate) connections: u64,
    /// Events a second that all connections together try to send; zero = as many as they can.
    pub(crate) rate: u64,
    /// The server's process id, to read its memory; zero = unknown.
    pub(crate) server: u64,
}

/// When a connection stops, and how fast it may go until then.
struct Pace {
    until: Instant,
    rate: u64,
}

impl Pace {
    /// Waits until the next batch is due.
    fn wait(&self, begun: Instant, sent: u64) {
        if self.rate > 0 {
            let due = begun + Duration::from_secs_f64(sent as f64 / self.rate as f64);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }
}

/// Runs the load and prints one line.
pub(crate) fn measure(load: &Load) -> Result<()> {
    let start = Instant::now();
    let until = start + Duration::from_secs(load.seconds);
    let workers: Vec<_> = (0..load.connections)
        .map(|worker| {
            let pace = Pace { until, rate: load.rate / load.connections.max(1) };
            let (url, key, batch) = (load.url.clone(), load.key.clone(), load.batch);
            std::thread::spawn(move || send(&url, &key, batch, worker, &pace))
        })
        .collect();
    let mut times = Vec::new();
    for worker in workers {
        let done = worker.join().map_err(|_| anyhow::anyhow!("a sender stopped"))?;
        times.extend(done.context("a sender failed")?);
    }
    let seconds = start.elapsed().as_secs_f64();
    let events = times.len() as u64 * load.batch;
    let (median, slow) = percentiles(&mut times);
    println!(
        "batch {:>4}  connections {:>3}  {:>9.0} events/s  {:>8.0} requests/s  \
         p50 {median:.2} ms  p99 {slow:.2} ms{}",
        load.batch,
        load.connections,
        events as f64 / seconds,
        times.len() as f64 / seconds,
        memory::resident(load.server),
    );
    Ok(())
}

fn send(url: &str, key: &str, batch: u64, worker: u64, pace: &Pace) -> Result<Vec<f64>> {
    let mut connection = Connection::open(url)?;
    let authorization = format!("Bearer {key}");
    let mut times = Vec::new();
    let mut number = 0u64;
    let begun = Instant::now();
    while Instant::now() < pace.until {
        pace.wait(begun, number);
        let events: Vec<String> = (0..batch)
            .map(|_| {
                number += 1;
                event(worker, number)
            })
            .collect();
        let body = format!("{{\"events\":[{}]}}", events.join(","));
        let start = Instant::now();
        let (status, answer) = connection.post("/v1/events", &authorization, body.as_bytes())?;
        if status != 200 || !String::from_utf8_lossy(&answer).contains("\"accepted\"") {
            bail!("the server answered {status}: {}", String::from_utf8_lossy(&answer));
        }
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(times)
}

/// An event of a shop with ten properties; a hundred thousand people take turns.
fn event(worker: u64, number: u64) -> String {
    let mixed = (worker * 1_000_003 + number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let person = mixed % 100_000;
    let product = mixed % 500;
    let price = mixed % 200;
    let properties = format!(
        r#""product_id":"p{product}","sku":"sku-{product}","category":"Shoes","name":"Runner","#
    );
    let more = format!(
        r#""brand":"North","price":{price}.5,"quantity":1,"currency":"EUR","country":"DE","#
    );
    let consent = r#""consent":{"measure":true,"analyse":true}"#;
    let run = std::process::id();
    format!(r#"{{"event":"Product Viewed","id":"{run}-{worker}-{number}","user_id":"u{person}","#)
        + &format!(r#""properties":{{{properties}{more}"device":"mobile"}},{consent}}}"#)
}
