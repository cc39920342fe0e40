//! Whole fleets for tests and benchmarks: simulated agents, real processes, figures.
//!
//! ```text
//! simulator ── N agents, the real protocol ──►  topmast master (a real process)
//! ```
//!
//! In reading order:

pub mod simulator;
