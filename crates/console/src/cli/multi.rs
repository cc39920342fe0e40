//! `topmast multi`: shells on many servers, tiled in one terminal.

use super::exec;
use super::failure::Failure;
use super::joined;
use super::own_login::OwnLogin;
use super::target;
use crate::multi::{self, Prefix, Start};
use clap::Args;
use std::io::{self, IsTerminal as _};
use topmast_api::client::Client;
use topmast_api::terminal::TerminalOpen;

/// Arguments of `multi`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Servers by name, path or cluster; else terms `field:op value` and free text as in `topmast servers`
    #[arg(value_name = "FILTER|HOST", required = true)]
    targets: Vec<String>,
    /// One server goes first, the first or --canary=HOST: typing goes to it alone
    #[arg(long, value_name = "HOST", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    canary: Option<String>,
    /// Typing goes to all servers from the beginning; to one when missing
    #[arg(short, long, conflicts_with = "canary")]
    all: bool,
    /// The key before a command of the console, e.g. ctrl-b
    #[arg(long, value_name = "KEY", default_value_t)]
    prefix: Prefix,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    login: OwnLogin,
}

/// Shows the shells.
pub(super) async fn run(client: Client, arguments: Arguments) -> Result<(), Failure> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Failure::Usage(
            "multi needs a terminal; `topmast exec` runs a command without one".into(),
        ));
    }
    let targets = target::servers(&client, &arguments.targets).await?;
    let names = target::short_names(&targets);
    let canary = exec::canary(arguments.canary.as_deref(), &targets, &names)?.map(usize::from);
    let (client, targets) = joined::one_cluster(&client, &targets, "a screen of shells")?;
    let start = Start { targets, names, canary, to_all: arguments.all, prefix: arguments.prefix };
    let open = TerminalOpen {
        targets: Vec::new(),
        command: None,
        reason: arguments.reason,
        size: None,
        timeout_ms: None,
        output_max_bytes: None,
        login: arguments.login.read()?,
    };
    multi::run(client, start, open).await
}
