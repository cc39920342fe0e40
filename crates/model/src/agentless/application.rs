//! An application of a server that is read over ssh: the commands that show, start and stop it.
//!
//! The commands are kept in the journal as they were given, for they are run on the host with the account's rights:
//! who set them, and when, is in the audit.

use serde::{Deserialize, Serialize};

/// Most applications of one server: each is a process on the host, every reading.
pub const AGENTLESS_APPLICATIONS_MAX: usize = 50;
/// Longest command, in bytes.
pub const SSH_COMMAND_MAX: usize = 2_000;
/// Most words by which an output is understood.
pub const STATUS_WORDS_MAX: usize = 16;
/// Longest of these words, in bytes.
pub const STATUS_WORD_MAX: usize = 64;
/// Longest time for a command that only looks, in seconds: a reading waits for it.
pub const STATUS_TIMEOUT_S_MAX: u64 = 10;
/// Longest time for a command that starts or stops, in seconds.
pub const COMMAND_TIMEOUT_S_MAX: u64 = 3_600;

/// Most names of log files of one application.
pub const SSH_LOG_FILES_MAX: usize = 32;
/// Longest of these names, in bytes.
pub const SSH_LOG_FILE_MAX: usize = 1_024;

/// How an application is seen and operated, each command a line for `/bin/sh`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentlessApplication {
    /// Its name on the server.
    pub name: String,
    /// Shows whether it runs: by its exit code, or by the words that it prints.
    pub status_command: String,
    /// Words of the output that mean STARTED; the exit code decides when there are none here and below.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub started_when: Vec<String>,
    /// Words of the output that mean STOPPED.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stopped_when: Vec<String>,
    /// Starts it; nobody can when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_command: Option<String>,
    /// Stops it; nobody can when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_command: Option<String>,
    /// Restarts it; stop and start when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart_command: Option<String>,
    /// Prints its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_command: Option<String>,
    /// Files that it writes its logs to, with `*` and `?` in any part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_files: Vec<String>,
    /// Time for the commands that only look, in seconds.
    pub status_timeout_s: u64,
    /// Time for each of the others, in seconds.
    pub command_timeout_s: u64,
}

impl AgentlessApplication {
    /// Every command with its field's name, in the order of the fields.
    pub fn commands(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let optional = [
            ("start_command", &self.start_command),
            ("stop_command", &self.stop_command),
            ("restart_command", &self.restart_command),
            ("version_command", &self.version_command),
        ];
        let given = optional.into_iter().filter_map(|(field, command)| Some((field, command.as_deref()?)));
        [("status_command", self.status_command.as_str())].into_iter().chain(given)
    }
}
