//! Texts of SQL over random small lakes: nobody can select what they may not see.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use life::admit::Verb;
use life::know::sql::{AGGREGATES, ALWAYS, SCALARS, WINDOWS};
use life::know::tabled::Cell;
use life::know::{PersonRow, Sql, SqlPlan};
use proptest::prelude::*;
use proptest::sample::select as any_of;
use vocabulary::{Categories, Code, Limits, Purpose, SourceId, Span, Time};

use super::{EVENTS, Fact, LEAVES, PURPOSES, Pond, START, STEP, World, asking, grant, leaf, pond};
use crate::know::{
    Allowance, AskError, Asking, Naming, Run, Scan, Selected, Source, Watch, select,
};

fn plan(purpose: &str, sql: &str) -> SqlPlan {
    let (purpose, sql) = (purpose.to_owned(), sql.to_owned());
    let question = Sql { purpose, sql, limit: Some(10_000), ..Sql::default() };
    question.resolve(World::new().setting(), Categories::ALL).unwrap()
}

fn carry_out(
    asking: &Asking<'_>,
    plan: &SqlPlan,
    limits: &Limits,
    verb: Verb,
) -> Result<Selected, AskError> {
    let event = |code: Code| EVENTS.get(code.0 as usize - 1).map(|name| (*name).to_owned());
    let source = |_: SourceId| Some("here".to_owned());
    let code = |name: &str| {
        let place = EVENTS.iter().position(|known| *known == name)?;
        Some(Code(place as u32 + 1))
    };
    let naming = Naming { event: &event, code: &code, source: &source };
    let allowance = Allowance { limits, time: limits.sql_time, held: || None };
    select(asking, plan, naming, allowance, &grant(plan.purpose, verb), Time(1))
}

/// The rows of a text over a lake, in any order.
fn rows(pond: &Pond, purpose: &str, sql: &str, threads: usize) -> Result<Vec<String>, AskError> {
    rows_of(pond, &plan(purpose, sql), threads)
}

fn rows_of(pond: &Pond, plan: &SqlPlan, threads: usize) -> Result<Vec<String>, AskError> {
    let (mask, watch) = (pond.mask(), Watch::default());
    let asking = asking(&mask, pond, &watch, threads);
    let done = carry_out(&asking, plan, &Limits::default(), Verb::Read)?;
    let mut rows: Vec<String> = done.table.rows.iter().map(|row| line(row)).collect();
    rows.sort_unstable();
    Ok(rows)
}

fn line(row: &[Cell]) -> String {
    let cell = |cell: &Cell| match cell {
        Cell::Missing => "-".to_owned(),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Integer(number) => number.to_string(),
        Cell::Number(number) => number.to_string(),
        Cell::Text(text) => text.clone(),
        Cell::Time(time) => time.0.to_string(),
    };
    row.iter().map(cell).collect::<Vec<_>>().join(" | ")
}

/// What a visible row says, as `line` says it.
fn said(row: &PersonRow) -> String {
    let value = |place: usize| row.values[place].clone().unwrap_or_else(|| "-".to_owned());
    let session = if row.session == 0 { "-".to_owned() } else { row.session.to_string() };
    let (person, time, received) = (row.person.0, row.time.0, row.arrival);
    let event = EVENTS[row.event.0 as usize - 1];
    let fixed = format!("{person} | {time} | {received} | {event} | {session}");
    format!("{fixed} | {} | {} | {} | {}", value(0), value(1), value(2), value(3))
}

fn one(leaf: u64, slot: i64, size: i64) -> Fact {
    Fact {
        leaf,
        slot,
        sequence: 0,
        event: 0,
        purposes: 63,
        verdict: 0,
        tone: 1,
        size: Some(size),
        arrival: slot as u64,
    }
}

/// Three people, the last of whom is hidden and has a size of zero.
fn few() -> Pond {
    Pond {
        facts: vec![one(1, 1, 1), one(2, 2, 2), one(2, 9, 4), one(3, 4, 0)],
        persons: vec![(1..=LEAVES).collect()],
        runs: vec![(4, 0, true)],
        compacted: 0,
        chunk_rows: 2,
        verdicts: vec![(63, 0, 0)],
        pauses: Vec::new(),
        cuts: Vec::new(),
        hidden: vec![3],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Merges, consents, withdrawals and erasures included.
    #[test]
    fn every_visible_row_is_selected_and_no_other(
        pond in pond(),
        purpose in any_of(PURPOSES.to_vec()),
        threads in 1usize..3,
    ) {
        let codes = [Code(1), Code(2), Code(3), Code(4)];
        let visible = pond.seen(Purpose::new(purpose.1).unwrap(), &codes);
        let fail = |error: AskError| TestCaseError::fail(error.to_string());
        let all = "select person, time, received, event, session, tone, size, ratio, is_loud \
                   from events";
        let mut expected: Vec<String> = visible.iter().map(said).collect();
        expected.sort_unstable();
        prop_assert_eq!(rows(&pond, purpose.0, all, threads).map_err(fail)?, expected);
        // What only counts reads no column at all.
        let counted = rows(&pond, purpose.0, "select count(*) from events", threads);
        prop_assert_eq!(counted.map_err(fail)?, [visible.len().to_string()]);
        let late = START + 80 * STEP;
        let sql = format!(
            "select count(distinct person), sum(size) from events where event = 'rang' and \
             time >= '{}' and time < '{}'", Time(late), Time(late + 40 * STEP));
        let some = visible.iter().filter(|row| row.event == Code(1));
        let some: Vec<_> = some
            .filter(|row| (late..late + 40 * STEP).contains(&row.time.0)).collect();
        let persons: std::collections::BTreeSet<_> = some.iter().map(|row| row.person).collect();
        let sizes = some.iter().filter_map(|row| row.values[1].as_ref()?.parse::<i64>().ok());
        let sum = sizes.reduce(|sum, size| sum + size);
        let sum = sum.map_or_else(|| "-".to_owned(), |sum| sum.to_string());
        let found = rows(&pond, purpose.0, &sql, threads).map_err(fail)?;
        prop_assert_eq!(found, [format!("{} | {sum}", persons.len())]);
        // The same time, when it is the question's own and no condition of the text.
        let within = (Time(late), Time(late + 40 * STEP));
        let about = SqlPlan { within, ..plan(purpose.0, all) };
        let in_time = |row: &&PersonRow| within.0 <= row.time && row.time < within.1;
        let mut expected: Vec<String> = visible.iter().filter(in_time).map(said).collect();
        expected.sort_unstable();
        prop_assert_eq!(rows_of(&pond, &about, threads).map_err(fail)?, expected);
        let people = rows(&pond, purpose.0, "select count(*), sum(events) from people", threads);
        let persons: std::collections::BTreeSet<_> =
            visible.iter().map(|row| row.person).collect();
        let events = if visible.is_empty() { "-".to_owned() } else { visible.len().to_string() };
        prop_assert_eq!(people.map_err(fail)?, [format!("{} | {events}", persons.len())]);
    }
}

#[test]
fn the_time_is_said_as_in_every_question() {
    let within = |from: Option<&str>, to: Option<&str>, zone: Option<&str>| {
        let said = |text: Option<&str>| text.map(str::to_owned);
        let question = Sql {
            purpose: "measure".to_owned(),
            sql: "select 1".to_owned(),
            from: said(from),
            to: said(to),
            zone: said(zone),
            limit: None,
        };
        let plan = question.resolve(World::new().setting(), Categories::ALL);
        plan.map(|plan| plan.within).map_err(|faults| faults.code())
    };
    let day = |text: &str| Time::parse(text).unwrap();
    assert_eq!(within(None, None, None), Ok(ALWAYS));
    let berlin = within(Some("2026-01-02"), Some("2026-01-03"), Some("Europe/Berlin"));
    assert_eq!(berlin, Ok((day("2026-01-01T23:00:00Z"), day("2026-01-02T23:00:00Z"))));
    let later = within(Some("2026-01-02T10:00:00Z"), None, None);
    assert_eq!(later, Ok((day("2026-01-02T10:00:00Z"), ALWAYS.1)));
    assert_eq!(within(Some("2026-01-02"), Some("2026-01-02"), None), Err("empty-range"));
    assert_eq!(within(Some("soon"), None, None), Err("invalid-time"));
    assert_eq!(within(None, None, Some("Mars/X")), Err("unknown-zone"));
}

#[test]
fn no_expression_meets_a_hidden_row() {
    let pond = few();
    // A hidden row would stop each of these with an error that tells of it.
    for sql in [
        "select 10 / size from events",
        "select count(*) from events where 10 / size > 0",
        "select person from events group by person having min(10 / size) > 0",
        "select a.person from events a join events b on a.person = b.person and 10 / b.size > 0",
        "select sum(10 / size) over (order by time) from events",
    ] {
        let found = rows(&pond, "measure", sql, 2);
        assert!(found.as_ref().is_ok_and(|rows| !rows.is_empty()), "{sql}: {found:?}");
    }
    let shown = Pond { hidden: Vec::new(), ..few() };
    let error = rows(&shown, "measure", "select 10 / size from events", 1).unwrap_err();
    assert_eq!(error.code(), "sql-failed");
}

#[test]
fn nothing_tells_how_much_is_hidden() {
    let pond = few();
    let sql = "select count(*), min(size), max(time) from events";
    let latest = START + 9 * STEP;
    assert_eq!(rows(&pond, "measure", sql, 1).unwrap(), [format!("3 | 1 | {latest}")]);
    let (mask, watch) = (pond.mask(), Watch::default());
    let asking = asking(&mask, &pond, &watch, 1);
    let plan = plan("measure", "select 1 from events");
    let done = carry_out(&asking, &plan, &Limits::default(), Verb::Read).unwrap();
    assert_eq!((done.scanned.rows, watch.rows()), (3, 3));
}

#[test]
fn a_text_needs_a_grant_to_read() {
    let pond = few();
    let (mask, watch) = (pond.mask(), Watch::default());
    let asking = asking(&mask, &pond, &watch, 1);
    let plan = plan("measure", "select 1");
    for verb in [Verb::Ask, Verb::Export] {
        let error = carry_out(&asking, &plan, &Limits::default(), verb).unwrap_err();
        assert_eq!(error.code(), "grant-other-verb");
    }
}

#[test]
fn a_text_that_takes_too_much_ends_with_the_reason() {
    let pond = few();
    let mask = pond.mask();
    let code = |sql: &str, limits: Limits| {
        let watch = Watch::default();
        let asking = asking(&mask, &pond, &watch, 2);
        let done = carry_out(&asking, &plan("measure", sql), &limits, Verb::Read);
        done.map_or_else(|error| error.code(), |_| "done")
    };
    let limits = Limits::default;
    let many = "select a.tone, b.tone from events a, events b, events c, events d";
    assert_eq!(code(many, limits()), "done");
    assert_eq!(code(many, Limits { sql_time: Span(0), ..limits() }), "sql-too-slow");
    assert_eq!(code(many, Limits { sql_answer_bytes: 99, ..limits() }), "sql-answer-too-large");
    let sorted = "select * from events order by time desc";
    assert_eq!(code(sorted, Limits { sql_memory_bytes: 99, ..limits() }), "sql-too-much-memory");
    assert_eq!(code("select gone from events", limits()), "sql-invalid");
    assert_eq!(code("select cast(event as bigint) from events", limits()), "sql-failed");
}

#[test]
fn rows_beyond_the_limit_are_told_of() {
    let pond = few();
    let (mask, watch) = (pond.mask(), Watch::default());
    let asking = asking(&mask, &pond, &watch, 1);
    for (rows_max, rows, truncated) in [(2, 2, true), (3, 3, false), (4, 3, false)] {
        let plan = SqlPlan { rows_max, ..plan("measure", "select time from events") };
        let done = carry_out(&asking, &plan, &Limits::default(), Verb::Read).unwrap();
        assert_eq!((done.table.rows.len(), done.truncated), (rows, truncated));
    }
}

#[test]
fn a_text_ends_when_the_mask_narrows_or_nobody_waits() {
    let pond = few();
    let mask = pond.mask();
    let plan = plan("measure", "select count(*) from events");
    let watch = Watch::default();
    for looks in 0..4 {
        let left = AtomicUsize::new(looks);
        let still = |_| {
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                .is_ok()
        };
        let asking = Asking { still: &still, ..asking(&mask, &pond, &watch, 1) };
        let error = carry_out(&asking, &plan, &Limits::default(), Verb::Read).unwrap_err();
        assert_eq!(error.code(), "mask-narrowed", "{looks}");
    }
    watch.cancel();
    let asking = asking(&mask, &pond, &watch, 1);
    let error = carry_out(&asking, &plan, &Limits::default(), Verb::Read).unwrap_err();
    assert_eq!(error.code(), "query-cancelled");
}

/// What joins put together, no pool counts: the growth of the process ends a text.
#[test]
fn a_text_ends_when_the_process_grows_too_far() {
    static HELD: AtomicU64 = AtomicU64::new(0);
    let pond = few();
    let (mask, watch) = (pond.mask(), Watch::default());
    let asking = asking(&mask, &pond, &watch, 1);
    let events = (0..15).map(|alias| format!("events e{alias}")).collect::<Vec<_>>().join(", ");
    let plan = plan("measure", &format!("select count(*) from {events} where e0.time < e1.time"));
    let limits = Limits::default();
    let held = || Some(HELD.fetch_add(4 << 30, Ordering::Relaxed));
    let allowance = Allowance { limits: &limits, time: limits.sql_time, held };
    let event = |_: Code| None;
    let naming = Naming { event: &event, code: &|_| None, source: &|_| None };
    let grant = grant(plan.purpose, Verb::Read);
    let error = select(&asking, &plan, naming, allowance, &grant, Time(1)).unwrap_err();
    assert_eq!(error.code(), "sql-too-much-memory");
}

/// A lake that notes what times it was asked for, and one whose runs end in an error.
struct Noting<'a> {
    pond: &'a Pond,
    spans: Mutex<Vec<(Time, Time)>>,
    events: Mutex<Vec<Option<HashSet<u32>>>>,
    is_broken: bool,
}

impl<'a> Noting<'a> {
    fn of(pond: &'a Pond, is_broken: bool) -> Self {
        Self { pond, spans: Mutex::default(), events: Mutex::default(), is_broken }
    }
}

impl Source for Noting<'_> {
    fn runs(&self, bucket: u16, scan: &Scan) -> Result<Vec<Box<dyn Run + '_>>, AskError> {
        self.spans.lock().unwrap().push((scan.from, scan.until));
        self.events.lock().unwrap().push(scan.need.events.as_deref().cloned());
        if self.is_broken && bucket == 15 {
            return Err(AskError::Unordered);
        }
        self.pond.runs(bucket, scan)
    }

    fn rows(&self, _: &Scan) -> u64 {
        0
    }
}

#[test]
fn a_condition_on_time_says_which_files_are_opened() {
    let pond = few();
    let (mask, watch) = (pond.mask(), Watch::default());
    let (from, until) = (Time(START + STEP), Time(START + 3 * STEP));
    let always = (Time(i64::MIN), Time(i64::MAX));
    for (condition, span) in [
        (format!("time >= '{from}' and time < '{until}'"), (from, Time(until.0 + 1))),
        (format!("'{from}' < time"), (from, always.1)),
        (format!("time between '{from}' and '{until}'"), (from, Time(until.0 + 1))),
        (format!("time = '{from}'"), (from, Time(from.0 + 1))),
        (format!("time < '{until}' or size = 1"), always),
        (format!("received < '{until}'"), always),
    ] {
        let noting = Noting::of(&pond, false);
        let asking = Asking { source: &noting, ..asking(&mask, &pond, &watch, 1) };
        let plan = plan("measure", &format!("select size from events where {condition}"));
        carry_out(&asking, &plan, &Limits::default(), Verb::Read).unwrap();
        assert_eq!(noting.spans.lock().unwrap().first(), Some(&span), "{condition}");
    }
}

#[test]
fn conditions_on_events_say_which_rows_need_not_be_read() {
    let pond = few();
    let (mask, watch) = (pond.mask(), Watch::default());
    for (condition, events) in [
        (format!("event = '{}'", EVENTS[1]), Some(vec![2])),
        (format!("'{}' = event and size > 1", EVENTS[0]), Some(vec![1])),
        (format!("event in ('{}', '{}')", EVENTS[0], EVENTS[2]), Some(vec![1, 3])),
        (format!("event = '{}' or event = 'nothing'", EVENTS[0]), Some(vec![1])),
        (format!("event in ('a', 'b', 'c', 'd', '{}')", EVENTS[2]), Some(vec![3])),
        (format!("event = '{}' or size > 1", EVENTS[0]), None),
        (format!("event <> '{}'", EVENTS[0]), None),
        (format!("event not in ('{}', 'nothing')", EVENTS[0]), None),
        (format!("lower(event) = '{}'", EVENTS[0]), None),
        ("event like 'a%'".to_owned(), None),
    ] {
        let noting = Noting::of(&pond, false);
        let asking = Asking { source: &noting, ..asking(&mask, &pond, &watch, 1) };
        let plan = plan("measure", &format!("select size from events where {condition}"));
        carry_out(&asking, &plan, &Limits::default(), Verb::Read).unwrap();
        let events: Option<HashSet<u32>> = events.map(|events| events.into_iter().collect());
        assert_eq!(noting.events.lock().unwrap().first(), Some(&events), "{condition}");
    }
}

#[test]
fn a_part_that_ends_early_is_no_answer() {
    let pond = few();
    let (mask, watch) = (pond.mask(), Watch::default());
    let noting = Noting::of(&pond, true);
    let asking = Asking { source: &noting, ..asking(&mask, &pond, &watch, 2) };
    let plan = plan("measure", "select count(*) from events");
    let error = carry_out(&asking, &plan, &Limits::default(), Verb::Read).unwrap_err();
    assert_eq!(error.code(), "run-unordered");
}

#[test]
fn every_function_that_is_listed_is_there() {
    let pond = few();
    let (mask, watch) = (pond.mask(), Watch::default());
    let asking = asking(&mask, &pond, &watch, 1);
    for name in [AGGREGATES, SCALARS, WINDOWS].concat() {
        let over = if WINDOWS.contains(&name) { "over ()" } else { "" };
        let more = if name == "approx_percentile_cont" { "" } else { ", 3, 4, 5, 6" };
        let sql = format!("select {name}(1, 2{more}) {over} from events");
        let plan = plan("measure", &sql);
        let why = match carry_out(&asking, &plan, &Limits::default(), Verb::Read) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        assert!(!why.contains("Invalid function"), "{name}: {why}");
    }
}

/// What the schema promises is what a text finds.
#[test]
fn tables_have_the_columns_that_the_schema_lists() {
    let pond = few();
    let (mask, watch) = (pond.mask(), Watch::default());
    let asking = asking(&mask, &pond, &watch, 1);
    let schema = life::know::sql::schema(World::new().setting(), Categories::ALL);
    assert_eq!(schema.tables.len(), 2);
    for table in schema.tables {
        let plan = plan("measure", &format!("select * from {}", table.name));
        let done = carry_out(&asking, &plan, &Limits::default(), Verb::Read).unwrap();
        let found: Vec<_> =
            done.table.columns.into_iter().map(|one| (one.name, one.kind)).collect();
        let listed: Vec<_> = table.columns.into_iter().map(|one| (one.name, one.kind)).collect();
        assert_eq!(found, listed, "{}", table.name);
    }
}

#[test]
fn what_analysts_write_is_answered() {
    let pond = few();
    let day = START - START.rem_euclid(86_400_000_000);
    let (one, two) = (leaf(1).0, leaf(2).0);
    for (sql, wanted) in [
        ("select event, count(*) from events group by event", vec!["rang | 3".to_owned()]),
        (
            "select date_trunc('day', time), count(*) from events where time < now() group by 1",
            vec![format!("{day} | 1"), format!("{} | 2", day + 86_400_000_000)],
        ),
        (
            "select date_trunc('day', time at time zone 'Europe/Berlin') from events where size = 1",
            vec![START.to_string()],
        ),
        (
            "select extract(hour from time), tone || '!' from events where size = 1",
            vec!["23 | tone 1!".to_owned()],
        ),
        (
            "select person, row_number() over (partition by person order by time desc) from events",
            vec![format!("{one} | 1"), format!("{two} | 1"), format!("{two} | 2")],
        ),
        (
            "with big as (select person from events where size > 1)
          select person, events from people where person in (select person from big)",
            vec![format!("{two} | 2")],
        ),
        (
            "select sum(size) / 2, avg(size), median(ratio), cast(sum(size) as decimal(9, 2)) \
          from events",
            vec!["3 | 2.3333333333333335 | 1 | 7".to_owned()],
        ),
        (
            "select source, tone is null, is_loud from events where size = 1",
            vec!["here | false | false".to_owned()],
        ),
        (
            "select interval '1 day', date '2026-01-31', null",
            vec!["1 days | 2026-01-31 | -".to_owned()],
        ),
        ("select * from people where person < 0", Vec::new()),
    ] {
        assert_eq!(rows(&pond, "measure", sql, 2).unwrap(), wanted, "{sql}");
    }
}
