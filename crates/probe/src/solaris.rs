//! Solaris 11 and illumos, read by an agent of 64 bits: what its files hold, and the counters that a tool's reading
//! keeps as shares only.
//!
//! Elsewhere: what the tools print (`tool`).

pub mod cpu;
pub mod filesystem;
pub mod process;
