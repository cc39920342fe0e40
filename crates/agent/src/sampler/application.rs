//! Processor time and memory of each application: the sum over its processes.
//!
//! The scan of all processes finds who belongs to which application; between scans only those known are read.
//! A process belongs to an application when it is in its session or descends from its main process.

use crate::supervisor::{ApplicationView, ProcessRoot};
use std::collections::{BTreeMap, HashMap};
use topmast_model::catalogue;
use topmast_model::sample::SampleSink;
use topmast_probe::Machine;

/// Most processes counted of one application.
const PROCESSES_MAX: usize = 4_096;
/// Deepest line of descent that is followed.
const DESCENT_MAX: usize = 64;

/// The processes of all applications.
#[derive(Debug, Default)]
pub(crate) struct ApplicationProcesses {
    members: BTreeMap<String, Members>,
    /// Parent and session of every process, of the scan under way.
    scanned: HashMap<u32, (u32, u32)>,
}

/// What one process uses, in the units of a [`Machine`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProcessUse {
    /// Processor time of it and of the processes that it waited for.
    pub(crate) ticks: u64,
    /// Resident memory.
    pub(crate) pages: u64,
}

#[derive(Debug)]
struct Members {
    root: ProcessRoot,
    pids: Vec<u32>,
    /// Ticks of processes that ended and that no parent of the application has taken over.
    ended_ticks: u64,
    last_ticks: u64,
}

impl ApplicationProcesses {
    /// Takes note of a process during a scan of all.
    ///
    /// - `session`: 0 where the system has none.
    pub(crate) fn scanned(&mut self, pid: u32, parent: u32, session: u32) {
        self.scanned.insert(pid, (parent, session));
    }

    /// The scan is complete: finds the members of every application.
    pub(crate) fn assign(&mut self) {
        for members in self.members.values_mut() {
            members.pids.clear();
            let root = members.root;
            let belongs = |pid: &u32| {
                let session = self.scanned.get(pid).map(|(_, session)| *session);
                (session.is_some() && session == root.session) || descends(*pid, root.pid, &self.scanned)
            };
            members.pids.extend(self.scanned.keys().filter(|pid| belongs(pid)).take(PROCESSES_MAX));
            members.pids.sort_unstable();
        }
        self.scanned.clear();
    }

    /// Reads the members of every application and emits their sums.
    ///
    /// - `views`: the applications as they are now; one with a new main process starts with that alone.
    /// - `read`: reads one process, by its number; `None` when it is gone.
    pub(crate) fn sample<'a>(
        &mut self,
        views: impl Iterator<Item = &'a ApplicationView> + Clone,
        machine: Machine,
        mut read: impl FnMut(u32) -> Option<ProcessUse>,
        sink: &mut dyn SampleSink,
    ) {
        self.members.retain(|name, members| {
            views.clone().any(|view| view.name == *name && view.processes == Some(members.root))
        });
        for view in views {
            let name = [view.name.as_str()];
            sink.sample(catalogue::APPLICATION_RESTARTS_TOTAL, &name, f64::from(view.state.restarts));
            let Some(root) = view.processes else { continue };
            let members = self.members.entry(view.name.clone()).or_insert_with(|| Members {
                root,
                pids: vec![root.pid],
                ended_ticks: 0,
                last_ticks: 0,
            });
            let (mut ticks, mut pages, mut count) = (0_u64, 0_u64, 0_u32);
            for pid in &members.pids {
                let Some(used) = read(*pid) else { continue };
                ticks = ticks.saturating_add(used.ticks);
                pages = pages.saturating_add(used.pages);
                count += 1;
            }
            if count == 0 {
                continue;
            }
            // The counter must not fall when a process ends that nobody of the application waited for.
            members.ended_ticks += members.last_ticks.saturating_sub(ticks);
            members.last_ticks = ticks;
            let total = machine.seconds(ticks.saturating_add(members.ended_ticks));
            sink.sample(catalogue::APPLICATION_CPU_SECONDS, &name, total);
            sink.sample(catalogue::APPLICATION_MEMORY_BYTES, &name, machine.bytes(pages));
            sink.sample(catalogue::APPLICATION_PROCESSES_COUNT, &name, f64::from(count));
        }
    }
}

/// True when `root` is the process or an ancestor of it.
fn descends(pid: u32, root: u32, scanned: &HashMap<u32, (u32, u32)>) -> bool {
    let ancestors = std::iter::successors(Some(pid), |pid| scanned.get(pid).map(|(parent, _)| *parent));
    ancestors.take(DESCENT_MAX).take_while(|pid| *pid != 0).any(|pid| pid == root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descent_follows_parents_and_ends_in_a_circle() {
        let scanned = HashMap::from([
            (1, (0, 1)),
            (10, (1, 10)),
            (11, (10, 10)),
            (12, (11, 12)),
            (7, (8, 7)),
            (8, (7, 7)),
        ]);
        assert!(descends(12, 10, &scanned));
        assert!(descends(10, 10, &scanned));
        assert!(!descends(10, 12, &scanned));
        assert!(!descends(7, 10, &scanned));
    }
}
