//! Whole lives as text: each `.life` file under tests/scenarios is played on the rules alone, in
//! memory.
//!
//! A new scenario needs no recompiling. A line is a step; a line that starts with a space goes on
//! with the one before; `#` begins a comment. `docs/life/scenarios.md` describes all of them.

use std::fs;
use std::path::{Path, PathBuf};

mod admit;
mod arrive;
mod erase;
mod keep;
mod know;
mod ledger;
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

/// Every scenario with its path.
fn all() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    scenarios(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"), &mut found);
    found.sort();
    let text = |path: &PathBuf| fs::read_to_string(path).expect("a scenario is text");
    found.into_iter().map(|path| (path.clone(), text(&path))).collect()
}

#[test]
fn every_scenario_is_played_to_its_end() {
    let found = all();
    for word in ["arrive", "admit", "keep", "know", "erase", "ledger"] {
        let of_word = found.iter().filter(|(path, _)| {
            path.parent().is_some_and(|folder| folder.ends_with(Path::new("scenarios").join(word)))
        });
        assert!(of_word.count() >= 4, "there are fewer than 4 scenarios of {word}");
    }
    let mut problems = Vec::new();
    for (path, text) in found {
        match play(&text) {
            Ok(steps) if steps > 0 => {}
            Ok(_) => problems.push(format!("{}: it has no step", path.display())),
            Err(surprise) => problems.push(format!("{}: {surprise}", path.display())),
        }
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// No expectation holds whatever happens: each, turned into its contrary, is a surprise.
#[test]
fn every_expectation_can_fail() {
    let mut problems = Vec::new();
    for (path, text) in all() {
        let lines: Vec<&str> = text.lines().collect();
        let expectations = lines.iter().enumerate().filter(|(_, line)| line.starts_with("expect "));
        for (place, line) in expectations {
            let contrary = contrary(line);
            let mut changed: Vec<&str> = lines.clone();
            changed[place] = &contrary;
            let told = play(&changed.join("\n"));
            let number = place + 1;
            let is_noticed = told.as_ref().is_err_and(|surprise| {
                surprise.starts_with(&format!("line {number}: "))
                    && !surprise.contains("can not be expected")
            });
            if !is_noticed {
                let path = path.display();
                problems.push(format!("{path}: line {number}: `{contrary}` gives {told:?}"));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// What cannot be so where this is.
fn contrary(expectation: &str) -> String {
    let words: Vec<&str> = expectation.split_whitespace().collect();
    let (last, front) = words.split_last().expect("an expectation has words");
    match *words.as_slice() {
        [_, "accepted"] => "expect filtered".to_owned(),
        [_, "filtered" | "duplicate" | "limited"] => "expect accepted".to_owned(),
        [_, "linked"] => "expect unlinked".to_owned(),
        [_, "unlinked"] => "expect linked".to_owned(),
        [_, "apart", ..] => expectation.replace("apart", "one person"),
        [_, "one", "person", ..] => expectation.replace("one person", "apart"),
        [_, "nobody", ..] => expectation.replace("nobody", "one person"),
        [_, "dropped", name] => format!("expect column {name} something"),
        [_, "ledger", "without", ..] => "expect ledger without at".to_owned(),
        [_, "ledger", .., "since", _] | [_, "ledger", "whole"] => {
            expectation.replacen("ledger ", "ledger not-", 1)
        }
        _ => match last.parse::<u64>() {
            Ok(number) => format!("{} {}", front.join(" "), number + 1),
            Err(_) => format!("{expectation}x"),
        },
    }
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
