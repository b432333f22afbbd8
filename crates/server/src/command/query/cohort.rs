//! `candor query cohort`.

use clap::Args;
use serde_json::{Value, json};

use super::{Question, Rows};
use crate::command::client::{put, text};

#[derive(Debug, Args)]
pub struct Cohort {
    /// `EVENT` or `EVENT>=3`; repeat it, all must hold.
    #[arg(long = "did", value_name = "EVENT>=N", required = true)]
    did: Vec<String>,
    /// An event that they must not have done; repeat it.
    #[arg(long = "not", value_name = "EVENT")]
    not: Vec<String>,
}

impl Question for Cohort {
    const KIND: &'static str = "cohort";

    fn plan(&self, rows: &Rows) -> anyhow::Result<Value> {
        let all = self.did.iter().map(|text| {
            let (event, least) = text.split_once(">=").unwrap_or((text, "1"));
            let least: u32 = least.trim().parse().map_err(|_| {
                anyhow::anyhow!("--did `{text}`: write the count as a number, such as `{event}>=3`")
            })?;
            let mut did = rows.with(Some(event.trim()));
            put(&mut did, "at_least", json!(least));
            Ok(did)
        });
        let all = all.collect::<anyhow::Result<Vec<Value>>>()?;
        let none: Vec<Value> = self.not.iter().map(|event| rows.with(Some(event))).collect();
        Ok(json!({ "all": all, "none": none }))
    }

    fn lines(answer: &Value) -> Vec<String> {
        vec![format!("{} people", text(answer, "people"))]
    }
}
