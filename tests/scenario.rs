//! Whole lives as text: each `.life` file under tests/scenarios is played on the rules alone, in
//! memory.
//!
//! A new scenario needs no recompiling. A line is a step; a line that starts with a space goes on
//! with the one before; `#` begins a comment. The steps:
//!
//! ```text
//! source shop-web kind=site audience=general markets=FR,IT unclassified=keep
//! at 2026-01-01T10:00:00Z
//! send segment track shop-web {"event":"Order Completed","anonymousId":"d1"}
//! send native shop-server {"event":"order","user_id":"u1"}
//! signal gpc            (the next request carries `Sec-GPC: 1`)
//! address 203.0.113.9   (the next request comes from there)
//! consent shop-web {"device_id":"d1","purposes":{"measure":true}}
//! forget user u1
//! expect accepted | refused CODE | invalid CODE | filtered
//! expect purposes measure analyse
//! expect column price 3.5 | expect sealed traits.email bob@example.com | expect dropped mystery
//! expect seen mystery | expect linked | expect unlinked | expect persons 1
//! expect visible measure 2          (so many of all rows so far, as a reader for it sees them now)
//! ```

use std::fs;
use std::path::{Path, PathBuf};

mod stage;
mod step;

use stage::Stage;

/// Plays a scenario to its first surprise, which is told with its line.
fn play(text: &str) -> Result<usize, String> {
    let mut stage = Stage::new();
    let steps = step::parse(text)?;
    for (line, step) in &steps {
        stage.take(step).map_err(|surprise| format!("line {line}: {surprise}"))?;
    }
    Ok(steps.len())
}

fn scenarios(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder of scenarios can be read") {
        let path = entry.expect("an entry of the folder can be read").path();
        if path.is_dir() {
            scenarios(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "life") {
            found.push(path);
        }
    }
}

#[test]
fn every_scenario_is_played_to_its_end() {
    let mut found = Vec::new();
    scenarios(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"), &mut found);
    found.sort();
    assert!(found.len() >= 10, "only {} scenarios were found", found.len());
    let mut problems = Vec::new();
    for path in found {
        let text = fs::read_to_string(&path).expect("a scenario is text");
        match play(&text) {
            Ok(steps) if steps > 0 => {}
            Ok(_) => problems.push(format!("{}: it has no step", path.display())),
            Err(surprise) => problems.push(format!("{}: {surprise}", path.display())),
        }
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// The negative control: what is not so must be told, with its line.
#[test]
fn a_wrong_expectation_fails() {
    let start = "source web kind=site audience=general markets=EU\nat 2026-01-01T10:00:00Z\n\
         send segment track web {\"event\":\"Product Viewed\",\"anonymousId\":\"d1\",\n \
         \"context\":{\"consent\":{\"categoryPreferences\":{\"measure\":true}}},\n \
         \"properties\":{\"price\":3,\"mystery\":1}}\n";
    let check = |step: &str, surprise: &str| {
        let text = format!("{start}{step}\n");
        assert_eq!(play(&text).unwrap_err(), format!("line 6: {surprise}"));
    };
    for step in ["expect accepted", "expect purposes measure", "expect column price 3"] {
        play(&format!("{start}{step}")).unwrap();
    }
    check("expect refused consent-absent", "expected refused consent-absent, but it was accepted");
    check(
        "expect invalid identifier-missing",
        "expected invalid identifier-missing, but it was accepted",
    );
    check(
        "expect purposes measure analyse",
        "expected purposes analyse measure, but they are measure",
    );
    check("expect column price 4", "expected column price 4, but it is 3");
    check("expect column coupon X", "expected column coupon X, but there is none");
    check("expect sealed price 3", "expected sealed price 3, but there is none");
    check("expect dropped price", "expected price to be dropped, but it was kept");
    check("expect seen label", "expected label to have been seen, but it was not");
    check("expect linked", "expected linked, but nothing was");
    check("expect visible measure 2", "expected visible measure 2, but it is 1");
    check("expect persons 2", "expected persons 2, but there are 1");
    check("expect rain", "`rain` can not be expected");
    check("dance", "`dance` is no step");
    check("send pigeon web {}", "`pigeon` is no protocol that a scenario can send");
    check("send native shop {}", "there is no source `shop`");
    check("at yesterday", "`yesterday` is no instant");
}

#[test]
fn a_scenario_says_what_it_cannot_read() {
    assert_eq!(play(" expect accepted").unwrap_err(), "line 1: there is no step to go on with");
    assert_eq!(
        play("source web kind=shed audience=general").unwrap_err(),
        "line 1: `shed` is no kind of source"
    );
    assert_eq!(
        play("source web kind=site audience=general sell=contract").unwrap_err(),
        "line 1: source `web`: basis `contract` cannot open purpose `sell`: \
         use one of consent, opt-out-regime"
    );
    assert_eq!(play("expect accepted").unwrap_err(), "line 1: nothing was sent yet");
}
