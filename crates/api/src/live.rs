//! The live connection: everything that one console tab looks at, over one WebSocket.
//!
//! `GET /api/v1/live`. Both sides send JSON texts; a [`LiveRequest`] goes to the master,
//! [`LiveMessage`]s come back.
//!
//! ```text
//! ► {"subscribe":{"id":1,"to":{"watch":"servers","filter":"status!=UP","limit":60}}}
//! ◄ {"event":"hello","data":{"version":"…","cluster":"…","time":"…","heartbeat_ms":1000,"zone":"…"}}  first of all
//! ◄ {"id":1,"event":"snapshot","data":{"items":[row…],…}}   then {"id":1,"event":"delta",…}
//! ◄ {"event":"heartbeat","data":{"time":"…"}}                each second
//! ◄ {"id":1,"event":"refused","data":{problem}}              this subscription ended, the others go on
//! ◄ {"event":"refused","data":{problem}}                     the connection ends
//! ```
//!
//! Invariants
//! - L-1: a subscribe with an id in use replaces it; nothing of the one before comes after the
//!   first message of the new one.
//! - L-2: a reader that is too slow gets a new `snapshot` or `value` instead of what it missed.
//!
//! Elsewhere: what a delta is (`watch`); the same streams for programs, as SSE (`route`).

use crate::action::ActionQuery;
use crate::event::EventQuery;
use crate::page::ListQuery;
use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use topmast_model::id::ActionId;
use topmast_model::path::ObjectPath;
use utoipa::ToSchema;

/// Time between two heartbeats. A client that hears nothing for three of them calls the connection lost.
pub const LIVE_HEARTBEAT: Duration = Duration::from_secs(1);
/// Largest message of a client, in bytes: a filter of 8 KiB in every subscription still fits.
pub const REQUEST_MAX: usize = 64 << 10;
/// Subscriptions of one connection: several times what one page of a console shows.
pub const SUBSCRIPTIONS_MAX: usize = 32;

/// One message of a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LiveRequest {
    /// Begins a subscription, or replaces the one with its id.
    Subscribe(Subscribe),
    /// Ends a subscription; one that there is not is ended already.
    Unsubscribe(Unsubscribe),
}

/// What to begin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Subscribe {
    /// The client's name for it, which its messages carry.
    pub id: u32,
    /// What to look at.
    pub to: Topic,
}

/// What to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Unsubscribe {
    /// The subscription's id.
    pub id: u32,
}

/// What a subscription looks at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "watch", rename_all = "lowercase")]
pub enum Topic {
    /// A list of servers: `snapshot`, then `delta`.
    Servers(ListQuery),
    /// A list of applications: `snapshot`, then `delta`.
    Applications(ListQuery),
    /// A list of services: `snapshot`, then `delta`.
    Services(ListQuery),
    /// A list of tasks: `snapshot`, then `delta`.
    Tasks(ListQuery),
    /// A list of problems: `snapshot`, again when it changed.
    Problems(ListQuery),
    /// Everything known of one server, application, service or task: `value`, again when it changed.
    Object(ObjectTopic),
    /// The whole fleet summed up: `value`, again each second when it changed.
    Overview(OverviewTopic),
    /// Clusters, the own one first: `snapshot`, again when it changed.
    Clusters(ClustersTopic),
    /// Events after a position: one `event` each.
    Events(EventQuery),
    /// A page of actions: `snapshot`, again when it changed.
    Actions(ActionQuery),
    /// One action: `snapshot`, then `progress` until its final status.
    Action(ActionTopic),
}

/// Which object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectTopic {
    /// Its path.
    #[schema(value_type = schema::ObjectPath)]
    pub path: ObjectPath,
    /// As of this time in the past; now when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// Which overview.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OverviewTopic {
    /// As of this time in the past; now when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// Which clusters: all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClustersTopic {}

/// Which action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionTopic {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub action: ActionId,
}

/// One message of the master.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LiveMessage {
    /// The subscription that it belongs to; missing when it is about the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    /// What it is.
    pub event: LiveEvent,
    /// What it says, as the event and the subscription's [`Topic`] determine.
    pub data: Value,
}

/// The kinds of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LiveEvent {
    /// The first of a connection; data is [`LiveHello`].
    Hello,
    /// The connection lives; data is [`LiveHeartbeat`].
    Heartbeat,
    /// A whole list or action: forget what was before.
    Snapshot,
    /// What changed of a list.
    Delta,
    /// A whole object or summary, in place of the one before.
    Value,
    /// One event of the journal.
    Event,
    /// What changed of an action.
    Progress,
    /// A subscription, or without an id the connection, ended; data is a problem.
    Refused,
}

impl LiveEvent {
    /// The word in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Heartbeat => "heartbeat",
            Self::Snapshot => "snapshot",
            Self::Delta => "delta",
            Self::Value => "value",
            Self::Event => "event",
            Self::Progress => "progress",
            Self::Refused => "refused",
        }
    }
}

/// What a master says first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LiveHello {
    /// Its version.
    pub version: String,
    /// The cluster that it leads.
    #[schema(value_type = schema::ObjectPath)]
    pub cluster: ObjectPath,
    /// Its clock now.
    pub time: Timestamp,
    /// Milliseconds between two heartbeats.
    pub heartbeat_ms: u64,
    /// IANA name of the time zone that its machine is in, e.g. `Europe/Berlin`; missing when it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// That the connection lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LiveHeartbeat {
    /// The master's clock now: shows a client how wrong its own is.
    pub time: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<LiveRequest, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn requests_are_read_as_documented() {
        let request = read(
            r#"{"subscribe":{"id":1,"to":{"watch":"servers","filter":"status!=UP","sort":"-cpu_pct","limit":60,"offset":0}}}"#,
        );
        let query = r#"{"filter":"status!=UP","sort":"-cpu_pct","limit":60,"offset":0}"#;
        let query: ListQuery = serde_json::from_str(query).unwrap();
        assert_eq!(request.unwrap(), LiveRequest::Subscribe(Subscribe { id: 1, to: Topic::Servers(query) }));
        let request = read(r#"{"unsubscribe":{"id":1}}"#).unwrap();
        assert_eq!(request, LiveRequest::Unsubscribe(Unsubscribe { id: 1 }));
    }

    #[test]
    fn requests_survive_being_written_and_read() {
        let topics = [
            Topic::Services(ListQuery::default()),
            Topic::Problems(ListQuery { filter: Some("status=OPEN".into()), ..ListQuery::default() }),
            Topic::Overview(OverviewTopic::default()),
            Topic::Clusters(ClustersTopic {}),
            Topic::Object(ObjectTopic { path: "default/main/vm/switch".parse().unwrap(), at: None }),
            Topic::Events(EventQuery { after: Some(topmast_model::id::Seq(7)), ..EventQuery::default() }),
            Topic::Actions(ActionQuery { limit: Some(50), ..ActionQuery::default() }),
            Topic::Action(ActionTopic { action: ActionId(uuid::Uuid::nil()) }),
        ];
        for to in topics {
            let request = LiveRequest::Subscribe(Subscribe { id: u32::MAX, to });
            assert_eq!(read(&serde_json::to_string(&request).unwrap()).unwrap(), request);
        }
    }

    #[test]
    fn requests_refuse_what_they_do_not_know() {
        for text in [
            r#"{"subscribe":{"id":1,"to":{"watch":"servers","colour":"red"}}}"#,
            r#"{"subscribe":{"id":1,"to":{"watch":"weather"}}}"#,
            r#"{"subscribe":{"id":1,"to":{"watch":"overview","filter":""}}}"#,
            r#"{"subscribe":{"id":-1,"to":{"watch":"servers"}}}"#,
            r#"{"subscribe":{"id":1,"to":{"watch":"object"}}}"#,
            r#"{"subscribe":{"id":1,"to":{"watch":"object","path":"a//b"}}}"#,
            r#"{"subscribe":{"id":1,"to":{"watch":"servers"},"colour":"red"}}"#,
            r#"{"unsubscribe":{"id":1},"subscribe":{"id":1,"to":{"watch":"servers"}}}"#,
            "[]",
            "",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn events_have_one_word() {
        for event in [LiveEvent::Hello, LiveEvent::Heartbeat, LiveEvent::Snapshot, LiveEvent::Refused] {
            assert_eq!(serde_json::to_value(event).unwrap(), event.as_str());
        }
    }
}
