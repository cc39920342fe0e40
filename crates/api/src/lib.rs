//! The HTTP contract: what the master serves and every client speaks.
//!
//! ```text
//! DTOs (one file a noun) ─┬─► route::ROUTES ─► OpenAPI document, router, table of rights
//!                         └─► client (feature `client`), watch views
//! ```
//!
//! Invariants
//! - An unknown number is `null`, never 0; times are RFC 3339, UTC; requests refuse unknown fields,
//!   readers of answers ignore them, so that a newer master can say more.
//! - Knows no socket but in `client`, and no clock at all.
//!
//! Elsewhere: what the words mean (`topmast-model`); who answers (`topmast-master`).
//!
//! In reading order:

pub mod route;

pub mod page;
pub mod permit;
pub mod problem;
pub mod row;
pub mod schema;
pub mod time;

pub mod application;
pub mod chart;
pub mod cluster;
pub mod console;
pub mod dashboard;
pub mod heartbeat;
pub mod live;
pub mod master;
pub mod network;
pub mod notification;
pub mod overview;
pub mod server;
pub mod service;
pub mod task;
pub mod watch;

pub mod action;
pub mod audit;
pub mod availability;
pub mod code;
pub mod configuration;
pub mod custom;
pub mod event;
pub mod fleet_problem;
pub mod log;
pub mod maintenance;
pub mod package;
pub mod rule;
pub mod safety;
pub mod tenant;
pub mod terminal;
pub mod why;

pub mod history;
pub mod query;

pub mod access_key;
pub mod agent;
pub mod agentless;
pub mod join_token;
pub mod session;
pub mod token;
pub mod user;

pub mod liveness;
pub mod openapi;

#[cfg(feature = "client")]
pub mod client;
