//! What people save: questions, dashboards of tiles, annotations, alerts; and what is wrong with
//! one.
//!
//! What is saved gives no permission: whoever opens a saved question asks it anew, and is judged.

pub mod alert;
pub mod cohort;
pub mod dashboard;
pub mod flaw;
pub mod notice;
pub mod reach;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use vocabulary::Time;

pub use alert::Alert;
pub use dashboard::{Dashboard, Filters};
pub use flaw::{Amiss, Complaints};

/// Something that can be saved.
pub trait Saveable {
    /// The word for its kind; the name of a list in the API is its plural.
    const KIND: &'static str;
    /// Whether questions name it, so that no two of its kind may share a name.
    const IS_UNIQUE: bool = false;

    /// What lists are ordered by.
    fn name(&self) -> &str;

    /// Everything that is wrong with it.
    fn check(&self, amiss: &mut Complaints);

    /// The questions that it holds written out, each with its place.
    fn posed(&self) -> Vec<(String, &str, &Value)>;

    /// The webhooks that it calls, each with its place.
    fn hooks(&self) -> Vec<(String, &str)> {
        Vec::new()
    }
}

/// A question written out: its kind, and the body that `/api/query/{kind}` takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Posed {
    /// The kind: the last part of the question's address.
    pub kind: String,
    pub question: Value,
}

/// A question that was saved, by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    pub saved: String,
}

/// A question: written out, or a saved one by its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Asked {
    Saved(Reference),
    Here(Posed),
}

/// A saved question. Its purpose stands in the question and is fixed with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The kind: the last part of the question's address.
    pub kind: String,
    pub question: Value,
}

/// What happened at an instant, as people remember it; charts show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Annotation {
    #[schema(value_type = String, format = DateTime)]
    pub time: Time,
    pub text: String,
}

/// Characters of a name.
const NAME_MAX: usize = 200;
/// Characters of a longer text.
const TEXT_MAX: usize = 2_000;
/// Bytes of a question as text.
const QUESTION_MAX: usize = 64 << 10;

impl Saveable for Question {
    const KIND: &'static str = "question";

    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self, amiss: &mut Complaints) {
        head(&self.name, self.about.as_deref(), amiss);
        size("/question", &self.question, amiss);
    }

    fn posed(&self) -> Vec<(String, &str, &Value)> {
        vec![(String::new(), &self.kind, &self.question)]
    }
}

impl Saveable for Annotation {
    const KIND: &'static str = "annotation";

    fn name(&self) -> &str {
        &self.text
    }

    fn check(&self, amiss: &mut Complaints) {
        text("/text", &self.text, TEXT_MAX, amiss);
    }

    fn posed(&self) -> Vec<(String, &str, &Value)> {
        Vec::new()
    }
}

impl Asked {
    fn check(&self, pointer: &str, amiss: &mut Complaints) {
        match self {
            Asked::Saved(_) => {}
            Asked::Here(posed) => size(&format!("{pointer}/question"), &posed.question, amiss),
        }
    }

    fn posed(&self, pointer: String) -> Option<(String, &str, &Value)> {
        match self {
            Asked::Saved(_) => None,
            Asked::Here(posed) => Some((pointer, &posed.kind, &posed.question)),
        }
    }
}

fn head(name: &str, about: Option<&str>, amiss: &mut Complaints) {
    text("/name", name, NAME_MAX, amiss);
    if about.is_some_and(|about| about.chars().count() > TEXT_MAX) {
        amiss.add("/about", Amiss::TooLong { max: TEXT_MAX });
    }
}

/// A text that says something, on one line where it is a name.
fn text(pointer: &str, text: &str, max: usize, amiss: &mut Complaints) {
    if text.trim().is_empty() {
        amiss.add(pointer, Amiss::Blank);
    } else if text.chars().count() > max {
        amiss.add(pointer, Amiss::TooLong { max });
    } else if max == NAME_MAX && text.chars().any(char::is_control) {
        amiss.add(pointer, Amiss::Control);
    }
}

fn size(pointer: &str, question: &Value, amiss: &mut Complaints) {
    if question.to_string().len() > QUESTION_MAX {
        amiss.add(pointer, Amiss::TooLong { max: QUESTION_MAX });
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The places and codes of everything that is wrong.
    pub(crate) fn wrong(saved: &impl Saveable) -> Vec<String> {
        let mut amiss = Complaints::default();
        saved.check(&mut amiss);
        amiss.0.iter().map(|(pointer, amiss)| format!("{pointer} {}", amiss.code())).collect()
    }

    #[test]
    fn a_question_is_written_out_or_named() {
        let read = |text| serde_json::from_str::<Asked>(text);
        assert!(matches!(read(r#"{"saved":"a1"}"#), Ok(Asked::Saved(_))));
        assert!(matches!(read(r#"{"kind":"trend","question":{}}"#), Ok(Asked::Here(_))));
        assert!(read(r#"{"saved":"a1","kind":"trend","question":{}}"#).is_err());
    }

    #[test]
    fn names_say_something_on_one_line() {
        let question = |name: &str| Question {
            name: name.to_owned(),
            about: None,
            kind: "trend".to_owned(),
            question: Value::Null,
        };
        assert_eq!(wrong(&question("Doors")), Vec::<String>::new());
        assert_eq!(wrong(&question(" ")), ["/name saved-blank"]);
        assert_eq!(wrong(&question("a\nBcc: b")), ["/name saved-control"]);
        assert_eq!(wrong(&question(&"n".repeat(201))), ["/name saved-too-long"]);
        let large = Question { question: Value::String("x".repeat(70_000)), ..question("n") };
        assert_eq!(wrong(&large), ["/question saved-too-long"]);
        let note = Annotation { time: Time(0), text: "two\nlines".to_owned() };
        assert_eq!(wrong(&note), Vec::<String>::new());
    }
}
