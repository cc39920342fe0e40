//! The HTTP client of the store: one address, its credentials, answers with a bound.
//!
//! Invariants
//! - an answer is given up once it is longer than its bound; a request, once it took too long.
//! - redirects are not followed, so credentials go to the configured address only.

use crate::config::RemoteConfig;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Certificate, RequestBuilder, StatusCode};
use std::path::{Path, PathBuf};
use std::time::Duration;
use topmast_model::error::with_sources;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// A file of the configuration cannot be used.
    #[error("read {path} ({field} in master.toml)")]
    File {
        /// The field.
        field: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system answered.
        source: std::io::Error,
    },
    /// The file holds no certificate.
    #[error("{path} (history.remote.ca_file in master.toml) holds no PEM certificate")]
    Ca {
        /// The file.
        path: PathBuf,
    },
    /// A header cannot be sent.
    #[error("history.remote.headers: {name:?} with its value is no header")]
    Header {
        /// Its name.
        name: String,
    },
    /// The TLS library refuses.
    #[error("prepare the connection to the store")]
    Tls(#[from] reqwest::Error),
}

/// See the module. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) http: reqwest::Client,
    credentials: Credentials,
}

#[derive(Debug, Clone)]
enum Credentials {
    None,
    Bearer(PathBuf),
    Basic(String, PathBuf),
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// When the store wants to be asked again.
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Vec<u8>,
    /// It was not longer than its bound.
    pub(crate) whole: bool,
}

/// Why there is none.
#[derive(Debug)]
pub(crate) struct AskError(pub(crate) String);

impl Client {
    pub(super) fn new(config: &RemoteConfig) -> Result<Self, ClientError> {
        // The process has one crypto provider; whoever starts first installs it.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut headers = HeaderMap::new();
        for (name, value) in &config.headers {
            let header = (HeaderName::try_from(name), HeaderValue::try_from(value));
            let (Ok(key), Ok(value)) = header else { return Err(ClientError::Header { name: name.clone() }) };
            headers.insert(key, value);
        }
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(Duration::from_secs(u64::from(config.timeout_s)))
            .redirect(reqwest::redirect::Policy::none())
            .default_headers(headers)
            .user_agent(concat!("topmast/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = &config.ca_file {
            let pem = std::fs::read(path).map_err(unread("history.remote.ca_file", path))?;
            let roots = Certificate::from_pem_bundle(&pem).unwrap_or_default();
            if roots.is_empty() {
                return Err(ClientError::Ca { path: path.clone() });
            }
            builder = builder.tls_certs_only(roots);
        }
        let credentials = match (&config.bearer_token_file, &config.username, &config.password_file) {
            (Some(token), ..) => Credentials::Bearer(token.clone()),
            (None, Some(user), Some(password)) => Credentials::Basic(user.clone(), password.clone()),
            _ => Credentials::None,
        };
        let client = Self { http: builder.build()?, credentials };
        // A file that is not there is told at the start and not in an hour.
        client.authorization().map_err(|(field, path, source)| ClientError::File { field, path, source })?;
        Ok(client)
    }

    /// Sends a request and reads the answer.
    pub(super) async fn ask(&self, request: RequestBuilder, bytes_max: usize) -> Result<Answer, AskError> {
        let failed = |error: reqwest::Error| AskError(with_sources(&error.without_url()));
        // Read each time: tokens are changed while a master runs.
        let authorization = self.authorization().map_err(|(field, path, source)| {
            AskError(format!("read {} ({field} in master.toml): {source}", path.display()))
        })?;
        let request = match authorization {
            Some(value) => request.header(AUTHORIZATION, value),
            None => request,
        };
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status();
        let retry_after =
            response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let retry_after = retry_after.map(Duration::from_secs);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > bytes_max {
                return Ok(Answer { status, retry_after, body, whole: false });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, retry_after, body, whole: true })
    }

    fn authorization(&self) -> Result<Option<HeaderValue>, (&'static str, PathBuf, std::io::Error)> {
        let (field, path) = match &self.credentials {
            Credentials::None => return Ok(None),
            Credentials::Bearer(path) => ("history.remote.bearer_token_file", path),
            Credentials::Basic(_, path) => ("history.remote.password_file", path),
        };
        let wrong = |source| (field, path.clone(), source);
        let secret = std::fs::read_to_string(path).map_err(wrong)?;
        let secret = secret.trim();
        let text = match &self.credentials {
            Credentials::Basic(user, _) => {
                use base64::Engine as _;
                format!(
                    "Basic {}",
                    base64::engine::general_purpose::STANDARD.encode(format!("{user}:{secret}"))
                )
            }
            _ => format!("Bearer {secret}"),
        };
        let mut value = HeaderValue::try_from(text)
            .map_err(|_| wrong(std::io::Error::other("it holds what no header can")))?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

impl Answer {
    /// The beginning of the body, on one line.
    pub(super) fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        text.trim().chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect()
    }
}

fn unread(field: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> ClientError {
    let path = path.to_owned();
    move |source| ClientError::File { field, path, source }
}
