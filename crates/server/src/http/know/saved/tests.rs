//! Tests of what is saved, and of dashboards: seeing is no permission to ask.

use serde_json::{Value, json};

use crate::stage::Stage;

fn trend(purpose: &str, event: &str) -> Value {
    json!({
        "purpose": purpose, "from": "2026-01-01", "to": "2026-01-02", "interval": "day",
        "series": [{ "event": event }],
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_is_saved_changed_and_removed_by_whoever_may_manage() {
    let stage = Stage::open("").await;
    let question =
        json!({ "name": "Doors", "kind": "trend", "question": trend("measure", "Door") });
    let made = stage.local("POST", "/api/questions", &question).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    assert_eq!((&made["by"], &made["version"]), (&json!("local"), &json!(1)));
    assert_eq!(made["question"], question["question"]);
    let path = format!("/api/questions/{}", made["id"].as_str().unwrap());
    let token = stage.token(&["measure"]).await;
    let seen = stage.ask(&token, ("GET", &path), &[], &Value::Null).await;
    assert_eq!(seen.json(), made);
    for (method, path) in [("POST", "/api/questions"), ("PUT", &path), ("DELETE", &path)] {
        let refused = stage.ask(&token, (method, path), &[], &question).await;
        assert_eq!(refused.problem(), (403, "not-a-manager".to_owned()), "{method}");
    }
    let nobody = stage.ask("wrong", ("GET", &path), &[], &Value::Null).await;
    assert_eq!(nobody.status, 401);
    let mut other = question.clone();
    other["name"] = json!("All doors");
    let changed = stage.local("PUT", &format!("{path}?version=1"), &other).await;
    assert_eq!(changed.json()["version"], 2);
    let late = stage.local("PUT", &format!("{path}?version=1"), &question).await;
    assert_eq!(late.problem(), (409, "saved-changed".to_owned()));
    let listed = stage.local("GET", "/api/questions", &Value::Null).await.json();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["name"]), (1, &other["name"]));
    assert_eq!(stage.local("DELETE", &path, &Value::Null).await.status, 204);
    assert_eq!(stage.local("GET", &path, &Value::Null).await.problem().1, "not-found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_a_question_is_not_saved() {
    let stage = Stage::open("").await;
    let save = async |kind: &str, question: Value| {
        let question = json!({ "name": "n", "kind": kind, "question": question });
        let told = stage.local("POST", "/api/questions", &question).await;
        (told.problem(), told.json()["errors"][0]["pointer"].clone())
    };
    let unknown = save("oracle", json!({})).await;
    assert_eq!(unknown, ((400, "unknown-kind".to_owned()), json!("/kind")));
    let broken = save("trend", json!({ "purpose": 7 })).await;
    assert_eq!(broken, ((400, "question-unreadable".to_owned()), json!("/question")));
    let tile = json!({ "id": "a", "x": 0, "y": 0, "w": 13, "h": 1,
                       "question": { "saved": "none" } });
    let told =
        stage.local("POST", "/api/dashboards", &json!({ "name": "n", "tiles": [tile] })).await;
    assert_eq!(told.problem(), (400, "tile-outside".to_owned()));
    let note = json!({ "time": "2026-01-01T00:00:00Z", "text": "" });
    let told = stage.local("POST", "/api/annotations", &note).await;
    assert_eq!(told.problem(), (400, "saved-blank".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn annotations_are_found_by_their_time() {
    let stage = Stage::open("").await;
    for (day, text) in [("02", "second"), ("01", "first"), ("03", "third")] {
        let note = json!({ "time": format!("2026-01-{day}T00:00:00Z"), "text": text });
        assert_eq!(stage.local("POST", "/api/annotations", &note).await.status, 201);
    }
    let found = async |query: &str| {
        let path = format!("/api/annotations{query}");
        let notes = stage.local("GET", &path, &Value::Null).await.json();
        let texts = notes.as_array().unwrap().iter().map(|note| note["text"].clone());
        texts.collect::<Vec<_>>()
    };
    assert_eq!(found("").await, ["first", "second", "third"]);
    let within = "?from=2026-01-02T00:00:00Z&to=2026-01-03T00:00:00Z";
    assert_eq!(found(within).await, ["second"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_tile_is_judged_and_answered_alone() {
    let stage = Stage::open("").await;
    let event = |user: &str, country: &str| {
        ("Product Viewed", -1, user.to_owned(), json!({ "country": country }))
    };
    stage.collect(&[event("ada", "DE"), event("bob", "FR"), event("eve", "DE")]).await;
    let measured = json!({ "name": "Views", "kind": "trend",
                           "question": trend("measure", "Product Viewed") });
    let saved = stage.local("POST", "/api/questions", &measured).await.json();
    let here = |question: Value| json!({ "kind": "trend", "question": question });
    let questions = [
        json!({ "saved": saved["id"] }),
        here(trend("analyse", "Product Viewed")),
        json!({ "saved": "0123456789abcdef" }),
        here(trend("measure", "Never Seen")),
        here(trend("measure", "Product Viewed")),
    ];
    let tiles: Vec<Value> = (0..)
        .zip(questions)
        .map(|(x, question)| {
            json!({ "id": format!("t{x}"), "question": question, "x": x, "y": 0, "w": 1, "h": 1 })
        })
        .collect();
    let dashboard = json!({ "name": "Shop", "tiles": tiles });
    let made = stage.local("POST", "/api/dashboards", &dashboard).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let path = format!("/api/dashboards/{}/answers", made.json()["id"].as_str().unwrap());
    let token = stage.token(&["measure"]).await;
    let answers = async |filters: Value| {
        let body = json!({ "filters": filters });
        let told = stage.ask(&token, ("POST", &path), &[], &body).await.json();
        let tiles = told["tiles"].as_array().unwrap_or_else(|| panic!("{told}")).clone();
        let short = |tile: &Value| match tile.get("problem") {
            Some(problem) => problem["code"].as_str().unwrap().to_owned(),
            None => tile["answer"]["series"][0]["total"].to_string(),
        };
        tiles.iter().map(short).collect::<Vec<_>>()
    };
    let all = answers(json!({})).await;
    assert_eq!(all[0].trim_end_matches(".0"), "3", "{all:?}");
    assert_eq!(all[1..4], ["actor-not-allowed", "not-found", "unknown-event"]);
    assert_eq!(all[4], all[0]);
    let german = answers(json!({ "where": [{ "property": "country", "is": ["DE"] }] })).await;
    assert_eq!(german[0].trim_end_matches(".0"), "2", "{german:?}");
    let other = answers(json!({ "purpose": "analyse" })).await;
    assert_eq!((other[0].as_str(), other[4].as_str()), ("actor-not-allowed", "actor-not-allowed"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cohort_never_leads_back_to_itself_and_stays_while_it_is_named() {
    let stage = Stage::open("").await;
    let cohort = |name: &str, named: &[&str]| {
        let question = json!({
            "purpose": "measure", "from": "2026-01-01", "to": "2026-01-02",
            "all": [{ "event": "Door" }], "people": { "in": named },
        });
        json!({ "name": name, "rule": { "kind": "question", "question": question } })
    };
    let save = async |path: &str, body: &Value| {
        let made = stage.local("POST", path, body).await;
        assert_eq!(made.status, 201, "{}", made.text());
        format!("{path}/{}", made.json()["id"].as_str().unwrap())
    };
    let own = stage.local("POST", "/api/cohorts", &cohort("own", &["own"])).await;
    assert_eq!(own.problem(), (400, "nested-cohort".to_owned()));
    let a = save("/api/cohorts", &cohort("a", &[])).await;
    let b = save("/api/cohorts", &cohort("b", &["a"])).await;
    let back = stage.local("PUT", &a, &cohort("a", &["b"])).await;
    assert_eq!(back.problem(), (400, "nested-cohort".to_owned()), "through another");
    let pointer = &back.json()["errors"][0]["pointer"];
    assert_eq!(pointer, "/rule/question/people/in/0");

    let mut about = trend("measure", "Door");
    about["people"] = json!({ "not_in": ["b"] });
    let posed = json!({ "kind": "trend", "question": about });
    let question = json!({ "name": "Doors", "kind": "trend", "question": about });
    let tile = json!({ "id": "t", "question": posed, "x": 0, "y": 0, "w": 1, "h": 1 });
    let dashboard = json!({ "name": "Shop", "tiles": [tile] });
    let alert = json!({
        "name": "Few", "question": posed, "when": { "below": 1 }, "every": "day",
        "to": [{ "mail": "a@example.com" }],
    });
    let users = [
        save("/api/questions", &question).await,
        save("/api/dashboards", &dashboard).await,
        save("/api/alerts", &alert).await,
    ];
    let drop = async |path: &str| stage.local("DELETE", path, &Value::Null).await;
    let refused = drop(&a).await;
    assert_eq!(refused.problem(), (409, "cohort-named".to_owned()));
    assert!(refused.text().contains("the cohort `b`"), "{}", refused.text());
    let refused = drop(&b).await;
    for who in ["the question `Doors`", "the dashboard `Shop`", "the alert `Few`"] {
        assert!(refused.text().contains(who), "{}", refused.text());
    }
    let renamed = stage.local("PUT", &a, &cohort("c", &[])).await;
    assert_eq!(renamed.problem(), (409, "cohort-named".to_owned()), "a name is what is named");
    assert_eq!(stage.local("PUT", &a, &cohort("a", &[])).await.status, 200);
    for user in users {
        assert_eq!(drop(&user).await.status, 204);
    }
    assert_eq!((drop(&b).await.status, drop(&a).await.status), (204, 204));
}
