//! Scheduled tasks: commands that the agent runs by itself when they are due, with no master needed.
//!
//! ```text
//! unit file -> keeper (one loop a task) -> run, bounded -> TaskState -> ledger
//!                 ^ due · run now · ended                    \-> shelf, for the next agent
//! ```
//!
//! Invariants
//! - TK-1: a due time begins at most one run, whatever the clock does and however often the agent starts.
//! - TK-2: an order to run now begins at most one run, however often it comes.
//! - TK-3: what a run prints and how long it takes is bounded; when it is over nothing of it is left behind.
//! - TK-4: a run that was missed is told (LATE) until another one ends well; it is made up for only where its unit says
//!   so, and once for all that were missed.
//!
//! Elsewhere: tasks that applications report themselves (`service`).

mod keeper;
pub(crate) mod run;
pub mod schedule;
mod shelf;

pub use keeper::{RunOrder, Tasks};
