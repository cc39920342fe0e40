//! Events of logs: a bounded store that is only appended to, on the master's disk.
//!
//! ```text
//! put ─► record (a stream's events, length, CRC) ─► the newest segment of the tenant ─► index by stream
//!                                                        │ full: the next one · too many bytes: the oldest goes
//! page · scan ◄── events of some streams in a span of time
//! ```
//!
//! It knows no clock and no names: streams are numbers, and who may see which until when is what the caller says.
//!
//! Invariants
//! - S-1: what `put` has taken is read after the program was killed, all of it; after the machine was, what is older than
//!   the last `sync`.
//! - S-2: a record that was cut short at the end of the newest segment is dropped; damage elsewhere is told, and
//!   nothing behind it in that file is read. No other record is lost to either.
//! - S-3: a tenant takes at most as many bytes as it may, and one segment; the oldest segments go first.
//! - S-4: an event's number is greater than that of every event that was put before, as long as the tenant is not cleared.
//!
//! Elsewhere: which streams there are (`topmast-engine`, `log_group`); AWS' operations (the master's `aws::logs`).

mod index;
mod page;
mod record;
mod segment;
mod store;

pub use page::{Direction, Gathering, Page};
pub use record::{Event, Position};
pub use store::{Limits, Logs, LogsError, Report, Selection, Totals};

/// Bytes that an event counts for besides its text, as at AWS.
pub const OVERHEAD: usize = 26;
