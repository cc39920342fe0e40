//! The agent as a program: its arguments, and running it until a signal ends it.
//!
//! Shared by `topmast-agent` and `topmast agent`, so that both are the same to their users.

use crate::config::ConfigFile;
use crate::daemon;
use anyhow::Context;
use clap::Args;
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};
use topmast_model::label::Label;

/// What an agent can be told on its command line.
#[derive(Debug, Args)]
pub struct Arguments {
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
    /// Label of this server, like `role=database`; give it once for each.
    #[arg(long = "label", value_name = "NAME=VALUE")]
    labels: Vec<Label>,
    /// Say more: debug messages too.
    #[arg(long, short)]
    verbose: bool,
}

impl Arguments {
    /// True when debug messages are wanted.
    pub fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Runs the agent until SIGTERM or SIGINT. The applications go on.
    ///
    /// # Errors
    /// With what is wrong with the configuration, or why it cannot start.
    pub fn run(self) -> anyhow::Result<()> {
        let file = match &self.config {
            Some(path) => ConfigFile::read(path)?,
            None => ConfigFile::default(),
        };
        let flags = ConfigFile {
            name: self.name,
            labels: self.labels.into_iter().map(|label| (label.name, label.value)).collect(),
            data_dir: self.data,
            units_dir: self.units,
            masters: self.masters,
            join_token: self.join_token,
            join_token_file: self.join_token_file,
            ..ConfigFile::default()
        };
        let config = file.overlaid(flags).resolve()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("start the runtime")?;
        runtime.block_on(async {
            let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
            let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
            let shutdown = async move {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            };
            Ok(daemon::run(config, shutdown).await?)
        })
    }
}
