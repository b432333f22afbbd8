//! The value of one property.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Time;

/// A property's value as admitted. Nested values travel as JSON text.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    Flag(bool),
    Integer(i64),
    Number(f64),
    Text(Box<str>),
    Time(Time),
    Json(Box<str>),
}

/// Values may be personal data, so only their type is ever printed.
impl fmt::Debug for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Value::Flag(_) => "Flag(..)",
            Value::Integer(_) => "Integer(..)",
            Value::Number(_) => "Number(..)",
            Value::Text(_) => "Text(..)",
            Value::Time(_) => "Time(..)",
            Value::Json(_) => "Json(..)",
        })
    }
}
