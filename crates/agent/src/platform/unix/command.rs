//! What the program can be told on Unix alone: nothing.

use std::ffi::OsString;

/// Shown below the help of the program.
pub(crate) const HELP: &str = "";

/// Does what the words ask for; `None` when they are for the agent itself.
pub(crate) const fn obey(_: &[OsString]) -> Option<anyhow::Result<()>> {
    None
}
