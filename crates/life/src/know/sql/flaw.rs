//! What is wrong with a text of SQL, each with its remedy.

/// Why a text is not planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SqlFlaw {
    #[error("it cannot be read as SQL: {why}")]
    Unreadable { why: String },
    #[error("it has more than {max} bytes: ask for less at once")]
    TooLong { max: usize },
    #[error("it is no single `SELECT`: leave out everything else")]
    NotSelect,
    #[error("`{clause}` is not offered: leave it out")]
    Clause { clause: &'static str },
    #[error("there is no table `{name}`: select from `events` or `people`")]
    UnknownTable { name: String },
    #[error("a table cannot come from a function: select from `events` or `people`")]
    TableFunction,
    #[error("there is no function `{name}`: the schema lists those that there are")]
    UnknownFunction { name: String },
    #[error("a value cannot come from outside: write it into the text")]
    Parameter,
    #[error("a select may not lead back to itself: leave out `RECURSIVE`")]
    Recursive,
    #[error("it reads tables more than {max} times: join fewer")]
    TooManyTables { max: usize },
    #[error("its expressions multiply over its levels: name fewer columns in each, or nest less")]
    TooNested,
    #[error("it puts more than {max} texts together: join fewer")]
    TooMuchText { max: usize },
    #[error("it has more than {max} operators and keywords: say less at once")]
    TooMuchToDo { max: usize },
}

impl SqlFlaw {
    /// The stable word for this flaw.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            SqlFlaw::Unreadable { .. } => "sql-unreadable",
            SqlFlaw::TooLong { .. } => "sql-too-long",
            SqlFlaw::NotSelect => "sql-not-select",
            SqlFlaw::Clause { .. } => "sql-clause",
            SqlFlaw::UnknownTable { .. } => "sql-unknown-table",
            SqlFlaw::TableFunction => "sql-table-function",
            SqlFlaw::UnknownFunction { .. } => "sql-unknown-function",
            SqlFlaw::Parameter => "sql-parameter",
            SqlFlaw::Recursive => "sql-recursive",
            SqlFlaw::TooManyTables { .. } => "sql-too-many-tables",
            SqlFlaw::TooNested => "sql-too-nested",
            SqlFlaw::TooMuchText { .. } => "sql-too-much-text",
            SqlFlaw::TooMuchToDo { .. } => "sql-too-much-to-do",
        }
    }
}
