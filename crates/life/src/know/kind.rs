//! The kinds of questions. A kind is one file here, one in the lake and one in the console, and its
//! line in this register: routes, commands, plans and answers follow from it.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fault::{Faults, Flaw};
use super::row::PersonRow;
use super::scope::{Scope, Who};
use super::words::Setting;

/// Gives every kind to a macro: its name in addresses, and its question, plan, answer and pick.
#[macro_export]
macro_rules! each_kind {
    ($use:ident) => {
        $use! {
            /// How often events happen, by how many people, or what their properties add up to.
            trend: Trend, TrendPlan, TrendAnswer, TrendPick;
            /// How many people go through some steps, and how long they take.
            funnel: Funnel, FunnelPlan, FunnelAnswer, FunnelPick;
            /// How many of the people who began in a period come back in later ones.
            retention: Retention, RetentionPlan, RetentionAnswer, RetentionPick;
            /// Which ways people take from one thing to the next.
            paths: Paths, PathsPlan, PathsAnswer, PathsPick;
            /// How many people did something so often, and did not do something else.
            cohort: Cohort, CohortPlan, CohortAnswer, Everyone;
            /// How often and how long people visit, where they come in and where they leave.
            sessions: Sessions, SessionsPlan, SessionsAnswer, SessionsPick;
            /// How many people are new in an interval, go on, are back, or stay away.
            lifecycle: Lifecycle, LifecyclePlan, LifecycleAnswer, LifecyclePick;
            /// In how many intervals people do something.
            stickiness: Stickiness, StickinessPlan, StickinessAnswer, StickinessPick;
            /// What a property says, how often, and of how many people.
            values: Values, ValuesPlan, ValuesAnswer, ValuesPick;
        }
    };
}

/// A question of one kind, in names.
pub trait Question: DeserializeOwned {
    type Plan: Asked;

    /// Turns names into codes, or says everything that is wrong.
    fn resolve(&self, setting: Setting<'_>) -> Result<Self::Plan, Faults>;
}

/// A plan of one kind, in codes, ready for rows.
pub trait Asked {
    type Answer;
    /// How one of the answer's numbers is named.
    type Pick: DeserializeOwned;

    /// What every plan has.
    fn scope(&self) -> &Scope;

    /// The answer, from rows in any order: obviously right, and slow.
    fn reference(&self, rows: &[PersonRow]) -> Self::Answer;

    /// The answer as one sentence.
    fn sentence(&self, answer: &Self::Answer) -> String;

    /// From now on the plan also asks who is behind one of its numbers.
    fn pick(&mut self, pick: Self::Pick) -> Result<(), Faults>;

    /// Who is behind the number that was picked; for reference.
    fn members(&self, rows: &[PersonRow]) -> BTreeSet<Who>;
}

/// The pick of an answer that has only one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Everyone {}

macro_rules! kinds {
    ($(
        $(#[$about:meta])+
        $name:ident: $question:ident, $plan:ident, $answer:ident, $pick:ident;
    )+) => {
        use super::{$($question, $plan, $answer,)+};

        /// Any plan.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Plan {
            $($(#[$about])+ $question($plan),)+
        }

        /// The answer to a question of any kind.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        pub enum Answer {
            $($(#[$about])+ $question($answer),)+
        }

        impl Plan {
            /// The names of all kinds.
            pub const KINDS: &[&str] = &[$(stringify!($name),)+];

            /// The plan of a question of the kind of this name.
            pub fn resolve(
                kind: &str,
                question: &str,
                setting: Setting<'_>,
            ) -> Result<Self, Faults> {
                match kind {
                    $(stringify!($name) => {
                        let question: $question = read("", question)?;
                        question.resolve(setting).map(Plan::$question)
                    })+
                    other => {
                        let name = other.to_owned();
                        Err(Faults::one("/kind", Flaw::UnknownKind { name }))
                    }
                }
            }

            /// What every plan has.
            #[must_use]
            pub fn scope(&self) -> &Scope {
                match self {
                    $(Plan::$question(plan) => plan.scope(),)+
                }
            }

            /// The answer, from rows in any order: obviously right, and slow.
            #[must_use]
            pub fn reference(&self, rows: &[PersonRow]) -> Answer {
                match self {
                    $(Plan::$question(plan) => Answer::$question(plan.reference(rows)),)+
                }
            }

            /// The answer as one sentence; empty when it answers another kind of question.
            #[must_use]
            pub fn sentence(&self, answer: &Answer) -> String {
                match (self, answer) {
                    $((Plan::$question(plan), Answer::$question(answer)) => plan.sentence(answer),)+
                    _ => String::new(),
                }
            }

            /// From now on the plan also asks who is behind one of its numbers.
            pub fn pick(&mut self, pick: &str) -> Result<(), Faults> {
                match self {
                    $(Plan::$question(plan) => plan.pick(read("/pick", pick)?),)+
                }
            }

            /// Who is behind the number that was picked; for reference.
            #[must_use]
            pub fn members(&self, rows: &[PersonRow]) -> BTreeSet<Who> {
                match self {
                    $(Plan::$question(plan) => plan.members(rows),)+
                }
            }
        }
    };
}

crate::each_kind!(kinds);

/// Reads JSON, or says where it is wrong.
fn read<T: DeserializeOwned>(pointer: &str, json: &str) -> Result<T, Faults> {
    serde_json::from_str(json)
        .map_err(|error| Faults::one(pointer, Flaw::Unreadable { why: error.to_string() }))
}
