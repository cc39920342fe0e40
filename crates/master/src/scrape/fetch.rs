//! Asking a target for its page: one bounded answer within one deadline.

use super::config::{Job, ScrapeConfig};
use super::target::Target;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, StatusCode};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use topmast_ingest::compression::Encoding;
use topmast_ingest::exposition::Form;

/// What is asked for, the best first.
const FORMS: &str = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
/// Redirects that are followed, as in Prometheus.
const REDIRECTS: usize = 10;

/// A page as it came.
pub(super) struct Fetched {
    pub(super) body: Vec<u8>,
    pub(super) encoding: Encoding,
    pub(super) form: Form,
    /// Its share of all bodies' memory.
    _share: Option<OwnedSemaphorePermit>,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    /// A file with a secret cannot be read.
    #[error("read {0}: {1}")]
    Secret(String, std::io::Error),
    /// No connection, or it broke off.
    #[error("{0}")]
    Connection(String),
    /// Another status than 200.
    #[error("the target answered {0}")]
    Status(StatusCode),
    /// An encoding that was not asked for.
    #[error("the target answered in the encoding {0:?}, which was not asked for")]
    Encoding(String),
    /// The body is larger than allowed.
    #[error("the target answered more than {0} bytes (body_size_limit)")]
    TooLarge(usize),
    /// The process ends.
    #[error("the master is stopping")]
    Stopping,
}

/// The client of a job.
pub(super) fn client(config: &ScrapeConfig) -> Result<Client, String> {
    // Without a provider the client panics; whoever starts first installs it.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let redirects = if config.follow_redirects { Policy::limited(REDIRECTS) } else { Policy::none() };
    let mut builder = Client::builder()
        .user_agent(concat!("topmast/", env!("CARGO_PKG_VERSION")))
        .redirect(redirects)
        .no_proxy()
        .pool_max_idle_per_host(1)
        .tls_danger_accept_invalid_certs(config.insecure);
    if let Some(path) = &config.ca_file {
        let name = path.display();
        let pem = std::fs::read(path).map_err(|error| format!("ca_file: read {name}: {error}"))?;
        let roots =
            Certificate::from_pem_bundle(&pem).map_err(|error| format!("ca_file: {name}: {error}"))?;
        if roots.is_empty() {
            return Err(format!("ca_file: {name} holds no certificate"));
        }
        builder = builder.tls_certs_only(roots);
    }
    builder.build().map_err(|error| format!("make an HTTP client: {}", told(&error)))
}

/// Asks a target; the caller sets the deadline.
pub(super) async fn get(
    job: &Job,
    target: &Target,
    body_kib: &Arc<Semaphore>,
) -> Result<Fetched, FetchError> {
    let config = &job.config;
    let mut request = job
        .client
        .get(target.url.clone())
        .header(ACCEPT, FORMS)
        .header(ACCEPT_ENCODING, "gzip")
        .header("x-prometheus-scrape-timeout-seconds", target.timeout.as_secs_f64().to_string());
    // Read each time, so that a new secret needs no restart.
    if let Some(path) = &config.bearer_token_file {
        request = request.bearer_auth(secret(path).await?);
    }
    if let (Some(user), Some(path)) = (&config.user, &config.password_file) {
        request = request.basic_auth(user, Some(secret(path).await?));
    }
    let mut response = request.send().await.map_err(|error| FetchError::Connection(told(&error)))?;
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status(response.status()));
    }
    let header = |name| {
        let value = response.headers().get(name).map(|value: &reqwest::header::HeaderValue| value.to_str());
        value.and_then(Result::ok).unwrap_or_default()
    };
    let named = header(CONTENT_ENCODING);
    let encoding =
        Encoding::named(named).filter(|encoding| matches!(encoding, Encoding::Gzip | Encoding::Identity));
    let encoding = encoding.ok_or_else(|| FetchError::Encoding(named.to_owned()))?;
    let form = Form::of_media_type(header(CONTENT_TYPE));
    let most = config.body_size_limit;
    if response.content_length().is_some_and(|length| length > most as u64) {
        return Err(FetchError::TooLarge(most));
    }
    let (mut body, mut share): (Vec<u8>, Option<OwnedSemaphorePermit>) = (Vec::new(), None);
    while let Some(chunk) = response.chunk().await.map_err(|error| FetchError::Connection(told(&error)))? {
        if body.len() + chunk.len() > most {
            return Err(FetchError::TooLarge(most));
        }
        let held = share.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let more = (body.len() + chunk.len()).div_ceil(1 << 10).saturating_sub(held);
        if let Ok(more) = u32::try_from(more)
            && more > 0
        {
            let more =
                Arc::clone(body_kib).acquire_many_owned(more).await.map_err(|_| FetchError::Stopping)?;
            match &mut share {
                Some(share) => share.merge(more),
                None => share = Some(more),
            }
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Fetched { body, encoding, form, _share: share })
}

async fn secret(path: &Path) -> Result<String, FetchError> {
    let read = tokio::fs::read_to_string(path).await;
    let text = read.map_err(|error| FetchError::Secret(path.display().to_string(), error))?;
    Ok(text.trim().to_owned())
}

/// An error with its causes; a library's own says nothing of them. The address is known anyway.
fn told(error: &reqwest::Error) -> String {
    let mut text =
        if error.is_redirect() { "follow its redirects".to_owned() } else { "ask the target".to_owned() };
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
