//! Identities of simulated servers: real keys and certificates, enrolled with a join token.

use futures_util::{StreamExt, TryStreamExt, stream};
use rcgen::{CertificateParams, KeyPair};
use std::sync::Arc;
use topmast_api::agent::{EnrolRequest, Enrolment};
use topmast_api::client::{Client, ClientError};
use topmast_model::path::ObjectPath;

/// Enrolments under way at once: enough for the journal's group commit, few enough for its queue.
const AT_ONCE: usize = 32;

/// One enrolled server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The server's path, as the master answered.
    pub server: ObjectPath,
    /// Its certificate, PEM.
    pub certificate_pem: Arc<str>,
    /// The key of the certificate.
    pub key: Arc<KeyPair>,
}

/// Why a server was not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// No key or request could be made.
    #[error("make a key and its certificate request")]
    Key(#[from] rcgen::Error),
    /// The master did not answer, or said no.
    #[error("enrol {server}: {source}")]
    Request {
        /// The server's name.
        server: String,
        /// What failed.
        source: ClientError,
    },
}

/// Enrols one server.
///
/// # Errors
/// [`EnrolError`].
pub async fn enrol(client: &Client, join_token: &str, server: &str) -> Result<Identity, EnrolError> {
    let key = KeyPair::generate()?;
    let csr_pem = CertificateParams::default().serialize_request(&key)?.pem()?;
    let request = EnrolRequest { join_token: join_token.into(), server: server.into(), csr_pem };
    let failed = |source| EnrolError::Request { server: server.into(), source };
    let Enrolment { server, certificate_pem, .. } = client.agent_enrol(&request).await.map_err(failed)?;
    Ok(Identity { server, certificate_pem: certificate_pem.into(), key: Arc::new(key) })
}

/// Enrols `count` servers named `PREFIX0000`, `PREFIX0001`, … with one join token of as many uses.
///
/// # Errors
/// The first [`EnrolError`].
pub async fn enrol_fleet(
    client: &Client,
    join_token: &str,
    prefix: &str,
    count: usize,
) -> Result<Vec<Identity>, EnrolError> {
    stream::iter((0..count).map(|number| format!("{prefix}{number:04}")))
        .map(|name| async move { enrol(client, join_token, &name).await })
        .buffered(AT_ONCE)
        .try_collect()
        .await
}
