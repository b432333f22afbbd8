//! What a context says that the protocol itself has a use for: consent and session. The rest is
//! carried on unread.

use std::borrow::Cow;

use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;
use vocabulary::Limits;

use crate::arrive::Invalid;
use crate::arrive::json::{Choices, Place, Scalar};

/// What a context says that the protocol itself has a use for.
#[derive(Default, Clone)]
pub(super) struct Glance<'a> {
    pub(super) choices: Choices<'a>,
    pub(super) session: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct ContextRead<'a> {
    #[serde(borrow)]
    consent: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "sessionId")]
    session: Scalar<'a>,
    #[serde(borrow, default)]
    session_id: Scalar<'a>,
}

#[derive(Deserialize)]
struct ConsentRead<'a> {
    #[serde(borrow, rename = "categoryPreferences")]
    preferences: Option<&'a RawValue>,
}

/// Looks into a context for consent and session, if its text could hold any.
pub(super) fn glance<'a>(
    context: Option<&'a RawValue>,
    place: Place,
    limits: &Limits,
) -> Result<Glance<'a>, Invalid> {
    let Some(json) = context else { return Ok(Glance::default()) };
    let text = json.get();
    let holds = |word: &str| memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    // A name may be written with escapes; then reading it is the only way to know.
    if !holds("consent") && !holds("\"session") && !holds("\\u") {
        return Ok(Glance::default());
    }
    let read: ContextRead<'a> = serde_json::from_str(text).map_err(|_| {
        let problem = "`context` says consent or session twice: say it once";
        place.invalid("field-twice", "context", problem)
    })?;
    // The protocol defines no session, so one that is unreadable is none.
    let session = |written| place.identifier("", written, limits.identifier_chars).ok().flatten();
    let session = session(read.session).or_else(|| session(read.session_id));
    let Some(consent) = place.object("context/consent", read.consent)? else {
        return Ok(Glance { choices: Choices::new(), session });
    };
    let consent: ConsentRead<'a> = serde_json::from_str(consent.get()).map_err(|_| {
        let problem = "`categoryPreferences` stands twice: say it once";
        place.invalid("field-twice", "context/consent", problem)
    })?;
    let choices = match consent.preferences {
        Some(preferences) => place.choices("context/consent/categoryPreferences", preferences)?,
        None => Choices::new(),
    };
    Ok(Glance { choices, session })
}
