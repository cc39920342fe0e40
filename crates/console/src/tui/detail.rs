//! Everything known of one object, as the pane shows it.

use super::row::Key;
use std::collections::BTreeMap;
use topmast_api::action::Action;
use topmast_api::application::ApplicationDetails;
use topmast_api::chart::Chart;
use topmast_api::event::Event;
use topmast_api::fleet_problem::ProblemDetails;
use topmast_api::query::{InstantSeries, QueryResult};
use topmast_api::server::ServerDetails;
use topmast_api::service::ServiceDetails;
use topmast_api::task::TaskRow;
use topmast_api::time::Timestamp;

/// Processes shown: those that matter, on a screen with everything else.
pub(super) const PROCESSES_MAX: usize = 10;

/// What the object says of itself.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Facts {
    /// A server.
    Server(Box<ServerDetails>),
    /// An application.
    Application(Box<ApplicationDetails>),
    /// A service.
    Service(Box<ServiceDetails>),
    /// A task.
    Task(Box<TaskRow>),
    /// An action.
    Action(Box<Action>),
    /// A problem.
    Problem(Box<ProblemDetails>),
}

/// One process of a server.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Process {
    /// Its number.
    pub(super) pid: String,
    /// Its name.
    pub(super) name: String,
    /// Processor time; 100 is one processor.
    pub(super) cpu_pct: Option<f64>,
    /// Resident memory.
    pub(super) memory_bytes: Option<f64>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Detail {
    /// Facts and figures.
    pub(super) facts: Facts,
    /// How the figures went.
    pub(super) chart: Option<Chart>,
    /// The last events, the newest first.
    pub(super) events: Vec<Event>,
    /// Those that use most, of a server.
    pub(super) processes: Vec<Process>,
}

/// The pane.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pane {
    /// Of what.
    pub(super) key: Key,
    /// Lines above the screen.
    pub(super) scroll: usize,
    /// What came.
    pub(super) detail: Option<Box<Detail>>,
    /// When it came.
    pub(super) received: Option<Timestamp>,
    /// Why nothing comes now.
    pub(super) trouble: Option<String>,
}

impl Pane {
    /// A pane of which nothing is known yet.
    pub(super) const fn new(key: Key) -> Self {
        Self { key, scroll: 0, detail: None, received: None, trouble: None }
    }
}

/// Joins what two queries say of processes; those that use most processor first, then most memory.
///
/// - `seconds`: seconds of processor time a second.
pub(super) fn processes(seconds: QueryResult, bytes: QueryResult) -> Vec<Process> {
    let mut found: BTreeMap<(String, String), Process> = BTreeMap::new();
    let mut put = |result: QueryResult, set: fn(&mut Process, f64)| {
        let QueryResult::Vector(series) = result else { return };
        for InstantSeries { metric, value } in series {
            let label = |name: &str| metric.get(name).cloned().unwrap_or_default();
            let (pid, name) = (label("pid"), label("name"));
            let known = found.entry((pid.clone(), name.clone()));
            let process = known.or_insert(Process { pid, name, cpu_pct: None, memory_bytes: None });
            set(process, value.1.0);
        }
    };
    put(seconds, |process, value| process.cpu_pct = Some(value * 100.0));
    put(bytes, |process, value| process.memory_bytes = Some(value));
    let mut processes: Vec<Process> = found.into_values().collect();
    let use_of = |process: &Process| (process.cpu_pct.unwrap_or(0.0), process.memory_bytes.unwrap_or(0.0));
    processes.sort_by(|left, right| {
        let ((cpu, memory), (other_cpu, other_memory)) = (use_of(left), use_of(right));
        other_cpu.total_cmp(&cpu).then(other_memory.total_cmp(&memory))
    });
    processes.truncate(PROCESSES_MAX);
    processes
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_api::query::Point;

    #[test]
    fn processes_are_joined_and_the_busiest_first() {
        let series = |name: &str, pid: &str, value| InstantSeries {
            metric: [("name".to_owned(), name.to_owned()), ("pid".to_owned(), pid.to_owned())].into(),
            value: Point::new(0, value),
        };
        let seconds = QueryResult::Vector(vec![series("idle", "1", 0.0), series("busy", "2", 0.5)]);
        let bytes = QueryResult::Vector(vec![series("idle", "1", 2_048.0), series("large", "3", 4_096.0)]);
        let names: Vec<(String, Option<f64>, Option<f64>)> = processes(seconds, bytes)
            .into_iter()
            .map(|process| (process.name, process.cpu_pct, process.memory_bytes))
            .collect();
        assert_eq!(
            names,
            [
                ("busy".to_owned(), Some(50.0), None),
                ("large".to_owned(), None, Some(4_096.0)),
                ("idle".to_owned(), Some(0.0), Some(2_048.0)),
            ]
        );
    }
}
