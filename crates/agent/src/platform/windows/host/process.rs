//! Processes: counted, and the few that use most.

use crate::platform::system::process::{OpenedProcess, all};
use crate::sampler::ApplicationProcesses;
use std::collections::HashMap;
use std::io;
use topmast_model::sample::SampleSink;
use topmast_probe::{ProcessRanking, ProcessReading, ProcessState};

/// Scans with what they keep from one to the next.
#[derive(Debug, Default)]
pub(super) struct Ranking(ProcessRanking);

impl Ranking {
    /// Reads every process; returns how many there are.
    ///
    /// Windows tells no state of a process, for its threads have one each; so all are `other`.
    pub(super) fn read(
        &mut self,
        applications: &mut ApplicationProcesses,
        sink: &mut dyn SampleSink,
    ) -> io::Result<u32> {
        let listed = all()?;
        let mut created = HashMap::with_capacity(listed.len());
        for process in &listed {
            // What is protected, or has ended meanwhile, is counted only.
            let opened = OpenedProcess::to_look(process.pid).ok();
            let times = opened.as_ref().and_then(|opened| opened.times().ok());
            created.insert(process.pid, times.map_or(0, |times| times.created));
            let used = times.map_or(0, |times| times.kernel + times.user);
            let resident = opened.and_then(|opened| opened.resident().ok()).unwrap_or(0);
            self.0.add(&ProcessReading {
                pid: process.pid,
                name: process.name.as_bytes(),
                state: ProcessState::Other,
                start: times.map_or(0, |times| times.created),
                cpu_seconds: super::MACHINE.seconds(used),
                resident_bytes: super::MACHINE.bytes(resident),
            });
        }
        for process in &listed {
            // A parent is older than its child, else its number has been given away since.
            let is_parent = created.get(&process.parent) <= created.get(&process.pid);
            applications.scanned(process.pid, if is_parent { process.parent } else { 0 }, 0);
        }
        self.0.finish(sink);
        applications.assign();
        Ok(u32::try_from(listed.len()).unwrap_or(u32::MAX))
    }
}
