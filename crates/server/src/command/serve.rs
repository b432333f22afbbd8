//! `candor serve`: collection, console and API on one address.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use clap::Args;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tower::ServiceExt;

use super::say;
use super::{Ending, Environment, Place};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::listen::Way;
use crate::listen::places::Places;
use crate::{http, job};

#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    place: Place,
    /// Address and port of HTTP.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// The path under which a proxy shows the console, such as /candor.
    #[arg(long, value_name = "PATH")]
    base_path: Option<String>,
}

impl Serve {
    pub async fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        let mut layers = self.place.layers(environment)?;
        for (key, text) in [("server.listen", &self.listen), ("server.base_path", &self.base_path)]
        {
            if let Some(text) = text {
                layers.flag(key, text);
            }
        }
        let config = layers.read()?;
        crate::log::start(config.log.form, config.log.collector(), environment);
        let (way, listener) = listen(&config).await?;
        let address = listener.local_addr()?;
        let socket = config.server.data.join(http::SOCKET);
        let app = App::open(config, Clock::system()).await?;
        let local = local_listener(&socket)?;
        app.serve();
        if let Way::Encrypted(certificate) = &way {
            let renewing = job::certificate::renew(app.clone(), Arc::clone(certificate));
            app.inner().jobs.add(tokio::spawn(renewing));
        }
        let server = format!("{}://{address}", way.scheme());
        let greeting = greet(&app, &server, self.place.json).await?;
        // Whoever has read enough of the greeting leaves the server running.
        if let Err(error) = say::write(&greeting)
            && !error.is::<say::Closed>()
        {
            return Err(error);
        }
        serve_until_stopped(&app, way, listener, local).await?;
        let _ = std::fs::remove_file(&socket);
        app.stop().await;
        Ok(Ending::Done)
    }
}

/// The way that the configuration declares, and a listener on the address that it names.
async fn listen(config: &Config) -> anyhow::Result<(Way, TcpListener)> {
    let named = &config.server.listen;
    let cannot = || format!("cannot listen on `{named}`: choose another with --listen");
    let addresses = tokio::net::lookup_host(named).await.with_context(cannot)?;
    let addresses: Vec<SocketAddr> = addresses.collect();
    let way = Way::of(config, &addresses)?;
    Ok((way, TcpListener::bind(addresses.as_slice()).await.with_context(cannot)?))
}

/// The machine's own socket: only its owner may use it.
fn local_listener(socket: &PathBuf) -> anyhow::Result<UnixListener> {
    use std::os::unix::fs::PermissionsExt;
    // The exclusive lock on the directory is held: a socket that lies here is a dead server's.
    let _ = std::fs::remove_file(socket);
    let listener = UnixListener::bind(socket)
        .with_context(|| format!("cannot make `{}`", socket.display()))?;
    std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Where the console is, with the first link and key.
async fn greet(app: &App, server: &str, json: bool) -> anyhow::Result<String> {
    let console = format!("{server}{}/", app.config().server.base_path);
    let link = format!("{console}?link={}", app.new_link().await?);
    let key = app.first_site_key().await?;
    if json {
        let greeting = serde_json::json!({ "console": console, "link": link, "site_key": key });
        return Ok(format!("{greeting}\n"));
    }
    let key = key.unwrap_or_else(|| {
        "was shown at the first start; `candor keys create` makes another".to_owned()
    });
    Ok(format!(
        "candor {} is running.\n  console     {console}\n  sign in     {link}   (works once)\n  \
         site key    {key}\n",
        env!("CARGO_PKG_VERSION"),
    ))
}

async fn serve_until_stopped(
    app: &App,
    way: Way,
    listener: TcpListener,
    local: UnixListener,
) -> anyhow::Result<()> {
    let public = http::routes(app);
    let private = http::local_routes(app);
    let connections = GracefulShutdown::new();
    let limits = app.limits();
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_micros(limits.request_time.0.unsigned_abs()))
        .max_buf_size((limits.header_bytes * http::edge::SPARE).max(8192));
    let places = Places::default();
    let mut stop = Box::pin(stopped());
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, peer)) = accepted else { continue };
                if !way.admits(peer.ip()) {
                    continue;
                }
                // Small answers must not wait for more bytes to send.
                let _ = stream.set_nodelay(true);
                // Past the limit a connection is closed at once; clients come again.
                let many = way.stands_for_many(peer.ip());
                let Some(place) = places.take(peer.ip(), many) else { continue };
                let (way, time_max) = (way.clone(), limits.request_time);
                let serving = Serving { builder: builder.clone(), watcher: connections.watcher() };
                let router = public.clone();
                tokio::spawn(async move {
                    // A handshake that fails is told to the client by TLS itself.
                    let Ok(stream) = way.open(stream, time_max).await else { return };
                    serving.attend(stream, router, Some(peer)).await;
                    drop(place);
                });
            }
            accepted = local.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let serving = Serving { builder: builder.clone(), watcher: connections.watcher() };
                let router = private.clone();
                tokio::spawn(serving.attend(stream, router, None));
            }
            () = &mut stop => break,
        }
    }
    tracing::info!("stopping: open requests are finished first");
    tokio::select! {
        () = connections.shutdown() => {}
        () = crate::clock::pause(vocabulary::Span::seconds(10)) => {
            tracing::warn!("some connections stayed open and were cut");
        }
    }
    Ok(())
}

/// What serves one connection, and ends it in good order when the server stops.
struct Serving {
    builder: http1::Builder,
    watcher: Watcher,
}

impl Serving {
    /// Serves the connection until either side ends it.
    async fn attend<I>(self, stream: I, router: Router, peer: Option<SocketAddr>)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(move |mut request: Request<Incoming>| {
            if let Some(peer) = peer {
                request.extensions_mut().insert(ConnectInfo(peer));
            }
            router.clone().oneshot(request.map(Body::new))
        });
        let served = self.builder.serve_connection(TokioIo::new(stream), service);
        // A client that goes away in the middle of a request is its own business.
        let _ = self.watcher.watch(served).await;
    }
}

async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
