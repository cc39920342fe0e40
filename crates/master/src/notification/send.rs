//! Sending a message to a channel.
//!
//! Invariants
//! - SN-1: a message takes at most [`TIME_MAX`], whatever the receiver does, and at most [`ANSWER_MAX`] of its answer
//!   is read.
//! - SN-2: whatever a problem's text holds, it stays text: no header, no line of a protocol, no shell, no mention.
//! - SN-3: a failure says what to do about it, and never holds a secret.

mod chat;
mod connection;
mod email;
mod post;
mod script;
mod snmp_trap;
pub(crate) mod syslog;
mod webhook;

use super::Message;
use super::message::{clip, line};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use topmast_model::notification::{Channel, ChannelKind, Secret};

/// The longest that one message takes.
pub const TIME_MAX: Duration = Duration::from_secs(30);
/// Most of an answer that is read, in bytes.
pub const ANSWER_MAX: usize = 64 * 1024;
/// Most of an answer that is told, in characters.
const TOLD_MAX: usize = 300;

/// Longest reason of a failure, in characters.
const REASON_MAX: usize = 1_000;

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

impl Failure {
    /// Another attempt may succeed.
    fn passing(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), retry: true, after: None }
    }

    /// Somebody has to change something first.
    fn lasting(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), retry: false, after: None }
    }
}

/// What sending needs to know of the master.
#[derive(Debug, Clone, Default)]
pub struct SendersConfig {
    /// The cluster, as `tenant/name`: receivers of several tell them apart by it.
    pub cluster: String,
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
    /// The roots that are trusted.
    #[error("prepare TLS of notifications")]
    Tls(#[from] rustls::Error),
    /// The cluster's CA.
    #[error("read the cluster's CA for notifications")]
    Ca(#[from] rustls_pki_types::pem::Error),
    /// The mail client cannot use the cluster's CA.
    #[error("prepare TLS of mails")]
    Mail(#[from] lettre::transport::smtp::Error),
}

/// What is shared by all that is sent.
#[derive(Debug)]
pub struct Senders {
    config: SendersConfig,
    http: reqwest::Client,
    tls: Arc<rustls::ClientConfig>,
    /// SNMP counts from here.
    started: Instant,
    mail_ca: Option<lettre::transport::smtp::client::Certificate>,
}

impl Senders {
    /// Makes them, once a master.
    ///
    /// # Errors
    /// [`SendersError`].
    pub fn new(config: SendersConfig) -> Result<Self, SendersError> {
        let http = post::client(&config.ca_pem)?;
        let tls = connection::tls(&config.ca_pem)?;
        let mail_ca = match config.ca_pem.as_str() {
            "" => None,
            pem => Some(lettre::transport::smtp::client::Certificate::from_pem(pem.as_bytes())?),
        };
        Ok(Self { config, http, tls, started: Instant::now(), mail_ca })
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
    send_within(TIME_MAX, senders, channel, message).await
}

async fn send_within(
    time: Duration,
    senders: &Senders,
    channel: &Channel<Secret>,
    message: &Message,
) -> Result<Delivery, Failure> {
    let sent = async {
        match &channel.kind {
            ChannelKind::Email(email) => email::send(senders, channel, email, message).await,
            ChannelKind::Webhook(hook) => webhook::send(senders, channel, hook, message).await,
            ChannelKind::Chat(chat) => chat::send(senders, channel, chat, message).await,
            ChannelKind::Syslog(syslog) => syslog::send(senders, syslog, message).await,
            ChannelKind::SnmpTrap(trap) => snmp_trap::send(senders, trap, message).await,
            ChannelKind::Script(script) => script::send(senders, &channel.name, script, message).await,
        }
    };
    let sent = tokio::time::timeout(time, sent).await.unwrap_or_else(|_| {
        Err(Failure::passing(format!(
            "{} was not done within {} s; is it overloaded, or does a firewall drop what is sent to it?",
            told(&channel.target()),
            time.as_secs()
        )))
    });
    sent.map_err(|failure| Failure { reason: clip(&failure.reason, REASON_MAX), ..failure })
}

/// What a receiver said, short and on one line.
fn told(text: &str) -> String {
    clip(&line(text), TOLD_MAX)
}

#[cfg(test)]
mod tests;
