//! A fact as the bytes of one entry: canonical JSON (sorted names, no spaces, whole numbers only),
//! one line, with the outbox sequence inside. Two programs that write the same fact write the same
//! bytes.
//!
//! It never shortens a fact: what does not fit is refused, before it enters the outbox.

use serde_json::{Map, Value};
use thiserror::Error;
use vocabulary::Fact;

/// The longest entry that a bundle can hold: its length is two bytes.
pub const ENTRY_BYTES_MAX: usize = 65_535;

const SEQUENCE: &str = "sequence";

/// Why a fact is no entry, or why bytes are none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EntryError {
    #[error("the fact takes {bytes} bytes, an entry holds {ENTRY_BYTES_MAX}: record less in it")]
    TooLong { bytes: usize },
    #[error("the fact is no JSON object: write it as `{{\"fact\": …}}`")]
    NoObject,
    #[error("`{name}` is a broken number: facts hold whole ones, scale it")]
    BrokenNumber { name: String },
    #[error("the fact has a field `sequence` of its own: give that field another name")]
    SequenceTaken,
    #[error("the entry has no `sequence`: it was not written by a ledger")]
    NoSequence,
    #[error("the entry is not in canonical form: it was not written by a ledger")]
    NotCanonical,
}

/// One entry as read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The place of the fact in the outbox; it rises from entry to entry, possibly with gaps.
    pub sequence: u64,
    /// The fact's fields, `sequence` left out. A later version may know facts that this one does
    /// not.
    pub fields: Map<String, Value>,
}

impl Entry {
    /// The fact, when this version knows its kind.
    #[must_use]
    pub fn fact(&self) -> Option<Fact> {
        serde_json::from_value(Value::Object(self.fields.clone())).ok()
    }
}

/// The bytes of a fact's entry.
pub fn encode(sequence: u64, fact: &Fact) -> Result<Vec<u8>, EntryError> {
    match serde_json::to_value(fact) {
        Ok(value) => encode_value(sequence, value),
        Err(_) => Err(EntryError::NoObject),
    }
}

/// The bytes of the entry of a fact that an outbox kept as JSON text.
pub fn encode_json(sequence: u64, fact: &str) -> Result<Vec<u8>, EntryError> {
    encode_value(sequence, serde_json::from_str(fact).map_err(|_| EntryError::NoObject)?)
}

fn encode_value(sequence: u64, fact: Value) -> Result<Vec<u8>, EntryError> {
    let Value::Object(mut fields) = fact else { return Err(EntryError::NoObject) };
    if fields.insert(SEQUENCE.to_owned(), sequence.into()).is_some() {
        return Err(EntryError::SequenceTaken);
    }
    let text = canonical(&fields)?;
    if text.len() > ENTRY_BYTES_MAX {
        return Err(EntryError::TooLong { bytes: text.len() });
    }
    Ok(text.into_bytes())
}

/// The entry that these bytes are.
pub fn decode(bytes: &[u8]) -> Result<Entry, EntryError> {
    let mut fields: Map<String, Value> =
        serde_json::from_slice(bytes).map_err(|_| EntryError::NoObject)?;
    if canonical(&fields)?.as_bytes() != bytes {
        return Err(EntryError::NotCanonical);
    }
    let sequence = fields.remove(SEQUENCE).and_then(|value| value.as_u64());
    Ok(Entry { sequence: sequence.ok_or(EntryError::NoSequence)?, fields })
}

fn canonical(fields: &Map<String, Value>) -> Result<String, EntryError> {
    let mut text = String::new();
    write_object(fields, &mut text)?;
    Ok(text)
}

fn write_object(fields: &Map<String, Value>, text: &mut String) -> Result<(), EntryError> {
    // A map of serde_json keeps its order of insertion when any crate of the build asks for that.
    let mut sorted: Vec<_> = fields.iter().collect();
    sorted.sort_by_key(|(name, _)| *name);
    text.push('{');
    for (place, (name, value)) in sorted.into_iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        text.push_str(&Value::from(name.as_str()).to_string());
        text.push(':');
        write_value(name, value, text)?;
    }
    text.push('}');
    Ok(())
}

fn write_value(name: &str, value: &Value, text: &mut String) -> Result<(), EntryError> {
    match value {
        Value::Object(fields) => write_object(fields, text)?,
        Value::Array(items) => {
            text.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write_value(name, item, text)?;
            }
            text.push(']');
        }
        Value::Number(number) if !(number.is_u64() || number.is_i64()) => {
            return Err(EntryError::BrokenNumber { name: name.to_owned() });
        }
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Number(_) => {
            text.push_str(&value.to_string());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use vocabulary::{Counts, Digest, Outcome, Purpose, Refusal, SourceId, Time};

    #[test]
    fn a_fact_survives_its_entry() {
        let fact = Fact::Founded { at: Time(1_767_225_600_000_000), controller: "a\n\"é".into() };
        let bytes = encode(7, &fact).unwrap();
        assert_eq!(
            std::str::from_utf8(&bytes).unwrap(),
            r#"{"at":"2026-01-01T00:00:00Z","controller":"a\n\"é","fact":"founded","sequence":7}"#
        );
        let entry = decode(&bytes).unwrap();
        assert_eq!((entry.sequence, entry.fact()), (7, Some(fact)));
    }

    #[test]
    fn every_kind_of_fact_is_an_entry_and_is_called_by_its_name() {
        let (at, actor, verb) = (Time(1), "a".to_owned(), "v".to_owned());
        let (digest, purpose) = (Digest("00".into()), Purpose::ANALYSE);
        let mut counts = Counts::default();
        counts.add(Outcome::Refused(Refusal::ConsentAbsent));
        let (plan, person, commitment) = (digest.clone(), digest.clone(), digest);
        let (source, code, kind) = (SourceId(1), verb.clone(), verb.clone());
        let (erasure, key, what, reason) = (verb.clone(), verb.clone(), verb.clone(), verb.clone());
        let (actors, verbs, forgotten) = (actor.clone(), verb.clone(), person.clone());
        let facts = [
            Fact::Founded { at, controller: actor.clone() },
            Fact::Collected { at, source, counts, commitment, test: true },
            Fact::Consented { at, person, yes: vec![purpose], no: vec![], test: false },
            Fact::Answered { at, actor: actors, purpose, verb: verbs, plan, rows: u64::MAX },
            Fact::Denied { at, actor: actor.clone(), purpose, verb, code },
            Fact::Rejudged { at, source, purposes: vec![purpose], law: erasure.clone() },
            Fact::Restricted { at, actor: actor.clone(), person: forgotten.clone(), lifted: true },
            Fact::Forgotten { at, erasure: erasure.clone(), person: forgotten, keys: 1 },
            Fact::Rewritten { at, erasure, files: 1, rows: 2 },
            Fact::KeyChanged { at, actor: actor.clone(), key, kind, revoked: false },
            Fact::SignedIn { at, actor, success: true },
            Fact::Quarantined { at, what, reason, bytes: 3 },
        ];
        for fact in facts {
            let entry = decode(&encode(1, &fact).unwrap()).unwrap();
            assert_eq!(entry.fields.get("fact").unwrap(), fact.name());
            assert_eq!((entry.fact(), fact.at()), (Some(fact), at));
        }
    }

    #[test]
    fn the_order_and_spacing_of_the_outbox_do_not_matter() {
        let one =
            encode_json(1, r#"{ "fact":"x", "b":[1, {"d":null,"c":true}], "a":-2 }"#).unwrap();
        assert_eq!(one, br#"{"a":-2,"b":[1,{"c":true,"d":null}],"fact":"x","sequence":1}"#);
        assert_eq!(decode(&one).unwrap().fact(), None, "an unknown fact is still an entry");
    }

    #[test]
    fn what_cannot_be_an_entry_is_refused() {
        let long = format!(r#"{{"fact":"x","a":"{}"}}"#, "y".repeat(ENTRY_BYTES_MAX));
        assert!(matches!(encode_json(1, &long), Err(EntryError::TooLong { .. })));
        assert_eq!(encode_json(1, "[]"), Err(EntryError::NoObject));
        assert_eq!(encode_json(1, r#"{"sequence":1}"#), Err(EntryError::SequenceTaken));
        let broken = EntryError::BrokenNumber { name: "a".into() };
        assert_eq!(encode_json(1, r#"{"a":[0.5]}"#), Err(broken));
        assert_eq!(decode(br#"{"fact":"x"}"#), Err(EntryError::NoSequence));
        assert_eq!(decode(br#"{"sequence":1, "fact":"x"}"#), Err(EntryError::NotCanonical));
        assert_eq!(decode(br#"{"sequence":1,"fact":"x"}"#), Err(EntryError::NotCanonical));
    }
}
