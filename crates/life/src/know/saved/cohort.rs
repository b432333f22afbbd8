//! A saved cohort: people by what they did, or from a list. Questions name it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Complaints, Saveable, head, size};

/// Some people under a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedCohort {
    /// What questions call it; no two cohorts share one.
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    pub rule: CohortRule,
}

/// Who is in a cohort.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum CohortRule {
    /// Whoever did what this says; asked anew, for the purpose of each question that names it.
    Question {
        /// The body that `/api/query/cohort` takes.
        question: Value,
    },
    /// Whoever was listed.
    List {},
}

impl Saveable for SavedCohort {
    const KIND: &'static str = "cohort";
    const IS_UNIQUE: bool = true;

    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self, amiss: &mut Complaints) {
        head(&self.name, self.about.as_deref(), amiss);
        if let CohortRule::Question { question } = &self.rule {
            size("/rule/question", question, amiss);
        }
    }

    fn posed(&self) -> Vec<(String, &str, &Value)> {
        match &self.rule {
            CohortRule::Question { question } => {
                vec![("/rule/question".to_owned(), "cohort", question)]
            }
            CohortRule::List {} => Vec::new(),
        }
    }
}

/// Whether a question names this cohort.
#[must_use]
pub fn names(question: &Value, cohort: &str) -> bool {
    let Some(people) = question.get("people") else { return false };
    let lists = ["in", "not_in"].into_iter().filter_map(|list| people.get(list)?.as_array());
    lists.flatten().any(|name| name.as_str() == Some(cohort))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::know::saved::tests::wrong;

    #[test]
    fn a_cohort_is_a_question_or_a_list() {
        let read = |text| serde_json::from_str::<SavedCohort>(text);
        let list = read(r#"{"name":"guests","rule":{"kind":"list"}}"#).unwrap();
        assert_eq!(wrong(&list), Vec::<String>::new());
        assert!(list.posed().is_empty());
        let asked = read(r#"{"name":"ringers","rule":{"kind":"question","question":{"all":[]}}}"#);
        let asked = asked.unwrap();
        assert_eq!(asked.posed().len(), 1);
        assert!(read(r#"{"name":"n","rule":{"kind":"list","question":{}}}"#).is_err());
        assert_eq!(wrong(&SavedCohort { name: String::new(), ..list }), ["/name saved-blank"]);
    }

    #[test]
    fn a_question_names_the_cohorts_of_its_people() {
        let question = serde_json::json!({ "people": { "in": ["buyers"], "not_in": ["staff"] } });
        assert!(names(&question, "buyers") && names(&question, "staff"));
        assert!(!names(&question, "guests"));
        for other in [serde_json::json!({ "people": null }), serde_json::json!({})] {
            assert!(!names(&other, "buyers"));
        }
    }
}
