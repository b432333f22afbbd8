//! What leaves while somebody is forgotten.

use life::admit::{Actor, Verb};
use serde_json::json;
use vocabulary::Time;

use super::{ExportError, Form, Wanted};
use crate::app::reading::Whose;
use crate::http::caller::Known;
use crate::stage::Stage;

fn everything() -> Wanted {
    let span = (Time(i64::MIN), Time(i64::MAX));
    Wanted { form: Form::Lines, span, events: Vec::new() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_forgotten_while_an_export_runs_is_not_in_it() {
    let stage = Stage::open("").await;
    let event = |user: &str| ("Order Completed", -1, user.to_owned(), json!({}));
    stage.collect(&[event("ada"), event("bob")]).await;
    let app = &stage.app;
    let known = Known::everything(app, "local");
    let grant = known.granted(app, "measure", Verb::Export).await.unwrap();
    let before = app.table();
    assert_eq!(app.written(&before, &everything(), &grant).unwrap().1, 2);

    let ada = Whose { user_id: Some("ada".to_owned()), device_id: None, person: None };
    app.forget(&Actor("local".to_owned()), &ada).await.unwrap();
    let late = app.written(&before, &everything(), &grant);
    assert!(matches!(late, Err(ExportError::Narrowed)), "{:?}", late.map(|(_, rows)| rows));
    assert_eq!(app.written(&app.table(), &everything(), &grant).unwrap().1, 1);
}
