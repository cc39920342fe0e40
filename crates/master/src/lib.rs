//! The master: accepts commands, keeps the live picture, and serves it all on one port.
//!
//! ```text
//! http ─► authenticate ─► bus ─► engine ─► journal          agents ─► connection ─► live model
//!   ▲                      └► events ─► dispatch ─► registry ─► agents           │
//!   └───────────── views ◄─ state, live model ◄────────────── watch ◄────────────┘
//! ```
//!
//! Two flows only: commands through the bus, telemetry into the live model.
//! Whatever changes anything is a command; reconcilers and agents submit theirs
//! like everybody else.
//!
//! Elsewhere: what may happen (`topmast-engine`), durability (`topmast-journal`), the
//! contract of the port (`topmast-api`), the agents' protocol (`topmast-wire`).
//!
//! In reading order:

pub mod config;
mod start;

pub mod clock;

mod bus;
mod cluster;
mod projection;
mod record;
mod stop;

pub mod access;
mod audit;
mod aws;
pub mod backup;
mod ca;
mod certificate;
mod enrol;
mod federation;
mod file;

mod configuration;
mod connection;
mod dispatch;
mod guest;
mod history;
mod ingest;
mod live;
mod log;
mod merged;
mod neighbour;
mod network;
pub mod notification;
mod package;
mod past;
mod problem;
mod query;
mod reading;
mod reconcile;
mod registry;
mod remote;
mod scrape;
mod ssh;
mod statsd;
mod tenant;
mod terminal;
mod zabbix;

mod counters;
mod http;
mod view;
mod watch;

#[cfg(test)]
mod tests;

pub use bus::SubmitError;
pub use cluster::migrate::{Comparison, MigrateError, Migration};
pub use history::HistoryError;
pub use remote::{ClientError as RemoteClientError, OpenError as RemoteOpenError};
pub use start::{FIRST_USER, Master, StartError};
