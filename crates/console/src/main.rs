//! The `topmast` command: the console in a terminal.
//!
//! ```text
//! arguments ─► cli (one file a noun) ─► topmast_api::client ─► master
//!                      ├─► output: table, wide, json, csv
//!                      └─► tui: the whole terminal
//! ```
//!
//! Invariants
//! - C-1: standard output has only what was asked for; notices, questions and errors go to standard error.
//! - C-2: the exit code says how it went; see [`cli::failure`].
//! - C-3: nothing that a master sends can control the terminal.

mod cli;
mod multi;
mod output;
mod profile;
mod tui;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
