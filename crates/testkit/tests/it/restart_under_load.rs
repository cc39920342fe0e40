//! A master that is stopped or killed under load goes on where it was.
//!
//! Thirty simulated servers tick and obey while a client asks for restarts, each with an id of
//! its own, sent again until it is acknowledged. The master is stopped in good order, then killed.

use crate::chaos::ask;
use anyhow::ensure;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;
use topmast_api::problem::ProblemCode;
use topmast_model::application::Operation;
use topmast_model::id::{ActionId, StepId};
use topmast_model::status::ActionStatus;
use topmast_testkit::fleet::TestFleet;
use topmast_testkit::simulator::{Options, Simulator, enrol_fleet};
use topmast_testkit::wait::{DEADLINE, wait_until};
use uuid::Uuid;

const SERVERS: usize = 30;

#[tokio::test]
async fn master_restarted_under_load_loses_no_action_and_repeats_none() -> anyhow::Result<()> {
    let mut fleet = TestFleet::start("restart").await?;
    let token = fleet.join_token(u32::try_from(SERVERS)?).await?;
    let identities = enrol_fleet(&fleet.client(), &token, "sim", SERVERS).await?;
    let options = Options { series: 50, applications: 2, ..Options::default() };
    let simulator = Simulator::start(fleet.url(), &identities, &options)?;
    let connected = async || simulator.tally().borrow().connected == SERVERS;
    wait_until("the fleet is connected", DEADLINE, connected).await?;
    wait_until("its reports are in the journal", DEADLINE, async || {
        simulator.tally().borrow().unacknowledged == 0
    })
    .await?;

    let (done, over) = watch::channel(false);
    let (count, mut counted) = watch::channel(0_usize);
    let client = fleet.client();
    let paths: Vec<_> = simulator.servers().cloned().collect();
    let load = async {
        let mut random = fastrand::Rng::with_seed(1);
        let mut acknowledged = Vec::new();
        while !*over.borrow() {
            let id = ActionId(Uuid::now_v7());
            let application = if random.bool() { "app0" } else { "app1" };
            let target = paths[random.usize(..paths.len())].join(application)?;
            match ask(&client, id, Operation::Restart, &target).await? {
                Ok(_) => acknowledged.push(id),
                // Its last restart is still under way.
                Err(problem) => ensure!(problem.code == ProblemCode::Conflict, "{problem:?}"),
            }
            count.send_replace(acknowledged.len());
        }
        anyhow::Ok(acknowledged)
    };
    let restarts = async {
        for kill in [false, true, true] {
            more(&mut counted).await?;
            if kill {
                fleet.master().process().kill()?;
            } else {
                let status = fleet.master().process().terminate(DEADLINE).await?;
                ensure!(status.success(), "the master ended with {status} after SIGTERM");
            }
            fleet.master().start_again().await?;
        }
        more(&mut counted).await?;
        done.send_replace(true);
        Ok(())
    };
    let (acknowledged, ()) = tokio::try_join!(load, restarts)?;

    let client = fleet.client();
    let mut waiting = acknowledged.clone();
    let settled = async || {
        while let Some(id) = waiting.last() {
            match client.action_get(*id).await {
                Ok(action) if action.status.is_final() => waiting.pop(),
                _ => return false,
            };
        }
        simulator.tally().borrow().unacknowledged == 0
    };
    wait_until("every acknowledged action has its outcome", DEADLINE, settled).await?;
    for id in &acknowledged {
        let action = client.action_get(*id).await?;
        ensure!(action.status == ActionStatus::Succeeded, "{action:?}");
    }
    let mut runs: HashMap<StepId, usize> = HashMap::new();
    for done in simulator.done_steps() {
        *runs.entry(done.step).or_default() += 1;
    }
    for id in &acknowledged {
        let step = StepId { action: *id, target: 0 };
        ensure!(runs.get(&step) == Some(&1), "step {step} ran {:?} times", runs.get(&step));
    }
    let verified = client.audit_verify().await?;
    ensure!(verified.ok, "{verified:?}");
    wait_until("the fleet is connected again", Duration::from_mins(1), connected).await?;
    drop(simulator);
    Ok(fleet.finish()?)
}

/// Waits for twenty more acknowledged actions.
async fn more(counted: &mut watch::Receiver<usize>) -> anyhow::Result<()> {
    let enough = *counted.borrow() + 20;
    counted.wait_for(|count| *count >= enough).await?;
    Ok(())
}
