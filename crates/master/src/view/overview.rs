//! The overview: everything that a principal may see, summed up in one pass.
//!
//! The pass goes server by server and lets go of the state every [`SERVERS_AT_ONCE`] of them, so a
//! fleet of any size keeps the writer waiting for milliseconds only. What changes meanwhile is counted as it
//! was or as it is.
//!
//! Figures of a server that is not seen are what was before it was lost: they are in no sum.

mod tally;
mod unhealthy;

use self::tally::{Share, Tally};
use self::unhealthy::{Line, OnServer, Why, Worst};
use super::{See, Sight, visible};
use crate::live::{ServerLive, Totals, lock};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use topmast_api::overview::{
    BUSINESS_SERVICES_MAX, BusinessService, ClusterSummary, Overview, StatusCount, UNHEALTHY_MAX,
};
use topmast_engine::{
    Effective, Server, State, application_health, server_health, service_health, task_health,
};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::{Principal, Right};
use topmast_model::service::CODES_MAX;
use topmast_model::status::{ApplicationStatus, Health, ServerStatus, ServiceStatus, Severity, TaskStatus};

/// Servers looked at before the state is let go of: at ten services each, 10,000 took 200 ms in all, so
/// that it is held for some 3 ms at a time.
const SERVERS_AT_ONCE: usize = 128;

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
    see(&mut |sight| sums.count_problems(sight.state, principal));
    sums.finish()
}

/// What was summed up so far.
struct Sums {
    servers: Tally,
    applications: Tally,
    services: Tally,
    tasks: Tally,
    /// The worst first.
    problems: BTreeMap<Reverse<Severity>, u64>,
    totals: Totals,
    clusters: BTreeMap<ObjectPath, Cluster>,
    worst: Worst,
}

#[derive(Default)]
struct Cluster {
    servers: Share,
    applications: Share,
    services: Share,
    tasks: Share,
    /// The worst inside; healthy until something is not.
    health: Option<Health>,
    problem: Option<Severity>,
    totals: Totals,
    /// By application and name.
    business: HashMap<(String, String), Business>,
}

/// The services of one application and name.
struct Business {
    tally: Tally,
    /// Those that were well when they were last heard, by a server that is STALE.
    late: u64,
    totals: Totals,
    codes: BTreeSet<String>,
    problem: Option<Severity>,
}

/// What is looked at of one server.
struct Place<'a, 'v> {
    sight: &'a Sight<'a>,
    path: &'a ObjectPath,
    server: &'a Server,
    visible: &'v mut dyn FnMut(&ObjectPath) -> bool,
    lines: OnServer<'a>,
}

impl Sums {
    fn new() -> Self {
        Self {
            servers: Tally::of(ServerStatus::ALL, ServerStatus::as_str),
            applications: Tally::of(ApplicationStatus::ALL, ApplicationStatus::as_str),
            services: Tally::of(ServiceStatus::ALL, ServiceStatus::as_str),
            tasks: Tally::of(TaskStatus::ALL, TaskStatus::as_str),
            problems: BTreeMap::new(),
            totals: Totals::default(),
            clusters: BTreeMap::new(),
            worst: Worst::default(),
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
        let mut place = Place { sight, path, server, visible, lines: OnServer::default() };
        if (place.visible)(path) {
            let (status, health) = (server.status.as_str(), server_health(server.status));
            self.servers.add(status, health);
            let cluster = self.cluster(path, health);
            cluster.servers.add(health);
            cluster.problem = cluster.problem.max(sight.state.worst_problem(path));
            let why = Why::Reported(&server.cause);
            let since = server.since;
            let kind = "server";
            place.lines.server(Line {
                path,
                kind,
                status,
                health,
                since,
                why,
                follows_server: false,
                on_it: 0,
            });
        }
        self.add_applications(&mut place);
        let live = sight.live.server(path);
        self.add_services(&mut place, &lock(&live));
        self.add_tasks(&mut place);
        place.lines.lines().for_each(|line| self.worst.offer(&line));
    }

    fn add_applications(&mut self, place: &mut Place<'_, '_>) {
        for (path, reported) in place.sight.state.applications().within(Some(place.path)) {
            if !(place.visible)(path) {
                continue;
            }
            let unknown = ApplicationStatus::Unknown;
            let effective = Effective::on(Some(place.server), unknown, reported.status, reported.since);
            let (status, health) = (effective.status, application_health(effective.status, reported.desired));
            self.applications.add(status.as_str(), health);
            let cluster = self.cluster(path, health);
            cluster.applications.add(health);
            // Its server may not be visible.
            cluster.problem = cluster.problem.max(place.sight.state.worst_problem(path));
            let line = Line::of(
                path,
                "application",
                (status.as_str(), health),
                &effective,
                Why::Reported(&reported.cause),
            );
            place.lines.application(line, status == ApplicationStatus::Started);
        }
    }

    fn add_services(&mut self, place: &mut Place<'_, '_>, live: &ServerLive) {
        let (is_seen, is_late) = (place.server.is_seen(), place.server.status == ServerStatus::Stale);
        for (path, reported) in place.sight.state.services().within(Some(place.path)) {
            if !(place.visible)(path) {
                continue;
            }
            let unknown = ServiceStatus::Unknown;
            let effective = Effective::on(Some(place.server), unknown, reported.status, reported.since);
            let (status, health) = (effective.status.as_str(), service_health(effective.status));
            let application = path.name_at(Level::Application).unwrap_or_default();
            self.services.add(status, health);
            let cluster = self.cluster(path, health);
            cluster.services.add(health);
            let problem = place.sight.state.worst_problem(path);
            cluster.problem = cluster.problem.max(problem);
            let business = cluster.business(application, path.name());
            business.tally.add(status, health);
            business.problem = business.problem.max(problem);
            business.late += u64::from(is_late && health == Health::Healthy);
            let room = CODES_MAX - business.codes.len();
            business.codes.extend(reported.codes.iter().take(room).cloned());
            if is_seen {
                let figures = live.service(application, path.name());
                business.totals.add(figures);
                cluster.totals.add(figures);
                self.totals.add(figures);
            }
            let why = Why::Said { codes: &reported.codes, message: reported.message.as_deref() };
            place.lines.part(Line::of(path, "service", (status, health), &effective, why));
        }
    }

    fn add_tasks(&mut self, place: &mut Place<'_, '_>) {
        for (path, reported) in place.sight.state.tasks().within(Some(place.path)) {
            if !(place.visible)(path) {
                continue;
            }
            let unknown = TaskStatus::Unknown;
            let effective = Effective::on(Some(place.server), unknown, reported.status, reported.since);
            let (status, health) = (effective.status.as_str(), task_health(effective.status));
            self.tasks.add(status, health);
            self.cluster(path, health).tasks.add(health);
            let why = Why::Said { codes: &[], message: reported.message.as_deref() };
            place.lines.part(Line::of(path, "task", (status, health), &effective, why));
        }
    }

    /// As the list of problems shows them when nobody asks for more.
    fn count_problems(&mut self, state: &State, principal: &Principal) {
        let open = state.open_problems().filter(|problem| problem.cause.is_none());
        for problem in open.filter(|problem| principal.may(Right::Read, Some(problem.object()))) {
            *self.problems.entry(Reverse(problem.what.severity)).or_default() += 1;
        }
    }

    /// The cluster of something with a health.
    fn cluster(&mut self, path: &ObjectPath, health: Health) -> &mut Cluster {
        let path = path.ancestor(Level::Cluster).unwrap_or_else(|| path.clone());
        let cluster = self.clusters.entry(path).or_default();
        cluster.health = cluster.health.max(Some(health));
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
                health: cluster.health.unwrap_or(Health::Healthy),
                problem: cluster.problem,
                servers: cluster.servers.total,
                servers_bad: cluster.servers.bad,
                applications: cluster.applications.total,
                applications_bad: cluster.applications.bad,
                services: cluster.services.total,
                services_bad: cluster.services.bad,
                tasks: cluster.tasks.total,
                tasks_bad: cluster.tasks.bad,
                tps: cluster.totals.tps(),
                error_pct: cluster.totals.error_pct(),
            });
        }
        let mut overview = Overview {
            servers: self.servers.finish(),
            applications: self.applications.finish(),
            services: self.services.finish(),
            tasks: self.tasks.finish(),
            problems: self
                .problems
                .into_iter()
                .map(|(Reverse(severity), count)| StatusCount { status: severity.as_str().to_owned(), count })
                .collect(),
            tps: self.totals.tps(),
            error_pct: self.totals.error_pct(),
            clusters,
            business_services,
            unhealthy: self.worst.lines,
            unhealthy_total: self.worst.total,
            ..Overview::default()
        };
        worst_first(&mut overview);
        overview
    }
}

/// Puts what an overview names in order, and cuts it to what it has room for.
pub(crate) fn worst_first(overview: &mut Overview) {
    overview.business_services.sort_by(|one, other| {
        let tps = |service: &BusinessService| service.tps.unwrap_or(-1.0);
        let worst = other.health.cmp(&one.health).then(tps(other).total_cmp(&tps(one)));
        let named = |service: &BusinessService| {
            (service.cluster.clone(), service.application.clone(), service.name.clone())
        };
        worst.then_with(|| named(one).cmp(&named(other)))
    });
    overview.business_services.truncate(BUSINESS_SERVICES_MAX);
    overview
        .unhealthy
        .sort_by_cached_key(|line| (Reverse(line.health), Reverse(line.since), line.path.clone()));
    overview.unhealthy.truncate(UNHEALTHY_MAX);
}

impl Cluster {
    fn business(&mut self, application: &str, name: &str) -> &mut Business {
        let names = (application.to_owned(), name.to_owned());
        self.business.entry(names).or_insert_with(|| Business {
            tally: Tally::of(ServiceStatus::ALL, ServiceStatus::as_str),
            late: 0,
            totals: Totals::default(),
            codes: BTreeSet::new(),
            problem: None,
        })
    }
}

impl Business {
    fn finish(self, cluster: &ObjectPath, (application, name): (String, String)) -> BusinessService {
        let Self { tally, late, totals, codes, problem } = self;
        let instances = tally.total();
        let late_words = (late > 0).then(|| format!("{late} of {instances} seen late"));
        let words: Vec<String> = tally.words().into_iter().chain(late_words).collect();
        BusinessService {
            application,
            name,
            cluster: cluster.clone(),
            // Stale is never healthy.
            health: if late > 0 { tally.worst().max(Health::Degraded) } else { tally.worst() },
            problem,
            cause: (!words.is_empty()).then(|| words.join(", ")),
            instances,
            bad: tally.bad() + late,
            statuses: tally.finish().statuses,
            tps: totals.tps(),
            error_pct: totals.error_pct(),
            codes: codes.into_iter().collect(),
        }
    }
}
