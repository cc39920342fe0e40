//! A master with a simulated fleet connected to it.

use super::{APPLICATIONS, BenchError, Settings};
use crate::fleet::TestFleet;
use crate::process::Usage;
use crate::simulator::{Options, Simulator, Tally, enrol_fleet};
use crate::wait::wait_until;
use std::time::Duration;
use topmast_model::path::ObjectPath;

/// Ticks of each server until caches, buffers and the master's own bookkeeping have found their size.
const WARM_UP: u64 = 10;
/// Time for a fleet to connect and warm up on a slow machine.
const CONNECT_WITHIN: Duration = Duration::from_mins(5);

/// A master, the fleet, and what talks to them.
pub(super) struct Stage {
    pub(super) fleet: TestFleet,
    pub(super) simulator: Simulator,
    pub(super) servers: usize,
    /// For what the typed client does not do.
    pub(super) http: reqwest::Client,
    /// The master before the first server came.
    pub(super) idle: Usage,
}

impl Stage {
    /// Starts a master, enrols the fleet and lets it connect.
    pub(super) async fn start(settings: &Settings, series: usize) -> Result<Self, BenchError> {
        let options = Options { series, applications: APPLICATIONS, ..Options::default() };
        Self::start_fleet(settings.servers, &options).await
    }

    /// As [`start`](Self::start), with any fleet.
    pub(super) async fn start_fleet(servers: usize, options: &Options) -> Result<Self, BenchError> {
        Self::start_clusters(&[(None, servers)], options).await
    }

    /// As [`start_fleet`](Self::start_fleet), with servers of several clusters at one master; its own when none is named.
    pub(super) async fn start_clusters(
        clusters: &[(Option<ObjectPath>, usize)],
        options: &Options,
    ) -> Result<Self, BenchError> {
        let mut fleet = TestFleet::start("bench").await?;
        let http = reqwest::Client::new();
        // Bodies and buffers of the first requests are part of an idle master.
        super::metrics::ingested(&http, fleet.url()).await?;
        let idle = fleet.master().process().usage()?;
        let mut identities = Vec::new();
        for (cluster, servers) in clusters {
            let uses = u32::try_from(*servers).unwrap_or(u32::MAX);
            let token = fleet.join_token_of(cluster.clone(), uses).await?;
            identities.extend(enrol_fleet(&fleet.client(), &token, "sim", *servers).await?);
        }
        let simulator = Simulator::start(fleet.url(), &identities, options)?;
        Ok(Self { fleet, simulator, servers: identities.len(), http, idle })
    }

    /// Waits until every server is connected, has ticked a while, and has no report left.
    pub(super) async fn settle(&self) -> Result<(), BenchError> {
        self.ticked(WARM_UP).await
    }

    /// Waits until every server is connected, has made so many ticks more, on average, and has no report left.
    pub(super) async fn ticked(&self, ticks: u64) -> Result<(), BenchError> {
        let ticks = self.tally().ticks + ticks * self.servers as u64;
        let settled = async || {
            let tally = self.tally();
            tally.connected == self.servers && tally.unacknowledged == 0 && tally.ticks >= ticks
        };
        Ok(wait_until("the simulated fleet is connected and warm", CONNECT_WITHIN, settled).await?)
    }

    /// What the fleet counted up to now.
    pub(super) fn tally(&self) -> Tally {
        *self.simulator.tally().borrow()
    }

    /// What the master has used up to now.
    pub(super) fn usage(&mut self) -> Result<Usage, BenchError> {
        Ok(self.fleet.master().process().usage()?)
    }

    /// Bytes of memory that the master has taken since before the first server came.
    pub(super) fn growth(&mut self) -> Result<f64, BenchError> {
        Ok(self.usage()?.resident_bytes.saturating_sub(self.idle.resident_bytes) as f64)
    }

    /// Ends all of it.
    pub(super) fn finish(self) -> Result<(), BenchError> {
        drop(self.simulator);
        Ok(self.fleet.finish()?)
    }
}
