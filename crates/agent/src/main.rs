//! `topmast-agent`: the agent as a small program of its own.

use anyhow::Context;
use clap::Parser;
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};
use topmast_agent::config::ConfigFile;
use tracing_subscriber::filter::LevelFilter;

/// Supervises the applications of this server and reports to its masters.
#[derive(Parser)]
#[command(name = "topmast-agent", version)]
struct Arguments {
    /// Configuration file; flags win over it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// URL of a master, like `https://console:7400`; give it once for each.
    #[arg(long = "master", value_name = "URL")]
    masters: Vec<String>,
    /// Token that admits this server to the cluster; needed once.
    #[arg(long, value_name = "TOKEN", env = "TOPMAST_JOIN_TOKEN", hide_env_values = true)]
    join_token: Option<String>,
    /// File that holds the token.
    #[arg(long, value_name = "FILE")]
    join_token_file: Option<PathBuf>,
    /// Directory of the agent's own state.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Directory of the unit files.
    #[arg(long, value_name = "DIR")]
    units: Option<PathBuf>,
    /// Name of this server; its host name unless given.
    #[arg(long)]
    name: Option<String>,
    /// Say more: debug messages too.
    #[arg(long, short)]
    verbose: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    // A level, not a filter language: its parser alone would be a tenth of the agent's memory.
    let level = if arguments.verbose { LevelFilter::DEBUG } else { LevelFilter::INFO };
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).init();

    let file = match &arguments.config {
        Some(path) => ConfigFile::read(path)?,
        None => ConfigFile::default(),
    };
    let flags = ConfigFile {
        name: arguments.name,
        data_dir: arguments.data,
        units_dir: arguments.units,
        masters: arguments.masters,
        join_token: arguments.join_token,
        join_token_file: arguments.join_token_file,
        ..ConfigFile::default()
    };
    let config = file.overlaid(flags).resolve()?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("start the runtime")?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
        let shutdown = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        Ok(topmast_agent::daemon::run(config, shutdown).await?)
    })
}
