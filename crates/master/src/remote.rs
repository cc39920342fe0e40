//! A store outside of the master, as everything that speaks Prometheus' remote write and query API is one.
//!
//! ```text
//! samples ─► outbox ─► spool (disk) ─► sender ─► remote write
//! queries ─► our own PromQL ─► archive ─► query API
//! ```
//!
//! Elsewhere: what is asked of whom (`crate::history`); why a spool (docs/adr/0010-outside-store.md).

mod archive;
mod carried;
mod client;
mod outbox;
mod request;
mod sender;
#[cfg(test)]
mod speed;
mod spool;

pub(crate) use archive::{ANSWER_MAX, Archive, Asked};
pub(crate) use carried::Carried;
pub use client::ClientError;
pub(crate) use client::{Answer, AskError};
pub(crate) use sender::{Health, Sender};
pub(crate) use spool::Waiting;

use crate::clock::Clock;
use crate::config::RemoteConfig;
use client::Client;
use outbox::{LANES, Outbox};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use topmast_history::{AppendError, Appended, Batch};

/// Why a store outside cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Its connection cannot be prepared.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The spool cannot be opened.
    #[error("open the spool {path}")]
    Spool {
        /// Its folder.
        path: PathBuf,
        /// What the system answered.
        source: std::io::Error,
    },
}

/// The way to a store outside.
pub(crate) struct Remote {
    outbox: Arc<Outbox>,
    pub(crate) sender: Arc<Sender>,
    write_url: String,
}

/// How the way out is.
pub(crate) struct RemoteState {
    pub(crate) write_url: String,
    pub(crate) waiting: Waiting,
    pub(crate) waiting_bytes_max: u64,
    pub(crate) sent: u64,
    pub(crate) refused: u64,
    pub(crate) lost: u64,
    pub(crate) health: Health,
}

impl Remote {
    /// Opens the spool, and says what is in it. Blocks.
    pub(crate) fn open(
        config: &RemoteConfig,
        folder: &Path,
        clock: Arc<Clock>,
    ) -> Result<(Self, Option<Archive>), OpenError> {
        let client = Client::new(config)?;
        let bytes_max = u64::from(config.spool_mib) << 20;
        let opened = Outbox::open(folder, bytes_max);
        let (outbox, found) =
            opened.map_err(|source| OpenError::Spool { path: folder.to_owned(), source })?;
        if found.torn > 0 {
            tracing::warn!(segments = found.torn, "the spool's files were cut short, as a crash does it");
        }
        tracing::info!(url = config.write_url, bytes = found.bytes, samples = found.samples, "spool opened");
        let outbox = Arc::new(outbox);
        let sender = Sender::new(client.clone(), &config.write_url, Arc::clone(&outbox), clock);
        let archive = config.query_url.as_deref().map(|url| Archive::outside(client, url));
        let remote = Self { outbox, sender: Arc::new(sender), write_url: config.write_url.clone() };
        Ok((remote, archive))
    }

    /// A feed of series that get these labels.
    pub(crate) fn feed(&self, base: &[(&str, &str)], series_max: usize) -> Carried {
        Carried::new(&self.outbox, base, series_max)
    }

    /// See [`Carried::commit`].
    pub(crate) fn commit(
        &self,
        feed: &mut Carried,
        times: (i64, i64),
        now: i64,
    ) -> Result<Appended, AppendError> {
        feed.commit(&self.outbox, times, now)
    }

    /// Takes in a batch; the number is that of samples that were not taken, for the disk takes nothing.
    ///
    /// - `times`: first and last time that is taken.
    pub(crate) fn append(&self, batch: &Batch, (earliest, latest): (i64, i64), now: i64) -> (Appended, u64) {
        let (mut appended, mut missed) = (Appended::default(), 0);
        for lane in 0..LANES {
            let own = || batch.each_series().filter(|series| carried::lane_of(series.hash) == lane);
            if own().next().is_none() {
                continue;
            }
            let put = self.outbox.put(lane, now, |putting| {
                let mut inside = Vec::new();
                for series in own() {
                    let within = |(time, _): &&(i64, f64)| (earliest..=latest).contains(time);
                    inside.clear();
                    inside.extend(series.samples.iter().filter(within));
                    appended.taken += inside.len() as u64;
                    appended.out_of_time += (series.samples.len() - inside.len()) as u64;
                    if !inside.is_empty() {
                        putting.labelled(&mut series.labels().collect::<Vec<_>>(), &inside);
                    }
                }
            });
            if put.is_err() {
                missed += own().map(|series| series.samples.len() as u64).sum::<u64>();
            }
        }
        (appended, missed)
    }

    /// Counts samples that nobody sends again.
    pub(crate) fn lose(&self, samples: u64) {
        self.outbox.lose(samples);
    }

    /// Makes what was taken in durable. Blocks.
    pub(crate) fn sync(&self, now: i64) -> std::io::Result<()> {
        self.outbox.sync(now)
    }

    pub(crate) fn state(&self) -> RemoteState {
        RemoteState {
            write_url: self.write_url.clone(),
            waiting: self.outbox.waiting(),
            waiting_bytes_max: self.outbox.bytes_max(),
            sent: self.sender.sent(),
            refused: self.sender.refused(),
            lost: self.outbox.lost(),
            health: self.sender.health_now(),
        }
    }
}
