//! StatsD in the master: lines by UDP, TCP and HTTP, added up, and told to the history at every flush.
//!
//! Invariants
//! - G-1: lines without credentials come from the networks that the configuration allows, or are not read.
//! - G-2: whatever is sent, a packet has a bound, a connection has one, and so has the number of them.
//!
//! Elsewhere: what lines mean and add up to (`topmast_ingest::statsd`); those with credentials
//! (`http::v1::ingest::statsd`).

pub(crate) mod config;
mod listen;

use crate::http::Context;
use crate::ingest::Labelled;
use crate::network::networks;
use config::StatsdConfig;
use listen::Sockets;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::MissedTickBehavior;
use topmast_history::AppendError;
use topmast_ingest::statsd::{Aggregate, Taken};
use topmast_model::network::Network;

/// Time between two log lines about lines that are wrong.
const SAID_EVERY_MS: i64 = 60_000;

/// What was sent and not told yet, and what is counted about it.
pub(crate) struct Statsd {
    aggregate: Mutex<Aggregate>,
    allow: Vec<Network>,
    flush: Duration,
    lines: AtomicU64,
    passed_over: AtomicU64,
    wrong: AtomicU64,
    refused_series: AtomicU64,
    refused_senders: AtomicU64,
    /// When it was last said that lines were not taken.
    said: AtomicI64,
}

/// Numbers about it.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) lines: u64,
    pub(crate) passed_over: u64,
    pub(crate) wrong: u64,
    pub(crate) refused_series: u64,
    pub(crate) refused_senders: u64,
    pub(crate) series: u64,
}

impl Statsd {
    /// # Errors
    /// What is wrong with the configuration.
    pub(crate) fn new(config: &StatsdConfig) -> Result<Self, String> {
        let options = config.options()?;
        Ok(Self {
            flush: Duration::from_millis(options.flush_ms.unsigned_abs()),
            aggregate: Mutex::new(Aggregate::new(options)),
            allow: networks(&config.allow)?,
            lines: AtomicU64::new(0),
            passed_over: AtomicU64::new(0),
            wrong: AtomicU64::new(0),
            refused_series: AtomicU64::new(0),
            refused_senders: AtomicU64::new(0),
            said: AtomicI64::new(0),
        })
    }

    /// Adds lines up.
    pub(crate) fn take(&self, lines: &[u8], now: i64) -> Taken {
        let taken = self.aggregate.lock().unwrap_or_else(PoisonError::into_inner).take(lines, now);
        let add = |counter: &AtomicU64, count| counter.fetch_add(count, Ordering::Relaxed);
        add(&self.lines, taken.lines);
        add(&self.passed_over, taken.passed_over);
        add(&self.wrong, taken.wrong);
        add(&self.refused_series, taken.refused);
        taken
    }

    /// Adds lines up for a sender that hears nothing: what is wrong with them is logged, now and then.
    fn take_silently(&self, lines: &[u8], now: i64) {
        let taken = self.take(lines, now);
        if let Some(reason) = taken.reason {
            self.say(&reason, now);
        }
    }

    /// Logs, now and then, why something was not taken.
    fn say(&self, reason: &str, now: i64) {
        if now - self.said.load(Ordering::Relaxed) >= SAID_EVERY_MS {
            self.said.store(now, Ordering::Relaxed);
            let figures = self.figures();
            let (wrong, refused) = (figures.wrong, figures.refused_series);
            tracing::warn!(
                wrong,
                refused,
                reason,
                "lines of StatsD were not taken; this is said once a minute at most"
            );
        }
    }

    /// Whether an address may send without credentials (G-1); who may not is counted.
    fn lets_in(&self, address: IpAddr) -> bool {
        let inside = self.allow.iter().any(|network| network.contains(address));
        self.refused_senders.fetch_add(u64::from(!inside), Ordering::Relaxed);
        inside
    }

    pub(crate) fn figures(&self) -> Figures {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Figures {
            lines: count(&self.lines),
            passed_over: count(&self.passed_over),
            wrong: count(&self.wrong),
            refused_series: count(&self.refused_series),
            refused_senders: count(&self.refused_senders),
            series: self.aggregate.lock().unwrap_or_else(PoisonError::into_inner).held() as u64,
        }
    }
}

/// The sockets of a configuration, bound; `None` when it asks for none.
///
/// # Errors
/// What the system answered.
pub(crate) async fn bind(address: Option<SocketAddr>) -> std::io::Result<Option<Sockets>> {
    let Some(address) = address else { return Ok(None) };
    Sockets::bind(address).await.map(Some)
}

/// Takes what the sockets bring, and tells the history at every flush, for as long as it is polled.
pub(crate) async fn run(context: Arc<Context>, sockets: Option<Sockets>) {
    let listen = async {
        match sockets {
            Some(sockets) => sockets.run(&context).await,
            None => std::future::pending().await,
        }
    };
    tokio::join!(listen, flush(&context));
}

async fn flush(context: &Arc<Context>) {
    let mut timer = tokio::time::interval(context.statsd.flush);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        if context.statsd.figures().series == 0 {
            continue;
        }
        let Some(place) = context.ingest.wait().await else { return };
        let inside = Arc::clone(context);
        let worked = context.ingest.work(place, move |scratch| {
            let now = inside.bus.clock().now().0;
            let batch = &mut scratch.batch;
            let mut sink = Labelled { batch, own: inside.ingest.own(), known: None };
            inside.statsd.aggregate.lock().unwrap_or_else(PoisonError::into_inner).flush(now, &mut sink);
            let batch = sink.batch;
            let samples = batch.len() as u64;
            inside.counters.ingested(samples, 0);
            if let Err(over) = inside.meters.bring(inside.ingest.own().tenant(), samples, Instant::now()) {
                inside.counters.history_lost(samples);
                inside.statsd.say(&over.detail, now);
                return;
            }
            match inside.bring(batch, now) {
                Ok(brought) => {
                    if let Some(refusals) = brought.refusals {
                        inside.statsd.say(&refusals, now);
                    }
                }
                Err(AppendError::Full | AppendError::Forgotten) => {
                    inside.counters.history_lost(batch.len() as u64);
                }
            }
        });
        // `None` when the process ends.
        if worked.await.is_none() {
            return;
        }
    }
}
