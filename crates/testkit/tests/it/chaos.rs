//! Agents and the master are killed at random while commands flow; nothing acknowledged is lost or run twice.
//!
//! ```text
//! operators (one a pair of agents) ── start, stop, restart, each with its own id ──►  master ⇄ 4 agents ⇄ 8 applications
//! chaos ── kill -9, start again ──► master, agents
//! ```
//!
//! An operator sends the same id again until it is acknowledged, and sometimes once more afterwards. Each
//! application belongs to one operator, so the order of its actions is the order of asking.
//! `TOPMAST_CHAOS_SEED` gives other kills and commands.

use anyhow::{bail, ensure};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::watch;
use topmast_api::action::{Action, ActionRequest};
use topmast_api::application::ApplicationRow;
use topmast_api::client::{Client, ClientError};
use topmast_api::page::ListQuery;
use topmast_api::problem::{Problem, ProblemCode};
use topmast_model::application::Operation;
use topmast_model::id::ActionId;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::status::{ActionStatus, ApplicationStatus};
use topmast_testkit::fleet::{Application, TestFleet};
use topmast_testkit::wait::{DEADLINE, wait_for, wait_until};
use uuid::Uuid;

const AGENTS: usize = 4;
const OPERATORS: usize = 2;
/// Kills; each waits for a few more acknowledged actions, so that work is always under way.
const KILLS: usize = 40;
/// An operator that has no outcome by then goes on to the next command.
const PATIENCE: Duration = Duration::from_millis(500);
/// No action may end as UNKNOWN for want of time.
const TIMEOUT_MS: u64 = 600_000;
/// All that was held up by kills is done by then.
const QUIET_WITHIN: Duration = Duration::from_mins(3);

/// One acknowledged command.
#[derive(Debug, Clone)]
struct Asked {
    id: ActionId,
    operation: Operation,
    target: ObjectPath,
    /// Half done, and reported so: a person must look, and nothing is promised of the state.
    interrupted: bool,
}

#[tokio::test]
async fn killed_masters_and_agents_lose_no_action_and_repeat_none() -> anyhow::Result<()> {
    let seed = std::env::var("TOPMAST_CHAOS_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    println!("TOPMAST_CHAOS_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut fleet = TestFleet::start("chaos").await?;
    for number in 0..AGENTS {
        // A policy that restarts by itself would hide a command that ran twice.
        let applications =
            ["red", "blue"].map(|name| Application::new(name).with("[restart]\npolicy = \"never\"\n"));
        fleet.add_agent(&format!("server{number}"), &applications).await?;
    }
    let client = fleet.client();
    let started =
        async || rows(&client).await.iter().filter(|row| row.status == ApplicationStatus::Started).count();
    wait_until("all applications are STARTED", DEADLINE, async || started().await == 2 * AGENTS).await?;

    let (done, over) = watch::channel(false);
    let (count, mut counted) = watch::channel(0_usize);
    let mut targets: Vec<ObjectPath> = rows(&client).await.into_iter().map(|row| row.path).collect();
    let second = targets.split_off(targets.len() / OPERATORS);
    let first = targets;
    let (mut killer, mut one, mut two) = (random.fork(), random.fork(), random.fork());
    let chaos = async {
        kill_at_random(&mut fleet, &mut counted, &mut killer).await?;
        done.send_replace(true);
        anyhow::Ok(())
    };
    let ((), mut asked, more) = tokio::try_join!(
        chaos,
        operate(&client, &first, over.clone(), &count, &mut one),
        operate(&client, &second, over, &count, &mut two),
    )?;
    asked.extend(more);

    check_states(&client, &done_of(&client, asked.clone()).await?).await?;
    // Once more in peace, where nothing may fail.
    let calm = ask_calmly(&client, &first, &second, &mut random).await?;
    let (n_calm, done) = (calm.len(), done_of(&client, calm.clone()).await?);
    let n_done = done.iter().filter(|command| !command.interrupted).count();
    ensure!(n_done == n_calm, "{n_done} of {n_calm} commands in peace were done");
    check_states(&client, &done).await?;
    asked.extend(calm);
    check_starts(&mut fleet, &done_of(&client, asked).await?)?;
    let verified = client.audit_verify().await?;
    ensure!(verified.ok, "{verified:?}");
    Ok(fleet.finish()?)
}

/// Kills the master or an agent whenever a few more actions were acknowledged, and starts it again at once.
async fn kill_at_random(
    fleet: &mut TestFleet,
    counted: &mut watch::Receiver<usize>,
    random: &mut fastrand::Rng,
) -> anyhow::Result<()> {
    for _ in 0..KILLS {
        let enough = *counted.borrow() + random.usize(2..8);
        counted.wait_for(|count| *count >= enough).await?;
        if random.u8(..3) == 0 {
            fleet.master().process().kill()?;
            fleet.master().start_again().await?;
        } else {
            let agent = &mut fleet.agents()[random.usize(..AGENTS)];
            agent.process().kill()?;
            agent.start_again()?;
        }
    }
    Ok(())
}

/// Asks for one thing after the other until it is over; returns what was acknowledged, in order.
async fn operate(
    client: &Client,
    targets: &[ObjectPath],
    over: watch::Receiver<bool>,
    count: &watch::Sender<usize>,
    random: &mut fastrand::Rng,
) -> anyhow::Result<Vec<Asked>> {
    let mut asked = Vec::new();
    while !*over.borrow() {
        let target = targets[random.usize(..targets.len())].clone();
        let operation = Operation::RUNNING[random.usize(..Operation::RUNNING.len())];
        let id = ActionId(Uuid::now_v7());
        match ask(client, id, operation, &target).await? {
            Ok(_) => {}
            // The action before is still under way, for its agent was killed: nothing was accepted.
            Err(problem) if problem.code == ProblemCode::Conflict => continue,
            Err(problem) => bail!("{operation} of {target}: {problem:?}"),
        }
        if random.u8(..4) == 0 {
            let again = ask(client, id, operation, &target).await?;
            ensure!(again.is_ok_and(|action| action.id == id), "the same command again is another one");
        }
        asked.push(Asked { id, operation, target, interrupted: false });
        count.send_modify(|count| *count += 1);
        let outcome = async || client.action_get(id).await.is_ok_and(|action| action.status.is_final());
        let _ = wait_until("the outcome", PATIENCE, outcome).await;
    }
    Ok(asked)
}

/// Sends a command, and the same again while nobody answers. The master's last word is the action, or why not.
pub(crate) async fn ask(
    client: &Client,
    id: ActionId,
    operation: Operation,
    target: &ObjectPath,
) -> anyhow::Result<Result<Action, Problem>> {
    let request = ActionRequest {
        id: Some(id),
        reason: Some("system test".into()),
        override_guards: true,
        timeout_ms: Some(TIMEOUT_MS),
        ..ActionRequest::new(operation, vec![target.clone()])
    };
    let ask = async || match client.action_create(&request).await {
        Ok(action) => Some(Ok(Ok(action))),
        Err(error) if error.is_transient() => None,
        Err(ClientError::Refused(problem)) => Some(Ok(Err(*problem))),
        Err(error) => Some(Err(error)),
    };
    Ok(wait_for("the master answers a command", DEADLINE, ask).await??)
}

async fn rows(client: &Client) -> Vec<ApplicationRow> {
    client.list_all(&ListQuery::default()).await.map_or_else(|_| Vec::new(), |page| page.items)
}

/// Waits for the outcome of every acknowledged command, none of which is lost, and leaves out those of
/// which nothing was done. A command fails only where its agent was killed before or while it did it.
async fn done_of(client: &Client, asked: Vec<Asked>) -> anyhow::Result<Vec<Asked>> {
    let mut done = Vec::new();
    for mut command in asked {
        let id = command.id;
        let outcome = async || client.action_get(id).await.ok().filter(|action| action.status.is_final());
        let action = wait_for(&format!("action {id} has its outcome"), QUIET_WITHIN, outcome).await?;
        let message = action.targets.first().and_then(|target| target.message.as_deref()).unwrap_or_default();
        match action.status {
            ActionStatus::Succeeded => done.push(command),
            ActionStatus::Failed if message.contains("nothing was done") => {}
            ActionStatus::Failed if message.contains("the agent was interrupted") => {
                command.interrupted = true;
                done.push(command);
            }
            _ => bail!("{action:?}"),
        }
    }
    Ok(done)
}

/// Every application is in the state last asked for.
async fn check_states(client: &Client, done: &[Asked]) -> anyhow::Result<()> {
    let mut last: BTreeMap<&ObjectPath, &Asked> = BTreeMap::new();
    for command in done {
        last.insert(&command.target, command);
    }
    for (path, Asked { id, operation, .. }) in last.into_iter().filter(|(_, last)| !last.interrupted) {
        let stopped = *operation == Operation::Stop;
        let expected = if stopped { ApplicationStatus::Stopped } else { ApplicationStatus::Started };
        let settled =
            async || rows(client).await.iter().any(|row| row.path == *path && row.status == expected);
        wait_until(&format!("{path} is {expected} after {operation} {id}"), DEADLINE, settled).await?;
    }
    Ok(())
}

/// One command for each application.
async fn ask_calmly(
    client: &Client,
    first: &[ObjectPath],
    second: &[ObjectPath],
    random: &mut fastrand::Rng,
) -> anyhow::Result<Vec<Asked>> {
    let mut asked = Vec::new();
    for target in first.iter().chain(second) {
        let (id, operation) =
            (ActionId(Uuid::now_v7()), Operation::RUNNING[random.usize(..Operation::RUNNING.len())]);
        let answer = ask(client, id, operation, target).await?;
        ensure!(answer.is_ok(), "{answer:?}");
        asked.push(Asked { id, operation, target: target.clone(), interrupted: false });
    }
    Ok(asked)
}

/// No application was started more often than it was asked to be.
fn check_starts(fleet: &mut TestFleet, done: &[Asked]) -> anyhow::Result<()> {
    let mut total = 0;
    for agent in fleet.agents() {
        for application in ["red", "blue"] {
            let own = done.iter().filter(|command| {
                command.target.name_at(Level::Server) == Some(agent.name())
                    && command.target.name() == application
            });
            let (starts, most) = (agent.starts(application), most_starts(own));
            ensure!(starts <= most, "{application} of {} started {starts} times, not {most}", agent.name());
            total += starts;
        }
    }
    ensure!(total > 2 * AGENTS, "no command started anything");
    Ok(())
}

/// How often the commands start an application that its agent has started once: to start what runs is no start.
fn most_starts<'a>(commands: impl Iterator<Item = &'a Asked>) -> usize {
    let (mut starts, mut surely_runs) = (1, true);
    for Asked { operation, interrupted, .. } in commands {
        let starting = match operation {
            Operation::Start => !surely_runs,
            Operation::Stop => false,
            _ => true,
        };
        starts += usize::from(starting);
        surely_runs = *operation != Operation::Stop && !interrupted;
    }
    starts
}
