//! The Topmast master.

pub mod access;
pub mod ca;
pub mod clock;
pub mod config;
