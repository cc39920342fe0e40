//! What an agent reports: the numbered, durable facts of one server.
//!
//! An agent keeps its reports in order until the master has them in the journal.
//! Each has a number; the master takes number n+1 after n and drops what it has,
//! so a report counts once however often it is sent.

use crate::application::ApplicationState;
use crate::configuration::Held;
use crate::id::StepId;
use crate::service::ServiceState;
use crate::task::TaskState;
use serde::{Deserialize, Serialize};

/// One fact. Names are those inside the server: an application's, and a service's or task's in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Report {
    /// An application appeared or changed.
    Application {
        /// Its name.
        name: String,
        /// Its state now.
        state: ApplicationState,
    },
    /// An application's unit went away; so did its services and tasks.
    ApplicationGone {
        /// Its name.
        name: String,
    },
    /// A service appeared or changed.
    Service {
        /// The application it belongs to.
        application: String,
        /// Its name.
        name: String,
        /// Its state now.
        state: ServiceState,
    },
    /// A service went away.
    ServiceGone {
        /// The application it belonged to.
        application: String,
        /// Its name.
        name: String,
    },
    /// A task appeared or changed.
    Task {
        /// The application it belongs to.
        application: String,
        /// Its name.
        name: String,
        /// Its state now.
        state: TaskState,
    },
    /// A task went away.
    TaskGone {
        /// The application it belonged to.
        application: String,
        /// Its name.
        name: String,
    },
    /// A unit file was refused, or is good again.
    UnitFile {
        /// Its file name.
        file: String,
        /// What is wrong, with the line and what to write instead; `None` when it is good.
        problem: Option<String>,
    },
    /// What of a configuration lies here is another one than before.
    Configuration {
        /// The application that it is for.
        application: String,
        /// Its name.
        name: String,
        /// What lies here.
        held: Held,
    },
    /// A step of an action began.
    StepStarted {
        /// Which.
        step: StepId,
    },
    /// A step of an action ended.
    StepFinished {
        /// Which.
        step: StepId,
        /// How.
        outcome: StepOutcome,
    },
    /// Whoever began a step cannot tell any more how it ended.
    StepLost {
        /// Which.
        step: StepId,
        /// Why, in words.
        message: String,
    },
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepOutcome {
    /// True when it was done as asked.
    pub succeeded: bool,
    /// In words, also when it went well: `STARTED as process 4711`.
    pub message: String,
}

/// A report with its number, which starts at 1 for each agent instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberedReport {
    /// Its number.
    pub number: u64,
    /// The fact.
    pub report: Report,
}
