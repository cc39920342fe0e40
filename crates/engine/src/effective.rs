//! What is to be shown of an object, as against what was last reported.
//!
//! While nothing is heard from a server, what its agent last said may be wrong by
//! now, so everything on it counts as UNKNOWN. A STALE server's objects keep their
//! status: the data is late by seconds, and each row shows its age.

use topmast_model::cause::Cause;
use topmast_model::time::UnixMillis;

/// The status to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective<S> {
    /// The status.
    pub status: S,
    /// Since when: the object's own time, or that of its server's loss.
    pub since: UnixMillis,
    /// Why it differs from the reported status; `None` when the reported one holds.
    pub cause: Option<Cause>,
}
