//! The agent: the Topmast process on a managed server. It runs the server's applications, sees how they and
//! the server are, and tells every master; it obeys the active one.
//!
//! ```text
//!  unit files ----> supervisor --views--> service checks --> board -.
//!                    ^   |  ^                                       v
//!                    |   |  '---- steps ----.        /proc --> sampler --> spool -.
//!                    |   v                   \                                     v
//!  restarts -------> ledger --- reports ---> transport: a link to every master <- frames
//! ```
//!
//! Invariants
//! - A-1: an application depends on no master and on no agent: it runs on when either ends.
//! - A-2: a step is executed at most once, by order of the newest master, with its outcome kept until a journal has it.
//! - A-3: what is reported is on disk before it is sent; samples are kept while no master answers, up to a bound, and
//!   what is dropped is counted.
//! - A-4: everything taken from outside (units, endpoints, logs, masters) has a bound in size and time.
//! - A-5: one thread, and nothing global: several agents can run in one process.
//!
//! Elsewhere: the protocol (`topmast_wire`), reading a host (`topmast_probe`), the other end (`topmast_master`).
//! What is written in unit files: docs/guide/applications.md and docs/guide/services.md.
//!
//! In reading order:

// What differs between operating systems.
mod platform;

// What is to be run, and what must not be forgotten.
pub(crate) mod configuration;
pub mod ledger;
pub mod package;
pub mod unit;

// Running it.
pub mod health;
pub mod supervisor;
pub mod task;

// Asking it.
pub mod endpoint;
pub mod http;
pub mod service;
pub mod tls;

// Telling of it.
pub mod containers;
pub mod log;
pub mod sampler;
pub mod spool;
pub mod terminal;
pub mod transport;

// All together.
pub mod config;
pub mod daemon;
pub mod program;
