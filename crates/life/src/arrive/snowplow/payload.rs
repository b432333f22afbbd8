//! The keys of `payload_data` 1-0-4 and what each stands for. All values are texts.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::arrive::Invalid;
use crate::arrive::json::{Place, Scalar};

/// A key that the protocol itself has a use for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Kind,
    Platform,
    Tracker,
    App,
    Event,
    Created,
    Sent,
    True,
    Domain,
    Network,
    TrackerNetwork,
    User,
    Session,
    Page,
    Referrer,
    Address,
    Agent,
    Described,
    DescribedPacked,
    Contexts,
    ContextsPacked,
}

const SLOTS: usize = Slot::ContextsPacked as usize + 1;

/// What a key stands for.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    Slot(Slot),
    /// A property, by its canonical name.
    Property(&'static str),
    /// One that is said as `1` or `0`.
    Flag(&'static str),
    /// Width and height in one, as in `1280x720`.
    Sides(&'static str, &'static str),
    /// Known, and of no use.
    Left,
}

use Meaning::{Flag, Left, Property, Sides};

const fn slot(slot: Slot) -> Meaning {
    Meaning::Slot(slot)
}

/// Every key, in the order of the alphabet.
const KEYS: [(&str, Meaning); 80] = [
    ("ad_ad", Property("ad_id")),
    ("ad_ba", Property("ad_banner")),
    ("ad_ca", Property("ad_campaign")),
    ("ad_uid", Left),
    ("aid", slot(Slot::App)),
    ("cd", Property("br_colordepth")),
    ("co", slot(Slot::Contexts)),
    ("cookie", Flag("br_cookies")),
    ("cs", Property("doc_charset")),
    ("ctype", Property("connection_type")),
    ("cx", slot(Slot::ContextsPacked)),
    ("ds", Sides("doc_width", "doc_height")),
    ("dtm", slot(Slot::Created)),
    ("duid", slot(Slot::Domain)),
    ("e", slot(Slot::Kind)),
    ("eid", slot(Slot::Event)),
    ("f_ag", Flag("br_features_silverlight")),
    ("f_dir", Flag("br_features_director")),
    ("f_fla", Flag("br_features_flash")),
    ("f_gears", Flag("br_features_gears")),
    ("f_java", Flag("br_features_java")),
    ("f_pdf", Flag("br_features_pdf")),
    ("f_qt", Flag("br_features_quicktime")),
    ("f_realp", Flag("br_features_realplayer")),
    ("f_wma", Flag("br_features_windowsmedia")),
    ("fp", Property("user_fingerprint")),
    ("ip", slot(Slot::Address)),
    ("lang", Property("br_lang")),
    ("mac", Property("mac_address")),
    ("nuid", slot(Slot::Network)),
    ("p", slot(Slot::Platform)),
    ("page", Property("page_title")),
    ("pp_max", Property("pp_xoffset_max")),
    ("pp_may", Property("pp_yoffset_max")),
    ("pp_mix", Property("pp_xoffset_min")),
    ("pp_miy", Property("pp_yoffset_min")),
    ("refr", slot(Slot::Referrer)),
    ("res", Sides("dvce_screenwidth", "dvce_screenheight")),
    ("sa", Property("social_action")),
    ("se_ac", Property("se_action")),
    ("se_ca", Property("se_category")),
    ("se_la", Property("se_label")),
    ("se_pr", Property("se_property")),
    ("se_va", Property("se_value")),
    ("sid", slot(Slot::Session)),
    ("sn", Property("social_network")),
    ("sp", Property("social_page")),
    ("st", Property("social_target")),
    ("stm", slot(Slot::Sent)),
    ("ti_ca", Property("ti_category")),
    ("ti_cu", Property("ti_currency")),
    ("ti_id", Property("ti_orderid")),
    ("ti_na", Property("ti_name")),
    ("ti_nm", Property("ti_name")),
    ("ti_pr", Property("ti_price")),
    ("ti_qu", Property("ti_quantity")),
    ("ti_sk", Property("ti_sku")),
    ("tid", Property("txn_id")),
    ("tna", Property("name_tracker")),
    ("tnuid", slot(Slot::TrackerNetwork)),
    ("tr_af", Property("tr_affiliation")),
    ("tr_ci", Property("tr_city")),
    ("tr_co", Property("tr_country")),
    ("tr_cu", Property("tr_currency")),
    ("tr_id", Property("tr_orderid")),
    ("tr_sh", Property("tr_shipping")),
    ("tr_st", Property("tr_state")),
    ("tr_tt", Property("tr_total")),
    ("tr_tx", Property("tr_tax")),
    ("ttm", slot(Slot::True)),
    ("tv", slot(Slot::Tracker)),
    ("tz", Property("os_timezone")),
    ("ua", slot(Slot::Agent)),
    ("ue_na", Left),
    ("ue_pr", slot(Slot::Described)),
    ("ue_px", slot(Slot::DescribedPacked)),
    ("uid", slot(Slot::User)),
    ("url", slot(Slot::Page)),
    ("vid", Property("domain_sessionidx")),
    ("vp", Sides("br_viewwidth", "br_viewheight")),
];

/// One event as written.
#[derive(Default)]
pub(super) struct Payload<'a> {
    slots: [Option<Cow<'a, str>>; SLOTS],
    pub(super) properties: Map<String, Value>,
    /// The bytes of its values.
    pub(super) bytes: usize,
    /// The keys that were met.
    met: Vec<&'static str>,
    wrong: Option<Wrong>,
}

/// The first thing that is wrong with an event's keys.
enum Wrong {
    /// The key at this place, counted from one, is none of the protocol's.
    Unknown(usize),
    Type(&'static str),
    Twice(&'static str),
}

/// What stands where an event is expected.
pub(super) enum Member<'a> {
    Payload(Box<Payload<'a>>),
    Other,
}

impl<'a> Payload<'a> {
    /// Takes what stands under a key out of it; nothing and an empty text are the same.
    pub(super) fn take(&mut self, slot: Slot) -> Option<Cow<'a, str>> {
        self.slots.get_mut(slot as usize)?.take()
    }

    pub(super) fn peek(&self, slot: Slot) -> Option<&str> {
        self.slots.get(slot as usize)?.as_deref()
    }

    /// Reads the parameters of a query. A page may add its own to a picture's address, so those
    /// that nobody knows are passed over.
    pub(super) fn of_query(query: &'a str) -> Self {
        let mut payload = Self::default();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            if let Some((known, meaning)) = known(&key) {
                payload.put(known, meaning, value);
            }
        }
        payload
    }

    /// The first thing that is wrong with its keys.
    pub(super) fn check(&self, place: Place) -> Result<(), Invalid> {
        match self.wrong {
            None => Ok(()),
            Some(Wrong::Twice(key)) => Err(place.twice(key)),
            Some(Wrong::Type(key)) => {
                let problem = format!("`{key}` is no text: every value of this protocol is one");
                Err(place.invalid("type-wrong", key, problem))
            }
            Some(Wrong::Unknown(number)) => {
                let problem = format!(
                    "key {number} of this event is none of `payload_data` 1-0-4: put your own \
                     fields into a self-describing event or a context"
                );
                Err(place.invalid("field-unknown", "", problem))
            }
        }
    }

    fn put(&mut self, key: &'static str, meaning: Meaning, value: Cow<'a, str>) {
        if self.met.contains(&key) {
            self.wrong.get_or_insert(Wrong::Twice(key));
            return;
        }
        self.met.push(key);
        self.bytes += value.len();
        if value.is_empty() {
            return;
        }
        match meaning {
            Meaning::Slot(slot) => {
                if let Some(place) = self.slots.get_mut(slot as usize) {
                    *place = Some(value);
                }
            }
            Property(name) => {
                self.properties.insert(name.to_owned(), value.into_owned().into());
            }
            Flag(name) => {
                // Trackers say `1` and `0`, some `true` and `false`.
                let is_set = matches!(&*value, "1" | "true");
                self.properties.insert(name.to_owned(), is_set.into());
            }
            Sides(width, height) => {
                if let Some((across, down)) = value.split_once('x') {
                    self.properties.insert(width.to_owned(), across.into());
                    self.properties.insert(height.to_owned(), down.into());
                }
            }
            Left => {}
        }
    }
}

fn known(key: &str) -> Option<(&'static str, Meaning)> {
    let place = KEYS.binary_search_by(|(known, _)| (*known).cmp(key)).ok()?;
    KEYS.get(place).copied()
}

impl<'de: 'a, 'a> Deserialize<'de> for Member<'a> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(MemberVisitor)
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut payload = Payload::default();
        let mut number = 0;
        while let Some(key) = entries.next_key::<Cow<'de, str>>()? {
            number += 1;
            let Some((key, meaning)) = known(&key) else {
                payload.wrong.get_or_insert(Wrong::Unknown(number));
                entries.next_value::<IgnoredAny>()?;
                continue;
            };
            match entries.next_value::<Scalar<'de>>()? {
                Scalar::Text(text) => payload.put(key, meaning, text),
                // What a tracker has not, some send as null.
                Scalar::Absent => {}
                Scalar::Integer(_) | Scalar::Number(_) | Scalar::Flag(_) | Scalar::Nested => {
                    payload.wrong.get_or_insert(Wrong::Type(key));
                }
            }
        }
        Ok(Member::Payload(Box::new(payload)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_in_order_and_once() {
        assert!(KEYS.is_sorted_by(|(one, _), (other, _)| one < other));
    }
}
