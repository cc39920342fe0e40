//! The latest state of every service and task, and what is new about it.
//!
//! Takes observations, returns the reports that they cause, and hands the figures to the sampler each tick. Kept in
//! a file, so that a restarted agent neither forgets a service nor reports what has not changed.
//!
//! Invariants
//! - B-1: a service belongs to the source that named it first; another source cannot overwrite it.
//! - B-2: after [`Board::stopped`] no late observation makes a service look alive.
//! - B-3: figures are shown only while the last check of their source succeeded.

use super::{Figures, Observation, ServiceObservation, TaskObservation};
use crate::unit::service::ServiceCheck;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use topmast_model::catalogue;
use topmast_model::report::Report;
use topmast_model::sample::SampleSink;
use topmast_model::service::ServiceState;
use topmast_model::status::{ApplicationStatus, ServiceStatus, TaskStatus};
use topmast_model::task::{TaskProgress, TaskState};
use topmast_model::time::UnixMillis;

/// Which source of an application: stable while the unit's tables keep their kinds and names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceKey(String);

impl SourceKey {
    /// - `earlier`: how many tables before it have the same kind and name.
    pub(super) fn new(check: &ServiceCheck, name: &str, earlier: usize) -> Self {
        Self(format!("{}:{name}#{earlier}", check.source()))
    }
}

/// Services and tasks of all applications.
#[derive(Debug, Default)]
pub struct Board {
    applications: BTreeMap<String, Application>,
    /// Checks that found something out.
    checks_succeeded: u64,
    /// Checks that did not.
    checks_failed: u64,
    file: Option<PathBuf>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Application {
    /// Observations are taken only while it runs.
    #[serde(skip)]
    running: bool,
    services: BTreeMap<String, Service>,
    tasks: BTreeMap<String, Task>,
    /// Version and duration of the last check, by source.
    #[serde(skip)]
    checks: BTreeMap<SourceKey, LastCheck>,
}

#[derive(Debug)]
struct LastCheck {
    name: String,
    took: Duration,
    version: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Service {
    source: SourceKey,
    state: ServiceState,
    #[serde(skip)]
    figures: Option<Figures>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Task {
    source: SourceKey,
    state: TaskState,
}

impl Board {
    /// Opens the board kept in `file`; an unreadable one is begun anew, for every service is seen again anyway.
    pub fn open(file: PathBuf) -> Self {
        let applications = match load(&file) {
            Ok(applications) => applications,
            Err(error) => {
                tracing::warn!(file = %file.display(), %error, "begin with no known services");
                BTreeMap::new()
            }
        };
        Self { applications, file: Some(file), ..Self::default() }
    }

    /// Keeps the states for the next agent; call it when the reports are in the ledger.
    ///
    /// # Errors
    /// The system's, when the file cannot be replaced.
    pub fn save(&self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let next = file.with_extension("next");
        std::fs::write(&next, serde_json::to_vec(&self.applications)?)?;
        std::fs::rename(&next, file)
    }

    /// The application runs: observations count from now on.
    pub fn started(&mut self, application: &str) {
        self.applications.entry(application.to_owned()).or_default().running = true;
    }

    /// The application does not run: everything of it is UNKNOWN at once, and its series end.
    ///
    /// - `named`: services that the unit names itself, with their sources; shown even when never checked.
    pub fn stopped(
        &mut self,
        application: &str,
        status: ApplicationStatus,
        named: &[(SourceKey, String)],
        now: UnixMillis,
    ) -> Vec<Report> {
        let entry = self.applications.entry(application.to_owned()).or_default();
        entry.running = false;
        entry.checks.clear();
        let message = format!("application {status}");
        let mut reports = Vec::new();
        for (source, name) in named {
            if !entry.services.contains_key(name) {
                let unknown =
                    ServiceObservation::new(name.as_str(), ServiceStatus::Unknown).message(&message);
                entry.see_service(application, source, unknown, now, &mut reports);
            }
        }
        entry.all_unknown(application, None, &message, now, &mut reports);
        reports
    }

    /// Takes what a check found out, or why it found nothing out.
    ///
    /// - `name`: the source's own name, which stands for its services as long as none is known.
    pub fn observe(
        &mut self,
        application: &str,
        source: &SourceKey,
        name: &str,
        result: Result<Observation, String>,
        took: Duration,
        now: UnixMillis,
    ) -> Vec<Report> {
        let Some(entry) = self.applications.get_mut(application).filter(|entry| entry.running) else {
            return Vec::new();
        };
        let mut reports = Vec::new();
        match result {
            Ok(observation) => {
                self.checks_succeeded += 1;
                let check = LastCheck { name: name.to_owned(), took, version: observation.version };
                entry.checks.insert(source.clone(), check);
                let services: BTreeSet<String> =
                    observation.services.iter().map(|service| service.name.clone()).collect();
                let tasks: BTreeSet<String> =
                    observation.tasks.iter().map(|task| task.name.clone()).collect();
                for service in observation.services {
                    entry.see_service(application, source, service, now, &mut reports);
                }
                for task in observation.tasks {
                    entry.see_task(application, source, task, now, &mut reports);
                }
                entry.forget(application, &mut reports, |owner, kind, name| {
                    let seen = if kind == Kind::Service { &services } else { &tasks };
                    owner != source || seen.contains(name)
                });
            }
            Err(message) => {
                self.checks_failed += 1;
                entry.checks.insert(source.clone(), LastCheck { name: name.to_owned(), took, version: None });
                if !entry.services.values().any(|service| service.source == *source) {
                    let unknown = ServiceObservation::new(name, ServiceStatus::Unknown).message(&message);
                    entry.see_service(application, source, unknown, now, &mut reports);
                }
                entry.all_unknown(application, Some(source), &message, now, &mut reports);
            }
        }
        reports
    }

    /// Forgets the services and tasks of sources that an application no longer has.
    pub fn keep_sources(&mut self, application: &str, sources: &[SourceKey]) -> Vec<Report> {
        let mut reports = Vec::new();
        if let Some(entry) = self.applications.get_mut(application) {
            entry.forget(application, &mut reports, |owner, _, _| sources.contains(owner));
            entry.checks.retain(|source, _| sources.contains(source));
        }
        reports
    }

    /// Forgets applications whose units are gone; their own report says that their services are gone too.
    ///
    /// Returns true when there was one.
    pub fn keep_applications(&mut self, keep: impl Fn(&str) -> bool) -> bool {
        let before = self.applications.len();
        self.applications.retain(|name, _| keep(name));
        self.applications.len() != before
    }

    /// The version that an application told by itself.
    pub fn version(&self, application: &str) -> Option<&str> {
        self.applications.get(application)?.checks.values().find_map(|check| check.version.as_deref())
    }

    /// Hands every figure to the sampler, always in the same order.
    pub fn sample(&self, sink: &mut dyn SampleSink) {
        sink.sample(catalogue::AGENT_CHECKS_TOTAL, &["succeeded"], self.checks_succeeded as f64);
        sink.sample(catalogue::AGENT_CHECKS_TOTAL, &["failed"], self.checks_failed as f64);
        for (application, entry) in &self.applications {
            for check in entry.checks.values() {
                let labels = [application.as_str(), check.name.as_str()];
                sink.sample(catalogue::SERVICE_CHECK_SECONDS, &labels, check.took.as_secs_f64());
            }
            for (name, service) in &entry.services {
                if let Some(figures) = &service.figures {
                    sample_figures(application, name, figures, sink);
                }
            }
        }
    }
}

/// The progress to tell: the one before, while no further hundredth is done, so that a batch is some hundred events
/// at most.
fn coarse(before: Option<TaskProgress>, seen: Option<TaskProgress>) -> Option<TaskProgress> {
    let hundredth = |progress: TaskProgress| (progress.total, progress.done * 100 / progress.total.max(1));
    match (before, seen) {
        (Some(before), Some(seen)) if hundredth(before) == hundredth(seen) => Some(before),
        _ => seen,
    }
}

fn sample_figures(application: &str, name: &str, figures: &Figures, sink: &mut dyn SampleSink) {
    let labels = [application, name];
    if let Some(value) = figures.transactions_total {
        sink.sample(catalogue::SERVICE_TRANSACTIONS_TOTAL, &labels, value);
    }
    if let Some(value) = figures.errors_total {
        sink.sample(catalogue::SERVICE_ERRORS_TOTAL, &labels, value);
    }
    for (metric, values) in [
        (catalogue::SERVICE_RESPONSES_TOTAL, &figures.responses),
        (catalogue::SERVICE_LATENCY_SECONDS, &figures.latency_seconds),
        (catalogue::SERVICE_VALUE, &figures.values),
    ] {
        for (label, value) in values {
            sink.sample(metric, &[application, name, label], *value);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Service,
    Task,
}

impl Application {
    fn see_service(
        &mut self,
        application: &str,
        source: &SourceKey,
        seen: ServiceObservation,
        now: UnixMillis,
        reports: &mut Vec<Report>,
    ) {
        let known = self.services.get_mut(&seen.name);
        if known.as_ref().is_some_and(|known| known.source != *source) {
            tracing::debug!(application, service = seen.name, "another source has this service already");
            return;
        }
        if let Some(known) = known
            && (known.state.status, &known.state.codes) == (seen.status, &seen.codes)
        {
            known.figures = Some(seen.figures);
            return;
        }
        // A source's own time counts unless its clock is ahead.
        let since = seen.since.filter(|since| *since <= now).unwrap_or(now);
        let state = ServiceState { status: seen.status, codes: seen.codes, message: seen.message, since };
        reports.push(Report::Service {
            application: application.to_owned(),
            name: seen.name.clone(),
            state: state.clone(),
        });
        self.services
            .insert(seen.name, Service { source: source.clone(), state, figures: Some(seen.figures) });
    }

    fn see_task(
        &mut self,
        application: &str,
        source: &SourceKey,
        seen: TaskObservation,
        now: UnixMillis,
        reports: &mut Vec<Report>,
    ) {
        let known = self.tasks.get(&seen.name);
        if known.is_some_and(|known| known.source != *source) {
            tracing::debug!(application, task = seen.name, "another source has this task already");
            return;
        }
        let same_status = known.filter(|known| known.state.status == seen.status);
        let state = TaskState {
            status: seen.status,
            schedule: seen.schedule,
            last_started: seen.last_started,
            last_finished: seen.last_finished,
            next_due: seen.next_due,
            message: seen.message,
            since: same_status.map_or(now, |known| known.state.since),
            progress: coarse(same_status.and_then(|known| known.state.progress), seen.progress),
            runnable: false,
            run: None,
        };
        if known.is_some_and(|known| known.state == state) {
            return;
        }
        reports.push(Report::Task {
            application: application.to_owned(),
            name: seen.name.clone(),
            state: state.clone(),
        });
        self.tasks.insert(seen.name, Task { source: source.clone(), state });
    }

    /// Makes the services and tasks of a source, or of all, UNKNOWN.
    fn all_unknown(
        &mut self,
        application: &str,
        of: Option<&SourceKey>,
        message: &str,
        now: UnixMillis,
        reports: &mut Vec<Report>,
    ) {
        for (name, service) in &mut self.services {
            if of.is_some_and(|source| *source != service.source) {
                continue;
            }
            service.figures = None;
            if service.state.status == ServiceStatus::Unknown && service.state.codes.is_empty() {
                continue;
            }
            service.state = ServiceState {
                status: ServiceStatus::Unknown,
                codes: Vec::new(),
                message: super::some_text(message),
                since: now,
            };
            let (application, name) = (application.to_owned(), name.clone());
            reports.push(Report::Service { application, name, state: service.state.clone() });
        }
        for (name, task) in &mut self.tasks {
            let other = of.is_some_and(|source| *source != task.source);
            if other || task.state.status == TaskStatus::Unknown {
                continue;
            }
            task.state.status = TaskStatus::Unknown;
            task.state.message = super::some_text(message);
            task.state.since = now;
            let (application, name) = (application.to_owned(), name.clone());
            reports.push(Report::Task { application, name, state: task.state.clone() });
        }
    }

    /// Forgets, with a report, what `keep` (owner, kind, name) does not hold on to.
    fn forget(
        &mut self,
        application: &str,
        reports: &mut Vec<Report>,
        keep: impl Fn(&SourceKey, Kind, &str) -> bool,
    ) {
        let application = application.to_owned();
        self.services.retain(|name, service| {
            let kept = keep(&service.source, Kind::Service, name);
            if !kept {
                reports.push(Report::ServiceGone { application: application.clone(), name: name.clone() });
            }
            kept
        });
        self.tasks.retain(|name, task| {
            let kept = keep(&task.source, Kind::Task, name);
            if !kept {
                reports.push(Report::TaskGone { application: application.clone(), name: name.clone() });
            }
            kept
        });
    }
}

fn load(file: &Path) -> io::Result<BTreeMap<String, Application>> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
