//! An application's beginning: what was remembered, what still runs, and which of the two is right.
//!
//! | remembered | found | then |
//! |---|---|---|
//! | a run | its process, or one with its marker | adopted; stopped if that was asked for |
//! | running, this boot | nothing | ended meanwhile: the restart policy decides |
//! | to be STARTED, an earlier boot | nothing | started |
//! | QUARANTINED | nothing | stays so |
//! | a step begun and not finished | | finished by what is found; nothing is repeated |

use super::Shared;
use super::application::{ActiveStep, Application, Driver, Message};
use super::machine::{Event, Machine, Rules};
use super::observed::{Seen, look};
use super::process::ProcessRun;
use super::record::{Launch, Record};
use super::shared::wall;
use crate::ledger::UnfinishedStep;
use crate::platform::family::{boot_id, markers};
use crate::unit::{RestartPolicy, Unit};
use std::sync::Arc;
use tokio::sync::mpsc;
use topmast_model::application::{ApplicationKind, Desired, Operation};
use topmast_model::cause::Cause;
use topmast_model::report::StepOutcome;
use topmast_model::status::ApplicationStatus;

/// Makes an application's task state as it should be now, with the first events taken in.
pub(super) async fn recover(
    shared: Arc<Shared>,
    unit: Arc<Unit>,
    unfinished: Option<UnfinishedStep>,
    messages: mpsc::Receiver<Message>,
) -> Application {
    let remembered = Record::load(&shared.record_path(&unit.name));
    let known = remembered.is_some();
    let boot = boot_id();
    let record = remembered.unwrap_or_else(|| Record {
        desired: None,
        status: ApplicationStatus::Stopped,
        since: wall(),
        cause: Cause::Unit { message: "the unit file appeared".to_owned() },
        restarts: 0,
        window: Vec::new(),
        step: None,
        run: None,
        boot_id: boot.clone(),
    });
    let same_boot = record.boot_id == boot;
    let desired = record.desired.unwrap_or(if unit.autostart { Desired::Started } else { Desired::Stopped });
    let (now, today) = (shared.now(), wall());
    // A clock that was set back makes restarts seem to lie ahead; they count as just now.
    let age = |time: i64| today.0.saturating_sub(time).max(0);
    let window = record.window.iter().map(|time| now.saturating_sub(age(time.0))).collect();
    let machine = Machine::restored(
        Rules::of(&unit),
        desired,
        record.status,
        record.cause.clone(),
        window,
        record.restarts,
    );
    let was_up = matches!(
        record.status,
        ApplicationStatus::Starting
            | ApplicationStatus::Started
            | ApplicationStatus::Stopping
            | ApplicationStatus::Unknown
    );
    let mut application = Application::new(shared, unit, machine, record, messages);
    let found = application.find().await;
    match found {
        Found::Running(cause) => application.on(Event::Adopted(cause)),
        Found::Unclear(cause) => application.on(Event::Unclear(cause)),
        Found::Nothing => {
            let launched = application.record.run.as_ref().is_some_and(|run| run.process.is_some());
            let retries = application.unit.restart.policy != RestartPolicy::Never;
            if desired == Desired::Started && same_boot && was_up && launched {
                let cause = Cause::Unattended;
                application.on(Event::Adopted(cause.clone()));
                application.on(Event::Ended { cause, clean: false });
            } else if desired == Desired::Started
                && (!known
                    || !same_boot
                    || was_up
                    || (retries && application.machine.status() == ApplicationStatus::Failed))
            {
                application.on(Event::Boot(Cause::AgentStart));
            }
        }
    }
    if let Some(unfinished) = unfinished {
        application.resume(&unfinished);
    }
    application
}

enum Found {
    Running(Cause),
    Nothing,
    Unclear(Cause),
}

impl Application {
    /// Looks for what runs of it.
    async fn find(&mut self) -> Found {
        if self.unit.kind() != ApplicationKind::Process {
            return match look(&self.unit).await {
                Seen::Running { .. } | Seen::Changing => {
                    Found::Running(Cause::Observed { message: "found running".to_owned() })
                }
                Seen::Stopped { .. } => Found::Nothing,
                Seen::Unclear { message } => Found::Unclear(Cause::Observed { message }),
            };
        }
        let remembered = self.record.run.clone().filter(|_| self.record.boot_id == boot_id());
        let run = remembered
            .as_ref()
            .and_then(|launch| ProcessRun::adopt(&launch.marker, launch.process, launch.session));
        let (run, launch) = if let (Some(run), Some(launch)) = (run, remembered) {
            (run, launch)
        } else {
            // The record may not have come to disk; the marker is in the process itself.
            let found = markers(&self.shared.marker_prefix(&self.unit.name));
            let Some((_, marker)) = found.into_iter().min_by_key(|(process, _)| *process) else {
                return Found::Nothing;
            };
            let Some(run) = ProcessRun::adopt(&marker, None, None) else { return Found::Nothing };
            (run, Launch { marker, process: None, session: None, started_at: wall(), step: None })
        };
        let pid = run.main().pid;
        self.record.run = Some(Launch { process: Some(run.main()), session: run.session(), ..launch });
        self.driver = Driver::Process(Some(Box::new(run)));
        Found::Running(Cause::Adopted { pid })
    }

    /// Finishes what an earlier agent began, by what is found now.
    fn resume(&mut self, unfinished: &UnfinishedStep) {
        let UnfinishedStep { step, operation, .. } = *unfinished;
        if operation.is_deployment() {
            return self.resume_deployment(step, operation);
        }
        if operation == Operation::Configure {
            return self.resume_configuring(step);
        }
        if operation == Operation::Act {
            return self.resume_acting(step);
        }
        let failed = |message: &str| StepOutcome { succeeded: false, message: message.to_owned() };
        if self.record.step != Some(step) {
            let message = "the agent was interrupted before it began; nothing was done";
            return self.shared.finish(step, failed(message));
        }
        let launched_by = self.record.run.as_ref().and_then(|run| run.step);
        if operation == Operation::Restart && self.machine.is_up() && launched_by != Some(step) {
            let message =
                "the agent was interrupted before the restart; nothing was repeated, what ran before runs on";
            return self.shared.finish(step, failed(message));
        }
        self.active = Some(ActiveStep { step, operation, resumed: true, deployment: None });
    }
}
