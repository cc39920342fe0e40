//! The agent: the Topmast process on a managed server.
//!
//! In reading order:

pub mod unit;

pub mod ledger;

pub mod supervisor;
