//! Why a question got no answer.

use vocabulary::{Purpose, Span};

use crate::keep::file::FileError;

/// Why a question got no answer. None of them says anything about people.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("the grant is for purpose {}, the question for {}: ask for a grant of that purpose",
        .granted.number(), .asked.number())]
    OtherPurpose { granted: Purpose, asked: Purpose },
    #[error("the grant does not cover asking: ask for one that does")]
    OtherVerb,
    #[error("the grant has run out: ask again")]
    Expired,
    #[error("the question reads categories that the grant does not cover: leave out the property")]
    OtherCategory,
    #[error("a permission was withdrawn while the question ran: ask again")]
    MaskNarrowed,
    #[error("more than {max} rows belong to people who were merged since: compact first")]
    TooManyMovedRows { max: usize },
    #[error(
        "the answer would have more than {max} cells: break down by a property with fewer \
        values, or ask for longer intervals"
    )]
    TooManyCells { max: usize },
    #[error("the answer would need more than {max} numbers in memory: ask for a shorter time")]
    TooManyNumbers { max: usize },
    #[error("the text cannot be planned: {why}")]
    SqlInvalid { why: String },
    #[error("the text cannot be carried out: {why}")]
    SqlFailed { why: String },
    #[error("the text needs more memory than it may have: ask for less time, or group by less")]
    TooMuchMemory,
    #[error("the text takes longer than {} s: ask for less time, or join less", .span.as_seconds())]
    TooSlow { span: Span },
    #[error("the answer has more than {max} bytes: select fewer columns or rows")]
    AnswerTooLarge { max: usize },
    #[error("the question was cancelled: ask again for its answer")]
    Cancelled,
    #[error("a run of rows is not in order: its file is damaged or was written wrongly")]
    Unordered,
    #[error("a thread of the question ended early")]
    Thread,
    #[error("a run of rows could not be read")]
    Read(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<FileError> for AskError {
    fn from(error: FileError) -> Self {
        AskError::Read(Box::new(error))
    }
}

impl AskError {
    /// The stable word for this cause.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            AskError::OtherPurpose { .. } => "grant-other-purpose",
            AskError::OtherVerb => "grant-other-verb",
            AskError::Expired => "grant-expired",
            AskError::OtherCategory => "grant-other-category",
            AskError::MaskNarrowed => "mask-narrowed",
            AskError::TooManyMovedRows { .. } => "too-many-moved-rows",
            AskError::TooManyCells { .. } => "too-many-cells",
            AskError::TooManyNumbers { .. } => "too-many-numbers",
            AskError::SqlInvalid { .. } => "sql-invalid",
            AskError::SqlFailed { .. } => "sql-failed",
            AskError::TooMuchMemory => "sql-too-much-memory",
            AskError::TooSlow { .. } => "sql-too-slow",
            AskError::AnswerTooLarge { .. } => "sql-answer-too-large",
            AskError::Cancelled => "query-cancelled",
            AskError::Unordered => "run-unordered",
            AskError::Thread => "thread-ended",
            AskError::Read(_) => "read-failed",
        }
    }
}
