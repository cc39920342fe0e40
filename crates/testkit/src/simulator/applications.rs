//! The applications of a simulated server: their states, the reports about them, the ledger.

use super::Options;
use std::collections::{HashSet, VecDeque};
use topmast_model::application::{ApplicationKind, ApplicationState, Desired, Operation};
use topmast_model::cause::Cause;
use topmast_model::id::{Epoch, StepId};
use topmast_model::path::ObjectPath;
use topmast_model::report::{NumberedReport, Report, StepOutcome};
use topmast_model::service::ServiceState;
use topmast_model::status::{ApplicationStatus, ServiceStatus};
use topmast_model::time::UnixMillis;
use topmast_wire::Execute;
use uuid::Uuid;

/// A step that a simulated agent did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoneStep {
    /// Where.
    pub server: ObjectPath,
    /// Which.
    pub step: StepId,
    /// On what.
    pub application: String,
    /// What.
    pub operation: Operation,
}

/// What became of an order.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// Done now; its reports are in the queue.
    Done,
    /// Done before, or no such application; its outcome is or was in the queue.
    Answered,
    /// From a master that is no longer the active one.
    Refused {
        /// The highest epoch seen.
        epoch: Epoch,
    },
}

/// What an agent keeps over its connections.
#[derive(Debug)]
pub(super) struct Applications {
    /// Identity of the data directory that a real agent would have.
    pub(super) instance: Uuid,
    states: Vec<ApplicationState>,
    ledger: HashSet<StepId>,
    epoch: Epoch,
    /// Reports that are not acknowledged, ascending by number (S-3).
    queue: VecDeque<NumberedReport>,
    last_number: u64,
}

impl Applications {
    pub(super) fn new(options: &Options) -> Self {
        let now = now();
        let state = ApplicationState {
            declared: None,
            kind: ApplicationKind::Process,
            status: ApplicationStatus::Started,
            desired: Desired::Started,
            package: None,
            version: Some("1.0.0".into()),
            pid: Some(1_000),
            http_port: None,
            restarts: 0,
            started_at: Some(now),
            since: now,
            cause: Cause::AgentStart,
        };
        let mut applications = Self {
            instance: Uuid::now_v7(),
            states: vec![state.clone(); options.applications],
            ledger: HashSet::new(),
            epoch: Epoch(0),
            queue: VecDeque::new(),
            last_number: 0,
        };
        for application in 0..options.applications {
            applications
                .report(Report::Application { name: application_name(application), state: state.clone() });
            for service in 0..options.services {
                applications.report(service_report(application, service, ServiceStatus::Started, Vec::new()));
            }
        }
        applications
    }

    /// Number of the newest report.
    pub(super) fn last_report(&self) -> u64 {
        self.last_number
    }

    /// Reports not acknowledged with a number above `sent`, in order.
    pub(super) fn pending(&self, sent: u64) -> Vec<NumberedReport> {
        let first = self.queue.partition_point(|report| report.number <= sent);
        self.queue.range(first..).cloned().collect()
    }

    /// Forgets what the master has. Returns how many reports that were.
    pub(super) fn acknowledged(&mut self, up_to: u64) -> usize {
        let count = self.queue.partition_point(|report| report.number <= up_to);
        self.queue.drain(..count);
        count
    }

    /// How many reports are not acknowledged.
    pub(super) fn unacknowledged(&self) -> usize {
        self.queue.len()
    }

    /// Changes a service; false when there is none.
    pub(super) fn change_service(
        &mut self,
        (application, service): (usize, usize),
        status: ServiceStatus,
        codes: Vec<String>,
        options: &Options,
    ) -> bool {
        let exists = application < self.states.len() && service < options.services;
        if exists {
            self.report(service_report(application, service, status, codes));
        }
        exists
    }

    /// Does what is ordered, at most once (S-2). A simulated application obeys at once.
    pub(super) fn execute(&mut self, order: &Execute) -> Taken {
        if order.epoch < self.epoch {
            return Taken::Refused { epoch: self.epoch };
        }
        self.epoch = order.epoch;
        if !self.ledger.insert(order.step) {
            return Taken::Answered;
        }
        let position =
            (0..self.states.len()).find(|position| application_name(*position) == order.application);
        let Some(position) = position else {
            let message = format!("there is no application {}", order.application);
            self.report(Report::StepFinished {
                step: order.step,
                outcome: StepOutcome { succeeded: false, message },
            });
            return Taken::Answered;
        };
        self.report(Report::StepStarted { step: order.step });
        let state = &mut self.states[position];
        let changed = obey(state, order);
        let message = format!("is {}{}", state.status, if changed { "" } else { " already" });
        if changed {
            let state = state.clone();
            self.report(Report::Application { name: order.application.clone(), state });
        }
        self.report(Report::StepFinished {
            step: order.step,
            outcome: StepOutcome { succeeded: true, message },
        });
        Taken::Done
    }

    fn report(&mut self, report: Report) {
        self.last_number += 1;
        self.queue.push_back(NumberedReport { number: self.last_number, report });
    }
}

/// Brings an application into the state ordered. False when it is there already.
fn obey(state: &mut ApplicationState, order: &Execute) -> bool {
    let runs = state.status == ApplicationStatus::Started;
    let run = order.operation != Operation::Stop;
    if order.operation != Operation::Restart && runs == run {
        return false;
    }
    let now = now();
    state.status = if run { ApplicationStatus::Started } else { ApplicationStatus::Stopped };
    state.desired = if run { Desired::Started } else { Desired::Stopped };
    state.pid = run.then(|| state.pid.map_or(1_000, |pid| pid + 1));
    state.started_at = run.then_some(now);
    state.restarts += u32::from(order.operation == Operation::Restart);
    state.since = now;
    state.cause = Cause::Action { id: order.step.action, principal: order.principal.clone() };
    true
}

fn service_report(application: usize, service: usize, status: ServiceStatus, codes: Vec<String>) -> Report {
    let state = ServiceState { status, codes, message: None, since: now() };
    Report::Service { application: application_name(application), name: service_name(service), state }
}

/// Name of the application at a position of every simulated server.
pub(super) fn application_name(position: usize) -> String {
    format!("app{position}")
}

/// Name of the service at a position of every simulated application.
pub(super) fn service_name(position: usize) -> String {
    format!("SERVICE{position}")
}

/// The time of day.
pub(super) fn now() -> UnixMillis {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_model::id::ActionId;

    fn order(number: u128, operation: Operation, epoch: u64) -> Execute {
        Execute {
            step: StepId { action: ActionId(Uuid::from_u128(number)), target: 0 },
            epoch: Epoch(epoch),
            operation,
            application: "app0".into(),
            principal: "user admin".into(),
            reason: None,
            expires_in_ms: 1_000,
            package: None,
            trust_keys: Vec::new(),
            configuration: None,
            custom: None,
        }
    }

    #[test]
    fn step_is_done_once_however_often_it_is_ordered() {
        // S-2
        let mut applications = Applications::new(&Options::default());
        let known = applications.last_report();
        assert_eq!(applications.execute(&order(1, Operation::Restart, 1)), Taken::Done);
        let after = applications.last_report();
        assert_eq!(after, known + 3); // started, application, finished
        assert_eq!(applications.execute(&order(1, Operation::Restart, 1)), Taken::Answered);
        assert_eq!(applications.last_report(), after);
    }

    #[test]
    fn order_of_an_older_master_is_refused() {
        let mut applications = Applications::new(&Options::default());
        assert_eq!(applications.execute(&order(1, Operation::Stop, 2)), Taken::Done);
        assert_eq!(applications.execute(&order(2, Operation::Start, 1)), Taken::Refused { epoch: Epoch(2) });
    }

    #[test]
    fn reports_stay_until_they_are_acknowledged() {
        // S-3
        let mut applications = Applications::new(&Options::default());
        assert_eq!(applications.pending(0).len(), 2);
        assert_eq!(applications.pending(1).len(), 1);
        assert_eq!(applications.acknowledged(1), 1);
        assert_eq!(applications.pending(0).iter().map(|report| report.number).collect::<Vec<_>>(), [2]);
        assert_eq!(applications.unacknowledged(), 1);
    }
}
