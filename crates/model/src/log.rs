//! Logs of applications: what is asked of a server's agent, what it tells, and what the audit keeps of it.
//!
//! A *source* is what an application writes to: its kept output, or a file that its unit names. Its *files* are the
//! one that is written now and those that it was rotated to, compressed ones included. A *reading* is one request of
//! somebody: a tail, a search or a download. Requests and records travel as JSON, one record a line.
//!
//! Elsewhere: reading files (`topmast-logfile`); merging servers (`topmast-master`, `log`). Events that AWS'
//! tools put are something else (`log_group`).

use crate::path::ObjectPath;
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};

/// Most applications of one reading.
pub const LOG_TARGETS_MAX: usize = 500;
/// Longest expression, in bytes.
pub const LOG_PATTERN_MAX: usize = 4 << 10;
/// Most bytes of a line that are shown; the rest is counted.
pub const LOG_LINE_MAX: usize = 64 << 10;
/// Most lines around a match, on each side.
pub const LOG_CONTEXT_MAX: u16 = 100;
/// Most matches of one search, on each server.
pub const LOG_MATCHES_MAX: u32 = 100_000;
/// Longest search on one server, in seconds.
pub const LOG_SECONDS_MAX: u32 = 3_600;
/// Most lines with which a tail begins, of each source.
pub const LOG_TAIL_MAX: u32 = 10_000;
/// The source that is an application's kept output.
pub const LOG_OUTPUT: &str = "output";
/// The source that is systemd's journal of an application's unit.
pub const LOG_JOURNAL: &str = "journal";

/// Why somebody reads logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogUse {
    /// To see lines as they are written.
    Tail,
    /// To find lines that were written.
    Search,
    /// To have lines in a file.
    Download,
}

impl LogUse {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tail => "tail",
            Self::Search => "search",
            Self::Download => "download",
        }
    }
}

/// What the audit keeps of a reading: nothing of what was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogReading {
    /// Why.
    pub purpose: LogUse,
    /// The expression that lines were to match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The source that was meant; all of them when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Lines from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<UnixMillis>,
    /// Lines before then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<UnixMillis>,
    /// The applications.
    pub targets: Vec<ObjectPath>,
}

/// What a master asks of one agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRequest {
    /// Names of the applications.
    pub applications: Vec<String>,
    /// Name of the source; all of them when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What of them.
    pub what: LogWanted,
}

/// What is wanted of sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum LogWanted {
    /// Which there are.
    List,
    /// The last lines, then each as it is written.
    Tail {
        /// Lines to begin with.
        lines: u32,
        /// Which lines.
        #[serde(default)]
        lines_that: LogMatch,
    },
    /// Lines that were written.
    Search(LogSearch),
}

/// Which lines are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogMatch {
    /// An expression found in them; all when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Small letters and capitals are the same.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ignore_case: bool,
    /// The pattern is a plain text.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_fixed: bool,
    /// Lines in which it is not found.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub invert: bool,
}

/// A search with its bounds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogSearch {
    /// Which lines.
    pub lines_that: LogMatch,
    /// Written then or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<UnixMillis>,
    /// Written before then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<UnixMillis>,
    /// Lines around each match, on both sides.
    pub context: u16,
    /// The oldest come first, as a file has them; else the newest.
    pub oldest_first: bool,
    /// It ends after so many matches; 0 knows no bound.
    pub matches_max: u32,
    /// It ends when so many bytes were read; 0 knows no bound.
    pub bytes_max: u64,
    /// It ends after so long; 0 is the most that there is.
    pub seconds_max: u32,
}

/// One thing that an agent tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
#[non_exhaustive]
pub enum LogRecord {
    /// A source.
    Source(LogSource),
    /// A line.
    Line(LogLine),
    /// What is to be known of a source beside its lines, in words.
    Note {
        /// Name of the application.
        application: String,
        /// Name of the source.
        source: String,
        /// In words.
        text: String,
    },
    /// What lines there were is told; from now on each comes as it is written.
    Following {
        /// Files that are followed.
        files: u32,
    },
    /// How far a search is.
    Progress {
        /// Bytes that were looked through.
        bytes: u64,
        /// Matches so far.
        matches: u64,
    },
    /// A search is over.
    Done {
        /// Bytes that were looked through.
        bytes: u64,
        /// Matches.
        matches: u64,
        /// The bound at which it ended; none when all was looked through.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<String>,
    },
}

/// Where an application writes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSource {
    /// Name of the application.
    pub application: String,
    /// Name of the source: `output`, or the name of the file.
    pub source: String,
    /// The file that is written now.
    pub path: String,
    /// Files that it was rotated to.
    pub older: u32,
    /// Bytes of all files on disk.
    pub bytes: u64,
    /// When it was last written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_at: Option<UnixMillis>,
    /// Why it cannot be read, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Name of the application.
    pub application: String,
    /// Name of the source.
    pub source: String,
    /// Name of its file, when that is not the one written now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The time that stands in it or before it; for one without, that of its file.
    pub time: UnixMillis,
    /// The line without its end, redacted.
    pub text: String,
    /// Bytes that are not shown.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_travels_without_what_it_does_not_have() {
        let line = LogLine {
            application: "switch".into(),
            source: LOG_OUTPUT.into(),
            file: None,
            time: UnixMillis(5),
            text: "up".into(),
            cut: 0,
            is_context: false,
            is_apart: false,
        };
        let text = serde_json::to_string(&LogRecord::Line(line.clone())).unwrap();
        assert_eq!(text, r#"{"is":"line","application":"switch","source":"output","time":5,"text":"up"}"#);
        assert_eq!(serde_json::from_str::<LogRecord>(&text).unwrap(), LogRecord::Line(line));
    }

    #[test]
    fn request_of_an_older_master_has_the_defaults() {
        let text = r#"{"applications":["a"],"what":{"what":"search"}}"#;
        let request: LogRequest = serde_json::from_str(text).unwrap();
        assert_eq!(request.what, LogWanted::Search(LogSearch::default()));
    }
}
