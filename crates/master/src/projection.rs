//! Projections: what the journal keeps beside its records, for looking back further than the state does.
//!
//! Plain tables in the journal's own file, written in the transaction of their
//! records and made again from them at any time, so they can also be asked with
//! any SQLite tool.

mod action;
mod audit;

pub(crate) use action::{ActionHistory, Actions};
pub(crate) use audit::{Audit, AuditIndex, Deed, is_audited};
