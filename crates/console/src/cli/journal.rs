//! `topmast journal`: a master's copy and the stream that masters share, while no master runs on the copy.

use super::daemon::{failed, log_to_stderr, runtime};
use super::failure::Failure;
use crate::output::terminal;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use topmast_master::config::MasterConfig;
use topmast_master::{Comparison, Migration};
use topmast_model::id::Seq;

/// Commands of `journal`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Bring the journal of a master that was alone to the empty stream of its configuration
    #[command(after_help = "Stop the master first. Stopped amid it, it goes on when it is run again.")]
    Migrate(ConfigArguments),
    /// Append what this copy has beyond the stream, after NATS servers lost records
    #[command(after_help = "Stop all masters first, and run it where the copy is longest.")]
    Repair {
        #[command(flatten)]
        config: ConfigArguments,
        /// Append it; without this it is only said what would be
        #[arg(long)]
        yes: bool,
    },
    /// Compare this copy with the stream; exit code 1 when they do not end with the same record
    Check(ConfigArguments),
}

/// Whose journal is meant.
#[derive(Debug, Args)]
pub(super) struct ConfigArguments {
    /// Configuration file of the master
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Data directory, instead of the file's
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Migrates, repairs or compares.
pub(super) fn run(command: Command) -> Result<(), Failure> {
    log_to_stderr("warn");
    // The process has one crypto provider; whoever starts first installs it.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    runtime()?.block_on(async {
        match command {
            Command::Migrate(config) => {
                let head = open(config).await?.migrate(progress).await.map_err(failed)?;
                say(&format!("brought to the stream and read back: {} records, head {}", head.seq, head.hash))
            }
            Command::Repair { config, yes } => {
                let migration = open(config).await?;
                if !yes {
                    let found = migration.compare().await.map_err(failed)?;
                    return match found {
                        Comparison::Ahead { copy, stream } if stream > Seq(0) => Err(Failure::Usage(format!(
                            "{found}; --yes appends records {} to {copy}, and no other copy can add its own behind {stream} then: see that this one is the longest",
                            stream.0 + 1
                        ))),
                        _ => say(&format!("there is nothing to repair from this copy: {found}")),
                    };
                }
                let head = migration.repair(progress).await.map_err(failed)?;
                say(&format!("the stream is whole again: {} records, head {}", head.seq, head.hash))
            }
            Command::Check(config) => {
                let found = open(config).await?.compare().await.map_err(failed)?;
                match found {
                    Comparison::Equal(_) => say(&found.to_string()),
                    Comparison::Behind { .. } => Err(Failure::Check(format!(
                        "{found}: start the master on the stream until topmast masters shows it without lag, stop it, and check again"
                    ))),
                    _ => Err(Failure::Check(found.to_string())),
                }
            }
        }
    })
}

async fn open(arguments: ConfigArguments) -> Result<Migration, Failure> {
    let mut config = MasterConfig::load(&arguments.config).map_err(failed)?;
    config.data = arguments.data.unwrap_or(config.data);
    Migration::open(&config).await.map_err(failed)
}

fn progress(seq: Seq) {
    terminal::notice(&format!("appended up to record {seq}"));
}

fn say(text: &str) -> Result<(), Failure> {
    terminal::print(&format!("{text}\n")).map_err(Failure::Output)
}
