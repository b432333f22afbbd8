//! Events acknowledged as durable: each connection sends a request, waits for the answer, sends the
//! next. One thread drives all connections, so that one core is enough to keep another one busy.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::disk::percentiles;
use crate::memory;
use crate::shape::{Request, Shape};

/// How hard, and where.
pub(crate) struct Load {
    pub(crate) url: String,
    pub(crate) key: String,
    pub(crate) shape: Shape,
    pub(crate) batch: u64,
    pub(crate) seconds: u64,
    pub(crate) connections: u64,
    /// Events a second that all connections together try to send; zero = as many as they can.
    pub(crate) rate: u64,
    /// The server's process id, to read what it takes; zero = unknown.
    pub(crate) server: u64,
}

/// How requests ended.
#[derive(Default)]
struct Tally {
    /// How long the taken ones took, in milliseconds.
    times: Vec<f64>,
    /// Told to come again later.
    refused: u64,
}

/// Answers larger than this are none of the server's.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Runs the load and prints one line.
pub(crate) fn measure(load: &Load) -> Result<()> {
    memory::forget_peak(load.server);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let work_before = memory::worked(load.server);
    let start = Instant::now();
    let mut tally = runtime.block_on(send_all(load, start))?;
    let seconds = start.elapsed().as_secs_f64();
    let worked = memory::worked(load.server) - work_before;
    let requests = tally.times.len() as u64;
    let events = requests * load.batch;
    let (median, slow) = percentiles(&mut tally.times);
    println!(
        "{:?}  batch {:>4}  connections {:>3}  {:>9.0} events/s  {:>8.0} requests/s  \
         p50 {median:.2} ms  p99 {slow:.2} ms  refused {}  server {:.1} us/request{}",
        load.shape,
        load.batch,
        load.connections,
        events as f64 / seconds,
        requests as f64 / seconds,
        tally.refused,
        worked * 1e6 / (requests.max(1) as f64),
        memory::resident(load.server),
    );
    Ok(())
}

async fn send_all(load: &Load, start: Instant) -> Result<Tally> {
    let host = load.url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let tally = Rc::new(RefCell::new(Tally::default()));
    // Keys of earlier runs are not used again: the server would know them as repetitions.
    let run =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs() % 1_000_000;
    let senders = tokio::task::LocalSet::new();
    for number in 0..load.connections {
        let first = (run * 1_000 + number) * 1_000_000;
        let request = load.shape.request(&host, &load.key, load.batch, first);
        let interval = match load.rate {
            0 => Duration::ZERO,
            rate => Duration::from_secs_f64((load.batch * load.connections) as f64 / rate as f64),
        };
        let stream = TcpStream::connect(&host).await;
        let stream = stream.with_context(|| format!("cannot reach `{}`", load.url))?;
        stream.set_nodelay(true)?;
        let until = start + Duration::from_secs(load.seconds);
        let begun = start + interval.mul_f64(number as f64 / load.connections as f64);
        let sending = send(stream, request, Pace { begun, interval, until }, Rc::clone(&tally));
        senders.spawn_local(async move {
            if let Err(error) = sending.await {
                eprintln!("bench: a sender stopped: {error:#}");
            }
        });
    }
    senders.await;
    Ok(tally.take())
}

/// When a connection sends.
struct Pace {
    begun: Instant,
    /// Between two requests; zero = as soon as the last one is answered.
    interval: Duration,
    until: Instant,
}

async fn send(
    mut stream: TcpStream,
    mut request: Request,
    pace: Pace,
    tally: Rc<RefCell<Tally>>,
) -> Result<()> {
    let mut answer = Vec::new();
    let mut due = pace.begun;
    while Instant::now() < pace.until && due < pace.until {
        // With a pace, a late request counts from when it was due: waiting for it is no excuse.
        let since = if pace.interval.is_zero() { Instant::now() } else { due };
        tokio::time::sleep_until(due.into()).await;
        due += pace.interval;
        stream.write_all(request.next()).await?;
        match answered(&mut stream, &mut answer).await? {
            200 => tally.borrow_mut().times.push(since.elapsed().as_secs_f64() * 1e3),
            429 | 503 if says(&answer, "retry-after") => tally.borrow_mut().refused += 1,
            status => bail!("the server answered {status}: {}", String::from_utf8_lossy(&answer)),
        }
    }
    Ok(())
}

/// Takes one whole answer; its status.
async fn answered(stream: &mut TcpStream, answer: &mut Vec<u8>) -> Result<u16> {
    answer.clear();
    loop {
        if stream.read_buf(answer).await? == 0 || answer.len() > ANSWER_BYTES_MAX {
            bail!("the server closed the connection");
        }
        let Some(head) = answer.windows(4).position(|part| part == b"\r\n\r\n") else { continue };
        let length = header(answer.get(..head).unwrap_or_default(), "content-length");
        let length: usize = length.and_then(|text| text.parse().ok()).unwrap_or(0);
        if answer.len() >= head + 4 + length {
            let status = answer.get(9..12).and_then(|status| std::str::from_utf8(status).ok());
            return Ok(status.context("no status")?.parse()?);
        }
    }
}

fn says(answer: &[u8], name: &str) -> bool {
    header(answer, name).is_some()
}

fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    let text = std::str::from_utf8(head).ok()?;
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}
