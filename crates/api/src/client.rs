//! The typed client: every route as a method, streams that can be resumed, errors that say what to do.
//!
//! ```text
//! Client ─ call(route) ─► reqwest ─► master
//!    └─ streams: bytes ─► sse::Parser ─► messages (client/stream.rs)
//! ```
//!
//! The caller installs the process's rustls provider first.
//!
//! Invariants
//! - K-1: credentials go over TLS, or over plain HTTP on loopback only, and never follow a redirect.
//! - K-2: whatever the master sends is bounded: the size of an answer, of an event, and every wait.
//! - K-3: nothing is asked of a second master that the first may have done (`client/masters.rs`).
//!
//! Elsewhere: which routes there are (`route`); where profiles are kept (the console).

mod access;
mod calls;
mod cluster;
mod configuration;
mod error;
mod log;
mod master;
mod masters;
mod query;
pub mod sse;
mod stream;
mod task;
mod tenant;
mod terminal;

pub use error::{BuildError, ClientError};
pub use log::LogStream;
pub use stream::{ActionStream, EventStream, ExportStream, PageStream, WatchStream};
pub use terminal::{TerminalEvent, TerminalReceiver, TerminalSender};

use crate::console;
use crate::problem::Problem;
use crate::query::QueryFailure;
use crate::route::{self, Method, Route};
use crate::session::Session;
use masters::{CHANGE_OVER, Masters, PAUSE, may_ask_another};
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::{Certificate, Request, RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Largest answer taken: a page of the most rows has some 10 MB.
const ANSWER_MAX: usize = 64 << 20;
/// Time to connect: twice what a first TLS handshake over a bad line takes.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time to connect when there is another master to ask.
const CONNECT_QUICKLY: Duration = Duration::from_secs(2);
/// Time for an answer when the caller does not say: verifying a large journal is the slowest.
pub const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);

/// Proof of who asks.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// None: only public routes answer.
    None,
    /// A session or API token.
    Bearer(String),
    /// User name and password, sent with every request.
    Basic {
        /// User name.
        user: String,
        /// Password.
        password: String,
    },
}

impl Credentials {
    /// The credentials that an open session gives; none if a cookie carries its token.
    pub fn of(session: &Session) -> Self {
        session.token.clone().map_or(Self::None, Self::Bearer)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bearer(_) => f.write_str("Bearer(..)"),
            Self::Basic { user, .. } => write!(f, "Basic({user:?}, ..)"),
        }
    }
}

/// Which master, whom to trust, who asks.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// `https://host:port`.
    pub url: String,
    /// CA certificates to trust instead of the system's, PEM.
    pub ca_pem: Option<String>,
    /// Who asks.
    pub credentials: Credentials,
    /// Longest wait for an answer; streams are not bound by it.
    pub timeout: Duration,
}

/// A client of one master, or of all masters of a cluster. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    masters: Arc<Masters>,
    credentials: Credentials,
    timeout: Duration,
    user: Option<Arc<SpokenFor>>,
    cluster: Option<Arc<str>>,
}

/// For whom a console asks.
#[derive(Debug)]
struct SpokenFor {
    user: HeaderValue,
    address: Option<IpAddr>,
}

impl Client {
    /// Makes a client; connects to nothing yet.
    ///
    /// # Errors
    /// [`BuildError`] with what is wrong with the endpoint.
    pub fn new(endpoint: Endpoint) -> Result<Self, BuildError> {
        Self::of_masters(endpoint, &[])
    }

    /// Makes a client that asks another master when the endpoint's does not answer or does not lead.
    ///
    /// # Errors
    /// [`BuildError`] with what is wrong with the endpoint or an address.
    pub fn of_masters(endpoint: Endpoint, others: &[String]) -> Result<Self, BuildError> {
        let Endpoint { url, ca_pem, credentials, timeout } = endpoint;
        let texts = std::iter::once(url.as_str()).chain(others.iter().map(String::as_str));
        let masters = Masters::new(texts, &credentials)?;
        let mut builder = builder()?;
        if !masters.is_one() {
            builder = builder.connect_timeout(CONNECT_QUICKLY);
        }
        if let Some(pem) = ca_pem {
            let roots = Certificate::from_pem_bundle(pem.as_bytes()).map_err(|_| BuildError::Ca)?;
            if roots.is_empty() {
                return Err(BuildError::Ca);
            }
            builder = builder.tls_certs_only(roots);
        }
        let http = builder.build().map_err(|source| BuildError::Tls { source })?;
        Ok(Self { http, masters: Arc::new(masters), credentials, timeout, user: None, cluster: None })
    }

    /// The address of the master that is asked first: the one that answered last.
    pub fn url(&self) -> &str {
        self.masters.current().as_str().trim_end_matches('/')
    }

    /// Who asks.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The same client as somebody else.
    #[must_use]
    pub fn with_credentials(&self, credentials: Credentials) -> Self {
        Self { credentials, ..self.clone() }
    }

    /// The same client in the name of a user: for a console whose API token speaks for users.
    ///
    /// `address`: where the user is.
    ///
    /// # Errors
    /// [`BuildError::User`] when no user can have that name.
    pub fn speaking_for(&self, user: &str, address: Option<IpAddr>) -> Result<Self, BuildError> {
        let user = HeaderValue::from_str(user).map_err(|_| BuildError::User { user: user.to_owned() })?;
        Ok(Self { user: Some(Arc::new(SpokenFor { user, address })), ..self.clone() })
    }

    /// The same client at a joined cluster, whose own paths it uses: the master passes everything on to it.
    #[must_use]
    pub fn at_cluster(&self, join: &str) -> Self {
        Self { cluster: Some(join.into()), ..self.clone() }
    }

    /// The joined cluster that it is at.
    pub fn cluster(&self) -> Option<&str> {
        self.cluster.as_deref()
    }

    fn call(&self, route: &Route, arguments: &[&str]) -> Call<'_> {
        let mut url = self.masters.current().clone();
        let path = route.fill(arguments);
        url.set_path(&match (&self.cluster, path.strip_prefix(route::PREFIX)) {
            (Some(join), Some(rest)) => format!("{}clusters/{join}/{rest}", route::PREFIX),
            _ => path,
        });
        let request = match route.method {
            Method::Get => self.http.get(url),
            Method::Post => self.http.post(url),
            Method::Put => self.http.put(url),
            Method::Delete => self.http.delete(url),
        };
        let request = match &self.credentials {
            Credentials::None => request,
            Credentials::Bearer(token) => request.bearer_auth(token),
            Credentials::Basic { user, password } => request.basic_auth(user, Some(password)),
        };
        let request = match self.user.as_deref() {
            None => request,
            Some(SpokenFor { user, address }) => {
                let request = request.header(console::USER, user);
                address
                    .iter()
                    .fold(request, |request, address| request.header(console::ADDRESS, address.to_string()))
            }
        };
        Call { client: self, request }
    }
}

/// Fetches the CA certificate that a master claims to have, **without any trust in the connection**.
///
/// Only for comparing it with a fingerprint that came another way; see `topmast login --fingerprint`.
///
/// # Errors
/// [`ClientError`] when the master cannot be reached or has no CA.
pub async fn fetch_unverified_ca(url: &str) -> Result<String, ClientError> {
    let masters = Arc::new(Masters::new([url], &Credentials::None)?);
    let builder = builder()?.tls_danger_accept_invalid_certs(true);
    let http = builder.build().map_err(|source| BuildError::Tls { source })?;
    let (credentials, timeout) = (Credentials::None, ANSWER_TIMEOUT);
    let client = Client { http, masters, credentials, timeout, user: None, cluster: None };
    client.ca_get().await
}

/// True for the address of a master to which credentials may be sent (K-1).
pub fn may_carry_credentials(url: &str) -> bool {
    parse_url(url).is_ok_and(|url| url.scheme() == "https" || is_loopback(&url))
}

fn builder() -> Result<reqwest::ClientBuilder, BuildError> {
    // Without a provider reqwest panics.
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        return Err(BuildError::NoProvider);
    }
    Ok(reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("topmast/", env!("CARGO_PKG_VERSION"))))
}

fn parse_url(text: &str) -> Result<Url, BuildError> {
    let wrong = || BuildError::Url { url: text.to_owned() };
    let url = Url::parse(text).map_err(|_| wrong())?;
    let is_http = matches!(url.scheme(), "http" | "https");
    if is_http && url.host_str().is_some() && url.query().is_none() { Ok(url) } else { Err(wrong()) }
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

/// One request being put together.
struct Call<'a> {
    client: &'a Client,
    request: RequestBuilder,
}

impl Call<'_> {
    fn query<Q: Serialize + ?Sized>(self, query: &Q) -> Self {
        Self { request: self.request.query(query), ..self }
    }

    fn body<B: Serialize + ?Sized>(self, body: &B) -> Self {
        Self { request: self.request.json(body), ..self }
    }

    /// A body as a form of a page.
    fn form(self, encoded: String) -> Self {
        let media_type = "application/x-www-form-urlencoded";
        Self { request: self.request.header(reqwest::header::CONTENT_TYPE, media_type).body(encoded), ..self }
    }

    fn bytes_as_body(self, body: reqwest::Body) -> Self {
        Self { request: self.request.body(body), ..self }
    }

    /// Sends it and reads the JSON answer, without a bound on the time that sending takes.
    async fn json_in_its_time<T: DeserializeOwned>(self) -> Result<T, ClientError> {
        let client = self.client;
        let bytes = client.read(self.open().await?).await?;
        serde_json::from_slice(&bytes)
            .map_err(|source| client.strange(format!("cannot read its answer: {source}")))
    }

    fn headers(self, headers: HeaderMap) -> Self {
        Self { request: self.request.headers(headers), ..self }
    }

    /// Sends it and reads the JSON answer.
    async fn json<T: DeserializeOwned>(self) -> Result<T, ClientError> {
        let client = self.client;
        let bytes = self.bytes().await?;
        serde_json::from_slice(&bytes)
            .map_err(|source| client.strange(format!("cannot read its answer: {source}")))
    }

    /// Sends it and reads the text answer.
    async fn text(self) -> Result<String, ClientError> {
        let client = self.client;
        let bytes = self.bytes().await?;
        String::from_utf8(bytes).map_err(|_| client.strange("its answer is not UTF-8".to_owned()))
    }

    /// Sends it; there is nothing to read.
    async fn empty(self) -> Result<(), ClientError> {
        self.bytes().await.map(drop)
    }

    async fn bytes(self) -> Result<Vec<u8>, ClientError> {
        let (client, timeout) = (self.client, self.client.timeout);
        let whole = async { client.read(self.open().await?).await };
        let late = |_| ClientError::Timeout { url: client.url().to_owned(), seconds: timeout.as_secs() };
        tokio::time::timeout(timeout, whole).await.map_err(late)?
    }

    /// Sends it and returns the answer once its head says that all is well.
    async fn open(self) -> Result<Response, ClientError> {
        let Self { client, request } = self;
        let request = request.build().map_err(|source| ClientError::connection(client.url(), &source))?;
        // On the heap: whoever awaits a call would carry all that may be tried.
        Box::pin(client.ask(request)).await
    }

    /// Sends it and returns the stream of events.
    async fn events(self) -> Result<Response, ClientError> {
        let (client, timeout) = (self.client, self.client.timeout);
        let request = self.request.header(ACCEPT, "text/event-stream");
        let late = |_| ClientError::Timeout { url: client.url().to_owned(), seconds: timeout.as_secs() };
        tokio::time::timeout(timeout, Call { client, request }.open()).await.map_err(late)?
    }
}

impl Client {
    /// Asks the masters in turn until one answers for itself; while they change over, again (K-3).
    async fn ask(&self, request: Request) -> Result<Response, ClientError> {
        let begun = Instant::now();
        loop {
            let Some(again) = request.try_clone() else {
                return self.ask_one(self.masters.current(), request).await;
            };
            let failed = match self.ask_each(&again).await {
                Err(error) if may_ask_another(&error, request.method()) => error,
                answered => return answered,
            };
            if self.masters.is_one() || begun.elapsed() > CHANGE_OVER {
                return Err(failed);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// One round. Of several failures the last refusal is told, which says more than that somebody does not answer.
    async fn ask_each(&self, request: &Request) -> Result<Response, ClientError> {
        let mut failed = None;
        for (index, url) in self.masters.in_turn() {
            let Some(request) = request.try_clone() else { break };
            let method = request.method().clone();
            match self.ask_one(url, request).await {
                Err(error) if may_ask_another(&error, &method) => {
                    if failed.is_none() || error.problem().is_some() {
                        failed = Some(error);
                    }
                }
                answered => {
                    self.masters.answered(index);
                    return answered;
                }
            }
        }
        Err(failed.unwrap_or_else(|| self.strange("its request cannot be sent twice".to_owned())))
    }

    async fn ask_one(&self, master: &Url, mut request: Request) -> Result<Response, ClientError> {
        let mut url = master.clone();
        url.set_path(request.url().path());
        url.set_query(request.url().query());
        *request.url_mut() = url;
        let name = master.as_str().trim_end_matches('/');
        let response =
            self.http.execute(request).await.map_err(|source| ClientError::connection(name, &source))?;
        let status = response.status();
        if status.is_success() || status == StatusCode::SWITCHING_PROTOCOLS {
            return Ok(response);
        }
        let body = self.read(response).await?;
        // Queries are refused in the form of Prometheus.
        let failure = || serde_json::from_slice::<QueryFailure>(&body).map(Problem::from);
        match serde_json::from_slice(&body).or_else(|_| failure()) {
            Ok(problem) => Err(ClientError::Refused(Box::new(problem))),
            Err(_) => Err(self.strange(format!("HTTP status {status} without a reason"))),
        }
    }

    /// Reads a whole body (K-2).
    async fn read(&self, mut response: Response) -> Result<Vec<u8>, ClientError> {
        let mut bytes = Vec::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|source| ClientError::connection(self.url(), &source))?
        {
            if bytes.len() + chunk.len() > ANSWER_MAX {
                return Err(
                    self.strange(format!("its answer is larger than {ANSWER_MAX} bytes; ask for fewer rows"))
                );
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    fn strange(&self, message: String) -> ClientError {
        ClientError::Strange { url: self.url().to_owned(), message }
    }
}

#[cfg(test)]
mod tests;
