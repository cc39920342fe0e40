//! What to look for in the journal.

use topmast_model::id::Seq;
use topmast_model::time::UnixMillis;

/// Conditions on records; all must hold. An empty list or `None` asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordQuery {
    /// Only records after this one.
    pub after: Option<Seq>,
    /// Only records before this one.
    pub before: Option<Seq>,
    /// Only records of this time or later.
    pub since: Option<UnixMillis>,
    /// Only records earlier than this time.
    pub until: Option<UnixMillis>,
    /// Only records about this object or one inside it: `acme/prod` finds
    /// `acme/prod/sw1`, and not `acme/production`.
    pub object_prefix: Option<String>,
    /// Only these kinds.
    pub kinds: Vec<String>,
    /// Only records of these actions.
    pub actions: Vec<String>,
    /// Only this tenant.
    pub tenant: Option<String>,
    /// Begin with the newest; otherwise with the oldest.
    pub newest_first: bool,
    /// At most this many; never more than [`MAX_READ_RECORDS`](crate::MAX_READ_RECORDS).
    pub limit: usize,
}

impl Default for RecordQuery {
    /// The oldest 100 records.
    fn default() -> Self {
        Self {
            after: None,
            before: None,
            since: None,
            until: None,
            object_prefix: None,
            kinds: Vec::new(),
            actions: Vec::new(),
            tenant: None,
            newest_first: false,
            limit: 100,
        }
    }
}
