//! Notifications: people and programs are told of problems.
//!
//! ```text
//! Message + Channel<Secret> ─► send ─► a mail, a request, a line, a trap, a program ─► Delivery or Failure
//! ```
//!
//! Elsewhere: what a channel is (`topmast-model`, `notification::channel`).

pub(crate) mod config;
mod message;
#[cfg_attr(not(test), expect(dead_code, reason = "what keeps channels is built on it"))]
pub(crate) mod secret;
mod send;

pub use message::{FACTS_MAX, Fact, Message};
pub use send::{ANSWER_MAX, Delivery, Failure, Senders, SendersConfig, SendersError, TIME_MAX, send};
