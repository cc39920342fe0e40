//! The live model: the latest value of every series of every server, in memory.
//!
//! Fed by the agents' frames, read by the views that make rows. What has a status
//! (servers, applications, services, tasks) is in the engine's state; here are
//! only numbers and their age, which the journal never sees.
//!
//! ```text
//! frame ─► ServerLive { series, latest values, rates, freshness } ─► figures for rows
//!                                                            each second └─► recent figures for charts
//! ```
//!
//! Each server has its own lock, so one server's frame never waits for another's.

mod figures;
mod freshness;
mod rate;
mod recent;
mod server;
mod short;
mod totals;

pub(crate) use figures::{ApplicationFigures, HostFigures};
pub(crate) use recent::{KEPT_S, Steps, run};
pub(crate) use server::{ServerLive, ServiceReader};
pub(crate) use totals::Totals;

use recent::RecentClusters;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tokio::sync::watch;
use topmast_model::path::ObjectPath;

/// The numbers of all servers.
#[derive(Default)]
pub(crate) struct LiveModel {
    servers: RwLock<BTreeMap<ObjectPath, Arc<Mutex<ServerLive>>>>,
    clusters: Mutex<RecentClusters>,
    changed: watch::Sender<u64>,
}

impl LiveModel {
    /// One server's numbers; empty for a server never heard of.
    pub(crate) fn server(&self, path: &ObjectPath) -> Arc<Mutex<ServerLive>> {
        let known = self.servers.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        known.unwrap_or_else(|| {
            let mut servers = self.servers.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(servers.entry(path.clone()).or_default())
        })
    }

    /// Calls `read` with one server's numbers, if there are any.
    pub(crate) fn with<T>(&self, path: &ObjectPath, read: impl FnOnce(&ServerLive) -> T) -> Option<T> {
        let server = self.servers.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned()?;
        Some(read(&lock(&server)))
    }

    /// All servers heard of.
    fn all(&self) -> Vec<(ObjectPath, Arc<Mutex<ServerLive>>)> {
        let servers = self.servers.read().unwrap_or_else(PoisonError::into_inner);
        servers.iter().map(|(path, server)| (path.clone(), Arc::clone(server))).collect()
    }

    /// Series of all servers.
    pub(crate) fn series_count(&self) -> usize {
        let servers = self.servers.read().unwrap_or_else(PoisonError::into_inner);
        servers.values().map(|server| lock(server).series_count()).sum()
    }

    /// Forgets a server that was removed.
    pub(crate) fn forget(&self, path: &ObjectPath) {
        self.servers.write().unwrap_or_else(PoisonError::into_inner).remove(path);
        self.touch();
    }

    /// Says that something changed, to whoever watches.
    pub(crate) fn touch(&self) {
        self.changed.send_modify(|revision| *revision += 1);
    }

    /// Grows with every change.
    pub(crate) fn revision(&self) -> u64 {
        *self.changed.borrow()
    }

    /// A receiver that wakes when something changed; its value grows with every change.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}

/// Locks one server's numbers.
pub(crate) fn lock(server: &Mutex<ServerLive>) -> MutexGuard<'_, ServerLive> {
    server.lock().unwrap_or_else(PoisonError::into_inner)
}
