//! A master with a simulated fleet connected to it.

use super::{APPLICATIONS, BenchError, Settings};
use crate::fleet::TestFleet;
use crate::process::Usage;
use crate::simulator::{Options, Simulator, Tally, enrol_fleet};
use crate::wait::wait_until;
use std::time::Duration;

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
        let mut fleet = TestFleet::start("bench").await?;
        let http = reqwest::Client::new();
        // Bodies and buffers of the first requests are part of an idle master.
        super::metrics::ingested(&http, fleet.url()).await?;
        let idle = fleet.master().process().usage()?;
        let token = fleet.join_token(u32::try_from(servers).unwrap_or(u32::MAX)).await?;
        let identities = enrol_fleet(&fleet.client(), &token, "sim", servers).await?;
        let simulator = Simulator::start(fleet.url(), &identities, options)?;
        Ok(Self { fleet, simulator, servers, http, idle })
    }

    /// Waits until every server is connected, has ticked a while, and has no report left.
    pub(super) async fn settle(&self) -> Result<(), BenchError> {
        let ticks = self.tally().ticks + WARM_UP * self.servers as u64;
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

    /// Ends all of it.
    pub(super) fn finish(self) -> Result<(), BenchError> {
        drop(self.simulator);
        Ok(self.fleet.finish()?)
    }
}
