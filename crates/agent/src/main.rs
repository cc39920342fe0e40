//! `topmast-agent`: the agent as a small program of its own.

use clap::Parser;
use std::io::IsTerminal;
use topmast_agent::program::Arguments;
use tracing_subscriber::filter::LevelFilter;

/// Supervises the applications of this server and reports to its masters.
#[derive(Parser)]
#[command(name = "topmast-agent", version)]
struct CommandLine {
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> anyhow::Result<()> {
    let CommandLine { arguments } = CommandLine::parse();
    // A level, not a filter language: its parser alone would be a tenth of the agent's memory.
    let level = if arguments.is_verbose() { LevelFilter::DEBUG } else { LevelFilter::INFO };
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_max_level(level).with_ansi(colours).with_writer(std::io::stderr).init();
    arguments.run()
}
