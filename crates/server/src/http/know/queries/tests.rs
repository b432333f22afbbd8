//! Tests of running questions: who sees them, how they are stopped, and that it is soon.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::http::routes;
use crate::stage::Stage;

/// Longer than a question may go on once nobody wants it.
const SOON: Duration = Duration::from_millis(500);
const BATCHES: usize = 20;
const BATCH: usize = 2_500;

const PATH: &str = "/api/query/trend";

/// A question that takes seconds: it looks into a sealed text of every row hundreds of times.
async fn long_one(stage: &Stage) -> Value {
    for batch in 0..BATCHES {
        let event = |number: usize| {
            let user = format!("u{}", number % 97);
            ("Order Completed", -1, user, json!({ "order_id": format!("o-{batch}-{number}") }))
        };
        stage.collect(&(0..BATCH).map(event).collect::<Vec<_>>()).await;
    }
    let holds = vec![json!({ "property": "order_id", "contains": "-" }); 16];
    let series = vec![json!({ "event": null, "where": holds }); 32];
    json!({
        "purpose": "measure", "from": "2026-01-01", "to": "2026-01-02", "interval": "day",
        "series": series,
    })
}

/// The one question that runs, once it has read something.
async fn running(stage: &Stage, token: &str) -> Value {
    loop {
        let list = stage.ask(token, ("GET", "/api/queries"), &[], &Value::Null).await.json();
        if list[0]["rows"].as_u64().is_some_and(|rows| rows > 0) {
            return list[0].clone();
        }
        tokio::task::yield_now().await;
    }
}

/// Waits until no thread works for the question any more.
async fn gone(stage: &Stage, query: &std::sync::Weak<crate::app::queries::Query>) {
    while query.upgrade().is_some() || !stage.app.queries().is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_question_is_stopped_soon_by_its_asker_or_when_the_asker_goes_away() {
    let stage = Arc::new(Stage::open("").await);
    let question = Arc::new(long_one(&stage).await);
    let token = stage.token(&["measure"]).await;
    let other = stage.token(&["measure"]).await;
    let ask = |id: &'static str| {
        let (stage, token) = (Arc::clone(&stage), token.clone());
        let (question, id) = (Arc::clone(&question), [("query-id", id)]);
        tokio::spawn(async move { stage.ask(&token, ("POST", PATH), &id, &question).await })
    };
    let asked = ask("mine-1");
    let seen = running(&stage, &token).await;
    assert_eq!((&seen["id"], &seen["kind"]), (&json!("mine-1"), &json!("trend")));
    let query = Arc::downgrade(&stage.app.queries().every()[0]);

    let foreign = stage.ask(&other, ("GET", "/api/queries"), &[], &Value::Null).await;
    assert_eq!(foreign.json(), json!([]), "another's questions are not listed");
    let one = "/api/queries/mine-1";
    let foreign = stage.ask(&other, ("DELETE", one), &[], &Value::Null).await;
    assert_eq!(foreign.problem(), (404, "not-found".to_owned()));
    let twice = stage.ask(&token, ("POST", PATH), &[("query-id", "mine-1")], &question).await;
    assert_eq!(twice.problem(), (409, "query-id-taken".to_owned()));
    let wrong = stage.ask(&token, ("POST", PATH), &[("query-id", "a b")], &question).await;
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

    goes_away(&stage, &token, &question.to_string()).await;
}

/// A caller on a real connection goes away in the middle of the answer.
async fn goes_away(stage: &Arc<Stage>, token: &str, question: &str) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(axum::serve(listener, routes(&stage.app)).into_future());
    let mut caller = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST {PATH} HTTP/1.1\r\nHost: candor\r\nAuthorization: Bearer {token}\r\n\
         Query-Id: mine-2\r\nContent-Length: {}\r\n\r\n{question}",
        question.len()
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
