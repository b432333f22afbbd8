//! What every question says: for which purpose, over which time, about whom.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The part that all kinds of questions share.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct About {
    pub purpose: String,
    /// The first instant, or the first day in the zone: `2026-01-31T12:00:00Z`, `2026-01-31`,
    /// `today`, or some time ago: `-24h`, and `-30d`, `-12w`, `-3m`, `-1y` from that day's start.
    pub from: String,
    /// The first instant, or the first day, that is left out; also `now`.
    pub to: String,
    /// A time zone such as `Europe/Berlin`; the installation's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The day on which weeks begin; the installation's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub week_start: Option<String>,
    /// Only these people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<People>,
    /// A property, such as that of a company: whoever shares its value counts as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<String>,
}

/// People by the saved cohorts that they are in.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// In each of these cohorts.
    #[serde(default, rename = "in", skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<String>,
    /// In none of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_in: Vec<String>,
}
