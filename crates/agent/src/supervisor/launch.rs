//! Prepares a unit's commands: apart from the agent, own output, the unit's user and environment.
//!
//! Nothing of the agent reaches a command but what every program needs, like `PATH`: the agent's own
//! environment may hold secrets.

use crate::platform::account::{Account, AccountError, INHERITED, identity, separate};
use crate::platform::family::MARKER;
use crate::platform::file::open_output;
use crate::unit::{CommandLine, Unit};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Largest environment file, in bytes; the system takes little more for all variables together.
const ENVIRONMENT_FILE_MAX: u64 = 128 << 10;

/// Why a command could not be prepared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LaunchError {
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error("read {path}: {source}")]
    EnvironmentFile { path: PathBuf, source: io::Error },
    #[error("{path} line {line}: write NAME=value")]
    EnvironmentLine { path: PathBuf, line: usize },
    #[error("working_directory {path}: {source}")]
    Directory { path: PathBuf, source: io::Error },
    #[error("open the output file {path}: {source}")]
    Output { path: PathBuf, source: io::Error },
    #[error("run {program}: {source}")]
    Spawn { program: String, source: io::Error },
}

/// Where a command's output goes.
#[derive(Debug)]
pub(crate) enum Output<'a> {
    /// To the end of a file, which outlives the agent.
    File(&'a Path),
    /// To the agent, for a command that ends soon.
    Pipe,
}

/// Prepares a command of a unit.
pub(crate) fn prepare(
    unit: &Unit,
    command: &CommandLine,
    marker: Option<&str>,
    output: &Output<'_>,
) -> Result<Command, LaunchError> {
    let account = Account::of(&unit.account)?;
    let mut prepared = Command::new(command.program());
    prepared.args(command.arguments()).stdin(Stdio::null()).env_clear();
    prepared.envs(environment(unit, account.as_ref())?);
    if let Some(marker) = marker {
        prepared.env(MARKER, marker);
    }
    if let Some(directory) = &unit.working_directory {
        // The system's answer to a missing directory looks like a missing program; so it is asked first.
        fs::metadata(directory)
            .map_err(|source| LaunchError::Directory { path: directory.clone(), source })?;
        prepared.current_dir(directory);
    }
    match output {
        Output::Pipe => {
            prepared.stdout(Stdio::piped()).stderr(Stdio::piped());
        }
        Output::File(path) => {
            let failed = |source| LaunchError::Output { path: path.to_path_buf(), source };
            let file = open_output(path).map_err(failed)?;
            prepared.stdout(file.try_clone().map_err(failed)?).stderr(file);
        }
    }
    separate(&mut prepared, account);
    Ok(prepared)
}

fn environment(unit: &Unit, account: Option<&Account>) -> Result<BTreeMap<String, String>, LaunchError> {
    let mut variables = BTreeMap::new();
    for name in INHERITED {
        if let Ok(value) = std::env::var(name) {
            variables.insert((*name).to_owned(), value);
        }
    }
    variables.extend(identity(account));
    if let Some(path) = &unit.environment_file {
        let mut text = String::new();
        let read =
            File::open(path).and_then(|file| file.take(ENVIRONMENT_FILE_MAX).read_to_string(&mut text));
        read.map_err(|source| LaunchError::EnvironmentFile { path: path.clone(), source })?;
        for (position, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let pair =
                line.split_once('=').filter(|(name, value)| !name.trim().is_empty() && !value.contains('\0'));
            let wrong = || LaunchError::EnvironmentLine { path: path.clone(), line: position + 1 };
            let (name, value) = pair.ok_or_else(wrong)?;
            let value = value.trim();
            let quoted = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
            let value = quoted('"').or_else(|| quoted('\'')).unwrap_or(value);
            variables.insert(name.trim().to_owned(), value.to_owned());
        }
    }
    variables.extend(unit.environment.clone());
    Ok(variables)
}
