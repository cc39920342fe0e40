//! Logs of applications: live tails, searches back and downloads, over many servers at once.
//!
//! `GET /api/v1/logs/tail` and `POST /api/v1/logs/search` answer with one [`LogMessage`] a line, as JSON:
//!
//! ```text
//! ◄ {"event":"begun","data":{"servers":["acme/prod/db-1"],"applications":1}}       it is in the journal
//! ◄ {"event":"cluster","data":{"name":"east","state":"reading"}}                   a joined cluster is asked as well
//! ◄ {"event":"begun","data":{"servers":["acme/prod@east/db-7"],"applications":1}}  it is in that one's journal
//! ◄ {"event":"line","data":{"application":"acme/prod/db-1/switch","source":"output","time":"2026-…","text":"…"}}
//! ◄ {"event":"server","data":{"server":"acme/prod/db-1","state":"following"}}
//! ◄ {"event":"heartbeat","data":{…}}                                               when nothing else was told
//! ◄ {"event":"ended","data":{…}}                                                   of a search, when all servers are done
//! ```
//!
//! Servers answer side by side: none waits for another, and no cluster for another. Lines of one batch come in order of
//! their times, those of a tail in about the order in which they were written.
//!
//! Invariants
//! - L-1: nothing is read on any server before a `begun` that names it: the journal of its cluster holds first who reads
//!   what.
//! - L-2: each server's last word is a `server` with a final state, and each joined cluster's a `cluster` with one.

use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::log::LogMatch;
use topmast_model::path::ObjectPath;
use utoipa::ToSchema;

/// Media type of lines of JSON.
pub const NDJSON: &str = "application/x-ndjson";
/// Silence after which a reader is told that the master is there.
pub const LOG_HEARTBEAT: std::time::Duration = std::time::Duration::from_secs(5);
/// Matches on each server unless the query says otherwise.
pub const LOG_MATCHES_DEFAULT: u32 = 1_000;
/// Lines with which a tail begins unless the query says otherwise.
pub const LOG_LINES_DEFAULT: u32 = 10;
/// Seconds of a search on each server unless the query says otherwise.
pub const LOG_SECONDS_DEFAULT: u32 = 60;

/// What is asked of logs: in the query of a tail or a download, in the body of a search.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogQuery {
    /// Which applications, as in their list; those that may be read, when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// The name of one source of each; all of them when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// An expression that is found in the lines; all lines when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Small letters and capitals are the same.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ignore_case: bool,
    /// The pattern is a plain text.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fixed: bool,
    /// Lines in which it is not found.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub invert: bool,
    /// Of a tail: lines of each source to begin with; 10 when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<u32>,
    /// Lines written then or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Lines written before then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Lines around each match, on both sides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<u16>,
    /// Matches after which a server ends; 1,000 when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Seconds after which a server ends; 60 when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<u32>,
    /// Bytes after which a server ends; none when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

impl LogQuery {
    /// Which lines are meant.
    pub fn lines_that(&self) -> LogMatch {
        LogMatch {
            pattern: self.pattern.clone(),
            ignore_case: self.ignore_case,
            is_fixed: self.fixed,
            invert: self.invert,
        }
    }
}

/// The sources of logs, and what is to be known of the servers that they are on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogSources {
    /// In order of their applications.
    pub items: Vec<LogSourceRow>,
    /// Servers that did not answer, and why.
    pub servers: Vec<LogServer>,
    /// Clusters that did not answer, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<LogCluster>,
}

/// Where an application writes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogSourceRow {
    /// The application.
    #[schema(value_type = schema::ObjectPath)]
    pub application: ObjectPath,
    /// Its name: `output` for what the agent keeps of the application's output, else that of the file.
    pub source: String,
    /// The file that is written now.
    pub path: String,
    /// Files that it was rotated to.
    pub older: u32,
    /// Bytes of all files on disk.
    pub bytes: u64,
    /// When it was last written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_at: Option<Timestamp>,
    /// Why it cannot be read, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// One line of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "event", content = "data", rename_all = "lowercase")]
pub enum LogMessage {
    /// It is in the journal of a cluster.
    Begun(LogBegun),
    /// A line of a log.
    Line(LogRow),
    /// What is to be known of a source beside its lines.
    Note(LogNote),
    /// How a server is coming on.
    Server(LogServer),
    /// How a joined cluster is coming on, or why one is not read.
    Cluster(LogCluster),
    /// Nothing else was told for a while.
    Heartbeat(LogHeartbeat),
    /// All servers are done.
    Ended(LogEnded),
}

/// What was begun in one cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogBegun {
    /// The servers that are read.
    #[schema(value_type = Vec<schema::ObjectPath>)]
    pub servers: Vec<ObjectPath>,
    /// How many applications on them.
    pub applications: u32,
}

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogRow {
    /// The application.
    #[schema(value_type = schema::ObjectPath)]
    pub application: ObjectPath,
    /// The source.
    pub source: String,
    /// Its file, when that is not the one written now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The time that stands in the line or before it; for one without, that of its file.
    pub time: Timestamp,
    /// The line, without what may not leave its server.
    pub text: String,
    /// Bytes of it that are not shown.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cut: u64,
    /// It stands around a match and is none itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_context: bool,
    /// A match or its context begins here that does not follow on the line before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_apart: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What is to be known of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogNote {
    /// The application.
    #[schema(value_type = schema::ObjectPath)]
    pub application: ObjectPath,
    /// The source.
    pub source: String,
    /// In words.
    pub text: String,
}

/// What a server or a joined cluster does for a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogState {
    /// It looks through files.
    Reading,
    /// It tells lines as they are written.
    Following,
    /// It is not connected; it is asked again when it is.
    Waiting,
    /// It told everything. Final.
    Done,
    /// It told nothing, or not everything. Final.
    Failed,
}

/// How a server is coming on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogServer {
    /// The server.
    #[schema(value_type = schema::ObjectPath)]
    pub server: ObjectPath,
    /// What it does.
    pub state: LogState,
    /// Why it failed, or at which bound it ended, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Bytes that it looked through.
    pub bytes: u64,
    /// Matches that it found.
    pub matches: u64,
    /// Files that it follows.
    pub files: u32,
}

/// How a cluster is coming on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogCluster {
    /// What it is called in the list of clusters.
    pub name: String,
    /// What it does.
    pub state: LogState,
    /// Why it tells nothing, or not everything, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogHeartbeat {
    /// The master's time.
    pub time: Timestamp,
}

/// All of an answer together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogEnded {
    /// Bytes that were looked through.
    pub bytes: u64,
    /// Matches.
    pub matches: u64,
    /// Servers that told nothing, or not everything.
    pub failed: u32,
    /// Clusters that told nothing, or not everything.
    #[serde(default)]
    pub failed_clusters: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_is_an_event_with_data() {
        let message = LogMessage::Server(LogServer {
            server: "acme/main/db".parse().unwrap(),
            state: LogState::Following,
            detail: None,
            bytes: 0,
            matches: 0,
            files: 2,
        });
        let text = serde_json::to_string(&message).unwrap();
        let expect = r#"{"event":"server","data":{"server":"acme/main/db","state":"following","bytes":0,"matches":0,"files":2}}"#;
        assert_eq!(text, expect);
        assert_eq!(serde_json::from_str::<LogMessage>(&text).unwrap(), message);
    }
}
