//! Why something changed its state; every transition carries one.

use crate::id::ActionId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Cause of a transition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// An action of a person or program.
    Action {
        /// The action.
        id: ActionId,
        /// Who asked, e.g. `user admin`.
        principal: String,
    },
    /// The main process ended by itself.
    Exit {
        /// Its exit code.
        code: i32,
    },
    /// The main process was ended by a signal that Topmast did not send.
    Signal {
        /// Signal number.
        number: i32,
        /// Signal name, e.g. `SIGKILL`.
        name: String,
    },
    /// The kernel ended it for want of memory.
    OutOfMemory,
    /// The process could not be started.
    StartFailed {
        /// What the system answered.
        message: String,
    },
    /// The health check decided.
    Health {
        /// What the check found.
        message: String,
    },
    /// The restart policy acts after a failure.
    Restart {
        /// How many restarts the window holds now, this one included.
        attempt: u32,
        /// Wait before it, in milliseconds.
        delay_ms: u64,
    },
    /// Restarts exceeded the budget.
    Budget {
        /// Restarts in the window.
        restarts: u32,
        /// Length of the window in seconds.
        window_s: u64,
        /// What the last failure was, in words.
        last: String,
    },
    /// A dependency is not there.
    Dependency {
        /// The application depended on.
        application: String,
        /// In words.
        message: String,
    },
    /// The agent started and brought up what should run.
    AgentStart,
    /// It ended while no agent was running, so how is not known.
    Unattended,
    /// The agent found the process of an earlier agent still running.
    Adopted {
        /// Process id.
        pid: u32,
    },
    /// Seen from outside: systemd or the status command says so.
    Observed {
        /// What was seen.
        message: String,
    },
    /// The unit file appeared, changed or went away.
    Unit {
        /// What happened to it.
        message: String,
    },
    /// A service check or the application itself reported it.
    Check {
        /// What it said.
        message: String,
    },
    /// The agent's connection or data.
    Connection {
        /// What happened to it.
        message: String,
    },
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Action { id, principal } => write!(f, "action {id} by {principal}"),
            Self::Exit { code } => write!(f, "exited with code {code}"),
            Self::Signal { number, name } => write!(f, "ended by signal {number} ({name})"),
            Self::OutOfMemory => f.write_str("ended by the kernel, out of memory"),
            Self::StartFailed { message } => write!(f, "could not be started: {message}"),
            Self::Health { message } => write!(f, "health check: {message}"),
            Self::Restart { attempt, delay_ms } => write!(f, "restart {attempt} after {delay_ms} ms"),
            Self::Budget { restarts, window_s, last } => {
                write!(f, "{restarts} restarts within {window_s} s, last: {last}")
            }
            Self::Dependency { application, message } => write!(f, "depends on {application}: {message}"),
            Self::AgentStart => f.write_str("started with the agent"),
            Self::Unattended => f.write_str("ended while no agent was running; with what code is not known"),
            Self::Adopted { pid } => write!(f, "found running as process {pid}"),
            Self::Observed { message }
            | Self::Unit { message }
            | Self::Check { message }
            | Self::Connection { message } => f.write_str(message),
        }
    }
}
