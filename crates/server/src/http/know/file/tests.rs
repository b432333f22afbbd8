//! Tests of answers as files.

use axum::http::HeaderValue;
use serde_json::{Value, json};

use super::*;
use crate::stage::Stage;

#[test]
fn the_first_form_that_there_is_is_taken() {
    let form = |accept: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        Form::accepted(&headers)
    };
    assert_eq!(Form::accepted(&HeaderMap::new()), Form::Json);
    assert_eq!(form("*/*"), Form::Json);
    assert_eq!(form("text/csv"), Form::Csv);
    assert_eq!(form("text/html, text/csv; header=present, application/json"), Form::Csv);
    assert_eq!(form("application/vnd.apache.parquet;q=1"), Form::Parquet);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_leaves_as_a_file_under_a_grant_to_export() {
    let stage = Stage::open("").await;
    let viewed = |user: &str, country: &str| {
        ("Product Viewed", -1, user.to_owned(), json!({ "country": country }))
    };
    stage.collect(&[viewed("ada", "DE"), viewed("bob", "=1+1")]).await;
    let question = json!({
        "purpose": "measure", "from": "2026-01-01", "to": "2026-01-02", "interval": "day",
        "series": [{ "event": "Product Viewed" }], "breakdown": "country",
    });
    let path = "/api/query/trend";
    let token = stage.token(&["measure"]).await;
    let accept = [("accept", "text/csv")];
    let refused = stage.ask(&token, ("POST", path), &accept, &question).await;
    assert_eq!(refused.problem(), (403, "actor-not-allowed".to_owned()), "a token asks only");
    let asked = stage.ask(&token, ("POST", path), &[("accept", "*/*")], &question).await;
    assert_eq!(asked.status, 200, "{}", asked.text());

    let local = async |accept: &str| {
        let request = axum::http::Request::post(path).header(header::ACCEPT, accept);
        stage.send_local(request.body(question.to_string().into()).unwrap()).await
    };
    let csv = local("text/csv").await;
    assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv");
    let named = &csv.headers[header::CONTENT_DISPOSITION];
    assert_eq!(named, "attachment; filename=\"trend.csv\"");
    let text = csv.text();
    assert!(text.starts_with("start,event,count,"), "{text}");
    let day = "2026-01-01T00:00:00Z,Product Viewed,events,";
    assert!(text.contains(&format!("\r\n{day}")), "{text}");
    assert!(text.contains(",'=1+1,") && text.contains(",DE,"), "{text}");
    let parquet = local("application/vnd.apache.parquet").await;
    assert!(parquet.bytes.starts_with(b"PAR1") && parquet.bytes.ends_with(b"PAR1"));
    assert_eq!(parquet.headers[header::CONTENT_TYPE], "application/vnd.apache.parquet");

    // Two were handed out, one was refused; the ledger's job writes when it comes to it.
    let written = async {
        loop {
            let facts = stage.local("GET", "/api/ledger/facts?limit=50", &Value::Null).await;
            if facts.text().matches("\"export\"").count() == 3 {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), written).await.unwrap();
}
