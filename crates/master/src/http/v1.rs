//! The handlers of `/api/v1`, one file a noun; those of objects, which all have a view, are in `object`.

mod access_key;
mod action;
mod agent;
mod agentless;
mod audit;
pub(crate) mod chart;
mod cluster;
mod code;
mod configuration;
mod dashboard;
mod document;
mod event;
mod heartbeat;
mod history;
mod ingest;
mod join_token;
mod live;
mod log;
mod maintenance;
mod master;
mod mute;
mod network;
mod notification;
mod object;
mod oidc;
mod overview;
mod package;
mod permit;
pub(crate) mod problem;
mod query;
mod rule;
mod safety;
mod second_factor;
mod server;
mod session;
mod socket;
mod task;
mod tenant;
mod terminal;
mod token;
mod trust_key;
mod user;
mod why;

use super::Mounting;
use crate::view::{Applications, Servers, Services, Tasks};
use topmast_api::route;

/// Mounts every route of the table.
pub(super) fn mount(mounting: Mounting) -> Mounting {
    let mounting = document::mount(mounting);
    let mounting = oidc::mount(network::mount(second_factor::mount(session::mount(mounting))));
    let mounting = server::mount(mounting);
    let mounting =
        object::mount::<Servers>(mounting, &route::SERVER_LIST, &route::SERVER_WATCH, &route::SERVER_GET);
    let mounting = object::mount::<Applications>(
        mounting,
        &route::APPLICATION_LIST,
        &route::APPLICATION_WATCH,
        &route::APPLICATION_GET,
    );
    let mounting =
        object::mount::<Services>(mounting, &route::SERVICE_LIST, &route::SERVICE_WATCH, &route::SERVICE_GET);
    let mounting = object::mount::<Tasks>(mounting, &route::TASK_LIST, &route::TASK_WATCH, &route::TASK_GET);
    let mounting = task::mount(mounting);
    let mounting = heartbeat::mount(mounting);
    let mounting = chart::mount(mounting);
    let mounting = dashboard::mount(mounting);
    let mounting = ingest::mount(mounting);
    let mounting = overview::mount(mounting);
    let mounting = live::mount(mounting);
    let mounting = action::mount(mounting);
    let mounting = problem::mount(mounting);
    let mounting = mute::mount(mounting);
    let mounting = maintenance::mount(mounting);
    let mounting = permit::mount(mounting);
    let mounting = safety::mount(mounting);
    let mounting = trust_key::mount(package::mount(mounting));
    let mounting = rule::mount(mounting);
    let mounting = notification::mount(mounting);
    let mounting = configuration::mount(mounting);
    let mounting = code::mount(mounting);
    let mounting = event::mount(mounting);
    let mounting = audit::mount(mounting);
    let mounting = why::mount(mounting);
    let mounting = query::mount(mounting);
    let mounting = history::mount(mounting);
    let mounting = user::mount(mounting);
    let mounting = token::mount(mounting);
    let mounting = access_key::mount(mounting);
    let mounting = cluster::mount(master::mount(mounting));
    let mounting = join_token::mount(mounting);
    let mounting = agentless::mount(mounting);
    let mounting = log::mount(mounting);
    let mounting = tenant::mount(mounting);
    let mounting = terminal::mount(mounting);
    agent::mount(mounting)
}
