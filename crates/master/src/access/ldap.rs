//! Logging in with the password of a directory: LDAP, Active Directory.
//!
//! ```text
//! service account: search the user ─► bind as the user with the password ─► service account: search the groups
//! ```
//!
//! Invariants
//! - LD-1: passwords go over TLS, or to this machine; an empty one is never tried, for a directory takes it as nobody's.
//! - LD-2: what a person types goes into filters escaped; the directory's answers are bounded in number and time, and
//!   one that cannot be read ends one login.
//! - LD-3: a name that is not there takes as many round trips as one that is.

pub(crate) mod config;

use super::secret::fingerprint;
use config::LdapConfig;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, Scope, SearchEntry, SearchOptions, ldap_escape};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use topmast_api::user::PASSWORD_MAX;
use topmast_model::path::NAME_MAX;

/// How long one login may take.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Logins that ask at the same time.
const AT_ONCE: usize = 8;
/// Most groups of one user that are taken.
const GROUPS_MAX: usize = 1_000;
/// The result of a wrong password.
const INVALID_CREDENTIALS: u32 = 49;

/// Why the directory says nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LdapError {
    #[error("ask the directory: {0}")]
    Directory(String),
    #[error("read the service account's password: {0}")]
    Secret(String),
    #[error("the directory took longer than {} s", LOGIN_TIMEOUT.as_secs())]
    Late,
    #[error("the directory has several users of that name; narrow user_filter")]
    Several,
}

impl From<ldap3::LdapError> for LdapError {
    fn from(error: ldap3::LdapError) -> Self {
        Self::Directory(error.to_string())
    }
}

/// Whom the directory knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The user's name, as the directory writes it.
    pub(crate) user: String,
    /// Who it is there, for ever.
    pub(crate) subject: String,
    /// The names of the user's groups.
    pub(crate) groups: Vec<String>,
}

/// The directory.
#[derive(Clone)]
pub(crate) struct Directory {
    config: Arc<LdapConfig>,
    tls: Arc<ClientConfig>,
    places: Arc<Semaphore>,
}

impl Directory {
    /// Prepares to ask; asks nothing yet.
    ///
    /// # Errors
    /// What is wrong with the CA file, or the TLS library's refusal.
    pub(crate) fn new(config: &LdapConfig) -> Result<Self, String> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let tls = if let Some(path) = &config.ca_file {
            let name = path.display();
            let pem = std::fs::read(path).map_err(|error| format!("read {name}: {error}"))?;
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let certificate = certificate.map_err(|error| format!("{name}: {error}"))?;
                roots.add(certificate).map_err(|error| format!("{name}: {error}"))?;
            }
            if roots.is_empty() {
                return Err(format!("{name} holds no PEM certificate"));
            }
            builder.with_root_certificates(roots).with_no_client_auth()
        } else {
            let verifier =
                rustls_platform_verifier::Verifier::new(provider).map_err(|error| error.to_string())?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
        };
        let places = Arc::new(Semaphore::new(AT_ONCE));
        Ok(Self { config: Arc::new(config.clone()), tls: Arc::new(tls), places })
    }

    /// Who it is, when the password is right.
    ///
    /// # Errors
    /// [`LdapError`] when the directory cannot say.
    pub(crate) async fn check(&self, user: &str, password: &str) -> Result<Option<Found>, LdapError> {
        // LD-1, LD-2
        if password.is_empty() || password.len() > PASSWORD_MAX || user.is_empty() || user.len() > NAME_MAX {
            return Ok(None);
        }
        let (own, user, password) = (self.clone(), user.to_owned(), password.to_owned());
        // A task of its own: what the library cannot read ends it and nothing else (LD-2).
        let mut asked = tokio::spawn(async move {
            let _place = own.places.acquire().await.map_err(|_| LdapError::Late)?;
            own.ask(&user, &password).await
        });
        match tokio::time::timeout(LOGIN_TIMEOUT, &mut asked).await {
            Ok(Ok(found)) => found,
            Ok(Err(_)) => Err(LdapError::Directory("its answer cannot be read".to_owned())),
            Err(_) => {
                asked.abort();
                Err(LdapError::Late)
            }
        }
    }

    async fn ask(&self, user: &str, password: &str) -> Result<Option<Found>, LdapError> {
        let config = &self.config;
        let mut service = self.connect().await?;
        self.bind_service(&mut service).await?;
        let filter = config.user_filter().replace("{user}", &ldap_escape(user));
        let attributes = [config.name_attribute(), config.subject_attribute()];
        let mut entries = search(&mut service, &config.user_base, &filter, &attributes, 2).await?;
        let entry = entries.pop();
        if !entries.is_empty() {
            return Err(LdapError::Several);
        }
        // LD-3: nobody is asked for in the same way.
        let nobody = || format!("cn={},{}", ldap3::dn_escape(user), config.user_base);
        let dn = entry.as_ref().map_or_else(nobody, |entry| entry.dn.clone());
        let mut own = self.connect().await?;
        let bound = own.with_timeout(LOGIN_TIMEOUT).simple_bind(&dn, password).await?;
        let _ = own.unbind().await;
        let Some(entry) = entry.filter(|_| bound.rc == 0) else {
            // A locked or ended account is refused like a wrong password; the log says what the directory says.
            if bound.rc != 0 && bound.rc != INVALID_CREDENTIALS {
                tracing::info!(code = bound.rc, "the directory refused a login");
            }
            return Ok(None);
        };
        let filter = config.group_filter().replace("{dn}", &ldap_escape(dn.as_str()));
        let filter = filter.replace("{user}", &ldap_escape(user));
        let attributes = [config.group_attribute()];
        let groups = search(&mut service, &config.group_base, &filter, &attributes, GROUPS_MAX).await?;
        let _ = service.unbind().await;
        let names = groups.into_iter().flat_map(|group| texts(&group, config.group_attribute()));
        let unnamed = || LdapError::Directory(format!("the user has no {}", config.name_attribute()));
        let name = texts(&entry, config.name_attribute()).into_iter().next().ok_or_else(unnamed)?;
        Ok(Some(Found { user: name, subject: self.subject(&entry), groups: names.collect() }))
    }

    /// Who it is for ever: by the attribute that the directory never gives twice, or else by the whole name.
    fn subject(&self, entry: &SearchEntry) -> String {
        let attribute = self.config.subject_attribute();
        let text = texts(entry, attribute).into_iter().next().map(String::into_bytes);
        let bytes = lookup(&entry.bin_attrs, attribute).and_then(|values| values.first().cloned());
        let id = text.or(bytes).unwrap_or_else(|| entry.dn.to_lowercase().into_bytes());
        fingerprint([self.config.user_base.to_lowercase().as_bytes(), b"\n", &id].concat())
    }

    async fn connect(&self) -> Result<Ldap, LdapError> {
        let settings = LdapConnSettings::new()
            .set_conn_timeout(CONNECT_TIMEOUT)
            .set_starttls(self.config.starttls)
            .set_config(Arc::clone(&self.tls));
        let (connection, ldap) = LdapConnAsync::with_settings(settings, &self.config.url).await?;
        tokio::spawn(async move {
            // Whoever asks hears that it broke.
            let _ = connection.drive().await;
        });
        Ok(ldap)
    }

    async fn bind_service(&self, ldap: &mut Ldap) -> Result<(), LdapError> {
        let Some(dn) = &self.config.bind_dn else { return Ok(()) };
        let password =
            self.config.bind_password.as_ref().map(|source| source.read().map_err(LdapError::Secret));
        let password = password.transpose()?.unwrap_or_default();
        let bound = ldap.with_timeout(LOGIN_TIMEOUT).simple_bind(dn, &password).await?;
        match bound.rc {
            0 => Ok(()),
            code => Err(LdapError::Directory(format!("it refuses the service account (result {code})"))),
        }
    }
}

/// The entries that a filter finds, at most so many (LD-2).
async fn search(
    ldap: &mut Ldap,
    base: &str,
    filter: &str,
    attributes: &[&str],
    most: usize,
) -> Result<Vec<SearchEntry>, LdapError> {
    let seconds = i32::try_from(LOGIN_TIMEOUT.as_secs()).unwrap_or(i32::MAX);
    let options = SearchOptions::new().sizelimit(i32::try_from(most).unwrap_or(i32::MAX)).timelimit(seconds);
    let attributes: Vec<String> = attributes.iter().map(|&name| name.to_owned()).collect();
    let mut found = Vec::new();
    let mut stream =
        ldap.with_search_options(options).streaming_search(base, Scope::Subtree, filter, attributes).await?;
    while found.len() < most {
        let Some(entry) = stream.next().await? else { break };
        // Where else to ask is not followed.
        if !entry.is_ref() && !entry.is_intermediate() {
            found.push(SearchEntry::construct(entry));
        }
    }
    let _ = stream.finish().await;
    Ok(found)
}

fn texts(entry: &SearchEntry, attribute: &str) -> Vec<String> {
    lookup(&entry.attrs, attribute).cloned().unwrap_or_default()
}

/// Attributes' names are written in any case.
fn lookup<'a, T>(all: &'a std::collections::HashMap<String, T>, attribute: &str) -> Option<&'a T> {
    all.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute)).map(|(_, values)| values)
}
