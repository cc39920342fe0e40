//! The project's chores: `cargo xtask ci|tidy|openapi|dist|cross`.
//!
//! Everything a rule of the house can check by program is checked here, so that a
//! review is about the idea. `cargo xtask ci` is what the build machine runs.
//!
//! Elsewhere: installing what a fresh machine lacks (`scripts/setup`), the short names (`Makefile`).

#![expect(clippy::print_stdout, reason = "a command line tool reports on standard output")]

mod ci;
mod cross;
mod dist;
mod openapi;
mod outcome;
mod sbom;
mod tidy;

use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "The project's own chores")]
struct Options {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Runs every check in order and prints which failed.
    Ci,
    /// Checks the rules of the house that the compiler does not know.
    Tidy,
    /// Writes openapi/v1.json from the code.
    Openapi {
        /// Only compares, and fails when the file is out of date.
        #[arg(long)]
        check: bool,
    },
    /// Builds the release files into dist/, with their checksums.
    Dist,
    /// Builds or checks the agent for other systems, and runs it where there is an emulator.
    Cross,
}

fn main() -> ExitCode {
    let root = root();
    let done = match Options::parse().chore {
        Chore::Ci => ci::run(&root),
        Chore::Tidy => tidy::run(&root),
        Chore::Openapi { check } => openapi::run(&root, check),
        Chore::Dist => dist::run(&root),
        Chore::Cross => cross::run(&root),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The top of the checkout: the parent of this package.
fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_path_buf()
}
