//! Notifications: people and programs are told of problems.
//!
//! ```text
//! Message + Channel<Secret> ─► send ─► a mail, a request, a line, a trap, a program ─► Delivery or Failure
//! ```
//!
//! Elsewhere: what a channel is (`topmast-model`, `notification::channel`).

pub(crate) mod compose;
pub(crate) mod config;
pub(crate) mod deliver;
mod link;
mod message;
pub(crate) use link::Links;

pub(crate) mod secret;
mod send;

pub use message::{AlarmFact, FACTS_MAX, Fact, Message};
pub(crate) use send::syslog;
pub use send::{ANSWER_MAX, Delivery, Failure, Senders, SendersConfig, SendersError, TIME_MAX, send};
