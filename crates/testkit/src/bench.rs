//! The benchmark: every figure that Topmast answers for, beside its target.
//!
//! ```text
//! stage (a master, a simulated fleet) ─► latency, ingest, dispatch, payload ─┐
//! memory (two fleets at each of three sizes, a fresh master each) ────────────┼─► figures
//! tenants (the same fleet in one, ten and a hundred of them) ────────────────┤
//! agent  (a real agent beside another exporter) ─────────────────────────────┤
//! agentless (a master, hosts that answer over ssh) ──────────────────────────┤
//! console (a large fleet, a browser) ────────────────────────────────────────┤
//! history (the same samples to each peer in turn) ───────────────────────────┤
//! query   (the same queries to each peer in turn) ───────────────────────────┤
//! scale   (a large store, and a million series that are no more) ────────────┤
//! rules   (alarms, queries and settling, without a master) ──────────────────┘
//! aws     (CloudWatch's requests to each peer in turn) ───────────────────────┘
//! cluster (NATS servers, masters that are killed) ────────────────────────────┤
//! load    (a large fleet, watchers, requests: all at once) ───────────────────┤
//! federation (many clusters, each with a fleet, and a console that joined them) ──┤
//! logs    (a master, an agent and a large file, beside grep) ──────────────────┘
//! ```
//!
//! Invariants
//! - B-1: a figure is printed whether or not it meets its target; none is asserted anywhere.
//! - B-2: what one side counts is checked against the other's count, and the difference printed.
//!
//! How to read the figures: docs/guide/benchmark.md.

mod agent;
mod agentless;
mod aws;
mod browser;
mod cluster;
mod console;
mod dataset;
mod dispatch;
mod federation;
mod figure;
mod history;
mod ingest;
mod latency;
mod load;
mod logs;
mod machine;
mod memory;
mod metrics;
mod payload;
mod peer;
mod query;
mod rules;
mod scale;
mod stage;
mod tenants;

pub use figure::{Bound, Figure};
pub use machine::Machine;

use crate::cluster::ClusterError;
use crate::fleet::FleetError;
use crate::process::ProcessError;
use crate::simulator::{EnrolError, SimulatorError};
use crate::wait::NotInTime;
use stage::Stage;
use std::time::Duration;
use topmast_api::client::ClientError;

/// How large the benchmark's fleet is and how long it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Simulated servers.
    pub servers: usize,
    /// Series of each.
    pub series: usize,
    /// Time over which rates are measured.
    pub span: Duration,
    /// Changes of which the latency is measured.
    pub changes: usize,
    /// Simulated servers of the fleet that the console shows.
    pub console_servers: usize,
    /// Time over which the console's memory is watched.
    pub console_span: Duration,
    /// Simulated servers of the fleet under load.
    pub load_servers: usize,
    /// Time under load.
    pub load_span: Duration,
    /// Clusters that a console joins.
    pub clusters: usize,
    /// Simulated servers of each of them.
    pub cluster_servers: usize,
}

/// Applications of each simulated server: a thousand servers make a bulk action of five thousand targets.
const APPLICATIONS: usize = 5;

/// The groups of figures, in the order in which they are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Change on a server to event at a client.
    Latency,
    /// Processor time and bytes of samples.
    Ingest,
    /// Size and time of the first page.
    Payload,
    /// A bulk action.
    Dispatch,
    /// The master's memory.
    Memory,
    /// The same fleet in one tenant and in many.
    Tenants,
    /// The agent beside `node_exporter`.
    Agent,
    /// Servers without an agent, read over ssh.
    Agentless,
    /// The web console in a browser.
    Console,
    /// Taking samples in and keeping them, beside the history's peers.
    History,
    /// The history's answers beside its peers'.
    Query,
    /// A large history, and many series that are no more.
    Scale,
    /// Looking at rules, and settling who is told.
    Rules,
    /// CloudWatch's requests beside another server's.
    Aws,
    /// Logs of applications, beside `grep`.
    Logs,
    /// Masters that share a journal.
    Cluster,
    /// Many who ask and watch at once.
    Load,
    /// A console that has joined many clusters.
    Federation,
}

/// Series of a Linux host with everything that is read there, processes included.
const HOST_SERIES: usize = 850;

impl Group {
    /// Every group.
    pub const ALL: &'static [Self] = &[
        Self::Latency,
        Self::Ingest,
        Self::Payload,
        Self::Dispatch,
        Self::Memory,
        Self::Tenants,
        Self::Agent,
        Self::Agentless,
        Self::Console,
        Self::History,
        Self::Query,
        Self::Scale,
        Self::Rules,
        Self::Aws,
        Self::Logs,
        Self::Cluster,
        Self::Load,
        Self::Federation,
    ];

    /// The word on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Ingest => "ingest",
            Self::Payload => "payload",
            Self::Dispatch => "dispatch",
            Self::Memory => "memory",
            Self::Tenants => "tenants",
            Self::Agent => "agent",
            Self::Agentless => "agentless",
            Self::Console => "console",
            Self::History => "history",
            Self::Query => "query",
            Self::Scale => "scale",
            Self::Rules => "rules",
            Self::Aws => "aws",
            Self::Logs => "logs",
            Self::Cluster => "cluster",
            Self::Load => "load",
            Self::Federation => "federation",
        }
    }

    /// The group with this word.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|group| group.as_str() == word)
    }
}

/// Why a group has no figures.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// The master or an agent.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// Masters that share a journal.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Another process.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A request.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Enrolment.
    #[error(transparent)]
    Enrol(#[from] EnrolError),
    /// The simulated fleet.
    #[error(transparent)]
    Simulator(#[from] SimulatorError),
    /// A wait.
    #[error(transparent)]
    Late(#[from] NotInTime),
    /// A request that the typed client does not know.
    #[error("fetch {url}")]
    Http {
        /// From where.
        url: String,
        /// What failed.
        source: reqwest::Error,
    },
    /// The browser, or what drives it.
    #[error("{doing} the browser's measurements; they need ui/node_modules (make ui) and chromium")]
    Browser {
        /// What was tried.
        doing: &'static str,
        /// What failed.
        source: std::io::Error,
    },
    /// An answer without what is needed.
    #[error("{0}")]
    Strange(String),
}

/// Measures the groups asked for and gives each figure to `show` as soon as it is known.
///
/// # Errors
/// The first [`BenchError`]; the figures shown before are good.
pub async fn run(
    settings: &Settings,
    groups: &[Group],
    show: &mut dyn FnMut(Figure),
) -> Result<(), BenchError> {
    let wanted = |group: Group| groups.contains(&group);
    let staged = [Group::Latency, Group::Ingest, Group::Payload, Group::Dispatch];
    if staged.into_iter().any(wanted) {
        let mut stage = Stage::start(settings, settings.series).await?;
        stage.settle().await?;
        if wanted(Group::Latency) {
            latency::measure(&stage, settings, show).await?;
        }
        if wanted(Group::Ingest) {
            ingest::measure(&mut stage, settings, show).await?;
        }
        if wanted(Group::Payload) {
            payload::measure(&stage, show).await?;
        }
        if wanted(Group::Dispatch) {
            dispatch::measure(&stage, show).await?;
        }
        stage.finish()?;
    }
    if wanted(Group::Ingest) {
        let whole_hosts =
            Settings { servers: settings.servers.div_ceil(3), series: HOST_SERIES, ..*settings };
        let mut stage = Stage::start(&whole_hosts, HOST_SERIES).await?;
        stage.settle().await?;
        ingest::measure(&mut stage, &whole_hosts, show).await?;
        stage.finish()?;
    }
    if wanted(Group::Memory) {
        memory::measure(settings, show).await?;
    }
    if wanted(Group::Tenants) {
        tenants::measure(settings, show).await?;
    }
    if wanted(Group::Agent) {
        agent::measure(settings, show).await?;
    }
    if wanted(Group::Agentless) {
        agentless::measure(settings, show).await?;
    }
    if wanted(Group::Console) {
        console::measure(settings, show).await?;
    }
    if wanted(Group::History) {
        history::measure(settings, show).await?;
    }
    if wanted(Group::Query) {
        query::measure(show).await?;
    }
    if wanted(Group::Scale) {
        scale::measure(settings, show).await?;
    }
    if wanted(Group::Rules) {
        rules::measure(settings, show)?;
    }
    if wanted(Group::Aws) {
        aws::measure(settings, show).await?;
    }
    if wanted(Group::Logs) {
        logs::measure(settings, show).await?;
    }
    if wanted(Group::Cluster) {
        cluster::measure(show).await?;
    }
    if wanted(Group::Load) {
        load::measure(settings, show).await?;
    }
    if wanted(Group::Federation) {
        federation::measure(settings, show).await?;
    }
    Ok(())
}
