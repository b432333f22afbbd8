//! What Snowplow's consent schemas say a person chose. They are written as records of what a banner
//! did; here they are answers, and only what is plainly a yes is one.

use std::borrow::Cow;

use serde_json::Value;

use super::described::Entity;
use crate::arrive::REST;
use crate::arrive::json::{Choices, choose};

/// What the event and the contexts of it say that the person chose.
pub(super) fn heard<'e>(entities: impl Iterator<Item = &'e Entity> + Clone) -> Choices<'static> {
    let mut choices = Choices::new();
    for entity in entities.clone() {
        let one = if entity.schema.is("consent_preferences") {
            preferences(&entity.data)
        } else if entity.schema.is("gdpr") {
            let document = text(&entity.data, "documentId").filter(|_| is_consent(&entity.data));
            document.and_then(|name| said(name, true)).into_iter().collect()
        } else if entity.schema.is("consent_granted") {
            documents(entities.clone(), true)
        } else if entity.schema.is("consent_withdrawn") {
            let is_all = entity.data.get("all") == Some(&Value::Bool(true));
            if is_all { rest() } else { documents(entities.clone(), false) }
        } else {
            continue;
        };
        agree(&mut choices, one);
    }
    choices
}

/// Adds what one entity says. What another one's no to all the rest reaches is no yes.
fn agree(choices: &mut Choices<'static>, mut one: Choices<'static>) {
    let is_rest = |said: &Choices<'static>| said.iter().any(|(name, _)| name == REST);
    if is_rest(&one) {
        choices.retain(|said| !said.1 || one.contains(said));
    }
    if is_rest(choices) {
        one.retain(|said| !said.1 || choices.contains(said));
    }
    choose(choices, one);
}

/// `consent_preferences`: the scopes that were agreed to, and what became of all others.
fn preferences(data: &Value) -> Choices<'static> {
    let scopes = data.get("consentScopes").and_then(Value::as_array);
    let scopes = scopes.into_iter().flatten().filter_map(Value::as_str);
    let agreed = scopes.filter_map(|scope| said(scope, true));
    match text(data, "eventType") {
        Some("allow_all") if is_consent(data) => agreed.collect(),
        // Whoever chooses some has not chosen the others.
        Some("allow_selected") if is_consent(data) => agreed.chain(rest()).collect(),
        // What has run out is no longer a yes.
        Some("deny_all" | "withdrawn" | "expired") => rest(),
        // Pending is no answer, and what is only implied is no consent.
        Some(_) | None => Choices::new(),
    }
}

/// The documents of an event, each of which a person agreed to, or no longer does.
fn documents<'e>(entities: impl Iterator<Item = &'e Entity>, is_yes: bool) -> Choices<'static> {
    let documents = entities.filter(|entity| entity.schema.is("consent_document"));
    documents.filter_map(|entity| said(text(&entity.data, "id")?, is_yes)).collect()
}

fn said(name: &str, is_yes: bool) -> Option<(Cow<'static, str>, bool)> {
    (!name.is_empty()).then(|| (Cow::Owned(name.to_owned()), is_yes))
}

fn rest() -> Choices<'static> {
    vec![(Cow::Borrowed(REST), false)]
}

/// Whether the sender names consent as its basis: with another one no yes was asked for.
fn is_consent(data: &Value) -> bool {
    text(data, "basisForProcessing") == Some("consent")
}

fn text<'e>(data: &'e Value, field: &str) -> Option<&'e str> {
    data.get(field).and_then(Value::as_str)
}
