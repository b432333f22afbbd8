//! Messages to the outside: signed webhooks to public addresses, and mail through the configured
//! server. What cannot be delivered says why; trying again is the job's.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{SmtpTransport, Transport};
use life::know::saved::notice::{Notice, To};
use life::know::saved::reach::{Barred, admit, may_reach};
use life::know::saved::{Alert, Saveable};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Url, redirect};
use thiserror::Error;
use vocabulary::Span;

use super::App;
use crate::config::mail::MailSecurity;

/// How long a receiver may take to answer.
const TIME_MAX: Duration = Duration::from_secs(10);

/// Why a message was not delivered.
#[derive(Debug, Error)]
pub enum Undelivered {
    #[error("no mail server is configured: set `server` and `from` under `[mail]`")]
    NoMail,
    #[error("the mail could not be written: {0}")]
    Written(String),
    #[error("the mail server did not take it: {0}")]
    Mail(#[from] lettre::transport::smtp::Error),
    #[error("the password of the mail server cannot be read: {0}")]
    Password(std::io::Error),
    #[error(transparent)]
    Barred(#[from] Barred),
    #[error("the webhook answered {0}: it has to answer 200 to 299, and is not followed elsewhere")]
    Answered(u16),
    #[error("the webhook could not be reached")]
    Unreached,
    #[error("the message could not be signed: {0}")]
    Unsigned(#[from] vault::VaultError),
    #[error("the thread that sends mail ended early")]
    Thread,
}

impl Undelivered {
    /// The stable word.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Undelivered::NoMail => "mail-not-configured",
            Undelivered::Written(_) | Undelivered::Mail(_) | Undelivered::Password(_) => {
                "mail-refused"
            }
            Undelivered::Barred(barred) => barred.code(),
            Undelivered::Answered(_) => "webhook-refused",
            Undelivered::Unreached => "webhook-unreached",
            Undelivered::Unsigned(_) | Undelivered::Thread => "internal",
        }
    }
}

impl App {
    /// Delivers a message of an alert to one receiver, once.
    pub async fn deliver(&self, notice: &Notice, to: &To) -> Result<(), Undelivered> {
        match to {
            To::Webhook(url) => self.call_hook(notice, url).await,
            To::Mail(address) => {
                let (app, notice, address) = (self.clone(), notice.clone(), address.clone());
                let sent = tokio::task::spawn_blocking(move || app.send_mail(&notice, &address));
                sent.await.map_err(|_| Undelivered::Thread)?
            }
        }
    }

    /// Calls a webhook as Standard Webhooks describe it. It is never followed elsewhere.
    async fn call_hook(&self, notice: &Notice, url: &str) -> Result<(), Undelivered> {
        let allowed = &self.config().alerts.private_addresses;
        let url = Url::parse(url).map_err(|_| Undelivered::Unreached)?;
        admit(&url, allowed)?;
        let body = notice.json().to_string();
        let seconds = self.now().micros().div_euclid(Span::SECOND.0);
        let signed = notice.signed(seconds, &body);
        let vault = &self.inner().vault;
        let signature = vault.sign_saved(Alert::KIND, &notice.alert, signed.as_bytes()).await?;
        let client = client(allowed).map_err(|_| Undelivered::Unreached)?;
        let request = client
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", &notice.id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", format!("v1,{}", STANDARD.encode(signature)))
            .body(body);
        let answer = request.send().await.map_err(|error| {
            if is_private(&error) { Barred::Private.into() } else { Undelivered::Unreached }
        })?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => Err(Undelivered::Answered(status.as_u16())),
        }
    }

    fn send_mail(&self, notice: &Notice, address: &str) -> Result<(), Undelivered> {
        let rules = &self.config().mail;
        let (host, port) = rules.place().ok_or(Undelivered::NoMail)?;
        let written = |error: &dyn std::fmt::Display| Undelivered::Written(error.to_string());
        let read = |text: &str| text.parse::<Mailbox>().map_err(|error| written(&error));
        let since = Duration::from_micros(notice.at.micros().unsigned_abs());
        let mail = Message::builder()
            .from(read(&rules.from)?)
            .to(read(address)?)
            .date(SystemTime::UNIX_EPOCH + since)
            .message_id(Some(format!("<{}@candor>", notice.id)))
            .raw_header(subject(notice.subject()))
            .header(ContentType::TEXT_PLAIN)
            .body(notice.text())
            .map_err(|error| written(&error))?;
        let parameters = || TlsParameters::new(host.to_owned());
        let tls = match rules.security {
            MailSecurity::Starttls => Tls::Required(parameters()?),
            MailSecurity::Tls => Tls::Wrapper(parameters()?),
            MailSecurity::None => Tls::None,
        };
        let transport = SmtpTransport::builder_dangerous(host).port(port).tls(tls);
        let mut transport = transport.timeout(Some(TIME_MAX));
        if !rules.user.is_empty() {
            let password = std::fs::read_to_string(&rules.password_file);
            let password = password.map_err(Undelivered::Password)?.trim_end().to_owned();
            transport = transport.credentials(Credentials::new(rules.user.clone(), password));
        }
        transport.build().send(&mail)?;
        Ok(())
    }
}

/// Bytes of one encoded word: a line has at most 76 signs, and the first begins with the header.
const WORD_BYTES: usize = 39;

/// The subject of a mail, in encoded words as RFC 2047 has them unless it is short and plain. A
/// name that itself looks encoded must be shown as it was written.
fn subject(text: String) -> HeaderValue {
    let mut words = vec![String::new()];
    for sign in text.chars() {
        match words.last_mut() {
            Some(word) if word.len() + sign.len_utf8() <= WORD_BYTES => word.push(sign),
            Some(_) | None => words.push(sign.to_string()),
        }
    }
    let encoded = words.iter().map(|word| format!("=?utf-8?b?{}?=", STANDARD.encode(word)));
    let encoded = encoded.collect::<Vec<_>>().join("\r\n ");
    let name = HeaderName::new_from_ascii_str("Subject");
    let is_short = text.len() <= WORD_BYTES && !text.contains("=?");
    let is_plain = is_short && text.chars().all(|sign| sign == ' ' || sign.is_ascii_graphic());
    let encoded = if is_plain { text.clone() } else { encoded };
    HeaderValue::dangerous_new_pre_encoded(name, text, encoded)
}

/// A client that resolves names to addresses that may be reached, and follows nothing.
fn client(allowed: &[IpAddr]) -> reqwest::Result<Client> {
    Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(TIME_MAX)
        .user_agent("candor")
        .dns_resolver(Arc::new(Guarded(allowed.to_vec())))
        .build()
}

/// Names lead to addresses that may be reached, or nowhere: what is connected to is what was looked
/// at.
struct Guarded(Vec<IpAddr>);

/// A name that leads only to private addresses.
#[derive(Debug, Error)]
#[error("the name leads to a private address")]
struct LeadsInside;

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(look_up(name, self.0.clone()))
    }
}

async fn look_up(
    name: Name,
    allowed: Vec<IpAddr>,
) -> Result<Addrs, Box<dyn std::error::Error + Send + Sync>> {
    let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
    let found: Vec<SocketAddr> =
        found.filter(|address| may_reach(address.ip(), &allowed)).collect();
    if found.is_empty() {
        return Err(LeadsInside.into());
    }
    Ok(Box::new(found.into_iter()))
}

fn is_private(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<LeadsInside>() || error.source().is_some_and(is_private)
}

#[cfg(test)]
mod tests {
    use lettre::message::header::Headers;

    use super::*;

    #[test]
    fn a_subject_is_shown_as_it_was_written() {
        let shown = |text: &str| {
            let mut headers = Headers::new();
            headers.insert_raw(subject(text.to_owned()));
            let line = headers.to_string();
            assert!(line.lines().all(|line| line.len() <= 76 && line.is_ascii()), "{line}");
            assert_eq!(line.lines().filter(|line| !line.starts_with(' ')).count(), 1, "{line}");
            let words = line.trim_start_matches("Subject: ").split_whitespace();
            let read = |word: &str| {
                let packed = word.strip_prefix("=?utf-8?b?")?.strip_suffix("?=")?;
                String::from_utf8(STANDARD.decode(packed).ok()?).ok()
            };
            words.map(read).collect::<Option<String>>()
        };
        assert_eq!(shown("Alert: Few orders"), None, "plain words stand as they are");
        let sly = "Alert: =?utf-8?q?All_is_well?=";
        let long = format!("Alert: {}", "Türen ".repeat(30));
        for text in [sly, "Alert: Türen", &long, &"n".repeat(200), "a\r\nBcc: b@c.de"] {
            assert_eq!(shown(text).as_deref(), Some(text));
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_called() {
        let url = "https://localhost:9/";
        let failed = client(&[]).unwrap().post(url).send().await.unwrap_err();
        assert!(is_private(&failed), "{failed:?}");
        let listed = ["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()];
        let failed = client(&listed).unwrap().post(url).send().await.unwrap_err();
        assert!(!is_private(&failed), "{failed:?}");
    }
}
