//! What a statement's conditions say of what need not be read: the times that it is about, and the
//! events. The conditions themselves stay where they are.

use std::collections::HashSet;

use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use datafusion::scalar::ScalarValue;
use life::know::sql::ALWAYS;
use vocabulary::Time;

/// From, and until.
pub(super) type Span = (Time, Time);

/// The span of a condition that compares `time` with an instant.
pub(super) fn span(condition: &Expr) -> Option<Span> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = condition else { return None };
    let (op, instant) = match (left.as_ref(), right.as_ref()) {
        (Expr::Column(column), Expr::Literal(instant, _)) if column.name == "time" => {
            (*op, instant)
        }
        (Expr::Literal(instant, _), Expr::Column(column)) if column.name == "time" => {
            (op.swap()?, instant)
        }
        _ => return None,
    };
    let instant = micros(instant)?;
    let after = Time(instant.saturating_add(1));
    Some(match op {
        Operator::Eq => (Time(instant), after),
        Operator::Gt | Operator::GtEq => (Time(instant), ALWAYS.1),
        Operator::Lt | Operator::LtEq => (ALWAYS.0, after),
        _ => return None,
    })
}

/// What is left of both.
pub(super) fn both(one: Span, other: Span) -> Span {
    (one.0.max(other.0), one.1.min(other.1))
}

/// The names of the events that a condition leaves, when it is about nothing else.
pub(super) fn events(condition: &Expr) -> Option<HashSet<String>> {
    let is_event = |side: &Expr| matches!(side, Expr::Column(column) if column.name == "event");
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => {
            let name = match (is_event(left), is_event(right)) {
                (true, false) => text(right)?,
                (false, true) => text(left)?,
                _ => return None,
            };
            Some(HashSet::from([name]))
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            Some(events(left)?.into_iter().chain(events(right)?).collect())
        }
        Expr::InList(InList { expr, list, negated: false }) if is_event(expr) => {
            list.iter().map(text).collect()
        }
        _ => None,
    }
}

fn text(side: &Expr) -> Option<String> {
    match side {
        Expr::Literal(literal, _) => literal.try_as_str().flatten().map(str::to_owned),
        _ => None,
    }
}

/// Whole microseconds, at or before the instant.
fn micros(instant: &ScalarValue) -> Option<i64> {
    Some(match instant {
        ScalarValue::TimestampSecond(Some(seconds), _) => seconds.saturating_mul(1_000_000),
        ScalarValue::TimestampMillisecond(Some(millis), _) => millis.saturating_mul(1_000),
        ScalarValue::TimestampMicrosecond(Some(micros), _) => *micros,
        ScalarValue::TimestampNanosecond(Some(nanos), _) => nanos.div_euclid(1_000),
        _ => return None,
    })
}
