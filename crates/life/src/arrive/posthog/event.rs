//! One event of PostHog's: what of it is the protocol's own, and what are its properties.

use std::borrow::Cow;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use vocabulary::{Span, Time};

use super::object::Object;
use super::person::{Ids, Said, id};
use super::{Call, KEYS, SENTINEL, Shared};
use crate::arrive::json::{Choices, Place, Scalar};
use crate::arrive::skew::{Correction, instant};
use crate::arrive::{Dated, Fields, Invalid, Kind, Raw, Scope, key};

/// An event whose members are found and not yet understood.
#[derive(Default)]
pub(super) struct Event<'a> {
    event: Object<'a>,
    properties: Object<'a>,
    /// What a client of the newer route says apart from the properties.
    options: Object<'a>,
}

/// The protocol's own names in an event, of which each may stand in it once.
const OF_EVENT: [&str; 15] = [
    "event",
    "uuid",
    "distinct_id",
    "$distinct_id",
    "properties",
    "options",
    "timestamp",
    "offset",
    "session_id",
    "token",
    "api_key",
    "$token",
    "$set",
    "$set_once",
    "$unset",
];

/// And in its properties.
const OF_PROPERTIES: [&str; 20] = [
    "distinct_id",
    "$distinct_id",
    "token",
    "alias",
    "$anon_distinct_id",
    "$device_id",
    "$user_id",
    "$is_identified",
    "$process_person_profile",
    "$cookieless_mode",
    "$session_id",
    "$ignore_sent_at",
    "$host",
    "$consent",
    "$set",
    "$set_once",
    "$unset",
    "$group_type",
    "$group_key",
    "$group_set",
];

/// Members of the properties that are read here and go on under other names.
const MOVED: [&str; 5] = ["$consent", "$set", "$set_once", "$unset", "$group_set"];

/// Properties that in cookieless mode lead from one day's visitor to the next one's.
const LEADING: [&str; 6] =
    ["$session_id", "$window_id", "$device_id", "$user_id", "$anon_distinct_id", "alias"];

/// What is not built yet is not taken: it is counted and nothing of it is read.
const NOT_TAKEN: [&str; 5] =
    ["$snapshot", "$snapshot_items", "$performance_event", "$$heatmap", "$heatmap"];

/// The code of an event that is not taken.
pub const NOT_TAKEN_CODE: &str = "event-not-taken";

impl<'a> Event<'a> {
    /// Finds the members of an event; `None` when it is no object.
    pub(super) fn read(json: &'a RawValue) -> Option<Self> {
        let event = Object::read(json.get()).ok()?;
        let inner =
            |name| event.get(name).map_or(Ok(Object::default()), |json| Object::read(json.get()));
        // What is no object here is told of later, at its place.
        let (properties, options) = (inner("properties"), inner("options"));
        Some(Self {
            properties: properties.unwrap_or_default(),
            options: options.unwrap_or_default(),
            event,
        })
    }

    /// Every key that it shows.
    pub(super) fn keys(&self) -> impl Iterator<Item = Cow<'a, str>> {
        let own = KEYS.into_iter().filter_map(|name| key::written(&self.event.scalar(name)));
        own.chain(key::written(&self.properties.scalar("token")))
    }

    /// The client's key of the event.
    pub(super) fn uuid(&self) -> Option<Cow<'a, str>> {
        key::written(&self.event.scalar("uuid"))
    }

    pub(super) fn raw(self, shared: &Shared<'_, 'a>, place: Place) -> Result<Raw<'a>, Invalid> {
        let name = self.name(shared, place)?;
        if NOT_TAKEN.contains(&&*name) {
            let problem =
                "recordings and heat maps are not taken yet: switch them off in the client";
            return Err(place.invalid(NOT_TAKEN_CODE, "event", problem));
        }
        if let Some(field) = self.event.twice(&OF_EVENT) {
            return Err(place.twice(field));
        }
        if self.properties.twice(&OF_PROPERTIES).is_some() {
            return Err(place.twice("properties"));
        }
        for field in ["properties", "options"] {
            place.object(field, self.event.get(field))?;
        }
        let kind = match &*name {
            "$identify" => Kind::Identify,
            "$create_alias" | "$merge_dangerously" => Kind::Alias,
            "$groupidentify" => Kind::Group,
            _ => Kind::Event,
        };
        let said = self.said(place)?;
        let is_cookieless = said.distinct == SENTINEL;
        let (ids, session) = if is_cookieless {
            let visitor = self.pseudonym(shared, place)?;
            let session = self.session().map(|own| shared.salt.session(&visitor, &own).into());
            (Ids { device: Some(visitor.into()), ..Ids::default() }, session)
        } else {
            (said.ids(kind, place)?, self.session())
        };
        let limits = shared.limits;
        let is_exact = self.says("$ignore_sent_at", "disable_skew_correction") == Some(true);
        let correction = shared.correction(is_exact, &self.event.scalar("sent_at"));
        let (time, dated) = self.time(shared.parcel.received, &correction);
        Ok(Raw {
            kind,
            choices: self.choices(&name, is_cookieless, place)?,
            told: None,
            name,
            message: place.identifier("uuid", self.event.scalar("uuid"), limits.message_chars)?,
            user: ids.user,
            device: ids.device,
            previous: ids.previous,
            session,
            time,
            dated,
            received: shared.parcel.received,
            sequence: place.sequence(),
            fields: self.fields(kind, is_cookieless, shared, place)?,
            signals: shared.parcel.signals,
            address: shared.parcel.address,
        })
    }

    fn name(&self, shared: &Shared<'_, 'a>, place: Place) -> Result<Cow<'a, str>, Invalid> {
        match (shared.call, self.event.scalar("event")) {
            (Call::Engage, Scalar::Absent) => Ok("$identify".into()),
            (Call::Engage | Call::Capture, name) => place.name("event", name, shared.limits),
        }
    }

    /// What the client says in the properties or, on the newer route, among the options.
    fn says(&self, property: &'static str, option: &'static str) -> Option<bool> {
        self.properties.flag(property).or_else(|| self.options.flag(option))
    }

    fn said(&self, place: Place) -> Result<Said<'a>, Invalid> {
        let ids = ["distinct_id", "$distinct_id"];
        let own = id(place, "distinct_id", self.event.first(&ids))?;
        let inner = id(place, "properties/distinct_id", self.properties.first(&ids))?;
        let Some(distinct) = own.or(inner) else {
            let problem = "the event says of nobody: send `distinct_id`";
            return Err(place.invalid("identity-missing", "distinct_id", problem));
        };
        // What stands for no id is nobody's, and would make one person of all.
        let of = |name, field| {
            id(place, field, self.properties.scalar(name)).map(|id| id.filter(|id| id != SENTINEL))
        };
        let is_identified = self.properties.flag("$is_identified");
        let has_person = self.says("$process_person_profile", "process_person_profile");
        Ok(Said {
            distinct,
            device: of("$device_id", "properties/$device_id")?,
            anonymous: of("$anon_distinct_id", "properties/$anon_distinct_id")?,
            alias: of("alias", "properties/alias")?,
            is_anonymous: is_identified == Some(false)
                || is_identified.is_none() && has_person == Some(false),
        })
    }

    /// The day's pseudonym of a visitor who sends no id.
    fn pseudonym(&self, shared: &Shared<'_, 'a>, place: Place) -> Result<String, Invalid> {
        let Some(address) = shared.parcel.address else {
            let problem = "the event has no id, and the request shows no address to tell it by";
            return Err(place.invalid("identity-missing", "distinct_id", problem));
        };
        let site = match self.properties.scalar("$host") {
            Scalar::Text(host) => host,
            Scalar::Absent
            | Scalar::Integer(_)
            | Scalar::Number(_)
            | Scalar::Flag(_)
            | Scalar::Nested => "".into(),
        };
        Ok(shared.salt.visitor(address, shared.parcel.user_agent.unwrap_or_default(), &site))
    }

    /// A session's id is kept only where it is one: letters, digits and dashes.
    fn session(&self) -> Option<Cow<'a, str>> {
        const CHARS_MAX: usize = 70;
        let written = match self.properties.scalar("$session_id") {
            Scalar::Absent => self.event.scalar("session_id"),
            own => own,
        };
        let session = key::written(&written)?;
        let is_plain = session.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (is_plain && session.len() <= CHARS_MAX).then_some(session)
    }

    /// When it happened: as the client wrote it, or so many milliseconds before it arrived.
    fn time(&self, received: Time, correction: &Correction) -> (Time, Dated) {
        if let Some(written) = instant(&self.event.scalar("timestamp")) {
            return (correction.correct(Some(written)), correction.dated(Some(written)));
        }
        let Scalar::Integer(offset) = self.event.scalar("offset") else {
            return (received, Dated::Untold);
        };
        let offset = i64::try_from(offset).ok().filter(|offset| *offset >= 0);
        let before = offset.and_then(|offset| offset.checked_mul(1_000)).map(Span);
        let time = before.map(|before| received - before).filter(|time| time.micros() >= 0);
        time.map_or((received, Dated::Doubted), |time| (time, Dated::Told))
    }

    /// What the person chose: said with the event, or by the client's own opting in and out.
    fn choices(
        &self,
        name: &str,
        is_cookieless: bool,
        place: Place,
    ) -> Result<Choices<'a>, Invalid> {
        let mut choices = match self.properties.get("$consent") {
            Some(json) => place.choices("properties/$consent", json)?,
            None => Choices::new(),
        };
        match name {
            "$opt_in" => choices.push(("$opt_in".into(), true)),
            "$opt_out" => choices.push(("$opt_in".into(), false)),
            _ => {}
        }
        if is_cookieless {
            // Two who look alike share a pseudonym: one must not agree for the other.
            choices.retain(|(_, is_yes)| !is_yes);
        }
        Ok(choices)
    }

    /// The event's objects in the order in which later ones overwrite.
    fn fields(
        &self,
        kind: Kind,
        is_cookieless: bool,
        shared: &Shared<'_, 'a>,
        place: Place,
    ) -> Result<Vec<Fields<'a>>, Invalid> {
        let mut fields = Vec::with_capacity(4);
        let mut push = |scope, json: Option<Cow<'a, RawValue>>| {
            fields.extend(json.map(|json| Fields { scope, json }));
        };
        if let Some((name, version)) = shared.sdk.and_then(|sdk| sdk.split_once('/')) {
            push(
                Scope::Properties,
                object([("$lib", name.into()), ("$lib_version", version.into())]),
            );
        }
        push(Scope::Properties, self.rest(is_cookieless));
        if self.says("$process_person_profile", "process_person_profile") != Some(false) {
            for name in ["$set_once", "$set"] {
                for said in [self.properties.get(name), self.event.get(name)] {
                    push(Scope::Traits, place.object(name, said)?.map(Cow::Borrowed));
                }
            }
            push(Scope::Traits, self.unset(place)?);
        }
        if kind == Kind::Group {
            let [group, which] = ["$group_type", "$group_key"].map(|name| {
                let field = if name == "$group_key" {
                    "properties/$group_key"
                } else {
                    "properties/$group_type"
                };
                id(place, field, self.properties.scalar(name))
            });
            let (Some(group), Some(which)) = (group?, which?) else {
                let problem = "`$group_type` or `$group_key` is missing: say which group";
                return Err(place.invalid("group-missing", "properties/$group_key", problem));
            };
            let of_type = Map::from_iter([(group.into_owned(), Value::from(&*which))]);
            push(Scope::Properties, object([("$groups", of_type.into())]));
            push(Scope::Group, object([("id", which.into_owned().into())]));
            let known = place.object("properties/$group_set", self.properties.get("$group_set"))?;
            push(Scope::Group, known.map(Cow::Borrowed));
        }
        Ok(fields)
    }

    /// The properties that are properties.
    fn rest(&self, is_cookieless: bool) -> Option<Cow<'a, RawValue>> {
        let leading: &[&str] = if is_cookieless { &LEADING } else { &[] };
        match self.properties.without(&[&MOVED, leading].concat()) {
            Some(rest) => Some(Cow::Owned(rest)),
            None => self.event.get("properties").map(Cow::Borrowed),
        }
    }

    /// What was taken back about a person: a list of names, each of which is nothing now.
    fn unset(&self, place: Place) -> Result<Option<Cow<'a, RawValue>>, Invalid> {
        let said = self.properties.get("$unset").or_else(|| self.event.get("$unset"));
        let Some(json) = said else { return Ok(None) };
        let names: Vec<String> = serde_json::from_str(json.get()).map_err(|_| {
            place.invalid("type-wrong", "$unset", "`$unset` is no list of names: send [\"name\"]")
        })?;
        Ok(object(names.iter().map(|name| (name.as_str(), Value::Null))))
    }
}

/// An object that we make ourselves.
fn object<'a, 'n>(
    members: impl IntoIterator<Item = (&'n str, Value)>,
) -> Option<Cow<'a, RawValue>> {
    let object: Map<String, Value> =
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    if object.is_empty() { None } else { to_raw_value(&object).ok().map(Cow::Owned) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrive::posthog::object::is_known;

    #[test]
    fn every_name_of_the_protocol_can_be_found() {
        let lists: [&[&str]; 5] = [&OF_EVENT, &OF_PROPERTIES, &MOVED, &LEADING, &KEYS];
        let others = ["batch", "sent_at", "process_person_profile", "disable_skew_correction"];
        for name in lists.concat().into_iter().chain(others) {
            assert!(is_known(name), "{name}");
        }
    }
}
