//! How a step ended, and its row in the table at the end.

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed,
    /// With what is missing, and how to get it.
    NotRun(String),
}

impl Outcome {
    /// Its row in the table, for a step that took so long.
    pub(crate) fn row(&self, name: &str, seconds: u64) -> String {
        match self {
            Self::Passed => format!("{name:<12} passed   {seconds:>5} s"),
            Self::Failed => format!("{name:<12} FAILED   {seconds:>5} s"),
            Self::NotRun(reason) => format!("{name:<12} not run           {reason}"),
        }
    }
}
