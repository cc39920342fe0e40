//! Logging in from a terminal: the device authorization grant (RFC 8628).
//!
//! ```text
//! terminal ─► begin ─► provider: device code, user code
//!    └ shows address and user code ─► somebody logs in there, in any browser
//! terminal ─► finish ─► token endpoint ─► not yet, or ID token ─► user, groups
//! ```
//!
//! The device code stays with the master, sealed into what the terminal carries. There is no nonce in this grant: the code
//! itself, which only this client's secret makes use of, says which login the ID token ends.

use super::{Found, Oidc, OidcError};
use serde::Deserialize;
use serde_json::{Map, Value};
use topmast_model::time::UnixMillis;

/// Seconds between two questions, when the provider does not say.
const INTERVAL_S: u64 = 5;
/// Longest time for which somebody may take, whatever the provider says.
const LASTS_S: u64 = 900;

/// What the provider says of a login that was begun.
#[derive(Deserialize)]
pub(crate) struct Authorization {
    pub(crate) device_code: String,
    pub(crate) user_code: String,
    pub(crate) verification_uri: String,
    pub(crate) verification_uri_complete: Option<String>,
    expires_in: u64,
    interval: Option<u64>,
}

impl Authorization {
    /// Seconds between two questions.
    pub(crate) fn interval_s(&self) -> u64 {
        self.interval.unwrap_or(INTERVAL_S).clamp(1, 60)
    }

    /// Seconds until it ends undone.
    pub(crate) fn lasts_s(&self) -> u64 {
        self.expires_in.min(LASTS_S)
    }
}

impl Oidc {
    /// Begins a login for a terminal.
    ///
    /// # Errors
    /// [`OidcError::NoDevices`] when the provider does not offer it.
    pub(crate) async fn begin_device(&self) -> Result<Authorization, OidcError> {
        let known = self.known(None).await?;
        let endpoint = known.discovery.device_authorization_endpoint.clone().ok_or(OidcError::NoDevices)?;
        let form = vec![("client_id", self.config.client_id.clone()), ("scope", self.scope())];
        let device: Authorization = self.post(&known.discovery, &endpoint, form).await?;
        let is_web = |text: &str| text.starts_with("https://") || text.starts_with("http://");
        let shown = [&device.user_code, &device.verification_uri];
        let all = shown.into_iter().chain(&device.verification_uri_complete);
        let is_clean = |text: &String| text.len() <= 500 && !text.chars().any(char::is_control);
        if !is_web(&device.verification_uri) || !all.into_iter().all(is_clean) {
            return Err(OidcError::Provider("the address for its codes is none".to_owned()));
        }
        Ok(device)
    }

    /// Ends such a login.
    ///
    /// # Errors
    /// [`OidcError::Pending`] while nobody has logged in with the code.
    pub(crate) async fn finish_device(&self, device_code: &str, now: UnixMillis) -> Result<Found, OidcError> {
        let known = self.known(None).await?;
        let form = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code".to_owned()),
            ("device_code", device_code.to_owned()),
        ];
        let tokens: Map<String, Value> =
            self.post(&known.discovery, &known.discovery.token_endpoint, form).await?;
        self.whose(&known, &tokens, None, now).await
    }
}
