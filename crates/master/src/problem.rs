//! Problems in the master: rules are looked at, what was found is settled, and recurring maintenance is planned.
//!
//! ```text
//! events, time ─► watch: rules on states ──┐
//!                                          ├─► ObserveProblems ─► SettleProblems ─► NoticeDecided
//! history, every 5 s ─► numbers: PromQL ───┘
//! ```
//!
//! Reconcilers without input of their own: each compares what is with the open problems of the state and submits the
//! difference, so that one that was held up, or a master that was restarted, goes on where things are.
//!
//! Elsewhere: what a condition comes to and what becomes of a problem (`topmast-engine`); lists and what people do
//! about problems (`http::v1`).

mod numbers;
mod series;
mod watch;

pub(crate) use series::message_of;

use crate::bus::{CommandBus, SubmitError};
use crate::http::Context;
use std::sync::Arc;
use topmast_engine::Submission;
use topmast_model::command::Command;
use topmast_model::principal::Principal;
use topmast_model::problem::Observation;

/// Observations of one command: with two events each it is far from what the journal takes at once.
const OBSERVATIONS_AT_ONCE: usize = 1_000;

/// Looks at rules until the bus ends.
pub(crate) async fn run(context: Arc<Context>) {
    tokio::join!(watch::run(&context), numbers::run(&context));
}

/// Submits what was found; what is as it was makes no event.
async fn observe(bus: &CommandBus, observations: Vec<Observation>) -> Result<(), SubmitError> {
    let mut rest = observations.into_iter().peekable();
    while rest.peek().is_some() {
        let observations = rest.by_ref().take(OBSERVATIONS_AT_ONCE).collect();
        submit(bus, Command::ObserveProblems { observations }).await?;
    }
    Ok(())
}

/// How many events a command of the master's own made.
async fn submit(bus: &CommandBus, command: Command) -> Result<usize, SubmitError> {
    let events = bus.submit(Submission { principal: Principal::master(), command }).await?;
    Ok(events.len())
}
