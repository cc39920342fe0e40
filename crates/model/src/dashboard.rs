//! Dashboards as AWS' tools make them: their bounds, and what can be done to them.
//!
//! Elsewhere: dashboards that are kept (`topmast-engine`, `dashboard`).

use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes of what a dashboard says is to be drawn.
pub const BODY_MAX: usize = 256 << 10;
/// Most dashboards that one command names.
pub const NAMED_MAX: usize = 1_000;
/// Characters of a name.
const NAME_MAX: usize = 255;

/// What somebody wants done to a tenant's dashboards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DashboardOrder {
    /// Make one, or draw something else on one of that name.
    Put {
        /// Its name.
        name: String,
        /// What it draws, as JSON.
        body: Arc<str>,
        /// Of one that is new.
        tags: BTreeMap<String, String>,
    },
    /// Delete some, all of these or none.
    Delete {
        /// Which.
        names: Vec<String>,
    },
    /// Give one tags, and take some from it.
    Tag {
        /// Which.
        name: String,
        /// New ones, and new values of others.
        tags: BTreeMap<String, String>,
        /// Keys of those that go.
        removed: Vec<String>,
    },
}

/// True for what AWS takes for a dashboard's name.
pub fn is_name(name: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(is_fit)
}
