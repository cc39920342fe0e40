//! The whole master, called as its users and agents call it: over real sockets.
//!
//! Each test starts its own master on a free port with its own directory. What is
//! waited for is waited for on a stream or a condition, never for a time.

mod access;
mod action;
mod agent;
mod audit;
mod aws;
mod browser;
mod chart;
mod console;
mod event;
mod federation;
mod ingest;
mod ldap;
mod limit;
mod live;
mod logs;
mod merged;
mod neighbour;
mod network;
mod notification;
mod oidc;
mod overview;
mod package;
mod past;
mod peer;
mod problem;
mod query;
mod remote;
mod route;
mod rule;
mod scrape;
mod second_factor;
mod senders;
mod session;
mod statsd;
mod stop;
mod task;
mod tenant;
mod terminal;
mod view;
mod watch;
mod world;
mod zabbix;
