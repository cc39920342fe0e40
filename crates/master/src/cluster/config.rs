//! Where the journal is kept: the section `[journal]`.

use crate::file;
use serde::Deserialize;
use std::path::PathBuf;
use topmast_journal::stream::StreamOptions;

/// Where the journal is kept, and with whom it is shared.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JournalConfig {
    /// In a file of this master alone, or on JetStream with other masters.
    pub store: JournalStore,
    /// URLs of the NATS servers, as `nats://10.0.0.1:4222` or `tls://…`.
    pub servers: Vec<String>,
    /// How many of them keep the journal: 1, 3 or 5.
    pub replicas: usize,
    /// User at NATS; with `password_file`.
    pub user: Option<String>,
    /// File with the user's password.
    pub password_file: Option<PathBuf>,
    /// A file of credentials for NATS, as `nsc` makes it, instead of a user.
    pub credentials: Option<PathBuf>,
    /// Certificates to trust for `tls://` servers, PEM; beside the system's.
    pub ca: Option<PathBuf>,
    /// A certificate of this master for NATS, PEM; with `key`.
    pub certificate: Option<PathBuf>,
    /// The key of `certificate`, PEM.
    pub key: Option<PathBuf>,
    /// Name of the stream; made of tenant and cluster when missing.
    pub stream: Option<String>,
    /// Where the other masters and people reach this one, as `https://console-1:7400`; made of the host's name when missing.
    pub url: Option<String>,
}

/// Where the journal is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JournalStore {
    /// In one file; this master is alone.
    #[default]
    Embedded,
    /// On NATS JetStream; every master of the cluster has a copy.
    Jetstream,
}

impl Default for JournalConfig {
    fn default() -> Self {
        Self {
            store: JournalStore::Embedded,
            servers: Vec::new(),
            replicas: 3,
            user: None,
            password_file: None,
            credentials: None,
            ca: None,
            certificate: None,
            key: None,
            stream: None,
            url: None,
        }
    }
}

/// Servers that may be named.
const SERVERS_MAX: usize = 16;

impl JournalConfig {
    /// True when other masters may lead.
    pub fn is_shared(&self) -> bool {
        self.store == JournalStore::Jetstream
    }

    /// The field that cannot be used, and what to write instead.
    pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
        let wrong = |field, text: &str| Err((field, text.to_owned()));
        if !self.is_shared() {
            return match &self.servers[..] {
                [] => Ok(()),
                _ => wrong("journal.store", "servers are named, so write store = \"jetstream\""),
            };
        }
        if self.servers.is_empty() || self.servers.len() > SERVERS_MAX {
            return wrong("journal.servers", "name 1 to 16 NATS servers, as nats://10.0.0.1:4222");
        }
        if ![1, 3, 5].contains(&self.replicas) {
            return wrong("journal.replicas", "1, 3 or 5 servers keep the journal");
        }
        if self.user.is_some() != self.password_file.is_some() {
            return wrong("journal.user", "user and password_file go together; write both or none");
        }
        if self.certificate.is_some() != self.key.is_some() {
            return wrong("journal.certificate", "certificate and key go together; write both or none");
        }
        if self.stream.as_deref().is_some_and(|name| name.is_empty() || name != stream_name(name)) {
            return wrong("journal.stream", "a stream's name has letters, digits, - and _");
        }
        if self.url.as_deref().is_some_and(|url| reqwest::Url::parse(url).is_err()) {
            return wrong("journal.url", "write an address as https://console-1:7400");
        }
        Ok(())
    }

    /// How the servers are reached.
    ///
    /// # Errors
    /// When the password's file cannot be read.
    pub(crate) fn options(&self, tenant: &str, cluster: &str) -> Result<StreamOptions, file::FileError> {
        let login = match (&self.user, &self.password_file) {
            (Some(user), Some(path)) => Some((user.clone(), file::read(path)?.trim_end().to_owned())),
            _ => None,
        };
        Ok(StreamOptions {
            servers: self.servers.clone(),
            name: self.stream.clone().unwrap_or_else(|| stream_name(&format!("topmast-{tenant}-{cluster}"))),
            replicas: self.replicas,
            login,
            credentials: self.credentials.clone(),
            ca: self.ca.clone(),
            certificate: self.certificate.clone().zip(self.key.clone()),
        })
    }
}

/// A text as the name of a stream.
fn stream_name(text: &str) -> String {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    text.chars().map(|letter| if allowed(letter) { letter } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> JournalConfig {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn fields_that_do_not_fit_are_named() {
        let shared = "store = \"jetstream\"\nservers = [\"nats://a:4222\"]\n";
        assert_eq!(config("").check(), Ok(()));
        assert_eq!(config(shared).check(), Ok(()));
        for (text, field) in [
            ("servers = [\"nats://a:4222\"]".to_owned(), "journal.store"),
            ("store = \"jetstream\"".to_owned(), "journal.servers"),
            (format!("{shared}replicas = 2"), "journal.replicas"),
            (format!("{shared}user = \"a\""), "journal.user"),
            (format!("{shared}key = \"a\""), "journal.certificate"),
            (format!("{shared}stream = \"a.b\""), "journal.stream"),
            (format!("{shared}url = \"console\""), "journal.url"),
        ] {
            assert_eq!(config(&text).check().unwrap_err().0, field, "{text}");
        }
    }

    #[test]
    fn stream_is_named_after_tenant_and_cluster() {
        let options = config("").options("acme", "eu.west").unwrap();
        assert_eq!(options.name, "topmast-acme-eu_west");
    }
}
