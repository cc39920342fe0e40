//! `topmast parse`: what a tool's output says, for support and for tests. It talks to no master.

use super::failure::Failure;
use crate::output::terminal;
use std::io::Read;
use topmast_probe::tool::{self, MAX_TEXT_BYTES, SYSTEMS};

/// Arguments of `topmast parse`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ssh db1 'LC_ALL=C vmstat 1 2' | topmast parse --os aix --tool vmstat")]
pub(super) struct Arguments {
    /// System that the text is of: aix, docker, esxi, freebsd, hpux, kubernetes, linux, macos, solaris, windows
    #[arg(long)]
    os: String,
    /// Tool that printed it, e.g. vmstat
    #[arg(long)]
    tool: String,
    /// How to print what it says
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Output {
    /// What the text says, a line each
    #[default]
    Table,
    /// Everything, in base units; null for what the text does not say
    Json,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let parser =
        tool::find(&arguments.os, &arguments.tool).ok_or_else(|| Failure::Usage(unknown(arguments)))?;
    let mut text = Vec::new();
    // One byte more than is taken, so that too much is told from just enough.
    let most = MAX_TEXT_BYTES as u64 + 1;
    std::io::stdin().lock().take(most).read_to_end(&mut text).map_err(Failure::Output)?;
    let reading = parser.parse(&text).map_err(|error| Failure::Check(error.to_string()))?;
    let value = serde_json::to_value(&reading).unwrap_or_default();
    let text = match arguments.output {
        Output::Json => format!("{value:#}\n"),
        Output::Table => {
            let fields = value.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
            fields.flat_map(|(name, value)| lines(name, value)).collect()
        }
    };
    terminal::print(&text).map_err(Failure::Output)
}

/// A field as a line, a list as one for each of its entries.
fn lines(name: &str, value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::Array(entries) => {
            entries.iter().map(|entry| format!("{name}  {entry}\n")).collect()
        }
        value => vec![format!("{name}  {value}\n")],
    }
}

fn unknown(arguments: &Arguments) -> String {
    let Arguments { os, tool, .. } = arguments;
    let Some(system) = SYSTEMS.iter().find(|system| system.name == os) else {
        let systems: Vec<&str> = SYSTEMS.iter().map(|system| system.name).collect();
        return format!("no system {os:?}; there are {}", systems.join(", "));
    };
    let tools: Vec<&str> = system.tools.iter().map(|tool| tool.name).collect();
    format!("no tool {tool:?} of {os}; there are {}", tools.join(", "))
}
