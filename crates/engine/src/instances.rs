//! Instances: applications of one name in one cluster, counted together.
//!
//! The usual version is the one that most of them have; when several versions are
//! equally frequent, the newest of those, by their numbers. An instance without a
//! version has no say.

use crate::server::Server;
use crate::state::State;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use topmast_model::application::ApplicationState;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::status::ApplicationStatus;

/// The applications of one name in one cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Instances {
    /// Those that are STARTED, by effective status.
    pub started: u32,
    /// All.
    pub total: u32,
    usual: Option<Box<str>>,
    versions: BTreeMap<Box<str>, u32>,
}

impl Instances {
    /// The usual version; `None` when none has one.
    pub fn version(&self) -> Option<&str> {
        self.usual.as_deref()
    }

    fn add(&mut self, started: bool, version: Option<&str>) {
        self.total += 1;
        self.started += u32::from(started);
        let Some(version) = version else { return };
        let count = match self.versions.get_mut(version) {
            Some(count) => {
                *count += 1;
                *count
            }
            None => *self.versions.entry(version.into()).or_insert(1),
        };
        // Counts only grow, so only the version that has just grown can become the usual one.
        let is_usual = self.usual.as_deref().is_none_or(|usual| {
            let most = self.versions.get(usual).copied().unwrap_or_default();
            usual != version && count.cmp(&most).then_with(|| compare_versions(version, usual)).is_gt()
        });
        if is_usual {
            self.usual = Some(version.into());
        }
    }
}

/// Instances by cluster and name, added up from applications in any pieces: a server's applications must
/// only come together for it to be fast.
///
/// Cost: O(log names + log versions) an application.
#[derive(Debug, Default)]
pub struct InstancesByCluster(BTreeMap<ObjectPath, BTreeMap<Box<str>, Instances>>);

impl InstancesByCluster {
    /// The instances of a name in a cluster: `None` when none came.
    pub fn get(&self, cluster: &str, name: &str) -> Option<&Instances> {
        self.0.get(cluster)?.get(name)
    }

    /// Adds applications.
    pub fn add<'a>(
        &mut self,
        state: &State,
        applications: impl Iterator<Item = (&'a ObjectPath, &'a ApplicationState)>,
    ) {
        let mut applications = applications.peekable();
        while let Some((first, _)) = applications.peek() {
            let Some(path) = first.ancestor(Level::Server) else { return };
            let Some(cluster) = path.parent() else { return };
            let seen = state.servers.get(&path).is_some_and(Server::is_seen);
            let found = self.0.entry(cluster).or_default();
            while let Some((application, reported)) = applications.next_if(|(next, _)| next.is_within(&path))
            {
                let started = seen && reported.status == ApplicationStatus::Started;
                let version = reported.version.as_deref();
                match found.get_mut(application.name()) {
                    Some(instances) => instances.add(started, version),
                    None => found.entry(application.name().into()).or_default().add(started, version),
                }
            }
        }
    }
}

/// The order in which versions came: numbers in them by value, so that 1.10 is newer than 1.9.
fn compare_versions(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one, other);
    loop {
        let (left, right) = (part(&mut one), part(&mut other));
        let order = match (left.parse::<u64>(), right.parse::<u64>()) {
            (Ok(left), Ok(right)) => left.cmp(&right),
            _ => left.cmp(right),
        };
        if order.is_ne() || left.is_empty() {
            return order;
        }
    }
}

/// Takes the digits, or everything up to the next digit, off the beginning.
fn part<'a>(text: &mut &'a str) -> &'a str {
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(text.len());
    let (part, rest) = text.split_at(end);
    *text = rest;
    part
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::cause::Cause;
    use topmast_model::command::Command;
    use topmast_model::report::Report;
    use topmast_model::status::ServerStatus;

    fn usual(versions: &[Option<&str>]) -> Option<String> {
        let mut instances = Instances::default();
        for version in versions {
            instances.add(true, *version);
        }
        instances.version().map(str::to_owned)
    }

    #[test]
    fn usual_version_is_the_most_frequent_then_the_newest() {
        let check = |versions: &[Option<&'static str>], expect: Option<&str>| {
            // Whatever the order they come in.
            for turn in 0..versions.len() {
                let turned = [&versions[turn..], &versions[..turn]].concat();
                assert_eq!(usual(&turned).as_deref(), expect, "{turned:?}");
                let reversed: Vec<_> = turned.iter().rev().copied().collect();
                assert_eq!(usual(&reversed).as_deref(), expect, "{turned:?}");
            }
        };
        check(&[None], None);
        check(&[Some("1.0"), Some("1.0"), Some("2.0")], Some("1.0"));
        check(&[Some("1.9"), Some("1.10")], Some("1.10"));
        check(&[Some("1.0"), Some("1.0"), Some("2.0"), Some("2.0"), Some("3.0"), None, None], Some("2.0"));
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for (older, newer) in [("1.9.2", "1.10"), ("1.2", "1.2.1"), ("v9", "v10"), ("a", "b"), ("", "1")] {
            assert_eq!(compare_versions(older, newer), Ordering::Less, "{older} {newer}");
            assert_eq!(compare_versions(newer, older), Ordering::Greater, "{older} {newer}");
            assert_eq!(compare_versions(newer, newer), Ordering::Equal);
        }
    }

    #[test]
    fn instances_are_those_of_one_cluster_by_effective_status() {
        let paths =
            ["acme/main/a/switch", "acme/main/a-b/switch", "acme/main/c/switch", "acme/south/a/switch"];
        let mut world = World::with_applications(&paths);
        let old = ApplicationState { version: Some("1.9".into()), ..application_state("STOPPED") };
        let new = ApplicationState { version: Some("1.10".into()), ..application_state("STARTED") };
        for (server, state) in [("acme/main/a", old), ("acme/main/c", new)] {
            world.report(&path(server), vec![Report::Application { name: "switch".into(), state }]).unwrap();
        }
        let cause = Cause::Connection { message: "no data".into() };
        let server = path("acme/main/a-b");
        world.by_master(Command::ObserveServer { server, status: ServerStatus::Down, cause }).unwrap();
        // In pieces, wherever they are cut.
        let applications = || world.state.applications().iter();
        for piece in 1..5 {
            let mut found = InstancesByCluster::default();
            for at in (0..4).step_by(piece) {
                found.add(&world.state, applications().skip(at).take(piece));
            }
            let switch = found.get("acme/main", "switch").unwrap();
            assert_eq!((switch.started, switch.total, switch.version()), (1, 3, Some("1.10")));
            assert_eq!(found.get("acme/south", "switch").unwrap().total, 1);
            assert_eq!(found.get("acme/main", "shop"), None);
        }
    }
}
