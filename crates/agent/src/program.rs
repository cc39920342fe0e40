//! The agent as a program: its arguments, and running it until a signal ends it.
//!
//! Shared by `topmast-agent` and `topmast agent`, so that both are the same to their users.

use crate::config::ConfigFile;
use crate::daemon;
use crate::platform::{command, paths, stop};
use anyhow::Context;
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;
use topmast_model::label::Label;
use tracing_subscriber::filter::LevelFilter;

/// Shown below the help of the small program: what this system adds.
pub const HELP: &str = command::HELP;

/// Does what the words of a command line ask for on this system alone; `None` when they are for the agent itself.
///
/// - `words`: without the program.
pub fn obey(words: &[OsString]) -> Option<anyhow::Result<()>> {
    command::obey(words)
}

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

    /// What the small program logs.
    pub fn level(&self) -> LevelFilter {
        // A level, not a filter language: its parser alone would be a tenth of the agent's memory.
        if self.verbose { LevelFilter::DEBUG } else { LevelFilter::INFO }
    }

    /// True when a token is on the command line, or in the environment.
    #[cfg_attr(unix, expect(dead_code, reason = "asked when a service of Windows is installed"))]
    pub(crate) const fn has_join_token(&self) -> bool {
        self.join_token.is_some()
    }

    /// The directory of the agent's own state.
    #[cfg_attr(unix, expect(dead_code, reason = "a service of Windows logs there"))]
    pub(crate) fn data_dir(&self) -> anyhow::Result<PathBuf> {
        let configured = match (&self.data, &self.config) {
            (Some(flag), _) => Some(flag.clone()),
            (None, Some(file)) => ConfigFile::read(file)?.data_dir,
            (None, None) => None,
        };
        Ok(configured.unwrap_or_else(paths::data_dir))
    }

    /// Runs the agent until it is told to end: by SIGTERM or SIGINT, or what Windows has for them. The
    /// applications go on.
    ///
    /// # Errors
    /// With what is wrong with the configuration, or why it cannot start.
    pub fn run(self) -> anyhow::Result<()> {
        self.run_until(|| stop::asked().context("listen for the order to end"))
    }

    /// Runs the agent until the future resolves, which is made within the runtime.
    pub(crate) fn run_until<F: Future<Output = ()>>(
        self,
        shutdown: impl FnOnce() -> anyhow::Result<F>,
    ) -> anyhow::Result<()> {
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
            let shutdown = shutdown()?;
            Ok(daemon::run(config, shutdown).await?)
        })
    }
}
