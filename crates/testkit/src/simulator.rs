//! A simulated fleet: many agents that speak the real protocol to a real master.
//!
//! ```text
//! identity (enrol) ─► agent: connection ─┬─ workload      samples, once an interval
//!                                        └─ applications  reports, orders, ledger
//! ```
//!
//! All agents run on one thread of their own, so that a fleet costs a part of one
//! core and tells that apart from the program that measures.
//!
//! Invariants
//! - S-1: everything a fleet does but its keys and times follows from the seed.
//! - S-2: a step is done at most once, whatever is ordered and whoever restarts.
//! - S-3: a report is kept until the master has acknowledged it.
//! - S-4: each connection has an encoder of its own, as a real agent has.

mod agent;
mod applications;
mod connection;
mod identity;
mod tally;
mod workload;

pub use applications::DoneStep;
pub use connection::{AgentConnection, ConnectError, registration};
pub use identity::{EnrolError, Identity, enrol, enrol_fleet};
pub use tally::Tally;

use agent::{Agent, Instruction};
use applications::Applications;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use tally::Shared;
use tokio::sync::{mpsc, oneshot, watch};
use topmast_model::path::ObjectPath;
use topmast_model::status::ServiceStatus;

/// Instructions that may wait for one agent; the caller waits beyond.
const INSTRUCTIONS: usize = 64;

/// What each simulated server has and does.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Series of each server, those of its services included.
    pub series: usize,
    /// Applications of each server.
    pub applications: usize,
    /// Services of each application.
    pub services: usize,
    /// Time between two ticks of a server; the servers' ticks are spread over it.
    pub interval: Duration,
    /// Share of the series that change in a tick. Linux hosts measured: 0.12 to 0.15.
    pub changing: f64,
    /// Where all chances come from (S-1).
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            series: 100,
            applications: 1,
            services: 1,
            interval: Duration::from_secs(1),
            changing: 0.13,
            seed: 1,
        }
    }
}

/// A running fleet. Dropping it ends its connections and waits for its thread.
#[derive(Debug)]
pub struct Simulator {
    servers: Vec<Server>,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    thread: Option<thread::JoinHandle<()>>,
}

#[derive(Debug)]
struct Server {
    path: ObjectPath,
    instructions: mpsc::Sender<Instruction>,
}

/// Why a simulated fleet did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// The thread or its runtime could not be made.
    #[error("start the simulator's thread")]
    Start(#[source] io::Error),
    /// The options contradict each other.
    #[error("{0}")]
    Options(String),
    /// No such server, application or service.
    #[error("the fleet has no service {0}")]
    NoService(String),
    /// The fleet stopped, or its agent was refused for good.
    #[error("the simulated agent of {0} no longer runs")]
    Gone(ObjectPath),
}

impl Simulator {
    /// Starts one agent for each identity; they connect within the first interval.
    ///
    /// - `master`: base URL, plain HTTP: `http://127.0.0.1:7400`.
    ///
    /// # Errors
    /// [`SimulatorError::Options`] or [`SimulatorError::Start`].
    pub fn start(master: &str, fleet: &[Identity], options: &Options) -> Result<Self, SimulatorError> {
        workload::check(options).map_err(SimulatorError::Options)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(SimulatorError::Start)?;
        let (stop, stopped) = watch::channel(false);
        let shared = Arc::new(Shared::default());
        let mut random = fastrand::Rng::with_seed(options.seed);
        let mut servers = Vec::with_capacity(fleet.len());
        let mut agents = Vec::with_capacity(fleet.len());
        for identity in fleet {
            let (instructions, receiver) = mpsc::channel(INSTRUCTIONS);
            servers.push(Server { path: identity.server.clone(), instructions });
            agents.push(Agent {
                identity: identity.clone(),
                master: master.to_owned(),
                options: options.clone(),
                phase: options.interval.mul_f64(random.f64()),
                random: random.fork(),
                applications: Applications::new(options),
                instructions: receiver,
                shared: Arc::clone(&shared),
                stopped: stopped.clone(),
            });
        }
        let body = move || {
            runtime.block_on(async {
                let mut tasks = tokio::task::JoinSet::new();
                for agent in agents {
                    tasks.spawn(agent.run());
                }
                while tasks.join_next().await.is_some() {}
            });
        };
        let thread =
            thread::Builder::new().name("simulator".into()).spawn(body).map_err(SimulatorError::Start)?;
        Ok(Self { servers, shared, stop, thread: Some(thread) })
    }

    /// What happened up to now; also to wait on: `simulator.tally().wait_for(|t| t.connected == n)`.
    pub fn tally(&self) -> watch::Receiver<Tally> {
        self.shared.subscribe()
    }

    /// The servers' paths, in the order of their identities.
    pub fn servers(&self) -> impl Iterator<Item = &ObjectPath> {
        self.servers.iter().map(|server| &server.path)
    }

    /// Every step that was done, in the order of doing; a step is there once (S-2).
    pub fn done_steps(&self) -> Vec<DoneStep> {
        self.shared.done_steps()
    }

    /// Changes a service's state: with codes it is MALFUNCTION, without STARTED.
    ///
    /// - `server`, `application`, `service`: positions, counted from 0.
    ///
    /// Returns the moment just before the report was handed to the socket; waits
    /// for a connection when there is none.
    ///
    /// # Errors
    /// [`SimulatorError::NoService`] or [`SimulatorError::Gone`].
    pub async fn change_service(
        &self,
        server: usize,
        application: usize,
        service: usize,
        codes: Vec<String>,
    ) -> Result<Instant, SimulatorError> {
        let (sent, told) = oneshot::channel();
        let missing = || SimulatorError::NoService(format!("{server}/{application}/{service}"));
        let at = self.servers.get(server).ok_or_else(missing)?;
        let status = if codes.is_empty() { ServiceStatus::Started } else { ServiceStatus::Malfunction };
        let instruction = Instruction { application, service, status, codes, sent };
        let gone = || SimulatorError::Gone(at.path.clone());
        at.instructions.send(instruction).await.map_err(|_| gone())?;
        told.await.map_err(|_| gone())?.ok_or_else(missing)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // A panic of the fleet's thread was printed there already.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
