//! SQL as its users meet it: over HTTP, on the command line and as files; what may not be seen is
//! not there, and what asks for more than a select is refused by name.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use it::Candor;
use it::program::SOURCES;
use it::wait::eventually;
use reqwest::{Client, Method};
use serde_json::{Value, json};

const ALL: &str = "select event, count(*) as times, count(distinct person) as people, sum(revenue) \
                   as revenue from events group by event order by event";

const JOINED: &str = "select a.country, b.revenue from events a join events b on a.person = b.person \
                      where b.revenue > 0 group by a.country, b.revenue order by b.revenue";

async fn lived() -> Result<Candor> {
    let candor = Candor::start(SOURCES).await?;
    let event = |user: &str, event: &str, revenue: Option<f64>, choices: Value| {
        json!({
            "event": event, "user_id": user, "time": "2026-01-02T10:00:00Z",
            "properties": { "revenue": revenue, "country": "DE" }, "consent": choices,
        })
    };
    let (both, one) =
        (json!({ "measure": true, "analyse": true }), json!({ "measure": true, "analyse": false }));
    let events = json!({ "events": [
        event("ada", "Order Completed", Some(10.0), both.clone()),
        event("ada", "Product Viewed", None, both),
        event("bob", "Order Completed", Some(32.5), one.clone()),
        event("eve", "Product Viewed", None, one),
    ] });
    candor.collect(&candor.server_key, "/v1/events", &events).await?;
    Ok(candor)
}

/// What a text is answered with: its rows, or the code and place of what is wrong with it.
fn select(candor: &Candor, purpose: &str, sql: &str) -> Result<Value> {
    let output = candor.run(&["query", "sql", sql, "--purpose", purpose, "--json"])?;
    let answer: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    if output.status.success() {
        return Ok(answer["rows"].clone());
    }
    Ok(json!([answer["code"], answer["errors"][0]["pointer"]]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_select_shows_what_the_purpose_may_see_and_nothing_else() -> Result<()> {
    let mut candor = lived().await?;
    let every = json!([["Order Completed", 2, 2, 42.5], ["Product Viewed", 2, 2, null]]);
    let some = json!([["Order Completed", 1, 1, 10.0], ["Product Viewed", 1, 1, null]]);
    // Fresh rows first, then the same from files.
    for _ in 0..2 {
        ensure!(select(&candor, "measure", ALL)? == every, "measure");
        ensure!(select(&candor, "analyse", ALL)? == some, "analyse");
        ensure!(select(&candor, "sell", ALL)? == json!([]), "sell");
        // Two scans of one statement, each with columns of its own.
        let joined = select(&candor, "measure", JOINED)?;
        ensure!(joined == json!([["DE", 10.0], ["DE", 32.5]]), "{joined}");
        candor.stop().await?;
        candor.restart().await?;
    }
    let output = candor.run(&["erase", "--user-id", "bob", "--json"])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let left = select(&candor, "measure", "select count(*), max(revenue) from events")?;
    ensure!(left == json!([[3, 10.0]]), "after erasure: {left}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_select_is_refused_by_name_and_place() -> Result<()> {
    let candor = lived().await?;
    for (sql, code) in [
        ("drop table events", "sql-not-select"),
        ("copy events to '/tmp/out.parquet'", "sql-not-select"),
        ("select * from '/etc/passwd'", "sql-unknown-table"),
        ("select * from generate_series(1, 9)", "sql-table-function"),
        ("select repeat('a', 2000000000)", "sql-unknown-function"),
        ("select gone from events", "sql-invalid"),
        ("select 1 / 0", "sql-failed"),
    ] {
        let answer = select(&candor, "measure", sql)?;
        ensure!(answer == json!([code, "/sql"]), "{sql}: {answer}");
    }
    let limited = ["query", "sql", "select 1", "--limit", "1000000", "--json"];
    let answer: Value = serde_json::from_slice(&candor.run(&limited)?.stdout)?;
    ensure!(answer["errors"][0]["pointer"] == "/limit", "{answer}");
    Ok(())
}

/// As deep as a text may be, and far deeper: none takes the program with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_text_ends_the_program() -> Result<()> {
    let candor = lived().await?;
    let url = format!("{}/api/query/sql", candor.url);
    let ask = async |sql: &str| -> Result<Value> {
        let question = json!({ "purpose": "measure", "sql": sql, "limit": 1 });
        let request = Client::new().post(&url).bearer_auth(&candor.token).json(&question);
        let start = &sql[..sql.len().min(40)];
        Ok(request.send().await.with_context(|| format!("{start}…"))?.json().await?)
    };
    let links =
        [" + 1", " and true", " is null", "::int", " union select 1", " - interval '1 day'"];
    for link in links {
        for (count, refused) in [(240, false), (480, false), (3_000, true)] {
            let text = format!("select 1 = 1{}", link.repeat(count));
            let text = if link.contains("union") { text.replace("1 = 1", "1") } else { text };
            let answer = ask(&text).await?;
            let code = answer["code"].as_str().unwrap_or_default();
            let is_refused = ["sql-too-much-to-do", "sql-too-long"].contains(&code);
            ensure!(is_refused == refused, "{count} of `{link}`: {answer}");
        }
    }
    for (text, code) in [
        ("select approx_percentile_cont(revenue, 0.5, 99999999999999) from events", "sql-clause"),
        ("select lag(event, 9223372036854775807) over (order by time) from events", ""),
        ("select ntile(9223372036854775807) over (order by time) from events", ""),
        ("select regexp_like('a', '(') from events", "sql-invalid"),
    ] {
        let answer = ask(text).await?;
        ensure!(answer["code"].as_str().unwrap_or_default() == code, "{text}: {answer}");
    }
    ensure!(select(&candor, "measure", "select 1")? == json!([[1]]), "it is there");
    Ok(())
}

/// Figures of what was read would tell of hidden rows: how many, of which time, with which columns.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_seen_costs_nothing_that_is_told() -> Result<()> {
    let mut candor = lived().await?;
    candor.stop().await?;
    candor.restart().await?;
    let scanned = |purpose: &str, sql: &str| -> Result<Value> {
        let output = candor.run(&["query", "sql", sql, "--purpose", purpose, "--json"])?;
        let answer: Value = serde_json::from_slice(&output.stdout)?;
        Ok(answer["scanned"].clone())
    };
    let all = scanned("measure", "select count(revenue) from events")?;
    ensure!(all["files"].as_u64() > Some(0) && all["bytes"].as_u64() > Some(0), "{all}");
    for sql in ["select count(revenue) from events", "select count(*) from events"] {
        let none = scanned("sell", sql)?;
        ensure!(none["files"] == 0 && none["bytes"] == 0 && none["rows"] == 0, "{sql}: {none}");
    }
    let output = candor.run(&[
        "query",
        "trend",
        "--purpose",
        "sell",
        "--from",
        "2026-01-01",
        "--to",
        "2026-02-01",
        "--json",
    ])?;
    let trend: Value = serde_json::from_slice(&output.stdout)?;
    let scanned = &trend["scanned"];
    ensure!(scanned["files"] == 0 && scanned["bytes"] == 0, "{scanned}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_shows_rows_and_tables() -> Result<()> {
    let candor = lived().await?;
    let run = |arguments: &[&str]| -> Result<String> {
        let output = candor.run(&[&["query", "sql"], arguments].concat())?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    };
    let shown = run(&[ALL])?;
    let lines: Vec<&str> = shown.lines().collect();
    ensure!(lines[0] == "event            times  people  revenue", "{shown}");
    ensure!(lines[1] == "Order Completed  2      2       42.5", "{shown}");
    let cut = run(&[ALL, "--limit", "1"])?;
    ensure!(cut.contains("there are more"), "{cut}");
    let early = run(&[ALL, "--to", "2026-01-02"])?;
    ensure!(early.contains("\n0 rows, "), "{early}");
    let file = candor.data().join("../text.sql");
    std::fs::write(&file, ALL)?;
    let piped = std::fs::File::open(file)?;
    let piped = candor.command(&["query", "sql", "-"]).stdin(piped).output()?;
    let piped = String::from_utf8(piped.stdout)?;
    ensure!(piped.lines().take(3).eq(lines.iter().copied().take(3)), "{piped}");
    let tables = run(&["--schema"])?;
    ensure!(tables.contains("events: ") && tables.contains("  revenue"), "{tables}");
    let output = candor.run(&["query", "sql", "delete from events"])?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success() && told.contains("sql-not-select"), "{told}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_is_saved_and_stands_on_a_dashboard() -> Result<()> {
    let candor = lived().await?;
    let session = candor.session().await?;
    let post =
        async |path: &str, body: Value| candor.manage(&session, Method::POST, path, &body).await;
    let text = json!({ "purpose": "measure", "sql": ALL });
    let saved = json!({ "name": "By name", "kind": "sql", "question": text });
    let saved = post("/api/questions", saved).await?;
    let misspelt = json!({ "name": "No", "kind": "sql", "question": { "purpose": "measure" } });
    let refused = post("/api/questions", misspelt).await.err().context("it was saved")?;
    ensure!(refused.to_string().contains("question-unreadable"), "{refused}");
    let tile = |id: &str, question: Value, y: u32| {
        let view = "table";
        json!({ "id": id, "question": question, "view": view, "x": 0, "y": y, "w": 6, "h": 4 })
    };
    let written = json!({ "kind": "sql", "question": {
        "purpose": "analyse", "sql": "select count(*) from events",
    } });
    let tiles = [tile("saved", json!({ "saved": saved["id"] }), 0), tile("written", written, 4)];
    let board = post("/api/dashboards", json!({ "name": "Shop", "tiles": tiles })).await?;
    let path = format!("/api/dashboards/{}/answers", board["id"].as_str().context("no id")?);
    let answers = post(&path, json!({})).await?;
    let rows = |answers: &Value, tile: usize| answers["tiles"][tile]["answer"]["rows"].clone();
    ensure!(rows(&answers, 0)[0] == json!(["Order Completed", 2, 2, 42.5]), "{answers}");
    ensure!(rows(&answers, 1) == json!([[2]]), "each for its own purpose: {answers}");
    // The dashboard's dates and purpose hold for its texts too.
    let filters = json!({ "filters": { "purpose": "sell" } });
    ensure!(rows(&post(&path, filters).await?, 0) == json!([]), "for another purpose");
    let filters = json!({ "filters": { "from": "2026-01-03", "to": "2026-01-04" } });
    ensure!(rows(&post(&path, filters).await?, 1) == json!([[0]]), "on another day");
    // A condition is not laid over a text: it is refused, and not passed over.
    let demand = json!([{ "property": "country", "is": ["DE"] }]);
    let answers = post(&path, json!({ "filters": { "where": demand } })).await?;
    ensure!(
        answers["tiles"][0]["problem"]["errors"][0]["pointer"] == "/filters/where",
        "{answers}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_handed_out_as_a_file() -> Result<()> {
    let candor = lived().await?;
    let session = candor.session().await?;
    let question = json!({ "purpose": "measure", "sql": ALL });
    let request = Client::new().post(format!("{}/api/query/sql", candor.url)).json(&question);
    let request = request.header("cookie", session).header("accept", "text/csv");
    let text = request.send().await?.error_for_status()?.text().await?;
    // A token may read, and what leaves as a file is exported.
    let request = Client::new().post(format!("{}/api/query/sql", candor.url)).json(&question);
    let request = request.bearer_auth(&candor.token).header("accept", "text/csv").send().await?;
    let refused: Value = request.json().await?;
    ensure!(refused["code"] == "actor-not-allowed", "{refused}");
    ensure!(text.starts_with("event,times,people,revenue\r\nOrder Completed,2,2,42.5"), "{text}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_text_can_be_stopped() -> Result<()> {
    let candor = lived().await?;
    let session = candor.session().await?;
    // A hundred million pairs of rows and more: it would go on until its time is up.
    let events = (0..15).map(|alias| format!("events e{alias}")).collect::<Vec<_>>().join(", ");
    let sql = format!("select count(*) from {events} where e0.time < e1.received");
    let request = Client::new()
        .post(format!("{}/api/query/sql", candor.url))
        .json(&json!({ "purpose": "measure", "sql": sql }))
        .header("cookie", &session)
        .header("query-id", "long");
    let asked = tokio::spawn(request.send());
    eventually(Duration::from_secs(10), async || {
        let list = candor.manage(&session, Method::GET, "/api/queries", &Value::Null).await?;
        ensure!(list.as_array().is_some_and(|list| !list.is_empty()), "the text runs");
        Ok(())
    })
    .await?;
    let stop = Client::new().delete(format!("{}/api/queries/long", candor.url));
    stop.header("cookie", &session).send().await?.error_for_status()?;
    let answer =
        tokio::time::timeout(Duration::from_secs(10), asked).await.context("it ends")??;
    let answer: Value = answer?.json().await?;
    ensure!(answer["code"] == "query-cancelled", "{answer}");
    Ok(())
}
