//! Commands and shells on Windows: there are none yet.

use crate::terminal::{Spawned, Wanted};
use topmast_wire::PaneSize;

/// Why a command or a shell does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpawnError {
    #[error("an agent on Windows runs no terminals yet; reach this server by its own remote desktop or ssh")]
    Unsupported,
}

/// Starts nothing.
pub(crate) const fn spawn(_: &Wanted<'_>) -> Result<Spawned, SpawnError> {
    Err(SpawnError::Unsupported)
}

/// A terminal, of which there are none here.
pub(crate) enum Screen {}

impl Screen {
    /// Gives it another size.
    pub(crate) const fn resize(&self, _: PaneSize) {
        match *self {}
    }
}
