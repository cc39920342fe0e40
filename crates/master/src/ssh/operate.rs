//! Steps of actions on servers that are read over ssh: the master itself carries them out.
//!
//! ```text
//! dispatcher ─► order ─► connect ─► look ─► StepStarted (durable) ─► command ─► look … ─► outcome
//! ```
//!
//! Invariants
//! - OP-1: at most once: a step is in the journal as begun before its command is, and one that is found begun is never
//!   run again. When the master went away in between, nobody can tell what became of it: it is UNKNOWN.
//! - OP-2: what was certainly not run is FAILED and says so; what may have been run and cannot be told is UNKNOWN.
//! - OP-3: every step ends within its time, and `OPERATING` are under way at most.
//!
//! A connection of its own, so that a reading that hangs and a step that does hold up neither.

use super::application::{defined, report, status_of};
use super::connect::Connection;
use super::exec;
use super::fault::{Fault, Quoted};
use super::reader;
use crate::dispatch;
use crate::http::Context;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;
use topmast_model::agentless::AgentlessApplication;
use topmast_model::application::{ApplicationState, Desired, Operation};
use topmast_model::cause::Cause;
use topmast_model::id::StepId;
use topmast_model::path::ObjectPath;
use topmast_model::report::{Report, StepOutcome};
use topmast_model::status::{ActionStatus, ApplicationStatus};
use topmast_probe::plan::Answer;
use topmast_probe::plan::application::{self, Ended, Seen};
use topmast_wire::Execute;

/// Time between two looks at an application that is on its way.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Time that the host has to end a command itself, before the master goes without its word.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

/// Carries out steps for as long as it is polled.
pub(crate) async fn run(context: Arc<Context>) {
    let mut orders = context.registry.orders();
    lose_begun(&context).await;
    dispatch::send_open(&context, None);
    let mut steps: JoinSet<StepId> = JoinSet::new();
    let mut under_way = BTreeSet::new();
    while let Some((server, execute)) = orders.recv().await {
        while let Some(ended) = steps.try_join_next() {
            if let Ok(step) = ended {
                under_way.remove(&step);
            }
        }
        // The dispatcher may say it twice.
        if under_way.insert(execute.step) {
            let context = Arc::clone(&context);
            steps.spawn(async move {
                let step = execute.step;
                Step { context, server, execute }.carry_out().await;
                step
            });
        }
    }
}

/// What an earlier master began is lost (OP-1).
async fn lose_begun(context: &Arc<Context>) {
    let lost: Vec<(ObjectPath, StepId)> = {
        let state = context.bus.state();
        let begun = state.open_steps(None).filter_map(|(id, action)| {
            let step = action.steps.get(id.target as usize)?;
            let server = step.target.ancestor(topmast_model::path::Level::Server)?;
            let is_ours = step.status == ActionStatus::Running && state.agentless().get(&server).is_some();
            is_ours.then_some((server, id))
        });
        begun.collect()
    };
    for (server, step) in lost {
        let message = "the master ended while it ran this over ssh; it may have been done".to_owned();
        if let Err(error) = report(context, &server, vec![Report::StepLost { step, message }]).await {
            tracing::warn!(%server, %step, %error, "a lost step is not in the journal; it will expire");
        }
    }
}

/// How a step ended.
enum End {
    Succeeded(String),
    Failed(String),
    /// It may have been done (OP-2).
    Lost(String),
    /// Nothing was done and nothing is to be said: the master stops, or the step is not open any more.
    Left,
}

impl End {
    fn not_run(reason: impl std::fmt::Display) -> Self {
        Self::Failed(format!("nothing was run: {reason}"))
    }
}

/// A step that was ordered.
struct Step {
    context: Arc<Context>,
    server: ObjectPath,
    execute: Execute,
}

impl Step {
    async fn carry_out(self) {
        let end = Instant::now() + Duration::from_millis(self.execute.expires_in_ms);
        let Ok(_turn) = self.context.readers.operating.acquire().await else { return };
        if self.status() != Some(ActionStatus::Pending) {
            return;
        }
        let step = self.execute.step;
        let outcome =
            |succeeded, message| Report::StepFinished { step, outcome: StepOutcome { succeeded, message } };
        let report = match self.run(end).await {
            End::Succeeded(message) => outcome(true, message),
            End::Failed(message) => outcome(false, message),
            End::Lost(message) => Report::StepLost { step, message },
            End::Left => return,
        };
        self.tell(vec![report]).await;
    }

    async fn run(&self, end: Instant) -> End {
        let (host, application) = {
            let state = self.context.bus.state();
            let host = state.agentless().get(&self.server).cloned();
            (host, defined(&state, &self.server, &self.execute.application))
        };
        let (Some(host), Some(application)) = (host, application) else {
            return End::not_run(format!(
                "{} is not defined on {} any more",
                self.execute.application, self.server
            ));
        };
        let commands = match commands(&application, self.execute.operation) {
            Ok(commands) => commands,
            Err(field) => return End::not_run(format!("it has no {field}")),
        };
        let connection = match reader::open(&self.context, &self.server, &host).await {
            Ok(connection) => connection,
            Err(Fault::Stopping) => return End::Left,
            Err(fault) => return End::not_run(fault),
        };
        let ended = self.on(&connection, &application, &commands, end).await;
        // A peer that hangs is not waited for.
        tokio::spawn(connection.close());
        ended
    }

    async fn on(
        &self,
        connection: &Connection,
        application: &AgentlessApplication,
        commands: &[Command<'_>],
        end: Instant,
    ) -> End {
        let before = match look(connection, application).await {
            Ok(seen) => seen,
            Err(reason) => return End::not_run(reason),
        };
        let wanted = wanted(self.execute.operation);
        let (status, cause) = status_of(&before);
        if status == wanted && self.execute.operation != Operation::Restart {
            self.tell_state(application, status, cause).await;
            return End::Succeeded(format!("{status} already, nothing was run"));
        }
        if !self.begin(application, end).await {
            return End::Left;
        }
        for command in commands {
            // What does not run is not stopped before it is started.
            if command.is_stop && self.execute.operation == Operation::Restart && before == Seen::Stopped {
                continue;
            }
            let seconds = application.command_timeout_s.min(seconds_until(end));
            let ended = match execute(connection, command.text, seconds).await {
                Ok(ended) => ended,
                Err(reason) => return End::Lost(format!("{} may have been run: {reason}", command.what)),
            };
            if ended.code != Some(0) {
                let message = ended.in_words(command.what, seconds);
                if let Ok(seen) = look(connection, application).await {
                    let (status, _) = status_of(&seen);
                    self.tell_state(application, status, failure(command, &message)).await;
                }
                return End::Failed(message);
            }
            let until = if command.is_stop { ApplicationStatus::Stopped } else { ApplicationStatus::Started };
            if let Err(end) = self.wait(connection, application, command.what, until, end).await {
                return end;
            }
        }
        End::Succeeded(wanted.to_string())
    }

    /// Waits until the application is as a command was to make it.
    async fn wait(
        &self,
        connection: &Connection,
        application: &AgentlessApplication,
        what: &str,
        until: ApplicationStatus,
        end: Instant,
    ) -> Result<(), End> {
        let last = end.min(Instant::now() + Duration::from_secs(application.command_timeout_s));
        loop {
            let seen = look(connection, application).await.map_err(|reason| {
                End::Lost(format!("{what} was run, and then it could not be looked at: {reason}"))
            })?;
            let (status, cause) = status_of(&seen);
            if status == until {
                self.tell_state(application, status, self.cause()).await;
                return Ok(());
            }
            if Instant::now() + LOOK_EVERY >= last {
                let message = format!("{what} ended well, and the application is {status} still: {cause}");
                self.tell_state(application, status, cause).await;
                return Err(End::Failed(message));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Writes down that the step begins; true when it is this one that may (OP-1).
    async fn begin(&self, application: &AgentlessApplication, end: Instant) -> bool {
        if self.status() != Some(ActionStatus::Pending) || Instant::now() >= end {
            return false;
        }
        let status = match self.execute.operation {
            Operation::Stop => ApplicationStatus::Stopping,
            _ => ApplicationStatus::Starting,
        };
        let mut reports = vec![Report::StepStarted { step: self.execute.step }];
        reports.extend(self.state(application, status, self.cause()));
        self.tell(reports).await && self.status() == Some(ActionStatus::Running)
    }

    fn cause(&self) -> Cause {
        Cause::Action { id: self.execute.step.action, principal: self.execute.principal.clone() }
    }

    async fn tell_state(&self, application: &AgentlessApplication, status: ApplicationStatus, cause: Cause) {
        let report = self.state(application, status, cause);
        if let Some(report) = report {
            self.tell(vec![report]).await;
        }
    }

    /// The application's state from now on; what was asked for is what is wanted.
    fn state(
        &self,
        application: &AgentlessApplication,
        status: ApplicationStatus,
        cause: Cause,
    ) -> Option<Report> {
        let path = self.server.join(&application.name).ok()?;
        let kept = self.context.bus.state().applications().get(&path).cloned()?;
        let now = self.context.bus.clock().now();
        let desired = match self.execute.operation {
            Operation::Stop => Desired::Stopped,
            _ => Desired::Started,
        };
        let state = if kept.status == status && !matches!(kept.cause, Cause::Unit { .. }) {
            ApplicationState { desired, ..kept }
        } else {
            let started_at = (status == ApplicationStatus::Started).then_some(now);
            ApplicationState { status, cause, desired, since: now, started_at, ..kept }
        };
        Some(Report::Application { name: application.name.clone(), state })
    }

    /// Submits; false when the journal did not take it.
    async fn tell(&self, reports: Vec<Report>) -> bool {
        let told = report(&self.context, &self.server, reports).await;
        if let Err(error) = &told {
            tracing::warn!(server = %self.server, step = %self.execute.step, %error, "not in the journal");
        }
        told.is_ok()
    }

    fn status(&self) -> Option<ActionStatus> {
        let state = self.context.bus.state();
        let StepId { action, target } = self.execute.step;
        state.action(action)?.steps.get(target as usize).map(|step| step.status)
    }
}

/// A command of a step.
struct Command<'a> {
    what: &'static str,
    text: &'a str,
    is_stop: bool,
}

/// The commands of an operation, or the field that is missing.
fn commands<'a>(
    application: &'a AgentlessApplication,
    operation: Operation,
) -> Result<Vec<Command<'a>>, &'static str> {
    let command = |what, text: &'a Option<String>, field, is_stop| match text {
        Some(text) => Ok(Command { what, text, is_stop }),
        None => Err(field),
    };
    let start = || command("the start command", &application.start_command, "start_command", false);
    let stop = || command("the stop command", &application.stop_command, "stop_command", true);
    match (operation, &application.restart_command) {
        (Operation::Start, _) => Ok(vec![start()?]),
        (Operation::Stop, _) => Ok(vec![stop()?]),
        (Operation::Restart, Some(text)) => {
            Ok(vec![Command { what: "the restart command", text, is_stop: false }])
        }
        (Operation::Restart, None) => Ok(vec![stop()?, start()?]),
        // The engine refuses them of servers without an agent.
        _ => Err("agent that could do it"),
    }
}

fn failure(command: &Command<'_>, message: &str) -> Cause {
    let message = message.to_owned();
    if command.is_stop { Cause::Observed { message } } else { Cause::StartFailed { message } }
}

const fn wanted(operation: Operation) -> ApplicationStatus {
    match operation {
        Operation::Stop => ApplicationStatus::Stopped,
        _ => ApplicationStatus::Started,
    }
}

fn seconds_until(end: Instant) -> u64 {
    end.saturating_duration_since(Instant::now()).as_secs().max(1)
}

async fn look(connection: &Connection, application: &AgentlessApplication) -> Result<Seen, String> {
    let ended = execute(connection, &application.status_command, application.status_timeout_s).await?;
    Ok(application::understood(application, &ended))
}

/// Runs one command to its end.
///
/// # Errors
/// Why it is not known how it ended; when it was not begun, nothing was run.
async fn execute(connection: &Connection, command: &str, seconds: u64) -> Result<Ended, String> {
    let within = Duration::from_secs(seconds) + ENDS_WITHIN;
    let output = exec::script(connection, application::single(command, seconds), within)
        .await
        .map_err(|fault| fault.to_string())?;
    let answer = Answer::of(&output.text);
    if let Some(ended) = application::ended(&answer) {
        return Ok(ended);
    }
    if !application::is_begun(&answer) {
        let said = Quoted::of([&output.errors, &output.text]);
        return Err(format!("the account gives no shell that runs commands; it says {said}"));
    }
    if output.is_late {
        return Err(format!(
            "it did not end within {} s and cannot be ended by this account",
            within.as_secs()
        ));
    }
    Err("the answer ends in the middle".to_owned())
}
