//! Health: every status on one scale, rolled up service → application → server → cluster → tenant.
//!
//! The worst counts. UNKNOWN is worse than degraded, for what cannot be seen may
//! have failed; it is better than failed, which is certain.

use crate::server::Server;
use crate::state::State;
use std::collections::BTreeMap;
use topmast_model::application::{ApplicationState, Desired};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::service::ServiceState;
use topmast_model::status::{ApplicationStatus, Health, ServerStatus, ServiceStatus, TaskStatus};
use topmast_model::task::TaskState;

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

/// What is on one server, by effective status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents {
    /// Applications that are STARTED.
    pub applications_started: u32,
    /// All applications.
    pub applications_total: u32,
    /// Services that are not well.
    pub services_bad: u32,
    /// The worst health, the server's own among them: what [`health`] says of its path.
    pub health: Health,
}

impl Contents {
    /// A server by itself.
    fn of(server: &Server) -> Self {
        Self {
            applications_started: 0,
            applications_total: 0,
            services_bad: 0,
            health: server_health(server.status),
        }
    }

    fn add_application(&mut self, seen: bool, reported: &ApplicationState) {
        let status = if seen { reported.status } else { ApplicationStatus::Unknown };
        self.applications_total += 1;
        self.applications_started += u32::from(status == ApplicationStatus::Started);
        self.health = self.health.max(application_health(status, reported.desired));
    }

    fn add_service(&mut self, seen: bool, reported: &ServiceState) {
        let health = service_health(if seen { reported.status } else { ServiceStatus::Unknown });
        self.services_bad += u32::from(health > Health::Healthy);
        self.health = self.health.max(health);
    }

    fn add_task(&mut self, seen: bool, reported: &TaskState) {
        self.health = self.health.max(task_health(if seen { reported.status } else { TaskStatus::Unknown }));
    }
}

/// What is on one server, if it is known.
///
/// Cost: O(objects on it).
pub fn contents(state: &State, server: &ObjectPath) -> Option<Contents> {
    let own = state.servers.get(server)?;
    let (mut contents, seen, within) = (Contents::of(own), own.is_seen(), Some(server));
    state.applications.within(within).for_each(|(_, reported)| contents.add_application(seen, reported));
    state.services.within(within).for_each(|(_, reported)| contents.add_service(seen, reported));
    state.tasks.within(within).for_each(|(_, reported)| contents.add_task(seen, reported));
    Some(contents)
}

/// What is on each of many servers, added up from their objects in any pieces: a server's objects must only
/// come together for it to be fast. One that is unknown when an object of it comes has no contents.
///
/// Cost: O(1) an object, O(log servers) a server.
#[derive(Debug, Default)]
pub struct ContentsByServer(BTreeMap<ObjectPath, Contents>);

impl ContentsByServer {
    /// What is on one server: `None` when nothing of it came.
    pub fn get(&self, server: &ObjectPath) -> Option<Contents> {
        self.0.get(server).copied()
    }

    /// Takes what is on one server, all of it.
    pub fn insert(&mut self, server: ObjectPath, contents: Contents) {
        self.0.insert(server, contents);
    }

    /// Adds servers by themselves.
    pub fn add_servers<'a>(&mut self, servers: impl Iterator<Item = (&'a ObjectPath, &'a Server)>) {
        for (path, server) in servers {
            self.0.entry(path.clone()).or_insert_with(|| Contents::of(server));
        }
    }

    /// Adds applications.
    pub fn add_applications<'a>(
        &mut self,
        state: &State,
        applications: impl Iterator<Item = (&'a ObjectPath, &'a ApplicationState)>,
    ) {
        self.add(state, applications, Contents::add_application);
    }

    /// Adds services.
    pub fn add_services<'a>(
        &mut self,
        state: &State,
        services: impl Iterator<Item = (&'a ObjectPath, &'a ServiceState)>,
    ) {
        self.add(state, services, Contents::add_service);
    }

    /// Adds tasks.
    pub fn add_tasks<'a>(
        &mut self,
        state: &State,
        tasks: impl Iterator<Item = (&'a ObjectPath, &'a TaskState)>,
    ) {
        self.add(state, tasks, Contents::add_task);
    }

    /// A server's objects come one after the other, so it is looked up once.
    fn add<'a, T: 'a>(
        &mut self,
        state: &State,
        objects: impl Iterator<Item = (&'a ObjectPath, &'a T)>,
        add: impl Fn(&mut Contents, bool, &T),
    ) {
        let mut objects = objects.peekable();
        while let Some((first, _)) = objects.peek() {
            let Some(path) = first.ancestor(Level::Server) else { return };
            let mut found = state.servers.get(&path).map(|server| {
                let contents = self.0.entry(path.clone()).or_insert_with(|| Contents::of(server));
                (contents, server.is_seen())
            });
            while let Some((_, object)) = objects.next_if(|(next, _)| next.is_within(&path)) {
                if let Some((contents, seen)) = &mut found {
                    add(contents, *seen, object);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::cause::Cause;
    use topmast_model::command::Command;

    #[test]
    fn worst_status_inside_rolls_up_to_every_level() {
        let mut world =
            World::with_applications(&["acme/main/db/switch", "acme/main/web/shop", "acme/south/db/switch"]);
        let check = |world: &World, expect: &[(&str, Option<Health>)]| {
            for (text, expect) in expect {
                assert_eq!(health(&world.state, &path(text)), *expect, "{text}");
            }
            for (server, _) in world.state.servers().iter() {
                let contents = contents(&world.state, server);
                assert_eq!(
                    contents.map(|contents| contents.health),
                    health(&world.state, server),
                    "{server}"
                );
            }
        };
        let healthy = Some(Health::Healthy);
        check(&world, &[("acme", healthy), ("acme/main/db/switch", healthy), ("bolt", None)]);

        let service = service_report("switch", "HSM", ServiceStatus::Malfunction);
        world.report(&path("acme/main/db"), vec![service]).unwrap();
        let failed = Some(Health::Failed);
        let levels = ["acme/main/db/switch/HSM", "acme/main/db/switch", "acme/main/db", "acme/main", "acme"];
        check(&world, &levels.map(|level| (level, failed)));
        check(&world, &[("acme/main/web", healthy), ("acme/south", healthy)]);

        world.report(&path("acme/main/web"), vec![task_report("shop", "eod", TaskStatus::Late)]).unwrap();
        check(&world, &[("acme/main/web", Some(Health::Degraded))]);

        let cause = Cause::Connection { message: "no data".into() };
        let server = path("acme/main/web");
        world.by_master(Command::ObserveServer { server, status: ServerStatus::Unknown, cause }).unwrap();
        let unknown = Some(Health::Unknown);
        check(&world, &[("acme/main/web", unknown), ("acme/main/web/shop", unknown)]);
    }

    #[test]
    fn contents_count_each_servers_own_objects_by_effective_status() {
        // Names of which one begins with the other, and sort around the slash.
        let servers = ["acme/main/db", "acme/main/db-2", "acme/main/db0"];
        let applications = servers.map(|server| format!("{server}/switch"));
        let mut world = World::with_applications(&applications.each_ref().map(String::as_str));
        for server in servers {
            let services = [("AcqDB", ServiceStatus::Started), ("HSM", ServiceStatus::Malfunction)];
            let reports = services.map(|(name, status)| service_report("switch", name, status));
            world.report(&path(server), reports.into()).unwrap();
        }
        let cause = Cause::Connection { message: "no data".into() };
        let server = path("acme/main/db0");
        world.by_master(Command::ObserveServer { server, status: ServerStatus::Down, cause }).unwrap();
        world.report(&path("acme/main/db"), vec![task_report("switch", "eod", TaskStatus::Late)]).unwrap();
        let counts = servers.map(|server| {
            let contents = contents(&world.state, &path(server)).unwrap();
            (contents.applications_started, contents.applications_total, contents.services_bad)
        });
        assert_eq!(counts, [(1, 1, 1), (1, 1, 1), (0, 1, 2)]);
        // In pieces, wherever they are cut.
        let state = &world.state;
        for piece in 1..8 {
            let mut found = ContentsByServer::default();
            found.add_servers(state.servers().iter().take(piece));
            for at in (0..9).step_by(piece) {
                found.add_applications(state, state.applications().iter().skip(at).take(piece));
                found.add_services(state, state.services().iter().skip(at).take(piece));
                found.add_tasks(state, state.tasks().iter().skip(at).take(piece));
            }
            for (server, _) in state.servers().iter() {
                assert_eq!(found.get(server), contents(state, server), "{server} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn application_is_as_healthy_as_it_is_what_was_asked_for() {
        let check = |status, desired, expect| {
            assert_eq!(application_health(status, desired), expect, "{status} {desired:?}");
        };
        check(ApplicationStatus::Started, Desired::Started, Health::Healthy);
        check(ApplicationStatus::Stopped, Desired::Stopped, Health::Healthy);
        check(ApplicationStatus::Stopped, Desired::Started, Health::Degraded);
        check(ApplicationStatus::Starting, Desired::Started, Health::Degraded);
        check(ApplicationStatus::Unknown, Desired::Stopped, Health::Unknown);
        check(ApplicationStatus::Failed, Desired::Started, Health::Failed);
        check(ApplicationStatus::Quarantined, Desired::Started, Health::Failed);
        assert!(Health::Failed > Health::Unknown && Health::Unknown > Health::Degraded);
    }
}
