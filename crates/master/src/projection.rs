//! Projections: what the journal keeps beside its records, for looking back further than the state does.
//!
//! Plain tables in the journal's own file, written in the transaction of their
//! records and made again from them at any time, so they can also be asked with
//! any SQLite tool.

mod action;
mod audit;
mod availability;

pub(crate) use action::ActionHistory;
pub(crate) use audit::{AuditIndex, Deed, is_audited};
pub(crate) use availability::{AvailabilityError, AvailabilityIndex, Became};

/// All of them.
pub(crate) fn all() -> Vec<Box<dyn topmast_journal::Projection>> {
    vec![Box::new(action::Actions), Box::new(audit::Audit), Box::new(availability::Availability)]
}
