//! Serves the demo shop's page from an origin of its own, as a real shop would have.
//!
//! Files only, by a fixed list: no path of a request ever reaches the disk.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::place::Place;

const HEADER_BYTES_MAX: u64 = 16 << 10;
const TIME_MAX: Duration = Duration::from_secs(5);

/// What a browser may ask for: the path, the file in `examples/shop`, its type.
const FILES: [(&str, &str, &str); 5] = [
    ("/", "index.html", "text/html; charset=utf-8"),
    ("/shop.css", "shop.css", "text/css; charset=utf-8"),
    ("/shop.js", "shop.js", "text/javascript; charset=utf-8"),
    ("/events.toml", "events.toml", "text/plain; charset=utf-8"),
    ("/analytics.js", SDK, "text/javascript; charset=utf-8"),
];

/// The official browser SDK as its package ships it.
const SDK: &str = "node_modules/@segment/analytics-next/dist/umd/index.js";

/// Answers until the process ends, one request at a time: the shop has one visitor.
pub(crate) fn serve(place: &Place, listen: &str, candor: &str, key: &str) -> Result<()> {
    let folder = place.root.join("examples/shop");
    let settings = serde_json::json!({ "candor": candor, "key": key });
    let settings = format!("window.SHOP = {settings};\n");
    let listener =
        TcpListener::bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
    for visitor in listener.incoming() {
        // A visitor who goes away in the middle is no failure of the shop.
        let _ = visitor.and_then(|visitor| answer(visitor, &folder, &settings));
    }
    Ok(())
}

fn answer(visitor: TcpStream, folder: &Path, settings: &str) -> std::io::Result<()> {
    visitor.set_read_timeout(Some(TIME_MAX))?;
    visitor.set_write_timeout(Some(TIME_MAX))?;
    let mut request = BufReader::new((&visitor).take(HEADER_BYTES_MAX));
    let mut first = String::new();
    request.read_line(&mut first)?;
    let mut header = String::new();
    while request.read_line(&mut header)? > 2 {
        header.clear();
    }
    let path = first.split(' ').nth(1).and_then(|path| path.split('?').next()).unwrap_or_default();
    let file = FILES.iter().find(|(known, _, _)| *known == path);
    let found = match (path, file) {
        ("/settings.js", _) => Some(("text/javascript", settings.as_bytes().to_vec())),
        (_, Some((_, name, kind))) => {
            std::fs::read(folder.join(name)).ok().map(|text| (*kind, text))
        }
        (_, None) => None,
    };
    let (status, kind, body) = match found {
        Some((kind, body)) => ("200 OK", kind, body),
        None => ("404 Not Found", "text/plain", b"there is no such page in this shop\n".to_vec()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n",
        body.len()
    );
    (&visitor).write_all(head.as_bytes())?;
    (&visitor).write_all(&body)
}
