//! One event: its type, whose it is, when it was, and its fields by their canonical names.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Map, Value};
use vocabulary::{Limits, Time};

use super::described::{Entity, Reader, unpack};
use super::payload::{Payload, Slot};
use super::schema::SchemaName;
use super::{Setting, choice, page};
use crate::arrive::json::{Place, Scalar};
use crate::arrive::skew::{Correction, instant};
use crate::arrive::{Dated, Fields, Invalid, Kind, Parcel, Raw, Scope};

/// What the events of a request share.
pub(super) struct Shared<'r, 'a> {
    pub(super) parcel: &'r Parcel<'a>,
    pub(super) limits: &'r Limits,
    pub(super) setting: &'r Setting<'r>,
    pub(super) correction: Correction,
    pub(super) wanted: BTreeSet<SchemaName>,
}

/// An event's own data and the contexts that ride along with it.
struct Entities {
    own: Option<Entity>,
    contexts: Vec<Entity>,
}

/// Whose an event is.
struct Whose<'a> {
    user: Option<Cow<'a, str>>,
    device: Option<Cow<'a, str>>,
    session: Option<Cow<'a, str>>,
    /// The id of a browser on all sites, where another one names the device.
    network: Option<Cow<'a, str>>,
}

/// The instant that a tracker wrote.
pub(super) fn written(text: Option<&str>) -> Option<Time> {
    instant(&Scalar::Text(Cow::Borrowed(text?)))
}

impl<'a> Shared<'_, 'a> {
    /// Reads an event out of its keys.
    pub(super) fn read(
        &mut self,
        mut payload: Payload<'a>,
        app: Option<Cow<'a, str>>,
        place: Place,
    ) -> Result<Raw<'a>, Invalid> {
        payload.check(place)?;
        let entities = self.entities(&mut payload, place)?;
        let name = match (payload.take(Slot::Kind).as_deref(), &entities.own) {
            (Some("pv"), _) => Cow::Borrowed("page_view"),
            (Some("pp"), _) => Cow::Borrowed("page_ping"),
            (Some("se"), _) => Cow::Borrowed("event"),
            (Some("tr"), _) => Cow::Borrowed("transaction"),
            (Some("ti"), _) => Cow::Borrowed("transaction_item"),
            (Some("ue"), Some(own)) => Cow::Owned(own.schema.name().to_owned()),
            (Some("ue"), None) => return Err(missing("ue_px", place)),
            (Some(_) | None, _) => {
                let problem = "`e` is none of pv, pp, se, ue, tr, ti";
                return Err(place.invalid("call-unknown", "e", problem));
            }
        };
        let all = entities.own.iter().chain(&entities.contexts);
        let choices = choice::heard(all);
        let whose = self.whose(&mut payload, &entities, place)?;
        let message = payload.take(Slot::Event);
        let message = self.identifier("eid", message, self.limits.message_chars, place)?;
        let (time, dated) = self.time(&payload);
        let app = app.filter(|app| (self.setting.is_app)(app));
        let links = whose.user.is_some() && whose.device.is_some();
        let fields = self.fields(payload, app, entities, whose.network);
        Ok(Raw {
            // Whoever names both says that they are one person.
            kind: if links { Kind::Identify } else { Kind::Event },
            name,
            message,
            user: whose.user,
            device: whose.device,
            previous: None,
            session: whose.session,
            time,
            dated,
            received: self.parcel.received,
            sequence: place.sequence(),
            fields: fields.into_iter().collect(),
            choices,
            told: None,
            signals: self.parcel.signals,
            address: self.parcel.address.filter(|_| !self.setting.is_anonymous),
        })
    }

    /// Reads what describes itself, once the event is known to be whole and small enough.
    fn entities(&mut self, payload: &mut Payload<'a>, place: Place) -> Result<Entities, Invalid> {
        let own = text(payload, Slot::Described, Slot::DescribedPacked);
        let contexts = text(payload, Slot::Contexts, Slot::ContextsPacked);
        let unreadable = |field| {
            let problem = format!("`{field}` is no base64 of a text: encode it again");
            place.invalid("described-unreadable", field, problem)
        };
        let own = own.map_err(|()| unreadable("ue_px"))?;
        let contexts = contexts.map_err(|()| unreadable("cx"))?;
        let described = [&own, &contexts].into_iter().flatten();
        let bytes = payload.bytes + described.map(|text| text.len()).sum::<usize>();
        if bytes > self.limits.event_bytes {
            let limit = self.limits.event_bytes;
            let problem = format!("this event has more than {limit} bytes: send less with it");
            return Err(place.invalid("event-too-large", "", problem));
        }
        for (slot, key) in [(Slot::Tracker, "tv"), (Slot::Platform, "p"), (Slot::Kind, "e")] {
            if payload.peek(slot).is_none() {
                return Err(missing(key, place));
            }
        }
        let (schemas, depth_max) = (self.setting.schemas, self.limits.json_depth);
        let wanted = &mut self.wanted;
        let mut reader = Reader { schemas, wanted, place, field: "ue_px", depth_max };
        let own = own.map(|text| reader.event(&text)).transpose();
        reader.field = "cx";
        let contexts = contexts.map(|text| reader.contexts(&text)).transpose();
        Ok(Entities { own: own?, contexts: contexts?.unwrap_or_default() })
    }

    fn whose(
        &self,
        payload: &mut Payload<'a>,
        entities: &Entities,
        place: Place,
    ) -> Result<Whose<'a>, Invalid> {
        let id = |field, text: Option<Cow<'a, str>>| {
            let text = text.filter(|id| is_one(id));
            self.identifier(field, text, self.limits.identifier_chars, place)
        };
        let session = entities.context("client_session");
        let of_session = |field| session.and_then(|entity| owned(&entity.data, field));
        let visit = id("sid", payload.take(Slot::Session).or_else(|| of_session("sessionId")))?;
        let mut whose = Whose { user: None, device: None, session: visit, network: None };
        let network = payload.take(Slot::TrackerNetwork).filter(|id| is_one(id));
        let network = id("nuid", network.or_else(|| payload.take(Slot::Network)))?;
        let domain = id("duid", payload.take(Slot::Domain))?;
        let stored = id("cx", of_session("userId"))?;
        let own = entities.own.as_ref().filter(|own| own.schema.is("identify"));
        let said = own.and_then(|own| owned(&own.data, "id"));
        let user = id("uid", payload.take(Slot::User).or(said))?;
        if !self.setting.is_anonymous {
            whose.user = user;
            whose.device = domain.or(stored);
            match whose.device {
                Some(_) => whose.network = network,
                None => whose.device = network,
            }
        }
        if whose.user.is_none() && whose.device.is_none() {
            // Nobody is named, so a visit stands for itself, for as long as it lasts.
            whose.device.clone_from(&whose.session);
        }
        if whose.user.is_none() && whose.device.is_none() {
            let problem = "the event says of nobody: let the tracker send `duid`, `uid` or, \
                           where it is anonymous, the visit's `sid`";
            return Err(place.invalid("identity-missing", "duid", problem));
        }
        Ok(whose)
    }

    /// `collector − (sent − created)`, unless the client says the true time.
    fn time(&self, payload: &Payload<'a>) -> (Time, Dated) {
        let said = written(payload.peek(Slot::True));
        let (correction, original) = match said {
            Some(_) => (Correction::new(self.parcel.received, None, self.limits), said),
            None => (self.correction, written(payload.peek(Slot::Created))),
        };
        (correction.correct(original), correction.dated(original))
    }

    fn identifier(
        &self,
        field: &'static str,
        text: Option<Cow<'a, str>>,
        chars_max: usize,
        place: Place,
    ) -> Result<Option<Cow<'a, str>>, Invalid> {
        place.identifier(field, text.map_or(Scalar::Absent, Scalar::Text), chars_max)
    }

    /// All fields as one object: canonical names, and under a schema's name what it describes.
    fn fields(
        &self,
        mut payload: Payload<'a>,
        app: Option<Cow<'a, str>>,
        entities: Entities,
        network: Option<Cow<'a, str>>,
    ) -> Option<Fields<'a>> {
        let (page, referrer) = (payload.take(Slot::Page), payload.take(Slot::Referrer));
        let address = payload.take(Slot::Address).filter(|_| !self.setting.is_anonymous);
        let agent = payload.take(Slot::Agent);
        let agent = agent.or_else(|| self.parcel.user_agent.map(Cow::Borrowed));
        let mut properties = std::mem::take(&mut payload.properties);
        let beside = [
            ("app_id", app),
            ("platform", payload.take(Slot::Platform)),
            ("v_tracker", payload.take(Slot::Tracker)),
            ("network_userid", network),
            ("user_ipaddress", address),
            ("useragent", agent),
        ];
        for (name, value) in beside {
            if let Some(value) = value {
                properties.insert(name.to_owned(), value.into_owned().into());
            }
        }
        page::add(page.as_deref(), referrer.as_deref(), &mut properties);
        self.add(entities, &mut properties);
        let json = serde_json::value::to_raw_value(&properties).ok()?;
        Some(Fields { scope: Scope::Properties, json: Cow::Owned(json) })
    }

    fn add(&self, entities: Entities, properties: &mut Map<String, Value>) {
        let mut groups: Vec<(String, Vec<Value>)> = Vec::new();
        for Entity { schema, mut data } in entities.contexts {
            if self.setting.is_anonymous && schema.is("client_session") {
                data.as_object_mut().map(|session| session.remove("userId"));
            }
            match groups.iter_mut().find(|(name, _)| name == schema.name()) {
                Some((_, group)) => group.push(data),
                None => groups.push((schema.name().to_owned(), vec![data])),
            }
        }
        for (name, group) in groups {
            if let (Some(first), true) = (group.first(), group.len() > 1) {
                let first = first.clone();
                properties.insert(format!("{name}.all"), Value::Array(group));
                properties.insert(name, first);
            } else {
                properties.extend(group.into_iter().map(|only| (name.clone(), only)));
            }
        }
        if let Some(Entity { schema, data }) = entities.own {
            properties.insert("event_vendor".to_owned(), schema.vendor().into());
            properties.insert("event_version".to_owned(), schema.version().into());
            properties.insert(schema.name().to_owned(), data);
        }
    }
}

impl Entities {
    fn context(&self, name: &str) -> Option<&Entity> {
        self.contexts.iter().find(|entity| entity.schema.is(name))
    }
}

fn missing(key: &'static str, place: Place) -> Invalid {
    let problem = format!("`{key}` is missing: every event of this kind has it");
    place.invalid("field-missing", key, problem)
}

/// A text that may have been sent as it is or packed; an error when it cannot be unpacked.
fn text<'a>(
    payload: &mut Payload<'a>,
    plain: Slot,
    packed: Slot,
) -> Result<Option<Cow<'a, str>>, ()> {
    match (payload.take(plain), payload.take(packed)) {
        (Some(text), _) => Ok(Some(text)),
        (None, Some(packed)) => unpack(&packed).map(|text| Some(Cow::Owned(text))).ok_or(()),
        (None, None) => Ok(None),
    }
}

/// Whether an id names anything: where there is none, trackers send one of zeros.
fn is_one(id: &str) -> bool {
    id.bytes().any(|byte| !matches!(byte, b'0' | b'-' | b' '))
}

fn owned<'a>(data: &Value, field: &str) -> Option<Cow<'a, str>> {
    data.get(field)?.as_str().map(|text| Cow::Owned(text.to_owned()))
}
