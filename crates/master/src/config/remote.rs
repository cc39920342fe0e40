//! A store outside of the master: the section `[history.remote]`.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

/// Where samples are kept and asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// On this master's disk; a store that is named as well gets a copy.
    #[default]
    Embedded,
    /// In the store that `[history.remote]` names, and nowhere else.
    Remote,
}

/// A store that speaks Prometheus' remote write and query API.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RemoteConfig {
    /// Where samples are sent, e.g. `http://127.0.0.1:8428/api/v1/write`.
    pub write_url: String,
    /// What stands before `/api/v1/query`, e.g. `http://127.0.0.1:8428`. Not needed for a copy.
    pub query_url: Option<String>,
    /// File with a token for both.
    pub bearer_token_file: Option<PathBuf>,
    /// User for both; with `password_file`.
    pub username: Option<String>,
    /// File with that user's password.
    pub password_file: Option<PathBuf>,
    /// Certificates to trust instead of the system's, PEM.
    pub ca_file: Option<PathBuf>,
    /// Sent with each request, e.g. `X-Scope-OrgID`.
    pub headers: BTreeMap<String, String>,
    /// MiB on the disk for what the store did not take yet; the oldest goes first.
    pub spool_mib: u32,
    /// Seconds that the store has to take one request.
    pub timeout_s: u32,
}

impl Default for RemoteConfig {
    fn default() -> Self {
        Self {
            write_url: String::new(),
            query_url: None,
            bearer_token_file: None,
            username: None,
            password_file: None,
            ca_file: None,
            headers: BTreeMap::new(),
            // At 12 bytes a sample two hours of a hundred servers with 850 series, each second.
            spool_mib: 8_192,
            timeout_s: 30,
        }
    }
}

impl RemoteConfig {
    /// The field that cannot be used, and what to write instead.
    pub(super) fn check(&self, kind: StoreKind) -> Result<(), (&'static str, String)> {
        self.check_url("history.remote.write_url", &self.write_url)?;
        match &self.query_url {
            Some(url) => self.check_url("history.remote.query_url", url)?,
            None if kind == StoreKind::Remote => {
                let text = "with store = \"remote\" queries need it; write what stands before /api/v1/query";
                return Err(("history.remote.query_url", text.into()));
            }
            None => {}
        }
        if self.username.is_some() != self.password_file.is_some() {
            let text = "username and password_file go together; write both or none";
            return Err(("history.remote.username", text.into()));
        }
        if self.username.is_some() && self.bearer_token_file.is_some() {
            let text = "write a token or a user with its password, not both";
            return Err(("history.remote.bearer_token_file", text.into()));
        }
        if !(1..=1 << 20).contains(&self.spool_mib) {
            return Err(("history.remote.spool_mib", "the spool has 1 MiB to 1 TiB".into()));
        }
        if !(1..=600).contains(&self.timeout_s) {
            return Err(("history.remote.timeout_s", "a request may take 1 to 600 seconds".into()));
        }
        Ok(())
    }

    fn check_url(&self, field: &'static str, text: &str) -> Result<(), (&'static str, String)> {
        let wrong = || (field, format!("{text:?} is no URL; write http://host:port/path or https://…"));
        let url = reqwest::Url::parse(text).map_err(|_| wrong())?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !url.username().is_empty() {
            return Err(wrong());
        }
        let secret = self.username.is_some() || self.bearer_token_file.is_some();
        if secret && url.scheme() == "http" && !is_loopback(&url) {
            let text = "a password or token goes over https, or to this machine only; write https://…";
            return Err((field, text.into()));
        }
        Ok(())
    }
}

fn is_loopback(url: &reqwest::Url) -> bool {
    url.host_str().is_some_and(|host| {
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}
