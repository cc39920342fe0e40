//! Reports: from an agent's numbered reports to facts, each once (E-6).
//!
//! A report that cannot be taken as it stands (a wrong name, a service of an
//! application never reported, an object over a bound) is left out, counted as
//! received and shown among the server's unit problems: refusing it would wedge
//! every report behind it.

use crate::action::Ledger;
use crate::configuration::{self, Configurations};
use crate::overlay::Overlay;
use crate::server::Server;
use crate::{Rejection, State, agent, agentless, application, service, task, text};
use std::collections::BTreeMap;
use topmast_model::application::ApplicationState;
use topmast_model::command::REPORTS_MAX;
use topmast_model::configuration::Held;
use topmast_model::event::EventBody;
use topmast_model::path::ObjectPath;
use topmast_model::report::{NumberedReport, Report};
use topmast_model::service::ServiceState;
use topmast_model::task::TaskState;
use uuid::Uuid;

/// Most applications kept of one server.
pub const APPLICATIONS_MAX: usize = 1_000;
/// Most services kept of one server.
pub const SERVICES_MAX: usize = 10_000;
/// Most tasks kept of one server.
pub const TASKS_MAX: usize = 10_000;
/// Most refused unit files kept of one server.
const UNIT_PROBLEMS_MAX: usize = 1_000;
/// The name among [`Server::unit_problems`] under which reports left out are shown. Not a file name.
pub const REPORT_PROBLEMS: &str = "(reports)";

/// Decides `ReportFacts`.
pub(crate) fn receive(
    state: &State,
    server: &ObjectPath,
    instance: Uuid,
    reports: &[NumberedReport],
) -> Result<Vec<EventBody>, Rejection> {
    check_count(reports.len())?;
    let kept = registered(state, server, instance)?;
    let mut batch = Batch::new(state, server, kept);
    let mut last = kept.received;
    for NumberedReport { number, report } in reports {
        if *number <= last {
            continue;
        }
        if *number - last != 1 {
            return Err(Rejection::invalid(
                "reports",
                format!("number {number} comes after {last}; send again from {} on", last + 1),
            ));
        }
        last = *number;
        batch.take(report);
    }
    if last > kept.received {
        batch.facts.push(EventBody::ReportsReceived { server: server.clone(), up_to: last });
    }
    Ok(batch.facts)
}

/// Decides `SkipReports`: numbers go on behind reports that nobody has any more, and the server's problems say so.
pub(crate) fn skip(
    state: &State,
    server: &ObjectPath,
    instance: Uuid,
    up_to: u64,
) -> Result<Vec<EventBody>, Rejection> {
    let kept = registered(state, server, instance)?;
    if up_to <= kept.received {
        return Ok(Vec::new());
    }
    let mut batch = Batch::new(state, server, kept);
    let first = kept.received + 1;
    batch.refuse(
        REPORT_PROBLEMS,
        &format!(
            "reports {first} to {up_to} are lost: the journal was restored to an earlier point or lost records, and the agent has them no more; it reports all that is anew"
        ),
    );
    batch.facts.push(EventBody::ReportsReceived { server: server.clone(), up_to });
    Ok(batch.facts)
}

/// Decides `ReportOverSsh`. What is told of an application that is not defined any more is passed over: it was seen
/// while somebody took it away.
pub(crate) fn receive_over_ssh(
    state: &State,
    server: &ObjectPath,
    reports: &[Report],
) -> Result<Vec<EventBody>, Rejection> {
    check_count(reports.len())?;
    agentless::check_added(state, server)?;
    let kept = state.servers.get(server).ok_or_else(|| Rejection::no_server(server))?;
    let mut batch = Batch::new(state, server, kept);
    let stands = |report: &&Report| match report {
        Report::Application { name, .. } => agentless::is_defined(state, server, name),
        _ => true,
    };
    reports.iter().filter(stands).for_each(|report| batch.take(report));
    Ok(batch.facts)
}

fn check_count(count: usize) -> Result<(), Rejection> {
    if count > REPORTS_MAX {
        return Err(Rejection::invalid(
            "reports",
            format!("{count} are too many; send at most {REPORTS_MAX} at once"),
        ));
    }
    Ok(())
}

/// The server, when this instance of its agent registered it last.
fn registered<'a>(state: &'a State, server: &ObjectPath, instance: Uuid) -> Result<&'a Server, Rejection> {
    agent::check_admitted(state, server)?;
    let kept = state.servers.get(server).filter(|kept| kept.registration.instance == instance);
    kept.ok_or_else(|| not_registered(server))
}

fn not_registered(server: &ObjectPath) -> Rejection {
    Rejection::conflict(format!("this instance of the agent of {server} has not registered; register first"))
}

/// One batch under way: what is kept, with the facts decided so far on top.
pub(crate) struct Batch<'a> {
    pub(crate) server: &'a ObjectPath,
    pub(crate) applications: Overlay<'a, ApplicationState>,
    pub(crate) services: Overlay<'a, ServiceState>,
    pub(crate) tasks: Overlay<'a, TaskState>,
    pub(crate) configurations: &'a Configurations,
    /// What of configurations was told in this batch, by application and name.
    pub(crate) held: BTreeMap<(ObjectPath, String), Held>,
    pub(crate) facts: Vec<EventBody>,
    ledger: Ledger<'a>,
    problems: BTreeMap<String, String>,
}

impl<'a> Batch<'a> {
    fn new(state: &'a State, server: &'a ObjectPath, kept: &'a Server) -> Self {
        Self {
            server,
            applications: Overlay::new(&state.applications, server),
            services: Overlay::new(&state.services, server),
            tasks: Overlay::new(&state.tasks, server),
            configurations: &state.configurations,
            held: BTreeMap::new(),
            facts: Vec::new(),
            ledger: Ledger::new(&state.actions),
            problems: kept.unit_problems.clone(),
        }
    }

    fn take(&mut self, report: &Report) {
        match report {
            Report::Application { name, state } => application::report(self, name, state),
            Report::ApplicationGone { name } => application::report_gone(self, name),
            Report::Service { application, name, state } => service::report(self, application, name, state),
            Report::ServiceGone { application, name } => service::report_gone(self, application, name),
            Report::Task { application, name, state } => task::report(self, application, name, state),
            Report::TaskGone { application, name } => task::report_gone(self, application, name),
            Report::UnitFile { file, problem: Some(problem) } => self.refuse(&text::clip(file), problem),
            Report::UnitFile { file, problem: None } => self.accept(&text::clip(file)),
            Report::Configuration { application, name, held } => {
                configuration::report(self, application, name, held);
            }
            Report::StepStarted { step } => self.ledger.start(*step, self.server, &mut self.facts),
            Report::StepFinished { step, outcome } => {
                self.ledger.finish(*step, self.server, outcome, &mut self.facts);
            }
            Report::StepLost { step, message } => {
                self.ledger.lose(*step, self.server, message, &mut self.facts);
            }
            // `Report` may grow; the agent protocol's version keeps unknown kinds away from here.
            _ => self.leave_out("a report of a kind that this master does not know"),
        }
    }

    /// The path of an application on this server, if the name is one.
    pub(crate) fn application_path(&mut self, name: &str) -> Option<ObjectPath> {
        let path = self.server.join(name);
        path.map_err(|error| self.leave_out(&error.to_string())).ok()
    }

    /// The path of a service or task in an application that was reported, if the name is one.
    pub(crate) fn inner_path(&mut self, application: &str, name: &str) -> Option<ObjectPath> {
        let outer = self.application_path(application)?;
        if self.applications.get(&outer).is_none() {
            self.leave_out(&format!("{name:?} belongs to {application:?}, which was never reported"));
            return None;
        }
        outer.join(name).map_err(|error| self.leave_out(&error.to_string())).ok()
    }

    /// Makes visible that a report was left out.
    pub(crate) fn leave_out(&mut self, problem: &str) {
        self.refuse(REPORT_PROBLEMS, &format!("left out: {problem}"));
    }

    fn refuse(&mut self, file: &str, problem: &str) {
        let problem = text::clip(problem);
        let full = self.problems.len() >= UNIT_PROBLEMS_MAX && file != REPORT_PROBLEMS;
        match self.problems.get(file) {
            Some(kept) if *kept == problem => return,
            None if full => {
                return self.leave_out(&format!("more than {UNIT_PROBLEMS_MAX} refused unit files"));
            }
            _ => {}
        }
        self.problems.insert(file.to_owned(), problem.clone());
        let server = self.server.clone();
        self.facts.push(EventBody::UnitFileRefused { server, file: file.to_owned(), problem });
    }

    fn accept(&mut self, file: &str) {
        if self.problems.remove(file).is_some() {
            let server = self.server.clone();
            self.facts.push(EventBody::UnitFileAccepted { server, file: file.to_owned() });
        }
    }
}

#[cfg(test)]
mod tests;
