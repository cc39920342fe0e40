//! What the program can be told on Windows alone.

use super::log::LogFile;
use super::service::own;
use super::stop;
use crate::program::Arguments;
use anyhow::bail;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::sync::Mutex;

/// Shown below the help of the program.
pub(crate) const HELP: &str = "\
Services of Windows:
  topmast-agent service install [OPTIONS]  make the agent a service with these options, and start it
  topmast-agent service uninstall          stop it and remove the service; applications go on";

/// The agent as a service of Windows.
#[derive(Parser)]
#[command(name = "topmast-agent service", version)]
struct ServiceLine {
    #[command(subcommand)]
    command: ServiceCommand,
}

#[derive(Subcommand)]
enum ServiceCommand {
    /// Make the agent a service, which starts with Windows, and start it.
    Install(Arguments),
    /// Stop the service and remove it; what it keeps stays, and the applications go on.
    Uninstall,
    /// Be the service: this is what Windows starts.
    #[command(hide = true)]
    Run(Arguments),
}

/// Does what the words ask for; `None` when they are for the agent itself.
///
/// - `words`: those of the command line, without the program.
pub(crate) fn obey(words: &[OsString]) -> Option<anyhow::Result<()>> {
    match words.first()?.to_str()? {
        stop::HELPER => {
            let words: Vec<String> =
                words.iter().skip(1).filter_map(|word| word.clone().into_string().ok()).collect();
            stop::help(&words);
            Some(Ok(()))
        }
        "service" => Some(match ServiceLine::parse_from(words).command {
            // Those behind `service install`.
            ServiceCommand::Install(arguments) => install(&arguments, words.get(2..).unwrap_or_default()),
            ServiceCommand::Uninstall => own::uninstall(),
            ServiceCommand::Run(arguments) => run(arguments),
        }),
        _ => None,
    }
}

fn install(arguments: &Arguments, words: &[OsString]) -> anyhow::Result<()> {
    if arguments.has_join_token() {
        bail!("every user can read a service's command line; give the token with --join-token-file");
    }
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    own::install(words)
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    // A service has no terminal.
    let log = LogFile::open(&arguments.data_dir()?.join("agent.log"))?;
    tracing_subscriber::fmt()
        .with_max_level(arguments.level())
        .with_ansi(false)
        .with_writer(Mutex::new(log))
        .init();
    own::run(arguments)
}
