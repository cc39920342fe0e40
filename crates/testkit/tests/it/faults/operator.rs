//! Somebody who restarts applications all the time, through whichever master answers.
//!
//! There is one for each master, who asks that one first. A command that nobody answers is sent to the next master
//! under the same id, until it is accepted or refused for good: its last word is what counts.

use super::SERVERS;
use anyhow::{anyhow, bail};
use futures_util::future::try_join_all;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;
use topmast_api::action::ActionRequest;
use topmast_api::client::{Client, ClientError, Endpoint};
use topmast_api::problem::ProblemCode;
use topmast_model::application::Operation;
use topmast_model::id::ActionId;
use topmast_model::path::ObjectPath;
use topmast_testkit::cluster::TestCluster;
use topmast_testkit::wait::{wait_for, wait_until};
use uuid::Uuid;

/// A master that does not answer by then is passed over; it may still carry out what it was asked.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// All servers may choose new leaders in this time, one after the other.
const ACCEPTED_WITHIN: Duration = Duration::from_mins(2);
/// An operator that has no outcome by then goes on to the next command.
const PATIENCE: Duration = Duration::from_millis(500);

/// No action may end as UNKNOWN for want of time, not even under masters whose clocks are hours apart.
pub(super) const TIMEOUT_MS: u64 = 12 * 3_600_000;

/// A restart that a master acknowledged.
#[derive(Debug, Clone)]
pub(super) struct Restart {
    pub(super) id: ActionId,
    pub(super) target: ObjectPath,
}

/// The application that is one operator's alone, on every server.
pub(super) fn application(operator: usize) -> String {
    format!("app{operator}")
}

/// Operators at work, in a thread of their own.
pub(super) struct Operators {
    over: watch::Sender<bool>,
    count: watch::Receiver<usize>,
    thread: JoinHandle<anyhow::Result<Vec<Vec<Restart>>>>,
}

impl Operators {
    /// One for each master.
    pub(super) fn start(cluster: &TestCluster, random: &mut fastrand::Rng) -> anyhow::Result<Self> {
        let mut clients = Vec::new();
        for client in cluster.clients() {
            clients.push(Client::new(Endpoint {
                url: client.url().to_owned(),
                ca_pem: None,
                credentials: client.credentials().clone(),
                timeout: ANSWER_WITHIN,
            })?);
        }
        let (over, (count, counted)) = (watch::Sender::new(false), watch::channel(0));
        let mut operators = Vec::new();
        for number in 0..clients.len() {
            let targets = SERVERS.map(|server| format!("{server}/{}", application(number)).parse());
            operators.push(Operator {
                clients: clients.clone(),
                first: number,
                targets: targets.into_iter().collect::<Result<_, _>>()?,
                over: over.subscribe(),
                count: count.clone(),
                random: random.fork(),
            });
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let work = move || runtime.block_on(try_join_all(operators.into_iter().map(Operator::work)));
        Ok(Self { over, count: counted, thread: std::thread::spawn(work) })
    }

    /// Waits until so many more commands are acknowledged.
    pub(super) async fn acknowledged(&mut self, more: usize) -> anyhow::Result<()> {
        let enough = *self.count.borrow() + more;
        let counted = tokio::time::timeout(ACCEPTED_WITHIN, self.count.wait_for(|count| *count >= enough));
        match counted.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => bail!("an operator ended; what stopped it is told when all are stopped"),
            Err(_) => bail!("commands are no longer acknowledged"),
        }
    }

    /// Lets them finish; what was acknowledged to all of them.
    pub(super) async fn stop(self) -> anyhow::Result<Vec<Restart>> {
        self.over.send_replace(true);
        let ended = tokio::task::spawn_blocking(move || self.thread.join()).await?;
        Ok(ended.map_err(|_| anyhow!("an operator panicked"))??.concat())
    }
}

struct Operator {
    clients: Vec<Client>,
    /// The master that is asked first.
    first: usize,
    targets: Vec<ObjectPath>,
    over: watch::Receiver<bool>,
    count: watch::Sender<usize>,
    random: fastrand::Rng,
}

impl Operator {
    async fn work(mut self) -> anyhow::Result<Vec<Restart>> {
        let mut restarts: Vec<Restart> = Vec::new();
        while !*self.over.borrow() {
            let target = self.targets[self.random.usize(..self.targets.len())].clone();
            let id = ActionId(Uuid::now_v7());
            if self.ask(id, &target).await? {
                restarts.push(Restart { id, target: target.clone() });
                self.count.send_modify(|count| *count += 1);
            }
            // The one before on the same application may be under way.
            let last = restarts.iter().rev().find(|restart| restart.target == target);
            if let Some(Restart { id, .. }) = last {
                let outcome = async || self.is_done(*id).await;
                let _ = wait_until("the outcome", PATIENCE, outcome).await;
            }
        }
        Ok(restarts)
    }

    /// True when it was accepted; false when the one before is still under way.
    async fn ask(&self, id: ActionId, target: &ObjectPath) -> anyhow::Result<bool> {
        let request = ActionRequest {
            id: Some(id),
            reason: Some("system test".into()),
            override_guards: true,
            timeout_ms: Some(TIMEOUT_MS),
            ..ActionRequest::new(Operation::Restart, vec![target.clone()])
        };
        let mut turn = self.clients.iter().cycle().skip(self.first);
        let ask = async || match turn.next()?.action_create(&request).await {
            Ok(action) if action.id == id => Some(Ok(true)),
            Err(ClientError::Refused(problem)) if problem.code == ProblemCode::Conflict => Some(Ok(false)),
            Err(error) if error.is_transient() => None,
            other => Some(Err(anyhow!("restart of {target}: {other:?}"))),
        };
        wait_for("a master accepts a command", ACCEPTED_WITHIN, ask).await?
    }

    async fn is_done(&self, id: ActionId) -> bool {
        for client in self.clients.iter().cycle().skip(self.first).take(self.clients.len()) {
            if let Ok(action) = client.action_get(id).await {
                return action.status.is_final();
            }
        }
        false
    }
}
