//! Masters that share a journal: how soon another one leads, and how many commands a second they take.

use super::figure::percentile;
use super::{BenchError, Bound, Figure};
use crate::cluster::{MasterPlan, Plan, TestCluster};
use crate::fleet::TestFleet;
use crate::wait::{DEADLINE, wait_for, wait_until};
use std::time::{Duration, Instant};
use topmast_api::client::Client;
use topmast_api::page::ListQuery;
use topmast_api::safety::PolicyRow;
use topmast_api::server::ServerRow;
use topmast_api::watch::WatchMessage;
use topmast_model::application::Operation;
use topmast_model::rule::Span;
use topmast_model::status::ServerStatus;

/// NATS servers, and masters.
const OF_EACH: usize = 3;
const KILLS: usize = 20;
/// DESIGN's bound for a failover.
const ACCEPTED_S: f64 = 3.0;
const LIVE_S: f64 = 5.0;
/// Clients that ask at once, each for one thing after the other.
const CLIENTS: usize = 64;
/// Time over which commands are counted.
const COUNTED_FOR: Duration = Duration::from_secs(10);
/// A master that was started again has read the journal by then.
const BACK_WITHIN: Duration = Duration::from_mins(1);

pub(super) async fn measure(show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let plan = Plan {
        servers: OF_EACH,
        masters: vec![MasterPlan::default(); OF_EACH],
        agents: vec![Vec::new()],
        is_cuttable: false,
    };
    let mut cluster = TestCluster::start("bench", &plan).await?;
    failover(&mut cluster, show).await?;
    let leads = cluster.holder().await.ok_or_else(|| BenchError::Strange("no master leads".to_owned()))?;
    let shared = commands(&cluster.clients()[leads]).await?;
    cluster.finish()?;
    let fleet = TestFleet::start("bench").await?;
    let alone = commands(&fleet.client()).await?;
    fleet.finish()?;
    let note = format!("{CLIENTS} clients at once, all processes on this machine");
    show(Figure::new("commands, journal of one master", alone, "/s").note(note.clone()));
    show(Figure::new("commands, journal on 3 NATS servers", shared, "/s").note(note));
    Ok(())
}

/// Kills whoever leads, again and again.
async fn failover(cluster: &mut TestCluster, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let (mut accepted, mut live) = (Vec::new(), Vec::new());
    for kill in 0..KILLS {
        let victim = wait_for("a master leads", DEADLINE, async || cluster.holder().await).await?;
        let clients = cluster.clients();
        cluster.masters()[victim].process().kill()?;
        let killed = Instant::now();
        let others: Vec<&Client> =
            clients.iter().enumerate().filter(|(at, _)| *at != victim).map(|(_, client)| client).collect();
        let mut turn = others.iter().cycle();
        let asks = async || turn.next()?.policy_set(&policy("failover", kill)).await.ok();
        wait_for("a command is accepted", DEADLINE, asks).await?;
        accepted.push(killed.elapsed().as_secs_f64());
        let leads = async || cluster.holder().await.filter(|holder| *holder != victim);
        let leads = wait_for("another master leads", DEADLINE, leads).await?;
        live_screen(&clients[leads], killed).await?;
        live.push(killed.elapsed().as_secs_f64());

        cluster.masters()[victim].start_again().await?;
        let verified = async |client: &Client| client.audit_verify().await.ok().map(|found| found.head_seq);
        let has_read = async || {
            let (own, active) = (verified(&clients[victim]).await, verified(&clients[leads]).await);
            own.is_some() && own == active
        };
        wait_until("the killed master has read the journal", BACK_WITHIN, has_read).await?;
    }
    for (what, mut values, target) in
        [("first accepted command", accepted, ACCEPTED_S), ("live screen", live, LIVE_S)]
    {
        values.sort_by(f64::total_cmp);
        for percent in [50, 99, 100] {
            let name = match percent {
                100 => format!("failover, kill -9 → {what}, longest"),
                _ => format!("failover, kill -9 → {what}, p{percent}"),
            };
            let value = percentile(&values, percent).unwrap_or(f64::NAN);
            show(Figure::new(name, value, "s").target(Bound::AtMost(target)).note(format!("{KILLS} kills")));
        }
    }
    Ok(())
}

/// Watches servers as a console does, until each row is UP with data younger than the kill.
async fn live_screen(client: &Client, killed: Instant) -> Result<(), BenchError> {
    let mut watch = client.watch::<ServerRow>(ListQuery::default());
    let live = async || {
        // Each look begins anew, with all rows.
        watch.restart();
        let WatchMessage::Snapshot(page) = watch.next().await.ok()? else { return None };
        let is_live = |row: &ServerRow| {
            let younger = row.age_ms.is_some_and(|age| u128::from(age) < killed.elapsed().as_millis());
            row.status == ServerStatus::Up && younger
        };
        (!page.items.is_empty() && page.items.iter().all(is_live)).then_some(())
    };
    Ok(wait_for("a live screen", DEADLINE, live).await?)
}

/// Commands a second that a master makes durable.
async fn commands(client: &Client) -> Result<f64, BenchError> {
    let begun = Instant::now();
    let ask = async |number: usize| -> Result<usize, BenchError> {
        let name = format!("bench{number}");
        let mut count = 0;
        while begun.elapsed() < COUNTED_FOR {
            client.policy_set(&policy(&name, count)).await?;
            count += 1;
        }
        Ok(count)
    };
    let counts = futures_util::future::try_join_all((0..CLIENTS).map(ask)).await?;
    Ok(counts.iter().sum::<usize>() as f64 / begun.elapsed().as_secs_f64())
}

/// A policy that concerns nothing, another one each time.
fn policy(name: &str, time: usize) -> PolicyRow {
    PolicyRow {
        name: name.to_owned(),
        operations: vec![Operation::Stop],
        actions: Vec::new(),
        requests: Vec::new(),
        within: "nobody".parse().ok(),
        only: None,
        expires: Some(Span::from_millis(60_000 * (1 + time as u64 % 2))),
    }
}
