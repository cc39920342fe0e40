//! The switch's log: what it does to standard output, what went wrong to standard error.

use jiff::Timestamp;
use std::io::Write;

/// One line, before it has its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// True for a line that belongs on standard error.
    pub(crate) is_error: bool,
    /// What happened.
    pub(crate) text: String,
}

impl Line {
    /// A line about work done.
    pub(crate) fn info(text: String) -> Self {
        Self { is_error: false, text }
    }

    /// A line about something that went wrong.
    pub(crate) fn error(text: String) -> Self {
        Self { is_error: true, text }
    }

    /// Writes the line with the time and its level. A closed pipe is no reason to stop authorising.
    pub(crate) fn write(&self) {
        let time = format!("{:.3}", Timestamp::now());
        let _ = if self.is_error {
            writeln!(std::io::stderr(), "{time} ERROR {}", self.text)
        } else {
            writeln!(std::io::stdout(), "{time} INFO {}", self.text)
        };
    }
}
