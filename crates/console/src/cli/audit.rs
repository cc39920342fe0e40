//! `topmast audit`: proof that the journal is whole, and its export.

use super::failure::Failure;
use crate::output::terminal;
use clap::{Subcommand, ValueEnum};
use topmast_api::audit::{ExportFormat, ExportQuery};
use topmast_api::client::Client;
use topmast_model::id::Seq;

/// Commands of `audit`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Walk the journal's hash chain; exit code 1 when a record is not what was written
    Verify {
        /// Print the result as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the whole journal, or what comes after a position
    Export {
        /// Form of the lines
        #[arg(long, value_enum, default_value_t)]
        format: Format,
        /// Only what comes after this position
        #[arg(long, value_name = "SEQ")]
        after: Option<u64>,
    },
}

/// Form of an export.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum Format {
    /// One JSON object a line, with the hashes.
    #[default]
    Jsonl,
    /// Common Event Format, for a SIEM.
    Cef,
}

/// Verifies or exports.
pub(super) async fn run(client: &Client, command: Command) -> Result<(), Failure> {
    match command {
        Command::Verify { json } => {
            let found = client.audit_verify().await?;
            if json {
                terminal::print(&format!("{}\n", serde_json::to_string_pretty(&found)?))?;
            } else if found.ok {
                terminal::print(&format!(
                    "whole: {} records, head {} {}\n",
                    found.records, found.head_seq, found.head_hash
                ))?;
            }
            if found.ok {
                return Ok(());
            }
            let problem = found.problem.unwrap_or_else(|| "a record is not what was written".to_owned());
            Err(Failure::Check(format!("the journal is NOT whole: {problem}; good up to {}", found.head_seq)))
        }
        Command::Export { format, after } => {
            let format = match format {
                Format::Jsonl => ExportFormat::Jsonl,
                Format::Cef => ExportFormat::Cef,
            };
            let mut export = client.audit_export(&ExportQuery { format, after: after.map(Seq) }).await?;
            while let Some(piece) = export.next().await? {
                terminal::print_bytes(&piece)?;
            }
            Ok(())
        }
    }
}
