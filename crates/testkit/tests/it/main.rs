//! The system tests: real processes, real sockets, real disks.
//!
//! They need the programs `topmast`, `topmast-agent` and `payment-switch`, as
//! `cargo build` makes them; `make test` builds them first. A test that fails keeps its
//! folder and prints where it is: configuration, journals and output of every process.

mod agent_terminal;
mod agentless;
mod agentless_application;
mod agentless_log;
mod audit;
mod aws;
mod bad_input;
mod chaos;
mod configuration;
mod contract;
mod cross;
mod custom;
mod diverged;
mod faults;
mod federation;
mod full_disk;
mod guests;
mod guide;
mod history_disk;
mod journey;
mod killed_switch;
mod lifecycle;
mod login;
mod logs;
mod multi;
mod noise;
mod notification;
mod outside_store;
mod packaging;
mod problem;
mod query;
mod recover;
mod restart_under_load;
mod restore;
mod task;
mod terminal;
mod tls;
mod top;
