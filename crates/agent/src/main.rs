//! `topmast-agent`: the agent as a small program of its own.

use clap::Parser;
use std::ffi::OsString;
use std::io::IsTerminal;
use topmast_agent::program::{self, Arguments};

/// Supervises the applications of this server and reports to its masters.
#[derive(Parser)]
#[command(name = "topmast-agent", version, after_help = program::HELP)]
struct CommandLine {
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> anyhow::Result<()> {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let Some(done) = program::obey(&words) {
        return done;
    }
    let CommandLine { arguments } = CommandLine::parse();
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_max_level(arguments.level())
        .with_ansi(colours)
        .with_writer(std::io::stderr)
        .init();
    arguments.run()
}
