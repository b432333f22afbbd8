//! The judgement of a text: what is parsed, listed and bounded may be planned, everything else is
//! refused by name.
//!
//! INVARIANT(sql-offer): only one select passes, over the tables and functions that are listed, and
//! neither its tables nor its texts can multiply without end.

use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr, Function, FunctionArguments, Ident,
    NamedWindowDefinition, NamedWindowExpr, ObjectName, Query, Select, SelectFlavor, SetExpr,
    Statement, TableFactor, TimezoneInfo, Value, ValueWithSpan, Visit, VisitMut, Visitor,
    VisitorMut, WindowFrameBound, WindowSpec, WindowType,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Word};
use vocabulary::{Limits, Time};

use super::flaw::SqlFlaw;
use super::offer::{NOW, TODAY, is_offered};
use super::{EVENTS, PEOPLE};

/// Times that tables may be read, each expansion of a `WITH` counted.
const SCANS_MAX: usize = 16;
/// How often a column may come to stand in one expression once all levels are put into each other.
const GROWTH_MAX: usize = 10_000;
/// Texts that may be put together: no more than that can a text grow by.
const JOINED_MAX: usize = 8;
/// Levels of brackets and selects.
const DEPTH_MAX: usize = 48;
/// Operators and keywords. A chain of them is a tree as deep as the chain is long: whoever walks
/// it takes a step down the stack for each.
const WORK_MAX: usize = 1_000;
/// Rows that a window may reach over.
const FRAME_MAX: u64 = 1_000_000;
/// What `approx_percentile_cont` is told: of which column, and at which share.
const PERCENTILE_ARGUMENTS: usize = 2;

/// The statement of a text, with the time of the question in it.
pub(super) fn judge(text: &str, now: Time, limits: &Limits) -> Result<Statement, SqlFlaw> {
    if text.len() > limits.sql_bytes {
        return Err(SqlFlaw::TooLong { max: limits.sql_bytes });
    }
    let unreadable = |error: sqlparser::parser::ParserError| {
        let why = error.to_string();
        let why = why.strip_prefix("sql parser error: ").unwrap_or(&why).to_owned();
        SqlFlaw::Unreadable { why }
    };
    let parser = Parser::new(&GenericDialect {}).with_recursion_limit(DEPTH_MAX);
    let mut parser = parser.with_tokens_with_locations(tokens(text)?);
    let mut statements = parser.parse_statements().map_err(unreadable)?;
    let (Some(mut statement), true) = (statements.pop(), statements.is_empty()) else {
        return Err(SqlFlaw::NotSelect);
    };
    if !matches!(statement, Statement::Query(_)) {
        return Err(SqlFlaw::NotSelect);
    }
    let mut judge = Judge::default();
    if let ControlFlow::Break(flaw) = statement.visit(&mut judge) {
        return Err(flaw);
    }
    // Told once, so that every part of the text sees one time.
    let _ = VisitMut::visit(&mut statement, &mut Clock { now });
    Ok(statement)
}

/// The words and signs of a text, when they are not too many to be read.
fn tokens(text: &str) -> Result<Vec<TokenWithSpan>, SqlFlaw> {
    let tokens = Tokenizer::new(&GenericDialect {}, text).tokenize_with_location();
    let tokens = tokens.map_err(|error| SqlFlaw::Unreadable { why: error.to_string() })?;
    if tokens.iter().filter(|token| is_work(&token.token)).count() > WORK_MAX {
        return Err(SqlFlaw::TooMuchToDo { max: WORK_MAX });
    }
    Ok(tokens)
}

/// Whether a token may put what was read before it one level deeper: names, values and what only
/// stands between them do not, and brackets are counted as they open.
fn is_work(token: &Token) -> bool {
    match token {
        Token::Word(Word { keyword, .. }) => *keyword != Keyword::NoKeyword,
        Token::EOF
        | Token::Number(..)
        | Token::Char(_)
        | Token::SingleQuotedString(_)
        | Token::DoubleQuotedString(_)
        | Token::NationalStringLiteral(_)
        | Token::EscapedStringLiteral(_)
        | Token::HexStringLiteral(_)
        | Token::Whitespace(_)
        | Token::Comma
        | Token::Period
        | Token::SemiColon
        | Token::LParen
        | Token::RParen => false,
        _ => true,
    }
}

/// What judges every part.
#[derive(Debug, Default)]
struct Judge {
    levels: Vec<Level>,
    joined: usize,
}

/// One select with what is inside it.
#[derive(Debug, Default)]
struct Level {
    /// Those of its `WITH` that were not met yet, in order.
    coming: VecDeque<String>,
    /// Those that were.
    known: HashMap<String, Weight>,
    weight: Weight,
    /// Columns in the widest expression.
    widest: usize,
    /// Expressions that are open, and the columns in the outermost.
    open: usize,
    columns: usize,
}

/// What a select costs once everything that it names stands in it.
#[derive(Debug, Default, Clone, Copy)]
struct Weight {
    scans: usize,
    growth: usize,
}

impl Level {
    fn reads(&mut self, weight: Weight) {
        self.weight.scans = self.weight.scans.saturating_add(weight.scans);
        self.weight.growth = self.weight.growth.max(weight.growth);
    }
}

type Judged = ControlFlow<SqlFlaw>;

const FINE: Judged = ControlFlow::Continue(());

/// Refuses a clause that is there.
fn none_of(clauses: &[(bool, &'static str)]) -> Judged {
    match clauses.iter().find(|(is_there, _)| *is_there) {
        Some((_, clause)) => ControlFlow::Break(SqlFlaw::Clause { clause }),
        None => FINE,
    }
}

/// How the planner reads a name: in small letters, unless it is quoted.
fn folded(name: &Ident) -> String {
    if name.quote_style.is_some() { name.value.clone() } else { name.value.to_lowercase() }
}

/// A name of one part.
fn single(name: &ObjectName) -> Option<String> {
    let [part] = name.0.as_slice() else { return None };
    part.as_ident().map(folded)
}

impl Visitor for Judge {
    type Break = SqlFlaw;

    fn pre_visit_statement(&mut self, statement: &Statement) -> Judged {
        match statement {
            Statement::Query(_) => FINE,
            _ => ControlFlow::Break(SqlFlaw::NotSelect),
        }
    }

    fn pre_visit_query(&mut self, query: &Query) -> Judged {
        let Query { with, body, locks, for_clause, settings, format_clause, fetch, .. } = query;
        if with.as_ref().is_some_and(|with| with.recursive) {
            return ControlFlow::Break(SqlFlaw::Recursive);
        }
        none_of(&[
            (!locks.is_empty(), "FOR UPDATE"),
            (for_clause.is_some(), "FOR"),
            (settings.is_some(), "SETTINGS"),
            (format_clause.is_some(), "FORMAT"),
            (fetch.is_some(), "FETCH"),
            (!query.pipe_operators.is_empty(), "|>"),
        ])?;
        is_select(body)?;
        let tables = with.iter().flat_map(|with| &with.cte_tables);
        let coming = tables.map(|table| folded(&table.alias.name)).collect();
        self.levels.push(Level { coming, ..Level::default() });
        FINE
    }

    fn post_visit_query(&mut self, _: &Query) -> Judged {
        let Some(level) = self.levels.pop() else { return FINE };
        let Weight { scans, growth } = level.weight;
        let growth = growth.max(1).saturating_mul(level.widest.max(1));
        // A select of no table is read as well.
        let weight = Weight { scans: scans.max(1), growth };
        if scans > SCANS_MAX {
            return ControlFlow::Break(SqlFlaw::TooManyTables { max: SCANS_MAX });
        }
        if growth > GROWTH_MAX {
            return ControlFlow::Break(SqlFlaw::TooNested);
        }
        if let Some(outer) = self.levels.last_mut() {
            match outer.coming.pop_front() {
                Some(name) => drop(outer.known.insert(name, weight)),
                None => outer.reads(weight),
            }
        }
        FINE
    }

    fn pre_visit_select(&mut self, select: &Select) -> Judged {
        none_of(&[
            (select.into.is_some(), "INTO"),
            (select.top.is_some(), "TOP"),
            (select.exclude.is_some(), "EXCLUDE"),
            (!select.lateral_views.is_empty(), "LATERAL VIEW"),
            (select.prewhere.is_some(), "PREWHERE"),
            (!select.connect_by.is_empty(), "CONNECT BY"),
            (!select.cluster_by.is_empty(), "CLUSTER BY"),
            (!select.distribute_by.is_empty(), "DISTRIBUTE BY"),
            (!select.sort_by.is_empty(), "SORT BY"),
            (select.value_table_mode.is_some(), "AS STRUCT"),
            (select.select_modifiers.is_some(), "a modifier of SELECT"),
            (select.flavor != SelectFlavor::Standard, "FROM without SELECT"),
        ])?;
        for NamedWindowDefinition(_, window) in &select.named_window {
            if let NamedWindowExpr::WindowSpec(window) = window {
                framed(window)?;
            }
        }
        FINE
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> Judged {
        match factor {
            TableFactor::Table {
                args,
                with_hints,
                version,
                with_ordinality,
                partitions,
                json_path,
                sample,
                index_hints,
                ..
            } => {
                if args.is_some() {
                    return ControlFlow::Break(SqlFlaw::TableFunction);
                }
                none_of(&[
                    (!with_hints.is_empty(), "WITH ( )"),
                    (version.is_some(), "FOR SYSTEM_TIME"),
                    (*with_ordinality, "WITH ORDINALITY"),
                    (!partitions.is_empty(), "PARTITION"),
                    (json_path.is_some(), "a path into JSON"),
                    (sample.is_some(), "TABLESAMPLE"),
                    (!index_hints.is_empty(), "USE INDEX"),
                ])
            }
            TableFactor::Derived { lateral, sample, .. } => {
                none_of(&[(*lateral, "LATERAL"), (sample.is_some(), "TABLESAMPLE")])
            }
            TableFactor::NestedJoin { .. } => FINE,
            _ => ControlFlow::Break(SqlFlaw::TableFunction),
        }
    }

    fn pre_visit_relation(&mut self, name: &ObjectName) -> Judged {
        let unknown = || ControlFlow::Break(SqlFlaw::UnknownTable { name: name.to_string() });
        let Some(table) = single(name) else { return unknown() };
        let known = self.levels.iter().rev().find_map(|level| level.known.get(&table)).copied();
        let own = [EVENTS, PEOPLE].contains(&table.as_str());
        let weight = match known {
            Some(weight) => weight,
            None if own => Weight { scans: 1, growth: 1 },
            None => return unknown(),
        };
        if let Some(level) = self.levels.last_mut() {
            level.reads(weight);
        }
        FINE
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> Judged {
        if let Some(level) = self.levels.last_mut() {
            level.open += 1;
            level.columns +=
                usize::from(matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_)));
        }
        let texts = match expr {
            Expr::Function(function) => called(function)?,
            Expr::BinaryOp { op: BinaryOperator::StringConcat, .. } => 2,
            _ => offered(expr)?,
        };
        self.joined += texts;
        if self.joined > JOINED_MAX {
            return ControlFlow::Break(SqlFlaw::TooMuchText { max: JOINED_MAX });
        }
        FINE
    }

    fn post_visit_expr(&mut self, _: &Expr) -> Judged {
        if let Some(level) = self.levels.last_mut() {
            level.open -= 1;
            if level.open == 0 {
                level.widest = level.widest.max(std::mem::take(&mut level.columns));
            }
        }
        FINE
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> Judged {
        match value.value {
            Value::Placeholder(_) => ControlFlow::Break(SqlFlaw::Parameter),
            _ => FINE,
        }
    }
}

/// Whether a body only selects.
fn is_select(body: &SetExpr) -> Judged {
    match body {
        SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) => FINE,
        SetExpr::SetOperation { left, right, .. } => {
            is_select(left)?;
            is_select(right)
        }
        SetExpr::Insert(_)
        | SetExpr::Update(_)
        | SetExpr::Delete(_)
        | SetExpr::Merge(_)
        | SetExpr::Table(_) => ControlFlow::Break(SqlFlaw::NotSelect),
    }
}

/// A call of a listed function, and how many texts it puts together.
fn called(function: &Function) -> ControlFlow<SqlFlaw, usize> {
    let name = single(&function.name).filter(|name| is_offered(name));
    let Some(name) = name else {
        let name = function.name.to_string();
        return ControlFlow::Break(SqlFlaw::UnknownFunction { name });
    };
    if let Some(WindowType::WindowSpec(window)) = &function.over {
        framed(window)?;
    }
    let texts = match &function.args {
        // How finely it looks is memory that it takes at once.
        FunctionArguments::List(list)
            if name == "approx_percentile_cont" && list.args.len() > PERCENTILE_ARGUMENTS =>
        {
            return ControlFlow::Break(SqlFlaw::Clause { clause: "a third argument" });
        }
        FunctionArguments::List(list) if name.starts_with("concat") => list.args.len(),
        FunctionArguments::List(_) | FunctionArguments::None => 0,
        FunctionArguments::Subquery(_) => {
            return ControlFlow::Break(SqlFlaw::Clause { clause: "a select as an argument" });
        }
    };
    ControlFlow::Continue(texts)
}

/// A window whose frame is of a size that can be reckoned with.
fn framed(window: &WindowSpec) -> Judged {
    let Some(frame) = &window.window_frame else { return FINE };
    let bounds = std::iter::once(&frame.start_bound).chain(&frame.end_bound);
    let is_fine = |bound: &WindowFrameBound| match bound {
        WindowFrameBound::CurrentRow
        | WindowFrameBound::Preceding(None)
        | WindowFrameBound::Following(None) => true,
        WindowFrameBound::Preceding(Some(size)) | WindowFrameBound::Following(Some(size)) => {
            match size.as_ref() {
                Expr::Value(ValueWithSpan { value: Value::Number(number, _), .. }) => {
                    number.parse::<u64>().is_ok_and(|number| number <= FRAME_MAX)
                }
                Expr::Interval(_) => true,
                _ => false,
            }
        }
    };
    none_of(&[(!bounds.into_iter().all(is_fine), "a frame of such a size")])
}

/// An expression other than a call.
fn offered(expr: &Expr) -> ControlFlow<SqlFlaw, usize> {
    match expr {
        Expr::Identifier(name) if name.value.starts_with('@') => {
            ControlFlow::Break(SqlFlaw::Parameter)
        }
        Expr::CompoundIdentifier(names) if names.iter().any(|name| name.value.starts_with('@')) => {
            ControlFlow::Break(SqlFlaw::Parameter)
        }
        Expr::Identifier(_)
        | Expr::CompoundIdentifier(_)
        | Expr::IsFalse(_)
        | Expr::IsNotFalse(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsUnknown(_)
        | Expr::IsNotUnknown(_)
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..)
        | Expr::InList { .. }
        | Expr::InSubquery { .. }
        | Expr::Between { .. }
        | Expr::BinaryOp { .. }
        | Expr::UnaryOp { .. }
        | Expr::Like { .. }
        | Expr::ILike { .. }
        | Expr::SimilarTo { .. }
        | Expr::Cast { .. }
        | Expr::AtTimeZone { .. }
        | Expr::Extract { .. }
        | Expr::Ceil { .. }
        | Expr::Floor { .. }
        | Expr::Position { .. }
        | Expr::Substring { .. }
        | Expr::Trim { .. }
        | Expr::Nested(_)
        | Expr::Value(_)
        | Expr::TypedString(_)
        | Expr::Case { .. }
        | Expr::Exists { .. }
        | Expr::Subquery(_)
        | Expr::GroupingSets(_)
        | Expr::Cube(_)
        | Expr::Rollup(_)
        | Expr::Tuple(_)
        | Expr::Interval(_)
        | Expr::Wildcard(_)
        | Expr::QualifiedWildcard(..) => ControlFlow::Continue(0),
        _ => ControlFlow::Break(SqlFlaw::Clause { clause: "such an expression" }),
    }
}

/// Puts the time of the question where a text asks for the time.
struct Clock {
    now: Time,
}

impl VisitorMut for Clock {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expr
            && let Some(name) = single(&function.name)
        {
            let is_bare = match &function.args {
                FunctionArguments::None => true,
                FunctionArguments::List(list) => list.args.is_empty(),
                FunctionArguments::Subquery(_) => false,
            };
            let text = self.now.to_string();
            if is_bare && NOW.contains(&name.as_str()) {
                let kind = DataType::Timestamp(None, TimezoneInfo::WithTimeZone);
                *expr = instant(text, kind);
            } else if is_bare && TODAY.contains(&name.as_str()) {
                let day = text.split('T').next().unwrap_or_default().to_owned();
                *expr = instant(day, DataType::Date);
            }
        }
        ControlFlow::Continue(())
    }
}

/// A text as an instant or a day.
fn instant(text: String, kind: DataType) -> Expr {
    let value = Value::SingleQuotedString(text).with_empty_span();
    Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(Expr::Value(value)),
        data_type: kind,
        array: false,
        format: None,
    }
}
