//! Tests of running questions: who sees them, how they are stopped, and that it is soon.

use std::sync::Arc;
use std::time::Duration;

use life::admit::{Actor, Verb};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::http::caller::Known;
use crate::http::know::running::QueryId;
use crate::http::routes;
use crate::stage::Stage;

/// Longer than a question may go on once nobody wants it.
const SOON: Duration = Duration::from_millis(500);
const BATCHES: usize = 20;
const BATCH: usize = 2_500;

/// A dashboard that takes seconds: every tile opens a sealed value of every row.
async fn long_one(stage: &Stage) -> String {
    for batch in 0..BATCHES {
        let event = |number: usize| {
            let user = format!("u{}", number % 97);
            ("Order Completed", -1, user, json!({ "order_id": format!("o-{batch}-{number}") }))
        };
        stage.collect(&(0..BATCH).map(event).collect::<Vec<_>>()).await;
    }
    let question = json!({
        "purpose": "measure", "from": "2026-01-01", "to": "2026-01-02", "interval": "day",
        "series": [{ "event": null, "where": [{ "property": "order_id", "is": ["nobody's"] }] }],
    });
    let tile = |number: u32| {
        let posed = json!({ "kind": "trend", "question": question });
        json!({ "id": format!("t{number}"), "question": posed, "x": 0, "y": number, "w": 1, "h": 1 })
    };
    let tiles: Vec<Value> = (0..40).map(tile).collect();
    let dashboard = json!({ "name": "Long", "tiles": tiles });
    let made = stage.local("POST", "/api/dashboards", &dashboard).await.json();
    format!("/api/dashboards/{}/answers", made["id"].as_str().unwrap())
}

/// The one question that runs, once it has read something.
async fn running(stage: &Stage, token: &str) -> Value {
    loop {
        let list = stage.ask(token, ("GET", "/api/queries"), &[], &Value::Null).await.json();
        if list[0]["rows"].as_u64().is_some_and(|rows| rows > 0) || list[0]["percent"] == 100 {
            return list[0].clone();
        }
        tokio::task::yield_now().await;
    }
}

/// Waits until no thread works for the question any more.
async fn gone(stage: &Stage, query: &std::sync::Weak<crate::app::running::Query>) {
    while query.upgrade().is_some() || !stage.app.queries().is_empty() {
        tokio::task::yield_now().await;
    }
}

/// The walk itself ends: nothing above it looks whether the question was cancelled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_question_is_not_answered_by_its_walk() {
    let stage = Stage::open("").await;
    stage.collect(&[("Order Completed", -1, "ada".to_owned(), json!({}))]).await;
    let known = Known::everything(&stage.app, "local");
    let question = json!({
        "purpose": "measure", "from": "2026-01-01", "to": "2026-01-02",
        "all": [{ "event": "Order Completed" }],
    });
    for (is_cancelled, status) in [(false, None), (true, Some(409))] {
        let plan = stage
            .app
            .resolve(|setting| life::know::Plan::resolve("cohort", &question.to_string(), setting));
        let plan = plan.await.unwrap();
        let grant = known.granted(&stage.app, "measure", Verb::Ask).await.unwrap();
        let actor = &known.authority.actor;
        let running = stage.app.begin_query(actor, QueryId(None), "cohort").unwrap();
        if is_cancelled {
            running.query().cancel();
        }
        let answered = stage.app.ask(plan, grant, &running).await;
        assert_eq!(answered.err().map(|problem| problem.status), status);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_question_is_stopped_soon_by_its_asker_or_when_the_asker_goes_away() {
    let stage = Arc::new(Stage::open("").await);
    let path = long_one(&stage).await;
    let token = stage.token(&["measure"]).await;
    let other = stage.token(&["measure"]).await;
    let ask = |id: &'static str| {
        let (stage, token, path) = (Arc::clone(&stage), token.clone(), path.clone());
        let id = [("query-id", id)];
        tokio::spawn(async move { stage.ask(&token, ("POST", &path), &id, &json!({})).await })
    };
    let asked = ask("mine-1");
    let seen = running(&stage, &token).await;
    assert_eq!((&seen["id"], &seen["kind"]), (&json!("mine-1"), &json!("dashboard")));
    let query = Arc::downgrade(&stage.app.queries().every()[0]);

    let foreign = stage.ask(&other, ("GET", "/api/queries"), &[], &Value::Null).await;
    assert_eq!(foreign.json(), json!([]), "another's questions are not listed");
    let one = "/api/queries/mine-1";
    let foreign = stage.ask(&other, ("DELETE", one), &[], &Value::Null).await;
    assert_eq!(foreign.problem(), (404, "not-found".to_owned()));
    let twice = stage.ask(&token, ("POST", &path), &[("query-id", "mine-1")], &json!({})).await;
    assert_eq!(twice.problem(), (409, "query-id-taken".to_owned()));
    let wrong = stage.ask(&token, ("POST", &path), &[("query-id", "a b")], &json!({})).await;
    assert_eq!(wrong.problem(), (400, "query-id".to_owned()));

    let (followed, stopped) = (Arc::clone(&stage), token.clone());
    let events = tokio::spawn(async move {
        let events = "/api/queries/mine-1/events";
        followed.ask(&stopped, ("GET", events), &[], &Value::Null).await
    });
    tokio::task::yield_now().await;
    let stop = stage.ask(&token, ("DELETE", one), &[], &Value::Null).await;
    assert_eq!(stop.status, 204);
    tokio::time::timeout(SOON, gone(&stage, &query)).await.expect("no thread works for it");
    assert_eq!(asked.await.unwrap().problem(), (409, "query-cancelled".to_owned()));
    let told = events.await.unwrap().text();
    assert!(told.contains("event: done\n") || told.contains("\"not-found\""), "{told}");

    goes_away(&stage, &token, &path).await;
}

/// A caller on a real connection goes away in the middle of the answer.
async fn goes_away(stage: &Arc<Stage>, token: &str, path: &str) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(axum::serve(listener, routes(&stage.app)).into_future());
    let mut caller = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: candor\r\nAuthorization: Bearer {token}\r\n\
         Query-Id: mine-2\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    caller.write_all(request.as_bytes()).await.unwrap();
    let seen = running(stage, token).await;
    assert_eq!(seen["id"], "mine-2");
    let query = Arc::downgrade(&stage.app.queries().every()[0]);
    drop(caller);
    tokio::time::timeout(SOON, gone(stage, &query)).await.expect("nobody waits for it any more");
    serving.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_actor_leaves_room_for_others() {
    let stage = Stage::open("").await;
    let each = stage.app.limits().running_questions_each;
    let begin = |actor: &str| {
        stage.app.begin_query(&Actor(actor.to_owned()), QueryId(None), "sql").map_err(|no| no.code)
    };
    let mut held: Vec<_> = (0..each).map(|_| begin("one").unwrap()).collect();
    assert_eq!(begin("one").unwrap_err(), "too-many-questions");
    let other = begin("other").unwrap();
    held.pop();
    let again = begin("one").unwrap();
    drop((held, other, again));
    assert!(stage.app.queries().is_empty());
}

/// A text that waits for its turn is cancelled as one that runs, and runs when a turn is free.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_take_turns() {
    let stage = Arc::new(Stage::open("").await);
    let token = stage.token(&["measure"]).await;
    let turns = u32::try_from(stage.app.limits().running_texts).unwrap();
    let held = stage.app.inner().texts.acquire_many(turns).await.unwrap();
    let ask = |id: &'static str| {
        let (asked, asker) = (Arc::clone(&stage), token.clone());
        tokio::spawn(async move {
            let text = json!({ "purpose": "measure", "sql": "select 1" });
            let path = ("POST", "/api/query/sql");
            asked.ask(&asker, path, &[("query-id", id)], &text).await.json()
        })
    };
    let (one, other) = (ask("one"), ask("other"));
    let actor = stage.app.token(&token).await.unwrap().unwrap().authority.actor;
    let running = stage.app.queries().await_one(&actor, "one").await.unwrap();
    stage.app.queries().await_one(&actor, "other").await.unwrap();
    running.cancel();
    drop(running);
    assert_eq!(one.await.unwrap()["code"], "query-cancelled");
    assert!(!other.is_finished(), "it waits");
    drop(held);
    assert_eq!(other.await.unwrap()["rows"], json!([[1]]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_progress_of_a_question_is_told_until_it_is_done() {
    let stage = Arc::new(Stage::open("").await);
    let token = stage.token(&["measure"]).await;
    let none = "/api/queries/nothing/events";
    let never = stage.ask(&token, ("GET", none), &[], &Value::Null).await;
    assert_eq!(never.problem(), (404, "not-found".to_owned()));
    let actor = stage.app.token(&token).await.unwrap().unwrap().authority.actor;
    let id = super::QueryId(Some("early".to_owned()));
    let (followed, follower) = (Arc::clone(&stage), token.clone());
    let events = tokio::spawn(async move {
        let events = "/api/queries/early/events";
        followed.ask(&follower, ("GET", events), &[], &Value::Null).await
    });
    tokio::task::yield_now().await;
    let running = stage.app.begin_query(&actor, id, "trend").unwrap();
    let mut step = tokio::time::interval(Duration::from_millis(250));
    for _ in 0..4 {
        step.tick().await;
    }
    drop(running);
    let told = events.await.unwrap().text();
    assert!(told.starts_with("event: progress\n"), "{told}");
    assert!(told.contains("\"phase\":\"starting\"") && told.contains("\"of_bytes\":0"), "{told}");
    let (_, done) = told.split_once("event: done\n").unwrap_or_else(|| panic!("{told}"));
    assert!(done.contains("\"phase\":\"done\""), "{told}");
    assert!(!done.contains("event:"), "nothing follows: {told}");
}
