//! The identity provider: the section `[access.oidc]`.

use crate::access::secret_source::SecretSource;
use serde::Deserialize;
use std::path::PathBuf;

/// The identity provider through which people log in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// What the console's button says after "Log in with".
    #[serde(default = "default_name")]
    pub name: String,
    /// The provider, as it names itself: discovery is asked below this address.
    pub issuer: String,
    /// What the provider calls this master.
    pub client_id: String,
    /// With what this master proves itself; none for a public client.
    pub client_secret: Option<SecretSource>,
    /// What is asked for beside `openid`.
    #[serde(default = "default_scopes")]
    pub scopes: Vec<String>,
    /// The claim that holds the user's name here.
    #[serde(default = "default_user_claim")]
    pub user_claim: String,
    /// The claim that holds the user's groups.
    #[serde(default = "default_groups_claim")]
    pub groups_claim: String,
    /// CAs to trust instead of the system's, PEM.
    pub ca_file: Option<PathBuf>,
}

fn default_name() -> String {
    "single sign-on".into()
}

fn default_scopes() -> Vec<String> {
    ["profile", "groups"].map(str::to_owned).to_vec()
}

fn default_user_claim() -> String {
    "preferred_username".into()
}

fn default_groups_claim() -> String {
    "groups".into()
}

impl OidcConfig {
    /// The field that cannot be used, and what to write instead.
    pub(crate) fn check(&self, public_url: Option<&str>) -> Result<(), (&'static str, String)> {
        let issuer = reqwest::Url::parse(&self.issuer).ok();
        let is_near = |url: &reqwest::Url| {
            url.host_str().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"))
        };
        if !issuer.is_some_and(|url| url.scheme() == "https" || (url.scheme() == "http" && is_near(&url))) {
            return Err(("access.oidc.issuer", "write the provider's https address".into()));
        }
        if self.client_id.is_empty() {
            return Err(("access.oidc.client_id", "write what the provider calls this master".into()));
        }
        if public_url.is_none() {
            let text = "public_url is needed with it: the provider sends people back there";
            return Err(("access.oidc", text.into()));
        }
        Ok(())
    }
}
