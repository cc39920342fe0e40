//! The handlers of `/api/v1`, one file a noun, each named after its route's operation.

mod action;
mod agent;
mod application;
mod audit;
mod document;
mod event;
mod join_token;
mod list;
mod server;
mod service;
mod session;
mod task;
mod token;
mod user;

use super::Mounting;

/// Mounts every route of the table.
pub(super) fn mount(mounting: Mounting) -> Mounting {
    let mounting = document::mount(mounting);
    let mounting = session::mount(mounting);
    let mounting = server::mount(mounting);
    let mounting = application::mount(mounting);
    let mounting = service::mount(mounting);
    let mounting = task::mount(mounting);
    let mounting = action::mount(mounting);
    let mounting = event::mount(mounting);
    let mounting = audit::mount(mounting);
    let mounting = user::mount(mounting);
    let mounting = token::mount(mounting);
    let mounting = join_token::mount(mounting);
    agent::mount(mounting)
}
