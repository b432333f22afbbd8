//! What a limited breakdown does not show, as one.

use super::{check, funnel, trend};

#[test]
fn what_is_not_shown_counts_as_one_line_would() {
    let counted = |series: &str| {
        let text = format!(
            r#"{{"purpose":"measure","from":"2026-01-01","to":"2026-01-03","interval":"day",
                "limit":1,"series":[{{"event":"rang",{series}}}],"breakdown":"tone",
                "compare":"previous"}}"#
        );
        // `0` leads. Of the others, somebody has two in one day, and two people share one.
        let leading = "1 rang 0.1 0\n2 rang 0.1 0\n3 rang 0.1 0\n".repeat(3);
        let others = "1 rang 0.2 1\n1 rang 0.3 2\n2 rang 0.4 2\n1 rang 1.1 1\n1 rang 1.2\n\
                      1 rang -1 1\n1 rang -0.9 2";
        let rows = format!("{leading}{others}");
        let (answer, _) = check(&trend(&text).unwrap(), &rows);
        let other = answer["series"][1].clone();
        assert_eq!(other["breakdown"], "(other)");
        (other["values"].clone(), other["total"].clone(), other["earlier"]["total"].clone())
    };
    let is = |values: [f64; 2], total: f64, before: f64| {
        let whole = |number: f64| match number.fract() {
            0.0 => serde_json::json!(number as u64),
            _ => serde_json::json!(number),
        };
        (serde_json::json!(values.map(whole)), whole(total), whole(before))
    };
    assert_eq!(counted(r#""count":"events""#), is([3.0, 2.0], 5.0, 2.0));
    assert_eq!(counted(r#""count":"people""#), is([2.0, 1.0], 2.0, 1.0));
    let (values, total, before) = counted(r#""count":"per-person""#);
    assert_eq!(values, serde_json::json!([1.5, 2.0]));
    assert_eq!((total, before), (2.5.into(), 2.0.into()));
    assert_eq!(counted(r#""count":"different","of":"tone""#), is([2.0, 1.0], 2.0, 2.0));
}

#[test]
fn a_funnel_counts_whoever_is_not_shown_once() {
    let plan = funnel(
        r#"{"purpose":"measure","from":"2026-01-01","to":"2026-02-01","window":"1d","limit":1,
            "steps":[{"event":"rang"},{"event":"left"}],"breakdown":"tone"}"#,
    )
    .unwrap();
    let text = "1 rang 0 high\n2 rang 0 high\n3 rang 0 low\n3 rang 1 mid\n3 left 1.1\n4 rang 2 mid";
    let (answer, _) = check(&plan, text);
    let other = &answer["breakdown"][1];
    assert_eq!(other["value"], "(other)");
    assert_eq!(
        (&other["steps"][0]["people"], &other["steps"][1]["people"]),
        (&2.into(), &1.into())
    );
}
