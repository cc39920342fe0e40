//! Clusters, each a real master with a simulated fleet, and a console that has joined them all.

use super::super::BenchError;
use super::super::stage::Stage;
use crate::fleet::TestFleet;
use crate::process::ProcessError;
use crate::simulator::Options;
use crate::wait::wait_until;
use futures_util::future::try_join_all;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use std::fmt;
use std::fs;
use std::path::Path;
use std::time::Duration;
use topmast_api::cluster::ClusterStatus;
use topmast_api::page::ListQuery;
use topmast_api::server::ServerRow;
use topmast_api::token::TokenRequest;

/// Series of each server: those of its one service and some of the host, so that fifty masters, ten thousand servers and
/// the console fit on two cores.
pub(super) const SERIES: usize = 20;
/// Clusters that start at one time.
const AT_ONCE: usize = 4;
/// Time for a console to show all of them on a slow machine.
const WHOLE_WITHIN: Duration = Duration::from_mins(1);

/// The clusters and their console.
pub(super) struct Tree {
    pub(super) members: Vec<Stage>,
    pub(super) console: TestFleet,
}

impl Tree {
    pub(super) async fn start(clusters: usize, servers: usize) -> Result<Self, BenchError> {
        let start = |number: usize| async move {
            let seed = number as u64;
            let options = Options { series: SERIES, seed, ..Options::default() };
            Stage::start_fleet(servers, &options).await
        };
        let members: Vec<Stage> =
            stream::iter(0..clusters).map(start).buffered(AT_ONCE).try_collect().await?;
        // Together, for each takes its time.
        try_join_all(members.iter().map(Stage::settle)).await?;
        let folder = tempfile::tempdir().map_err(ProcessError::system("make a folder for", "the console"))?;
        let mut joins = String::new();
        for (number, member) in members.iter().enumerate() {
            joins += &join(folder.path(), &format!("c{number:02}"), member).await?;
        }
        let data = folder.path().join("master");
        let console = TestFleet::start_with(folder, &data, &joins).await?;
        let tree = Self { members, console };
        tree.is_whole().await?;
        Ok(tree)
    }

    /// Waits until the console hears every cluster, and lists and counts every server.
    pub(super) async fn is_whole(&self) -> Result<(), BenchError> {
        let (client, servers) = (self.console.client(), self.servers() as u64);
        let one = ListQuery { limit: Some(1), ..ListQuery::default() };
        let is_whole = async || {
            let Ok(clusters) = client.cluster_list().await else { return false };
            let is_up = clusters.items.iter().all(|row| row.status == ClusterStatus::Up);
            is_up
                && client.list::<ServerRow>(&one).await.is_ok_and(|page| page.total == servers)
                && client.overview_get().await.is_ok_and(|overview| overview.servers.total == servers)
        };
        Ok(wait_until("the console shows every server", WHOLE_WITHIN, is_whole).await?)
    }

    pub(super) fn servers(&self) -> usize {
        self.members.iter().map(|member| member.servers).sum()
    }

    /// Ticks of all fleets up to now.
    pub(super) fn ticks(&self) -> u64 {
        self.members.iter().map(|member| member.tally().ticks).sum()
    }

    pub(super) fn finish(self) -> Result<(), BenchError> {
        self.console.finish()?;
        self.members.into_iter().try_for_each(Stage::finish)
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} clusters, {} servers × {SERIES} series", self.members.len(), self.servers())
    }
}

/// The section of the console's configuration that joins a cluster, with a token of that cluster in a file.
async fn join(folder: &Path, name: &str, member: &Stage) -> Result<String, BenchError> {
    let everything = "admin".parse().map_err(|error| BenchError::Strange(format!("grant admin: {error}")))?;
    let request = TokenRequest {
        name: "console".into(),
        owner: None,
        grants: vec![everything],
        expires_in_s: None,
        speaks_for_users: true,
    };
    let token = member.fleet.client().token_create(&request).await?;
    let file = folder.join(format!("{name}.token"));
    fs::write(&file, token.secret).map_err(ProcessError::system("write", name))?;
    let (url, file) = (member.fleet.url(), file.display());
    Ok(format!("[[join]]\nname = \"{name}\"\nurls = [\"{url}\"]\ntoken = \"file:{file}\"\n"))
}
