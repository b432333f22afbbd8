//! The way in: TLS 1.3 by the server itself, judged by another implementation of it, and plain
//! HTTP only where nobody can listen between.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use it::eventually;
use it::program::{SOURCES, binary};

/// How long until a renewed certificate is shown.
const RENEWED_MAX: Duration = Duration::from_secs(20);

/// How long a start may take on a machine that is doing something else.
const START_MAX: Duration = Duration::from_secs(60);

/// A program that listens as its configuration says, on a free port; it ends when this goes.
struct Serving {
    folder: PathBuf,
    address: String,
    greeting: String,
    process: Child,
}

impl Serving {
    async fn start(folder: &Path, config: &str) -> Result<Self> {
        std::fs::write(folder.join("candor.toml"), config)?;
        let log = std::fs::File::create(folder.join("log"))?;
        let mut process = serve(folder).stdout(Stdio::piped()).stderr(log).spawn()?;
        let output = tokio::process::ChildStdout::from_std(
            process.stdout.take().context("its output is piped")?,
        )?;
        let mut greeting = String::new();
        let mut lines = tokio::io::BufReader::new(output);
        let read = tokio::io::AsyncBufReadExt::read_line(&mut lines, &mut greeting);
        let read = tokio::time::timeout(START_MAX, read).await;
        let mut serving =
            Self { folder: folder.to_owned(), address: String::new(), greeting, process };
        read.context("it does not start")??;
        let (_, rest) = serving.greeting.split_once("://").with_context(|| serving.said())?;
        let address = rest.split('/').next().unwrap_or_default();
        serving.address = address.replace("0.0.0.0", "127.0.0.1");
        Ok(serving)
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // One that has ended already is what we want.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn serve(folder: &Path) -> Command {
    let mut serve = Command::new(binary());
    serve.args(["serve", "--json", "--config", "candor.toml", "--data", "data"]);
    serve.args(["--root-key", "root.key"]).current_dir(folder);
    serve
}

/// A certificate for `localhost` that vouches for itself, with its number, in a folder.
fn certify(folder: &Path, number: &str) -> Result<()> {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    openssl.args(["-nodes", "-days", "2", "-subj", "/CN=localhost", "-set_serial", number]);
    openssl.args(["-addext", "subjectAltName=DNS:localhost"]);
    let made = |name: &str| folder.join(format!("{name}.new"));
    openssl.arg("-out").arg(made("cert.pem")).arg("-keyout").arg(made("key.pem"));
    let output = openssl.output().context("openssl is missing: run `make setup`")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // As renewers do: written beside, then put in place whole.
    for name in ["cert.pem", "key.pem"] {
        std::fs::rename(made(name), folder.join(name))?;
    }
    Ok(())
}

/// Speaks with the server through another implementation of TLS; answers all that was said.
fn converse(server: &Serving, flags: &[&str], request: &str) -> Result<String> {
    let mut openssl = Command::new("openssl");
    openssl.args(["s_client", "-connect", &server.address, "-servername", "localhost"]);
    openssl.arg("-CAfile").arg(server.folder.join("cert.pem"));
    openssl.args(["-verify_return_error", "-alpn", "h2,http/1.1", "-ign_eof"]).args(flags);
    openssl.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = openssl.spawn().context("openssl is missing: run `make setup`")?;
    // One whose handshake failed reads nothing more.
    let _ = process.stdin.take().context("its input is piped")?.write_all(request.as_bytes());
    let Output { stdout, stderr, .. } = process.wait_with_output()?;
    Ok(format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

const ASK: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

fn folder() -> Result<(tempfile::TempDir, PathBuf)> {
    let folder = tempfile::tempdir()?;
    certify(folder.path(), "101")?;
    let path = folder.path().to_owned();
    Ok((folder, path))
}

async fn encrypted(folder: &Path, listen: &str) -> Result<Serving> {
    let config = format!(
        "[server]\nlisten = \"{listen}\"\n[tls]\ncertificate = \"cert.pem\"\nkey = \"key.pem\"\n\
         {SOURCES}"
    );
    Serving::start(folder, &config).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_is_1_3_and_nothing_older() -> Result<()> {
    let (_own, folder) = folder()?;
    // With TLS of its own the server listens on every address.
    let server = encrypted(&folder, "0.0.0.0:0").await?;
    ensure!(server.greeting.contains("https://"), "{}", server.greeting);
    let said = converse(&server, &["-tls1_3"], ASK)?;
    ensure!(said.contains("New, TLSv1.3"), "1.3 is spoken: {said}");
    ensure!(said.contains("Verify return code: 0 (ok)"), "the certificate is the file's: {said}");
    ensure!(said.contains("ALPN protocol: http/1.1"), "{said}");
    ensure!(said.contains("HTTP/1.1 200 OK") && said.contains("\nok"), "{said}");
    ensure!(said.contains("strict-transport-security: max-age=31536000"), "{said}");
    for older in ["-tls1_2", "-tls1_1"] {
        let said = converse(&server, &[older], ASK)?;
        ensure!(!said.contains("HTTP/1.1"), "nothing is answered by {older}: {said}");
        let refused = ["protocol version", "handshake failure", "no protocols available"]
            .iter()
            .any(|why| said.contains(why));
        ensure!(refused, "{older} is refused: {said}");
    }
    // What speaks no TLS is not answered.
    let plain = reqwest::get(format!("http://{}/healthz", server.address)).await;
    ensure!(plain.is_err(), "{plain:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_certificate_is_shown_without_a_restart() -> Result<()> {
    let (_own, folder) = folder()?;
    let server = encrypted(&folder, "127.0.0.1:0").await?;
    let shown = || -> Result<String> {
        let said = converse(&server, &["-tls1_3", "-showcerts"], ASK)?;
        let (_, rest) = said.split_once("-----BEGIN CERTIFICATE-----").context("a certificate")?;
        Ok(rest.split("-----END").next().unwrap_or_default().replace(char::is_whitespace, ""))
    };
    let on_disk = || -> Result<String> {
        let text = std::fs::read_to_string(folder.join("cert.pem"))?;
        let rest = text.split("-----").nth(2).context("a certificate")?;
        Ok(rest.replace(char::is_whitespace, ""))
    };
    let first = on_disk()?;
    ensure!(shown()? == first);
    certify(&folder, "102")?;
    let second = on_disk()?;
    ensure!(second != first);
    eventually(RENEWED_MAX, async || {
        ensure!(shown()? == second, "the old one is shown");
        Ok(())
    })
    .await?;
    // What cannot be shown changes nothing, and is said.
    std::fs::write(folder.join("cert.pem"), "nonsense")?;
    eventually(RENEWED_MAX, async || {
        ensure!(server.said().contains("cannot be shown"), "{}", server.said());
        Ok(())
    })
    .await?;
    certify(&folder, "103")?;
    let third = on_disk()?;
    eventually(RENEWED_MAX, async || {
        ensure!(shown()? == third, "it recovers");
        Ok(())
    })
    .await
}

#[test]
fn plain_http_beyond_loopback_is_refused_with_the_reason() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let refused = |config: &str| -> Result<String> {
        std::fs::write(folder.path().join("candor.toml"), config)?;
        let output = serve(folder.path()).output()?;
        ensure!(!output.status.success(), "it serves");
        ensure!(!folder.path().join("data").exists(), "and founds nothing");
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let said = refused("[server]\nlisten = \"0.0.0.0:0\"\n")?;
    ensure!(said.contains("plain HTTP") && said.contains("tls.certificate"), "{said}");
    let said = refused("[server]\nlisten = \"0.0.0.0:0\"\nbehind_proxy = true\n")?;
    ensure!(said.contains("server.trusted_proxies"), "{said}");
    let (_own, with_key) = self::folder()?;
    std::fs::copy(with_key.join("cert.pem"), folder.path().join("cert.pem"))?;
    std::fs::copy(with_key.join("key.pem"), folder.path().join("key.pem"))?;
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(folder.path().join("key.pem"), mode)?;
    let said = refused("[tls]\ncertificate = \"cert.pem\"\nkey = \"key.pem\"\n")?;
    ensure!(said.contains("read by everybody"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_declared_proxy_plain_http_is_taken_from_it_alone() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let config = format!(
        "[server]\nlisten = \"0.0.0.0:0\"\nbehind_proxy = true\n\
         trusted_proxies = [\"192.0.2.7\"]\n{SOURCES}"
    );
    let server = Serving::start(folder.path(), &config).await?;
    let port = server.address.rsplit(':').next().context("a port")?;
    // This machine itself may: a proxy on it is the usual one.
    let answer = reqwest::get(format!("http://127.0.0.1:{port}/healthz")).await?;
    ensure!(answer.status().is_success());
    Ok(())
}
