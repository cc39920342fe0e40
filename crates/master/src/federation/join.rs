//! One joined cluster: its link, what was last heard over it, and the client with which it is asked.
//!
//! The link asks the cluster once a second for its own row of `GET /api/v1/clusters`, with the console token itself. What
//! comes back, or does not, is the freshness of everything that is shown of it.

use super::config::JoinConfig;
use super::watches::{WatchError, WatchPlace, Watches};
use crate::access::secret_source::SecretSource;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use topmast_api::client::{Client, ClientError, Credentials, Endpoint};
use topmast_api::cluster::{ClusterRow, ClusterStatus};
use topmast_api::problem::ProblemCode;

/// Time between two questions.
const ASK: Duration = Duration::from_secs(1);
/// Longest wait for an answer: longer than until a cluster is STALE, so that a slow one still is heard of.
const ANSWER: Duration = Duration::from_secs(10);
/// Longest wait between two tries.
const PAUSE_MAX: Duration = Duration::from_secs(15);
/// Time to connect.
const CONNECT: Duration = Duration::from_secs(3);
/// Requests that are passed on to one cluster at one time, streams among them.
const PLACES: usize = 200;
/// Without a word for so long a cluster is STALE.
pub(crate) const STALE_AFTER: Duration = Duration::from_secs(3);
/// Without a word for so long it is DOWN.
pub(crate) const DOWN_AFTER: Duration = Duration::from_secs(15);

/// See the module.
pub(crate) struct Join {
    name: String,
    token: SecretSource,
    began: Instant,
    /// Passes requests on, `WebSocket`s among them.
    http: reqwest::Client,
    /// Places for what is passed on (FE-4).
    places: Arc<Semaphore>,
    /// What is watched there (FE-5).
    watches: Arc<Watches>,
    heard: Mutex<Heard>,
}

/// What is known of a cluster.
struct Heard {
    /// With the token as it was last read.
    client: Client,
    /// Its own row, when it came, and how long it took.
    said: Option<(ClusterRow, Instant, Duration)>,
    /// Why the last question had no answer, and whether that was the cluster's will.
    failed: Option<(String, bool)>,
}

/// Why a cluster has no row for us.
enum Failure {
    /// It does not answer.
    Away(String),
    /// It answers and lets us not in.
    Refused(String),
}

impl Join {
    /// Prepares a join that was checked.
    ///
    /// # Errors
    /// When its CA cannot be read or used.
    pub(super) fn new(config: &JoinConfig) -> Result<Self, String> {
        // The process has one crypto provider; whoever starts first installs it.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let JoinConfig { name, urls, token, ca } = config;
        let read = |path: &std::path::PathBuf| {
            std::fs::read_to_string(path).map_err(|error| format!("{name}: read {}: {error}", path.display()))
        };
        let ca_pem = ca.as_ref().map(read).transpose()?;
        let http = passing(ca_pem.as_deref()).map_err(|error| format!("{name}: {error}"))?;
        let (first, others) = urls.split_first().ok_or("no address")?;
        // The token is read when it is needed; that one goes there bounds the addresses already now.
        let credentials = Credentials::Bearer(String::new());
        let endpoint = Endpoint { url: first.clone(), ca_pem, credentials, timeout: ANSWER };
        let client = Client::of_masters(endpoint, others).map_err(|error| format!("{name}: {error}"))?;
        Ok(Self {
            name: name.clone(),
            token: token.clone(),
            began: Instant::now(),
            http,
            places: Arc::new(Semaphore::new(PLACES)),
            watches: Arc::default(),
            heard: Mutex::new(Heard { client, said: None, failed: None }),
        })
    }

    /// What passes requests on; it follows no redirect.
    pub(super) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// A place for a request that is passed on; none when all are taken.
    pub(crate) fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// A place for a watch of a person.
    ///
    /// # Errors
    /// [`WatchError`] when there is none.
    pub(crate) fn watch_place(&self, user: &str) -> Result<WatchPlace, WatchError> {
        self.watches.enter(user, &self.name)
    }

    /// What it is called here.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// With its token, as the console itself.
    pub(crate) fn client(&self) -> Client {
        self.heard().client.clone()
    }

    /// Time since it was heard of; none before the first time.
    pub(crate) fn silence(&self) -> Option<Duration> {
        self.heard().said.as_ref().map(|(_, at, _)| at.elapsed())
    }

    /// How the way to it is, and why.
    pub(crate) fn status(&self) -> (ClusterStatus, Option<String>) {
        let heard = self.heard();
        let silence = heard.said.as_ref().map_or_else(|| self.began.elapsed(), |(_, at, _)| at.elapsed());
        match &heard.failed {
            Some((reason, true)) => (ClusterStatus::Refused, Some(reason.clone())),
            failed if silence > DOWN_AFTER => {
                let reason = failed
                    .as_ref()
                    .map_or_else(|| "it does not answer".to_owned(), |(reason, _)| reason.clone());
                (ClusterStatus::Down, Some(reason))
            }
            _ if heard.said.is_none() => (ClusterStatus::Connecting, None),
            _ if silence > STALE_AFTER => (ClusterStatus::Stale, None),
            _ => (ClusterStatus::Up, None),
        }
    }

    /// Its row in the list of clusters.
    ///
    /// `with_counts`: what its token sees of it, for who may read everything.
    pub(crate) fn row(&self, with_counts: bool) -> ClusterRow {
        let (status, reason) = self.status();
        let heard = self.heard();
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let said = heard.said.as_ref();
        ClusterRow {
            name: self.name.clone(),
            is_own: false,
            status,
            reason,
            url: heard.client.url().to_owned(),
            version: said.and_then(|(row, ..)| row.version.clone()),
            age_ms: said.map(|(_, at, _)| millis(at.elapsed())),
            lag_ms: said.map(|(.., took)| millis(*took)),
            clusters: said.map(|(row, ..)| row.clusters.clone()).unwrap_or_default(),
            counts: said.filter(|_| with_counts).and_then(|(row, ..)| row.counts.clone()),
        }
    }

    /// Asks again and again, for ever.
    pub(super) async fn run(&self) {
        let mut failures: u32 = 0;
        loop {
            let began = Instant::now();
            match self.ask().await {
                Ok(row) => {
                    if failures > 0 {
                        tracing::info!(cluster = self.name, "the joined cluster answers");
                    }
                    failures = 0;
                    let mut heard = self.heard();
                    heard.said = Some((row, Instant::now(), began.elapsed()));
                    heard.failed = None;
                }
                Err(failure) => {
                    let (reason, is_refused) = match failure {
                        Failure::Away(reason) => (reason, false),
                        Failure::Refused(reason) => (reason, true),
                    };
                    if failures == 0 {
                        tracing::warn!(cluster = self.name, reason, "the joined cluster cannot be asked");
                    }
                    failures = failures.saturating_add(1);
                    self.heard().failed = Some((reason, is_refused));
                }
            }
            tokio::time::sleep(pause(failures, began.elapsed())).await;
        }
    }

    /// The cluster's own row.
    async fn ask(&self) -> Result<ClusterRow, Failure> {
        // Read each time: a new token counts at once.
        let token = self.token.read().map_err(Failure::Refused)?;
        let client = {
            let mut heard = self.heard();
            if *heard.client.credentials() != Credentials::Bearer(token.clone()) {
                heard.client = heard.client.with_credentials(Credentials::Bearer(token));
            }
            heard.client.clone()
        };
        let is_first = self.heard().said.is_none() || self.heard().failed.is_some();
        if is_first && !client.session_get().await.map_err(|error| failure(&error))?.speaks_for_users {
            let reason = "its token does not speak for users; make one there with `topmast tokens create NAME \
                          --console --grant …`";
            return Err(Failure::Refused(reason.to_owned()));
        }
        let page = client.cluster_list().await.map_err(|error| failure(&error))?;
        let own = page.items.into_iter().find(|row| row.is_own);
        own.ok_or_else(|| Failure::Refused("it does not say what it is".to_owned()))
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client that hands everything on as it comes; `WebSocket`s begin in HTTP/1.1.
fn passing(ca_pem: Option<&str>) -> Result<reqwest::Client, reqwest::Error> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .http1_only();
    if let Some(pem) = ca_pem {
        builder = builder.tls_certs_only(reqwest::Certificate::from_pem_bundle(pem.as_bytes())?);
    }
    builder.build()
}

/// What an error says of a cluster: its will, or that it is not there.
fn failure(error: &ClientError) -> Failure {
    let code = error.problem().map(|problem| problem.code);
    match (&error, code) {
        (ClientError::Untrusted { .. }, _) => {
            Failure::Refused(format!("{error}; write the CA of that cluster as `ca` of its [[join]]"))
        }
        (_, Some(ProblemCode::Unauthenticated)) => Failure::Refused(
            "its token is wrong, revoked or over; make another one there and write it where the join's `token` says"
                .to_owned(),
        ),
        (_, Some(ProblemCode::Forbidden)) => Failure::Refused(error.to_string()),
        (_, Some(ProblemCode::NotFound)) => {
            Failure::Refused("its Topmast is too old to be joined; upgrade its masters".to_owned())
        }
        _ => Failure::Away(error.to_string()),
    }
}

/// How long to wait: until the next second, or longer each time that nothing came, by chance a half more or less.
fn pause(failures: u32, took: Duration) -> Duration {
    if failures == 0 {
        return ASK.saturating_sub(took).max(ASK / 10);
    }
    let whole = ASK.saturating_mul(1 << (failures - 1).min(4)).min(PAUSE_MAX);
    whole.mul_f64(0.5 + fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_follows_the_silence_and_the_will_of_the_cluster() {
        let mut join = Join::new(&"east=http://127.0.0.1:9,token=env:EAST".parse().unwrap()).unwrap();
        let ago = |seconds| Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap();
        assert_eq!(join.status(), (ClusterStatus::Connecting, None));
        join.began = ago(16);
        let (status, reason) = join.status();
        assert_eq!(status, ClusterStatus::Down);
        assert_eq!(reason.as_deref(), Some("it does not answer"));
        let row = join.row(false);
        for (silence, failed, status) in [
            (1, None, ClusterStatus::Up),
            (1, Some(("late".to_owned(), false)), ClusterStatus::Up),
            (4, Some(("late".to_owned(), false)), ClusterStatus::Stale),
            (16, Some(("late".to_owned(), false)), ClusterStatus::Down),
            (1, Some(("wrong".to_owned(), true)), ClusterStatus::Refused),
        ] {
            let mut heard = join.heard();
            heard.said = Some((row.clone(), ago(silence), Duration::ZERO));
            heard.failed = failed;
            drop(heard);
            assert_eq!(join.status().0, status, "{silence}");
        }
        assert_eq!(join.status().1.as_deref(), Some("wrong"));
    }

    #[test]
    fn pauses_grow_up_to_a_bound_and_differ() {
        assert_eq!(pause(0, Duration::from_millis(300)), Duration::from_millis(700));
        assert_eq!(pause(0, Duration::from_secs(9)), Duration::from_millis(100));
        for failures in 1..40 {
            let (whole, found) =
                (ASK.saturating_mul(1 << (failures - 1).min(4)).min(PAUSE_MAX), pause(failures, ASK));
            assert!(found >= whole / 2 && found <= whole * 3 / 2, "{failures}: {found:?}");
        }
    }
}
