//! Talking to the masters: one outbound WebSocket to each, at all times.
//!
//! ```text
//! Spool   -> Relay -> frames  -\                      /-> Welcome, Credit -> Spool cursor
//! Ledger  --------->  reports  -> session (1 master) <--> Execute -> supervisor -> Ledger
//! Identity --------->  hello   -/                      \-> Certificate -> Identity
//! ```
//!
//! Telemetry goes to every master; reports go to the active one, and only that one is obeyed.
//!
//! Invariants
//! - T-1: a step is handed on, and a terminal opened, only in the epoch of the active master, never of an older one.
//! - T-2: a frame leaves only against credit; what was not confirmed is sent again on the next connection.
//! - T-3: reports are sent in order from the first that no journal has, and are forgotten only when one has them.
//! - T-4: no peer, however it behaves, stops another link, the sampler or the supervisor.
//! - T-5: a master whose journal lacks what was acknowledged is told all that is anew, and passes over the rest.
//!
//! Elsewhere: the messages (`topmast_wire`); what waits for them (`spool`, `ledger`).

mod backoff;
mod enrolment;
mod identity;
mod link;
mod relay;

pub use enrolment::{EnrolError, enrol};
pub use identity::{Identity, IdentityError, IdentityStore};
pub use link::{Link, LinkContext, Orders, TaskOrders};
