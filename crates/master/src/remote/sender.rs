//! Sends what the spool holds, in rounds: lanes beside each other, each in order, the cursor after all of them.
//!
//! Invariants
//! - S-1: a request is sent until the store takes it or says that it never will.
//! - S-2: the log tells when the store stops taking, when it takes again, and the first refusal since a success.

use super::client::{Answer, AskError, Client};
use super::outbox::{LANES, Outbox};
use super::spool::Record;
use crate::clock::Clock;
use axum::body::Bytes;
use futures_util::future::join_all;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// First wait after a failure.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// Longest wait: a store that is back is found within half a minute.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Longest wait that a store may ask for.
const RETRY_AFTER_MAX: Duration = Duration::from_mins(5);
/// Of an answer, only its first words matter.
const ANSWER_MAX: usize = 64 << 10;

/// See the module.
pub(crate) struct Sender {
    client: Client,
    url: String,
    outbox: Arc<Outbox>,
    clock: Arc<Clock>,
    sent: AtomicU64,
    refused: AtomicU64,
    health: Mutex<Health>,
}

/// How it goes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Health {
    /// Since when the store takes nothing, in ms since the Unix epoch.
    pub(crate) failing_since: Option<i64>,
    /// What went wrong last, also when it goes well again.
    pub(crate) last_error: Option<String>,
    /// A refusal was told since the last success.
    refusing: bool,
}

/// What the store said.
enum Verdict {
    Taken,
    Never(String),
    Later(String, Option<Duration>),
}

impl Sender {
    pub(super) fn new(client: Client, url: &str, outbox: Arc<Outbox>, clock: Arc<Clock>) -> Self {
        let (sent, refused) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { client, url: url.to_owned(), outbox, clock, sent, refused, health: Mutex::default() }
    }

    /// Sends for as long as it is polled.
    pub(crate) async fn run(&self) {
        loop {
            let mut lanes: [VecDeque<Record>; LANES] = Default::default();
            for record in self.outbox.next().await {
                lanes[usize::from(record.lane) % LANES].push_back(record);
            }
            join_all(lanes.into_iter().map(|lane| self.lane(lane))).await;
            self.outbox.done();
        }
    }

    async fn lane(&self, records: VecDeque<Record>) {
        for record in records {
            self.deliver(record).await;
        }
    }

    async fn deliver(&self, record: Record) {
        let samples = u64::from(record.samples);
        let body: Bytes = record.body.into();
        let mut failures = 0;
        loop {
            match self.send(body.clone()).await {
                Verdict::Taken => {
                    self.sent.fetch_add(samples, Ordering::Relaxed);
                    return self.taken();
                }
                Verdict::Never(reason) => {
                    self.refused.fetch_add(samples, Ordering::Relaxed);
                    return self.refused_for(samples, reason);
                }
                Verdict::Later(reason, after) => {
                    self.failed(reason);
                    let wait = backoff(failures).max(after.unwrap_or_default().min(RETRY_AFTER_MAX));
                    failures += 1;
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    async fn send(&self, body: Bytes) -> Verdict {
        let request = self
            .client
            .http
            .post(&self.url)
            .header(CONTENT_TYPE, "application/x-protobuf")
            .header(CONTENT_ENCODING, "snappy")
            .header("X-Prometheus-Remote-Write-Version", "0.1.0")
            .body(body);
        match self.client.ask(request, ANSWER_MAX).await {
            Ok(answer) => verdict(&answer),
            Err(AskError(reason)) => Verdict::Later(reason, None),
        }
    }

    fn taken(&self) {
        let mut health = self.health();
        health.refusing = false;
        if let Some(since) = health.failing_since.take() {
            let seconds = (self.clock.now().0 - since) / 1_000;
            tracing::info!(url = self.url, seconds, "the store outside takes samples again");
        }
    }

    fn refused_for(&self, samples: u64, reason: String) {
        let mut health = self.health();
        if !std::mem::replace(&mut health.refusing, true) {
            tracing::error!(
                url = self.url,
                samples,
                reason,
                "the store outside refuses samples; they are dropped and counted"
            );
        }
        health.last_error = Some(reason);
    }

    fn failed(&self, reason: String) {
        let mut health = self.health();
        if health.failing_since.is_none() {
            health.failing_since = Some(self.clock.now().0);
            tracing::error!(
                url = self.url,
                reason,
                "the store outside takes no samples; they wait in the spool"
            );
        }
        health.last_error = Some(reason);
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn health_now(&self) -> Health {
        self.health().clone()
    }

    /// Samples that the store took.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Samples that the store will never take.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

/// What an answer says of the samples. What is wrong with the way to the store, a token or an address, says
/// nothing of them, so they wait until it is repaired.
fn verdict(answer: &Answer) -> Verdict {
    let status = answer.status;
    let said = || format!("{} {}", status.as_u16(), answer.text());
    let way = [
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::NOT_FOUND,
        StatusCode::METHOD_NOT_ALLOWED,
        StatusCode::PROXY_AUTHENTICATION_REQUIRED,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::MISDIRECTED_REQUEST,
        StatusCode::TOO_EARLY,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    if status.is_success() {
        Verdict::Taken
    } else if status.is_client_error() && !way.contains(&status) {
        Verdict::Never(said())
    } else {
        Verdict::Later(said(), answer.retry_after)
    }
}

/// Doubling, bounded, and between half and the whole of it, so that lanes and masters do not come together.
fn backoff(failures: u32) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1 << failures.min(16)).min(LONGEST_WAIT);
    doubled / 2 + (doubled / 2).mul_f64(fastrand::f64())
}
