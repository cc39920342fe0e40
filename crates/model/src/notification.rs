//! Notifications: where people and programs are told of problems.
//!
//! Elsewhere: which problems there are (`problem`), and when somebody is to be told of one (`topmast-engine`, `problem`).

pub mod channel;
mod secret;

pub use channel::{Channel, ChannelError, ChannelKind};
pub use secret::{HIDDEN, Hidden, Secret};
