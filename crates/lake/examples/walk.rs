//! Measures the walk: four kinds of questions over rows in memory, as nanoseconds for each row.
//!
//! `cargo run --release -p lake --example walk [rows] [runs] [threads]`. The rows are made up: people
//! with about twenty rows each in sessions over sixty days, twenty events, thirty countries. With
//! more than one run each holds a stretch of time, and the last one overlaps all of them.

use std::sync::Arc;
use std::time::Instant;

use lake::keep::chunk::{Chunk, Column};
use lake::know::{AskError, Asking, MemoryRun, Run, Scan, Source, ask};
use life::admit::{Actor, Authority, Catalogue, Grant, Verb};
use life::keep::mask::VerdictMask;
use life::keep::names::Named;
use life::keep::{Cut, Mask, Names};
use life::know::words::Word;
use life::know::{Answer, Cohort, Funnel, Plan, Retention, Setting, Trend, Words};
use vocabulary::{
    Categories, Category, Leaf, Limits, Person, Purpose, Purposes, Region, Span, Time,
};

const START: i64 = 1_767_225_600_000_000;
const DAYS: u64 = 60;
const CHUNK: usize = 1 << 16;
const BUCKETS: usize = 16;

/// A small generator of numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// The place in a list of growing shares.
    fn pick(&mut self, shares: &[f64]) -> usize {
        let unit = self.unit();
        shares.partition_point(|share| *share < unit)
    }
}

/// Growing shares of `count` things, each less popular than the one before.
fn shares(count: usize, power: f64) -> Vec<f64> {
    let weights: Vec<f64> = (1..=count).map(|rank| 1.0 / (rank as f64).powf(power)).collect();
    let whole: f64 = weights.iter().sum();
    let mut sum = 0.0;
    weights
        .iter()
        .map(|weight| {
            sum += weight / whole;
            sum
        })
        .collect()
}

#[derive(Default, Clone)]
struct Rows {
    person: Vec<u64>,
    time: Vec<i64>,
    event: Vec<u32>,
    country: Vec<u32>,
}

struct Lake {
    /// By bucket, by run.
    chunks: Vec<Vec<(Vec<Chunk>, (Time, Time))>>,
    rows: usize,
}

impl Lake {
    fn new(rows: usize, runs: usize) -> Self {
        let mut numbers = Numbers(7);
        let (events, countries) = (shares(20, 1.1), shares(30, 1.0));
        let mut buckets = vec![vec![Rows::default(); runs]; BUCKETS];
        let (mut made, mut ordinal) = (0, 0);
        while made < rows {
            ordinal += 1;
            let leaf = Leaf::new(Region(0), ordinal);
            let bucket = &mut buckets[ordinal as usize % BUCKETS];
            let normal = (0..12).map(|_| numbers.unit()).sum::<f64>() - 6.0;
            let count = (normal.exp() * 12.1).round().max(1.0) as usize;
            made += count;
            let active = numbers.unit() * DAYS as f64 * 0.5;
            let country = numbers.pick(&countries) as u32 + 1;
            let mut line = Vec::with_capacity(count);
            let (mut time, mut event) = (0, 0);
            for number in 0..count {
                if number == 0 || numbers.unit() < 0.18 {
                    let day = active + numbers.unit().powi(2) * (DAYS as f64 - 1.0 - active);
                    time = START + (day * 86_400e6) as i64;
                } else {
                    time += (-numbers.unit().max(1e-9).ln() * 45e6) as i64;
                }
                let goes_on = number > 0 && numbers.unit() < 0.3;
                event = if goes_on { (event + 1) % 20 } else { numbers.pick(&events) };
                let roams = numbers.below(100) == 0;
                let place = if roams { numbers.below(30) as u32 + 1 } else { country };
                line.push((time, event as u32 + 1, place));
            }
            line.sort_unstable();
            for (time, event, country) in line {
                let overlaps = runs > 1 && numbers.below(runs as u64 * 2) == 0;
                let period = (time - START) as u64 * (runs.max(2) - 1) as u64;
                let period = (period / (DAYS * Span::DAY.0 as u64)) as usize;
                let last = runs - 1;
                let run = if overlaps { last } else { period.min(last.saturating_sub(1)) };
                let rows = &mut bucket[run];
                rows.person.push(leaf.0);
                rows.time.push(time);
                rows.event.push(event);
                rows.country.push(country);
            }
        }
        let chunks = buckets.into_iter().map(|runs| runs.iter().map(chunks).collect()).collect();
        Self { chunks, rows: made }
    }
}

fn chunks(rows: &Rows) -> (Vec<Chunk>, (Time, Time)) {
    let first = rows.time.iter().min().copied().unwrap_or(0);
    let last = rows.time.iter().max().copied().unwrap_or(0);
    let parts = (0..rows.time.len()).step_by(CHUNK).map(|from| {
        let part = from..(from + CHUNK).min(rows.time.len());
        let count = part.len();
        Chunk {
            person: rows.person[part.clone()].to_vec().into(),
            leaf: rows.person[part.clone()].to_vec().into(),
            time: rows.time[part.clone()].to_vec().into(),
            received: rows.time[part.clone()].to_vec().into(),
            event: rows.event[part.clone()].to_vec().into(),
            sequence: vec![0; count].into(),
            verdict: vec![0; count].into(),
            purposes: vec![0b1_1000; count].into(),
            columns: vec![Column::Text(rows.country[part].to_vec().into())],
            ..Chunk::default()
        }
    });
    (parts.collect(), (Time(first), Time(last)))
}

impl Source for Lake {
    fn runs(&self, bucket: u16, scan: &Scan) -> Result<Vec<Box<dyn Run + '_>>, AskError> {
        (1..=30).for_each(|country| {
            assert!(scan.texts.number(&format!("country {country}")) == country)
        });
        let runs = self.chunks[usize::from(bucket)].iter().zip(0..);
        Ok(runs
            .map(|((chunks, span), order)| {
                let run = MemoryRun::new(chunks.iter().cloned(), *span, order);
                Box::new(run) as Box<dyn Run>
            })
            .collect())
    }
}

fn plans(names: &mut Names) -> Vec<(&'static str, Plan)> {
    for number in 1..=20 {
        names.insert(Named::Event, &format!("event {number}"));
    }
    let code = names.insert(Named::Property, "country");
    let category = Category::new(1).unwrap();
    let words = Words {
        purposes: [("measure".to_owned(), Purpose::MEASURE)].into(),
        properties: [("country".to_owned(), Word { code, category, is_column: true })].into(),
    };
    let limits = Limits::default();
    let setting =
        Setting { words: &words, names, zone: "UTC", week_start: "thursday", limits: &limits };
    let head = r#""purpose":"measure","from":"2026-01-01","to":"2026-03-05""#;
    let step = |number| format!(r#"{{"event":"event {number}"}}"#);
    let steps = (1..=5).map(step).collect::<Vec<_>>().join(",");
    let each = (1..=20).map(|number| format!(r#"{{"event":"event {number}","count":"people"}}"#));
    let each = each.collect::<Vec<_>>().join(",");
    let funnel =
        format!(r#"{{{head},"steps":[{steps}],"window":"7d","breakdown":"country","limit":30}}"#);
    let retention = format!(r#"{{{head},"interval":"week","start":{{}},"return":{{}}}}"#);
    let uniques = format!(r#"{{{head},"interval":"day","series":[{each}]}}"#);
    let cohort = r#"{"purpose":"measure","from":"2026-01-31","to":"2026-03-05",
        "all":[{"event":"event 4","at_least":3}],"none":[{"event":"event 5"}]}"#;
    let trend = format!(
        r#"{{{head},"interval":"day","series":[{{"event":"event 5"}}],"breakdown":"country"}}"#
    );
    let funnel: Funnel = serde_json::from_str(&funnel).unwrap();
    let retention: Retention = serde_json::from_str(&retention).unwrap();
    let uniques: Trend = serde_json::from_str(&uniques).unwrap();
    let cohort: Cohort = serde_json::from_str(cohort).unwrap();
    let trend: Trend = serde_json::from_str(&trend).unwrap();
    vec![
        ("funnel of 5, 7 days, by country", Plan::Funnel(funnel.resolve(setting).unwrap())),
        ("retention by week", Plan::Retention(retention.resolve(setting).unwrap())),
        ("people by day and event", Plan::Trend(uniques.resolve(setting).unwrap())),
        ("cohort", Plan::Cohort(cohort.resolve(setting).unwrap())),
        ("trend by day and country", Plan::Trend(trend.resolve(setting).unwrap())),
    ]
}

/// A mask that hides nobody, or one that concerns one person in `every`.
fn mask(people: u64, every: Option<u64>) -> Mask {
    let purposes = Purposes::only(Purpose::MEASURE);
    let verdict = VerdictMask { purposes, consented: purposes };
    let mut mask = Mask { verdicts: Arc::new(vec![verdict]), ..Mask::default() };
    let Some(every) = every else { return mask };
    let leaf = |ordinal| Leaf::new(Region(0), ordinal);
    let some = |rest| (1..=people).filter(move |ordinal| ordinal % every == rest);
    let cut = Cut { purposes, before: Time(START + Span::days(30).0) };
    mask.cuts = Arc::new(some(1).map(|ordinal| (leaf(ordinal), vec![cut])).collect());
    mask.hidden = Arc::new(some(2).map(leaf).collect());
    let pair = |ordinal| (leaf(ordinal + 1), Person(leaf(ordinal).0));
    mask.moved = Arc::new(some(3).map(pair).collect());
    mask
}

#[expect(clippy::disallowed_methods, reason = "this program is a stop watch")]
fn main() {
    let mut arguments = std::env::args().skip(1).map(|number| number.parse().unwrap());
    let (rows, runs) = (arguments.next().unwrap_or(20_000_000), arguments.next().unwrap_or(1));
    let threads = arguments.next().unwrap_or(2);
    let lake = Lake::new(rows, runs);
    println!("{} rows, {runs} runs in each bucket", lake.rows);
    let mut names = Names::default();
    let plans = plans(&mut names);
    let authority = Authority {
        actor: Actor("bench".to_owned()),
        purposes: Purposes::ALL,
        verbs: vec![Verb::Ask],
        categories: Categories::ALL,
        until: Time(10),
    };
    let people = rows as u64 / 20;
    let catalogue = Catalogue::shipped().unwrap();
    for (name, every) in [("nobody masked", None), ("one in 20 withdrawn, hidden, moved", Some(20))]
    {
        let mask = mask(people, every);
        for (question, plan) in &plans {
            for threads in 1..=threads {
                let grant =
                    Grant::issue(&catalogue, &authority, Purpose::MEASURE, Verb::Ask, Time(0))
                        .unwrap();
                let (still, source) = (&|_| true, &lake);
                let moved_rows_max = usize::MAX;
                let asking = Asking { plan, mask: &mask, source, still, threads, moved_rows_max };
                let took = (0..9).map(|_| {
                    let start = Instant::now();
                    let (answer, _) = ask(&asking, &grant, Time(1)).unwrap();
                    (start.elapsed().as_secs_f64(), answer)
                });
                let (seconds, answer) = took.reduce(|a, b| if b.0 < a.0 { b } else { a }).unwrap();
                let each = seconds * 1e9 / lake.rows as f64;
                println!(
                    "{name:36} {question:32} {threads} threads {seconds:7.3} s {each:6.2} ns/row {}",
                    digest(&answer)
                );
            }
        }
    }
}

/// A number that tells whether two runs of this program answered the same.
fn digest(answer: &Answer) -> String {
    let text = serde_json::to_string(answer).unwrap();
    let sum = text.bytes().fold(0u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    format!("{sum:016x}")
}
