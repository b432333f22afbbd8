//! The page that the `type` of every problem leads to: each code with what it means and how to put
//! it right. It reads no data and knows no caller.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::document::Route;
use crate::problem::PAGE;
use crate::problem::codes::{self, Group};

const STYLE: &str = include_str!("problems/page.css");

static BODY: LazyLock<String> = LazyLock::new(|| {
    let groups: String = codes::groups().iter().map(section).collect();
    include_str!("problems/page.html").replace("{style}", STYLE).replace("{groups}", &groups)
});

/// Nothing but the page's own style may take effect on it.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
});

/// What the document says of the page.
pub const ROUTE: Route = Route::get(PAGE, "text/html", "Every code of a problem, explained.");

/// The page, for everybody.
pub fn routes() -> Router {
    Router::new().route(PAGE, get(show))
}

async fn show() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY.as_str()),
    ];
    (headers, BODY.as_str()).into_response()
}

fn section(group: &Group) -> String {
    let entry = |(code, remedy): (&String, &String)| {
        let remedy = marked(remedy);
        format!(
            "        <div id=\"{code}\">\n          <dt><a href=\"#{code}\"><code>{code}</code></a></dt>\n          \
             <dd>{remedy}</dd>\n        </div>\n"
        )
    };
    let entries: String = group.codes.iter().map(entry).collect();
    format!("      <h2>{}</h2>\n      <dl>\n{entries}      </dl>\n", escaped(&group.title))
}

/// Text with what stands in backticks set as code.
fn marked(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(index, part)| match index % 2 {
        0 => escaped(part),
        _ => format!("<code>{}</code>", escaped(part)),
    });
    parts.collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_backticks_is_code_and_markup_stays_text() {
        assert_eq!(marked("send `a<b>` & go"), "send <code>a&lt;b&gt;</code> &amp; go");
    }
}
