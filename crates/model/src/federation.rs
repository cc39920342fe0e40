//! Requests that a console passes on to a joined cluster, as its own journal keeps them.

use crate::id::ActionId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A request that is about to be passed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedRequest {
    /// Tells it from others: its answer is noted with the same.
    pub id: Uuid,
    /// The joined cluster, as it is called here.
    pub join: String,
    /// Its HTTP method.
    pub method: String,
    /// Its path behind `/api/v1/`, without the query.
    pub path: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedAnswer {
    /// Which request.
    pub id: Uuid,
    /// The joined cluster, as it is called here.
    pub join: String,
    /// The HTTP status that it answered with; none when it did not.
    pub status: Option<u16>,
    /// The action that it made of it, which its own journal tells of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<ActionId>,
    /// Why there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What is noted of a request that is passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PassedNote {
    /// Before it is sent.
    Request(PassedRequest),
    /// After it was answered, or was not.
    Answer(PassedAnswer),
}
