use super::judge::judge;
use super::*;
use vocabulary::Limits;

const NOW: Time = Time(1_767_225_600_000_000);

fn code(text: &str) -> &'static str {
    judge(text, NOW, &Limits::default()).map_or_else(|flaw| flaw.code(), |_| "passed")
}

/// What is refused, and by which name.
const HOSTILE: &[(&str, &str)] = &[
    ("drop table events", "sql-not-select"),
    ("delete from events", "sql-not-select"),
    ("insert into events select * from events", "sql-not-select"),
    ("update events set person = 1", "sql-not-select"),
    ("create table t as select * from events", "sql-not-select"),
    ("create external table t stored as csv location '/etc/passwd'", "sql-unreadable"),
    ("copy (select * from events) to '/tmp/out.parquet'", "sql-not-select"),
    ("copy events to '/tmp/out'", "sql-not-select"),
    ("set datafusion.execution.target_partitions = 1", "sql-not-select"),
    ("show tables", "sql-not-select"),
    ("explain analyze select * from events", "sql-not-select"),
    ("prepare p as select 1", "sql-not-select"),
    ("select 1; select 2", "sql-not-select"),
    ("select 1; drop table events", "sql-not-select"),
    ("", "sql-not-select"),
    ("with gone as (delete from events returning *) select * from gone", "sql-not-select"),
    ("table events", "sql-unreadable"),
    ("select * from information_schema.tables", "sql-unknown-table"),
    ("select * from datafusion.public.events", "sql-unknown-table"),
    ("select * from '/etc/passwd'", "sql-unknown-table"),
    ("select * from \"../lake/file.parquet\"", "sql-unknown-table"),
    ("select * from \"EVENTS\"", "sql-unknown-table"),
    ("select * from generate_series(1, 1000000000000)", "sql-table-function"),
    ("select * from read_csv('/etc/passwd')", "sql-table-function"),
    ("select * from unnest(array[1, 2])", "sql-table-function"),
    ("select * from table(range(9))", "sql-table-function"),
    ("select * from events tablesample (10 percent)", "sql-clause"),
    ("select approx_percentile_cont(price, 0.5, 99999999999999) from events", "sql-clause"),
    (
        "select sum(price) over (order by time rows 18446744073709551615 preceding) from events",
        "sql-clause",
    ),
    (
        "select sum(price) over w from events \
         window w as (order by time rows between current row and 2000000 following)",
        "sql-clause",
    ),
    ("select * from events, lateral (select 1) as l", "sql-clause"),
    ("select * into copied from events", "sql-clause"),
    ("select * from events for update", "sql-clause"),
    ("select array[person] from events", "sql-clause"),
    ("select repeat('a', 2000000000)", "sql-unknown-function"),
    ("select lpad('a', 2000000000, 'b')", "sql-unknown-function"),
    ("select replace(event, 'a', 'aaaaaaaa') from events", "sql-unknown-function"),
    ("select array_agg(event) from events", "sql-unknown-function"),
    ("select random()", "sql-unknown-function"),
    ("select uuid()", "sql-unknown-function"),
    ("select version()", "sql-unknown-function"),
    ("select arrow_typeof(time) from events", "sql-unknown-function"),
    ("select pg_read_file('/etc/passwd')", "sql-unknown-function"),
    ("select public.count(*) from events", "sql-unknown-function"),
    ("select * from events where person = $1", "sql-parameter"),
    ("select * from events where person = ?", "sql-parameter"),
    ("select @@version", "sql-parameter"),
    ("with recursive r as (select 1 union all select * from r) select * from r", "sql-recursive"),
    ("select * from events where", "sql-unreadable"),
    ("select 'open", "sql-unreadable"),
    ("select event || event || event || event || event || event from events", "sql-too-much-text"),
];

#[test]
fn hostile_texts_are_refused_by_name() {
    let doubled = |levels: usize| {
        let first = "with t0 as (select person from events)".to_owned();
        let more = (1..levels)
            .map(|level| format!(", t{level} as (select a.person from t{0} a, t{0} b)", level - 1));
        format!("{}{} select * from t{}", first, more.collect::<String>(), levels - 1)
    };
    let doubled = doubled(6);
    let wide = "person + person + person + person + person";
    let nested = (0..7).fold("select person from events".to_owned(), |inner, _| {
        format!("select {wide} as person from ({inner}) as inside")
    });
    let deep = format!("select {}1{}", "(".repeat(500), ")".repeat(500));
    let long = format!("select '{}'", "a".repeat(17 << 10));
    let grown = "concat(event, event, event)";
    let grown = format!("select concat({grown}, {grown}, {grown}) from events");
    let chained = |link: &str| format!("select 1{}", link.repeat(1_050));
    let chains =
        [" + 1", " and true", "::int", " is null", " -> 1", " union select 1"].map(chained);
    let intervals = format!("select {} '1 day'", "interval ".repeat(1_100));
    let arrays = format!("select cast(1 as int{})", "[]".repeat(600));
    let derived = format!("select 1 from (select 1) a{}", ", (select 1) a".repeat(20));
    let empty = format!("with a as (select 1) select 1 from a{}", ", a".repeat(700));
    let work = chains.iter().chain([&intervals, &arrays]);
    let made = [
        (&*derived, "sql-too-many-tables"),
        (&*empty, "sql-too-many-tables"),
        (&*deep, "sql-unreadable"),
        (&*long, "sql-too-long"),
        (&*doubled, "sql-too-many-tables"),
        (&*nested, "sql-too-nested"),
        (&*grown, "sql-too-much-text"),
    ];
    let work = work.map(|text| (text.as_str(), "sql-too-much-to-do"));
    let texts: Vec<_> = HOSTILE.iter().copied().chain(made).chain(work).collect();
    let wrong: Vec<_> = texts.into_iter().filter(|(text, wanted)| code(text) != *wanted).collect();
    let found: Vec<_> = wrong.iter().map(|(text, _)| code(text)).collect();
    assert!(wrong.is_empty(), "{wrong:#?} are {found:#?}");
}

#[test]
fn what_analysts_write_passes() {
    for text in [
        "select 1",
        "select event, count(*) as times from events group by event order by times desc limit 10;",
        "select * from (select person, count(distinct date_trunc('day', time)) as days
         from events group by 1) as e where days > 3",
        "with buyers as (select person from events where event = 'Order Completed'),
         early as (select b.person from buyers b join people p on b.person = p.person
                   where p.first < now() - interval '30 days')
         select count(*) from early where person in (select person from buyers)",
        "select event, sum(revenue) filter (where revenue > 0), avg(\"context.page.path\" is null)
         from events group by rollup(event) having count(*) > 1",
        "select person, time, lag(time) over (partition by person order by time) from events",
        "select case when extract(hour from time) < 12 then 'am' else 'pm' end, count(*)
         from events group by 1 union all select lower(event) || '!', 1 from events",
        "select cast(revenue as integer), substring(event from 1 for 3), trim(event),
         position('a' in event) from events where event ilike '%order%' and exists
         (select 1 from people) and time between '2026-01-01' and current_date",
    ] {
        assert_eq!(code(text), "passed", "{text}");
    }
}

#[test]
fn the_time_of_the_question_stands_where_it_asks_for_the_time() {
    let statement = judge(
        "select now(), NOW(), current_timestamp, current_date from events where event = 'now()'",
        NOW,
        &Limits::default(),
    );
    let instant = "CAST('2026-01-01T00:00:00Z' AS TIMESTAMP WITH TIME ZONE)";
    let wanted = format!(
        "SELECT {instant}, {instant}, {instant}, CAST('2026-01-01' AS DATE) FROM events WHERE \
         event = 'now()'"
    );
    assert_eq!(statement.unwrap().to_string(), wanted);
}

#[test]
fn the_lists_are_in_order_and_name_nothing_twice() {
    for list in [AGGREGATES, SCALARS, WINDOWS] {
        assert!(list.is_sorted_by(|one, next| one < next), "{list:?}");
    }
}
