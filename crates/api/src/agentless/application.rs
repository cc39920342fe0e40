//! Applications of servers that are read over ssh: by which commands they are seen and operated.

use super::PlannedCommand;
use crate::schema;
use serde::{Deserialize, Serialize};
use topmast_model::agentless;
use topmast_model::path::ObjectPath;
use utoipa::ToSchema;

/// Seconds for a command that only looks when the request does not say.
const STATUS_TIMEOUT_S_DEFAULT: u64 = 5;
/// Seconds for a command that starts or stops when the request does not say.
const COMMAND_TIMEOUT_S_DEFAULT: u64 = 60;

/// Says which applications a server has: all of them from now on, or none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentlessApplicationsRequest {
    /// The applications.
    #[serde(default)]
    pub applications: Vec<AgentlessApplication>,
    /// Only tell what would be run.
    #[serde(default)]
    pub dry_run: bool,
}

/// How an application is seen and operated; each command is a line for `/bin/sh`, run with the account's rights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentlessApplication {
    /// Its name on the server.
    pub name: String,
    /// Shows whether it runs. Without words below, its exit code: 0 is STARTED, 3 is STOPPED, any other FAILED, but 4, 126
    /// and 127, which tell nothing.
    pub status_command: String,
    /// Words of the output that mean STARTED.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub started_when: Vec<String>,
    /// Words of the output that mean STOPPED; with none of both it is FAILED.
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
    /// Prints its version on the first line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_command: Option<String>,
    /// Files that it writes its logs to, with `*` and `?` in any part; each from the root, as `/var/log/switch/*.log`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_files: Vec<String>,
    /// Seconds for the commands that only look, 1 to 10; 5 when missing.
    #[serde(default = "status_timeout_s")]
    pub status_timeout_s: u64,
    /// Seconds for each of the others, 1 to 3600; 60 when missing.
    #[serde(default = "command_timeout_s")]
    pub command_timeout_s: u64,
}

const fn status_timeout_s() -> u64 {
    STATUS_TIMEOUT_S_DEFAULT
}

const fn command_timeout_s() -> u64 {
    COMMAND_TIMEOUT_S_DEFAULT
}

impl From<AgentlessApplication> for agentless::AgentlessApplication {
    fn from(application: AgentlessApplication) -> Self {
        let AgentlessApplication {
            name,
            status_command,
            started_when,
            stopped_when,
            start_command,
            stop_command,
            restart_command,
            version_command,
            log_files,
            status_timeout_s,
            command_timeout_s,
        } = application;
        Self {
            name,
            status_command,
            started_when,
            stopped_when,
            start_command,
            stop_command,
            restart_command,
            version_command,
            log_files,
            status_timeout_s,
            command_timeout_s,
        }
    }
}

impl From<agentless::AgentlessApplication> for AgentlessApplication {
    fn from(application: agentless::AgentlessApplication) -> Self {
        let agentless::AgentlessApplication {
            name,
            status_command,
            started_when,
            stopped_when,
            start_command,
            stop_command,
            restart_command,
            version_command,
            log_files,
            status_timeout_s,
            command_timeout_s,
        } = application;
        Self {
            name,
            status_command,
            started_when,
            stopped_when,
            start_command,
            stop_command,
            restart_command,
            version_command,
            log_files,
            status_timeout_s,
            command_timeout_s,
        }
    }
}

/// The applications of a server that is read over ssh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentlessApplications {
    /// The server.
    #[schema(value_type = schema::ObjectPath)]
    pub server: ObjectPath,
    /// The account with whose rights the commands are run, as `user@address:port`.
    pub account: String,
    /// The applications, with the defaults that they were given.
    pub applications: Vec<AgentlessApplication>,
    /// Everything that is run for them.
    pub commands: Vec<PlannedCommand>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn application_needs_little_and_takes_nothing_unknown() {
        let text = r#"{"name": "a", "status_command": "true"}"#;
        let application: AgentlessApplication = serde_json::from_str(text).unwrap();
        assert_eq!((application.status_timeout_s, application.command_timeout_s), (5, 60));
        let there: agentless::AgentlessApplication = application.clone().into();
        assert_eq!(AgentlessApplication::from(there), application, "nothing is lost on the way");
        assert!(serde_json::from_str::<AgentlessApplication>(&text.replace("name", "nam")).is_err());
    }
}
