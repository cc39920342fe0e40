//! The port's certificate: the configured one, read again when its files change, or one of the cluster's CA.
//!
//! Connections that are open go on with the certificate that they began with; new ones get the new one.
//!
//! Invariant PC-1: files that cannot be used, such as a new certificate whose key is not there yet, change nothing: the
//! certificate in use stays, it is told once, and the files are looked at again.

use crate::access::secret::fingerprint;
use crate::ca::{CaError, ClusterCa};
use crate::config::MasterConfig;
use axum_server::tls_rustls::RustlsConfig;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use topmast_model::time::UnixMillis;

/// Time between two looks at the files: whoever changed them sees it work while still there.
const EVERY: Duration = Duration::from_secs(10);
/// Largest file read.
const FILE_MAX: u64 = 1 << 20;
/// A certificate of the cluster's CA is made anew so long before its end.
const RENEW_BEFORE: Duration = Duration::from_hours(24 * 30);
/// How long a certificate of the cluster's CA lasts.
const OWN_LASTS: Duration = Duration::from_hours(24 * 396);

/// Why the port has no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system answered.
        source: std::io::Error,
    },
    /// They are no certificate and key that belong together.
    #[error("use {certificate} with {key}")]
    Use {
        /// The chain.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
        /// What is wrong.
        source: std::io::Error,
    },
    /// The cluster's CA made none.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// The TLS library refuses what the cluster's CA made.
    #[error("use the certificate of the cluster's CA")]
    Own(#[source] std::io::Error),
}

/// Where the certificate comes from.
enum Source {
    Files { certificate: PathBuf, key: PathBuf },
    Own { names: Vec<String>, made_at: Mutex<UnixMillis> },
}

/// See the module.
pub(crate) struct PortCertificate {
    tls: RustlsConfig,
    source: Source,
    /// The files' content that was looked at last, good or bad.
    seen: Mutex<String>,
}

impl PortCertificate {
    /// The first certificate. `names`: what one of the cluster's CA is valid for.
    ///
    /// # Errors
    /// [`CertificateError`]; the port cannot be served then.
    pub(crate) async fn open(
        config: &MasterConfig,
        ca: &ClusterCa,
        names: Vec<String>,
        now: UnixMillis,
    ) -> Result<Self, CertificateError> {
        // The process has one crypto provider; whoever starts first installs it.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        if let (Some(certificate), Some(key)) = (&config.tls_certificate, &config.tls_key) {
            let (chain, secret) = (read(certificate)?, read(key)?);
            let seen = Mutex::new(content(&chain, &secret));
            let unusable =
                |source| CertificateError::Use { certificate: certificate.clone(), key: key.clone(), source };
            let tls = RustlsConfig::from_pem(chain, secret).await.map_err(unusable)?;
            let source = Source::Files { certificate: certificate.clone(), key: key.clone() };
            return Ok(Self { tls, source, seen });
        }
        let (chain, key) = ca.sign_server(&names, now)?;
        let tls = RustlsConfig::from_pem(chain.into_bytes(), key.into_bytes())
            .await
            .map_err(CertificateError::Own)?;
        let source = Source::Own { names, made_at: Mutex::new(now) };
        Ok(Self { tls, source, seen: Mutex::default() })
    }

    /// What the listener serves; it follows every change.
    pub(crate) fn tls(&self) -> RustlsConfig {
        self.tls.clone()
    }

    /// Takes a new certificate when there is one. True when it did.
    ///
    /// # Errors
    /// [`CertificateError`] for files that were not looked at before; the certificate in use stays (PC-1).
    pub(crate) async fn look(&self, ca: &ClusterCa, now: UnixMillis) -> Result<bool, CertificateError> {
        match &self.source {
            Source::Files { certificate, key } => {
                let (chain, secret) = (read(certificate)?, read(key)?);
                let found = content(&chain, &secret);
                let before = std::mem::replace(&mut *lock(&self.seen), found.clone());
                if before == found {
                    return Ok(false);
                }
                let unusable = |source| CertificateError::Use {
                    certificate: certificate.clone(),
                    key: key.clone(),
                    source,
                };
                self.tls.reload_from_pem(chain, secret).await.map_err(unusable)?;
            }
            Source::Own { names, made_at } => {
                let made = *lock(made_at);
                if made.plus(OWN_LASTS.saturating_sub(RENEW_BEFORE)) > now {
                    return Ok(false);
                }
                let (chain, key) = ca.sign_server(names, now)?;
                let reloaded = self.tls.reload_from_pem(chain.into_bytes(), key.into_bytes()).await;
                reloaded.map_err(CertificateError::Own)?;
                *lock(made_at) = now;
            }
        }
        Ok(true)
    }
}

/// Looks until the master stops.
pub(crate) async fn run(certificate: Arc<PortCertificate>, context: Arc<crate::http::Context>) {
    let mut timer = tokio::time::interval(EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = String::new();
    loop {
        timer.tick().await;
        match certificate.look(&context.ca, context.bus.clock().now()).await {
            Ok(true) => {
                told.clear();
                tracing::info!("the port has a new certificate");
            }
            Ok(false) => {}
            Err(error) => {
                let text = topmast_model::error::with_sources(&error);
                if text != told {
                    tracing::warn!(error = text, "the port keeps its certificate");
                    told = text;
                }
            }
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    let unread = |source| CertificateError::Read { path: path.to_owned(), source };
    let length = std::fs::metadata(path).map_err(unread)?.len();
    if length > FILE_MAX {
        return Err(unread(std::io::Error::other(format!("it is longer than {FILE_MAX} bytes"))));
    }
    std::fs::read(path).map_err(unread)
}

/// Tells files apart without keeping a key in a second place.
fn content(chain: &[u8], key: &[u8]) -> String {
    format!("{} {}", fingerprint(chain), fingerprint(key))
}

fn lock<T>(kept: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};
    use rustls::ServerConfig;

    /// A certificate of its own and its key.
    fn pair() -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    fn served(certificate: &PortCertificate) -> Arc<ServerConfig> {
        certificate.tls.get_inner()
    }

    fn ca(folder: &Path) -> ClusterCa {
        ClusterCa::open(&folder.join("ca"), &"acme/main".parse().unwrap(), UnixMillis(0)).unwrap()
    }

    #[tokio::test]
    async fn changed_files_are_taken_and_half_changed_ones_change_nothing() {
        // PC-1
        let folder = tempfile::tempdir().unwrap();
        let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
        let write = |path: &Path, text: &str| std::fs::write(path, text).unwrap();
        let first = pair();
        write(&chain, &first.0);
        write(&key, &first.1);
        let config = MasterConfig {
            tls_certificate: Some(chain.clone()),
            tls_key: Some(key.clone()),
            ..MasterConfig::default()
        };
        let (ca, now) = (ca(folder.path()), UnixMillis(0));
        let certificate = PortCertificate::open(&config, &ca, Vec::new(), now).await.unwrap();
        let before = served(&certificate);
        assert!(!certificate.look(&ca, now).await.unwrap(), "nothing changed");
        let second = pair();
        write(&chain, &second.0);
        let error = certificate.look(&ca, now).await.unwrap_err().to_string();
        assert!(error.contains("chain.pem") && error.contains("key.pem"), "{error}");
        assert!(!certificate.look(&ca, now).await.unwrap(), "told once");
        assert!(Arc::ptr_eq(&before, &served(&certificate)), "the one in use stays");
        write(&key, &second.1);
        assert!(certificate.look(&ca, now).await.unwrap());
        assert!(!Arc::ptr_eq(&before, &served(&certificate)));
        let after = served(&certificate);
        std::fs::remove_file(&key).unwrap();
        assert!(certificate.look(&ca, now).await.is_err());
        assert!(Arc::ptr_eq(&after, &served(&certificate)));
        write(&chain, "no certificate");
        write(&key, &second.1);
        assert!(certificate.look(&ca, now).await.is_err());
        assert!(Arc::ptr_eq(&after, &served(&certificate)));
        let error = PortCertificate::open(&config, &ca, Vec::new(), now).await.err().unwrap();
        assert!(!topmast_model::error::with_sources(&error).contains(&second.1), "no key in an error");
    }

    #[tokio::test]
    async fn certificate_of_the_clusters_ca_is_made_anew_before_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let (ca, start) = (ca(folder.path()), UnixMillis(1_800_000_000_000));
        let names = vec!["localhost".to_owned()];
        let certificate = PortCertificate::open(&MasterConfig::default(), &ca, names, start).await.unwrap();
        let before = served(&certificate);
        let at = |days: u64| start.plus(Duration::from_hours(24 * days));
        assert!(!certificate.look(&ca, at(365)).await.unwrap());
        assert!(certificate.look(&ca, at(366)).await.unwrap());
        assert!(!Arc::ptr_eq(&before, &served(&certificate)));
        assert!(!certificate.look(&ca, at(367)).await.unwrap());
    }
}
