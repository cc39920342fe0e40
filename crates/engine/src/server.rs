//! Servers: registration, freshness, removal.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use topmast_model::cause::Cause;
use topmast_model::command::ServerRegistration;
use topmast_model::status::ServerStatus;
use topmast_model::time::UnixMillis;

/// A server that registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// What its agent said when it last connected with something new.
    pub registration: ServerRegistration,
    /// Whether its data arrives.
    pub status: ServerStatus,
    /// When the status was entered.
    pub since: UnixMillis,
    /// Why the status was entered.
    pub cause: Cause,
    /// Number of the last report in the journal, of this registration's instance.
    pub received: u64,
    /// Refused unit files with what is wrong, by file name.
    pub unit_problems: BTreeMap<String, String>,
}

impl Server {
    /// True when what is known of its objects can be taken as true: UP or STALE.
    pub fn is_seen(&self) -> bool {
        matches!(self.status, ServerStatus::Up | ServerStatus::Stale)
    }

    pub(crate) fn unseen_cause(&self) -> Cause {
        Cause::Connection { message: format!("server is {}: {}", self.status, self.cause) }
    }
}
