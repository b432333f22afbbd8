//! The way by which connections come: encrypted by us, or plain where nobody can listen between.
//!
//! Plain HTTP leaves this machine only to a proxy that is declared and ends TLS itself.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use vocabulary::Span;

use crate::config::Config;
use certificate::{Certificate, CertificateError};

pub mod certificate;
pub mod places;

/// How connections come, and from whom.
#[derive(Debug, Clone)]
pub enum Way {
    /// TLS 1.3 from anybody.
    Encrypted(Arc<Certificate>),
    /// Plain HTTP on loopback.
    Loopback,
    /// Plain HTTP from this machine and from proxies that end TLS; from nobody else.
    Proxies(Vec<IpAddr>),
}

/// Why the server will not listen as it is told to.
#[derive(Debug, Error)]
pub enum WayError {
    #[error(
        "plain HTTP on `{address}` could be read on its way: name `tls.certificate` and `tls.key`, \
         or listen on 127.0.0.1, or declare the proxy that ends TLS with \
         `server.behind_proxy = true` and its address in `server.trusted_proxies`"
    )]
    Readable { address: SocketAddr },
    #[error(
        "`server.behind_proxy = true` with an empty `server.trusted_proxies`: plain HTTP on \
         `{address}` would be taken from nobody: list the addresses of the proxy"
    )]
    NoProxy { address: SocketAddr },
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// What a connection is read from and written to.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Way {
    /// The way that a configuration declares for the addresses that the server will listen on.
    pub fn of(config: &Config, addresses: &[SocketAddr]) -> Result<Self, WayError> {
        if let Some(files) = config.tls.files() {
            return Ok(Self::Encrypted(Arc::new(Certificate::load(files)?)));
        }
        let outside = addresses.iter().find(|address| !is_loopback(address.ip()));
        let Some(&address) = outside else { return Ok(Self::Loopback) };
        match (config.server.behind_proxy, config.server.trusted_proxies.as_slice()) {
            (false, _) => Err(WayError::Readable { address }),
            (true, []) => Err(WayError::NoProxy { address }),
            (true, proxies) => Ok(Self::Proxies(proxies.to_vec())),
        }
    }

    /// The scheme of addresses that lead here.
    #[must_use]
    pub const fn scheme(&self) -> &'static str {
        match self {
            Way::Encrypted(_) => "https",
            Way::Loopback | Way::Proxies(_) => "http",
        }
    }

    /// Whether somebody at this address may connect at all.
    #[must_use]
    pub fn admits(&self, peer: IpAddr) -> bool {
        match self {
            Way::Encrypted(_) | Way::Loopback => true,
            Way::Proxies(proxies) => {
                is_loopback(peer) || proxies.iter().any(|proxy| proxy.to_canonical() == peer)
            }
        }
    }

    /// Whether one address stands for many callers: this machine's, and a proxy's.
    #[must_use]
    pub fn stands_for_many(&self, peer: IpAddr) -> bool {
        match self {
            Way::Encrypted(_) => is_loopback(peer),
            Way::Loopback | Way::Proxies(_) => true,
        }
    }

    /// A connection that HTTP can be spoken on; a handshake that takes too long has failed.
    pub async fn open(
        &self,
        stream: TcpStream,
        time_max: Span,
    ) -> std::io::Result<Box<dyn Stream>> {
        let Way::Encrypted(certificate) = self else { return Ok(Box::new(stream)) };
        let time_max = std::time::Duration::from_micros(time_max.0.unsigned_abs());
        let handshake = certificate.acceptor().accept(stream);
        let handshake = tokio::time::timeout(time_max, handshake);
        let stream = handshake.await.map_err(|_| std::io::Error::from(ErrorKind::TimedOut))??;
        Ok(Box::new(stream))
    }
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layers;

    fn way(flags: &[(&str, &str)], address: &str) -> Result<Way, String> {
        let mut layers = Layers::defaults();
        for (key, text) in flags {
            layers.flag(key, text);
        }
        let config = layers.read().map_err(|error| error.to_string())?;
        Way::of(&config, &[address.parse().unwrap()]).map_err(|error| error.to_string())
    }

    #[test]
    fn plain_http_leaves_the_machine_only_to_a_declared_proxy() {
        for address in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert!(matches!(way(&[], address), Ok(Way::Loopback)), "{address}");
        }
        let proxies = ("server.trusted_proxies", "[\"10.0.0.9\"]");
        let behind = ("server.behind_proxy", "true");
        for address in ["0.0.0.0:1", "[::]:1", "192.0.2.1:1", "[2001:db8::1]:1"] {
            let why = way(&[], address).unwrap_err();
            assert!(why.contains("tls.certificate") && why.contains(address), "{why}");
            assert!(way(&[proxies], address).is_err(), "a believed header declares no proxy");
            assert!(way(&[behind], address).unwrap_err().contains("trusted_proxies"));
            let way = way(&[behind, proxies], address).unwrap();
            let admits = |peer: &str| way.admits(peer.parse().unwrap());
            assert!(admits("10.0.0.9") && admits("127.0.0.1"));
            assert!(!admits("10.0.0.8") && !admits("2001:db8::9"));
        }
    }

    #[test]
    fn a_certificate_comes_with_its_key() {
        let why = way(&[("tls.certificate", "/a.pem")], "127.0.0.1:1").unwrap_err();
        assert!(why.contains("`key` is missing"), "{why}");
        let both = [("tls.certificate", "/nowhere/a.pem"), ("tls.key", "/nowhere/a.key")];
        let why = way(&both, "127.0.0.1:1").unwrap_err();
        assert!(why.contains("/nowhere/a.key"), "{why}");
    }
}
