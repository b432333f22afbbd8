//! What can be wrong with the files of the law. Each names file, rule and remedy.

use thiserror::Error;

/// Why the law was not loaded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LawError {
    #[error("law/{file}: {problem}")]
    Syntax { file: String, problem: String },
    #[error("law/{file}: `{rule}`: {problem}")]
    Rule { file: String, rule: String, problem: String },
    #[error("law/regimes.toml: `{regime}`: {problem}")]
    Regime { regime: String, problem: String },
    #[error(
        "`law.confirmed` names `{id}`, which is no rule: `candor law list` shows the rules and which \
         of them wait for a confirmation"
    )]
    Confirmed { id: String },
}
