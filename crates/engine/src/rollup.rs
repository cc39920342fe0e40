//! Health: every status on one scale, rolled up service → application → server → cluster → tenant.
//!
//! The worst counts. UNKNOWN is worse than degraded, for what cannot be seen may
//! have failed; it is better than failed, which is certain.

use crate::state::State;
use serde::{Deserialize, Serialize};
use topmast_model::application::Desired;
use topmast_model::path::ObjectPath;
use topmast_model::status::{ApplicationStatus, ServerStatus, ServiceStatus, TaskStatus};

/// How well something is, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Does what was asked for.
    Healthy,
    /// On its way, late, or seen late.
    Degraded,
    /// Cannot be told.
    Unknown,
    /// Does not do what was asked for.
    Failed,
}

/// Health of a server by itself.
pub const fn server_health(status: ServerStatus) -> Health {
    match status {
        ServerStatus::Up => Health::Healthy,
        ServerStatus::Stale => Health::Degraded,
        ServerStatus::Unknown => Health::Unknown,
        ServerStatus::Down => Health::Failed,
    }
}

/// Health of an application by itself; stopped on request is healthy.
pub const fn application_health(status: ApplicationStatus, desired: Desired) -> Health {
    match (status, desired) {
        (ApplicationStatus::Started, _) | (ApplicationStatus::Stopped, Desired::Stopped) => Health::Healthy,
        (ApplicationStatus::Starting | ApplicationStatus::Stopping | ApplicationStatus::Stopped, _) => {
            Health::Degraded
        }
        (ApplicationStatus::Unknown, _) => Health::Unknown,
        (ApplicationStatus::Failed | ApplicationStatus::Quarantined, _) => Health::Failed,
    }
}

/// Health of a service; switched off is healthy, for somebody chose it.
pub const fn service_health(status: ServiceStatus) -> Health {
    match status {
        ServiceStatus::Started | ServiceStatus::Stopped => Health::Healthy,
        ServiceStatus::Unknown => Health::Unknown,
        ServiceStatus::Malfunction => Health::Failed,
    }
}

/// Health of a task.
pub const fn task_health(status: TaskStatus) -> Health {
    match status {
        TaskStatus::Ok | TaskStatus::Running => Health::Healthy,
        TaskStatus::Late => Health::Degraded,
        TaskStatus::Unknown => Health::Unknown,
        TaskStatus::Failed => Health::Failed,
    }
}

/// The worst health at a path and inside it, by effective status; `None` when nothing is there.
///
/// Cost: O(objects inside).
pub fn health(state: &State, path: &ObjectPath) -> Option<Health> {
    let within = Some(path);
    let servers = state.servers.within(within).map(|(_, server)| server_health(server.status));
    let applications = state.applications.within(within).filter_map(|(path, reported)| {
        let effective = state.effective_application(path)?;
        Some(application_health(effective.status, reported.desired))
    });
    let services = state
        .services
        .within(within)
        .filter_map(|(path, _)| Some(service_health(state.effective_service(path)?.status)));
    let tasks = state
        .tasks
        .within(within)
        .filter_map(|(path, _)| Some(task_health(state.effective_task(path)?.status)));
    servers.chain(applications).chain(services).chain(tasks).max()
}
