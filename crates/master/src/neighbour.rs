//! Neighbours: servers that run something else already and are read through it.
//!
//! ```text
//! [[neighbours]] ─► Neighbour ─► one task each, spread over its interval
//!                                  │ client: zabbix, snmp, docker
//!                                  ▼
//!              samples of the catalogue ─► reading ─► live model and history, as an agent's frames do
//! ```
//!
//! Such a server stands beside those with agents: the same series, figures and freshness. It has no applications.
//!
//! Invariants
//! - NB-1: a reading ends within its interval, and what it holds is bounded, whatever is answered.
//! - NB-2: without an answer nothing is told, so that the server gets STALE and DOWN by the age of its data; why is in
//!   the cause of its status.
//! - NB-3: where an agent is enrolled the agent stands, and the neighbour is not read.
//!
//! Elsewhere: what is asked and what answers mean (`topmast_probe`), the protocol's frame (`topmast_ingest::zabbix`),
//! freshness (`crate::reconcile`).

pub(crate) mod config;
pub(crate) mod credentials;
pub(crate) mod docker;
mod poll;
pub(crate) mod snmp;
pub(crate) mod zabbix;

pub(crate) use config::Neighbour;
pub(crate) use poll::run;

use crate::reading::Frame;
use config::Way;
use docker::DockerClient;
use snmp::SnmpClient;
use std::sync::atomic::{AtomicU64, Ordering};
use topmast_model::server::ServerFacts;
use topmast_probe::guest::Listing;
use zabbix::ZabbixClient;

/// What is counted about all of them.
#[derive(Debug, Default)]
pub(crate) struct Neighbours {
    read: AtomicU64,
    failed: AtomicU64,
}

impl Neighbours {
    /// Readings, and those of them that failed.
    pub(crate) fn figures(&self) -> (u64, u64) {
        (self.read.load(Ordering::Relaxed), self.failed.load(Ordering::Relaxed))
    }

    fn count(&self, failed: bool) {
        self.read.fetch_add(1, Ordering::Relaxed);
        self.failed.fetch_add(u64::from(failed), Ordering::Relaxed);
    }
}

/// The one group of a neighbour's series: a reading is all of them.
const GROUP: &str = "neighbour";

/// What a reading found out about the server itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) facts: ServerFacts,
    /// What answers there, with its version.
    pub(crate) version: String,
}

/// Why a neighbour was not read; with what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read {address}: {message}")]
pub(crate) struct ReadError {
    address: String,
    message: String,
}

/// Whatever answers.
enum Client {
    Zabbix(Box<ZabbixClient>),
    Snmp(Box<SnmpClient>),
    Docker(DockerClient),
}

impl Client {
    fn new(neighbour: &Neighbour) -> Self {
        let Neighbour { address, timeout, .. } = neighbour;
        match &neighbour.way {
            Way::Zabbix => Self::Zabbix(Box::new(ZabbixClient::new(address, *timeout))),
            Way::Docker => Self::Docker(DockerClient::new(address, *timeout)),
            Way::Snmp(credentials) => {
                Self::Snmp(Box::new(SnmpClient::new(address, *timeout, credentials.clone())))
            }
        }
    }

    /// What the last reading told of the systems inside.
    fn guests(&mut self) -> Option<Listing> {
        match self {
            Self::Docker(client) => client.guests(),
            Self::Zabbix(_) | Self::Snmp(_) => None,
        }
    }

    async fn read(&mut self, frame: &mut Frame) -> Result<Option<Found>, ReadError> {
        match self {
            Self::Zabbix(client) => client.read(frame).await,
            // Its future is some 20 KB, which other neighbours need not hold.
            Self::Snmp(client) => Box::pin(client.read(frame)).await,
            Self::Docker(client) => client.read(frame).await,
        }
    }
}
