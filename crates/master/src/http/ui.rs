//! The web console: the files that `ui` was built to, served from inside the binary.
//!
//! ```text
//! GET /assets/index-3fa9.js ─► that file, kept for ever: its name changes with its content
//! GET /servers?filter=…     ─► index.html, asked for anew each time: the page reads the address itself
//! anything else             ─► nothing of ours
//! ```
//!
//! Invariants
//! - U-1: every answer carries a content-security policy under which only our own files
//!   run and load, nothing inline, and no other page can frame ours.
//! - U-2: what is below `/api` and `/healthz` is never answered with a page.
//! - U-3: a file goes out compressed as it was built when the client takes that, and is then that very file.
//!
//! Elsewhere: compression of everything else (`http`), how the files are made (`ui/vite.config.ts`).

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    HeaderName, REFERRER_POLICY, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use rust_embed::Embed;
use std::borrow::Cow;

/// The files of the console as it was built before this crate, if it was.
#[derive(Embed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
struct Built;

/// Where the content of a file is found, by its path.
pub(super) type Files = fn(&str) -> Option<Cow<'static, [u8]>>;

/// The files inside this binary.
pub(super) fn embedded(path: &str) -> Option<Cow<'static, [u8]>> {
    Built::get(path).map(|file| file.data)
}

const INDEX: &str = "index.html";
/// The builder's folder of files whose names change with their content.
const HASHED: &str = "assets/";
/// How the builder compresses hashed files, the smallest first: the coding's name, and what it appends to the path.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];
/// A year, the longest that caches are asked to keep anything.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_ANEW: HeaderValue = HeaderValue::from_static("no-cache");

const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
             connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
];

/// What a master without the console shows in its place.
const ABSENT: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Topmast without its console</title>
<h1>This Topmast was built without its web console</h1>
<p>The master itself works: the command line (<code>topmast login</code>) and the REST API are served at this address.</p>
<p>To have the console as well, build with <code>make run</code> or <code>make dist</code>, which build it first, and start
the new binary. By hand: <code>npm ci</code> and <code>npm run build</code> in <code>ui</code>, then
<code>cargo build --release</code>.</p>
</html>
"#;

/// The answer, if the console has one: a file at its path, and the page at any other address that a browser opens.
pub(super) fn answer(files: Files, request: &Request) -> Option<Response> {
    let path = request.uri().path().strip_prefix('/')?;
    let top = path.split('/').next().unwrap_or_default();
    if !matches!(*request.method(), Method::GET | Method::HEAD) || matches!(top, "api" | "healthz") {
        return None;
    }
    if let Some(response) = compressed(files, path, request.headers()) {
        return Some(response);
    }
    if let Some(content) = files(path) {
        return Some(respond(StatusCode::OK, path, content));
    }
    if !wants_page(request.headers()) {
        return None;
    }
    Some(match files(INDEX) {
        Some(content) => respond(StatusCode::OK, INDEX, content),
        None => respond(StatusCode::NOT_FOUND, INDEX, Cow::Borrowed(ABSENT.as_bytes())),
    })
}

/// The file as the builder compressed it, if it did so in a way that the client takes.
fn compressed(files: Files, path: &str, asked: &HeaderMap) -> Option<Response> {
    let found = |(coding, suffix): (&'static str, &str)| {
        let takes = path.starts_with(HASHED) && takes_coding(asked, coding);
        Some((coding, takes.then(|| files(&format!("{path}{suffix}")))??))
    };
    let (coding, content) = CODINGS.into_iter().find_map(found)?;
    let mut response = respond(StatusCode::OK, path, content);
    response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    Some(response)
}

/// True when the client names the coding, and not only to say that it does not take it.
fn takes_coding(asked: &HeaderMap, coding: &str) -> bool {
    let accepted = asked.get_all(ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|part| {
        let (name, parameters) = part.split_once(';').unwrap_or((part, ""));
        let weight =
            parameters.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case(coding) && weight.is_none_or(|weight| weight > 0.0)
    })
}

/// A browser names HTML when a person opens an address; scripts, images and programs do not.
fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|part| part.trim_start().starts_with("text/html"))
}

fn respond(status: StatusCode, path: &str, content: Cow<'static, [u8]>) -> Response {
    let mut response = (status, Body::from(content)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    headers.insert(CACHE_CONTROL, if path.starts_with(HASHED) { FOR_EVER } else { ASK_ANEW });
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.extend(HEADERS);
    response
}

/// The kinds of files that the builder makes. A browser is told not to guess at any other.
fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    fn built(path: &str) -> Option<Cow<'static, [u8]>> {
        let content: &[u8] = match path {
            "index.html" => b"the page",
            "favicon.svg" => b"<svg/>",
            "assets/index-3fa9.js" => b"script",
            "assets/index-3fa9.js.br" => b"script in br",
            "assets/index-3fa9.js.gz" => b"script in gzip",
            "assets/icon-77.png" => b"picture",
            _ => return None,
        };
        Some(Cow::Borrowed(content))
    }

    fn not_built(_: &str) -> Option<Cow<'static, [u8]>> {
        None
    }

    /// What a browser sends when a person opens an address.
    const OPENED: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    fn ask(files: Files, method: Method, uri: &str, accept: &str) -> Option<Response> {
        answer(
            files,
            &Request::builder().method(method).uri(uri).header(ACCEPT, accept).body(Body::empty()).unwrap(),
        )
    }

    async fn text(response: Response) -> String {
        String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn files_come_at_their_paths_and_hashed_names_are_kept() {
        let cases = [
            (
                "/assets/index-3fa9.js",
                "text/javascript; charset=utf-8",
                "public, max-age=31536000, immutable",
                "script",
            ),
            ("/favicon.svg", "image/svg+xml", "no-cache", "<svg/>"),
            ("/index.html", "text/html; charset=utf-8", "no-cache", "the page"),
        ];
        for (path, kind, caching, content) in cases {
            let response = ask(built, Method::GET, path, "*/*").unwrap();
            assert_eq!(response.headers()[CONTENT_TYPE], kind, "{path}");
            assert_eq!(response.headers()[CACHE_CONTROL], caching, "{path}");
            assert_eq!(text(response).await, content, "{path}");
        }
    }

    #[tokio::test]
    async fn hashed_files_come_compressed_as_they_were_built_to_whoever_takes_that() {
        // U-3
        let cases = [
            ("gzip, deflate, br, zstd", Some("br"), "script in br"),
            ("gzip, deflate", Some("gzip"), "script in gzip"),
            ("br;q=0, GZIP;q=0.5", Some("gzip"), "script in gzip"),
            ("deflate, brotli", None, "script"),
            ("", None, "script"),
        ];
        for (takes, coding, content) in cases {
            let request = Request::builder().uri("/assets/index-3fa9.js").header(ACCEPT_ENCODING, takes);
            let response = answer(built, &request.body(Body::empty()).unwrap()).unwrap();
            let told = response.headers().get(CONTENT_ENCODING).map(|value| value.to_str().unwrap());
            assert_eq!(told, coding, "{takes}");
            assert_eq!(response.headers()[CONTENT_TYPE], "text/javascript; charset=utf-8", "{takes}");
            assert_eq!(response.headers()[VARY], "accept-encoding", "{takes}");
            assert_eq!(text(response).await, content, "{takes}");
        }
        let request = Request::builder().uri("/assets/icon-77.png").header(ACCEPT_ENCODING, "br");
        let response = answer(built, &request.body(Body::empty()).unwrap()).unwrap();
        assert!(response.headers().get(CONTENT_ENCODING).is_none(), "it was built as it is only");
    }

    #[tokio::test]
    async fn every_address_that_a_person_opens_is_the_page() {
        for path in
            ["/", "/servers", "/servers/a/b/c?filter=status!%3DUP", "/apiary", "/assets/gone-1.js", "//x"]
        {
            let response = ask(built, Method::GET, path, OPENED).unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(text(response).await, "the page", "{path}");
        }
        assert!(ask(built, Method::HEAD, "/servers", OPENED).is_some());
    }

    #[test]
    fn what_is_not_the_consoles_is_left_alone() {
        // U-2
        for path in ["/api", "/api/", "/api/v1/nothing", "/api/v1/servers/", "/healthz", "/healthz/x"] {
            assert!(ask(built, Method::GET, path, OPENED).is_none(), "{path}");
        }
        // An old page that asks for a script of the build before must not get HTML for it.
        for accept in ["*/*", "application/json", "image/*", ""] {
            assert!(ask(built, Method::GET, "/assets/gone-1.js", accept).is_none(), "{accept}");
        }
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
            assert!(ask(built, method, "/servers", OPENED).is_none());
        }
    }

    #[tokio::test]
    async fn master_without_the_console_says_so_in_a_page() {
        let response = ask(not_built, Method::GET, "/", OPENED).unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(response.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
        let text = text(response).await;
        assert!(text.contains("without its web console") && text.contains("make run"), "{text}");
        assert!(!text.contains("style") && !text.contains("<script"), "the policy would refuse it");
    }

    #[test]
    fn policy_allows_nothing_inline_and_nothing_from_elsewhere() {
        // U-1
        for files in [built as Files, not_built] {
            let response = ask(files, Method::GET, "/", OPENED).unwrap();
            let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
            for directive in
                ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]
            {
                assert!(policy.split("; ").any(|part| part == directive), "{policy}");
            }
            assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
            assert_eq!(response.headers()[REFERRER_POLICY], "no-referrer");
        }
    }
}
