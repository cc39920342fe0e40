//! One master: connect, prove, exchange, and connect again.

mod session;

use self::session::{End, Session};
use super::backoff::{Backoff, spread};
use super::identity::IdentityStore;
use crate::endpoint::{ConnectError, Endpoint, Stream};
use crate::ledger::Ledger;
use crate::log::Logs;
use crate::package::Courier;
use crate::spool::Spool;
use crate::supervisor::StepRequest;
use crate::task::RunOrder;
use crate::terminal::Terminals;
use crate::tls::{TrustError, cluster_trust};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use topmast_model::server::ServerRole;
use topmast_wire::limits::MESSAGE_MAX;

/// Where a master awaits agents.
const PATH: &str = "/api/v1/agents/connect";
/// Longest time from the first packet to the master's welcome.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest wait that a master can ask for.
const RETRY_MAX: Duration = Duration::from_mins(10);
/// Shortest wait after a refusal that only a person can lift.
const RETRY_FATAL: Duration = Duration::from_mins(1);
/// Buffers of a connection: messages are small, and an agent has little memory.
const READ_BUFFER: usize = 8 << 10;

/// Hands a step to whoever executes it; the outcome comes through the ledger.
pub type Orders = Box<dyn Fn(StepRequest) + Send + Sync>;

/// Hands on the order to run a task now; what becomes of it comes through the ledger.
pub type TaskOrders = Box<dyn Fn(RunOrder) + Send + Sync>;

/// What every link needs.
pub struct LinkContext {
    /// Who this agent is.
    pub identity: IdentityStore,
    /// What is to be reported.
    pub ledger: Ledger,
    /// Changes when the ledger has new reports.
    pub reports: watch::Receiver<()>,
    /// What was sampled.
    pub spool: Arc<Spool>,
    /// Executes steps.
    pub orders: Orders,
    /// Asks for bytes of packages.
    pub courier: Arc<Courier>,
    /// Runs tasks now.
    pub task_orders: TaskOrders,
    /// Runs commands and shells of people.
    pub terminals: Arc<Terminals>,
    /// Reads logs of applications.
    pub logs: Arc<Logs>,
    /// What runs on this server.
    pub role: ServerRole,
    /// What the server is told apart by beside its name.
    pub labels: BTreeMap<String, String>,
    /// Time between two ticks.
    pub interval: Duration,
}

/// The link to one master.
pub struct Link {
    master: Endpoint,
    /// Name of its cursor in the spool.
    name: Arc<str>,
    context: Arc<LinkContext>,
    backoff: Backoff,
    /// What was said about it last, so that it is not said again every half minute.
    said: String,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
enum LinkError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("trust the cluster's ca: {0}; enrol the server again")]
    Trust(#[from] TrustError),
    #[error("websocket: {0}")]
    Socket(Box<tokio_tungstenite::tungstenite::Error>),
    #[error("no welcome within {} s", CONNECT_TIMEOUT.as_secs())]
    Timeout,
}

impl Link {
    /// A link that is not connected yet.
    pub fn new(master: Endpoint, context: Arc<LinkContext>) -> Self {
        let name = Self::cursor_name(&master).into();
        Self { master, name, context, backoff: Backoff::default(), said: String::new() }
    }

    /// The name of a master's cursor in the spool.
    pub fn cursor_name(master: &Endpoint) -> String {
        master.authority()
    }

    /// Keeps the link up until the future is dropped.
    pub async fn run(mut self) {
        loop {
            let wait = match self.attempt().await {
                Ok(end) => self.after(end),
                Err(error) => {
                    self.say(&format!("cannot connect: {error}"));
                    self.backoff.next()
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&mut self) -> Result<End, LinkError> {
        let opening = async {
            let socket = self.open().await?;
            Ok(Session::begin(socket, Arc::clone(&self.name), Arc::clone(&self.context)).await)
        };
        let begun =
            tokio::time::timeout(CONNECT_TIMEOUT, opening).await.unwrap_or(Err(LinkError::Timeout))?;
        match begun {
            Ok(session) => {
                self.backoff.reset();
                self.said.clear();
                tracing::info!(master = %self.name, "connected");
                let end = session.run().await;
                self.context.courier.broke();
                Ok(end)
            }
            Err(end) => Ok(end),
        }
    }

    async fn open(&self) -> Result<WebSocketStream<Stream>, LinkError> {
        let endpoint = self.master.with_path(PATH);
        let trust = if endpoint.is_tls() {
            Some(cluster_trust(&self.context.identity.current().ca_pem)?)
        } else {
            None
        };
        let stream = endpoint.connect(trust.as_ref()).await?;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(4 * MESSAGE_MAX)
            .max_message_size(Some(MESSAGE_MAX))
            .max_frame_size(Some(MESSAGE_MAX));
        let (socket, _) = client_async_with_config(endpoint.websocket_url(), stream, Some(config))
            .await
            .map_err(|error| LinkError::Socket(Box::new(error)))?;
        Ok(socket)
    }

    /// Says why the connection ended, and how long to wait.
    fn after(&mut self, end: End) -> Duration {
        match end {
            End::Goodbye { reason, retry_after, fatal: false } => {
                self.say(&format!("the master ended the connection: {reason}"));
                let wait = retry_after.min(RETRY_MAX);
                wait + spread(wait / 5)
            }
            End::Goodbye { reason, retry_after, fatal: true } => {
                self.say(&format!("the master refuses this agent until someone acts: {reason}"));
                let wait = retry_after.clamp(RETRY_FATAL, RETRY_MAX);
                wait + spread(wait / 5)
            }
            End::Lost(reason) => {
                self.say(&format!("connection lost: {reason}"));
                self.backoff.next()
            }
        }
    }

    fn say(&mut self, text: &str) {
        if self.said != text {
            tracing::warn!(master = %self.name, "{text}");
            text.clone_into(&mut self.said);
        }
    }
}

#[cfg(test)]
mod tests;
