//! Starts a unit's commands: own session, own output, the unit's user and environment.
//!
//! Nothing of the agent reaches a command but `PATH`, `LANG`, `LC_ALL` and `TZ`: the agent's own
//! environment may hold secrets.

use super::processes::MARKER;
use crate::unit::{CommandLine, Unit};
use nix::unistd::{Gid, Group, Uid, User, getgrouplist, setgid, setgroups, setsid, setuid};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Variables of the agent that every command gets.
const INHERITED: [&str; 4] = ["PATH", "LANG", "LC_ALL", "TZ"];
/// Largest environment file, in bytes; the system takes little more for all variables together.
const ENVIRONMENT_FILE_MAX: u64 = 128 << 10;

/// Why a command could not be prepared.
#[derive(Debug, thiserror::Error)]
pub(super) enum LaunchError {
    #[error("there is no user {0:?} on this server; add it or change user")]
    User(String),
    #[error("there is no group {0:?} on this server; add it or change group")]
    Group(String),
    #[error("only root runs applications as another user; run the agent as root or remove user and group")]
    NotRoot,
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
pub(super) enum Output<'a> {
    /// To the end of a file, which outlives the agent.
    File(&'a Path),
    /// To the agent, for a command that ends soon.
    Pipe,
}

/// Prepares a command of a unit.
pub(super) fn prepare(
    unit: &Unit,
    command: &CommandLine,
    marker: Option<&str>,
    output: &Output<'_>,
) -> Result<Command, LaunchError> {
    let account = account(unit)?;
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
            let file = append_to(path).map_err(failed)?;
            prepared.stdout(file.try_clone().map_err(failed)?).stderr(file);
        }
    }
    become_own(&mut prepared, account);
    Ok(prepared)
}

fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o640).open(path)
}

/// A session of its own, and the unit's account, between fork and exec.
fn become_own(command: &mut Command, account: Option<Account>) {
    let switch = move || {
        setsid()?;
        if let Some(account) = &account {
            setgroups(&account.groups)?;
            setgid(account.gid)?;
            setuid(account.uid)?;
        }
        Ok(())
    };
    // SAFETY: the closure runs in the child between fork and exec, where only async-signal-safe work is
    // allowed: setsid, setgroups, setgid and setuid are plain system calls here, it allocates nothing,
    // takes no lock, and what it reads was made before the fork. Its errors carry a number only.
    #[expect(unsafe_code, reason = "std has no safe way to make a session or to set supplementary groups")]
    unsafe {
        command.pre_exec(switch);
    }
}

#[derive(Debug)]
struct Account {
    name: Option<String>,
    home: Option<PathBuf>,
    uid: Uid,
    gid: Gid,
    groups: Vec<Gid>,
}

/// The account of a unit; `None` when it is the agent's own.
fn account(unit: &Unit) -> Result<Option<Account>, LaunchError> {
    if unit.account.user.is_none() && unit.account.group.is_none() {
        return Ok(None);
    }
    let user = unit.account.user.as_deref().map(find_user).transpose()?;
    let group = unit.account.group.as_deref().map(find_group).transpose()?;
    let own = (Uid::effective(), Gid::effective());
    let uid = user.as_ref().map_or(own.0, |user| user.uid);
    let gid = group.or(user.as_ref().map(|user| user.gid)).unwrap_or(own.1);
    if !own.0.is_root() {
        return if (uid, gid) == own { Ok(None) } else { Err(LaunchError::NotRoot) };
    }
    let name = user.as_ref().map(|user| user.name.clone());
    let groups = name
        .as_deref()
        .and_then(|name| CString::new(name).ok())
        .and_then(|name| getgrouplist(&name, gid).ok())
        .unwrap_or_else(|| vec![gid]);
    Ok(Some(Account { name, home: user.map(|user| user.dir), uid, gid, groups }))
}

fn find_user(name: &str) -> Result<User, LaunchError> {
    let by_number = || User::from_uid(Uid::from_raw(name.parse().ok()?)).ok()?;
    User::from_name(name).ok().flatten().or_else(by_number).ok_or_else(|| LaunchError::User(name.to_owned()))
}

fn find_group(name: &str) -> Result<Gid, LaunchError> {
    let by_name = Group::from_name(name).ok().flatten().map(|group| group.gid);
    by_name
        .or_else(|| name.parse().ok().map(Gid::from_raw))
        .ok_or_else(|| LaunchError::Group(name.to_owned()))
}

fn environment(unit: &Unit, account: Option<&Account>) -> Result<BTreeMap<String, String>, LaunchError> {
    let mut variables = BTreeMap::new();
    for name in INHERITED {
        if let Ok(value) = std::env::var(name) {
            variables.insert(name.to_owned(), value);
        }
    }
    let home = match account {
        Some(account) => {
            if let Some(name) = &account.name {
                variables.insert("USER".to_owned(), name.clone());
                variables.insert("LOGNAME".to_owned(), name.clone());
            }
            account.home.as_ref().map(|home| home.display().to_string())
        }
        None => std::env::var("HOME").ok(),
    };
    variables.extend(home.map(|home| ("HOME".to_owned(), home)));
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
