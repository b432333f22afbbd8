//! The certificate that the server shows: read from its files, and read again when they change.
//!
//! Only TLS 1.3 is spoken. A file that cannot be used leaves the certificate that was there.

use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

use crate::config::tls::Files;

/// Why a certificate cannot be shown.
#[derive(Debug, Error)]
pub enum CertificateError {
    #[error("cannot read `{path}`: {problem}: name a file in PEM that this user may read")]
    File { path: PathBuf, problem: String },
    #[error("`{path}` holds no certificate: name a file in PEM, with those that vouch for it")]
    Empty { path: PathBuf },
    #[error("`{path}` can be read by everybody: chmod 0600 it, or 0640 with a group of its own")]
    Open { path: PathBuf },
    #[error("`{certificate}` and `{key}` cannot be shown together: {problem}: renew both")]
    Pair { certificate: PathBuf, key: PathBuf, problem: String },
}

/// A certificate with its key, as it is shown now.
pub struct Certificate {
    files: Files,
    shown: Mutex<Shown>,
}

struct Shown {
    config: Arc<ServerConfig>,
    /// What the files looked like when they were last read, whether they could be used or not.
    look: Look,
}

/// What tells whether a file was written anew: its number, length and time of change.
type Look = [Option<(u64, u64, i64, i64)>; 2];

/// What looking at the files came to.
#[derive(Debug)]
pub enum Renewal {
    Unchanged,
    Renewed,
    /// The files changed to something that cannot be shown.
    Failed(CertificateError),
}

impl Certificate {
    /// Reads both files.
    pub fn load(files: Files) -> Result<Self, CertificateError> {
        // The look comes first: what changes while the files are read is read again.
        let look = look(&files);
        let shown = Mutex::new(Shown { config: Arc::new(read(&files)?), look });
        Ok(Self { files, shown })
    }

    /// Reads the files again if they changed since they were last read.
    pub fn renew(&self) -> Renewal {
        let look = look(&self.files);
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.look == look {
            return Renewal::Unchanged;
        }
        shown.look = look;
        match read(&self.files) {
            Ok(config) => {
                shown.config = Arc::new(config);
                Renewal::Renewed
            }
            Err(error) => Renewal::Failed(error),
        }
    }

    /// What makes the next handshake; handshakes that have begun keep theirs.
    #[must_use]
    pub fn acceptor(&self) -> TlsAcceptor {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&shown.config))
    }
}

/// A key is never printed.
impl fmt::Debug for Certificate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Certificate").field("files", &self.files).finish_non_exhaustive()
    }
}

fn look(files: &Files) -> Look {
    [&files.certificate, &files.key].map(|path| {
        let file = path.metadata().ok()?;
        Some((file.ino(), file.len(), file.mtime(), file.mtime_nsec()))
    })
}

fn read(files: &Files) -> Result<ServerConfig, CertificateError> {
    let Files { certificate, key } = files;
    let failed = |path: &Path, error: &dyn fmt::Display| CertificateError::File {
        path: path.to_owned(),
        problem: error.to_string(),
    };
    let mode = key.metadata().map_err(|error| failed(key, &error))?.mode();
    if mode & 0o007 != 0 {
        return Err(CertificateError::Open { path: key.clone() });
    }
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failed(certificate, &error))?;
    if chain.is_empty() {
        return Err(CertificateError::Empty { path: certificate.clone() });
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| failed(key, &error))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret));
    let mut config = config.map_err(|error| CertificateError::Pair {
        certificate: certificate.clone(),
        key: key.clone(),
        problem: error.to_string(),
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
