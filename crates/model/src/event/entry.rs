//! An entry of the journal: a fact with its circumstances.

use super::EventBody;
use crate::id::{ActionId, Seq};
use crate::principal::Actor;
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};

/// One fact with its circumstances.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Position in the journal.
    pub seq: Seq,
    /// When it was decided.
    pub time: UnixMillis,
    /// The tenant it concerns.
    pub tenant: String,
    /// Who caused it.
    pub actor: Actor,
    /// The action it belongs to.
    pub action: Option<ActionId>,
    /// The fact.
    #[serde(flatten)]
    pub body: EventBody,
}
