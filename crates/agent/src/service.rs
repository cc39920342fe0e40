//! Business services: checks ask, the board remembers, the ledger carries what changed.
//!
//! ```text
//! unit file -> checks (one loop a source) -> Observation -> Board -> transitions -> ledger
//!                                                             \----> samples, each tick
//! ```
//!
//! Invariants
//! - S-1: a check never overlaps itself, and ends within its own time-out.
//! - S-2: services of an application that does not run are UNKNOWN at once and are not checked.
//! - S-3: whatever an endpoint, plugin or log answers, what is kept of it is bounded.
//! - S-4: only a change of status or codes is reported; figures are samples.
//!
//! Elsewhere: how an application runs (`supervisor`); the configuration of sources (`unit::service`).

mod actuator;
mod board;
mod checks;
mod command;
mod exec;
mod http;
mod log;
mod nagios;
mod prometheus;
mod tcp;
mod topmast;

pub use board::Board;
pub use checks::{Checks, Loops};

use topmast_model::status::{ServiceStatus, TaskStatus};
use topmast_model::task::TaskProgress;
use topmast_model::time::UnixMillis;

/// Most services, and most tasks, taken from one source: beyond it the source is taken to be wrong.
pub const SERVICES_MAX: usize = 512;
/// Most response codes counted for a service. ISO 8583 has about 80 in use.
pub const RESPONSES_MAX: usize = 128;
/// Most quantiles, and most plugin figures, of a service.
pub const FIGURES_MAX: usize = 32;
/// Longest message kept, in bytes.
pub const MESSAGE_MAX: usize = 1_024;
/// Longest status code kept, in bytes.
pub const CODE_MAX: usize = 64;

/// What one check found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observation {
    /// The application's version, when the source tells it.
    pub version: Option<String>,
    /// Every service of the source.
    pub services: Vec<ServiceObservation>,
    /// Every task of the source.
    pub tasks: Vec<TaskObservation>,
}

/// One service as a source reports it.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceObservation {
    /// Its name: valid in an object path.
    pub name: String,
    /// What it does now.
    pub status: ServiceStatus,
    /// Business status codes.
    pub codes: Vec<String>,
    /// In words.
    pub message: Option<String>,
    /// When the source says that this state began.
    pub since: Option<UnixMillis>,
    /// What it counted.
    pub figures: Figures,
}

impl ServiceObservation {
    /// A service without codes, message or figures.
    pub fn new(name: impl Into<String>, status: ServiceStatus) -> Self {
        Self {
            name: name.into(),
            status,
            codes: Vec::new(),
            message: None,
            since: None,
            figures: Figures::default(),
        }
    }

    /// Adds what the source said, shortened to [`MESSAGE_MAX`].
    #[must_use]
    pub fn message(mut self, text: &str) -> Self {
        self.message = some_text(text);
        self
    }

    /// Adds a status code.
    #[must_use]
    pub fn code(mut self, code: &str) -> Self {
        self.codes.push(shortened(code, CODE_MAX));
        self
    }
}

/// Numbers of one service. Totals are handed on as the source has them, also when they start again at zero.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figures {
    /// Transactions completed since the application started.
    pub transactions_total: Option<f64>,
    /// Those that ended in an error.
    pub errors_total: Option<f64>,
    /// Transactions by response code.
    pub responses: Vec<(String, f64)>,
    /// Latency in seconds by quantile, e.g. `("0.95", 0.08)`.
    pub latency_seconds: Vec<(String, f64)>,
    /// Numbers beside the state, by name, in the source's own unit.
    pub values: Vec<(String, f64)>,
}

/// One task as a source reports it.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskObservation {
    /// Its name: valid in an object path.
    pub name: String,
    /// What it does now.
    pub status: TaskStatus,
    /// When it runs, in words.
    pub schedule: Option<String>,
    /// Start of the last run.
    pub last_started: Option<UnixMillis>,
    /// End of the last run.
    pub last_finished: Option<UnixMillis>,
    /// When it should run next.
    pub next_due: Option<UnixMillis>,
    /// In words.
    pub message: Option<String>,
    /// How far a run under way is.
    pub progress: Option<TaskProgress>,
}

/// Why a check found nothing out; its services become UNKNOWN with this text.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The endpoint gave no answer.
    #[error(transparent)]
    Fetch(#[from] crate::http::FetchError),
    /// The endpoint answered with a status that holds no states.
    #[error("{url} answered status {status}, expected {expected}")]
    Status {
        /// Asked for.
        url: String,
        /// Status code answered.
        status: u16,
        /// What would have been right.
        expected: &'static str,
    },
    /// The answer is not what the source should give.
    #[error("{source_name} answer: {reason}")]
    Answer {
        /// The kind of source.
        source_name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A plugin or command could not be run to its end.
    #[error(transparent)]
    Command(#[from] command::CommandError),
    /// The configuration cannot be used.
    #[error("{0}")]
    Setup(String),
}

/// The first [`MESSAGE_MAX`] bytes of a text, on one line; `None` when nothing is left.
fn some_text(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| shortened(text, MESSAGE_MAX))
}

/// At most `max` bytes of a text, cut at a character, control characters replaced by spaces.
fn shortened(text: &str, max: usize) -> String {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// The only source of a unit with this `[[service]]` table.
#[cfg(test)]
fn source_of(table: &str) -> crate::unit::ServiceSource {
    let text = format!("kind = \"process\"\ncommand = [\"/bin/true\"]\n[[service]]\n{table}");
    let mut unit = crate::unit::parse("switch.toml", &text).unwrap_or_else(|error| panic!("{error}"));
    unit.services.remove(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_of_the_guide_is_a_good_unit() {
        let guide = include_str!("../../../docs/guide/services.md");
        let examples: Vec<&str> =
            guide.split("```toml\n").skip(1).filter_map(|part| part.split("```").next()).collect();
        assert_eq!(examples.len(), 6);
        for example in examples {
            let text = format!("kind = \"process\"\ncommand = [\"/bin/true\"]\n{example}");
            crate::unit::parse("switch.toml", &text).unwrap_or_else(|error| panic!("{error}\n{example}"));
        }
    }

    #[test]
    fn json_of_the_guide_is_a_good_answer() {
        let guide = include_str!("../../../docs/guide/services.md");
        let json = guide.split("```json\n").nth(1).and_then(|part| part.split("```").next()).unwrap();
        let observation = topmast::parse(json.as_bytes()).unwrap();
        assert_eq!((observation.services.len(), observation.tasks.len()), (1, 1));
    }

    #[test]
    fn message_is_cut_at_a_character_and_kept_on_one_line() {
        // S-3
        assert_eq!(some_text(" a\nb\u{1b}[31m "), Some("a b [31m".to_owned()));
        assert_eq!(some_text(" \n"), None);
        let long = "ä".repeat(MESSAGE_MAX);
        assert_eq!(some_text(&long).unwrap().len(), MESSAGE_MAX);
    }
}
