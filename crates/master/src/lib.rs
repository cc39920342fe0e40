//! The Topmast master.

pub mod access;
mod bus;
mod ca;
pub mod clock;
pub mod config;
mod counters;
mod dispatch;
mod live;
mod reconcile;
mod record;
mod registry;
