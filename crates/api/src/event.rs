//! Events: the journal as everybody may read it, without secrets.

use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use topmast_model::id::{ActionId, Seq};
use topmast_model::path::ObjectPath;
use topmast_model::principal::{ActorKind, AuthMethod};
use utoipa::ToSchema;

/// Events of a page when the request does not say.
pub const EVENTS_DEFAULT: u32 = 100;
/// Most events of a page.
pub const EVENTS_MAX: u32 = 10_000;

/// One fact of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Position in the journal, and the cursor of the event stream.
    #[schema(value_type = u64)]
    pub seq: Seq,
    /// When it was decided.
    pub time: Timestamp,
    /// The tenant it concerns.
    pub tenant: String,
    /// Who caused it.
    pub actor: Actor,
    /// The action it belongs to.
    #[schema(value_type = Option<Uuid>)]
    pub action: Option<ActionId>,
    /// What happened, e.g. `ApplicationChanged`.
    pub kind: String,
    /// What it is about.
    #[schema(value_type = Option<schema::ObjectPath>)]
    pub object: Option<ObjectPath>,
    /// The fact's fields, which depend on the kind.
    pub payload: Value,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Actor {
    /// `user`, `token`, `agent` or `master`.
    #[schema(value_type = String)]
    pub kind: ActorKind,
    /// User name, token name, server path or `master`.
    pub name: String,
    /// How it proved itself.
    #[schema(value_type = String)]
    pub auth: AuthMethod,
    /// Network address it came from.
    pub address: Option<String>,
    /// The API token of the console through which it came, named after its owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
}

impl From<topmast_model::principal::Actor> for Actor {
    fn from(actor: topmast_model::principal::Actor) -> Self {
        let topmast_model::principal::Actor { kind, name, auth, address, through } = actor;
        Self { kind, name, auth, address, through }
    }
}

/// Which events to list or follow.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventQuery {
    /// Only those that a filter over [`EVENTS`](topmast_model::filter::fields::EVENTS) lets through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Only those after this position.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>)]
    pub after: Option<Seq>,
    /// Only those before this position. Not for the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>)]
    pub before: Option<Seq>,
    /// Most events: [`EVENTS_DEFAULT`] when missing, at most [`EVENTS_MAX`]. Not for the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only those about this object or something inside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::ObjectPath>)]
    pub object: Option<ObjectPath>,
    /// Only those of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Only those of this action.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub action: Option<ActionId>,
    /// Only those at or after this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Only those before this time. Not for the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Which end to begin at. Not for the stream, which is always ascending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<EventOrder>,
}

/// Order of a list of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EventOrder {
    /// Oldest first; what a missing order means when `after` is given.
    Asc,
    /// Newest first; what a missing order means otherwise.
    Desc,
}

/// A window of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventPage {
    /// The events, in the order asked for.
    pub items: Vec<Event>,
    /// Position of the journal's last event when this was read.
    #[schema(value_type = u64)]
    pub head_seq: Seq,
    /// Where to go on: the next `after` (ascending) or `before` (descending); null at the end.
    #[schema(value_type = Option<u64>)]
    pub next: Option<Seq>,
}

/// One message of `GET /api/v1/events/stream`.
#[derive(Debug, Clone, PartialEq)]
pub enum EventMessage {
    /// SSE event `event`, with the position as its id.
    Event(Box<Event>),
    /// SSE event `heartbeat`: nothing happened. Its id is the position up to which nothing more will match.
    Heartbeat,
}
