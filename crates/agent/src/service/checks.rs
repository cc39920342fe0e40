//! Runs the checks: one loop for each source of each application that is STARTED.
//!
//! ```text
//! application views -> reconcile -> loops (one a source) -> Board -> ledger
//! ```
//!
//! A loop is a task that asks, records, and waits for its next turn; it is ended when its application stops or
//! its table changes. So a check never overlaps itself (S-1) and nothing is asked of a stopped application (S-2).

use super::board::SourceKey;
use super::command;
use super::log::Follower;
use super::{
    Board, CheckError, Observation, ServiceObservation, actuator, exec, http, nagios, prometheus, tcp,
    topmast,
};
use crate::endpoint::Endpoint;
use crate::http::Answer;
use crate::supervisor::ApplicationView;
use crate::unit::ServiceSource;
use crate::unit::service::ServiceCheck;
use rustls::ClientConfig;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior};
use topmast_model::report::Report;
use topmast_model::status::ApplicationStatus;
use topmast_model::time::UnixMillis;

type TakeVersion = dyn Fn(&str, &str) + Send + Sync;

/// What every check needs.
pub struct Checks {
    board: Arc<Mutex<Board>>,
    /// Takes the reports; they are durable when it returns.
    report: Box<dyn Fn(Vec<Report>) + Send + Sync>,
    /// Takes an application's name and the version that it tells, after every check.
    version: Box<TakeVersion>,
    /// The wall clock, for the times in reports.
    now: fn() -> UnixMillis,
    /// Where followed logs keep their positions.
    state_dir: PathBuf,
    /// The system's CAs, read when the first https check needs them.
    system_trust: OnceLock<Option<Arc<ClientConfig>>>,
}

impl Checks {
    /// - `report`: takes reports, durably.
    /// - `version`: takes an application's name and the version that it tells, the same one again after every check.
    /// - `state_dir`: made when it is not there.
    pub fn new(
        board: Arc<Mutex<Board>>,
        report: impl Fn(Vec<Report>) + Send + Sync + 'static,
        version: impl Fn(&str, &str) + Send + Sync + 'static,
        now: fn() -> UnixMillis,
        state_dir: PathBuf,
    ) -> Self {
        Self {
            board,
            report: Box::new(report),
            version: Box::new(version),
            now,
            state_dir,
            system_trust: OnceLock::new(),
        }
    }

    /// Changes the board, hands on what that reports, and keeps the board when it reported something.
    fn change(&self, change: impl FnOnce(&mut Board) -> Vec<Report>) {
        let mut board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        let reports = change(&mut board);
        if reports.is_empty() {
            return;
        }
        (self.report)(reports);
        if let Err(error) = board.save() {
            tracing::warn!(%error, "known services could not be saved; they are reported again after a restart");
        }
    }

    fn tell_version(&self, application: &str) {
        let board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(version) = board.version(application) {
            (self.version)(application, version);
        }
    }

    fn trust_for(&self, endpoint: &Endpoint) -> Option<&Arc<ClientConfig>> {
        if !endpoint.is_tls() {
            return None;
        }
        let load = || {
            crate::tls::system_trust()
                .inspect_err(|error| tracing::warn!(%error, "https checks cannot verify certificates"))
                .ok()
        };
        self.system_trust.get_or_init(load).as_ref()
    }
}

/// A running loop, and what it runs for.
struct Running {
    source: ServiceSource,
    handle: AbortHandle,
}

/// Every running loop; dropping it ends them.
pub struct Loops {
    checks: Arc<Checks>,
    running: HashMap<(String, SourceKey), Running>,
    tasks: JoinSet<()>,
}

impl Loops {
    /// No loop yet.
    pub fn new(checks: Arc<Checks>) -> Self {
        Self { checks, running: HashMap::new(), tasks: JoinSet::new() }
    }

    /// Starts and ends loops so that they fit the applications as they are now.
    pub fn reconcile(&mut self, views: &[ApplicationView]) {
        // Ended loops are collected here, so that the set does not grow.
        while self.tasks.try_join_next().is_some() {}
        let mut wanted = HashMap::new();
        for view in views.iter().filter(|view| view.state.status == ApplicationStatus::Started) {
            for (key, source) in sources_of(view) {
                wanted.insert((view.name.clone(), key), source);
            }
        }
        self.running.retain(|key, running| {
            let kept = wanted.get(key).is_some_and(|source| **source == running.source);
            if !kept {
                running.handle.abort();
            }
            kept
        });
        for view in views {
            self.settle(view);
        }
        let known = |name: &str| views.iter().any(|view| view.name == name);
        let mut board = self.checks.board.lock().unwrap_or_else(PoisonError::into_inner);
        if board.keep_applications(known)
            && let Err(error) = board.save()
        {
            tracing::warn!(%error, "known services could not be saved");
        }
        drop(board);
        for ((application, key), source) in wanted {
            if self.running.contains_key(&(application.clone(), key.clone())) {
                continue;
            }
            let checks = Arc::clone(&self.checks);
            let task = watch(checks, application.clone(), key.clone(), source.clone());
            let running = Running { source: source.clone(), handle: self.tasks.spawn(task) };
            self.running.insert((application, key), running);
        }
    }

    /// Tells the board whether the application runs, and which sources it has.
    fn settle(&self, view: &ApplicationView) {
        let sources: Vec<_> = sources_of(view).collect();
        self.checks.change(|board| {
            let keys: Vec<SourceKey> = sources.iter().map(|(key, _)| key.clone()).collect();
            let mut reports = board.keep_sources(&view.name, &keys);
            if view.state.status == ApplicationStatus::Started {
                board.started(&view.name);
            } else {
                let named: Vec<(SourceKey, String)> = sources
                    .iter()
                    .filter(|(_, source)| is_single(&source.check))
                    .map(|(key, source)| (key.clone(), source.name.clone()))
                    .collect();
                reports.extend(board.stopped(&view.name, view.state.status, &named, (self.checks.now)()));
            }
            reports
        });
    }
}

/// The sources of an application with the keys that its services belong to.
fn sources_of(view: &ApplicationView) -> impl Iterator<Item = (SourceKey, &ServiceSource)> {
    let sources = &view.unit.services;
    sources.iter().enumerate().map(|(index, source)| {
        let twin = |other: &&ServiceSource| {
            other.name == source.name && other.check.source() == source.check.source()
        };
        let earlier = sources[..index].iter().filter(twin).count();
        (SourceKey::new(&source.check, &source.name, earlier), source)
    })
}

/// True for a source that yields one service, named by its table.
const fn is_single(check: &ServiceCheck) -> bool {
    matches!(
        check,
        ServiceCheck::Nagios { .. }
            | ServiceCheck::Tcp { .. }
            | ServiceCheck::Http { .. }
            | ServiceCheck::Exec { .. }
    )
}

/// Asks a source again and again until the task is ended.
async fn watch(checks: Arc<Checks>, application: String, key: SourceKey, source: ServiceSource) {
    let mut state = SourceState::default();
    let mut turns = tokio::time::interval(source.interval);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        let started = Instant::now();
        let check = state.check(&checks, &application, &source);
        let result = match tokio::time::timeout(source.timeout, check).await {
            Ok(result) => result.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no result within {} ms", source.timeout.as_millis())),
        };
        let took = started.elapsed();
        checks.change(|board| board.observe(&application, &key, &source.name, result, took, (checks.now)()));
        checks.tell_version(&application);
    }
}

/// What a source remembers from one check to the next.
#[derive(Default)]
struct SourceState {
    prometheus: prometheus::Reader,
    log: Option<Follower>,
}

impl SourceState {
    async fn check(
        &mut self,
        checks: &Checks,
        application: &str,
        source: &ServiceSource,
    ) -> Result<Observation, CheckError> {
        let (name, timeout) = (source.name.as_str(), source.timeout);
        match &source.check {
            ServiceCheck::Topmast { url } => topmast::parse(&page(checks, url, timeout).await?),
            ServiceCheck::Actuator { url } => {
                let base = endpoint(url)?;
                actuator::observe(&base, checks.trust_for(&base), timeout).await
            }
            ServiceCheck::Prometheus { url, rules } => {
                self.prometheus.read(&page(checks, url, timeout).await?, rules)
            }
            ServiceCheck::Nagios { command } => {
                Ok(single(nagios::parse(name, &command::run(command.words(), None, timeout).await?)))
            }
            ServiceCheck::Exec { command } => {
                Ok(single(exec::parse(name, &command::run(command.words(), None, timeout).await?)))
            }
            ServiceCheck::Tcp { host, port } => Ok(single(tcp::observe(name, host, *port, timeout).await)),
            ServiceCheck::Http { url, expect_status, expect_body } => {
                let endpoint = endpoint(url)?;
                let answer = crate::http::get(&endpoint, checks.trust_for(&endpoint), timeout).await;
                Ok(single(match answer {
                    Ok(answer) => http::judge(name, &answer, expect_status, expect_body.as_ref()),
                    Err(error) => http::unanswered(name, &error),
                }))
            }
            ServiceCheck::Log { file, rules } => {
                let follower = match &mut self.log {
                    Some(follower) => follower,
                    empty => {
                        empty.insert(Follower::open(file, log_state(&checks.state_dir, application, file)?)?)
                    }
                };
                follower.poll(rules)
            }
        }
    }
}

fn single(service: ServiceObservation) -> Observation {
    Observation { services: vec![service], ..Observation::default() }
}

fn endpoint(url: &str) -> Result<Endpoint, CheckError> {
    url.parse().map_err(|error: crate::endpoint::EndpointError| CheckError::Setup(error.to_string()))
}

/// The body of a page that must be answered with status 200.
async fn page(checks: &Checks, url: &str, timeout: Duration) -> Result<Vec<u8>, CheckError> {
    let endpoint = endpoint(url)?;
    match crate::http::get(&endpoint, checks.trust_for(&endpoint), timeout).await? {
        Answer { status: 200, body } => Ok(body),
        Answer { status, .. } => Err(CheckError::Status { url: url.to_owned(), status, expected: "200" }),
    }
}

/// The file that keeps the position in a log: one for each application and log.
fn log_state(state_dir: &Path, application: &str, log: &Path) -> Result<PathBuf, CheckError> {
    crate::platform::file::create_directories(state_dir)
        .map_err(|error| CheckError::Setup(format!("make directory {}: {error}", state_dir.display())))?;
    let identity = format!("{application}\0{}", log.display());
    let digest = crate::tls::fingerprint(identity.as_bytes());
    Ok(state_dir.join(format!("{application}-{}.json", &digest[..16])))
}

#[cfg(test)]
mod tests;
