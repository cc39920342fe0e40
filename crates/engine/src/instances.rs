//! Instances: applications of one name in one cluster, counted together.
//!
//! The usual version is the one that most of them have; when several versions are
//! equally frequent, the newest of those, by their numbers. An instance without a
//! version has no say.

use crate::server::Server;
use crate::state::State;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::status::ApplicationStatus;

/// The applications of one name in one cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Instances<'a> {
    /// Those that are STARTED, by effective status.
    pub started: u32,
    /// All.
    pub total: u32,
    /// The usual version; `None` when none has one.
    pub version: Option<&'a str>,
    versions: BTreeMap<&'a str, u32>,
}

impl<'a> Instances<'a> {
    fn add(&mut self, started: bool, version: Option<&'a str>) {
        self.total += 1;
        self.started += u32::from(started);
        let Some(version) = version else { return };
        let count = self.versions.entry(version).or_default();
        *count += 1;
        let count = *count;
        // Counts only grow, so only the version that has just grown can become the usual one.
        let is_usual = self.version.is_none_or(|usual| {
            let most = self.versions.get(usual).copied().unwrap_or_default();
            count.cmp(&most).then_with(|| compare_versions(version, usual)).is_gt()
        });
        if is_usual {
            self.version = Some(version);
        }
    }
}

/// The instances in a cluster, by name.
///
/// - `counts`: asked for each application, in order of their paths, whether it counts.
///
/// Cost: O(n log n) for n applications in the cluster.
pub fn instances<'a>(
    state: &'a State,
    cluster: &ObjectPath,
    counts: &mut dyn FnMut(&ObjectPath) -> bool,
) -> BTreeMap<&'a str, Instances<'a>> {
    let mut found: BTreeMap<&str, Instances<'_>> = BTreeMap::new();
    let mut server: Option<(ObjectPath, bool)> = None;
    for (path, reported) in state.applications.within(Some(cluster)) {
        if !counts(path) {
            continue;
        }
        // A server's applications come one after the other, so it is looked up once.
        let seen = match &server {
            Some((server, seen)) if path.is_within(server) => *seen,
            _ => {
                let Some(at) = path.ancestor(Level::Server) else { continue };
                let seen = state.servers.get(&at).is_some_and(Server::is_seen);
                server.insert((at, seen)).1
            }
        };
        let started = seen && reported.status == ApplicationStatus::Started;
        found.entry(path.name()).or_default().add(started, reported.version.as_deref());
    }
    found
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
    use topmast_model::application::ApplicationState;
    use topmast_model::cause::Cause;
    use topmast_model::command::Command;
    use topmast_model::report::Report;
    use topmast_model::status::ServerStatus;

    fn usual<'a>(versions: &[Option<&'a str>]) -> Option<&'a str> {
        let mut instances = Instances::default();
        for version in versions {
            instances.add(true, *version);
        }
        instances.version
    }

    #[test]
    fn usual_version_is_the_most_frequent_then_the_newest() {
        let check = |versions: &[Option<&'static str>], expect| {
            // Whatever the order they come in.
            for turn in 0..versions.len() {
                let turned = [&versions[turn..], &versions[..turn]].concat();
                assert_eq!(usual(&turned), expect, "{turned:?}");
                assert_eq!(usual(&turned.iter().rev().copied().collect::<Vec<_>>()), expect, "{turned:?}");
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
        let found = instances(&world.state, &path("acme/main"), &mut |_| true);
        let switch = &found["switch"];
        assert_eq!((found.len(), switch.started, switch.total, switch.version), (1, 1, 3, Some("1.10")));
        let found = instances(&world.state, &path("acme/main"), &mut |path| path.as_str() < "acme/main/b");
        let switch = &found["switch"];
        assert_eq!((switch.started, switch.total, switch.version), (0, 2, Some("1.9")));
    }
}
