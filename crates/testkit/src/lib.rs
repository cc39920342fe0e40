//! Whole fleets for tests and benchmarks: simulated agents, real processes, figures.
//!
//! ```text
//! simulator ── N agents, the real protocol ──►┐
//! fleet     ── real agents, as processes ────►├─ topmast master (a real process)
//! cluster   ── several masters, NATS, proxies ►┤
//! bench     ── figures beside their targets ──┘
//! ```
//!
//! The programs `topmast`, `topmast-agent` and `payment-switch` are those that cargo built
//! beside the test or benchmark; `make test` and `make bench` build them first.
//!
//! In reading order:

pub mod simulator;

pub mod process;
pub mod wait;

pub mod fleet;
pub mod proxy;

pub mod cluster;
pub mod receiver;
pub mod sshd;

pub mod guide;

pub mod bench;
