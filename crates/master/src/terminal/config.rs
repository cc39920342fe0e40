//! What is kept of terminals: the section `[terminals]`.

use serde::Deserialize;

/// What is kept of terminals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TerminalsConfig {
    /// Days for which recordings are kept.
    pub recording_days: u32,
    /// GiB that recordings may take; the oldest go first.
    pub max_gib: u32,
}

impl Default for TerminalsConfig {
    fn default() -> Self {
        // A quarter, as most rules about who did what ask for.
        Self { recording_days: 90, max_gib: 10 }
    }
}
