//! The shipped law against its own cases, and mutants that the cases have to notice.

use std::sync::LazyLock;

use super::*;
use crate::admit::catalogue::Catalogue;

fn catalogue() -> &'static Catalogue {
    static SHIPPED: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::shipped().unwrap());
    &SHIPPED
}

fn law() -> &'static Law {
    static SHIPPED: LazyLock<Law> = LazyLock::new(|| Law::shipped(catalogue()).unwrap());
    &SHIPPED
}

/// The cases in which a rule says something else than is expected.
fn wrong(rule: &Rule) -> Vec<String> {
    let wrong = rule.cases.iter().filter(|case| rule.says(case) != case.expected);
    wrong
        .map(|case| {
            let (expected, says) = (case.expected.code(), rule.says(case).code());
            format!("law/{}: `{}` on {}: {expected}, not {says}", rule.file, rule.id, case.day)
        })
        .collect()
}

#[test]
fn every_rule_says_what_its_cases_expect() {
    let wrong: Vec<String> = law().rules().flat_map(|rule| wrong(rule)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(law().rules().count() > 20);
}

/// A predicate with one thing changed in it, in every way that there is.
fn mutants(predicate: &Predicate) -> Vec<Predicate> {
    let mut all = vec![Predicate::Not(Box::new(predicate.clone()))];
    let in_parts = |parts: &[Predicate], whole: fn(Vec<Predicate>) -> Predicate| {
        let mut changed = Vec::new();
        for (place, part) in parts.iter().enumerate() {
            for mutant in mutants(part) {
                let mut parts = parts.to_vec();
                parts[place] = mutant;
                changed.push(whole(parts));
            }
            let mut fewer = parts.to_vec();
            fewer.remove(place);
            changed.push(whole(fewer));
        }
        changed
    };
    match predicate {
        Predicate::All(parts) => all.extend(in_parts(parts, Predicate::All)),
        Predicate::Any(parts) => all.extend(in_parts(parts, Predicate::Any)),
        Predicate::Not(part) => {
            let changed = mutants(part).into_iter();
            all.extend(changed.map(|mutant| Predicate::Not(Box::new(mutant))));
        }
        Predicate::Before(circumstance, limit) => {
            all.push(Predicate::Before(*circumstance, limit - 1));
            all.push(Predicate::Before(*circumstance, limit + 1));
        }
        Predicate::In(..) | Predicate::Is(..) | Predicate::Has(..) => {}
    }
    all
}

/// A rule with its predicate negated somewhere, a limit moved by one, or its days moved by one.
fn changed(rule: &Rule) -> Vec<(String, Rule)> {
    let day = vocabulary::Span::DAY;
    let mut all = Vec::new();
    for when in mutants(&rule.when) {
        all.push((format!("when {when:?}"), Rule { when, ..rule.clone() }));
    }
    for (word, moved) in [("later", day), ("earlier", vocabulary::Span(-day.0))] {
        let mut other = rule.clone();
        other.valid_instants.from = other.valid_instants.from + moved;
        all.push((format!("from a day {word}"), other));
        if let Some(until) = rule.valid_instants.until {
            let mut other = rule.clone();
            other.valid_instants.until = Some(until + moved);
            all.push((format!("until a day {word}"), other));
        }
    }
    all
}

#[test]
fn no_rule_can_be_changed_without_a_case_that_notices() {
    let mut unnoticed = Vec::new();
    let mut count = 0;
    for rule in law().rules() {
        for (change, mutant) in changed(rule) {
            count += 1;
            if wrong(&mutant).is_empty() {
                unnoticed.push(format!("law/{}: `{}`: {change}", rule.file, rule.id));
            }
        }
    }
    assert!(unnoticed.is_empty(), "{} of {count}\n{}", unnoticed.len(), unnoticed.join("\n"));
    assert!(count > 150, "{count} mutants");
}

#[test]
fn every_case_cites_a_source() {
    for rule in law().rules() {
        assert!(!rule.cases.is_empty(), "{}", rule.id);
        assert!(rule.cases.iter().all(|case| !case.source.trim().is_empty()), "{}", rule.id);
    }
}

fn names(markets: &[&str]) -> Vec<String> {
    let markets: Vec<String> = markets.iter().map(|market| (*market).to_owned()).collect();
    let regimes = law().regimes_of(&markets);
    regimes.iter().map(|regime| law().regime(regime).unwrap().name.clone()).collect()
}

#[test]
fn a_market_brings_the_law_of_every_place_that_it_may_mean() {
    assert_eq!(names(&["FR"]), ["eu", "fr"]);
    assert_eq!(names(&["FR-75"]), ["eu", "fr"]);
    assert_eq!(names(&["US-CA"]), ["us", "us-ca"]);
    assert_eq!(names(&["BR"]), ["elsewhere"]);
    assert_eq!(names(&["EU"]).len(), 28);
    assert_eq!(names(&["US"]).len(), 52);
    assert_eq!(names(&["FR", "BR"]), ["elsewhere", "eu", "fr"]);
    assert_eq!(names(&[]).len(), law().regimes().len());
    let inner = |markets: &[&str]| -> Vec<String> {
        let markets: Vec<String> = markets.iter().map(|market| (*market).to_owned()).collect();
        let inner = law().innermost(law().regimes_of(&markets));
        inner.map(|regime| law().regime(regime).unwrap().name.clone()).collect()
    };
    assert_eq!(inner(&["FR"]), ["fr"]);
    assert_eq!(inner(&["FR", "US-CA"]), ["fr", "us-ca"]);
    let around: Vec<Regime> = law().around(law().regime_named("fr").unwrap().regime).collect();
    let around: Vec<&str> =
        around.iter().map(|one| law().regime(*one).unwrap().name.as_str()).collect();
    assert_eq!(around, ["fr", "eu", "everywhere"]);
}

#[test]
fn an_edition_changes_where_a_rule_begins() {
    let start = |id: &str| law().rules().find(|rule| rule.id == id).unwrap().valid_instants.from;
    let gdpr = start("eu-lawful-basis");
    assert_eq!(gdpr.to_string(), "2018-05-24T20:00:00Z", "midnight comes first in La Réunion");
    let before = vocabulary::Time(gdpr.0 - 1);
    assert_eq!(law().edition(before) + 1, law().edition(gdpr));
    assert_eq!(law().next_change(before), Some(gdpr));
}

fn parse(rules: &str) -> Result<Law, LawError> {
    let regimes = include_str!("../../../../../law/regimes.toml");
    Law::parse(&[("regimes.toml", regimes), ("test.toml", rules)], catalogue())
}

/// A whole rule with one line put in another's place.
fn with(line: &str, instead: &str) -> String {
    let whole = r#"
        [[rule]]
        id = "fr-test"
        regime = "fr"
        law = "Law"
        cite = "Art. 1"
        words = "It says so."
        verified = true
        from = "2020-01-01"
        known = "2020-01-01"
        when = { purpose = { is = "sell" } }
        effect = "forbid"
        sources = ["a source"]
        case = []
        "#;
    assert!(whole.contains(line), "{line}");
    whole.replace(line, instead)
}

#[test]
fn what_is_wrong_is_named_with_file_rule_and_remedy() {
    assert!(parse(&with("", "")).is_ok());
    let problem = |line: &str, instead: &str| parse(&with(line, instead)).unwrap_err().to_string();
    let when = r#"{ purpose = { is = "sell" } }"#;
    let cases = [
        (
            r#"regime = "fr""#,
            r#"regime = "xx""#,
            "`regime` names `xx`, which regimes.toml does not",
        ),
        (r#"["a source"]"#, "[]", "it names no source: say under `sources` where it can be read"),
        (when, r#"{ purpose = { is = "spy" } }"#, "`spy` is no value of `purpose`: correct it"),
        (when, r#"{ mood = { is = "sell" } }"#, "`mood` is no circumstance: use one of verb,"),
        (when, r#"{ purpose = { before = 3 } }"#, "`purpose` can not be tested with `before`"),
        (
            when,
            r#"{ age = { before = 3, is = 4 } }"#,
            "`age` takes one test: is, in, has or before",
        ),
        (when, r#"{ all = 3 }"#, "`all` takes a list"),
        (when, r#"{ categories = { has = ["user.mood"] } }"#, "`user.mood` is no value"),
        (r#""forbid""#, r#"{ drop = ["user.mood"] }"#, "`user.mood` is no category"),
        (r#"from = "2020-01-01""#, "from = \"2020-01-01\"\nuntil = \"2019-01-01\"", "ends before"),
    ];
    for (line, instead, expected) in cases {
        let problem = problem(line, instead);
        let whole = format!("law/test.toml: `fr-test`: {expected}");
        assert!(problem.starts_with("law/test.toml: `fr-test`: "), "{problem}");
        assert!(problem.contains(expected), "{problem} | {whole}");
    }
    let twice = format!("{}{}", with("", ""), with("known = \"2020", "known = \"2021"));
    let problem = parse(&twice).unwrap_err().to_string();
    assert!(problem.ends_with("two versions are known at once: end the older with `replaced`"));
    let syntax = parse("rule = 3").unwrap_err().to_string();
    assert!(syntax.starts_with("law/test.toml: "), "{syntax}");
}

#[test]
fn an_unverified_rule_permits_once_it_is_confirmed_by_name() {
    let law = law().clone();
    let waits =
        |law: &Law| law.rules().find(|rule| rule.id == "fr-measure-audience").unwrap().may_permit();
    assert!(!waits(&law));
    let version = law.version();
    let confirmed = law.confirm(&["fr-measure-audience".to_owned()]).unwrap();
    assert!(waits(&confirmed));
    assert_ne!(confirmed.version(), version);
    let unknown = confirmed.confirm(&["fr-measure".to_owned()]).unwrap_err().to_string();
    assert!(unknown.starts_with("`law.confirmed` names `fr-measure`, which is no rule"));
}

#[test]
fn what_was_not_known_yet_does_not_count() {
    let law = parse(&with("known = \"2020-01-01\"", "known = \"2020-06-01\"")).unwrap();
    let rule = law.rules().next().unwrap();
    let at = |text: &str| vocabulary::Time::parse(text).unwrap();
    let as_of = |valid: &str, known: &str| AsOf { valid: at(valid), known: at(known) };
    assert!(!rule.holds(as_of("2020-03-01T00:00:00Z", "2020-03-01T00:00:00Z")));
    assert!(rule.holds(as_of("2020-03-01T00:00:00Z", "2020-07-01T00:00:00Z")));
    assert!(!rule.holds(as_of("2019-03-01T00:00:00Z", "2020-07-01T00:00:00Z")));
}
