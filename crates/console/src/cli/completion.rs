//! `topmast completion`: scripts with which shells complete the command line.

use super::failure::Failure;
use crate::output::terminal;
use clap::{Args, ValueEnum};
use clap_complete::{Shell as Script, generate};

/// Arguments of `completion`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// Prints the script.
pub(super) fn run(arguments: &Arguments, command: &mut clap::Command) -> Result<(), Failure> {
    let script = match arguments.shell {
        Shell::Bash => Script::Bash,
        Shell::Zsh => Script::Zsh,
        Shell::Fish => Script::Fish,
    };
    let mut text = Vec::new();
    generate(script, command, "topmast", &mut text);
    Ok(terminal::print_bytes(&text)?)
}
