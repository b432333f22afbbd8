//! What an alert says, to whom, and how often that is tried. A message holds numbers and the names
//! that people gave to alert and question; it never holds anything of a person.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use vocabulary::{Span, Time};

use super::Amiss;
use super::alert::{Alert, Look, Turn, When};

/// Whom an alert tells. Who may not manage is shown the hosts alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum To {
    /// A mail address.
    Mail(String),
    /// An address that takes a signed `POST` as Standard Webhooks describe it.
    Webhook(String),
}

const ADDRESS_MAX: usize = 254;
const URL_MAX: usize = 2_000;

impl To {
    /// The host alone: the rest of an address may be somebody's name, or a secret.
    #[must_use]
    pub fn masked(&self) -> Self {
        match self {
            To::Mail(address) => {
                let host = address.rsplit_once('@').map(|(_, host)| host.to_owned());
                To::Mail(host.unwrap_or_default())
            }
            To::Webhook(url) => {
                let url = url::Url::parse(url).ok();
                let host = url.as_ref().and_then(url::Url::host_str).map(str::to_owned);
                To::Webhook(host.unwrap_or_default())
            }
        }
    }

    /// The address of a webhook.
    pub(super) fn hook(&self) -> Option<&str> {
        match self {
            To::Webhook(url) => Some(url),
            To::Mail(_) => None,
        }
    }

    pub(super) fn check(&self) -> Result<(), Amiss> {
        match self {
            To::Mail(address) if is_address(address) => Ok(()),
            To::Mail(text) => Err(Amiss::MailAddress { text: text.clone() }),
            To::Webhook(url) if is_hook(url) => Ok(()),
            To::Webhook(text) => Err(Amiss::WebhookAddress { text: text.clone() }),
        }
    }
}

fn is_address(text: &str) -> bool {
    let is_plain = |sign: char| sign.is_ascii_graphic() && !"<>()[]\\,;:\"".contains(sign);
    let parts = text.split_once('@').filter(|(who, host)| !who.is_empty() && host.contains('.'));
    let is_one = parts.is_some_and(|(_, host)| !host.contains('@') && !host.ends_with('.'));
    text.len() <= ADDRESS_MAX && text.chars().all(is_plain) && is_one
}

fn is_hook(text: &str) -> bool {
    let Ok(url) = url::Url::parse(text) else { return false };
    let is_web = matches!(url.scheme(), "https" | "http") && url.host().is_some();
    let is_open = url.username().is_empty() && url.password().is_none();
    text.len() <= URL_MAX && is_web && is_open
}

/// A message. Its id stays the same however often it is sent, so that a receiver knows it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    pub id: String,
    pub at: Time,
    pub turn: Turn,
    pub alert: String,
    pub name: String,
    /// The name of the saved question, where it is one.
    pub question: Option<String>,
    pub when: When,
    pub look: Option<Look>,
}

impl Notice {
    /// A message that shows whether messages arrive.
    #[must_use]
    pub fn test(id: String, alert: String, of: &Alert, at: Time) -> Self {
        let (name, when) = (of.name.clone(), of.when);
        Self { id, at, turn: Turn::Test, alert, name, question: None, when, look: None }
    }

    /// The body of a webhook.
    #[must_use]
    pub fn json(&self) -> Value {
        let kind = match self.turn {
            Turn::Firing => "alert.firing",
            Turn::Over => "alert.over",
            Turn::Test => "alert.test",
        };
        json!({
            "type": kind,
            "timestamp": self.at.to_string(),
            "data": {
                "alert": self.alert,
                "name": self.name,
                "question": self.question,
                "when": self.when,
                "start": self.look.map(|look| look.start.to_string()),
                "value": self.look.map(|look| look.value),
                "before": self.look.and_then(|look| look.before),
            },
        })
    }

    /// What a webhook's signature is made over.
    #[must_use]
    pub fn signed(&self, seconds: i64, body: &str) -> String {
        format!("{}.{seconds}.{body}", self.id)
    }

    /// The subject of a mail.
    #[must_use]
    pub fn subject(&self) -> String {
        let word = match self.turn {
            Turn::Firing => "Alert",
            Turn::Over => "Over",
            Turn::Test => "Test",
        };
        format!("{word}: {}", self.name)
    }

    /// The text of a mail.
    #[must_use]
    pub fn text(&self) -> String {
        let name = &self.name;
        let found = self.look.map_or_else(String::new, |look| {
            let before = look
                .before
                .map_or_else(String::new, |before| format!(", after {before} in the one before"));
            format!(": {} in the interval from {}{before}", look.value, look.start)
        });
        let what = self
            .question
            .as_ref()
            .map_or_else(String::new, |question| format!("watches “{question}” and "));
        let when = match self.when {
            When::Above(limit) => format!("is above {limit}"),
            When::Below(limit) => format!("is below {limit}"),
            When::Rises(percent) => format!("rises by {percent} % or more"),
            When::Falls(percent) => format!("falls by {percent} % or more"),
        };
        let rule = format!("It {what}fires when the number {when}.");
        match self.turn {
            Turn::Firing => format!(
                "The alert “{name}” fires{found}.\n{rule}\nYou will hear again when it is over.\n"
            ),
            Turn::Over => format!("The alert “{name}” is over{found}.\n{rule}\n"),
            Turn::Test => {
                format!("This is a test of the alert “{name}”: messages arrive here.\n{rule}\n")
            }
        }
    }
}

/// A message on its way to one receiver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    pub notice: Notice,
    pub to: To,
    /// Tries that failed.
    pub tries: u32,
    pub due: Time,
}

/// What becomes of a message that could not be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    Later,
    GivenUp,
}

/// Minutes from each try that failed to the next.
const WAITS: [i64; 5] = [1, 5, 30, 120, 360];

impl Delivery {
    /// A message that is due at once.
    #[must_use]
    pub fn new(notice: Notice, to: To) -> Self {
        Self { due: notice.at, notice, to, tries: 0 }
    }

    /// Whether it shall be tried.
    #[must_use]
    pub fn is_due(&self, now: Time) -> bool {
        self.due <= now
    }

    /// Takes in that a try failed.
    pub fn failed(&mut self, now: Time) -> Tried {
        let Some(wait) = WAITS.get(self.tries as usize) else { return Tried::GivenUp };
        self.tries += 1;
        self.due = now + Span(wait * Span::MINUTE.0);
        Tried::Later
    }
}
