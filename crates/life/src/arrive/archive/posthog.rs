//! The rows of PostHog's batch exports: one event each, its properties as an object or as text.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use vocabulary::Limits;

use super::unfolded;
use crate::arrive::json::{Place, Scalar};
use crate::arrive::skew::{Correction, instant};
use crate::arrive::{Fields, Invalid, Kind, Parcel, Raw, Scope};

/// One row; columns that are not named here say nothing that an event needs.
#[derive(Deserialize)]
struct Exported<'a> {
    #[serde(borrow, default)]
    uuid: Scalar<'a>,
    #[serde(borrow, default)]
    event: Scalar<'a>,
    #[serde(borrow, default)]
    distinct_id: Scalar<'a>,
    #[serde(borrow, default)]
    timestamp: Scalar<'a>,
    #[serde(borrow, default)]
    created_at: Scalar<'a>,
    #[serde(borrow)]
    properties: Option<&'a RawValue>,
}

/// The properties by which the protocol itself says who it was.
#[derive(Deserialize, Default)]
struct Own<'a> {
    #[serde(borrow, default, rename = "$device_id")]
    device: Scalar<'a>,
    #[serde(borrow, default, rename = "$anon_distinct_id")]
    anonymous: Scalar<'a>,
    #[serde(borrow, default, rename = "$session_id")]
    session: Scalar<'a>,
    #[serde(borrow, default, rename = "$is_identified")]
    is_identified: Scalar<'a>,
    #[serde(borrow, default)]
    alias: Scalar<'a>,
}

type Id = Option<Cow<'static, str>>;

/// Reads one row.
pub(super) fn read<'a>(
    line: &'a str,
    place: Place,
    parcel: &Parcel<'a>,
    limits: &Limits,
) -> Result<Raw<'a>, Invalid> {
    let row: Exported<'a> = serde_json::from_str(line).map_err(|_| {
        place.invalid("type-wrong", "", "this is no object, or a field stands in it twice")
    })?;
    let json = match row.properties {
        Some(json) => unfolded(json, "properties", place)?,
        None => None,
    };
    let own = match &json {
        Some(json) => serde_json::from_str::<Own<'_>>(json.get()).map_err(|_| {
            place.invalid("type-wrong", "properties", "a field stands in `properties` twice")
        })?,
        None => Own::default(),
    };
    let chars = limits.identifier_chars;
    let id = |field, value: Scalar<'_>| -> Result<Id, Invalid> {
        Ok(place.identifier(field, value, chars)?.map(|id| Cow::Owned(id.into_owned())))
    };
    let name = place.name("event", row.event, limits)?;
    let kind = match &*name {
        "$identify" | "$merge_dangerously" => Kind::Identify,
        "$create_alias" => Kind::Alias,
        "$groupidentify" => Kind::Group,
        _ => Kind::Event,
    };
    let Some(distinct) = id("distinct_id", row.distinct_id)? else {
        let problem = "the event says of nobody: `distinct_id` is missing";
        return Err(place.invalid("identity-missing", "distinct_id", problem));
    };
    let is_anonymous = own.is_identified == Scalar::Flag(false);
    let device = id("properties", own.device)?;
    let (user, device) = who(distinct, device, id("properties", own.anonymous)?, is_anonymous);
    let correction = Correction::new(parcel.received, None, limits);
    let original = instant(&row.timestamp).or_else(|| instant(&row.created_at));
    let session = id("properties", own.session)?;
    let previous = if kind == Kind::Alias { id("properties", own.alias)? } else { None };
    if kind == Kind::Alias && previous.is_none() {
        let problem = "`alias` is missing: the event says which two ids are one person";
        return Err(place.invalid("alias-missing", "properties", problem));
    }
    Ok(Raw {
        kind,
        name,
        message: place.identifier("uuid", row.uuid, limits.message_chars)?,
        user,
        device,
        previous,
        session,
        time: correction.correct(original),
        dated: correction.dated(original),
        received: parcel.received,
        sequence: place.sequence(),
        fields: fields(json),
        choices: Vec::new(),
        told: None,
        signals: parcel.signals,
        address: parcel.address,
    })
}

/// Which of the ids is a user's: the id of an event is the device's own until somebody is known.
fn who(distinct: Cow<'static, str>, device: Id, anonymous: Id, is_anonymous: bool) -> (Id, Id) {
    let device = anonymous.or(device);
    if is_anonymous || device.as_ref() == Some(&distinct) {
        return (None, Some(distinct));
    }
    (Some(distinct), device)
}

fn fields<'a>(json: Option<Box<RawValue>>) -> Vec<Fields<'a>> {
    let field = |json| Fields { scope: Scope::Properties, json: Cow::Owned(json) };
    json.into_iter().map(field).collect()
}
