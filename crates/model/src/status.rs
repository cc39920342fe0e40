//! Statuses, in the words that every surface shows.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A text that is not a status of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a status here; it is one of {allowed}")]
pub struct StatusError {
    text: String,
    allowed: &'static str,
}

macro_rules! status {
    ($(#[$doc:meta])* $name:ident $allowed:literal { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Every status, in the order written.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word shown to people and sent over the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = StatusError;

            fn from_str(text: &str) -> Result<Self, StatusError> {
                Self::ALL.iter().copied().find(|status| status.as_str().eq_ignore_ascii_case(text))
                    .ok_or_else(|| StatusError { text: text.to_owned(), allowed: $allowed })
            }
        }
    };
}

status! {
    /// How well something is, from best to worst; the worst inside an object is the object's.
    Health "healthy, degraded, unknown, failed" {
        /// Does what was asked for.
        Healthy = "healthy",
        /// On its way, late, or seen late.
        Degraded = "degraded",
        /// Cannot be told.
        Unknown = "unknown",
        /// Does not do what was asked for.
        Failed = "failed",
    }
}

status! {
    /// Whether a server's data arrives.
    ServerStatus "UP, STALE, DOWN, UNKNOWN" {
        /// Data is younger than three intervals.
        Up = "UP",
        /// Data is late; what is shown may be old.
        Stale = "STALE",
        /// No data for the configured time.
        Down = "DOWN",
        /// No data since this master started.
        Unknown = "UNKNOWN",
    }
}

status! {
    /// State of an application.
    ApplicationStatus "STARTING, STARTED, STOPPING, STOPPED, FAILED, QUARANTINED, UNKNOWN" {
        /// Asked to start; not yet healthy.
        Starting = "STARTING",
        /// Runs, and is healthy where a check exists.
        Started = "STARTED",
        /// Asked to stop; not yet gone.
        Stopping = "STOPPING",
        /// Does not run, as asked.
        Stopped = "STOPPED",
        /// Does not run or is not healthy, though it should be.
        Failed = "FAILED",
        /// Failed more often than its budget allows; waits for a person.
        Quarantined = "QUARANTINED",
        /// Cannot be told.
        Unknown = "UNKNOWN",
    }
}

status! {
    /// State of a business service.
    ServiceStatus "STARTED, STOPPED, MALFUNCTION, UNKNOWN" {
        /// Works.
        Started = "STARTED",
        /// Switched off.
        Stopped = "STOPPED",
        /// Does not do what it should; the codes say why.
        Malfunction = "MALFUNCTION",
        /// Cannot be told: the check itself failed or the application does not run.
        Unknown = "UNKNOWN",
    }
}

status! {
    /// State of a scheduled or batch task.
    TaskStatus "OK, RUNNING, FAILED, LATE, UNKNOWN" {
        /// The last run ended well.
        Ok = "OK",
        /// Runs now.
        Running = "RUNNING",
        /// The last run failed.
        Failed = "FAILED",
        /// Should have run by now.
        Late = "LATE",
        /// Cannot be told.
        Unknown = "UNKNOWN",
    }
}

status! {
    /// State of an action, and of each of its targets.
    ActionStatus "PENDING, RUNNING, SUCCEEDED, FAILED, UNKNOWN" {
        /// Accepted; not yet sent to the agent.
        Pending = "PENDING",
        /// Sent to the agent; no outcome yet.
        Running = "RUNNING",
        /// Done as asked.
        Succeeded = "SUCCEEDED",
        /// Not done; the message says why.
        Failed = "FAILED",
        /// No outcome came in time: it may or may not have been done.
        Unknown = "UNKNOWN",
    }
}

status! {
    /// How much a problem matters, from least to most.
    Severity "info, warning, major, critical" {
        /// Worth knowing; nothing is to be done now.
        Info = "info",
        /// Will become worse if nothing is done.
        Warning = "warning",
        /// Somebody's work suffers, or soon will.
        Major = "major",
        /// Business stands still, or data is being lost.
        Critical = "critical",
    }
}

status! {
    /// Whether a problem is over.
    ProblemStatus "OPEN, CLOSED" {
        /// Wrong now, or not known to be over.
        Open = "OPEN",
        /// Over.
        Closed = "CLOSED",
    }
}

status! {
    /// State of an alarm on datapoints, in CloudWatch's words.
    AlarmState "OK, ALARM, INSUFFICIENT_DATA" {
        /// Within its bound.
        Ok = "OK",
        /// Beyond its bound.
        Alarm = "ALARM",
        /// Cannot be told.
        InsufficientData = "INSUFFICIENT_DATA",
    }
}

impl ActionStatus {
    /// True when nothing more is expected.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_reads_its_own_word_in_any_case() {
        for status in ApplicationStatus::ALL {
            assert_eq!(status.as_str().to_lowercase().parse(), Ok(*status));
        }
    }

    #[test]
    fn unknown_status_word_lists_the_allowed_ones() {
        let error = "RUNNING".parse::<ServiceStatus>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"RUNNING\" is not a status here; it is one of STARTED, STOPPED, MALFUNCTION, UNKNOWN"
        );
    }
}
