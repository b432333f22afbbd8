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
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

use super::say;
use super::{Ending, Environment, Place};
use crate::app::App;
use crate::clock::Clock;
use crate::http;

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
        let listener = TcpListener::bind(&config.server.listen).await.with_context(|| {
            format!("cannot listen on `{}`: choose another with --listen", config.server.listen)
        })?;
        let address = listener.local_addr()?;
        let socket = config.server.data.join(http::SOCKET);
        let app = App::open(config, Clock::system()).await?;
        let local = local_listener(&socket)?;
        app.serve();
        let greeting = greet(&app, address, self.place.json).await?;
        // Whoever has read enough of the greeting leaves the server running.
        if let Err(error) = say::write(&greeting)
            && !error.is::<say::Closed>()
        {
            return Err(error);
        }
        serve_until_stopped(&app, listener, local).await?;
        let _ = std::fs::remove_file(&socket);
        app.stop().await;
        Ok(Ending::Done)
    }
}

/// Connections at one time: fewer than the files that a process may usually have open.
const CONNECTIONS_MAX: usize = 800;

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
async fn greet(app: &App, address: SocketAddr, json: bool) -> anyhow::Result<String> {
    let console = format!("http://{address}{}/", app.config().server.base_path);
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
    listener: TcpListener,
    local: UnixListener,
) -> anyhow::Result<()> {
    let public = http::routes(app);
    let private = http::local_routes(app);
    let connections = Arc::new(GracefulShutdown::new());
    let limits = app.limits();
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_micros(limits.request_time.0.unsigned_abs()))
        .max_buf_size((limits.header_bytes * http::edge::SPARE).max(8192));
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut stop = Box::pin(stopped());
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, peer)) = accepted else { continue };
                // Small answers must not wait for more bytes to send.
                let _ = stream.set_nodelay(true);
                // Past the limit a connection is closed at once; clients come again.
                let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
                let io = TokioIo::new(stream);
                attend(&builder, &connections, io, public.clone(), Some((peer, place)));
            }
            accepted = local.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                attend(&builder, &connections, TokioIo::new(stream), private.clone(), None);
            }
            () = &mut stop => break,
        }
    }
    tracing::info!("stopping: open requests are finished first");
    let Ok(connections) = Arc::try_unwrap(connections) else { return Ok(()) };
    tokio::select! {
        () = connections.shutdown() => {}
        () = crate::clock::pause(vocabulary::Span::seconds(10)) => {
            tracing::warn!("some connections stayed open and were cut");
        }
    }
    Ok(())
}

/// Serves one connection until either side ends it.
fn attend<I>(
    builder: &http1::Builder,
    connections: &GracefulShutdown,
    io: TokioIo<I>,
    router: Router,
    peer: Option<(SocketAddr, OwnedSemaphorePermit)>,
) where
    I: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (peer, place) = peer.unzip();
    let service = service_fn(move |mut request: Request<Incoming>| {
        if let Some(peer) = peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        router.clone().oneshot(request.map(Body::new))
    });
    let watched = connections.watch(builder.serve_connection(io, service));
    tokio::spawn(async move {
        // A client that goes away in the middle of a request is its own business.
        let _ = watched.await;
        drop(place);
    });
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
