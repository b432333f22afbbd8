//! The page of an event and the page before it: their addresses, and the parts that questions use.

use serde_json::{Map, Value};
use url::Url;

/// Parameters of a campaign and the properties that they are.
const CAMPAIGN: [(&str, &str); 5] = [
    ("utm_medium", "mkt_medium"),
    ("utm_source", "mkt_source"),
    ("utm_term", "mkt_term"),
    ("utm_content", "mkt_content"),
    ("utm_campaign", "mkt_campaign"),
];

/// Adds the addresses and their parts. What is no address is carried on as it came.
pub(super) fn add(page: Option<&str>, referrer: Option<&str>, properties: &mut Map<String, Value>) {
    let mut put = |name: &str, value: &str| {
        properties.insert(name.to_owned(), value.into());
    };
    if let Some(text) = page {
        put("page_url", text);
        if let Ok(url) = Url::parse(text) {
            url.host_str().into_iter().for_each(|host| put("page_urlhost", host));
            put("page_urlpath", url.path());
            for (parameter, value) in url.query_pairs() {
                let known = CAMPAIGN.iter().find(|(known, _)| *known == parameter);
                known.into_iter().for_each(|(_, name)| put(name, &value));
            }
        }
    }
    if let Some(text) = referrer {
        put("page_referrer", text);
        if let Ok(url) = Url::parse(text) {
            url.host_str().into_iter().for_each(|host| put("refr_urlhost", host));
            put("refr_urlpath", url.path());
        }
    }
}
