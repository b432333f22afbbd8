//! Snowplow's enriched events: 131 values between tabs, or the same as an object of JSON.

use std::borrow::Cow;

use serde_json::{Map, Value};
use vocabulary::Limits;

use crate::arrive::json::{Place, Scalar};
use crate::arrive::skew::{Correction, instant};
use crate::arrive::{Fields, Invalid, Kind, Parcel, Raw, Scope};

/// The canonical columns, in the order in which an enriched event holds them.
const COLUMNS: [&str; 131] = [
    "app_id",
    "platform",
    "etl_tstamp",
    "collector_tstamp",
    "dvce_created_tstamp",
    "event",
    "event_id",
    "txn_id",
    "name_tracker",
    "v_tracker",
    "v_collector",
    "v_etl",
    "user_id",
    "user_ipaddress",
    "user_fingerprint",
    "domain_userid",
    "domain_sessionidx",
    "network_userid",
    "geo_country",
    "geo_region",
    "geo_city",
    "geo_zipcode",
    "geo_latitude",
    "geo_longitude",
    "geo_region_name",
    "ip_isp",
    "ip_organization",
    "ip_domain",
    "ip_netspeed",
    "page_url",
    "page_title",
    "page_referrer",
    "page_urlscheme",
    "page_urlhost",
    "page_urlport",
    "page_urlpath",
    "page_urlquery",
    "page_urlfragment",
    "refr_urlscheme",
    "refr_urlhost",
    "refr_urlport",
    "refr_urlpath",
    "refr_urlquery",
    "refr_urlfragment",
    "refr_medium",
    "refr_source",
    "refr_term",
    "mkt_medium",
    "mkt_source",
    "mkt_term",
    "mkt_content",
    "mkt_campaign",
    "contexts",
    "se_category",
    "se_action",
    "se_label",
    "se_property",
    "se_value",
    "unstruct_event",
    "tr_orderid",
    "tr_affiliation",
    "tr_total",
    "tr_tax",
    "tr_shipping",
    "tr_city",
    "tr_state",
    "tr_country",
    "ti_orderid",
    "ti_sku",
    "ti_name",
    "ti_category",
    "ti_price",
    "ti_quantity",
    "pp_xoffset_min",
    "pp_xoffset_max",
    "pp_yoffset_min",
    "pp_yoffset_max",
    "useragent",
    "br_name",
    "br_family",
    "br_version",
    "br_type",
    "br_renderengine",
    "br_lang",
    "br_features_pdf",
    "br_features_flash",
    "br_features_java",
    "br_features_director",
    "br_features_quicktime",
    "br_features_realplayer",
    "br_features_windowsmedia",
    "br_features_gears",
    "br_features_silverlight",
    "br_cookies",
    "br_colordepth",
    "br_viewwidth",
    "br_viewheight",
    "os_name",
    "os_family",
    "os_manufacturer",
    "os_timezone",
    "dvce_type",
    "dvce_ismobile",
    "dvce_screenwidth",
    "dvce_screenheight",
    "doc_charset",
    "doc_width",
    "doc_height",
    "tr_currency",
    "tr_total_base",
    "tr_tax_base",
    "tr_shipping_base",
    "ti_currency",
    "ti_price_base",
    "base_currency",
    "geo_timezone",
    "mkt_clickid",
    "mkt_network",
    "etl_tags",
    "dvce_sent_tstamp",
    "refr_domain_userid",
    "refr_dvce_tstamp",
    "derived_contexts",
    "domain_sessionid",
    "derived_tstamp",
    "event_vendor",
    "event_name",
    "event_format",
    "event_version",
    "event_fingerprint",
    "true_tstamp",
];

/// Columns that say who and when; they are no properties.
const OWN: [&str; 16] = [
    "event_id",
    "user_id",
    "user_ipaddress",
    "user_fingerprint",
    "domain_userid",
    "network_userid",
    "refr_domain_userid",
    "domain_sessionid",
    "event_fingerprint",
    "etl_tstamp",
    "collector_tstamp",
    "dvce_created_tstamp",
    "dvce_sent_tstamp",
    "derived_tstamp",
    "refr_dvce_tstamp",
    "true_tstamp",
];

/// Reads one event in either form.
pub(super) fn read<'a>(
    line: &'a str,
    place: Place,
    parcel: &Parcel<'a>,
    limits: &Limits,
) -> Result<Raw<'a>, Invalid> {
    let mut event = if line.trim_start().starts_with('{') {
        serde_json::from_str(line)
            .map_err(|_| place.invalid("type-wrong", "", "this is no object of JSON"))?
    } else {
        columns(line, place)?
    };
    let chars = limits.identifier_chars;
    let mut id = |field, chars| {
        let value = event.remove(field).map_or(Scalar::Absent, scalar);
        place.identifier(field, value, chars)
    };
    let message = id("event_id", limits.message_chars)?;
    let user = id("user_id", chars)?;
    let session = id("domain_sessionid", chars)?;
    let network = id("network_userid", chars)?;
    let device = id("domain_userid", chars)?.or(network);
    if user.is_none() && device.is_none() {
        let problem = "the event says of nobody: `user_id` and `domain_userid` are empty";
        return Err(place.invalid("identity-missing", "domain_userid", problem));
    }
    let times = ["true_tstamp", "derived_tstamp", "dvce_created_tstamp", "collector_tstamp"];
    let original = times.iter().find_map(|name| instant(&scalar(event.get(*name)?.clone())));
    let correction = Correction::new(parcel.received, None, limits);
    let name = place.name("event_name", name(&event), limits)?;
    let properties = serde_json::value::to_raw_value(&properties(event, place)?)
        .map_err(|_| place.invalid("type-wrong", "", "this event cannot be written as JSON"))?;
    Ok(Raw {
        // A user's id beside a device's says that the two are one person.
        kind: if user.is_some() && device.is_some() { Kind::Identify } else { Kind::Event },
        name,
        message,
        user,
        device,
        previous: None,
        session,
        time: correction.correct(original),
        dated: correction.dated(original),
        received: parcel.received,
        sequence: place.sequence(),
        fields: vec![Fields { scope: Scope::Properties, json: Cow::Owned(properties) }],
        choices: Vec::new(),
        told: None,
        signals: parcel.signals,
        address: parcel.address,
    })
}

/// The values between tabs by their columns' names; what is empty is absent.
fn columns(line: &str, place: Place) -> Result<Map<String, Value>, Invalid> {
    let values = line.split('\t').count();
    if values != COLUMNS.len() {
        let problem = format!(
            "an enriched event has {} values between tabs, and this has {values}",
            COLUMNS.len()
        );
        return Err(place.invalid("type-wrong", "", problem));
    }
    let named = COLUMNS.iter().zip(line.split('\t')).filter(|(_, value)| !value.is_empty());
    Ok(named.map(|(name, value)| ((*name).to_owned(), Value::from(value))).collect())
}

fn scalar(value: Value) -> Scalar<'static> {
    match value {
        Value::Null => Scalar::Absent,
        Value::Bool(flag) => Scalar::Flag(flag),
        Value::Number(number) => match (number.as_i128(), number.as_f64()) {
            (Some(whole), _) => Scalar::Integer(whole),
            (None, Some(broken)) => Scalar::Number(broken),
            (None, None) => Scalar::Nested,
        },
        Value::String(text) => Scalar::Text(Cow::Owned(text)),
        Value::Array(_) | Value::Object(_) => Scalar::Nested,
    }
}

/// What happened: a structured event is named by its action, any other by its schema or type.
fn name(event: &Map<String, Value>) -> Scalar<'static> {
    let text = |name: &str| event.get(name).cloned().map_or(Scalar::Absent, scalar);
    let is_structured = event.get("event").is_some_and(|kind| kind == "struct");
    let names = if is_structured { ["se_action", "event"] } else { ["event_name", "event"] };
    let [first, second] = names.map(text);
    if first == Scalar::Absent { second } else { first }
}

/// All that the event says beside who and when, with described objects taken apart.
fn properties(event: Map<String, Value>, place: Place) -> Result<Map<String, Value>, Invalid> {
    let mut properties = Map::new();
    for (name, value) in event {
        if OWN.contains(&name.as_str()) {
            continue;
        }
        match name.as_str() {
            // Lists of described objects, each by its own schema.
            "contexts" => contexts(described(value, "contexts", place)?, &mut properties),
            "derived_contexts" => {
                contexts(described(value, "derived_contexts", place)?, &mut properties);
            }
            // One described object: what happened.
            "unstruct_event" => {
                if let Value::Object(mut told) = described(value, "unstruct_event", place)?
                    && let Some(Value::Object(data)) = told.remove("data")
                {
                    properties.extend(data);
                }
            }
            // In the form of JSON each schema has a column of its own.
            _ if name.starts_with("unstruct_event_") => {
                if let Value::Object(data) = value {
                    properties.extend(data);
                }
            }
            _ => {
                properties.insert(name, value);
            }
        }
    }
    Ok(properties)
}

/// The `data` of a described object, which stands as itself or as a text that holds its JSON.
fn described(value: Value, field: &'static str, place: Place) -> Result<Value, Invalid> {
    let unreadable = || {
        let problem = format!("`{field}` holds no self-describing JSON: an object with `data`");
        place.invalid("type-wrong", field, problem)
    };
    let value = match value {
        Value::String(text) => serde_json::from_str(&text).map_err(|_| unreadable())?,
        other => other,
    };
    match value {
        Value::Object(mut outer) => outer.remove("data").ok_or_else(unreadable),
        _ => Err(unreadable()),
    }
}

/// Puts each described object under the name that its schema has as a column.
fn contexts(list: Value, properties: &mut Map<String, Value>) {
    let Value::Array(list) = list else { return };
    for item in list {
        let Value::Object(mut item) = item else { continue };
        let column = item.get("schema").and_then(Value::as_str).and_then(column);
        if let (Some(column), Some(data)) = (column, item.remove("data")) {
            let place = properties.entry(column).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = place {
                list.push(data);
            }
        }
    }
}

/// `iglu:com.acme/cart_item/jsonschema/1-0-0` as the name of a column:
/// `contexts_com_acme_cart_item_1`.
fn column(schema: &str) -> Option<String> {
    let mut parts = schema.strip_prefix("iglu:")?.split('/');
    let (vendor, name) = (parts.next()?, parts.next()?);
    let model = parts.nth(1)?.split('-').next()?;
    Some(format!("contexts_{}_{name}_{model}", vendor.replace('.', "_")))
}
