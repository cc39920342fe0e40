//! Servers without an agent: the master logs in over ssh and reads them.
//!
//! ```text
//! state.agentless ─► run (every quarter of a second) ─► one task a server: connect ─► exec ─► HostReader ─► reading
//!                                                                          │                        live model, history
//!                                                                          └─ what is wrong ─► ReportReading ─► journal
//! ```
//!
//! Invariants
//! - S-1: a server is read by one task, and by none when the journal does not say so.
//! - S-2: at most `CONNECTING` connections are begun and `READING` readings under way at a time, whatever their number;
//!   so what all hosts together can make the master hold is bounded.
//! - S-3: what the journal holds of a login is sealed (`seal`), and no log or answer shows it.
//!
//! Elsewhere: what is run and what it means (`topmast_probe::plan`); what may be (`topmast_engine`); why russh and
//! what is sealed how: docs/adr/0011-agentless-over-ssh.md.

mod application;
pub(crate) mod back_off;
pub(crate) mod connect;
mod exec;
pub(crate) mod fault;
pub(crate) mod log;
pub(crate) mod operate;
mod reader;
mod schedule;
pub(crate) mod seal;

use crate::http::Context;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::MissedTickBehavior;
use topmast_model::agentless::{AgentlessHost, HostKey};
use topmast_model::id::Seq;
use topmast_model::path::ObjectPath;

/// Time between two looks at which servers are to be read.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Connections that are begun at a time (S-2): each is some milliseconds of a processor.
const CONNECTING: usize = 32;
/// Readings under way at a time (S-2): a reading is waiting, mostly.
const READING: usize = 256;
/// Steps of actions under way at a time: each has a connection of its own.
const OPERATING: usize = 64;
/// After a start, servers are begun with over so long at most.
const SPREAD: Duration = Duration::from_secs(10);

/// What all readers share.
pub(crate) struct Readers {
    connecting: Semaphore,
    reading: Semaphore,
    operating: Semaphore,
    /// Readings of logs.
    logs: Arc<Semaphore>,
}

impl Default for Readers {
    fn default() -> Self {
        Self {
            connecting: Semaphore::new(CONNECTING),
            reading: Semaphore::new(READING),
            operating: Semaphore::new(OPERATING),
            logs: Arc::new(Semaphore::new(log::READINGS)),
        }
    }
}

/// Reads all servers that are to be read over ssh, for as long as it is polled.
pub(crate) async fn run(context: Arc<Context>) {
    let mut timer = tokio::time::interval(LOOK_EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut running = Running::default();
    let mut looked_at: Option<Seq> = None;
    loop {
        timer.tick().await;
        while running.tasks.try_join_next().is_some() {}
        let seq = context.bus.state().last_seq();
        if looked_at != Some(seq) {
            running.set(&context, looked_at.is_none());
            looked_at = Some(seq);
        }
    }
}

/// The tasks.
#[derive(Default)]
struct Running {
    tasks: JoinSet<()>,
    servers: BTreeMap<ObjectPath, (AgentlessHost, AbortHandle)>,
}

impl Running {
    /// Begins with what is new or read another way, and ends what is not read any more (S-1).
    fn set(&mut self, context: &Arc<Context>, at_start: bool) {
        let wanted: Vec<(ObjectPath, AgentlessHost)> = {
            let state = context.bus.state();
            self.servers.retain(|path, (known, task)| match state.agentless().get(path) {
                // Pinned once, it is another key that makes a difference.
                Some(host) if is_same(known, host) => {
                    known.clone_from(host);
                    true
                }
                Some(_) => true,
                None => {
                    task.abort();
                    false
                }
            });
            let is_other = |path: &ObjectPath, host: &AgentlessHost| {
                self.servers.get(path).is_none_or(|(known, _)| known != host)
            };
            let new = state.agentless().iter().filter(|(path, host)| is_other(path, host));
            new.map(|(path, host)| (path.clone(), host.clone())).collect()
        };
        for (path, host) in wanted {
            let span = SPREAD.min(Duration::from_millis(host.interval_ms));
            let delay = if at_start { back_off::share(&path, 0, span) } else { Duration::ZERO };
            let task = self.tasks.spawn(reader::run(Arc::clone(context), path.clone(), delay));
            if let Some((_, before)) = self.servers.insert(path, (host, task)) {
                before.abort();
            }
        }
    }
}

/// True when nothing changed, or only a key was pinned that the reader itself has seen.
fn is_same(known: &AgentlessHost, now: &AgentlessHost) -> bool {
    let mut known = known.clone();
    let AgentlessHost { jumps, endpoint, .. } = &mut known;
    for (endpoint, now) in jumps.iter_mut().chain([endpoint]).zip(now.endpoints()) {
        if endpoint.host_key == HostKey::FirstUse {
            endpoint.host_key.clone_from(&now.host_key);
        }
    }
    known == *now
}
