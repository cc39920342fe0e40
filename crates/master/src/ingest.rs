//! What programs send into the history: how much at a time, with which labels, and the memory for it.
//!
//! Invariants
//! - N-1: a series that came from outside has this master's `tenant` and `cluster`, whatever its sender says;
//!   labels of the sender's with those names become `exported_tenant` and `exported_cluster`.
//! - N-6: what programs send has at most as many series as its tenant's quota leaves beside those of its servers;
//!   new ones beyond are refused in words and counted, and those that are there go on.
//! - N-2: at most `PLACES` requests are held in memory, and as many are worked on as there are processors.
//!
//! Elsewhere: what the forms are (`topmast_ingest`); who may send and what is answered (`http::v1::ingest`).

#[cfg(test)]
mod speed;

use crate::history;
use crate::http::Context;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use topmast_history::{AppendError, Appended, Batch, KnownSeries};
use topmast_ingest::{Sink, is_before};
use topmast_model::path::{Level, ObjectPath};

/// Requests that are read or worked on at a time: some senders with several connections each.
const PLACES: usize = 64;
/// Memory of a request that is kept for the next one; with more it is given back.
const KEPT_BYTES: usize = 8 << 20;

/// See the module.
pub(crate) struct Ingest {
    own: Own,
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    free: Mutex<Vec<Scratch>>,
}

/// The labels that all series from outside get.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    cluster: Box<str>,
    tenant: Box<str>,
}

impl Own {
    /// The tenant that all of it belongs to, and that is charged with it.
    pub(crate) fn tenant(&self) -> &str {
        &self.tenant
    }
}

/// What became of what a program sent.
pub(crate) struct Brought {
    pub(crate) appended: Appended,
    /// Which series were refused and why.
    pub(crate) refusals: Option<String>,
}

impl Brought {
    /// Samples that are kept, those that were there before included.
    pub(crate) const fn written(&self) -> u64 {
        let there = if self.appended.refused_series == 0 { self.appended.dropped } else { 0 };
        self.appended.taken + there
    }
}

impl Context {
    /// Hands what a program sent to the history, as far as the tenant that all of it belongs to may have series (N-6).
    ///
    /// # Errors
    /// As of [`History::append`](history::History::append).
    pub(crate) fn bring(&self, batch: &Batch, now: i64) -> Result<Brought, AppendError> {
        let tenant = self.ingest.own().tenant();
        let meter = self.meters.of(tenant);
        let appended = self.history.append(batch, meter.room(), now)?;
        self.counters.history(&appended);
        self.count_brought(&appended);
        let by_quota = (appended.refused_single > 0).then(|| {
            let quota = meter.series_quota().unwrap_or_default();
            format!(
                "{} new series were refused: tenant {tenant} may have {quota} series at one time, of its servers and of \
                 what programs send, and has (its quota --series); drop labels whose values keep changing, or ask for a \
                 larger quota; those that end make room within four hours",
                appended.refused_single
            )
        });
        let parts = [history::refusals(&appended, self.history.bounds()), by_quota];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        Ok(Brought { appended, refusals: (!parts.is_empty()).then(|| parts.join("; ")) })
    }

    /// Notes with the tenant how many series the history holds of what programs send.
    pub(crate) fn count_brought(&self, appended: &Appended) {
        let held = self.history.embedded().map_or(0, topmast_history::History::single_count);
        let meter = self.meters.of(self.ingest.own().tenant());
        meter.brought(held as u64, appended.new_single, appended.refused_single);
    }
}

/// Memory that one request after the other uses.
#[derive(Default)]
pub(crate) struct Scratch {
    /// The body, unpacked.
    pub(crate) unpacked: Vec<u8>,
    pub(crate) batch: Batch,
}

/// A request's place, until it is dropped.
pub(crate) struct Place(OwnedSemaphorePermit);

impl Ingest {
    pub(crate) fn new(cluster: &ObjectPath) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let name = |level| cluster.name_at(level).unwrap_or_default().into();
        Self {
            own: Own { cluster: name(Level::Cluster), tenant: name(Level::Tenant) },
            places: Arc::new(Semaphore::new(PLACES)),
            turns: Arc::new(Semaphore::new(processors)),
            free: Mutex::default(),
        }
    }

    /// A place for a request; `None` when all are taken.
    pub(crate) fn enter(&self) -> Option<Place> {
        Arc::clone(&self.places).try_acquire_owned().ok().map(Place)
    }

    /// A place, when one is free; `None` when the process ends. For what is taken in anyway, and is not held
    /// in memory by a request that waits.
    pub(crate) async fn wait(&self) -> Option<Place> {
        Arc::clone(&self.places).acquire_owned().await.ok().map(Place)
    }

    pub(crate) const fn own(&self) -> &Own {
        &self.own
    }

    /// Works on a thread that may wait for a disk, when it is its turn; `None` when the process ends.
    pub(crate) async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        place: Place,
        work: impl FnOnce(&mut Scratch) -> T + Send + 'static,
    ) -> Option<T> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.ok()?;
        let ingest = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            // They go along, so that work whose caller is gone still counts.
            let (_place, _turn) = (place.0, turn);
            let mut scratch = ingest.free().pop().unwrap_or_default();
            let done = work(&mut scratch);
            scratch.batch.clear();
            if scratch.unpacked.capacity() + scratch.batch.capacity_bytes() <= KEPT_BYTES {
                ingest.free().push(scratch);
            }
            done
        });
        done.await.ok()
    }

    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Scratch>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A batch whose series get this master's own labels (N-1).
pub(crate) struct Labelled<'a> {
    pub(crate) batch: &'a mut Batch,
    pub(crate) own: &'a Own,
    /// Series by their senders' words, for forms that name them alike each time.
    pub(crate) known: Option<KnownSeries<'a>>,
}

const CLUSTER: &str = "cluster";
const TENANT: &str = "tenant";

impl Sink for Labelled<'_> {
    fn known(&mut self, words: &[u8]) -> bool {
        self.known.as_ref().is_some_and(|known| self.batch.known(known, words))
    }

    fn series(&mut self, metric: &str, labels: &[(&str, &str)]) {
        let own = [(CLUSTER, &*self.own.cluster), (TENANT, &*self.own.tenant)];
        // One after the other: for some ten labels, which are mostly the same ones, this is faster than to search.
        let count = |own| labels.iter().take_while(|(name, _)| is_before(name, own)).count();
        let (before_cluster, before_tenant) = (count(CLUSTER), count(TENANT));
        let is = |place: usize, own: &str| labels.get(place).is_some_and(|(name, _)| *name == own);
        let (has_cluster, has_tenant) = (is(before_cluster, CLUSTER), is(before_tenant, TENANT));
        if has_cluster || has_tenant {
            let mut all: Vec<(&str, &str)> = labels
                .iter()
                // What was renamed once already makes room.
                .filter(|(name, _)| match *name {
                    "exported_cluster" => !has_cluster,
                    "exported_tenant" => !has_tenant,
                    _ => true,
                })
                .map(|(name, value)| match *name {
                    CLUSTER => ("exported_cluster", *value),
                    TENANT => ("exported_tenant", *value),
                    name => (name, *value),
                })
                .chain(own)
                .collect();
            all.sort_unstable();
            self.batch.series(metric, all);
            return;
        }
        let (first, rest) = labels.split_at(before_cluster);
        let (second, third) = rest.split_at(before_tenant - before_cluster);
        let [cluster, tenant] = own.map(std::iter::once);
        let parts = [first, second, third].map(|part| part.iter().copied());
        let [first, second, third] = parts;
        self.batch.series(metric, first.chain(cluster).chain(second).chain(tenant).chain(third));
    }

    fn sample(&mut self, time: i64, value: f64) {
        self.batch.sample(time, value);
    }
}
