//! A standby's HTTP: what changes something goes on to the active master, and its answer comes back.
//!
//! The active master sees the client's own address: the standby says it, signed with the key that all masters of the
//! cluster have.

use crate::bus::MasterRole;
use crate::http::Context;
use crate::http::problem::Refusal;
use aws_lc_rs::hmac;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::{CONNECTION, TRANSFER_ENCODING, UPGRADE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use topmast_api::problem::ProblemCode;
use topmast_model::time::UnixMillis;

/// Says for whom a request is forwarded: address, time and signature.
const FORWARDED: HeaderName = HeaderName::from_static("topmast-forwarded");
/// Says that a master asks, and what for: that, time and signature.
const ASKED: HeaderName = HeaderName::from_static("topmast-asked");
/// Says that a master answers, and what: that, time and signature.
const SAID: HeaderName = HeaderName::from_static("topmast-said");
/// Masters' clocks may differ by so much.
const SKEW: Duration = Duration::from_mins(5);
/// How long connecting to the active master may take.
const CONNECT: Duration = Duration::from_secs(3);
/// Usage of the key that masters share.
const KEY: &str = "forwarded requests";

/// Carries requests to the active master.
pub(crate) struct Forwarder {
    client: reqwest::Client,
    key: hmac::Key,
}

impl Forwarder {
    /// Trusts the cluster's CA beside the system's; `key` is one that all masters have.
    ///
    /// # Errors
    /// When the CA's certificate cannot be read.
    pub(crate) fn new(ca_pem: &str, key: &[u8]) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .tls_certs_merge([reqwest::Certificate::from_pem(ca_pem.as_bytes())?])
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .no_proxy()
            .build()?;
        Ok(Self { client, key: hmac::Key::new(hmac::HMAC_SHA256, key) })
    }

    /// Asks another master for something of its own, which is named.
    pub(crate) async fn get(
        &self,
        url: &str,
        what: &str,
        now: UnixMillis,
    ) -> Result<reqwest::Response, reqwest::Error> {
        self.client.get(url).header(ASKED, self.sign(what, now)).send().await
    }

    /// True when a master of the cluster asks for that.
    pub(crate) fn is_asked_for(&self, headers: &HeaderMap, what: &str, now: UnixMillis) -> bool {
        self.is_signed(headers.get(ASKED), what, now)
    }

    /// A header by which another master knows that this one says that.
    pub(crate) fn say(&self, what: &str, now: UnixMillis) -> (HeaderName, String) {
        (SAID, self.sign(what, now))
    }

    /// True when a master of the cluster says that.
    pub(crate) fn is_said(&self, headers: &HeaderMap, what: &str, now: UnixMillis) -> bool {
        self.is_signed(headers.get(SAID), what, now)
    }

    fn is_signed(&self, header: Option<&HeaderValue>, what: &str, now: UnixMillis) -> bool {
        header.and_then(|header| self.read(header, now)).is_some_and(|signed| signed == what)
    }

    /// What a master says, with the time and the cluster's signature.
    fn sign(&self, what: &str, at: UnixMillis) -> String {
        let text = format!("{what} {}", at.0);
        let tag = hmac::sign(&self.key, text.as_bytes());
        format!("{text} {}", STANDARD.encode(tag))
    }

    /// What another master of the cluster said just now.
    fn read<'a>(&self, said: &'a HeaderValue, now: UnixMillis) -> Option<&'a str> {
        let (text, tag) = said.to_str().ok()?.rsplit_once(' ')?;
        let tag = STANDARD.decode(tag).ok()?;
        hmac::verify(&self.key, text.as_bytes(), &tag).ok()?;
        let (what, at) = text.split_once(' ')?;
        let at = UnixMillis(at.parse().ok()?);
        let apart = if at > now { now.until(at) } else { at.until(now) };
        (apart <= SKEW).then_some(what)
    }
}

impl Context {
    /// The key's usage for [`Forwarder::new`].
    pub(crate) const FORWARDING: &'static str = KEY;

    /// True when what changes something has to go to another master.
    pub(crate) fn is_standby(&self) -> bool {
        self.bus.standing().role() != MasterRole::Active
    }

    /// Puts the client's own address in place of the standby's that forwarded its request.
    pub(crate) fn take_forwarded(&self, parts: &mut Parts) {
        if let Some(forwarder) = &self.forwarder
            && let Some(said) = parts.headers.get(FORWARDED)
            && let Some(address) = forwarder.read(said, self.bus.clock().now())
            && let Ok(address) = address.parse::<IpAddr>()
        {
            parts.extensions.insert(ConnectInfo(SocketAddr::new(address, 0)));
        }
    }
}

/// Sends a request on to the active master.
///
/// # Errors
/// [`ProblemCode::Standby`] when no master is active, or it is not there; [`ProblemCode::OutcomeUnknown`] when it did
/// not answer.
pub(crate) async fn forward(context: &Context, request: Request) -> Result<Response, Refusal> {
    let standby = |text: String| Refusal::new(ProblemCode::Standby, text);
    let (Some(forwarder), Some(url)) = (&context.forwarder, context.members.active_url()) else {
        return Err(standby(
            "this master is a standby and no master is active; try again in a few seconds".into(),
        ));
    };
    if url == context.members.own_url() || request.headers().contains_key(FORWARDED) {
        return Err(standby("the masters are changing over; try again in a second".into()));
    }
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    // `Host` stays the client's, for checks of where a browser's request comes from and what a signature covers.
    let mut headers = parts.headers.clone();
    for name in [CONNECTION, TRANSFER_ENCODING, UPGRADE] {
        headers.remove(name);
    }
    if let Some(peer) = peer {
        let signed = forwarder.sign(&peer.to_string(), context.bus.clock().now());
        headers
            .insert(FORWARDED, HeaderValue::from_str(&signed).map_err(|error| standby(error.to_string()))?);
    }
    let sent = forwarder
        .client
        .request(parts.method, format!("{}{path}", url.trim_end_matches('/')))
        .headers(headers)
        .body(reqwest::Body::wrap_stream(body.into_data_stream()))
        .send()
        .await;
    let answer = sent.map_err(|error| {
        if error.is_connect() {
            let text = format!("the active master at {url} cannot be reached; try again in a few seconds");
            return standby(text);
        }
        let text = format!(
            "the active master at {url} did not answer; it may have done it, so look before asking again"
        );
        Refusal::new(ProblemCode::OutcomeUnknown, text)
    })?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    for (name, value) in answer.headers() {
        if ![CONNECTION, TRANSFER_ENCODING].contains(name) {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    *response.body_mut() = Body::from_stream(answer.bytes_stream());
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_is_given_and_nothing_else() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let certified = rcgen::generate_simple_self_signed(vec!["ca".to_owned()]).unwrap();
        let (ours, now) = (Forwarder::new(&certified.cert.pem(), b"k").unwrap(), UnixMillis(1_000_000_000));
        let asked = HeaderMap::from_iter([(ASKED, HeaderValue::from_str(&ours.sign("ab12", now)).unwrap())]);
        assert!(ours.is_asked_for(&asked, "ab12", now));
        assert!(!ours.is_asked_for(&asked, "ab13", now));
        assert!(!ours.is_asked_for(&HeaderMap::new(), "ab12", now));
        assert!(!ours.is_said(&asked, "ab12", now), "a question is no answer");
        let (name, value) = ours.say("ab12", now);
        let said = HeaderMap::from_iter([(name, HeaderValue::from_str(&value).unwrap())]);
        assert!(ours.is_said(&said, "ab12", now) && !ours.is_said(&said, "ab13", now));
    }

    #[test]
    fn only_masters_of_the_cluster_say_for_whom_they_ask() {
        // A test of another file may have been first.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let certified = rcgen::generate_simple_self_signed(vec!["ca".to_owned()]).unwrap();
        let forwarder = |key: &[u8]| Forwarder::new(&certified.cert.pem(), key).unwrap();
        let (ours, now) = (forwarder(b"k"), UnixMillis(1_000_000_000));
        let address = "10.1.2.3";
        let header = |text: &str| HeaderValue::from_str(text).unwrap();
        let signed = ours.sign(address, now);
        assert_eq!(ours.read(&header(&signed), now), Some(address));
        assert_eq!(forwarder(b"other").read(&header(&signed), now), None);
        assert_eq!(ours.read(&header(&signed), UnixMillis(now.0 + 301_000)), None, "too old");
        for wrong in
            [signed.replace("10.1.2.3", "10.1.2.4"), "10.1.2.3 1 é".into(), "a b zz".into(), String::new()]
        {
            assert_eq!(ours.read(&header(&wrong.replace('é', "e")), now), None, "{wrong}");
        }
    }
}
