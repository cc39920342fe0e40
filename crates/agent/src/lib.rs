//! The agent: the Topmast process on a managed server.
//!
//! In reading order:

pub mod unit;

pub mod ledger;

pub mod health;
pub mod supervisor;

pub mod endpoint;
pub mod http;
pub mod tls;

pub mod service;

pub mod sampler;
pub mod spool;

pub mod transport;

pub mod config;
pub mod daemon;
pub mod program;
