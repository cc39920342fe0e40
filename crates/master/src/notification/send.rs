//! Sending a message to a channel.
//!
//! Invariants
//! - SN-1: a message takes at most [`TIME_MAX`], whatever the receiver does, and at most [`ANSWER_MAX`] of its answer
//!   is read.
//! - SN-2: whatever a problem's text holds, it stays text: no header, no line of a protocol, no shell, no mention.
//! - SN-3: a failure says what to do about it, and never holds a secret.

use super::Message;
use std::path::PathBuf;
use std::time::Duration;
use topmast_model::notification::{Channel, Secret};

/// The longest that one message takes.
pub const TIME_MAX: Duration = Duration::from_secs(30);
/// Most of an answer that is read, in bytes.
pub const ANSWER_MAX: usize = 64 * 1024;

/// A receiver took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// What it said, on one line; empty when it says nothing, as with a datagram.
    pub answer: String,
}

/// A receiver did not take it, or it is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Failure {
    /// What happened and what to do about it.
    pub reason: String,
    /// Whether another attempt may succeed without anybody changing something.
    pub retry: bool,
    /// The receiver asked to wait for so long.
    pub after: Option<Duration>,
}

/// What sending needs to know of the master.
#[derive(Debug, Clone, Default)]
pub struct SendersConfig {
    /// The cluster's CA, PEM, which is trusted beside the system's.
    pub ca_pem: String,
    /// Name of this host, for greetings and lines.
    pub host_name: String,
    /// The folder whose programs may be run; none when missing.
    pub scripts: Option<PathBuf>,
}

/// Why nothing can be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum SendersError {
    /// The HTTP client.
    #[error("make the HTTP client of notifications")]
    Http(#[from] reqwest::Error),
}

/// What is shared by all that is sent.
#[derive(Debug)]
pub struct Senders {
    config: SendersConfig,
}

impl Senders {
    /// Makes them, once a master.
    ///
    /// # Errors
    /// [`SendersError`].
    pub fn new(config: SendersConfig) -> Result<Self, SendersError> {
        Ok(Self { config })
    }
}

/// Sends a message to a channel, once.
///
/// # Errors
/// [`Failure`].
pub async fn send(
    senders: &Senders,
    channel: &Channel<Secret>,
    message: &Message,
) -> Result<Delivery, Failure> {
    let (_, _) = (&senders.config, message);
    let reason = format!("channels of kind {} are not sent to yet", channel.kind.as_str());
    Err(Failure { reason, retry: false, after: None })
}
