//! Pieces of JSON that every protocol reads with patience: a wrong type is a value, not an error.
//!
//! So a mistake in one field is told at that field's pointer and harms only its event.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;
use vocabulary::Limits;

use super::body::syntax;
use super::{Invalid, Malformed};

/// A JSON value where a text or a number is expected.
#[derive(Clone, PartialEq, Default)]
pub enum Scalar<'a> {
    /// Missing, or null.
    #[default]
    Absent,
    Text(Cow<'a, str>),
    Integer(i128),
    Number(f64),
    Flag(bool),
    /// An object or an array; what it holds was skipped.
    Nested,
}

impl fmt::Debug for Scalar<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Scalar::Absent => "Absent",
            Scalar::Text(_) => "Text(..)",
            Scalar::Integer(_) => "Integer(..)",
            Scalar::Number(_) => "Number(..)",
            Scalar::Flag(_) => "Flag(..)",
            Scalar::Nested => "Nested",
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Integer(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Integer(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(number))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Flag(flag))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Absent)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nested)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nested)
    }
}

/// Where in its body an event stands, for pointers.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The name of the list that holds it, and its index there; `None` when it is the body itself.
    pub list: Option<(&'static str, usize)>,
}

impl Place {
    /// The body itself.
    pub const BODY: Place = Place { list: None };

    /// The event's place in the client's order.
    #[must_use]
    pub fn sequence(&self) -> u32 {
        self.list.map_or(0, |(_, index)| u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// A complaint about a field of this event; an empty field means the event itself.
    ///
    /// INVARIANT(no payload): a field is one of the protocol's own, never a name that was sent: the
    /// complaint is shown and kept where nobody asks whose it was.
    #[must_use]
    pub fn invalid(
        &self,
        code: &'static str,
        field: &'static str,
        problem: impl Into<String>,
    ) -> Invalid {
        let mut pointer = match self.list {
            // The body itself may be the list.
            Some(("", index)) => format!("/{index}"),
            Some((list, index)) => format!("/{list}/{index}"),
            None => String::new(),
        };
        if !field.is_empty() {
            pointer.push('/');
            pointer.push_str(field);
        }
        Invalid { code, pointer, problem: problem.into() }
    }

    /// A field that stands twice: which of the two was meant is never guessed.
    #[must_use]
    pub fn twice(&self, field: &'static str) -> Invalid {
        let problem = "this field stands in it twice: say it once";
        self.invalid("field-twice", field, problem)
    }

    /// A field of the wrong type, and what it should be.
    fn wrong(&self, field: &'static str, what: &str) -> Invalid {
        self.invalid("type-wrong", field, format!("`{}` {what}", field.replace('/', ".")))
    }

    /// An external id or a key: a text, or a whole number that is taken as text. Empty is absent.
    pub fn identifier<'a>(
        &self,
        field: &'static str,
        value: Scalar<'a>,
        chars_max: usize,
    ) -> Result<Option<Cow<'a, str>>, Invalid> {
        let text = match value {
            Scalar::Absent => return Ok(None),
            Scalar::Text(text) if text.trim().is_empty() => return Ok(None),
            Scalar::Text(text) => text,
            Scalar::Integer(number) => Cow::Owned(number.to_string()),
            // A number with a fraction has no one spelling, so it could name two people.
            Scalar::Number(_) | Scalar::Flag(_) | Scalar::Nested => {
                return Err(
                    self.wrong(field, "is neither text nor a whole number: send it as text")
                );
            }
        };
        self.short("identifier-too-long", field, text, chars_max).map(Some)
    }

    /// The name of an event: a text that says something.
    pub fn name<'a>(
        &self,
        field: &'static str,
        value: Scalar<'a>,
        limits: &Limits,
    ) -> Result<Cow<'a, str>, Invalid> {
        match value {
            Scalar::Text(text) if !text.trim().is_empty() => {
                self.short("name-too-long", field, text, limits.name_chars)
            }
            Scalar::Absent | Scalar::Text(_) => {
                let problem =
                    format!("`{field}` is missing: name what happened, as in \"Order Completed\"");
                Err(self.invalid("name-missing", field, problem))
            }
            Scalar::Integer(_) | Scalar::Number(_) | Scalar::Flag(_) | Scalar::Nested => {
                Err(self.wrong(field, "is no text: name what happened, as in \"Order Completed\""))
            }
        }
    }

    /// An object, unread; null is absent.
    pub fn object<'a>(
        &self,
        field: &'static str,
        value: Option<&'a RawValue>,
    ) -> Result<Option<&'a RawValue>, Invalid> {
        let Some(json) = value else { return Ok(None) };
        match json.get().as_bytes().first() {
            Some(b'{') => Ok(Some(json)),
            Some(b'n') => Ok(None),
            _ => Err(self.wrong(field, "is no object: send {…}")),
        }
    }

    /// What a person chose: an object of names, each true or false.
    pub fn choices<'a>(
        &self,
        field: &'static str,
        json: &'a RawValue,
    ) -> Result<Choices<'a>, Invalid> {
        // An answer that cannot be read is never guessed.
        let read: Result<Option<ChoicesRead<'a>>, _> = serde_json::from_str(json.get());
        match read {
            Ok(None) => Ok(Choices::new()),
            Ok(Some(ChoicesRead::Once(choices))) => Ok(choices),
            Ok(Some(ChoicesRead::Twice)) => Err(self.choice_twice(field)),
            Err(_) => {
                let problem = "a choice is unreadable: send an object of names, each true or false";
                Err(self.invalid("consent-unreadable", field, problem))
            }
        }
    }

    /// A choice that was said twice in one breath: neither answer is taken.
    #[must_use]
    pub fn choice_twice(&self, field: &'static str) -> Invalid {
        let problem = "a choice is said twice: send each name once, with one answer";
        self.invalid("choice-twice", field, problem)
    }

    fn short<'a>(
        &self,
        code: &'static str,
        field: &'static str,
        text: Cow<'a, str>,
        chars_max: usize,
    ) -> Result<Cow<'a, str>, Invalid> {
        // Counting is needed only where the bytes could be too many characters.
        if text.len() <= chars_max || text.chars().count() <= chars_max {
            return Ok(text);
        }
        let problem = format!("`{field}` has more than {chars_max} characters: shorten it");
        Err(self.invalid(code, field, problem))
    }
}

/// What a person chose, by the client's names.
pub type Choices<'a> = Vec<(Cow<'a, str>, bool)>;

/// Adds choices; of two about the same thing, no stands.
pub fn choose<'a>(choices: &mut Choices<'a>, later: Choices<'a>) {
    for (name, is_yes) in later {
        match choices.iter_mut().find(|(known, _)| *known == name) {
            Some(known) => known.1 &= is_yes,
            None => choices.push((name, is_yes)),
        }
    }
}

enum ChoicesRead<'a> {
    Once(Choices<'a>),
    Twice,
}

impl<'de: 'a, 'a> Deserialize<'de> for ChoicesRead<'a> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(ChoicesVisitor)
    }
}

struct ChoicesVisitor;

impl<'de> Visitor<'de> for ChoicesVisitor {
    type Value = ChoicesRead<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object of names, each true or false")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut choices = Choices::new();
        let (mut names, mut is_twice) = (HashSet::new(), false);
        while let Some((name, value)) = entries.next_entry::<Scalar<'de>, Scalar<'de>>()? {
            let Scalar::Text(name) = name else { continue };
            is_twice |= !names.insert(name.clone());
            match value {
                Scalar::Flag(is_yes) => choices.push((name, is_yes)),
                // Null says nothing, and nothing is not a yes.
                Scalar::Absent => {}
                Scalar::Text(_) | Scalar::Integer(_) | Scalar::Number(_) | Scalar::Nested => {
                    return Err(serde::de::Error::custom("neither true nor false"));
                }
            }
        }
        Ok(if is_twice { ChoicesRead::Twice } else { ChoicesRead::Once(choices) })
    }
}

/// Reads the members of a list up to a limit and only counts the rest; tells how many there were.
pub struct List<T> {
    members_max: usize,
    member: PhantomData<T>,
}

impl<T> List<T> {
    /// A list that may hold so many members.
    #[must_use]
    pub const fn new(members_max: usize) -> Self {
        Self { members_max, member: PhantomData }
    }
}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("List").field("members_max", &self.members_max).finish()
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for List<T> {
    type Value = (Vec<T>, usize);

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Self::Value, D::Error> {
        input.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
    type Value = (Vec<T>, usize);

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while members.len() < self.members_max {
            match items.next_element()? {
                Some(member) => members.push(member),
                None => break,
            }
        }
        let mut total = members.len();
        while items.next_element::<IgnoredAny>()?.is_some() {
            total += 1;
        }
        Ok((members, total))
    }
}

/// The members of a list, each unread; more than the limit are only counted.
pub fn members<'a>(list: &'a str, limits: &Limits) -> Result<Vec<&'a RawValue>, Malformed> {
    let mut input = serde_json::Deserializer::from_str(list);
    let read = List::new(limits.batch_events).deserialize(&mut input);
    let (members, total) = read.map_err(|error| syntax(list, &error))?;
    if total > limits.batch_events {
        return Err(Malformed::TooMany { events: total, limit: limits.batch_events });
    }
    Ok(members)
}

/// An object that we make ourselves, out of fields that the protocol keeps beside the properties.
#[must_use]
pub fn made<'a>(fields: &[(&str, &Scalar<'_>)]) -> Option<Cow<'a, RawValue>> {
    let mut object = serde_json::Map::new();
    for (name, value) in fields {
        let value = match value {
            Scalar::Text(text) if !text.is_empty() => serde_json::Value::from(&**text),
            Scalar::Integer(number) => serde_json::Value::from(number.to_string()),
            Scalar::Absent
            | Scalar::Text(_)
            | Scalar::Number(_)
            | Scalar::Flag(_)
            | Scalar::Nested => continue,
        };
        object.insert((*name).to_owned(), value);
    }
    if object.is_empty() {
        return None;
    }
    serde_json::value::to_raw_value(&object).ok().map(Cow::Owned)
}
