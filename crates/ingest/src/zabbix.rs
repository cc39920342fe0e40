//! Zabbix: the frame of its protocol, and the values that its senders bring.
//!
//! ```text
//! "ZBXD" · flags · length · reserved · payload       zabbix_sender ─► { host, key, value, clock, ns }* ─► Sink
//! ```
//!
//! Elsewhere: what an agent answers when it is asked (`topmast_probe::zabbix`); the sockets of both (the master's
//! `neighbour` and `zabbix`).

mod frame;
mod trap;

pub use frame::{FrameError, TRAP_MAX, frame, unframe};
pub use trap::{TrapError, Trapped, accepted, refused, take};

#[cfg(test)]
mod tests;
