//! Steps that change which version of an application is there.
//!
//! ```text
//! supervisor: begun ─► package comes into place, while what ran before runs on ─► its application, which may be new
//! application: current switched ─► restart ─┬─ STARTED (healthy): settled, versions beyond those kept go
//!                                           └─ anything else: current switched back ─► restart ─► FAILED, in words
//! ```
//!
//! Invariants
//! - D-1: a version that does not become healthy goes back by itself, also when the agent died meanwhile.
//! - D-2: whatever fails before the switch leaves what runs alone.
//!
//! Elsewhere: fetching, unpacking, directories (`package`).

use super::StepRequest;
use super::application::{ActiveStep, Application};
use super::machine::Event;
use super::shared::Shared;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::Instant;
use topmast_model::application::{Desired, Operation};
use topmast_model::cause::Cause;
use topmast_model::id::StepId;
use topmast_model::package::PackageVersion;
use topmast_model::report::StepOutcome;

/// A package that has come into place for a step, or could not.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) request: StepRequest,
    pub(super) outcome: Result<(), String>,
}

/// How far a deployment is in its application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deployment {
    /// A version is to prove itself.
    Forward { to: PackageVersion },
    /// It did not, and what was before is to run again.
    Back { failed: String, to: Option<PackageVersion> },
    /// Everything goes, once it is stopped.
    Removal,
}

/// Begins a step and brings its package into place.
pub(super) fn prepare(
    shared: &Arc<Shared>,
    ready: mpsc::Sender<Prepared>,
    request: StepRequest,
    until: Instant,
) {
    let Some(package) = request.package.clone() else {
        return shared.refuse(request.step, "the order names no package".to_owned());
    };
    if !shared.begin(&request, until) {
        return;
    }
    let StepRequest { step, operation, application, principal, .. } = &request;
    tracing::info!(%step, %operation, application, principal, package = %package.id, "package comes into place");
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        let place = shared.place(&request.application);
        let (packages, data_dir) = (&shared.config.packages, &shared.config.data_dir);
        let within = until.saturating_duration_since(Instant::now());
        let outcome = packages.prepare(data_dir, &place, &package, &request.trust_keys, within).await;
        // An error means that the supervisor ends; the next one finishes the step.
        let _ = ready.send(Prepared { request, outcome }).await;
    });
}

/// Makes an application of a package that brings its unit file along.
pub(super) fn introduce(shared: &Shared, request: &StepRequest) -> Result<(), String> {
    let place = shared.place(&request.application);
    let package = request.package.as_ref().ok_or("the order names no package")?;
    place.switch(&package.id, request.step, false).map(drop)
}

impl Application {
    /// True when only the version is to change: somebody stopped it, and it was installed before.
    pub(super) fn stays_down(&self, operation: Operation) -> bool {
        operation.is_deployment()
            && operation != Operation::Uninstall
            && self.package.is_some()
            && self.machine.is_down()
            && self.record.desired == Some(Desired::Stopped)
    }

    /// Switches without starting.
    pub(super) fn switch_only(&mut self, request: &StepRequest) {
        let switched =
            self.switch(request).and_then(|_| self.shared.place(&self.unit.name).settle(self.policy()));
        let outcome = match switched {
            Ok(old) => {
                discard(old);
                let to = self.package.as_ref().map_or_else(String::new, ToString::to_string);
                StepOutcome { succeeded: true, message: format!("{to} is in place, and STOPPED as before") }
            }
            Err(message) => StepOutcome { succeeded: false, message },
        };
        self.shared.finish(request.step, outcome);
    }

    /// Makes the version of a step the current one; `None` for a step that is about no version.
    pub(super) fn switch(&mut self, request: &StepRequest) -> Result<Option<Deployment>, String> {
        let place = self.shared.place(&self.unit.name);
        let installed = place.read()?;
        let not_installed = || {
            format!(
                "{} was not installed from a package, so there is nothing to {}",
                self.unit.name, request.operation
            )
        };
        let (to, back) = match request.operation {
            Operation::Install | Operation::Upgrade => {
                (request.package.as_ref().ok_or("the order names no package")?.id.clone(), false)
            }
            Operation::Rollback => {
                let current = installed.current.as_ref().ok_or_else(not_installed)?;
                let wanted = request.package.as_ref().map(|package| &package.id);
                let to = wanted.or(installed.previous.last());
                (to.ok_or_else(|| format!("there is no version before {current}"))?.clone(), true)
            }
            Operation::Uninstall => {
                installed.current.as_ref().ok_or_else(not_installed)?;
                return Ok(Some(Deployment::Removal));
            }
            Operation::Start
            | Operation::Stop
            | Operation::Restart
            | Operation::Configure
            | Operation::Act => {
                return Ok(None);
            }
        };
        let is_begun = installed.begun.as_ref().is_some_and(|begun| begun.step == request.step);
        if !is_begun {
            let is_other_unit = place.switch(&to, request.step, back)?;
            self.take_version(is_other_unit)?;
        }
        self.package = Some(to.clone());
        Ok(Some(Deployment::Forward { to }))
    }

    /// True when the version under way is the first one of this application.
    pub(super) fn is_first_version(&self) -> bool {
        let installed = self.shared.place(&self.unit.name).read().unwrap_or_default();
        installed.begun.is_some_and(|begun| begun.before.current.is_none())
    }

    /// Takes the unit file that a switch has written.
    fn take_version(&mut self, is_other_unit: bool) -> Result<(), String> {
        if is_other_unit {
            let unit = Arc::new(self.shared.place(&self.unit.name).unit()?);
            self.next_unit = (unit != self.unit).then_some(unit);
        }
        Ok(())
    }

    /// Looks how far a deployment is; true when it has made the application do something else.
    pub(super) fn settle_deployment(&mut self, deployment: &Deployment) -> bool {
        let awaited = match deployment {
            Deployment::Removal | Deployment::Back { to: None, .. } => Operation::Stop,
            Deployment::Forward { .. } | Deployment::Back { .. } => Operation::Restart,
        };
        let Some(settled) = self.machine.settled(awaited) else { return false };
        let runs = |status: String| match self.view.as_ref().and_then(|view| view.state.pid) {
            Some(pid) => format!("{status} as process {pid}"),
            None => status,
        };
        match (deployment, settled) {
            (Deployment::Forward { to }, Ok(status)) => {
                let message = format!("{to} {}", runs(status));
                match self.shared.place(&self.unit.name).settle(self.policy()) {
                    Ok(old) => discard(old),
                    Err(error) => tracing::warn!(error, application = self.unit.name, "old versions stay"),
                }
                self.end_deployment(true, message)
            }
            (Deployment::Forward { to }, Err(reason)) => {
                self.go_back(&format!("{to} did not become healthy: {reason}"))
            }
            (Deployment::Back { failed, to: Some(to) }, Ok(status)) => {
                let message = format!("{failed}; {to} is back, {}", runs(status));
                self.end_deployment(false, message)
            }
            (Deployment::Back { failed, to: Some(to) }, Err(reason)) => {
                self.end_deployment(false, format!("{failed}; {to} is back, and {reason}"))
            }
            (Deployment::Back { failed, to: None }, _) => {
                self.end_deployment(false, format!("{failed}; it is the first version, so it is stopped"))
            }
            (Deployment::Removal, Ok(_)) => match self.shared.place(&self.unit.name).remove() {
                Ok((count, old)) => {
                    discard(vec![old]);
                    self.package = None;
                    self.end_deployment(true, format!("STOPPED, and {count} versions are removed"))
                }
                Err(error) => self.end_deployment(false, format!("STOPPED, and not removed: {error}")),
            },
            (Deployment::Removal, Err(reason)) => {
                self.end_deployment(false, format!("not removed, for it cannot be stopped: {reason}"))
            }
        }
    }

    /// Switches back to what was before (D-1).
    fn go_back(&mut self, failed: &str) -> bool {
        let place = self.shared.place(&self.unit.name);
        let begun = place
            .read()
            .and_then(|installed| installed.begun.ok_or_else(|| "what was before is not known".to_owned()));
        let reverted = begun.and_then(|begun| {
            let is_other_unit = place.revert(&begun)?;
            self.take_version(is_other_unit)?;
            Ok(begun.before.current)
        });
        let to = match reverted {
            Ok(to) => to,
            Err(error) => {
                return self.end_deployment(false, format!("{failed}; and it cannot go back: {error}"));
            }
        };
        tracing::warn!(application = self.unit.name, failed, "goes back");
        self.package.clone_from(&to);
        let cause = Cause::Observed { message: failed.to_owned() };
        let event = if to.is_some() { Event::Restart(cause) } else { Event::Stop(cause) };
        if let Some(active) = &mut self.active {
            active.deployment = Some(Deployment::Back { failed: failed.to_owned(), to });
        }
        self.on(event);
        true
    }

    fn end_deployment(&mut self, succeeded: bool, mut message: String) -> bool {
        let Some(active) = self.active.take() else { return false };
        if active.resumed {
            message.push_str("; the agent was interrupted meanwhile");
        }
        // What it was installed from is shown before the outcome is.
        self.publish();
        self.shared.finish(active.step, StepOutcome { succeeded, message });
        true
    }

    /// Goes on with what an earlier agent began.
    pub(super) fn resume_deployment(&mut self, step: StepId, operation: Operation) {
        let place = self.shared.place(&self.unit.name);
        let failed = |message: &str| StepOutcome { succeeded: false, message: message.to_owned() };
        let installed = match place.read() {
            Ok(installed) => installed,
            Err(error) => return self.shared.finish(step, failed(&error)),
        };
        let is_begun = installed.begun.as_ref().is_some_and(|begun| begun.step == step);
        let Some(to) = installed.current.clone().filter(|_| is_begun) else {
            let message = "the agent was interrupted before the switch; nothing was changed, and what was fetched is kept";
            return self.shared.finish(
                step,
                failed(if operation == Operation::Uninstall {
                    "the agent was interrupted before anything was removed"
                } else {
                    message
                }),
            );
        };
        let resumed = place.resume(&installed).and_then(|is_other_unit| self.take_version(is_other_unit));
        if let Err(error) = resumed {
            return self.shared.finish(step, failed(&error));
        }
        let deployment = Some(Deployment::Forward { to });
        self.active = Some(ActiveStep { step, operation, resumed: true, deployment });
        // What runs may be the version before; and without a health check it proves itself by a start that was seen.
        let is_seen = self.unit.health.is_some();
        if !is_seen || self.record.run.as_ref().and_then(|run| run.step) != Some(step) {
            self.on(Event::Restart(Cause::AgentStart));
        }
    }

    fn policy(&self) -> &crate::package::PackagePolicy {
        &self.shared.config.packages.policy
    }
}

/// Removes what lies there, without anybody waiting for it.
fn discard(paths: Vec<PathBuf>) {
    if paths.is_empty() {
        return;
    }
    tokio::task::spawn_blocking(move || {
        for path in paths {
            if let Err(error) = std::fs::remove_dir_all(&path) {
                tracing::warn!(%error, "remove {}", path.display());
            }
        }
    });
}
