//! The vocabulary of Topmast: what every other crate speaks.
//!
//! Ids, paths, statuses, causes, the objects' states, commands, reports and
//! events, samples and their catalogue, the filter grammar, rules and problems. Small and seldom
//! edited, for everything rebuilds with it. Knows no file, socket or clock.
//!
//! In reading order:

pub mod access;
pub mod account;
pub mod id;
pub mod label;
pub mod path;
pub mod time;

pub mod cause;
pub mod error;
pub mod status;

pub mod action;
pub mod agentless;
pub mod application;
pub mod custom;
pub mod guest;
pub mod log;
pub mod master;
pub mod rolling;
pub mod server;
pub mod service;
pub mod task;
pub mod task_order;
pub mod tenant;
pub mod terminal;

pub mod catalogue;
pub mod sample;

pub mod destructive;
pub mod filter;

pub mod aws_alarm;
pub mod code;
pub mod configuration;
pub mod dashboard;
pub mod federation;
pub mod log_group;
pub mod maintenance;
pub mod metric_filter;
pub mod network;
pub mod notification;
pub mod package;
pub mod parameter;
pub mod permit;
pub mod problem;
pub mod rule;
pub mod safety;
pub mod tag;

pub mod command;
pub mod event;
pub mod principal;
pub mod report;
