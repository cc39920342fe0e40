//! The pure core of the command side: what may happen, and what then is so.
//!
//! ```text
//! Submission ─► decide(state, submission, now) ─► facts ─► record ─► events ─► journal
//!                      ▲                                                │
//!                    State ◄───────────── apply(state, event) ◄─────────┘
//! ```
//!
//! Knows no clock, disk, socket or randomness: time, ids and the hashes of secrets are inputs, so that a replay, a
//! standby and a test come to the same state as the active master (docs/adr/0004-pure-engine.md).
//!
//! Invariants
//! - E-1: `decide` never changes the state, and refuses a command wholly or not at all.
//! - E-2: `apply` never fails; an event that finds nothing to change changes nothing but the position.
//! - E-3: the same events give the same state, whether replayed from the first or from a snapshot.
//! - E-4: an action is accepted once per id; a repeat asks for the same one.
//! - E-5: an action's status follows from its steps; with no step open it is final.
//! - E-6: a numbered report counts once, however often it comes.
//! - E-7: no event comes from a principal without the right to the command, on every path touched.
//! - E-8: nobody gives away a right that they do not have, and one unrestricted admin always remains.
//! - E-9: everything kept has a bound.
//!
//! Elsewhere: words (`topmast-model`), durability (`topmast-journal`), clocks and dispatch (`topmast-master`).

mod apply;
mod authorise;
mod decide;
mod record;
mod rejection;
mod state;
mod submission;

pub mod action;
mod application;
mod report;
mod server;
mod service;
mod task;
pub mod task_order;

mod access;
mod access_key;
mod agent;
pub mod agentless;
pub mod console;
mod federation;
mod grant;
mod guest;
mod join_token;
pub mod lease;
mod log;
mod master;
mod neighbour;
mod owned_name;
mod secret;
mod session;
mod terminal;
mod token;
mod user;

pub mod alarm;
pub mod aws_alarm;
pub mod code;
pub mod configuration;
pub mod dashboard;
pub mod log_group;
mod maintenance;
mod notification;
pub mod package;
pub mod parameter;
pub mod permit;
mod problem;
mod rule;
pub mod safety;
pub mod tag;
pub mod tenant;

pub mod availability;
mod effective;
pub mod explain;
mod history;
mod instances;
mod overlay;
mod path_map;
mod rollup;
mod text;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod properties;

pub use self::{
    access::SecondFactor, access_key::AccessKey, agent::Agent, apply::apply, authorise::authorise,
    decide::decide, effective::Effective, grant::intersection, history::History, join_token::JoinToken,
    path_map::PathMap, server::Server, submission::Submission, terminal::Terminal, token::Token, user::User,
};
pub use action::{Action, OPEN_ACTIONS_MAX, Step, TIMEOUT_MS_MAX, TIMEOUT_MS_MIN};
pub use guest::{GUESTS, guest_cause, guests};
pub use instances::{Instances, InstancesByCluster};
pub use maintenance::{Announced, MAINTENANCES_MAX, PERIODS_MAX, next_periods, next_times};
pub use notification::{
    ATTEMPTS_MAX, Attempt, CHANNELS_MAX, ChannelsPlan, ENDED_MAX, End, KeptChannel, KeptRoute, Looked,
    Notification, RoutesPlan, Why, is_due, plan_channels, plan_routes, why,
};
pub use problem::{
    Acknowledged, CLOSED_PROBLEMS_MAX, COMMENTS_MAX, Closed, FLAPPING_ENDS, FLAPPING_STARTS, FLAPPING_WINDOW,
    MUTES_MAX, OPEN_PROBLEMS_MAX, ObjectRow, Problem, ProblemRow, SETTLED_AT_ONCE, Told, Watched,
    concerns_problems, next_settlement, watch,
};
pub use record::{NO_TENANT, record, tenant_of};
pub use rejection::{Listed, Rejection};
pub use report::{APPLICATIONS_MAX, REPORT_PROBLEMS, SERVICES_MAX, TASKS_MAX};
pub use rollup::{
    Contents, ContentsByServer, application_health, contents, health, server_health, service_health,
    task_health,
};
pub use rule::{RULES_MAX, RulesPlan, SHIPPED, plan_rules, shipped_rules};
pub use session::{SESSIONS_MAX, Session};
pub use state::{SNAPSHOT_VERSION, State};
