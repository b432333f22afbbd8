//! Tests of dashboards and their filters.

use serde_json::json;

use super::*;
use crate::know::saved::tests::wrong;

fn board(places: &[(&str, [u32; 4])]) -> Dashboard {
    let tile = |(id, [x, y, w, h]): &(&str, [u32; 4])| {
        let question = json!({ "saved": "q" });
        json!({ "id": id, "question": question, "x": x, "y": y, "w": w, "h": h })
    };
    let tiles: Vec<Value> = places.iter().map(tile).collect();
    serde_json::from_value(json!({ "name": "Shop", "tiles": tiles })).unwrap()
}

#[test]
fn tiles_lie_side_by_side_in_the_grid() {
    let fine = board(&[("a", [0, 0, 6, 4]), ("b", [6, 0, 6, 4]), ("c", [0, 4, 12, 24])]);
    assert_eq!(wrong(&fine), Vec::<String>::new());
    for place in [[7, 0, 6, 1], [0, 0, 0, 1], [0, 0, 1, 0], [0, 0, 1, 25], [0, 1001, 1, 1]] {
        assert_eq!(wrong(&board(&[("a", place)])), ["/tiles/0 tile-outside"], "{place:?}");
    }
    let far = board(&[("a", [u32::MAX, 0, u32::MAX, 1])]);
    assert_eq!(wrong(&far), ["/tiles/0 tile-outside"]);
    let over = board(&[("a", [0, 0, 6, 4]), ("b", [5, 3, 6, 4])]);
    assert_eq!(wrong(&over), ["/tiles/1 tiles-overlap"]);
    let twice = board(&[("a", [0, 0, 1, 1]), ("a", [1, 0, 1, 1]), ("a b", [2, 0, 1, 1])]);
    assert_eq!(wrong(&twice), ["/tiles/1/id tile-twice", "/tiles/2/id tile-id"]);
    let ids: Vec<String> = (0..41).map(|number| format!("t{number}")).collect();
    let many: Vec<(&str, [u32; 4])> =
        (0..).zip(&ids).map(|(row, id)| (id.as_str(), [0, row, 1, 1])).collect();
    assert_eq!(wrong(&board(&many)), ["/tiles saved-too-many"]);
}

fn filters(text: Value) -> Filters {
    serde_json::from_value(text).unwrap()
}

#[test]
fn filters_lie_over_a_question_where_its_kind_has_conditions() {
    let filter = filters(json!({
        "from": "2026-01-01", "purpose": "analyse",
        "where": [{ "property": "country", "is": ["DE"] }],
    }));
    let wanted = json!([{ "property": "country", "is": ["DE"] }]);
    let trend = json!({
        "purpose": "measure", "from": "2020-01-01", "to": "2021-01-01",
        "series": [{ "event": "a" }, { "event": "b", "where": [{ "property": "p", "is": [1] }] }],
    });
    let laid = filter.over("trend", &trend).unwrap();
    assert_eq!(laid["from"], "2026-01-01");
    assert_eq!((&laid["to"], &laid["purpose"]), (&json!("2021-01-01"), &json!("analyse")));
    assert_eq!(laid["series"][0]["where"], wanted);
    assert_eq!(laid["series"][1]["where"][0], json!({ "property": "p", "is": [1] }));
    assert_eq!(laid["series"][1]["where"][1], wanted[0]);
    let retention = json!({ "start": { "event": "a" }, "return": { "event": null } });
    let laid = filter.over("retention", &retention).unwrap();
    assert_eq!((&laid["start"]["where"], &laid["return"]["where"]), (&wanted, &wanted));
    let laid = filter.over("lifecycle", &json!({ "event": "a" })).unwrap();
    assert_eq!(laid["where"], wanted);
}

#[test]
fn a_filter_that_cannot_hold_is_refused_and_never_dropped() {
    let filter = filters(json!({ "where": [{ "property": "country", "is": ["DE"] }] }));
    for (kind, question) in [("unheard-of", json!({})), ("trend", json!({ "series": [] }))] {
        let refused = filter.over(kind, &question).unwrap_err();
        assert_eq!(refused.code(), "filter-impossible", "{kind}");
    }
    let dates = filters(json!({ "from": "2026-01-01" }));
    assert_eq!(dates.over("unheard-of", &json!({})).unwrap(), json!({ "from": "2026-01-01" }));
    assert_eq!(dates.over("trend", &json!([])).unwrap(), json!([]));
}

#[test]
fn filters_of_a_visit_lie_over_those_of_the_dashboard() {
    let own =
        filters(json!({ "from": "a", "zone": "UTC", "where": [{ "property": "p", "is": [1] }] }));
    let visit = filters(json!({ "from": "b", "where": [{ "property": "q", "is": [2] }] }));
    let both = own.under(visit);
    assert_eq!((both.from.as_deref(), both.zone.as_deref()), (Some("b"), Some("UTC")));
    assert_eq!(both.demands.len(), 2);
}
