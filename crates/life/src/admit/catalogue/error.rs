//! What can be wrong with a catalogue or with a source's declaration. Each names file, key and
//! remedy.

use thiserror::Error;

/// Why a catalogue was not loaded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CatalogueError {
    #[error("{file}: {problem}")]
    Syntax { file: String, problem: String },
    #[error(
        "{file}: no file of this name is known: use purposes.toml, categories.toml, consent.toml, \
             identifiers.toml, events/NAME.toml or schemas/NAME.toml"
    )]
    File { file: String },
    #[error("{file}: `{key}` is declared twice: remove one")]
    Twice { file: String, key: String },
    #[error(
        "{file}: `{key}` has number {number}, which must be below 64 and used once: take a free one"
    )]
    Number { file: String, key: String, number: u8 },
    #[error("{file}: `{key}` names `{unknown}`, which is not declared: correct it or declare it")]
    Unknown { file: String, key: String, unknown: String },
    #[error(
        "{file}: `{key}` may not become a column, because its category `{category}` is {why}: \
             set column = false"
    )]
    Column { file: String, key: String, category: String, why: &'static str },
    #[error("{file}: `{key}` names no basis: list at least one under `bases`")]
    Baseless { file: String, key: String },
    #[error(
        "{file}: `{key}` must name readers under `coarse_for` exactly when it is coarsened or \
         masked: correct one of them"
    )]
    Unread { file: String, key: String },
    #[error(
        "{file}: `{key}` stands for `{purpose}`, which needs a choice of its own: remove it there"
    )]
    Bundled { file: String, key: String, purpose: String },
    #[error(
        "{file}: `{key}` is filled by the program and needs type `{kind}`: correct one of them"
    )]
    Filled { file: String, key: String, kind: &'static str },
    #[error(
        "source `{source_name}`: basis `{basis}` cannot open purpose `{purpose}`: \
         use one of {allowed}"
    )]
    Basis { source_name: String, purpose: String, basis: &'static str, allowed: String },
    #[error("source `{source_name}`: there is no purpose number {number}: correct the declaration")]
    Purpose { source_name: String, number: u8 },
}
