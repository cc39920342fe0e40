//! Terminals: commands and shells that people run on servers.
//!
//! ```text
//! http/v1/terminal ─► Session ─ OpenTerminal ─► journal, then for each pane:
//!                        │ orders                              ┌─ Recording ─► data/terminals/ID/PANE.cast
//!                        └───────► pane ◄─ events ─ Process ◄──┤
//!                                   │                          └─ way: over ssh, or whatever else reaches the server
//!                                   └─ output, outcome ─► socket; at the end CloseTerminal ─► journal
//! ```
//!
//! Invariants
//! - TE-1: nothing is connected to before `TerminalOpened` is in the journal, and `TerminalClosed` follows whatever
//!   ends the connection, if only when the next master becomes active.
//! - TE-2: a server is reached with a host key that is pinned, never with one that is seen for the first time.
//! - TE-3: what a pane holds is bounded: a reader that is slow makes the program wait, not the master grow.
//! - TE-4: an own login is held as long as the connection and written nowhere.
//! - TE-5: a pane that is not recorded says so.
//!
//! Elsewhere: the contract (`topmast_api::terminal`); who may and what is kept (`topmast_engine`); why so:
//! docs/adr/0012-terminals.md.

pub(crate) mod config;
mod pane;
mod process;
mod recording;
mod session;
mod sweep;
mod way;

pub(crate) use recording::path as recording_path;
pub(crate) use session::{Frame, Session};
pub(crate) use sweep::run;
pub(crate) use way::way_to;

use std::sync::Arc;
use tokio::sync::Semaphore;

/// Connections that are begun at a time: each is some milliseconds of a processor.
const CONNECTING: usize = 32;
/// Panes that run at a time on one master, whoever began them: each is a connection with its buffers.
const PANES_MAX: usize = 2_000;

/// What all terminals share.
pub(crate) struct Terminals {
    connecting: Semaphore,
    panes: Arc<Semaphore>,
}

impl Default for Terminals {
    fn default() -> Self {
        Self { connecting: Semaphore::new(CONNECTING), panes: Arc::new(Semaphore::new(PANES_MAX)) }
    }
}
