//! What must be so after every fault.
//!
//! - Every acknowledged action is in the journal of every master, with an outcome.
//! - The copies are whole and the same, to the last hash.
//! - No application was started more often than it was asked to be, no step begun twice.
//! - The epochs that an agent obeyed only grow.
//! - Every master has the samples of the whole time, for agents keep what a master missed.

use super::SERVERS;
use super::operator::{Restart, application};
use anyhow::{Context as _, bail, ensure};
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use topmast_api::client::Client;
use topmast_api::query::{Point, QueryResult, RangeQuery};
use topmast_model::path::Level;
use topmast_model::status::ActionStatus;
use topmast_testkit::cluster::TestCluster;
use topmast_testkit::fleet::AgentProcess;
use topmast_testkit::wait::{wait_for, wait_until};

/// All that was held up is done by then.
const QUIET_WITHIN: Duration = Duration::from_mins(2);
/// A gap in a series of samples that come every second, on a machine that is busy.
const GAP_SECONDS: u64 = 10;
/// No test takes longer.
const LONGEST_SECONDS: u64 = 900;

pub(super) async fn prove(cluster: &mut TestCluster, restarts: &[Restart]) -> anyhow::Result<()> {
    let clients = cluster.clients();
    let done = outcomes(&clients, restarts).await?;
    same_copies(&clients).await?;
    for client in &clients {
        for Restart { id, .. } in restarts {
            let kept = client.action_get(*id).await.with_context(|| format!("{id} of {}", client.url()))?;
            ensure!(kept.status.is_final(), "{} has no outcome: {kept:?}", client.url());
        }
    }
    for agent in cluster.agents() {
        obeyed_one_at_a_time(agent)?;
        for operator in 0..clients.len() {
            let application = application(operator);
            let asked = |restart: &&Restart| {
                restart.target.name_at(Level::Server) == Some(agent.name())
                    && restart.target.name() == application
            };
            let asked = done.iter().filter(asked).count();
            // Its agent started it once by itself.
            let starts = agent.starts(&application);
            ensure!(
                starts == asked + 1,
                "{application} of {} was started {starts} times after {asked} restarts",
                agent.name()
            );
        }
    }
    for client in &clients {
        has_no_gap(client).await?;
    }
    Ok(())
}

/// Waits for every outcome; all but those of which nothing was done.
async fn outcomes(clients: &[Client], restarts: &[Restart]) -> anyhow::Result<Vec<Restart>> {
    let mut done = Vec::new();
    for restart in restarts {
        let mut turn = clients.iter().cycle();
        let outcome =
            async || turn.next()?.action_get(restart.id).await.ok().filter(|action| action.status.is_final());
        let what = format!("action {} has its outcome", restart.id);
        let action = wait_for(&what, QUIET_WITHIN, outcome).await?;
        let message = action.targets.first().and_then(|target| target.message.as_deref()).unwrap_or_default();
        match action.status {
            ActionStatus::Succeeded => done.push(restart.clone()),
            ActionStatus::Failed if message.contains("nothing was done") => {}
            _ => bail!("{action:?}"),
        }
    }
    Ok(done)
}

/// Waits until the copies end with the same record; each is walked from its first.
async fn same_copies(clients: &[Client]) -> anyhow::Result<()> {
    let mut said = Vec::new();
    let same = async || {
        let mut heads = Vec::new();
        for client in clients {
            heads.push(client.audit_verify().await.map_err(|error| error.to_string()));
        }
        let is_same = heads.windows(2).all(|pair| matches!(pair, [Ok(one), Ok(two)] if one == two));
        said = heads;
        is_same
    };
    let waited = wait_until("all copies of the journal are the same", QUIET_WITHIN, same).await;
    if let Err(error) = waited {
        let masters = clients[0].master_list().await.map(|page| page.items);
        bail!("{error}: {said:?}, and the masters are {masters:?}");
    }
    ensure!(said.iter().flatten().all(|verified| verified.ok), "{said:?}");
    Ok(())
}

fn obeyed_one_at_a_time(agent: &AgentProcess) -> anyhow::Result<()> {
    let (mut epochs, mut steps) = (Vec::new(), BTreeSet::new());
    for entry in agent.ledger()? {
        match entry["entry"].as_str() {
            Some("epoch") => epochs.push(entry["epoch"].as_u64().context("an epoch")?),
            Some("step") => ensure!(
                steps.insert(entry["step"].to_string()),
                "{} began step {} twice",
                agent.name(),
                entry["step"]
            ),
            _ => {}
        }
    }
    ensure!(!epochs.is_empty() && epochs.is_sorted_by(|one, two| one < two), "{}: {epochs:?}", agent.name());
    ensure!(!steps.is_empty(), "{} carried out nothing", agent.name());
    Ok(())
}

/// Waits until no stretch of a series is missing at a master: what an agent kept for it comes bit by bit.
async fn has_no_gap(client: &Client) -> anyhow::Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let query = RangeQuery {
        query: format!("count_over_time(host_uptime_seconds[{GAP_SECONDS}s])"),
        start: (now - LONGEST_SECONDS).to_string(),
        end: now.to_string(),
        step: "1".to_owned(),
    };
    let mut found = Vec::new();
    let whole = async || {
        let Ok(answer) = client.query_range(&query).await else { return false };
        let QueryResult::Matrix(series) = answer.data else { return false };
        found = series.iter().map(|series| gaps(&series.values, now)).collect();
        found.len() == SERVERS.len() && found.iter().all(Vec::is_empty)
    };
    let waited = wait_until("the history has no gap", QUIET_WITHIN, whole).await;
    ensure!(waited.is_ok(), "{}: {waited:?}, gaps at {found:?}", client.url());
    Ok(())
}

/// Where a series with a value every second goes on later than that, up to a time in seconds; in milliseconds.
fn gaps(values: &[Point], until: u64) -> Vec<(i64, i64)> {
    let end = i64::try_from(until + 1).map_or(i64::MAX, |seconds| seconds * 1_000);
    let times = values.iter().map(|point| point.0.0);
    let next = times.clone().skip(1).chain([end]);
    times.zip(next).filter(|(time, next)| next - time > 1_500).collect()
}
