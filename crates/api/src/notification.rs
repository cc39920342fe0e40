//! Notifications: channels, routes, and what was told of problems.

use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::path::ObjectPath;
use topmast_model::status::Severity;
use utoipa::ToSchema;

/// A channel in a list; its secrets are not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChannelRow {
    /// Identity.
    pub name: String,
    /// `email`, `webhook`, `chat`, `syslog`, `snmp_trap` or `script`.
    pub kind: String,
    /// The tenant whose problems may go there; null for those of every tenant.
    #[schema(value_type = Option<schema::ObjectPath>)]
    pub tenant: Option<ObjectPath>,
    /// Whether it is used.
    pub enabled: bool,
    /// WORKING, or FAILING when what was last sent was given up.
    pub status: String,
    /// When something was given up, if nothing got through since.
    pub failing_since: Option<Timestamp>,
    /// When something last got through.
    pub delivered_at: Option<Timestamp>,
    /// Messages by routes in the last hour.
    pub recent: u64,
    /// The channel itself, in the text form; `<secret>` stands for each of its secrets.
    pub text: String,
}

/// A route in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RouteRow {
    /// Identity.
    pub name: String,
    /// Routes are looked at from the lowest to the highest.
    pub order: u32,
    /// Where it belongs; null for everywhere.
    #[schema(value_type = Option<schema::ObjectPath>)]
    pub within: Option<ObjectPath>,
    /// Which problems it takes; all when empty.
    pub filter: String,
    /// How bad they are at least; null for any.
    #[schema(value_type = Option<schema::Severity>)]
    pub severity: Option<Severity>,
    /// Where they are told.
    pub channels: Vec<String>,
    /// When it takes them; always when empty.
    pub schedule: Vec<RouteTime>,
    /// What is told together: `none`, `object`, `rule` or `route`.
    pub group_by: String,
    /// How long is waited for more of a group, as `30s`.
    pub group_wait: String,
    /// How often it is told again; null for never.
    pub repeat: Option<String>,
    /// Most messages to each of its channels in an hour.
    pub per_hour: u32,
    /// Where it is told as well when nobody takes it in hand.
    pub escalation: Vec<RouteStep>,
    /// Whether later routes are looked at as well.
    pub goes_on: bool,
    /// Whether it is looked at.
    pub enabled: bool,
    /// Whether it is its time now.
    pub in_schedule: bool,
    /// The route itself, in the text form.
    pub text: String,
}

/// Times of a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RouteTime {
    /// Days of the week, `monday`; every day when empty. Null for other days, which the text form has.
    pub weekdays: Option<Vec<String>>,
    /// From this time of day, `18:00`.
    pub at: String,
    /// For so long, `14h`.
    pub lasts: String,
    /// As clocks show it there, `Europe/Zurich`.
    pub zone: String,
}

/// A step of a route's escalation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RouteStep {
    /// So long after it was to be told, `15m`.
    pub after: String,
    /// Where it is told then.
    pub channels: Vec<String>,
}

/// Applies channels or routes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationsRequest {
    /// A file of `[[channel]]` or `[[route]]` tables, TOML. Names of new ones that people of a tenant make end in `@TENANT`.
    pub text: String,
    /// Deletes those that are not in it, as far as they are for whoever asks to delete.
    #[serde(default)]
    pub prune: bool,
    /// Only tells what it would do.
    #[serde(default)]
    pub dry_run: bool,
}

/// What applying channels or routes does, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct NotificationsPlan {
    /// Those that are new.
    pub added: Vec<String>,
    /// Those that become others.
    pub changed: Vec<String>,
    /// Those that are as they are to be.
    pub unchanged: Vec<String>,
    /// Those that go.
    pub deleted: Vec<String>,
}

/// What a channel's receiver said to a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChannelTest {
    /// Whether it took the message.
    pub delivered: bool,
    /// What it answered, or what is in the way and what to do.
    pub answer: String,
}

/// One attempt to tell a channel, or a notification of which nothing was tried yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NotificationRow {
    /// The notification's number.
    pub id: u64,
    /// When the attempt began; when it became due, if nothing was tried.
    pub time: Timestamp,
    /// The attempt's number, from 1; 0 when nothing was tried.
    pub attempt: u64,
    /// Problems that are told; of those that may be read.
    pub problems: Vec<NotificationProblem>,
    /// Where to.
    pub channel: String,
    /// By which route; empty when it was asked for.
    pub route: String,
    /// Why: `route`, `reminder`, `escalation` or `limit`; `test` or `alarm` when it was asked for.
    pub why: String,
    /// What is told, in a line.
    pub about: String,
    /// `delivered`, `failed`, `unknown`, `sending`, `waiting`, `given-up`, `withdrawn` or `refused`.
    pub result: String,
    /// What the receiver said, or what is in the way.
    pub reason: String,
    /// When it is tried again.
    pub next_at: Option<Timestamp>,
}

/// A problem of a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NotificationProblem {
    /// Its number.
    pub id: u64,
    /// On what.
    #[schema(value_type = schema::ObjectPath)]
    pub object: ObjectPath,
    /// What is told of it: `opened`, `recovered`, …
    pub notice: String,
    /// How bad it is.
    #[schema(value_type = schema::Severity)]
    pub severity: Severity,
}

/// Why channels were told of a problem, or were not, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NotificationWhy {
    /// The problem's number.
    pub problem: u64,
    /// What is in the way, or that nothing is.
    pub summary: String,
    /// Each route in the order in which they are looked at, with what it says now.
    pub routes: Vec<Says>,
    /// Each channel with what it was told and what it answered.
    pub channels: Vec<Says>,
}

/// A name with what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Says {
    /// Of a route or a channel.
    pub name: String,
    /// In words.
    pub says: String,
}
