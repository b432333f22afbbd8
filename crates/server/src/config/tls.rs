//! `[tls]`: the certificate that the server itself shows.

use std::path::PathBuf;

use serde::Deserialize;

/// The certificate that the server itself shows; both files, or neither.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate with those that vouch for it, in PEM.
    pub certificate: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
}

/// The two files of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Tls {
    /// What the types alone do not say.
    pub fn check(&self) -> Result<(), String> {
        let (certificate, key) = (self.is_named(&self.certificate), self.is_named(&self.key));
        if certificate == key {
            return Ok(());
        }
        let missing = if certificate { "key" } else { "certificate" };
        Err(format!("`{missing}` is missing: a certificate and its key are named together"))
    }

    /// The files, where the server ends TLS itself.
    #[must_use]
    pub fn files(&self) -> Option<Files> {
        self.is_named(&self.certificate)
            .then(|| Files { certificate: self.certificate.clone(), key: self.key.clone() })
    }

    fn is_named(&self, path: &std::path::Path) -> bool {
        !path.as_os_str().is_empty()
    }
}
