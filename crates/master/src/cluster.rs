//! Masters that share a journal: one is active, the others follow it and are ready to take over.
//!
//! ```text
//! follow: stream ─► bus (take)                    ─► state, events, copy of the journal
//! lead:   lease seen for too long ─► ours ─► journal read to its end ─► activation ─► Active
//! tell:   each second, who is there and how far   ─► bucket ─► every master's table
//! ```
//!
//! A master that is deposed, or whose copy has other records than the stream, does nothing more but end; whoever runs it starts it anew, as a standby.
//!
//! Invariants
//! - M-1: a master becomes active only by an event in the journal that comes behind all it has read.
//! - M-2: who does not hold the lease decides nothing; who wrongly believes to hold it appends nothing.
//! - M-3, M-4: what becomes of a copy that has other records than the stream (`mend`).
//! - M-5: what the stream lost and a master still has is brought back (`regain`).
//!
//! Elsewhere: when to take the lease (`engine::lease`); the stream (`topmast_journal::stream`); what a standby's HTTP
//! does with commands (`forward`). Why so: docs/adr/0024-journal-on-jetstream.md.

pub(crate) mod config;
mod follow;
pub(crate) mod forward;
mod lead;
mod members;
mod mend;
pub(crate) mod migrate;
pub(crate) mod regain;

pub(crate) use members::{Member, Members, SILENT};
pub(crate) use mend::{Aside, JOURNAL, notice};

use crate::bus::{CommandBus, MasterRole};
use crate::http::Context;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use topmast_journal::stream::Link;

/// Pause before servers that did not answer are asked again.
const PAUSE: Duration = Duration::from_millis(250);

/// What a master's tasks share that concern the others.
pub(crate) struct Sharing {
    pub(crate) context: Arc<Context>,
    pub(crate) link: Link,
    /// Position of the shared journal up to which it was taken in; none before it is known where the copy stands.
    position: Position,
    /// Said when the copy does not end as the stream does where both should.
    doubt: Notify,
}

/// A position in the stream; unknown at first.
struct Position {
    reached: AtomicU64,
    is_known: watch::Sender<bool>,
}

impl Position {
    /// The copy stands here, also where it was thought to be further.
    fn stand_at(&self, position: u64) {
        self.reached.store(position, Ordering::Release);
        self.is_known.send_if_modified(|known| !std::mem::replace(known, true));
    }

    /// Everything up to here was taken in.
    fn reach(&self, position: u64) {
        self.reached.fetch_max(position, Ordering::AcqRel);
    }

    fn get(&self) -> Option<u64> {
        self.is_known.borrow().then(|| self.reached.load(Ordering::Acquire))
    }
}

impl Sharing {
    pub(crate) fn new(context: Arc<Context>, link: Link) -> Self {
        let position = Position { reached: AtomicU64::new(0), is_known: watch::Sender::new(false) };
        Self { context, link, position, doubt: Notify::new() }
    }

    fn bus(&self) -> &CommandBus {
        &self.context.bus
    }

    /// Follows the journal, takes the lease when it is due, and tells the others, until this master is deposed.
    pub(crate) async fn run(&self) {
        let mut role = self.bus().standing().watch();
        tokio::select! {
            () = self.follow() => {}
            () = self.lead() => {}
            () = self.tell() => {}
            _ = role.wait_for(|role| *role == MasterRole::Deposed) => {}
        }
    }
}
