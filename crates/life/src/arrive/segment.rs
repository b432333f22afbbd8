//! Segment's HTTP tracking API: six calls, and batches of them. It judges nothing, looks up no key.
//!
//! A mistake in a member of a batch becomes that member's `Invalid`; only a body that is no JSON of
//! the call at all is `Malformed`.

use std::borrow::Cow;

use serde_json::value::RawValue;
use vocabulary::Limits;

use super::body::{Body, syntax};
use super::json::{Place, Scalar, choose, made};
use super::skew::{Correction, instant};
use super::{Arrival, Fields, Invalid, Kind, Malformed, Parcel, Raw, Scope, key};
use context::{Glance, glance};
use message::{Envelope, Member, Message};

pub use settings::{settings, success};

mod context;
mod message;
mod settings;

/// One of the calls that carry an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    Track,
    Page,
    Screen,
    Identify,
    Group,
    Alias,
}

impl Call {
    /// The call of a route's last part, long or by its first letter.
    #[must_use]
    pub fn of_route(route: &str) -> Option<Self> {
        match route {
            "t" => Some(Call::Track),
            "p" => Some(Call::Page),
            "s" => Some(Call::Screen),
            "i" => Some(Call::Identify),
            "g" => Some(Call::Group),
            "a" => Some(Call::Alias),
            name => Self::of_type(name),
        }
    }

    /// The call that a member of a batch names as its type.
    #[must_use]
    pub fn of_type(name: &str) -> Option<Self> {
        match name {
            "track" => Some(Call::Track),
            "page" => Some(Call::Page),
            "screen" => Some(Call::Screen),
            "identify" => Some(Call::Identify),
            "group" => Some(Call::Group),
            "alias" => Some(Call::Alias),
            _ => None,
        }
    }

    /// The name of the call, which is also the event's name where the call has none.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Call::Track => "track",
            Call::Page => "page",
            Call::Screen => "screen",
            Call::Identify => "identify",
            Call::Group => "group",
            Call::Alias => "alias",
        }
    }

    const fn kind(self) -> Kind {
        match self {
            Call::Track | Call::Page | Call::Screen => Kind::Event,
            Call::Identify => Kind::Identify,
            Call::Group => Kind::Group,
            Call::Alias => Kind::Alias,
        }
    }
}

/// What all events of a request share.
struct Shared<'r, 'a> {
    parcel: &'r Parcel<'a>,
    limits: &'r Limits,
    correction: Correction,
    key: Option<&'r str>,
    context: Option<&'a RawValue>,
    glance: Result<Glance<'a>, Invalid>,
}

/// Reads the body of a single call.
pub fn read_call<'a>(
    call: Call,
    body: &'a Body<'_>,
    parcel: &Parcel<'a>,
    limits: &Limits,
) -> Result<Arrival<'a>, Malformed> {
    let text = body.text();
    let member: Member<'a> = serde_json::from_str(text).map_err(|error| syntax(text, &error))?;
    let Member::Message(message) = member else { return Err(no_object()) };
    let key = presented(&message.write_key, None, parcel);
    let shared = Shared {
        parcel,
        limits,
        correction: Correction::new(parcel.received, instant(&message.sent_at), limits),
        key: None,
        context: None,
        glance: Ok(Glance::default()),
    };
    let events = vec![shared.read(*message, Some(call), Place::BODY)];
    Ok(Arrival { key, events })
}

/// Reads the body of a batch. What stands beside it holds for each member that says nothing else.
pub fn read_batch<'a>(
    body: &'a Body<'_>,
    parcel: &Parcel<'a>,
    limits: &Limits,
) -> Result<Arrival<'a>, Malformed> {
    let text = body.text();
    if text.len() > limits.batch_bytes {
        return Err(Malformed::TooLarge { bytes: text.len(), limit: limits.batch_bytes });
    }
    let envelope =
        Envelope::read(text, limits.batch_events).map_err(|error| syntax(text, &error))?;
    let Some(envelope) = envelope else { return Err(no_object()) };
    if let Some(field) = envelope.twice {
        return Err(Malformed::Twice { field });
    }
    if envelope.total > limits.batch_events {
        return Err(Malformed::TooMany { events: envelope.total, limit: limits.batch_events });
    }
    let Some(batch) = envelope.batch else {
        return Err(Malformed::Syntax {
            offset: 0,
            problem: "`batch` is missing: send a list of calls".into(),
        });
    };
    let first = batch.iter().find_map(|member| match member {
        Member::Message(message) if message.write_key != Scalar::Absent => Some(&message.write_key),
        Member::Message(_) | Member::Other => None,
    });
    let key = presented(&envelope.write_key, first, parcel);
    // One correction for all, or the client's order would not survive it.
    let sent = instant(&envelope.sent_at).or_else(|| {
        batch.iter().find_map(|member| match member {
            Member::Message(message) => instant(&message.sent_at),
            Member::Other => None,
        })
    });
    let context = Place::BODY.object("context", envelope.context);
    let shared = Shared {
        parcel,
        limits,
        correction: Correction::new(parcel.received, sent, limits),
        key: key.as_deref(),
        context: context.as_ref().ok().copied().flatten(),
        glance: context.and_then(|context| glance(context, Place::BODY, limits)),
    };
    let members = batch.into_iter().enumerate();
    let events = members.map(|(index, member)| shared.member(member, index)).collect();
    Ok(Arrival { key, events })
}

/// Reads one message of an archive. Its `timestamp` was corrected when it was collected.
pub fn read_archived<'a>(
    line: &'a str,
    place: Place,
    parcel: &Parcel<'a>,
    limits: &Limits,
) -> Result<Raw<'a>, Invalid> {
    let no_object = || place.invalid("type-wrong", "", "this is no object: send {\"type\": …}");
    let member: Member<'a> = serde_json::from_str(line).map_err(|_| no_object())?;
    let Member::Message(mut message) = member else { return Err(no_object()) };
    if instant(&message.timestamp).is_some() {
        message.original_timestamp = Scalar::Absent;
    }
    let shared = Shared {
        parcel,
        limits,
        correction: Correction::new(parcel.received, None, limits),
        key: None,
        context: None,
        glance: Ok(Glance::default()),
    };
    shared.read(*message, None, place)
}

fn no_object() -> Malformed {
    Malformed::Syntax { offset: 0, problem: "the body is no JSON object".into() }
}

/// The key, from the place that is hardest to set by mistake to the easiest.
fn presented<'a>(
    body: &Scalar<'a>,
    member: Option<&Scalar<'a>>,
    parcel: &Parcel<'a>,
) -> Option<Cow<'a, str>> {
    key::basic(parcel)
        .or_else(|| key::header(parcel))
        .or_else(|| key::written(body))
        .or_else(|| key::written(member?))
        .or_else(|| key::query(parcel))
        .or_else(|| key::bearer(parcel))
}

impl<'a> Shared<'_, 'a> {
    fn member(&self, member: Member<'a>, index: usize) -> Result<Raw<'a>, Invalid> {
        let place = Place { list: Some(("batch", index)) };
        let Member::Message(message) = member else {
            return Err(place.invalid(
                "type-wrong",
                "",
                "this member is no object: send {\"type\": …}",
            ));
        };
        if let (Some(key), Scalar::Text(own)) = (self.key, &message.write_key)
            && own.trim() != key
        {
            let problem = "`writeKey` differs from the batch's: send one batch for each key";
            return Err(place.invalid("key-differs", "writeKey", problem));
        }
        self.read(*message, None, place)
    }

    /// Reads one call; without a route, the message names it as its type.
    fn read(
        &self,
        message: Message<'a>,
        route: Option<Call>,
        place: Place,
    ) -> Result<Raw<'a>, Invalid> {
        let bytes = message.bytes + self.context.map_or(0, |context| context.get().len());
        if bytes > self.limits.event_bytes {
            let problem = format!(
                "this event has more than {} bytes: send less with it",
                self.limits.event_bytes
            );
            return Err(place.invalid("event-too-large", "", problem));
        }
        if let Some(field) = message.twice {
            return Err(place.twice(field));
        }
        let call = route.map_or_else(|| named_call(&message.kind, place), Ok)?;
        let id_chars = self.limits.identifier_chars;
        let user = place.identifier("userId", message.user_id, id_chars)?;
        let device = place.identifier("anonymousId", message.anonymous_id, id_chars)?;
        let previous = place.identifier("previousId", message.previous_id, id_chars)?;
        let group = place.identifier("groupId", message.group_id, id_chars)?;
        let given = place.identifier("messageId", message.message_id, self.limits.message_chars)?;
        let previous =
            required(call, place, user.as_ref(), device.as_ref(), previous, group.as_ref())?;
        let name = match call {
            Call::Track => place.name("event", message.event, self.limits)?,
            Call::Page | Call::Screen | Call::Identify | Call::Group | Call::Alias => {
                call.name().into()
            }
        };
        let context = place.object("context", message.context)?;
        let properties = place.object("properties", message.properties)?;
        let traits = place.object("traits", message.traits)?;
        let made = match call {
            Call::Page | Call::Screen => {
                made(&[("name", &message.name), ("category", &message.category)])
                    .map(|json| (Scope::Properties, json))
            }
            Call::Group => {
                let id = group.map_or(Scalar::Absent, Scalar::Text);
                made(&[("id", &id)]).map(|json| (Scope::Group, json))
            }
            Call::Track | Call::Identify | Call::Alias => None,
        };
        let own = glance(context, place, self.limits)?;
        let shared = self.glance.clone()?;
        let mut choices = shared.choices;
        choose(&mut choices, own.choices);
        let original = instant(&message.original_timestamp).or_else(|| instant(&message.timestamp));
        Ok(Raw {
            kind: call.kind(),
            name,
            message: given,
            user,
            device,
            previous,
            session: own.session.or(shared.session),
            time: self.correction.correct(original),
            dated: self.correction.dated(original),
            received: self.parcel.received,
            sequence: place.sequence(),
            fields: fields(call, [self.context, context], properties, traits, made),
            choices,
            told: None,
            signals: self.parcel.signals,
            address: self.parcel.address,
        })
    }
}

fn named_call(kind: &Scalar<'_>, place: Place) -> Result<Call, Invalid> {
    let call = match kind {
        Scalar::Text(name) => Call::of_type(name),
        Scalar::Absent
        | Scalar::Integer(_)
        | Scalar::Number(_)
        | Scalar::Flag(_)
        | Scalar::Nested => None,
    };
    call.ok_or_else(|| {
        let problem = "`type` is none of track, page, screen, identify, group, alias";
        place.invalid("call-unknown", "type", problem)
    })
}

/// Whether the ids that this call cannot do without are there; answers the other id of an alias.
fn required<'a>(
    call: Call,
    place: Place,
    user: Option<&Cow<'a, str>>,
    device: Option<&Cow<'a, str>>,
    previous: Option<Cow<'a, str>>,
    group: Option<&Cow<'a, str>>,
) -> Result<Option<Cow<'a, str>>, Invalid> {
    if user.is_none() && device.is_none() {
        let problem = "the event says of nobody: send `userId` or `anonymousId`";
        return Err(place.invalid("identity-missing", "userId", problem));
    }
    match call {
        Call::Track | Call::Page | Call::Screen | Call::Identify => Ok(None),
        Call::Group if group.is_none() => {
            Err(place.invalid("group-missing", "groupId", "`groupId` is missing: say which group"))
        }
        Call::Group => Ok(None),
        Call::Alias if user.is_none() => Err(place.invalid(
            "identity-missing",
            "userId",
            "`userId` is missing: send the id to go on with",
        )),
        // Older clients send the visitor's id alone.
        Call::Alias => match previous.or_else(|| device.cloned()) {
            Some(previous) => Ok(Some(previous)),
            None => Err(place.invalid(
                "alias-missing",
                "previousId",
                "`previousId` is missing: send the id until now",
            )),
        },
    }
}

/// The event's objects in the order in which later ones overwrite.
fn fields<'a>(
    call: Call,
    contexts: [Option<&'a RawValue>; 2],
    properties: Option<&'a RawValue>,
    traits: Option<&'a RawValue>,
    made: Option<(Scope, Cow<'a, RawValue>)>,
) -> Vec<Fields<'a>> {
    let borrowed = |scope, json: &'a RawValue| Fields { scope, json: Cow::Borrowed(json) };
    let mut fields = Vec::with_capacity(4);
    fields.extend(contexts.into_iter().flatten().map(|json| borrowed(Scope::Context, json)));
    fields.extend(properties.map(|json| borrowed(Scope::Properties, json)));
    let scope = match call {
        Call::Group => Scope::Group,
        Call::Track | Call::Page | Call::Screen | Call::Identify | Call::Alias => Scope::Traits,
    };
    fields.extend(traits.map(|json| borrowed(scope, json)));
    fields.extend(made.map(|(scope, json)| Fields { scope, json }));
    fields
}

#[cfg(test)]
mod tests;
