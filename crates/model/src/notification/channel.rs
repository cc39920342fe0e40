//! Channels: ways by which somebody is told of problems.
//!
//! ```text
//! channels.toml ─► Channel<Secret> ─seal─► Channel<Sealed> in the journal ─open─► Channel<Secret> ─► is sent to
//!                                                     └─► Channel<Hidden> is shown
//! ```
//!
//! One form everywhere; what differs is the form of its secrets. A web address to which something is posted is a
//! secret as well: for most receivers, whoever knows it may post.
//!
//! Invariants
//! - CH-1: the journal holds sealed secrets only, and only the type with [`Hidden`](super::Hidden) ones is shown.
//! - CH-2: a channel that [`Channel::check`] passes has bounded texts without control characters.
//!
//! Elsewhere: how something is sent (`topmast-master`, `notification::send`).

mod check;
mod form;
mod snmp;
mod syslog;

pub use check::{ChannelError, is_loopback};
pub use snmp::{SnmpAccess, SnmpAuthentication, SnmpPrivacy, SnmpProtocol, SnmpSecret, SnmpTrap};
pub use syslog::{Facility, Syslog, SyslogTransport};

use crate::agentless::Sealed;
use crate::path::ObjectPath;
use crate::rule::Span;
use form::Form;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Most recipients of one channel: more is a list of the mail server.
pub const RECIPIENTS_MAX: usize = 50;
/// Longest host name, address, user or other word, in bytes.
pub const WORD_MAX: usize = 255;
/// Longest web address, in bytes.
pub const URL_MAX: usize = 2_000;
/// Longest secret that is no web address, in bytes.
pub const SECRET_MAX: usize = 1_024;
/// Most headers that one web hook may add.
pub const HEADERS_MAX: usize = 20;
/// Most arguments of one program.
pub const ARGUMENTS_MAX: usize = 32;
/// Longest time for a program: all ways have as long at most.
pub const SCRIPT_TIMEOUT_MAX: Span = Span::from_secs(30);

/// A way by which somebody is told. `S` is the form of its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Form<S>", into = "Form<S>")]
#[serde(bound(serialize = "S: Serialize + Clone", deserialize = "S: Deserialize<'de>"))]
pub struct Channel<S = Sealed> {
    /// Its identity: what a name in a path may be.
    pub name: String,
    /// The tenant whose problems may go there; those of every tenant when none.
    pub tenant: Option<ObjectPath>,
    /// Whether it is used.
    pub enabled: bool,
    /// How, and where to.
    pub kind: ChannelKind<S>,
}

/// How somebody is told, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelKind<S = Sealed> {
    /// A mail by SMTP.
    Email(Email<S>),
    /// A signed JSON document over HTTP.
    Webhook(Webhook<S>),
    /// A message in Slack, Mattermost or what takes their form.
    Chat(Chat<S>),
    /// A line of syslog, RFC 5424.
    Syslog(Syslog),
    /// A notification of SNMP.
    SnmpTrap(SnmpTrap<S>),
    /// A program on the master.
    Script(Script),
}

/// Mails by SMTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(serialize = "S: Serialize", deserialize = "S: Deserialize<'de>"))]
pub struct Email<S = Sealed> {
    /// The mail server.
    pub host: String,
    /// Its port; 25, 587 or 465 by `security` when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub security: SmtpSecurity,
    /// With which name to log in; not at all when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// With which password.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub password: Option<S>,
    /// The sender: `topmast@example.com` or `Topmast <topmast@example.com>`.
    pub from: String,
    /// The recipients.
    pub to: Vec<String>,
    /// How the master calls itself towards the server; its host name when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hello: Option<String>,
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpSecurity {
    /// Not at all.
    None,
    /// By TLS after STARTTLS, or there is no mail.
    #[default]
    StartTls,
    /// By TLS from the first byte.
    Tls,
}

impl<S> Email<S> {
    /// The port, also when it is not given.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            SmtpSecurity::None => 25,
            SmtpSecurity::StartTls => 587,
            SmtpSecurity::Tls => 465,
        })
    }
}

/// A signed JSON document, posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(serialize = "S: Serialize", deserialize = "S: Deserialize<'de>"))]
pub struct Webhook<S = Sealed> {
    /// Where to: `http` or `https`.
    pub url: S,
    /// What it is signed with; not at all when missing.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub secret: Option<S>,
    /// More headers, as a receiver's token.
    #[serde(default = "BTreeMap::new", skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, S>,
}

/// A message in a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(serialize = "S: Serialize", deserialize = "S: Deserialize<'de>"))]
pub struct Chat<S = Sealed> {
    /// The address of the incoming web hook.
    pub url: S,
    /// Another channel than that of the web hook, where the receiver allows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

/// A program of the folder that the master's configuration names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// Its absolute path.
    pub program: String,
    /// Its arguments, as they are: no shell reads them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// How long it may take.
    #[serde(default = "script_timeout")]
    pub timeout: Span,
}

const fn script_timeout() -> Span {
    Span::from_secs(10)
}

/// Without a bound on the type, which serde's own default would ask for.
const fn none<S>() -> Option<S> {
    None
}

impl<S> ChannelKind<S> {
    /// Every kind by its word, as in the text form.
    pub const WORDS: [&'static str; 6] = ["email", "webhook", "chat", "syslog", "snmp_trap", "script"];

    /// Its word, as in the text form.
    pub const fn as_str(&self) -> &'static str {
        Self::WORDS[match self {
            Self::Email(_) => 0,
            Self::Webhook(_) => 1,
            Self::Chat(_) => 2,
            Self::Syslog(_) => 3,
            Self::SnmpTrap(_) => 4,
            Self::Script(_) => 5,
        }]
    }
}

impl<S> Channel<S> {
    /// The same channel with its secrets in another form.
    ///
    /// - `turn`: turns one secret, which stands at a place as `email.password` or `webhook.headers.x-token`.
    ///
    /// # Errors
    /// The first one of `turn`.
    pub fn try_map<T, E>(&self, mut turn: impl FnMut(&str, &S) -> Result<T, E>) -> Result<Channel<T>, E> {
        let kind = match &self.kind {
            ChannelKind::Email(email) => ChannelKind::Email(Email {
                host: email.host.clone(),
                port: email.port,
                security: email.security,
                user: email.user.clone(),
                password: email.password.as_ref().map(|secret| turn("email.password", secret)).transpose()?,
                from: email.from.clone(),
                to: email.to.clone(),
                hello: email.hello.clone(),
            }),
            ChannelKind::Webhook(hook) => ChannelKind::Webhook(Webhook {
                url: turn("webhook.url", &hook.url)?,
                secret: hook.secret.as_ref().map(|secret| turn("webhook.secret", secret)).transpose()?,
                headers: hook
                    .headers
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), turn(&format!("webhook.headers.{name}"), value)?)))
                    .collect::<Result<_, E>>()?,
            }),
            ChannelKind::Chat(chat) => {
                ChannelKind::Chat(Chat { url: turn("chat.url", &chat.url)?, channel: chat.channel.clone() })
            }
            ChannelKind::Syslog(syslog) => ChannelKind::Syslog(syslog.clone()),
            ChannelKind::SnmpTrap(trap) => ChannelKind::SnmpTrap(trap.try_map(turn)?),
            ChannelKind::Script(script) => ChannelKind::Script(script.clone()),
        };
        Ok(Channel { name: self.name.clone(), tenant: self.tenant.clone(), enabled: self.enabled, kind })
    }

    /// The same channel as it is shown.
    pub fn hidden(&self) -> Channel<super::Hidden> {
        let Ok(channel) = self.try_map(|_, _| Ok::<_, std::convert::Infallible>(super::Hidden));
        channel
    }
}

impl<S> fmt::Display for Channel<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.kind.as_str())
    }
}

#[cfg(test)]
mod tests;
