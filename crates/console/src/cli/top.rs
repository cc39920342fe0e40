//! `topmast top`, and what a login shell of that name does.

use super::connection::ConnectionArguments;
use super::failure::Failure;
use crate::tui::{self, Rules, Start, Tab};
use clap::Args;
use std::ffi::OsStr;
use std::io::{self, IsTerminal};
use std::path::Path;
use topmast_model::filter::Filter;

/// The name under which the program is a read-only login shell.
const SHELL: &str = "topmast-top";

/// Arguments of `top`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Terms `field:op value` and free text, e.g. status!=UP cpu>80 switch
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// What is shown first
    #[arg(long, value_enum, value_name = "TAB", default_value_t = Tab::Servers)]
    tab: Tab,
    /// Refuse every action here, whatever the rights; no suspending either
    #[arg(long)]
    read_only: bool,
    /// Print one picture as text, as wide as COLUMNS or the terminal, and end
    #[arg(long)]
    once: bool,
}

/// Shows the fleet.
pub(super) async fn run(connection: &ConnectionArguments, arguments: Arguments) -> Result<(), Failure> {
    let filter = arguments.filter.join(" ");
    Filter::parse(&filter, arguments.tab.fields()).map_err(|error| {
        Failure::Usage(format!(
            "filter, column {}: {}\n{}",
            error.column,
            error.message,
            error.caret(&filter)
        ))
    })?;
    let start = Start { tab: arguments.tab, filter };
    let client = connection.client()?;
    if arguments.once {
        return tui::print(&client, &start, size()).await;
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Failure::Usage(
            "top needs a terminal; --once prints one picture, `topmast servers -w` one line a change".into(),
        ));
    }
    tui::run(client, &start, Rules { locked: arguments.read_only, still: false }).await
}

/// Columns and lines as the environment or the terminal says.
fn size() -> (Option<u16>, Option<u16>) {
    let terminal = terminal_size::terminal_size().filter(|_| io::stdout().is_terminal());
    let set = |name: &str| std::env::var(name).ok()?.parse::<u16>().ok().filter(|count| *count > 0);
    let columns = set("COLUMNS").or(terminal.map(|(width, _)| width.0));
    (columns, set("LINES").or(terminal.map(|(_, height)| height.0)))
}

/// True when the program was started as the login shell: `-topmast-top`, or by a link of that name.
pub(super) fn is_shell(name: &OsStr) -> bool {
    let name = Path::new(name).file_name().unwrap_or(name).to_string_lossy();
    name.strip_prefix('-').unwrap_or(&name) == SHELL
}

/// Runs as the login shell: read-only, with the master and the token of the profile alone. Whoever logs in chooses
/// neither, for the environment and arguments are theirs.
pub(super) async fn shell(arguments: &[std::ffi::OsString]) -> Result<(), Failure> {
    if !arguments.is_empty() {
        return Err(Failure::Usage("this account shows the fleet and runs no commands".into()));
    }
    let connection = ConnectionArguments::default();
    let arguments = Arguments { filter: Vec::new(), tab: Tab::Servers, read_only: true, once: false };
    run(&connection, arguments).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn login_shell_is_known_by_its_name() {
        for (name, expected) in [
            ("-topmast-top", true),
            ("topmast-top", true),
            ("/usr/local/bin/topmast-top", true),
            ("-topmast", false),
            ("topmast", false),
            ("/opt/topmast-top/topmast", false),
        ] {
            assert_eq!(is_shell(OsStr::new(name)), expected, "{name}");
        }
    }
}
