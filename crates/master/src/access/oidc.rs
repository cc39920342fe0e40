//! Logging in through an identity provider: OpenID Connect, authorization code with PKCE.
//!
//! ```text
//! browser ─► begin ─303─► provider ─► callback?code&state ─► token endpoint ─► ID token ─► user, groups
//!            └ cookie: state, nonce, verifier, sealed ──────────┘
//! ```
//!
//! The master keeps nothing of a login under way: the browser carries it, sealed, so that it ends where it began. A terminal
//! carries it likewise while a browser beside it logs in, and comes back to the terminal.
//!
//! Invariants
//! - OI-1: a code is exchanged only for the browser or terminal that began the login, with the verifier that only it carries.
//! - OI-2: answers of the provider are bounded in size and time, and redirects are not followed.
//! - OI-3: what a browser comes back with is this provider's: another one's code is not brought to it, and another one's
//!   words are not taken for its own. Where the provider names itself there (RFC 9207), nothing without its name counts.

pub(crate) mod config;
mod device;
mod id_token;

pub(crate) use id_token::TokenError;

use super::secret::{RandomError, fingerprint, generate};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use config::OidcConfig;
use id_token::{Expected, Keys};
use reqwest::{Certificate, RequestBuilder, Url};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use topmast_model::error::with_sources;
use topmast_model::time::UnixMillis;

/// How long the provider may take for an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest answer of the provider.
const ANSWER_MAX: usize = 1 << 20;
/// How long a login may take, from the button to the way back.
pub(crate) const LOGIN_LASTS: Duration = Duration::from_mins(10);
/// How long what the provider told of itself counts.
const KNOWN_FOR: Duration = Duration::from_hours(1);
/// Keys are asked for anew at most so often when a token has one that is not known.
const KEYS_AGAIN: Duration = Duration::from_mins(1);

/// Why somebody is not logged in by the provider.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OidcError {
    #[error("ask the identity provider: {0}")]
    Provider(String),
    #[error("the identity provider calls itself {found:?} and not {expected:?}; write its issuer as it does")]
    Issuer { found: String, expected: String },
    #[error(
        "this was sent by {found:?} and not by the identity provider {expected:?}, so nobody is logged in; begin again, and \
         tell an administrator when it happens twice"
    )]
    OtherSender { found: String, expected: String },
    #[error(
        "this does not say that the identity provider {0:?} sent it, as everything from there does, so nobody is logged in; \
         begin again, and tell an administrator when it happens twice"
    )]
    NoSender(String),
    #[error("the identity provider refused: {0}")]
    Refused(String),
    #[error("nobody has logged in with the code yet")]
    Pending,
    #[error(
        "the identity provider gives no codes to clients without a browser: let it (the device authorization grant), log in \
         with `topmast login --browser`, or make an API token in the console"
    )]
    NoDevices,
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error("the provider does not say who it is: the claim {0} is missing or no user name")]
    User(String),
    #[error("read the client secret: {0}")]
    Secret(String),
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// What a provider tells of itself.
#[derive(Debug, Clone, Deserialize)]
struct Discovery {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: Option<String>,
    device_authorization_endpoint: Option<String>,
    jwks_uri: String,
    /// It names itself in what browsers come back with.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

impl Discovery {
    /// Sees whether this provider sent what a browser came back with; `iss`: who that says it is (OI-3).
    fn is_sender(&self, iss: Option<&str>) -> Result<(), OidcError> {
        let expected = || self.issuer.clone();
        match iss {
            Some(iss) if iss == self.issuer => Ok(()),
            Some(iss) => Err(OidcError::OtherSender { found: shown(iss), expected: expected() }),
            None if self.authorization_response_iss_parameter_supported => {
                Err(OidcError::NoSender(expected()))
            }
            None => Ok(()),
        }
    }
}

/// What somebody calls itself, cut: it is shown and logged.
fn shown(name: &str) -> String {
    name.chars().filter(|character| !character.is_control()).take(200).collect()
}

/// What the provider told of itself, and when.
#[derive(Debug, Clone)]
struct Known {
    discovery: Discovery,
    keys: Keys,
    at: Instant,
}

/// A login under way, as the browser carries it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Login {
    nonce: String,
    verifier: String,
    /// Where the provider sends the browser back to, which it compares when the code is exchanged.
    redirect_uri: String,
    pub(crate) expires_at: UnixMillis,
}

/// Where a browser goes, and what it carries.
pub(crate) struct Begun {
    pub(crate) url: String,
    pub(crate) state: String,
    pub(crate) login: Login,
}

/// Whom the provider knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The user's name here.
    pub(crate) user: String,
    /// Who it is for the provider, for ever.
    pub(crate) subject: String,
    /// The user's groups.
    pub(crate) groups: Vec<String>,
}

/// The identity provider.
pub(crate) struct Oidc {
    config: OidcConfig,
    redirect_uri: String,
    http: reqwest::Client,
    known: Mutex<Option<Known>>,
}

impl Oidc {
    /// Prepares to ask a provider; asks nothing yet. `public_url`: where people find this master.
    ///
    /// # Errors
    /// What is wrong with the CA file, or the TLS library's refusal.
    pub(crate) fn new(config: &OidcConfig, public_url: &str) -> Result<Self, String> {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .connect_timeout(ANSWER_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("topmast/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = &config.ca_file {
            let unread = |error: std::io::Error| format!("read {}: {error}", path.display());
            let pem = std::fs::read(path).map_err(unread)?;
            let roots = Certificate::from_pem_bundle(&pem).unwrap_or_default();
            if roots.is_empty() {
                return Err(format!("{} holds no PEM certificate", path.display()));
            }
            builder = builder.tls_certs_only(roots);
        }
        Ok(Self {
            redirect_uri: format!("{}/api/v1/oidc/callback", public_url.trim_end_matches('/')),
            config: config.clone(),
            http: builder.build().map_err(|error| with_sources(&error))?,
            known: Mutex::default(),
        })
    }

    /// What the console's button says.
    pub(crate) fn name(&self) -> &str {
        &self.config.name
    }

    /// What is asked for.
    fn scope(&self) -> String {
        let scopes = ["openid"].into_iter().chain(self.config.scopes.iter().map(String::as_str));
        scopes.collect::<Vec<_>>().join(" ")
    }

    /// Where the provider sends browsers back to that come from here.
    pub(crate) fn callback(&self) -> String {
        self.redirect_uri.clone()
    }

    /// Begins a login. `redirect_uri`: where the browser comes back to.
    pub(crate) async fn begin(&self, redirect_uri: String, now: UnixMillis) -> Result<Begun, OidcError> {
        let discovery = self.known(None).await?.discovery;
        let (state, nonce, verifier) = (generate("")?, generate("")?, generate("")?);
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        let wrong = || OidcError::Provider("its authorization endpoint is no address".to_owned());
        let mut url = Url::parse(&discovery.authorization_endpoint).map_err(|_| wrong())?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", &redirect_uri)
            .append_pair("scope", &self.scope())
            .append_pair("state", &state)
            .append_pair("nonce", &nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        let login = Login { nonce, verifier, redirect_uri, expires_at: now.plus(LOGIN_LASTS) };
        Ok(Begun { url: url.into(), state, login })
    }

    /// Sees whether the provider sent what a browser came back with; `iss`: who that says it is (OI-3).
    pub(crate) async fn is_sender(&self, iss: Option<&str>) -> Result<(), OidcError> {
        self.known(None).await?.discovery.is_sender(iss)
    }

    /// Ends a login: exchanges the code and finds out who it is (OI-1).
    pub(crate) async fn finish(
        &self,
        login: &Login,
        code: &str,
        now: UnixMillis,
    ) -> Result<Found, OidcError> {
        let known = self.known(None).await?;
        let form = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.to_owned()),
            ("redirect_uri", login.redirect_uri.clone()),
            ("code_verifier", login.verifier.clone()),
        ];
        let tokens = self.post(&known.discovery, &known.discovery.token_endpoint, form).await?;
        self.whose(&known, &tokens, Some(&login.nonce), now).await
    }

    /// Finds out whose tokens these are. `nonce`: what the ID token must have of the login that it ends.
    async fn whose(
        &self,
        known: &Known,
        tokens: &Map<String, Value>,
        nonce: Option<&str>,
        now: UnixMillis,
    ) -> Result<Found, OidcError> {
        let text = |name: &str| tokens.get(name).and_then(Value::as_str);
        let id_token = text("id_token").ok_or(TokenError::Form)?;
        let expected = Expected {
            issuer: &self.config.issuer,
            client_id: &self.config.client_id,
            nonce,
            now_s: now.0 / 1_000,
        };
        let mut claims = match id_token::verify(id_token, &known.keys, &expected) {
            // Providers change their keys: ask once more for them.
            Err(TokenError::Key) => {
                let keys = self.known(Some(known.at)).await?.keys;
                id_token::verify(id_token, &keys, &expected)?
            }
            verified => verified?,
        };
        let is_there = |claims: &Map<String, Value>, name: &String| claims.contains_key(name);
        let (user, groups) = (&self.config.user_claim, &self.config.groups_claim);
        if let (Some(endpoint), Some(token)) = (&known.discovery.userinfo_endpoint, text("access_token"))
            && !(is_there(&claims, user) && is_there(&claims, groups))
        {
            let more: Map<String, Value> = self.ask(self.http.get(endpoint).bearer_auth(token)).await?;
            // What is told of somebody else is not believed.
            if more.get("sub") == claims.get("sub") {
                for (name, value) in more {
                    claims.entry(name).or_insert(value);
                }
            }
        }
        self.found(&claims)
    }

    fn found(&self, claims: &Map<String, Value>) -> Result<Found, OidcError> {
        let missing = || OidcError::User(self.config.user_claim.clone());
        let user = claims.get(&self.config.user_claim).and_then(Value::as_str).ok_or_else(missing)?;
        topmast_model::path::check_name(user).map_err(|_| missing())?;
        let groups = match claims.get(&self.config.groups_claim) {
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(one)) => vec![one.clone()],
            _ => Vec::new(),
        };
        let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
        // One length, whatever a provider calls its people.
        let subject = fingerprint(format!("{}\n{subject}", self.config.issuer));
        Ok(Found { user: user.to_owned(), subject, groups })
    }

    /// Sends a form as the client that this master is.
    async fn post<T: serde::de::DeserializeOwned>(
        &self,
        discovery: &Discovery,
        endpoint: &str,
        mut form: Vec<(&'static str, String)>,
    ) -> Result<T, OidcError> {
        let mut request = self.http.post(endpoint);
        let methods = &discovery.token_endpoint_auth_methods_supported;
        let in_form = !methods.is_empty() && !methods.iter().any(|method| method == "client_secret_basic");
        match &self.config.client_secret {
            Some(source) => {
                let secret = source.read().map_err(OidcError::Secret)?;
                if in_form {
                    form.push(("client_id", self.config.client_id.clone()));
                    form.push(("client_secret", secret));
                } else {
                    // RFC 6749, 2.3.1: both are form-encoded before they go into the header.
                    let encoded =
                        |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                    request = request.basic_auth(encoded(&self.config.client_id), Some(encoded(&secret)));
                }
            }
            None => form.push(("client_id", self.config.client_id.clone())),
        }
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        self.ask(request).await
    }

    /// What the provider tells of itself. `than`: what is as old as this is asked for anew, but not too often.
    async fn known(&self, than: Option<Instant>) -> Result<Known, OidcError> {
        let mut kept = self.known.lock().await;
        if let Some(known) = kept.as_ref() {
            let is_fresh = known.at.elapsed() < KNOWN_FOR;
            let is_newer = than.is_none_or(|than| known.at > than || known.at.elapsed() < KEYS_AGAIN);
            if is_fresh && is_newer {
                return Ok(known.clone());
            }
        }
        let issuer = self.config.issuer.trim_end_matches('/');
        let discovery: Discovery =
            self.ask(self.http.get(format!("{issuer}/.well-known/openid-configuration"))).await?;
        if discovery.issuer != self.config.issuer {
            let expected = self.config.issuer.clone();
            return Err(OidcError::Issuer { found: shown(&discovery.issuer), expected });
        }
        let keys = self.ask(self.http.get(&discovery.jwks_uri)).await?;
        let known = Known { discovery, keys, at: Instant::now() };
        *kept = Some(known.clone());
        Ok(known)
    }

    /// Sends a request and reads the JSON answer (OI-2).
    async fn ask<T: serde::de::DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, OidcError> {
        let failed = |error: reqwest::Error| OidcError::Provider(with_sources(&error.without_url()));
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > ANSWER_MAX {
                return Err(OidcError::Provider("its answer is too long".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        if !status.is_success() {
            if matches!(error_of(&body).as_str(), "authorization_pending" | "slow_down") {
                return Err(OidcError::Pending);
            }
            return Err(OidcError::Refused(format!("{status}{}", reason(&body))));
        }
        serde_json::from_slice(&body)
            .map_err(|error| OidcError::Provider(format!("read its answer: {error}")))
    }
}

/// The code of the error that a provider names.
fn error_of(body: &[u8]) -> String {
    let answer: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    answer.get("error").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The error that a provider names, cut: it is shown and logged.
fn reason(body: &[u8]) -> String {
    let answer: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
    let whole = format!(" {} {}", text("error"), text("error_description"));
    whole
        .chars()
        .filter(|character| !character.is_control())
        .take(300)
        .collect::<String>()
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_provider_sent_is_nobodys_login() {
        // OI-3
        let discovery = |more: &str| -> Discovery {
            let text = format!(
                r#"{{"issuer": "https://login.acme.example", "authorization_endpoint": "", "token_endpoint": "",
                    "jwks_uri": ""{more}}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        let names_itself = r#", "authorization_response_iss_parameter_supported": true"#;
        for (more, iss, wrong) in [
            (names_itself, Some("https://login.acme.example"), None),
            (names_itself, Some("https://login.acme.example/"), Some("sent by")),
            (
                names_itself,
                Some("https://login.evil.example"),
                Some("sent by \"https://login.evil.example\""),
            ),
            (names_itself, None, Some("does not say")),
            ("", None, None),
            ("", Some("https://login.acme.example"), None),
            ("", Some("https://login.evil.example"), Some("sent by")),
        ] {
            let found = discovery(more).is_sender(iss).err().map(|error| error.to_string());
            match (&found, wrong) {
                (None, None) => {}
                (Some(found), Some(wrong)) => assert!(found.contains(wrong), "{found}"),
                _ => panic!("{more} {iss:?}: {found:?}"),
            }
        }
    }
}
