//! The wire types of Segment's calls. They take any JSON; what it means is read elsewhere.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::arrive::json::{List, Scalar};

/// The names that the protocol knows; all others are skipped.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Field {
    Type,
    Event,
    Name,
    Category,
    UserId,
    AnonymousId,
    PreviousId,
    GroupId,
    MessageId,
    Timestamp,
    OriginalTimestamp,
    SentAt,
    WriteKey,
    Properties,
    Traits,
    Context,
    Batch,
    #[serde(other)]
    Other,
}

impl Field {
    /// The name as the protocol writes it; none for what it does not know.
    const fn name(self) -> Option<&'static str> {
        Some(match self {
            Field::Type => "type",
            Field::Event => "event",
            Field::Name => "name",
            Field::Category => "category",
            Field::UserId => "userId",
            Field::AnonymousId => "anonymousId",
            Field::PreviousId => "previousId",
            Field::GroupId => "groupId",
            Field::MessageId => "messageId",
            Field::Timestamp => "timestamp",
            Field::OriginalTimestamp => "originalTimestamp",
            Field::SentAt => "sentAt",
            Field::WriteKey => "writeKey",
            Field::Properties => "properties",
            Field::Traits => "traits",
            Field::Context => "context",
            Field::Batch => "batch",
            Field::Other => return None,
        })
    }
}

/// The names that an object has used, a bit for each, and the first that it used again.
#[derive(Default)]
struct Used {
    fields: u32,
    twice: Option<&'static str>,
}

impl Used {
    fn meet(&mut self, field: Field) {
        let bit = 1 << field as u32;
        if self.fields & bit != 0 {
            self.twice = self.twice.or(field.name());
        }
        self.fields |= bit;
    }
}

/// One call as written.
#[derive(Default)]
pub(super) struct Message<'a> {
    pub(super) kind: Scalar<'a>,
    pub(super) event: Scalar<'a>,
    pub(super) name: Scalar<'a>,
    pub(super) category: Scalar<'a>,
    pub(super) user_id: Scalar<'a>,
    pub(super) anonymous_id: Scalar<'a>,
    pub(super) previous_id: Scalar<'a>,
    pub(super) group_id: Scalar<'a>,
    pub(super) message_id: Scalar<'a>,
    pub(super) timestamp: Scalar<'a>,
    pub(super) original_timestamp: Scalar<'a>,
    pub(super) sent_at: Scalar<'a>,
    pub(super) write_key: Scalar<'a>,
    pub(super) properties: Option<&'a RawValue>,
    pub(super) traits: Option<&'a RawValue>,
    pub(super) context: Option<&'a RawValue>,
    /// A name that stands twice: which of the two was meant is not guessed.
    pub(super) twice: Option<&'static str>,
    /// The bytes of its objects, names and ids: all of it that could be kept.
    pub(super) bytes: usize,
}

/// What stands where a call is expected.
pub(super) enum Member<'a> {
    Message(Box<Message<'a>>),
    Other,
}

/// A batch and what stands beside it.
#[derive(Default)]
pub(super) struct Envelope<'a> {
    pub(super) write_key: Scalar<'a>,
    pub(super) sent_at: Scalar<'a>,
    pub(super) context: Option<&'a RawValue>,
    pub(super) batch: Option<Vec<Member<'a>>>,
    /// A name that stands twice.
    pub(super) twice: Option<&'static str>,
    /// The members that were there, also those past the limit, which were not read.
    pub(super) total: usize,
}

impl<'a> Message<'a> {
    fn set<A: MapAccess<'a>>(&mut self, name: Field, entries: &mut A) -> Result<(), A::Error> {
        let scalar = match name {
            Field::Type => &mut self.kind,
            Field::Event => &mut self.event,
            Field::Name => &mut self.name,
            Field::Category => &mut self.category,
            Field::UserId => &mut self.user_id,
            Field::AnonymousId => &mut self.anonymous_id,
            Field::PreviousId => &mut self.previous_id,
            Field::GroupId => &mut self.group_id,
            Field::MessageId => &mut self.message_id,
            Field::Timestamp => &mut self.timestamp,
            Field::OriginalTimestamp => &mut self.original_timestamp,
            Field::SentAt => &mut self.sent_at,
            Field::WriteKey => &mut self.write_key,
            Field::Properties => {
                return self.set_object(entries, |message| &mut message.properties);
            }
            Field::Traits => return self.set_object(entries, |message| &mut message.traits),
            Field::Context => return self.set_object(entries, |message| &mut message.context),
            Field::Batch | Field::Other => return entries.next_value::<IgnoredAny>().map(drop),
        };
        *scalar = entries.next_value()?;
        if let Scalar::Text(text) = scalar {
            self.bytes += text.len();
        }
        Ok(())
    }

    fn set_object<A: MapAccess<'a>>(
        &mut self,
        entries: &mut A,
        field: impl FnOnce(&mut Self) -> &mut Option<&'a RawValue>,
    ) -> Result<(), A::Error> {
        let json: &'a RawValue = entries.next_value()?;
        self.bytes += json.get().len();
        *field(self) = Some(json);
        Ok(())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Member<'a> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(MemberVisitor)
    }
}

struct MemberVisitor;

/// Everything that is no object is skipped and said to be something else.
macro_rules! others {
    ($value:expr) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
}

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a call")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut message = Box::<Message<'de>>::default();
        let mut used = Used::default();
        while let Some(name) = entries.next_key::<Field>()? {
            used.meet(name);
            message.set(name, &mut entries)?;
        }
        message.twice = used.twice;
        Ok(Member::Message(message))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }

    others!(Member::Other);
}

impl<'a> Envelope<'a> {
    /// Reads an envelope; `None` when the text is JSON but no object.
    pub(super) fn read(
        text: &'a str,
        events_max: usize,
    ) -> Result<Option<Self>, serde_json::Error> {
        let mut input = serde_json::Deserializer::from_str(text);
        let envelope = input.deserialize_any(EnvelopeVisitor { events_max })?;
        input.end()?;
        Ok(envelope)
    }
}

struct EnvelopeVisitor {
    events_max: usize,
}

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Option<Envelope<'de>>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a batch")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut envelope = Envelope::default();
        let mut used = Used::default();
        while let Some(name) = entries.next_key::<Field>()? {
            used.meet(name);
            match name {
                Field::WriteKey => envelope.write_key = entries.next_value()?,
                Field::SentAt => envelope.sent_at = entries.next_value()?,
                Field::Context => envelope.context = Some(entries.next_value()?),
                Field::Batch => {
                    let (batch, total) = entries.next_value_seed(List::new(self.events_max))?;
                    (envelope.batch, envelope.total) = (Some(batch), total);
                }
                Field::Type
                | Field::Event
                | Field::Name
                | Field::Category
                | Field::UserId
                | Field::AnonymousId
                | Field::PreviousId
                | Field::GroupId
                | Field::MessageId
                | Field::Timestamp
                | Field::OriginalTimestamp
                | Field::Properties
                | Field::Traits
                | Field::Other => drop(entries.next_value::<IgnoredAny>()?),
            }
        }
        envelope.twice = used.twice;
        Ok(Some(envelope))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    others!(None);
}
