//! Sentences in good English, about whoever counts.

use super::{check, with};
use crate::know::{Plan, Question as _, Sessions};

#[test]
fn a_sentence_says_what_counts_as_one() {
    let about = r#""purpose":"measure","from":"2026-01-01","to":"2026-01-04","per":"tone""#;
    let one = |text: &str| {
        let days = "1 rang 0.125 low\n2 rang 0.125 high\n3 rang 0.25 high\n3 left 0.5 high";
        let (kind, question) = text.split_once(' ').unwrap();
        check(&with(|setting| Plan::resolve(kind, question, setting)).unwrap(), days).1
    };
    let time = "from 2026-01-01 to before 2026-01-04";
    let people = format!(
        r#"trend {{{about},"interval":"week","series":[{{"event":"rang","count":"people"}},
            {{"event":"left","count":"people"}},{{"event":"rang","count":"per-person"}}]}}"#
    );
    assert_eq!(
        one(&people),
        format!(
            "2 values of `tone` did `rang`, 1 value of `tone` did `left`, each value of `tone` did \
             `rang` 1.50 times {time}."
        )
    );
    let steps = r#""window":"1d","steps":[{"event":"rang"},{"event":"left"}]"#;
    assert_eq!(
        one(&format!("funnel {{{about},{steps}}}")),
        format!(
            "2 values of `tone` did `rang` {time}; 50.0 % went on to `left` within 1 d; half of \
             them took at most 6 h."
        )
    );
    let both = r#""interval":"week","start":{"event":"rang"},"return":{"event":"left"}"#;
    assert!(
        one(&format!("retention {{{about},{both}}}")).starts_with("2 values of `tone` started")
    );
    assert!(
        one(&format!("retention {{{about},{both},\"entry\":\"recurring\"}}"))
            .starts_with("2 times a value of `tone` did `rang`")
    );
    assert!(
        one(&format!(r#"sessions {{{about},"interval":"day"}}"#))
            .starts_with("4 sessions by 2 values of `tone` from")
    );
    assert!(
        one(&format!(r#"lifecycle {{{about},"interval":"week"}}"#))
            .starts_with("2 values of `tone` did any event")
    );
    assert!(
        one(&format!(r#"stickiness {{{about},"interval":"day","series":[{{}}]}}"#))
            .starts_with("2 values of `tone` did any event")
    );
    assert!(
        one(&format!(r#"cohort {{{about},"all":[{{"event":"rang"}}]}}"#))
            .starts_with("2 values of `tone` did `rang`")
    );
}

#[test]
fn a_session_of_one_event_has_no_length() {
    let question: Sessions = serde_json::from_str(
        r#"{"purpose":"measure","from":"2026-01-01","to":"2026-01-02","interval":"day"}"#,
    )
    .unwrap();
    let plan = with(|setting| question.resolve(setting)).map(Plan::Sessions).unwrap();
    assert_eq!(
        check(&plan, "1 rang 0.1").1,
        "1 session by 1 person from 2026-01-01 to before 2026-01-02; 100.0 % with a single event, \
         and half of them lasted less than a second."
    );
}
