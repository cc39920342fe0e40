//! Why a text read from a host could not be understood.

use std::fmt;

/// A text that is cut, garbled or of an unknown form.
///
/// Samples emitted before the error come from complete lines and are right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("parse {origin}, line {line}: {fault}")]
pub struct ParseError {
    /// The file, as the plan names it.
    pub origin: &'static str,
    /// Line, counted from 1.
    pub line: u32,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong with a line. The text within names the item that was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The line does not end: the reader stopped early or the source was cut.
    Cut,
    /// There is no text at all.
    Empty,
    /// The line ends before the item.
    Missing(&'static str),
    /// The item is not a number, or is too large for one.
    NotANumber(&'static str),
    /// The line as a whole does not have the form expected.
    Malformed(&'static str),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => f.write_str("the text is cut here, read it again"),
            Self::Empty => f.write_str("the text is empty, read it again"),
            Self::Missing(what) => write!(f, "{what} is missing"),
            Self::NotANumber(what) => write!(f, "{what} is not a number"),
            Self::Malformed(what) => write!(f, "expected {what}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_names_file_line_and_item() {
        let error = ParseError { origin: "/proc/stat", line: 3, fault: Fault::NotANumber("idle time") };
        assert_eq!(error.to_string(), "parse /proc/stat, line 3: idle time is not a number");
    }
}
