//! Commands and shells of people on this server, as a master asks for them and the server's own policy allows.
//!
//! ```text
//! session --OpenPane--> Panes --spawn--> pane --PaneOutput, PaneEnded--> Panes --> session
//!         --PaneInput, PaneCredit, …---------^
//! ```
//!
//! A pane is one command with pipes, or one login shell on a terminal. It belongs to the connection that asked for it.
//!
//! Invariants
//! - P-1: nothing runs unless `[terminal]` of the agent's configuration allows it, and then as its account only.
//! - P-2: a pane says that it ended exactly once, and nothing after it.
//! - P-3: no more of what a program prints is held than its credit, and never more than two messages.
//! - P-4: what is stopped, takes too long or loses its connection is ended with everything that it started. What ends by
//!   itself leaves running what it left running, as a login over ssh does.
//!
//! Elsewhere: how a program is started (`platform::terminal`), and which processes are its own (`platform::family`).

mod pane;
mod policy;

use self::pane::Pane;
use crate::log::Logs;
use crate::platform::family::Family;
use crate::platform::terminal::{Screen, spawn};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::process::Child;
use tokio::sync::{Semaphore, mpsc};
use topmast_wire::{AgentMessage, MasterMessage, OpenLog, OpenPane, PaneId, PaneOutcome, PaneSize};

pub(crate) use self::pane::Order;
pub use self::policy::{Policy, PolicyError, PolicyFile};

/// Longest time of a command, whatever a master says.
const COMMAND_MAX: Duration = Duration::from_hours(24);
/// Messages of all panes that wait for a connection.
const OUTGOING: usize = 8;
/// Orders that wait for one pane.
const ORDERS: usize = 16;

/// What is to be run.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(windows, expect(dead_code, reason = "read on Unix; nothing is started on Windows"))]
pub(crate) enum Program<'a> {
    /// A text for a shell, without a terminal.
    Command(&'a str),
    /// A login shell.
    Shell {
        /// Of its terminal.
        size: PaneSize,
    },
}

/// What is to be run as whom.
#[derive(Debug)]
#[cfg_attr(windows, expect(dead_code, reason = "read on Unix; nothing is started on Windows"))]
pub(crate) struct Wanted<'a> {
    pub(crate) user: Option<&'a str>,
    pub(crate) shell: Option<&'a Path>,
    pub(crate) program: Program<'a>,
    /// Tells its processes from all others.
    pub(crate) marker: &'a str,
}

/// What runs.
pub(crate) struct Spawned {
    pub(crate) account: String,
    pub(crate) child: Child,
    pub(crate) family: Family,
    /// Standard output, or all that a terminal shows.
    pub(crate) output: Option<Box<dyn AsyncRead + Send + Unpin>>,
    /// Standard error.
    pub(crate) error: Option<Box<dyn AsyncRead + Send + Unpin>>,
    /// The keys of a terminal.
    pub(crate) input: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    pub(crate) screen: Option<Screen>,
}

/// The terminals of this server, of all masters together.
pub struct Terminals {
    policy: Option<Policy>,
    places: Arc<Semaphore>,
}

impl Terminals {
    /// By a policy; `None` allows none.
    pub fn new(policy: Option<Policy>) -> Self {
        let places = policy.as_ref().map_or(0, |policy| policy.sessions_max);
        Self { policy, places: Arc::new(Semaphore::new(places)) }
    }

    /// Begins a pane; why not, in words.
    fn begin(&self, open: &OpenPane, outgoing: mpsc::Sender<AgentMessage>) -> Result<Begun, String> {
        let policy = self.policy.as_ref().ok_or(
            "terminals are not allowed on this server; set allow = true and user below [terminal] in the agent's \
             configuration, and start the agent anew",
        )?;
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            format!(
                "{} terminals are open on this server, the most that its agent allows; end one, or raise sessions_max \
                 below [terminal] in the agent's configuration",
                policy.sessions_max
            )
        })?;
        let program = match &open.command {
            Some(command) => Program::Command(command),
            None => Program::Shell { size: open.size },
        };
        let marker = format!("terminal:{}", open.pane);
        let wanted =
            Wanted { user: policy.user.as_deref(), shell: policy.shell.as_deref(), program, marker: &marker };
        let spawned = spawn(&wanted).map_err(|error| error.to_string())?;
        let account = spawned.account.clone();
        let (orders, receiver) = mpsc::channel(ORDERS);
        let pane = Pane {
            id: open.pane,
            shell: open.command.is_none(),
            timeout: Duration::from_millis(open.timeout_ms).min(if open.command.is_none() {
                policy.idle_timeout
            } else {
                COMMAND_MAX
            }),
            output_max: if open.command.is_none() { u64::MAX } else { open.output_max_bytes },
            credit: open.credit_bytes,
            orders: receiver,
            outgoing,
        };
        tracing::info!(pane = %open.pane, principal = open.principal, account, "terminal opened");
        Ok(Begun { orders, account, run: Box::pin(pane.run(spawned, place)) })
    }
}

/// A pane that runs once its future does.
struct Begun {
    orders: mpsc::Sender<Order>,
    account: String,
    run: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// The panes of one connection, readings of logs among them. They end with it.
pub struct Panes {
    terminals: Arc<Terminals>,
    logs: Arc<Logs>,
    running: BTreeMap<PaneId, mpsc::Sender<Order>>,
    outgoing: mpsc::Sender<AgentMessage>,
    waiting: mpsc::Receiver<AgentMessage>,
}

impl Panes {
    /// None yet.
    pub fn new(terminals: Arc<Terminals>, logs: Arc<Logs>) -> Self {
        let (outgoing, waiting) = mpsc::channel(OUTGOING);
        Self { terminals, logs, running: BTreeMap::new(), outgoing, waiting }
    }

    /// Runs a command or a shell; the answer, which is to be sent before anything else of the pane.
    ///
    /// - `refusal`: why the master may not ask for it, in words.
    pub fn open(&mut self, open: &OpenPane, refusal: Option<String>) -> AgentMessage {
        let pane = open.pane;
        let begun = match refusal {
            Some(reason) => Err(reason),
            None if self.running.contains_key(&pane) => Err("it runs already".to_owned()),
            None => self.terminals.begin(open, self.outgoing.clone()),
        };
        match begun {
            Ok(Begun { orders, account, run }) => {
                self.running.insert(pane, orders);
                tokio::spawn(run);
                AgentMessage::PaneStarted { pane, account }
            }
            Err(reason) => {
                tracing::warn!(%pane, principal = open.principal, reason, "terminal refused");
                AgentMessage::PaneEnded { pane, outcome: PaneOutcome::Failed(reason) }
            }
        }
    }

    /// Reads logs; the answer, as of a command.
    ///
    /// - `refusal`: why the master may not ask for it, in words.
    pub fn open_log(&mut self, open: &OpenLog, refusal: Option<String>) -> AgentMessage {
        let pane = open.pane;
        let (orders, receiver) = mpsc::channel(ORDERS);
        let begun = match refusal {
            Some(reason) => Err(reason),
            None if self.running.contains_key(&pane) => Err("it runs already".to_owned()),
            None => self.logs.begin(open, receiver, self.outgoing.clone()),
        };
        match begun {
            Ok(run) => {
                self.running.insert(pane, orders);
                tokio::spawn(run);
                AgentMessage::PaneStarted { pane, account: String::new() }
            }
            Err(reason) => {
                tracing::warn!(%pane, principal = open.principal, reason, "reading of logs refused");
                AgentMessage::PaneEnded { pane, outcome: PaneOutcome::Failed(reason) }
            }
        }
    }

    /// Hands on what concerns a pane that runs. What is for one that is over is passed over, for it may have ended while
    /// the message was under way.
    pub async fn take(&mut self, message: MasterMessage) {
        let (pane, order) = match message {
            MasterMessage::PaneInput { pane, bytes } => (pane, Order::Input(bytes)),
            MasterMessage::ResizePane { pane, size } => (pane, Order::Resize(size)),
            MasterMessage::StopPane { pane } => (pane, Order::Stop),
            MasterMessage::PaneCredit { pane, bytes } => (pane, Order::Credit(bytes)),
            _ => return,
        };
        if let Some(orders) = self.running.get(&pane) {
            // A pane takes its orders at all times, so this waits for no program and no reader.
            let _ = orders.send(order).await;
        }
    }

    /// Ends all of them, as when the master may not order anything any more.
    pub fn end(&mut self) {
        // A pane whose orders cannot come any more ends.
        self.running.clear();
    }

    /// What a pane says next. Can be dropped and called again.
    pub async fn next(&mut self) -> AgentMessage {
        match self.waiting.recv().await {
            Some(message) => {
                if let AgentMessage::PaneEnded { pane, .. } = &message {
                    self.running.remove(pane);
                }
                message
            }
            // Never: this side holds a sender too.
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
