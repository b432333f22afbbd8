//! `[mail]` and `[alerts]`: through which server messages go out as mail, and which private
//! addresses webhooks may reach.

use std::net::IpAddr;
use std::path::PathBuf;

use serde::Deserialize;

/// The server that takes mail.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailRules {
    /// Host and port, such as `smtp.example.com:587`; empty is none.
    pub server: String,
    /// Who sends, such as `Candor <candor@example.com>`.
    pub from: String,
    pub security: MailSecurity,
    /// Who signs in; empty is nobody.
    pub user: String,
    /// The file that holds the password; empty is none.
    pub password_file: PathBuf,
}

/// How the connection to the server of mail is made safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailSecurity {
    /// It begins in the open and changes to TLS, or ends.
    Starttls,
    /// TLS from its first byte.
    Tls,
    /// In the open: for a server on this machine.
    None,
}

/// What alerts may reach.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertRules {
    /// Private addresses that webhooks may reach; only these may be reached without TLS.
    pub private_addresses: Vec<IpAddr>,
}

impl MailRules {
    /// Host and port of the server; `None` when there is none.
    #[must_use]
    pub fn place(&self) -> Option<(&str, u16)> {
        let (host, port) = self.server.rsplit_once(':')?;
        Some((host.trim_matches(['[', ']']), port.parse().ok()?))
    }

    /// What the types alone do not say.
    pub fn check(&self) -> Result<(), String> {
        if self.server.is_empty() {
            return Ok(());
        }
        let Some((host, _)) = self.place() else {
            return Err("`server` of mail needs a port: write `smtp.example.com:587`".to_owned());
        };
        if self.from.parse::<lettre::message::Mailbox>().is_err() {
            return Err("`from` is who sends mail: write `Candor <candor@example.com>`".to_owned());
        }
        if self.user.is_empty() != self.password_file.as_os_str().is_empty() {
            return Err("`user` and `password_file` belong together: write both or none".to_owned());
        }
        let is_here =
            host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if self.security == MailSecurity::None && !is_here {
            return Err("`security = \"none\"` is for a mail server on this machine: write \
                        `starttls` or `tls`"
                .to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_goes_in_the_open_only_to_this_machine() {
        let rules = |server: &str, security| MailRules {
            server: server.to_owned(),
            from: "Candor <candor@example.com>".to_owned(),
            security,
            user: String::new(),
            password_file: PathBuf::new(),
        };
        assert_eq!(rules("", MailSecurity::None).check(), Ok(()));
        assert_eq!(rules("[::1]:25", MailSecurity::None).check(), Ok(()));
        assert_eq!(rules("smtp.example.com:587", MailSecurity::Starttls).check(), Ok(()));
        assert!(rules("smtp.example.com:25", MailSecurity::None).check().is_err());
        assert!(rules("smtp.example.com", MailSecurity::Tls).check().is_err());
        let nobody = MailRules { from: "Candor".to_owned(), ..rules("a:1", MailSecurity::Tls) };
        assert!(nobody.check().is_err());
        let half = MailRules { user: "u".to_owned(), ..rules("a:1", MailSecurity::Tls) };
        assert!(half.check().is_err());
    }
}
