//! Files in and out: what others collected is judged like everything else, and what leaves is read
//! by the programs that it leaves for.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use it::Candor;
use serde_json::{Value, json};

/// A source whose events need nobody's consent, and one at which everything rests on it.
const SOURCES: &str = r#"
[sources.web]
kind = "site"
audience = "general"
markets = ["EU"]
is_test = true

[sources.backend]
kind = "server"
audience = "general"
markets = ["EU"]
is_test = true
bases = { operate = "contract" }
"#;

struct Files {
    candor: Candor,
    folder: tempfile::TempDir,
}

impl Files {
    async fn start() -> Result<Self> {
        Ok(Self { candor: Candor::start(SOURCES).await?, folder: tempfile::tempdir()? })
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path)
    }

    /// Packs a file as its last ending says.
    fn pack(&self, path: &Path, ending: &str) -> Result<PathBuf> {
        let packed = PathBuf::from(format!("{}.{ending}", path.display()));
        let bytes = std::fs::read(path)?;
        let bytes = if ending == "gz" {
            let mut pack = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            pack.write_all(&bytes)?;
            pack.finish()?
        } else {
            zstd::encode_all(bytes.as_slice(), 1)?
        };
        std::fs::write(&packed, bytes)?;
        Ok(packed)
    }

    /// Imports a file; answers the counts and what was said beside them.
    fn import(&self, path: &Path, flags: &[&str]) -> Result<(Value, String)> {
        let path = path.to_str().context("a path is text")?;
        let fixed = ["import", path, "--json", "--source", "backend"];
        let output = self.candor.run(&[&fixed, flags].concat())?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let text = String::from_utf8_lossy(&output.stdout);
        let counts = serde_json::from_str(&text).with_context(|| format!("{text}{said}"))?;
        Ok((counts, said))
    }

    async fn total(&self, event: &str) -> Result<u64> {
        self.candor.total("operate", Some(event)).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_file_is_judged_and_loading_it_again_adds_nothing() -> Result<()> {
    let files = Files::start().await?;
    let lines: String = (0..5)
        .map(|n| format!("{{\"event\":\"Lined\",\"id\":\"l{n}\",\"user_id\":\"u{n}\"}}\n"))
        .collect();
    let table: String = std::iter::once("event,id,user_id,time,revenue\n".to_owned())
        .chain((0..5).map(|n| format!("Tabled,t{n},u{n},2026-01-0{} 10:00:00,{n}.5\n", n + 1)))
        .collect();
    let tabs = table.replace(',', "\t").replace("Tabled\tt", "Tabbed\tb");
    let sent = [
        ("Lined", files.write("a.jsonl", &lines)?),
        ("Tabled", files.write("b.csv", &table)?),
        ("Tabbed", files.write("c.tsv", &tabs)?),
    ];
    for (event, path) in &sent {
        let (counts, said) = files.import(path, &[])?;
        ensure!(counts["accepted"] == 5, "{event}: {counts} {said}");
        for ending in ["gz", "zst"] {
            let (counts, said) = files.import(&files.pack(path, ending)?, &[])?;
            ensure!(counts["duplicate"] == 5, "{event}.{ending}: {counts} {said}");
        }
        ensure!(files.total(event).await? == 5, "{event} is there once");
    }
    // What the gate refuses over HTTP it refuses from a file.
    let path = sent[0].1.to_str().context("a path is text")?;
    let output = files.candor.run(&["import", path, "--json", "--source", "web"])?;
    let counts: Value = serde_json::from_slice(&output.stdout)?;
    ensure!(counts["refused: consent-absent"] == 5, "{counts}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mistake_names_its_line_and_field_and_a_stop_says_where_to_go_on() -> Result<()> {
    let files = Files::start().await?;
    let table = "event,id,user_id,note\nPaid,1,u1,\"two\nlines\"\nPaid,2,,x\nPaid,3,u3,y\n";
    let (counts, said) = files.import(&files.write("a.csv", table)?, &[])?;
    ensure!(counts["accepted"] == 2 && counts["invalid"] == 1, "{counts}");
    ensure!(said.contains("line 4: /user_id: "), "a record may have lines of its own: {said}");
    let text = "{\"event\":\"Seen\",\"id\":\"1\",\"user_id\":\"u1\"}\n\n{\"event\":\"Seen\"}\n";
    let (_, said) = files.import(&files.write("b.jsonl", text)?, &[])?;
    ensure!(said.contains("line 3: /user_id: "), "{said}");
    let mut broken = text.as_bytes().to_vec();
    broken.extend(b"\xff\xfe\n{\"event\":\"Seen\",\"id\":\"9\",\"user_id\":\"u9\"}\n");
    let path = files.folder.path().join("c.jsonl");
    std::fs::write(&path, broken)?;
    let name = path.to_str().context("a path is text")?;
    let output = files.candor.run(&["import", name, "--source", "backend"])?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(!output.status.success(), "{said}");
    ensure!(said.contains("line 4 is no UTF-8") && said.contains("--start 4"), "{said}");
    let (counts, said) = files.import(&path, &["--start", "5"])?;
    ensure!(counts["received"] == 1 && counts["accepted"] == 1, "{counts} {said}");
    let wrong = files.write("d.csv", "a,b\n1,2\n")?;
    let output =
        files.candor.run(&["import", wrong.to_str().context("a path")?, "--source", "backend"])?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(said.contains("`event`"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_exports_of_three_systems_are_read_as_they_write_them() -> Result<()> {
    let files = Files::start().await?;
    let segment = json!({
        "type": "track", "event": "Segmented", "messageId": "s1", "userId": "u1",
        "timestamp": "2026-01-02T10:00:00Z", "receivedAt": "2026-01-02T10:00:01Z",
        "context": { "library": { "name": "analytics.js" } }, "properties": { "revenue": 2.5 },
    });
    let posthog = json!({
        "uuid": "p1", "event": "hogged", "distinct_id": "u1", "team_id": 2,
        "timestamp": "2026-01-02T10:00:00.000Z", "properties": "{\"revenue\": 2.5}",
    });
    let snowplow = json!({
        "event": "struct", "event_id": "w1", "user_id": "u1", "se_action": "plowed",
        "se_category": "video", "collector_tstamp": "2026-01-02T10:00:00.000Z",
    });
    let mut tabs = vec![String::new(); 131];
    for (column, value) in [(3, "2026-01-02 10:00:00"), (5, "struct"), (6, "w2"), (12, "u1")] {
        value.clone_into(&mut tabs[column]);
    }
    "plowed".clone_into(&mut tabs[54]);
    let written = [
        ("segment", "a.json", format!("{segment}\n"), "Segmented", 1),
        ("posthog", "b.jsonl", format!("{posthog}\n"), "hogged", 1),
        ("snowplow", "c.json", format!("{snowplow}\n"), "plowed", 1),
        ("snowplow", "d.tsv", format!("{}\n", tabs.join("\t")), "plowed", 2),
    ];
    for (from, name, text, event, total) in written {
        let (counts, said) = files.import(&files.write(name, &text)?, &["--from", from])?;
        ensure!(counts["accepted"] == 1, "{from}: {counts} {said}");
        ensure!(files.total(event).await? == total, "{from}: {event}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_leave_in_three_forms_and_come_back_as_parquet() -> Result<()> {
    let mut files = Files::start().await?;
    let lines: String = (0..20)
        .map(|n| {
            let event = if n == 7 { "=Danger" } else { "Ordered" };
            let time = format!("2026-01-{:02}T10:00:00Z", n + 1);
            json!({ "event": event, "id": format!("o{n}"), "user_id": format!("u{n}"), "time": time })
                .to_string()
                + "\n"
        })
        .collect();
    files.import(&files.write("a.jsonl", &lines)?, &[])?;
    for round in ["fresh", "folded"] {
        let export = |form: &str, into: &Path| -> Result<()> {
            let into = into.to_str().context("a path is text")?;
            let span = ["--from", "2026-01-01", "--to", "2026-01-11"];
            let verb = ["export", "events", "--purpose", "operate", "--form", form, "--into", into];
            let output = files.candor.run(&[verb.as_slice(), &span].concat())?;
            ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Ok(())
        };
        let path = |name: &str| files.folder.path().join(name);
        export("lines", &path("out.jsonl"))?;
        let text = std::fs::read_to_string(path("out.jsonl"))?;
        ensure!(text.lines().count() == 10, "{round}: ten days: {text}");
        export("csv", &path("out.csv"))?;
        let text = std::fs::read_to_string(path("out.csv"))?;
        ensure!(text.starts_with("time,event,person,source,properties\n"), "{text}");
        ensure!(text.contains(",'=Danger,"), "{round}: no cell begins a formula: {text}");
        export("parquet", &path("out.parquet"))?;
        let rows = lake::arrive::Whole::from(std::fs::File::open(path("out.parquet"))?).rows()?;
        let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
        ensure!(rows.len() == 10, "{round}");
        files.candor.stop().await?;
        files.candor.restart().await?;
    }
    // Another installation takes the columns in, with a line for each row's fields.
    let (counts, said) = {
        let rows = lake::arrive::Whole::from(std::fs::File::open(
            files.folder.path().join("out.parquet"),
        )?);
        ensure!(rows.rows()?.count() == 10);
        files.import(&files.folder.path().join("out.parquet"), &[])?
    };
    ensure!(counts["invalid"] == 10, "a person's number names nobody elsewhere: {counts}");
    ensure!(said.contains("line 1: /user_id: "), "{said}");
    // A purpose that may see nothing exports nothing, and a token exports nothing at all.
    let wanted = json!({ "purpose": "analyse", "from": "2026-01-01", "to": "2026-02-01" });
    let refused = files.candor.post("/api/events/export", &wanted).await.unwrap_err().to_string();
    ensure!(refused.contains("403"), "{refused}");
    let output =
        files.candor.run(&["export", "events", "--from", "2026-01-01", "--to", "2026-02-01"])?;
    ensure!(output.status.success() && output.stdout.is_empty(), "nothing rests on consent");
    Ok(())
}
