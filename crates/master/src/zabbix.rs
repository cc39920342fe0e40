//! Zabbix' senders in the master: a connection a request, its values told to the history, its answer in Zabbix' words.
//!
//! Invariants
//! - ZT-1: values without credentials come from the networks that the configuration allows, or are not read.
//! - ZT-2: whatever is sent, a request has a bound in bytes and in time, and so has the number of them.
//! - ZT-3: a value that is said to be processed is in the history.
//!
//! Elsewhere: the frame and what values mean (`topmast_ingest::zabbix`); agents that are asked (`crate::neighbour`).

pub(crate) mod config;

use crate::http::Context;
use crate::ingest::Labelled;
use crate::network::networks;
use config::ZabbixConfig;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use topmast_ingest::zabbix::{TRAP_MAX, accepted, refused, take, unframe};
use topmast_model::network::Network;

/// Connections at one time; who comes then waits to be accepted.
const CONNECTIONS_MAX: usize = 64;
/// A request and its answer, as `zabbix_sender` waits at most.
const EXCHANGE_MAX: Duration = Duration::from_mins(1);
/// Pause after an accept that failed: mostly there are no file descriptors, which a retry at once does not mend.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Time between two log lines about values that were not taken.
const SAID_EVERY_MS: i64 = 60_000;

/// Who may send, and what is counted.
pub(crate) struct Zabbix {
    allow: Vec<Network>,
    processed: AtomicU64,
    failed: AtomicU64,
    refused_senders: AtomicU64,
    /// When it was last said that values were not taken.
    said: AtomicI64,
}

/// Numbers about it.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) processed: u64,
    pub(crate) failed: u64,
    pub(crate) refused_senders: u64,
}

impl Zabbix {
    /// # Errors
    /// What is wrong with the configuration.
    pub(crate) fn new(config: &ZabbixConfig) -> Result<Self, String> {
        Ok(Self {
            allow: networks(&config.allow)?,
            processed: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            refused_senders: AtomicU64::new(0),
            said: AtomicI64::new(0),
        })
    }

    pub(crate) fn figures(&self) -> Figures {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Figures {
            processed: count(&self.processed),
            failed: count(&self.failed),
            refused_senders: count(&self.refused_senders),
        }
    }

    /// Whether an address may send (ZT-1); who may not is counted.
    fn lets_in(&self, address: IpAddr) -> bool {
        let inside = self.allow.iter().any(|network| network.contains(address));
        self.refused_senders.fetch_add(u64::from(!inside), Ordering::Relaxed);
        inside
    }

    /// Logs why something was not taken, now and then.
    fn say(&self, reason: &str, now: i64) {
        if now - self.said.load(Ordering::Relaxed) >= SAID_EVERY_MS {
            self.said.store(now, Ordering::Relaxed);
            let failed = self.figures().failed;
            tracing::warn!(
                failed,
                reason,
                "values of Zabbix' senders were not taken; this is said once a minute at most"
            );
        }
    }
}

/// The socket of a configuration, bound; `None` when it asks for none.
///
/// # Errors
/// What the system answered.
pub(crate) async fn bind(address: Option<SocketAddr>) -> std::io::Result<Option<TcpListener>> {
    let Some(address) = address else { return Ok(None) };
    TcpListener::bind(address).await.map(Some)
}

/// Takes what senders bring for as long as it is polled.
pub(crate) async fn run(context: Arc<Context>, listener: TcpListener) {
    let (places, mut tasks) = (Arc::new(Semaphore::new(CONNECTIONS_MAX)), JoinSet::new());
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, sender)) if context.zabbix.lets_in(sender.ip()) => {
                let context = Arc::clone(&context);
                tasks.spawn(async move {
                    let _place = place;
                    // A sender that does not read its answer, or never ends its request, is let go (ZT-2).
                    let _ = tokio::time::timeout(EXCHANGE_MAX, exchange(&context, stream)).await;
                });
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "accept a connection of a Zabbix sender");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
        while tasks.try_join_next().is_some() {}
    }
}

/// One request and its answer.
async fn exchange(context: &Arc<Context>, mut stream: TcpStream) {
    let started = Instant::now();
    let mut bytes = Vec::new();
    let read = loop {
        match unframe(&bytes, TRAP_MAX) {
            Ok(Some(payload)) => break Ok(payload.into_owned()),
            Ok(None) => {}
            Err(error) => break Err(error.to_string()),
        }
        match stream.read_buf(&mut bytes).await {
            // Whoever only looks whether the port is open gets no answer.
            Ok(0) if bytes.is_empty() => return,
            Ok(0) => break Err("the request was cut by the end of the connection".to_owned()),
            Ok(_) => {}
            Err(_) => return,
        }
    };
    let answer = match read {
        Ok(payload) => take_in(context, payload, started).await,
        Err(reason) => Err(reason),
    };
    let answer = answer.unwrap_or_else(|reason| {
        context.zabbix.say(&reason, context.bus.clock().now().0);
        refused(reason)
    });
    if stream.write_all(&answer).await.is_ok() {
        let _ = stream.shutdown().await;
    }
}

/// Tells the values of a request to the history; the answer to it, or why nothing was taken.
async fn take_in(context: &Arc<Context>, payload: Vec<u8>, started: Instant) -> Result<Vec<u8>, String> {
    let stopping = || "the master is stopping".to_owned();
    let place = context.ingest.wait().await.ok_or_else(stopping)?;
    let inside = Arc::clone(context);
    let worked = context.ingest.work(place, move |scratch| {
        let now = inside.bus.clock().now().0;
        let mut sink = Labelled { batch: &mut scratch.batch, own: inside.ingest.own(), known: None };
        let trapped = take(&payload, now, &mut sink).map_err(|error| error.to_string())?;
        let outcome = trapped.outcome;
        inside.counters.ingested(outcome.samples, outcome.left_out);
        inside.meters.bring(inside.ingest.own().tenant(), outcome.samples, Instant::now()).map_err(
            |over| {
                inside.zabbix.failed.fetch_add(trapped.total, Ordering::Relaxed);
                over.detail
            },
        )?;
        let brought = inside.bring(sink.batch, now).map_err(|error| {
            inside.counters.history_lost(outcome.samples);
            error.to_string()
        })?;
        // What was there already is there (ZT-3): a sender that repeats itself has not failed.
        let processed = brought.written().min(trapped.total);
        let failed = trapped.total - processed;
        inside.zabbix.processed.fetch_add(processed, Ordering::Relaxed);
        inside.zabbix.failed.fetch_add(failed, Ordering::Relaxed);
        let late = || "values are too old or too far in the future (history.late_hours)";
        if failed > 0 {
            let reason = brought.refusals.as_deref().or(outcome.reason.as_deref());
            inside.zabbix.say(reason.unwrap_or_else(late), now);
        }
        Ok(accepted(processed, failed, started.elapsed()))
    });
    worked.await.unwrap_or_else(|| Err(stopping()))
}
