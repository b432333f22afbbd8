//! How fast files are written and read: built with `CANDOR_ROWS` set to many, a measurement;
//! otherwise a test like any other.

use super::*;
use crate::keep::chunk::{Need, Texts};
use crate::keep::compact::{Task, compact};
use crate::keep::period::period;

/// Events of a shop: about twenty for each person, of one day, in the order of arrival.
fn shop(count: u64) -> Vec<Row> {
    let mut state = 7u64;
    let mut chance = move |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let start = NOW.floor(Span::DAY);
    let step = Span::DAY.0 / count as i64;
    let rows = (0..count).map(|number| {
        let person = chance(count / 20 + 1) + 1;
        let time = start + Span(number as i64 * step / 1000 * 1000);
        let mut row = row(person, time);
        row.received = time + Span(chance(300_000) as i64);
        row.event = Code(1 + chance(20) as u32);
        row.purposes = Purposes([0b1000, 0b11000][chance(2) as usize]);
        row.session = person * 1_000_003 + number / 100_000;
        let country = ["DE", "FR", "PL", "ES", "IT", "SE"][chance(6) as usize];
        row.columns.push((Code(1), Value::Text(country.into())));
        row.columns.push((Code(2), Value::Integer(chance(500) as i64 * 10)));
        let path = format!("https://shop.example/products/{}", chance(5000));
        row.sealed.push((Class::General, Code(20), Value::Text(path.into())));
        row.sealed.push((Class::General, Code(21), Value::Text("Mozilla/5.0 (X11; Linux)".into())));
        row
    });
    rows.collect()
}

#[test]
fn figures() {
    let count = option_env!("CANDOR_ROWS").and_then(|rows| rows.parse().ok()).unwrap_or(20_000);
    let rows = shop(count);
    let mut lake = Lake::new();
    let started = Cpu::now();
    let entries = lake.fold(&rows);
    let written = started.elapsed();
    let bytes: u64 = entries.iter().map(|entry| entry.bytes).sum();
    println!(
        "fold: {:.0} rows/s, {:.1} bytes a row, {} files",
        count as f64 / written,
        bytes as f64 / count as f64,
        entries.len()
    );
    let one = Need { columns: vec![Code(1)], ..Need::default() };
    for (name, need) in [("funnel", Need::default()), ("with a text", one)] {
        for _ in 0..2 {
            let before = lake.scanned.bytes();
            let started = Cpu::now();
            let mut read = 0;
            for entry in &entries {
                let reader = lake.open(entry).unwrap();
                for chunk in reader.chunks(None, &need, &Arc::new(Texts::default()), None).unwrap()
                {
                    read += chunk.unwrap().len();
                }
            }
            let took = started.elapsed();
            let bytes = lake.scanned.bytes() - before;
            let (speed, each) = (read as f64 / took / 1e6, bytes as f64 / count as f64);
            println!("chunks {name}: {speed:.1} M rows/s, {each:.1} bytes a row");
            assert_eq!(read as u64, count);
        }
    }
    let started = Cpu::now();
    let read: usize = entries.iter().map(|entry| lake.rows(entry, Pick::Every).len()).sum();
    println!("rows: {:.0} rows/s", read as f64 / started.elapsed());
    let task = Task::of(period(entries[0].from, NOW), entries.clone());
    let footers = Footers::new(8);
    let started = Cpu::now();
    let change =
        lake.write(|writing, new_file| compact(&task, writing, &footers, new_file)).unwrap();
    let compacted = count as f64 / started.elapsed();
    println!("compact: {compacted:.0} rows/s into {} files", change.added.len());
    assert_eq!(change.added.iter().map(|entry| entry.rows).sum::<u64>(), count);
}

/// Seconds that this thread has run: other work on the machine does not count.
struct Cpu(f64);

impl Cpu {
    fn now() -> Self {
        let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        let nanos = told.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok());
        Self(nanos.unwrap_or_default() / 1e9)
    }

    fn elapsed(&self) -> f64 {
        (Self::now().0 - self.0).max(1e-9)
    }
}
