//! `topmast servers apps`: applications of servers without an agent, and every command that is run for them.

use crate::cli::failure::Failure;
use crate::output::terminal;
use clap::{Args, Subcommand};
use serde::Deserialize;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use topmast_api::agentless::{AgentlessApplication, AgentlessApplications, AgentlessApplicationsRequest};
use topmast_api::client::Client;
use topmast_model::agentless::{AGENTLESS_APPLICATIONS_MAX, SSH_COMMAND_MAX};
use topmast_model::path::ObjectPath;

/// Largest file: all commands at their longest.
const FILE_MAX: u64 = (AGENTLESS_APPLICATIONS_MAX * SSH_COMMAND_MAX * 6) as u64;

/// Arguments of `servers apps`.
#[derive(Debug, Args)]
pub(super) struct AppsArguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show every command that is run for the applications of a server
    Show {
        /// tenant/cluster/server
        path: ObjectPath,
    },
    /// Say which applications servers have: those of a file, and no others from now on
    #[command(after_help = EXAMPLE)]
    Set {
        /// tenant/cluster/server; several get the same applications
        #[arg(required = true)]
        paths: Vec<ObjectPath>,
        /// File of applications, as the guide shows; one without any takes all away
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
        /// Show what would be run, and do nothing
        #[arg(short = 'n', long)]
        dry_run: bool,
    },
}

const EXAMPLE: &str = r#"Example of a file:
  [[application]]
  name = "switch"
  status_command = "/opt/switch/bin/status"    # 0 is STARTED, 3 is STOPPED, any other FAILED
  start_command = "/opt/switch/bin/start"
  stop_command = "/opt/switch/bin/stop"
  log_files = ["/var/log/switch/*.log"]        # what `topmast logs` reads"#;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    application: Vec<AgentlessApplication>,
}

/// Shows or sets applications.
pub(super) async fn run(client: &Client, arguments: AppsArguments) -> Result<(), Failure> {
    match arguments.command {
        Command::Show { path } => {
            let told = client.agentless_applications_get(&path).await?;
            Ok(terminal::print(&shown(&told))?)
        }
        Command::Set { paths, from, dry_run } => {
            let request = AgentlessApplicationsRequest { applications: read(&from)?, dry_run: true };
            // All of them or none, as far as can be told before.
            let mut text = String::new();
            for path in &paths {
                text += &shown(&client.agentless_applications_set(path, &request).await?);
            }
            if dry_run {
                return Ok(terminal::print(&text)?);
            }
            let request = AgentlessApplicationsRequest { dry_run: false, ..request };
            let mut text = String::new();
            for path in &paths {
                let told = client.agentless_applications_set(path, &request).await?;
                let count = told.applications.len();
                let noun = if count == 1 { "application" } else { "applications" };
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{path} has {count} {noun}, run as {}", told.account);
            }
            Ok(terminal::print(&text)?)
        }
    }
}

fn read(path: &Path) -> Result<Vec<AgentlessApplication>, Failure> {
    let wrong = |reason: String| Failure::Usage(format!("{}: {reason}", path.display()));
    let size = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?.len();
    if size > FILE_MAX {
        return Err(wrong(format!("it has more than {FILE_MAX} bytes")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let file: File = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    Ok(file.application)
}

/// Everything that is run, as whom, and when.
fn shown(told: &AgentlessApplications) -> String {
    let mut text = format!("{}: as {}, each with /bin/sh -c\n", told.server, told.account);
    for application in &told.applications {
        let words = match (application.started_when.join(" "), application.stopped_when.join(" ")) {
            (started, stopped) if stopped.is_empty() => started,
            (started, stopped) => format!("{started}, STOPPED: {stopped}"),
        };
        let meaning =
            if words.is_empty() { "by its exit code".to_owned() } else { format!("STARTED: {words}") };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "  {}: {meaning}; {} s to look, {} s to act",
            application.name, application.status_timeout_s, application.command_timeout_s
        );
        for file in &application.log_files {
            let _ = writeln!(text, "    {:39}  {file}", "when somebody reads its logs");
        }
        for command in told.commands.iter().filter(|command| command.name == application.name) {
            let _ = writeln!(text, "    {:39}  {}", command.when, command.command);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_is_read_with_its_defaults_and_a_wrong_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("apps.toml");
        let check = |text: &str| {
            std::fs::write(&path, text).unwrap();
            read(&path)
        };
        let good = "[[application]]\nname = 'a'\nstatus_command = 'true'\n";
        assert_eq!(check(good).unwrap()[0].status_timeout_s, 5);
        assert!(check("").unwrap().is_empty());
        let Err(Failure::Usage(text)) = check(&format!("{good}start = 'x'\n")) else { panic!() };
        assert!(text.contains("apps.toml") && text.contains("unknown field `start`"), "{text}");
    }
}
