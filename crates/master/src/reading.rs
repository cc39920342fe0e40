//! Readings of servers without an agent, on their way into the live model and the history, as agents' frames go.
//!
//! ```text
//! parsers ─► Frame (series, then their values) ─► Intake ─┬─► live model
//!                                                         └─► history
//! ```
//!
//! Invariants
//! - RI-1: a reading is taken whole and as of one time: when it is taken.
//! - RI-2: what the history refuses is live all the same, and is said.
//!
//! Elsewhere: who reads, and what is done when nothing comes (`ssh`, `neighbour`); an agent's frames (`connection`).

mod frame;

pub(crate) use frame::Frame;

use crate::bus::SubmitError;
use crate::history::{self, Both};
use crate::http::Context;
use crate::live::{self, ServerLive};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use topmast_engine::Submission;
use topmast_history::AppendError;
use topmast_model::command::Command;
use topmast_model::error::with_sources;
use topmast_model::path::ObjectPath;
use topmast_model::principal::Principal;

/// Where the readings of one server go, from when it begins to be read until its dictionary is worn or forgotten.
pub(crate) struct Intake {
    /// What a reading is emitted into.
    pub(crate) frame: Frame,
    live: Arc<Mutex<ServerLive>>,
    feed: history::Feed,
}

impl Intake {
    /// Begins with a new dictionary.
    ///
    /// - `interval`: time between two readings.
    pub(crate) fn new(context: &Context, server: &ObjectPath, interval: Duration) -> Self {
        let live = context.live.server(server);
        live::lock(&live).connected(interval);
        Self { frame: Frame::default(), live, feed: history::feed(&context.history, &context.meters, server) }
    }

    /// False when the server was removed since it began.
    pub(crate) fn is_current(&self, context: &Context, server: &ObjectPath) -> bool {
        Arc::ptr_eq(&self.live, &context.live.server(server))
    }

    /// Hands what was emitted to the live model and to the history. Returns what the history refused, if anything.
    ///
    /// # Errors
    /// [`AppendError::Forgotten`] alone: a new intake begins with all its series.
    pub(crate) fn take(&mut self, context: &Context) -> Result<Option<String>, AppendError> {
        let Context { history, counters, bus, .. } = context;
        let now = bus.clock().now();
        let samples = {
            let mut live = live::lock(&self.live);
            let mut receiver = live.receive(Instant::now(), now);
            let samples = self.frame.play(now, &mut Both { live: &mut receiver, feed: &mut self.feed });
            receiver.finish();
            samples
        };
        let appended = history::commit(history, counters, &mut self.feed, samples as u64, now);
        context.live.touch();
        let refusals = history::refusals(&appended?, history.bounds());
        Ok(refusals.map(|refusals| format!("the history refuses series; they are live only: {refusals}")))
    }

    /// Notes what is wrong, for the cause of the server's status.
    pub(crate) fn set_trouble(&self, trouble: Option<&str>) {
        live::lock(&self.live).set_trouble(trouble);
    }
}

/// Submits a command of whoever reads a server, who is the master.
///
/// # Errors
/// Why it was not taken, in words.
pub(crate) async fn submit(context: &Context, command: Command) -> Result<(), String> {
    let submitted = context.bus.submit(Submission { principal: Principal::master(), command }).await;
    submitted.map(drop).map_err(|error| match &error {
        SubmitError::Rejected(rejection) => rejection.to_string(),
        _ => with_sources(&error),
    })
}
