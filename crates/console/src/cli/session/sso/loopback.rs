//! Logging in through the identity provider with a browser on this machine: the provider sends it to a port of 127.0.0.1
//! on which this program listens (RFC 8252).
//!
//! ```text
//! master ─► address ─► browser ─► provider ─► 127.0.0.1:PORT/callback?code&state ─► master ─► session
//! ```
//!
//! Invariants
//! - LB-1: a code is taken with the state of this login alone; whatever else comes is answered and changes nothing.
//! - LB-2: what comes is bounded in bytes, in time and in how many come at once.

use crate::cli::failure::Failure;
use crate::output::terminal;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use topmast_api::client::Client;
use topmast_api::session::{LoopbackLogin, LoopbackSessionRequest, Session};

/// Longest request of a browser, in bytes: a code may be long, and cookies of 127.0.0.1 come along.
const REQUEST_MAX: usize = 64 << 10;
/// How long a browser may take for it.
const REQUEST_WITHIN: Duration = Duration::from_secs(10);
/// Connections at once: browsers open some that they never use.
const CONNECTIONS_MAX: usize = 16;
/// Longest words of a provider that are shown.
const WORDS_MAX: usize = 300;
/// Programs that open an address in the person's browser, as far as the system has one.
const OPENER: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };

/// What the provider sent the browser back with.
#[derive(Debug, PartialEq, Eq)]
enum Way {
    /// The code for the tokens, and who says to have sent it.
    Code { code: String, iss: Option<String> },
    /// Why there is none, as somebody says.
    Refused(String),
    /// Nothing of this login.
    Other,
}

/// Shows where to log in, opens it in a browser where there is one, and waits for the browser to come back.
pub(super) async fn log_in(client: &Client) -> Result<Session, Failure> {
    let failed = |error: std::io::Error| Failure::Check(format!("listen on 127.0.0.1: {error}"));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    let begun = client.oidc_loopback_begin(port).await?;
    if !is_shown(&begun.url) {
        return Err(Failure::Check(
            "the identity provider's address is none; tell who runs the master".to_owned(),
        ));
    }
    terminal::notice(&format!("log in with a browser on this machine:\n  {}", begun.url));
    open(&begun.url);
    let left = begun.expires_at.0.0.saturating_sub(terminal::now().0.0);
    let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
    let waited = tokio::time::timeout(left, came_back(&listener, &begun.state)).await;
    let (mut browser, way) = waited.map_err(|_| {
        Failure::Check("nobody logged in there in time; run it again for another address".to_owned())
    })?;
    let session = match way {
        Way::Code { code, iss } => exchange(client, begun, code, iss).await,
        Way::Refused(words) => Err(Failure::Check(format!("the browser came back without a login: {words}"))),
        Way::Other => Err(Failure::Check("the browser brought no code; run it again".to_owned())),
    };
    let page = match &session {
        Ok(_) => answer("200 OK", "Logged in. You can close this page and go back to the terminal."),
        Err(_) => answer("403 Forbidden", "Not logged in; the terminal says why."),
    };
    // Whoever closed the page meanwhile reads it in the terminal.
    let _ = browser.write_all(page.as_bytes()).await;
    let _ = browser.shutdown().await;
    session
}

async fn exchange(
    client: &Client,
    begun: LoopbackLogin,
    code: String,
    iss: Option<String>,
) -> Result<Session, Failure> {
    let request = LoopbackSessionRequest { login: begun.login, state: begun.state, code, iss };
    Ok(client.oidc_loopback_session(&request).await?)
}

/// An address that can be printed and handed to a program.
fn is_shown(url: &str) -> bool {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    is_web && url.len() <= 4_096 && url.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Opens an address in a browser; without a screen there is none, and the address is printed anyway.
fn open(url: &str) {
    let has_screen = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if cfg!(target_os = "macos") || has_screen("DISPLAY") || has_screen("WAYLAND_DISPLAY") {
        let mut command = tokio::process::Command::new(OPENER);
        let nothing = std::process::Stdio::null;
        let _ = command.arg(url).stdin(nothing()).stdout(nothing()).stderr(nothing()).spawn();
    }
}

/// Waits for the browser that brings what belongs to this login (LB-1, LB-2).
async fn came_back(listener: &TcpListener, state: &str) -> (TcpStream, Way) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(done) = connections.join_next(), if !connections.is_empty() => {
                if let Ok(Some(found)) = done {
                    return found;
                }
            }
            accepted = listener.accept(), if connections.len() < CONNECTIONS_MAX => match accepted {
                Ok((stream, _)) => {
                    let way = way_of(stream, state.to_owned());
                    connections.spawn(async { tokio::time::timeout(REQUEST_WITHIN, way).await.ok().flatten() });
                }
                // Too many open files, say: it may pass.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            },
        }
    }
}

/// Reads a browser's request; one of something else is answered here.
async fn way_of(mut stream: TcpStream, state: String) -> Option<(TcpStream, Way)> {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|end| end == b"\r\n\r\n") {
        if bytes.len() > REQUEST_MAX || stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let line = String::from_utf8_lossy(bytes.split(|byte| *byte == b'\r').next()?).into_owned();
    match read(&line, &state) {
        Way::Other => {
            let page = answer("404 Not Found", "This is not the login that the terminal waits for.");
            let _ = stream.write_all(page.as_bytes()).await;
            let _ = stream.shutdown().await;
            None
        }
        way => Some((stream, way)),
    }
}

/// What a request's first line brings.
fn read(line: &str, expected: &str) -> Way {
    let mut words = line.split(' ');
    let target = (words.next() == Some("GET")).then(|| words.next()).flatten();
    let Some(query) = target.and_then(|target| target.strip_prefix("/callback?")) else { return Way::Other };
    let (mut code, mut state, mut iss, mut error) = (None, None, None, None);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "code" => code = Some(value.into_owned()),
            "state" => state = Some(value.into_owned()),
            "iss" => iss = Some(value.into_owned()),
            "error" | "error_description" => {
                let words = error.get_or_insert_with(String::new);
                words.push_str(if words.is_empty() { "" } else { " " });
                words.push_str(&value);
            }
            _ => {}
        }
    }
    if state.as_deref() != Some(expected) {
        return Way::Other;
    }
    match (code, error) {
        (_, Some(words)) => {
            Way::Refused(words.chars().filter(|one| !one.is_control()).take(WORDS_MAX).collect())
        }
        (Some(code), None) if !code.is_empty() => Way::Code { code, iss },
        _ => Way::Other,
    }
}

/// A page for the browser, which holds nothing that others said.
fn answer(status: &str, text: &str) -> String {
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Topmast</title></head><body><p>{text}</p>\
         </body></html>\n"
    );
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Security-Policy: default-src 'none'\r\n\
         Referrer-Policy: no-referrer\r\nCache-Control: no-store\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
        page.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_taken_with_the_state_of_this_login_alone() {
        // LB-1
        let code = |text: &str| Way::Code { code: text.to_owned(), iss: None };
        for (line, expect) in [
            ("GET /callback?code=a%2Bb&state=s HTTP/1.1", code("a+b")),
            (
                "GET /callback?iss=https%3A%2F%2Fx&state=s&code=c HTTP/1.1",
                Way::Code { code: "c".into(), iss: Some("https://x".into()) },
            ),
            ("GET /callback?code=c&state=other HTTP/1.1", Way::Other),
            ("GET /callback?code=c HTTP/1.1", Way::Other),
            ("GET /callback?code=&state=s HTTP/1.1", Way::Other),
            ("GET /favicon.ico HTTP/1.1", Way::Other),
            ("POST /callback?code=c&state=s HTTP/1.1", Way::Other),
            ("", Way::Other),
            (
                "GET /callback?error=access_denied&error_description=no%0Away&state=s x",
                Way::Refused("access_denied noway".into()),
            ),
            ("GET /callback?error=access_denied&state=other x", Way::Other),
        ] {
            assert_eq!(read(line, "s"), expect, "{line}");
        }
    }

    #[test]
    fn addresses_that_cannot_be_shown_are_none() {
        assert!(is_shown("https://login.example/auth?client_id=topmast"));
        for url in ["file:///etc/passwd", "https://a b", "https://a\u{1b}[2J", "--help", ""] {
            assert!(!is_shown(url), "{url}");
        }
    }

    #[tokio::test]
    async fn browser_that_says_nothing_or_something_else_holds_up_nobody() {
        // LB-2
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let silent = TcpStream::connect(address).await.unwrap();
        let ask = async |line: &str| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(format!("{line}\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
            stream
        };
        let (mut wrong, _right) = (
            ask("GET /callback?code=c&state=wrong HTTP/1.1").await,
            ask("GET /callback?code=c&state=s HTTP/1.1").await,
        );
        let (_, way) = came_back(&listener, "s").await;
        assert_eq!(way, Way::Code { code: "c".into(), iss: None });
        let mut text = String::new();
        wrong.read_to_string(&mut text).await.unwrap_or_default();
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 404"), "{text}");
        drop(silent);
    }
}
