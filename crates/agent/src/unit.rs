//! Unit files: `apps.d/NAME.toml` says how one application is run and observed.
//!
//! ```text
//! text -> parse -> Unit            one file, complete with its defaults
//! directory -> UnitSet::load       every file on its own, then dependencies between them
//! ```
//!
//! Invariants
//! - U-1: a unit is complete and within its bounds, or the whole file is refused with the place.
//! - U-2: a refused file changes nothing for the other files.
//! - U-3: the dependencies of a unit set have no cycle and no unknown name.
//!
//! Elsewhere: how a unit is run (`supervisor`) and observed (`service`). Every field: docs/guide/applications.md.

mod custom;
pub(crate) mod duration;
mod parse;
mod reader;
pub mod service;
mod set;
mod words;

use crate::task::schedule::Schedule;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use topmast_model::application::{AFTER_MAX, ApplicationKind, Declared};
use topmast_model::custom::CustomAction;

pub use service::{Pattern, ServiceSource};
pub use set::{Fingerprint, UnitSet};

/// Largest unit file, in bytes: thousands of lines.
pub const FILE_MAX: u64 = 256 << 10;

/// What is wrong with a unit file, where, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {problem}")]
pub struct UnitError {
    /// Name of the file.
    pub file: String,
    /// Line from 1.
    pub line: usize,
    /// Column from 1, in characters.
    pub column: usize,
    /// What is wrong and what to write instead.
    pub problem: String,
}

/// Reads a unit file; `file_name` is `NAME.toml`.
///
/// # Errors
/// [`UnitError`] with the first thing that is wrong.
pub fn parse(file_name: &str, text: &str) -> Result<Unit, UnitError> {
    let name = file_name.strip_suffix(".toml").unwrap_or(file_name);
    let checked = if text.len() as u64 > FILE_MAX {
        Err(reader::Problem::new(0..0, format!("the file is larger than {FILE_MAX} bytes; make it smaller")))
    } else {
        parse::unit(name, text)
    };
    checked.map_err(|problem| {
        let mut before = text.get(..problem.span.start).unwrap_or(text).rsplit('\n');
        let column = before.next().map_or(0, |line| line.chars().count()) + 1;
        UnitError { file: file_name.to_owned(), line: before.count() + 1, column, problem: problem.message }
    })
}

/// The text of a unit file with the directory of the application's current version in its place.
pub(crate) fn place(text: &str, version_dir: &Path) -> String {
    // Backslashes would be escapes, and Windows takes slashes as well.
    text.replace("{version_dir}", &version_dir.display().to_string().replace('\\', "/"))
}

/// Splits a command written as one text, as units have them.
///
/// # Errors
/// In words, what is wrong with it.
pub(crate) fn command_line(text: &str) -> Result<CommandLine, String> {
    words::split(text).map_err(|error| format!("the command {text:?} {error}"))
}

/// How one application is run and observed.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Name of the application: the file's name without `.toml`.
    pub name: String,
    /// What it is, for people.
    pub description: Option<String>,
    /// How it is run.
    pub run: Run,
    /// Directory that its commands run in; the agent's own when not set.
    pub working_directory: Option<PathBuf>,
    /// User and group that its commands run as; the agent's own when not set.
    pub account: Account,
    /// Environment of its commands, on top of the few variables that every command gets.
    pub environment: BTreeMap<String, String>,
    /// File with more `NAME=value` lines, read at every start; `environment` wins over it.
    pub environment_file: Option<PathBuf>,
    /// Applications of this server that must be STARTED first.
    pub depends_on: Vec<String>,
    /// Applications of the cluster that it is started after, when many are started in waves.
    pub after: Vec<String>,
    /// So many of its instances in the cluster are to be left running.
    pub quorum: Option<u32>,
    /// Started with the agent unless an operator stopped it.
    pub autostart: bool,
    /// Port of its HTTP endpoint.
    pub http_port: Option<u16>,
    /// How its version is found.
    pub version: Option<Version>,
    /// Bounds of starting.
    pub start: Start,
    /// Bounds of stopping.
    pub stop: Stop,
    /// What happens when it fails.
    pub restart: Restart,
    /// Whether it is healthy.
    pub health: Option<Health>,
    /// Where its services come from.
    pub services: Vec<ServiceSource>,
    /// Its log files.
    pub log_files: Vec<PathBuf>,
    /// Its scheduled work.
    pub tasks: Vec<Task>,
    /// What can be done with it and its services beside running it.
    pub actions: Vec<CustomAction>,
}

impl Unit {
    /// What it declares for those who act on it; `None` when nothing.
    pub fn declared(&self) -> Option<Box<Declared>> {
        let mut after = self.after.clone();
        let own = self.depends_on.iter().filter(|name| !self.after.contains(name));
        after.extend(own.take(AFTER_MAX.saturating_sub(self.after.len())).cloned());
        let declared = Declared { quorum: self.quorum, after, actions: self.actions.clone() };
        (declared != Declared::default()).then(|| Box::new(declared))
    }

    /// The kind of the unit.
    pub const fn kind(&self) -> ApplicationKind {
        match self.run {
            Run::Process { .. } => ApplicationKind::Process,
            Run::Systemd { .. } => ApplicationKind::Systemd,
            Run::Script(_) => ApplicationKind::Script,
            Run::WindowsService { .. } => ApplicationKind::WindowsService,
        }
    }
}

/// A program with its arguments: at least one word. No shell reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine(Vec<String>);

impl CommandLine {
    /// A command of the agent's own; `words` holds the program at least.
    pub(crate) const fn from_words(words: Vec<String>) -> Self {
        Self(words)
    }

    /// The program.
    pub fn program(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// Its arguments.
    pub fn arguments(&self) -> &[String] {
        self.0.get(1..).unwrap_or(&[])
    }

    /// Program and arguments.
    pub fn words(&self) -> &[String] {
        &self.0
    }
}

/// How an application is run, by kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Run {
    /// The agent starts the command and supervises the process.
    Process {
        /// What to start.
        command: CommandLine,
    },
    /// systemd runs it.
    Systemd {
        /// Name of the systemd unit, e.g. `postgresql.service`.
        unit: String,
        /// Time between two looks at its state.
        status_interval: Duration,
    },
    /// Commands start and stop it and tell its state.
    Script(Script),
    /// The service control manager of Windows runs it.
    WindowsService {
        /// Its name there, which is not the one that is displayed.
        service: String,
        /// Time between two looks at its state.
        status_interval: Duration,
    },
}

/// Commands of a `script` application.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// Starts it and ends; 0 is success.
    pub start: CommandLine,
    /// Stops it and ends; 0 is success.
    pub stop: CommandLine,
    /// Tells the state by its exit code: 0 runs, 3 does not run, anything else cannot be told.
    pub status: CommandLine,
    /// Time between two looks at its state.
    pub status_interval: Duration,
    /// Longest run of the status command.
    pub status_timeout: Duration,
}

/// User and group by name or number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// User; with it come the user's groups.
    pub user: Option<String>,
    /// Primary group instead of the user's own.
    pub group: Option<String>,
}

/// How the version is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// Written in the unit file.
    Text(String),
    /// First line that the command prints, asked at every start.
    Command(CommandLine),
}

/// Bounds of starting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Without a health check: how long it must run to be STARTED.
    pub wait: Duration,
    /// With a health check: how long it may take to be healthy. For the other kinds: how long starting may take.
    pub timeout: Duration,
}

/// Bounds of stopping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// Number of the signal that asks it to stop.
    pub signal: i32,
    /// How long it may take before it is killed.
    pub grace: Duration,
}

/// When a failed application is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestartPolicy {
    /// Never: a person decides.
    Never,
    /// When it failed: a code other than 0, a signal, not healthy.
    OnFailure,
    /// Whenever it ended without being asked to.
    Always,
}

/// What happens when it fails.
#[derive(Debug, Clone, PartialEq)]
pub struct Restart {
    /// When it is started again.
    pub policy: RestartPolicy,
    /// Wait before the first restart of a window.
    pub initial: Duration,
    /// Longest wait before a restart.
    pub max: Duration,
    /// Growth of the wait from one restart to the next in the window.
    pub factor: f64,
    /// Restarts that a window may hold; one more is QUARANTINED.
    pub max_restarts: u32,
    /// Length of the window.
    pub window: Duration,
}

/// Whether an application is healthy.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    /// What is asked.
    pub check: HealthCheck,
    /// Time between two checks.
    pub interval: Duration,
    /// Longest time of one check.
    pub timeout: Duration,
    /// Failures in a row that make it FAILED.
    pub failures: u32,
}

/// What a health check asks.
#[derive(Debug, Clone, PartialEq)]
pub enum HealthCheck {
    /// A GET is answered with a status of 200 to 399.
    Http {
        /// Complete URL.
        url: String,
    },
    /// A TCP connection is accepted.
    Tcp {
        /// Host name or address.
        host: String,
        /// Port.
        port: u16,
    },
    /// A command ends with code 0.
    Exec {
        /// The command, run like the application's own.
        command: CommandLine,
    },
}

/// Scheduled work of an application.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Its name.
    pub name: String,
    /// When it runs, in words, of one that the application runs itself.
    pub schedule: Option<String>,
    /// How the agent runs it; none of one that the application runs itself.
    pub run: Option<TaskCommand>,
}

/// What becomes of a run that is due while the one before goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// It is left out.
    Skip,
    /// It waits, one at most.
    Queue,
    /// The one before is ended.
    Kill,
}

/// What becomes of a run that was missed, for the agent did not run or the machine slept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// It is told.
    Skip,
    /// It is made up for, once for all that were missed, unless the last of them was longer ago than this.
    RunOnce(Duration),
}

/// How the agent runs a task.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskCommand {
    /// What is run, as the unit's account, in its directory and environment.
    pub command: CommandLine,
    /// When; by a person only when none.
    pub schedule: Option<Schedule>,
    /// What becomes of a run that is due while the one before goes on.
    pub overlap: Overlap,
    /// Longest run.
    pub timeout: Duration,
    /// Attempts after one that failed.
    pub retries: u32,
    /// Wait before each of them.
    pub retry_wait: Duration,
    /// How late a run may begin; then it is missed.
    pub late_after: Duration,
    /// What becomes of it then.
    pub missed: Missed,
}

#[cfg(test)]
mod tests;
