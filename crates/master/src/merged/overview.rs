//! The overview of all clusters together: sums, and the worst of all.
//!
//! Each joined cluster is asked for its own every second while somebody looks on, under that person's name.

use super::part::may_come_back;
use super::peer::Unanswered;
use super::row::Hearing;
use super::{FIRST_WITHIN, LOOK_EVERY, Peer, peers};
use crate::http::Context;
use crate::view::worst_first;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval};
use topmast_api::overview::{Counts, Overview, StatusCount};
use topmast_model::path::PathError;
use topmast_model::principal::Principal;
use topmast_model::status::{ApplicationStatus, Health, ServerStatus, ServiceStatus, Severity, TaskStatus};

/// Longest wait for a cluster's overview before it is asked again.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// What joined clusters sum up, kept up to date.
pub(crate) struct Overviews {
    parts: Vec<Part>,
    news: Arc<Notify>,
    look: Interval,
    /// They end with it.
    _asking: JoinSet<()>,
}

struct Part {
    peer: Peer,
    told: Arc<Mutex<Told>>,
}

#[derive(Default)]
struct Told {
    overview: Option<Overview>,
    /// When it was told.
    at: Option<Instant>,
    /// What went wrong last.
    why: Option<String>,
    has_answered: bool,
}

impl Overviews {
    /// Begins to ask the joined clusters that a principal sees.
    pub(crate) fn follow(context: &Context, principal: &Principal) -> Self {
        let news = Arc::new(Notify::new());
        let mut asking = JoinSet::new();
        let mut begin = |peer: Peer| {
            let told = Arc::new(Mutex::new(Told::default()));
            asking.spawn(ask(peer.clone(), Arc::clone(&told), Arc::clone(&news)));
            Part { peer, told }
        };
        let parts = peers(context, principal).into_iter().map(&mut begin).collect();
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { parts, news, look, _asking: asking }
    }

    /// Of no joined cluster.
    pub(crate) fn none() -> Self {
        Self { parts: Vec::new(), news: Arc::default(), look: interval(LOOK_EVERY), _asking: JoinSet::new() }
    }

    /// Waits for the first answers, but not for long.
    pub(crate) async fn first(&self) {
        let settled = async {
            while !self.parts.iter().all(Part::is_settled) {
                self.news.notified().await;
            }
        };
        // Who answers later comes as a change.
        let _ = tokio::time::timeout(FIRST_WITHIN, settled).await;
    }

    /// Waits until it is time to merge again; for ever without joined clusters.
    pub(crate) async fn next(&mut self) {
        if self.parts.is_empty() {
            std::future::pending::<()>().await;
        }
        self.look.tick().await;
    }

    /// The overview of all, of which `own` is this cluster's.
    pub(crate) fn merge(&self, own: Overview) -> Overview {
        let (mut far, mut missing) = (Vec::with_capacity(self.parts.len()), Vec::new());
        for part in &self.parts {
            let (overview, why) = part.here();
            far.extend(overview);
            missing.extend(why);
        }
        Overview { missing, ..sum_up(own, far) }
    }
}

/// The sum of overviews.
pub(super) fn sum_up(own: Overview, others: impl IntoIterator<Item = Overview>) -> Overview {
    let mut all = own;
    for other in others {
        add(&mut all, other);
    }
    all.clusters.sort_by(|one, other| one.path.cmp(&other.path));
    worst_first(&mut all);
    all
}

/// Asks a cluster for its overview again and again.
async fn ask(peer: Peer, told: Arc<Mutex<Told>>, news: Arc<Notify>) {
    loop {
        let answer = tokio::time::timeout(ANSWER_WITHIN, async { peer.client()?.overview_get().await }).await;
        {
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            told.has_answered = true;
            match answer {
                Ok(Ok(overview)) => {
                    told.why = None;
                    told.at = Some(Instant::now());
                    told.overview = Some(overview);
                }
                Ok(Err(error)) => {
                    told.why = Some(error.to_string());
                    if !may_come_back(&error) {
                        told.overview = None;
                    }
                }
                Err(_) => told.why = Some(Unanswered::Late(ANSWER_WITHIN.as_secs()).to_string()),
            }
        }
        news.notify_one();
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

impl Part {
    fn is_settled(&self) -> bool {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).has_answered
            || Hearing::after(self.peer.join.silence()) != Hearing::Fresh
    }

    /// What the cluster told, as it is said here, as well as it is heard; and that it is missing, if it is.
    fn here(&self) -> (Option<Overview>, Option<String>) {
        let (overview, at, why) = {
            let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            (told.overview.clone(), told.at, told.why.clone())
        };
        let age = at.map_or(Duration::ZERO, |at| at.elapsed().saturating_sub(LOOK_EVERY));
        let hearing = Hearing::after(self.peer.join.silence().map(|silence| silence.max(age)));
        let overview = overview.and_then(|mut overview| {
            join(&mut overview, self.peer.join.name()).ok()?;
            hear(&mut overview, hearing);
            Some(overview)
        });
        let why = hearing.missing(overview.is_some(), why.as_deref());
        (overview, why.map(|why| self.peer.missing(&why)))
    }
}

/// Says its paths as the console does.
pub(super) fn join(overview: &mut Overview, join: &str) -> Result<(), PathError> {
    for cluster in &mut overview.clusters {
        cluster.path = cluster.path.joined(join)?;
        cluster.name = cluster.path.name().to_owned();
    }
    for service in &mut overview.business_services {
        service.cluster = service.cluster.joined(join)?;
    }
    for unhealthy in &mut overview.unhealthy {
        unhealthy.path = unhealthy.path.joined(join)?;
    }
    Ok(())
}

/// Makes it say no more than is known while its cluster is not heard from.
fn hear(overview: &mut Overview, hearing: Hearing) {
    if hearing == Hearing::Fresh {
        return;
    }
    let Overview { servers, applications, services, tasks, .. } = &mut *overview;
    for (counts, unknown) in [
        (servers, ServerStatus::Unknown.as_str()),
        (applications, ApplicationStatus::Unknown.as_str()),
        (services, ServiceStatus::Unknown.as_str()),
        (tasks, TaskStatus::Unknown.as_str()),
    ] {
        match hearing {
            Hearing::Lost => *counts = all_unknown(counts.total, unknown),
            _ => counts.degraded += std::mem::take(&mut counts.healthy),
        }
    }
    for cluster in &mut overview.clusters {
        cluster.health = hearing.at_best(cluster.health);
        if hearing == Hearing::Lost {
            cluster.servers_bad = cluster.servers;
            cluster.applications_bad = cluster.applications;
            cluster.services_bad = cluster.services;
            cluster.tasks_bad = cluster.tasks;
            (cluster.tps, cluster.error_pct) = (None, None);
        }
    }
    for service in &mut overview.business_services {
        service.health = hearing.at_best(service.health);
        if hearing == Hearing::Lost {
            (service.tps, service.error_pct, service.bad) = (None, None, service.instances);
        }
    }
    if hearing == Hearing::Lost {
        (overview.tps, overview.error_pct) = (None, None);
        for unhealthy in &mut overview.unhealthy {
            unhealthy.health = Health::Unknown;
            "UNKNOWN".clone_into(&mut unhealthy.status);
        }
    }
}

fn all_unknown(total: u64, word: &str) -> Counts {
    let statuses = vec![StatusCount { status: word.to_owned(), count: total }];
    let statuses = if total == 0 { Vec::new() } else { statuses };
    Counts { total, unknown: total, statuses, ..Counts::default() }
}

/// Sums another cluster's overview up with what there is.
fn add(all: &mut Overview, other: Overview) {
    all.error_pct = error_pct((all.tps, all.error_pct), (other.tps, other.error_pct));
    all.tps = sum(all.tps, other.tps);
    add_counts(&mut all.servers, &other.servers, ServerStatus::ALL.iter().map(|status| status.as_str()));
    add_counts(
        &mut all.applications,
        &other.applications,
        ApplicationStatus::ALL.iter().map(|status| status.as_str()),
    );
    add_counts(&mut all.services, &other.services, ServiceStatus::ALL.iter().map(|status| status.as_str()));
    add_counts(&mut all.tasks, &other.tasks, TaskStatus::ALL.iter().map(|status| status.as_str()));
    let severities = Severity::ALL.iter().rev().map(|severity| severity.as_str());
    all.problems = summed(&all.problems, &other.problems, severities);
    all.clusters.extend(other.clusters);
    all.business_services.extend(other.business_services);
    all.unhealthy.extend(other.unhealthy);
    all.unhealthy_total += other.unhealthy_total;
}

fn add_counts(all: &mut Counts, other: &Counts, words: impl Iterator<Item = &'static str>) {
    all.total += other.total;
    all.healthy += other.healthy;
    all.degraded += other.degraded;
    all.unknown += other.unknown;
    all.failed += other.failed;
    all.statuses = summed(&all.statuses, &other.statuses, words);
}

/// Sums counts up, in the order of the words; those that none has are left out.
fn summed(
    one: &[StatusCount],
    other: &[StatusCount],
    words: impl Iterator<Item = &'static str>,
) -> Vec<StatusCount> {
    let count = |word: &str| {
        let named = one.iter().chain(other).filter(|count| count.status == word);
        named.map(|count| count.count).sum()
    };
    let counts = words.map(|word| StatusCount { status: word.to_owned(), count: count(word) });
    counts.filter(|count| count.count > 0).collect()
}

fn sum(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (known, None) | (None, known) => known,
    }
}

/// The share of errors in transactions of two fleets, by what each does a second.
fn error_pct(one: (Option<f64>, Option<f64>), other: (Option<f64>, Option<f64>)) -> Option<f64> {
    let known = [one, other].into_iter().filter_map(|(tps, pct)| Some((tps?, pct?)));
    let (tps, errors) = known.fold((0.0, 0.0), |(all, errors), (tps, pct)| (all + tps, errors + tps * pct));
    (tps > 0.0).then(|| errors / tps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_api::overview::ClusterSummary;

    fn counts(healthy: u64, failed: u64) -> Counts {
        let status = |status: &str, count| StatusCount { status: status.into(), count };
        let statuses = vec![status("UP", healthy), status("DOWN", failed)];
        let statuses = statuses.into_iter().filter(|status| status.count > 0).collect();
        Counts { total: healthy + failed, healthy, failed, statuses, ..Counts::default() }
    }

    fn overview(healthy: u64, failed: u64, tps: f64, error_pct: f64) -> Overview {
        let cluster = ClusterSummary {
            path: "acme/main".parse().unwrap(),
            name: "main".into(),
            health: Health::Healthy,
            problem: None,
            servers: healthy + failed,
            servers_bad: failed,
            applications: 0,
            applications_bad: 0,
            services: 0,
            services_bad: 0,
            tasks: 0,
            tasks_bad: 0,
            tps: Some(tps),
            error_pct: Some(error_pct),
        };
        Overview {
            servers: counts(healthy, failed),
            tps: Some(tps),
            error_pct: Some(error_pct),
            clusters: vec![cluster],
            ..Overview::default()
        }
    }

    #[test]
    fn sums_weigh_errors_by_transactions() {
        let mut all = overview(3, 0, 10.0, 10.0);
        let mut east = overview(1, 2, 30.0, 2.0);
        join(&mut east, "east").unwrap();
        add(&mut all, east);
        assert_eq!((&all.servers, all.tps, all.error_pct), (&counts(4, 2), Some(40.0), Some(4.0)));
        let names: Vec<&str> = all.clusters.iter().map(|cluster| cluster.name.as_str()).collect();
        assert_eq!(names, ["main", "main@east"]);
    }

    #[test]
    fn who_is_not_heard_is_not_healthy() {
        let mut late = overview(3, 1, 10.0, 0.0);
        hear(&mut late, Hearing::Late);
        assert_eq!((late.servers.healthy, late.servers.degraded, late.servers.failed), (0, 3, 1));
        assert_eq!(late.clusters[0].health, Health::Degraded);
        let mut lost = overview(3, 1, 10.0, 0.0);
        hear(&mut lost, Hearing::Lost);
        let unknown = vec![StatusCount { status: "UNKNOWN".into(), count: 4 }];
        assert_eq!((lost.servers.unknown, lost.servers.statuses), (4, unknown));
        assert_eq!((lost.clusters[0].health, lost.clusters[0].servers_bad), (Health::Unknown, 4));
        assert_eq!((lost.tps, lost.error_pct), (None, None));
    }
}
