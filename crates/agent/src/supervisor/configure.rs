//! A step that lays a configuration down: the files, then a restart that has to become healthy, else back.
//!
//! ```text
//! Laying ─ refused ─► FAILED, nothing changed
//!    └─ in place ─► nothing to restart ─► SUCCEEDED
//!                └─► Gated: restarted ─ STARTED ─► SUCCEEDED
//!                                └─ not ─► Back: files before, restarted ─► FAILED
//! ```

use super::StepRequest;
use super::application::{ActiveStep, Application};
use super::machine::Event;
use crate::configuration::{Laid, Order, held, lay, recover};
use std::sync::Arc;
use tokio::task::JoinHandle;
use topmast_model::application::Operation;
use topmast_model::cause::Cause;
use topmast_model::configuration::AfterApply;
use topmast_model::id::StepId;
use topmast_model::report::{Report, StepOutcome};
use topmast_model::status::ApplicationStatus;

/// A configuration under way.
#[derive(Debug)]
pub(super) struct Configuring {
    principal: String,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// Files are being laid down.
    Laying(JoinHandle<Result<Laid, String>>),
    /// They are in place, and it is being restarted.
    Gated(Laid),
    /// Those before are, and it is being restarted; why, in words.
    Back(String),
}

impl Configuring {
    pub(super) const fn is_laying(&self) -> bool {
        matches!(self.phase, Phase::Laying(_))
    }
}

/// The files are in place, or are not to be.
pub(super) async fn laid(configuring: &mut Option<Configuring>) -> Result<Laid, String> {
    match configuring {
        Some(Configuring { phase: Phase::Laying(job), .. }) => {
            job.await.unwrap_or_else(|error| Err(format!("the agent failed at it: {error}")))
        }
        _ => std::future::pending().await,
    }
}

impl Application {
    /// Begins a step that the ledger has as begun.
    pub(super) fn begin_configuring(&mut self, request: &StepRequest) {
        let step = request.step;
        let Some(rendered) = request.configuration.clone() else {
            let message = "the order has no files; a master of this version sends them".to_owned();
            return self.shared.finish(step, StepOutcome { succeeded: false, message });
        };
        let config = &self.shared.config;
        let order = Order {
            unit: Arc::clone(&self.unit),
            roots: config.configuration_roots.clone(),
            data_dir: config.data_dir.clone(),
            step,
            rendered: Arc::from(rendered),
        };
        self.active =
            Some(ActiveStep { step, operation: Operation::Configure, resumed: false, deployment: None });
        let phase = Phase::Laying(tokio::spawn(lay(order)));
        self.configuring = Some(Configuring { principal: request.principal.clone(), phase });
    }

    /// Goes on after the files: a restart if it runs and wants one.
    pub(super) fn configured(&mut self, result: Result<Laid, String>) {
        let Some(Configuring { principal, .. }) = self.configuring.take() else { return };
        let laid = match result {
            Ok(laid) => laid,
            Err(message) => return self.finish_configuring(None, false, message),
        };
        let runs = !matches!(
            self.machine.status(),
            ApplicationStatus::Stopped | ApplicationStatus::Quarantined | ApplicationStatus::Unknown
        );
        if laid.after != AfterApply::Restart || !runs {
            laid.commit();
            let rest = match laid.after {
                AfterApply::Restart => format!("; it is {}, so nothing was restarted", self.machine.status()),
                AfterApply::Reload | AfterApply::Nothing => String::new(),
            };
            let message = format!("{}{rest}", laid.summary);
            return self.finish_configuring(Some(&laid.name), true, message);
        }
        self.configuring = Some(Configuring { principal, phase: Phase::Gated(laid) });
        self.restart_configured();
    }

    fn restart_configured(&mut self) {
        let (Some(active), Some(configuring)) = (&self.active, &self.configuring) else { return };
        let cause = Cause::Action { id: active.step.action, principal: configuring.principal.clone() };
        self.on(Event::Restart(cause));
    }

    /// Finishes the step, or takes it back, when the restart is over.
    pub(super) fn settle_configuring(&mut self) {
        let Some(configuring) = &self.configuring else { return };
        if configuring.is_laying() {
            return;
        }
        let Some(settled) = self.machine.settled(Operation::Restart) else { return };
        let Some(Configuring { principal, phase }) = self.configuring.take() else { return };
        match (phase, settled) {
            (Phase::Gated(laid), Ok(status)) => {
                laid.commit();
                self.finish_configuring(Some(&laid.name), true, format!("{}, {status} again", laid.summary));
            }
            (Phase::Gated(laid), Err(reason)) => {
                let back = laid.restore();
                let message = format!("it did not come up with the new files ({reason}); {back}");
                self.report_held(&laid.name);
                self.configuring = Some(Configuring { principal, phase: Phase::Back(message) });
                self.restart_configured();
                self.settle_configuring();
            }
            (Phase::Back(message), settled) => {
                let after = settled.map_or_else(
                    |reason| format!("it is not up with them either: {reason}"),
                    |status| format!("it is {status} with them"),
                );
                self.finish_configuring(None, false, format!("{message}, and {after}"));
            }
            (Phase::Laying(_), _) => {}
        }
    }

    fn finish_configuring(&mut self, name: Option<&str>, succeeded: bool, message: String) {
        if let Some(name) = name {
            self.report_held(name);
        }
        if let Some(active) = self.active.take() {
            self.shared.finish(active.step, StepOutcome { succeeded, message });
        }
        self.configuring = None;
    }

    fn report_held(&self, name: &str) {
        let application = self.unit.name.clone();
        let held = held(&self.shared.config.data_dir, &application, name);
        self.shared.ledger.append(Report::Configuration { application, name: name.to_owned(), held });
    }

    /// Finishes what an earlier agent began: what was half done is taken back.
    pub(super) fn resume_configuring(&mut self, step: StepId) {
        let outcome =
            match recover(&self.shared.config.data_dir, &self.unit.name, step) {
                None => Err("the agent was interrupted before the files were in place; nothing was changed"
                    .to_owned()),
                Some(Ok(revision)) => {
                    Ok(format!("revision {revision} is in place; the agent was interrupted meanwhile"))
                }
                Some(Err(back)) => Err(format!("the agent was interrupted; {back}")),
            };
        let restart = outcome.is_err() && self.machine.is_up();
        match outcome {
            Err(message) if restart && message.contains("are back") => {
                self.active = Some(ActiveStep {
                    step,
                    operation: Operation::Configure,
                    resumed: true,
                    deployment: None,
                });
                let principal = "the agent".to_owned();
                self.configuring = Some(Configuring { principal, phase: Phase::Back(message) });
                self.restart_configured();
            }
            Ok(message) => self.shared.finish(step, StepOutcome { succeeded: true, message }),
            Err(message) => self.shared.finish(step, StepOutcome { succeeded: false, message }),
        }
    }
}
