//! A browser's session: the cookie that carries it, and the proof that our own page asks.
//!
//! No script can read the cookie, so nothing that gets into a page can carry the session
//! away. A browser sends it whoever made the request, though; `SameSite=Strict` stops other
//! sites, but another port of this host is the same site. Whatever acts must therefore
//! also carry the `Origin` of the console, which a browser sets and no page can forge.

use super::problem::Refusal;
use crate::access::secret;
use crate::config::TlsMode;
use axum::http::header::{COOKIE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use std::time::Duration;
use topmast_api::problem::ProblemCode;
use topmast_api::session::COOKIE as NAME;

/// The session's secret in a request's cookies.
pub(super) fn read(headers: &HeaderMap) -> Option<&str> {
    // HTTP/2 may send each cookie in a header of its own.
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, value)| *name == NAME && value.starts_with(secret::SESSION)).map(|(_, value)| value)
}

/// `Set-Cookie` that gives a browser its session.
pub(super) fn set(secret: &str, lifetime: Duration, tls: TlsMode) -> Option<HeaderValue> {
    header(secret, lifetime.as_secs(), tls)
}

/// `Set-Cookie` that takes the session away again.
pub(super) fn clear(tls: TlsMode) -> Option<HeaderValue> {
    header("", 0, tls)
}

fn header(value: &str, max_age_s: u64, tls: TlsMode) -> Option<HeaderValue> {
    let secure = if tls == TlsMode::On { "; Secure" } else { "" };
    let text = format!("{NAME}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&text).ok()
}

/// Refuses a request that the cookie authenticates unless a page of this very address made it.
///
/// Without TLS on the port the scheme is not compared: a proxy before it may speak TLS.
pub(super) fn check_origin(parts: &Parts, tls: TlsMode) -> Result<(), Refusal> {
    let text = |name| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let Some(origin) = text(ORIGIN) else {
        return Err(forbidden(
            "a session cookie acts only for the console's own page, and this request has no Origin; \
             programs send the token as Authorization: Bearer instead"
                .to_owned(),
        ));
    };
    // HTTP/2 has the host in the address, HTTP/1.1 in a header.
    let host = parts.uri.authority().map(axum::http::uri::Authority::as_str).or_else(|| text(HOST));
    let (scheme, from) = origin.split_once("://").unwrap_or_default();
    let is_own = host.is_some_and(|host| host.eq_ignore_ascii_case(from));
    if is_own && (tls == TlsMode::Off || scheme == "https") {
        return Ok(());
    }
    Err(forbidden(format!(
        "a session cookie acts only for the console's own page, and {origin:?} is not {:?}; \
         open the console at the address asked, and let a proxy before it keep the Host header",
        host.unwrap_or_default()
    )))
}

fn forbidden(detail: String) -> Refusal {
    Refusal::new(ProblemCode::Forbidden, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn parts(uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn session_is_found_among_other_cookies_and_in_any_header() {
        let found = |headers: &[(&str, &str)]| read(&parts("/", headers).headers).map(str::to_owned);
        let secret = Some("tms_abc".to_owned());
        assert_eq!(found(&[("cookie", "topmast_session=tms_abc")]), secret);
        assert_eq!(found(&[("cookie", "theme=dark;  topmast_session=tms_abc; x=")]), secret);
        assert_eq!(found(&[("cookie", "a=1"), ("cookie", "topmast_session=tms_abc")]), secret);
        for wrong in [
            "",
            "topmast_session",
            "topmast_session=",
            "topmast_session=tmt_abc",
            "x_topmast_session=tms_abc",
        ] {
            assert_eq!(found(&[("cookie", wrong)]), None, "{wrong}");
        }
    }

    #[test]
    fn only_the_address_asked_is_the_own_origin() {
        let check = |uri: &str, host: Option<&str>, origin: &str, tls| {
            let mut headers = vec![("origin", origin)];
            headers.extend(host.map(|host| ("host", host)));
            check_origin(&parts(uri, &headers), tls).is_ok()
        };
        let (on, off) = (TlsMode::On, TlsMode::Off);
        assert!(check("/", Some("console.example:7400"), "https://console.example:7400", on));
        assert!(check("/", Some("Console.example:7400"), "https://console.example:7400", on));
        assert!(check("https://console.example/", None, "https://console.example", on), "HTTP/2");
        assert!(check("/", Some("[::1]:7400"), "http://[::1]:7400", off));
        assert!(check("/", Some("console.example"), "https://console.example", off), "behind a proxy");
        for origin in [
            "http://console.example:7400",
            "https://console.example:7401",
            "https://console.example",
            "https://evil.example:7400",
            "https://console.example:7400.evil.example",
            "null",
            "",
        ] {
            assert!(!check("/", Some("console.example:7400"), origin, on), "{origin}");
        }
        assert!(!check("/", None, "https://", on), "neither side has a host");
    }
}
