//! How a command failed, and the exit code that says so.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done as asked |
//! | 1 | a target failed, or a check found a fault |
//! | 2 | wrong usage: arguments, filters, names; nothing was done |
//! | 3 | the master was not reached, or it refused |
//! | 4 | the outcome of a target is unknown: it may or may not have been done |

use crate::profile::ProfileError;
use std::io::ErrorKind;
use topmast_api::client::{BuildError, ClientError};
use topmast_api::problem::{Problem, ProblemCode};

/// Why a command did not end well.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Said already, target by target.
    Target,
    /// A check found a fault.
    Check(String),
    /// The arguments are wrong.
    Usage(String),
    /// The master was not reached, or it refused.
    Client(Box<ClientError>),
    /// A filter that the master could not read, with the filter.
    Filter(Box<Problem>, String),
    /// The profile file.
    Profile(ProfileError),
    /// Nobody knows whether it was done.
    Unknown(String),
    /// A daemon did not start, or ended.
    Daemon(String),
    /// Reading or writing here. A reader that went away, as in `topmast servers | head -1`, is no failure.
    Output(std::io::Error),
}

impl Failure {
    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Output(error) if error.kind() == ErrorKind::BrokenPipe => 0,
            Self::Target | Self::Check(_) | Self::Daemon(_) | Self::Output(_) => 1,
            Self::Usage(_) | Self::Filter(..) | Self::Profile(_) => 2,
            Self::Client(_) => 3,
            Self::Unknown(_) => 4,
        }
    }

    /// What to tell the user; nothing when it was told already.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Output(error) if error.kind() == ErrorKind::BrokenPipe => None,
            Self::Target => None,
            Self::Check(text) | Self::Usage(text) | Self::Unknown(text) | Self::Daemon(text) => {
                Some(text.clone())
            }
            Self::Client(error) => Some(with_hint(error)),
            Self::Filter(problem, filter) => Some(with_caret(problem, filter)),
            Self::Profile(error) => Some(error.to_string()),
            Self::Output(error) => Some(format!("cannot write the output: {error}")),
        }
    }

    /// A failed list: what is wrong with its filter is shown below it.
    pub(crate) fn of_filter(error: ClientError, filter: &str) -> Self {
        match error.problem() {
            Some(problem) if problem.code == ProblemCode::InvalidFilter => {
                Self::Filter(Box::new(problem.clone()), filter.to_owned())
            }
            _ => error.into(),
        }
    }
}

fn with_hint(error: &ClientError) -> String {
    let hint = match error.problem().map(|problem| problem.code) {
        Some(ProblemCode::Unauthenticated) => " (`topmast login URL`)",
        _ => "",
    };
    format!("{error}{hint}")
}

fn with_caret(problem: &Problem, filter: &str) -> String {
    let filter = filter.replace(char::is_control, " ");
    match problem.column {
        Some(column) => {
            let blanks = usize::try_from(column).unwrap_or(1).saturating_sub(1).min(filter.chars().count());
            format!("{}\n  {filter}\n  {}^", problem.detail, " ".repeat(blanks))
        }
        None => problem.detail.clone(),
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Client(Box::new(error))
    }
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Self {
        Self::Profile(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Output(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_filter_is_shown_with_a_caret_below_its_fault() {
        let problem = Problem {
            column: Some(8),
            ..Problem::new(ProblemCode::InvalidFilter, "there is no field stauts")
        };
        let failure = Failure::of_filter(ClientError::Refused(Box::new(problem)), "cpu>80 stauts=UP");
        assert_eq!(failure.code(), 2);
        assert_eq!(failure.text().unwrap(), "there is no field stauts\n  cpu>80 stauts=UP\n         ^");
    }
}
