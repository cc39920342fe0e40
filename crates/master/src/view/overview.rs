//! The overview: everything that a principal may see, summed up in one pass.
//!
//! The pass goes server by server and lets go of the state every [`SERVERS_AT_ONCE`] of them, so a
//! fleet of any size keeps the writer waiting for milliseconds only. What changes meanwhile is counted as it
//! was or as it is.

use super::{Sight, visible};
use crate::live::{ServerLive, Totals, lock};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use topmast_api::overview::{
    BUSINESS_SERVICES_MAX, BusinessService, ClusterSummary, Counts, Overview, StatusCount, UNHEALTHY_MAX,
    Unhealthy,
};
use topmast_api::time::Timestamp;
use topmast_engine::{Effective, Server, application_health, server_health, service_health, task_health};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Principal;
use topmast_model::service::CODES_MAX;
use topmast_model::status::{ApplicationStatus, Health, ServerStatus, ServiceStatus, TaskStatus};
use topmast_model::time::UnixMillis;

/// Servers looked at before the state is let go of: at ten services each, 10,000 took 200 ms in all, so
/// that it is held for some 3 ms at a time.
const SERVERS_AT_ONCE: usize = 128;

/// Shows everything to a closure, and lets go of it.
type See<'a> = &'a dyn Fn(&mut dyn FnMut(&Sight<'_>));

/// The overview of what a principal may see; `see` is called again and again.
///
/// Cost: O(objects).
pub(crate) fn overview(see: See<'_>, principal: &Principal) -> Overview {
    let mut servers: Vec<ObjectPath> = Vec::new();
    see(&mut |sight| servers.extend(sight.state.servers().iter().map(|(path, _)| path.clone())));
    let mut sums = Sums::new();
    for some in servers.chunks(SERVERS_AT_ONCE) {
        see(&mut |sight| {
            let mut visible = visible(principal);
            for path in some {
                sums.add_server(sight, path, &mut visible);
            }
        });
    }
    sums.finish()
}

/// What was summed up so far.
struct Sums {
    servers: Tally,
    applications: Tally,
    services: Tally,
    tasks: Tally,
    totals: Totals,
    clusters: BTreeMap<ObjectPath, Cluster>,
    newest: Newest,
}

struct Cluster {
    health: Health,
    servers: u64,
    applications: u64,
    services: u64,
    totals: Totals,
    /// By application and name.
    business: HashMap<(String, String), Business>,
}

/// The services of one application and name.
struct Business {
    tally: Tally,
    totals: Totals,
    codes: BTreeSet<String>,
}

/// One object, as it is counted.
struct Seen<'a> {
    path: &'a ObjectPath,
    kind: &'static str,
    status: &'static str,
    health: Health,
    since: UnixMillis,
    /// True when it is what it is only because its server is not seen.
    follows_server: bool,
}

impl Sums {
    fn new() -> Self {
        Self {
            servers: Tally::of(ServerStatus::ALL, ServerStatus::as_str),
            applications: Tally::of(ApplicationStatus::ALL, ApplicationStatus::as_str),
            services: Tally::of(ServiceStatus::ALL, ServiceStatus::as_str),
            tasks: Tally::of(TaskStatus::ALL, TaskStatus::as_str),
            totals: Totals::default(),
            clusters: BTreeMap::new(),
            newest: Newest::default(),
        }
    }

    /// Adds a server and everything on it that is visible.
    fn add_server(
        &mut self,
        sight: &Sight<'_>,
        path: &ObjectPath,
        visible: &mut dyn FnMut(&ObjectPath) -> bool,
    ) {
        // It may have been removed a moment ago.
        let Some(server) = sight.state.server(path) else { return };
        if visible(path) {
            let (status, health) = (server.status.as_str(), server_health(server.status));
            self.servers.add(status, health);
            self.cluster(path, health).servers += 1;
            let seen =
                Seen { path, kind: "server", status, health, since: server.since, follows_server: false };
            self.newest.offer(&seen, || Some(server.cause.to_string()));
        }
        self.add_applications(sight, path, server, visible);
        let live = sight.live.server(path);
        self.add_services(sight, path, server, &lock(&live), visible);
        self.add_tasks(sight, path, server, visible);
    }

    fn add_applications(
        &mut self,
        sight: &Sight<'_>,
        on: &ObjectPath,
        server: &Server,
        visible: &mut dyn FnMut(&ObjectPath) -> bool,
    ) {
        for (path, reported) in sight.state.applications().within(Some(on)).filter(|(path, _)| visible(path))
        {
            let unknown = ApplicationStatus::Unknown;
            let effective = Effective::on(Some(server), unknown, reported.status, reported.since);
            let health = application_health(effective.status, reported.desired);
            self.applications.add(effective.status.as_str(), health);
            self.cluster(path, health).applications += 1;
            let seen = Seen::of(path, "application", effective.status.as_str(), health, &effective);
            self.newest.offer(&seen, || Some(reported.cause.to_string()));
        }
    }

    fn add_services(
        &mut self,
        sight: &Sight<'_>,
        on: &ObjectPath,
        server: &Server,
        live: &ServerLive,
        visible: &mut dyn FnMut(&ObjectPath) -> bool,
    ) {
        for (path, reported) in sight.state.services().within(Some(on)).filter(|(path, _)| visible(path)) {
            let unknown = ServiceStatus::Unknown;
            let effective = Effective::on(Some(server), unknown, reported.status, reported.since);
            let (status, health) = (effective.status.as_str(), service_health(effective.status));
            let application = path.name_at(Level::Application).unwrap_or_default();
            let figures = live.service(application, path.name());
            self.services.add(status, health);
            self.totals.add(figures);
            let cluster = self.cluster(path, health);
            cluster.services += 1;
            cluster.totals.add(figures);
            let business = cluster.business(application, path.name());
            business.tally.add(status, health);
            business.totals.add(figures);
            let room = CODES_MAX - business.codes.len();
            business.codes.extend(reported.codes.iter().take(room).cloned());
            let seen = Seen::of(path, "service", status, health, &effective);
            self.newest.offer(&seen, || {
                let codes = reported.codes.join(" ");
                reported.message.clone().or(Some(codes).filter(|codes| !codes.is_empty()))
            });
        }
    }

    fn add_tasks(
        &mut self,
        sight: &Sight<'_>,
        on: &ObjectPath,
        server: &Server,
        visible: &mut dyn FnMut(&ObjectPath) -> bool,
    ) {
        for (path, reported) in sight.state.tasks().within(Some(on)).filter(|(path, _)| visible(path)) {
            let unknown = TaskStatus::Unknown;
            let effective = Effective::on(Some(server), unknown, reported.status, reported.since);
            let (status, health) = (effective.status.as_str(), task_health(effective.status));
            self.tasks.add(status, health);
            self.cluster(path, health);
            let seen = Seen::of(path, "task", status, health, &effective);
            self.newest.offer(&seen, || reported.message.clone());
        }
    }

    /// The cluster of something with a health.
    fn cluster(&mut self, path: &ObjectPath, health: Health) -> &mut Cluster {
        let path = path.ancestor(Level::Cluster).unwrap_or_else(|| path.clone());
        let cluster = self.clusters.entry(path).or_insert_with(|| Cluster {
            health: Health::Healthy,
            servers: 0,
            applications: 0,
            services: 0,
            totals: Totals::default(),
            business: HashMap::new(),
        });
        cluster.health = cluster.health.max(health);
        cluster
    }

    fn finish(self) -> Overview {
        let mut business_services = Vec::new();
        let mut clusters = Vec::with_capacity(self.clusters.len());
        for (path, cluster) in self.clusters {
            let finished =
                cluster.business.into_iter().map(|(names, business)| business.finish(&path, names));
            business_services.extend(finished);
            clusters.push(ClusterSummary {
                name: path.name().to_owned(),
                path,
                health: cluster.health,
                servers: cluster.servers,
                applications: cluster.applications,
                services: cluster.services,
                tps: cluster.totals.tps(),
                error_pct: cluster.totals.error_pct(),
            });
        }
        business_services.sort_by(|one, other| {
            let tps = |service: &BusinessService| service.tps.unwrap_or(-1.0);
            let worst = other.health.cmp(&one.health).then(tps(other).total_cmp(&tps(one)));
            let named = |service: &BusinessService| {
                (service.cluster.clone(), service.application.clone(), service.name.clone())
            };
            worst.then_with(|| named(one).cmp(&named(other)))
        });
        business_services.truncate(BUSINESS_SERVICES_MAX);
        Overview {
            servers: self.servers.finish(),
            applications: self.applications.finish(),
            services: self.services.finish(),
            tasks: self.tasks.finish(),
            tps: self.totals.tps(),
            error_pct: self.totals.error_pct(),
            clusters,
            business_services,
            newest: self.newest.0,
        }
    }
}

impl Cluster {
    fn business(&mut self, application: &str, name: &str) -> &mut Business {
        let names = (application.to_owned(), name.to_owned());
        self.business.entry(names).or_insert_with(|| Business {
            tally: Tally::of(ServiceStatus::ALL, ServiceStatus::as_str),
            totals: Totals::default(),
            codes: BTreeSet::new(),
        })
    }
}

impl Business {
    fn finish(self, cluster: &ObjectPath, (application, name): (String, String)) -> BusinessService {
        let Self { tally, totals, codes } = self;
        let health = tally.worst();
        let counts = tally.finish();
        let bad = counts.statuses.iter().filter(|found| {
            let status = found.status.parse::<ServiceStatus>();
            status.is_ok_and(|status| service_health(status) != Health::Healthy)
        });
        let bad: Vec<String> =
            bad.map(|found| format!("{} of {} {}", found.count, counts.total, found.status)).collect();
        BusinessService {
            application,
            name,
            cluster: cluster.clone(),
            health,
            cause: (!bad.is_empty()).then(|| bad.join(", ")),
            instances: counts.total,
            statuses: counts.statuses,
            tps: totals.tps(),
            error_pct: totals.error_pct(),
            codes: codes.into_iter().collect(),
        }
    }
}

impl<'a> Seen<'a> {
    fn of<S>(
        path: &'a ObjectPath,
        kind: &'static str,
        status: &'static str,
        health: Health,
        effective: &Effective<S>,
    ) -> Self {
        Self { path, kind, status, health, since: effective.since, follows_server: effective.cause.is_some() }
    }
}

/// How many are how.
struct Tally {
    /// Every status of the kind, in its order.
    statuses: Vec<(&'static str, u64)>,
    /// By health, from best to worst.
    healths: [u64; 4],
}

impl Tally {
    fn of<S: Copy>(statuses: &[S], word: impl Fn(S) -> &'static str) -> Self {
        Self { statuses: statuses.iter().map(|status| (word(*status), 0)).collect(), healths: [0; 4] }
    }

    fn add(&mut self, status: &'static str, health: Health) {
        self.healths[health as usize] += 1;
        if let Some((_, count)) = self.statuses.iter_mut().find(|(word, _)| *word == status) {
            *count += 1;
        }
    }

    fn worst(&self) -> Health {
        let all = [Health::Failed, Health::Unknown, Health::Degraded];
        all.into_iter().find(|health| self.healths[*health as usize] > 0).unwrap_or(Health::Healthy)
    }

    fn finish(self) -> Counts {
        let [healthy, degraded, unknown, failed] = self.healths;
        let found = self.statuses.into_iter().filter(|(_, count)| *count > 0);
        Counts {
            total: healthy + degraded + unknown + failed,
            healthy,
            degraded,
            unknown,
            failed,
            statuses: found.map(|(status, count)| StatusCount { status: status.to_owned(), count }).collect(),
        }
    }
}

/// The newest of what is not healthy, in order.
#[derive(Default)]
struct Newest(Vec<Unhealthy>);

impl Newest {
    /// Takes an object in if it is not healthy and new enough; only then its cause is put into words.
    fn offer(&mut self, seen: &Seen<'_>, cause: impl FnOnce() -> Option<String>) {
        if seen.health == Health::Healthy || seen.follows_server {
            return;
        }
        let since = Timestamp(seen.since);
        let place = self.0.partition_point(|other| {
            (Reverse(other.since.as_millis()), &other.path) < (Reverse(since.as_millis()), seen.path)
        });
        if place == UNHEALTHY_MAX {
            return;
        }
        self.0.truncate(UNHEALTHY_MAX - 1);
        self.0.insert(
            place,
            Unhealthy {
                path: seen.path.clone(),
                kind: seen.kind.to_owned(),
                status: seen.status.to_owned(),
                health: seen.health,
                cause: cause(),
                since,
            },
        );
    }
}
