//! Counting processes by state, and finding the few that use most processor or memory.
//!
//! A scan is one [`ProcessRanking::add`] for each process and then one
//! [`ProcessRanking::finish`]. Processor use is ranked by the time used since
//! the scan before, so the first scan ranks by memory alone.
//!
//! The top processes are few on purpose: each is two series, and a list that
//! changes makes new ones all the time.

use topmast_model::catalogue::{
    HOST_PROBE_SKIPPED_COUNT, HOST_PROCESS_CPU_SECONDS, HOST_PROCESS_MEMORY_BYTES, HOST_PROCESSES_COUNT,
};
use topmast_model::sample::SampleSink;

/// How many processes are emitted for processor use, and again for memory.
pub const TOP_PROCESSES: usize = 10;

/// Processes remembered from scan to scan; 24 bytes each, twice: 1.5 MiB at the most. The rest is counted only.
const MAX_RANKED: usize = 32_768;

/// The shortest time between two scans, in seconds.
pub(crate) const SHORTEST_SCAN_PERIOD: u32 = 5;

/// Processes that one second of waiting pays for: listing, opening, reading and parsing one takes
/// some 9 µs (measured), and a quarter of the agent's 3 ms a second may go here.
const PROCESSES_A_SECOND: u32 = 90;

/// Seconds from one scan to the next on a host with so many processes: 5 up to 450 processes, 12 at 1,000.
pub const fn scan_period(processes: u32) -> u32 {
    let paid = processes.div_ceil(PROCESSES_A_SECOND);
    if paid > SHORTEST_SCAN_PERIOD { paid } else { SHORTEST_SCAN_PERIOD }
}

/// What a process is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessState {
    /// Running, or ready to run.
    Running,
    /// Waiting, and can be interrupted.
    Sleeping,
    /// Waiting for a disk or a driver; cannot be interrupted.
    Blocked,
    /// Halted by a signal or a debugger.
    Stopped,
    /// Ended, but its parent has not asked how.
    Zombie,
    /// A kernel thread without work.
    Idle,
    /// Anything else, e.g. being destroyed.
    Other,
}

impl ProcessState {
    const ALL: [Self; 7] =
        [Self::Running, Self::Sleeping, Self::Blocked, Self::Stopped, Self::Zombie, Self::Idle, Self::Other];

    /// The label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Sleeping => "sleeping",
            Self::Blocked => "blocked",
            Self::Stopped => "stopped",
            Self::Zombie => "zombie",
            Self::Idle => "idle",
            Self::Other => "other",
        }
    }
}

/// One process as one scan saw it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProcessReading<'a> {
    /// Its number.
    pub pid: u32,
    /// The operating system's short name of it; any bytes.
    pub name: &'a [u8],
    /// What it is doing.
    pub state: ProcessState,
    /// When it started, in the operating system's own unit: the same pid and start mean the same process.
    pub start: u64,
    /// Processor time used since its start, in seconds.
    pub cpu_seconds: f64,
    /// Resident memory, in bytes.
    pub resident_bytes: f64,
}

/// One process's place in the scan before.
#[derive(Debug, Clone, Copy)]
struct Seen {
    pid: u32,
    start: u64,
    cpu_seconds: f64,
}

/// A process that may be among the top ones.
#[derive(Debug)]
struct Candidate {
    weight: f64,
    pid: u32,
    name: String,
    cpu_seconds: f64,
    resident_bytes: f64,
}

/// Gathers a scan of all processes; keeps what the next scan needs for comparison.
#[derive(Debug, Default)]
pub struct ProcessRanking {
    /// The scan before, ascending by pid; `None` before the first one.
    previous: Option<Vec<Seen>>,
    current: Vec<Seen>,
    states: [u32; ProcessState::ALL.len()],
    skipped: u32,
    by_cpu: Vec<Candidate>,
    by_memory: Vec<Candidate>,
}

impl ProcessRanking {
    /// Takes one process of the scan under way.
    pub fn add(&mut self, reading: &ProcessReading<'_>) {
        for (count, state) in self.states.iter_mut().zip(ProcessState::ALL) {
            *count += u32::from(state == reading.state);
        }
        if self.current.len() >= MAX_RANKED {
            self.skipped = self.skipped.saturating_add(1);
            return;
        }
        let ProcessReading { pid, start, cpu_seconds, resident_bytes, .. } = *reading;
        self.current.push(Seen { pid, start, cpu_seconds });
        if let Some(previous) = &self.previous {
            let before = previous
                .binary_search_by_key(&pid, |seen| seen.pid)
                .ok()
                .and_then(|at| previous.get(at))
                .filter(|seen| seen.start == start)
                // A process that was not there used all its time since.
                .map_or(0.0, |seen| seen.cpu_seconds);
            offer(&mut self.by_cpu, cpu_seconds - before, reading);
        }
        offer(&mut self.by_memory, resident_bytes, reading);
    }

    /// Emits the scan's samples and makes ready for the next scan.
    pub fn finish(&mut self, sink: &mut dyn SampleSink) {
        for (count, state) in self.states.iter_mut().zip(ProcessState::ALL) {
            sink.sample(HOST_PROCESSES_COUNT, &[state.as_str()], f64::from(*count));
            *count = 0;
        }
        for candidate in &self.by_cpu {
            emit(candidate, sink);
        }
        for candidate in &self.by_memory {
            if self.by_cpu.iter().all(|other| other.pid != candidate.pid) {
                emit(candidate, sink);
            }
        }
        if self.skipped > 0 {
            sink.sample(HOST_PROBE_SKIPPED_COUNT, &["process"], f64::from(self.skipped));
        }
        self.skipped = 0;
        self.by_cpu.clear();
        self.by_memory.clear();
        // Directories of processes are listed by pid on Linux, but nobody promises it.
        self.current.sort_unstable_by_key(|seen| seen.pid);
        let spent = self.previous.replace(std::mem::take(&mut self.current));
        // The old table's memory serves the next scan.
        self.current = spent.unwrap_or_default();
        self.current.clear();
    }
}

fn emit(candidate: &Candidate, sink: &mut dyn SampleSink) {
    let labels = [&*candidate.pid.to_string(), &*candidate.name];
    sink.sample(HOST_PROCESS_CPU_SECONDS, &labels, candidate.cpu_seconds);
    sink.sample(HOST_PROCESS_MEMORY_BYTES, &labels, candidate.resident_bytes);
}

/// Puts a process among the top ones if it weighs enough; of equals, the one that came first stays ahead.
fn offer(top: &mut Vec<Candidate>, weight: f64, reading: &ProcessReading<'_>) {
    let at = top.partition_point(|candidate| candidate.weight >= weight);
    if weight <= 0.0 || at >= TOP_PROCESSES {
        return;
    }
    top.truncate(TOP_PROCESSES - 1);
    let candidate = Candidate {
        weight,
        pid: reading.pid,
        name: String::from_utf8_lossy(reading.name).into_owned(),
        cpu_seconds: reading.cpu_seconds,
        resident_bytes: reading.resident_bytes,
    };
    top.insert(at, candidate);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Recorder;

    fn process(pid: u32, start: u64, cpu_seconds: f64, resident_bytes: f64) -> ProcessReading<'static> {
        let state = ProcessState::Sleeping;
        ProcessReading { pid, name: b"switch", state, start, cpu_seconds, resident_bytes }
    }

    fn scan(ranking: &mut ProcessRanking, processes: &[ProcessReading<'_>]) -> Recorder {
        let mut sink = Recorder::default();
        for reading in processes {
            ranking.add(reading);
        }
        ranking.finish(&mut sink);
        sink
    }

    /// Pids emitted with their processor time, in order.
    fn ranked(sink: &Recorder) -> Vec<String> {
        sink.samples()
            .filter_map(|(series, _)| {
                series.strip_prefix("host_process_cpu_seconds_total{name=\"switch\",pid=\"")
            })
            .filter_map(|rest| rest.strip_suffix("\"}"))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn processor_use_is_ranked_by_what_was_used_since_the_scan_before() {
        let mut ranking = ProcessRanking::default();
        scan(&mut ranking, &[process(1, 5, 900.0, 0.0), process(2, 6, 10.0, 0.0)]);
        let sink = scan(&mut ranking, &[process(1, 5, 900.5, 0.0), process(2, 6, 12.0, 0.0)]);
        assert_eq!(ranked(&sink), ["2", "1"]);
        assert_eq!(sink.value(r#"host_process_cpu_seconds_total{name="switch",pid="1"}"#), Some(900.5));
    }

    #[test]
    fn a_pid_used_again_counts_from_its_own_start() {
        let mut ranking = ProcessRanking::default();
        scan(&mut ranking, &[process(1, 5, 900.0, 0.0), process(2, 6, 10.0, 0.0)]);
        let sink = scan(&mut ranking, &[process(1, 77, 1.0, 0.0), process(2, 6, 10.5, 0.0)]);
        assert_eq!(ranked(&sink), ["1", "2"]);
    }

    #[test]
    fn the_first_scan_ranks_by_memory_alone() {
        let mut ranking = ProcessRanking::default();
        let sink = scan(&mut ranking, &[process(1, 5, 900.0, 0.0), process(2, 6, 0.0, 4096.0)]);
        assert_eq!(ranked(&sink), ["2"]);
    }

    #[test]
    fn only_the_top_ones_are_emitted_and_none_twice() {
        let mut ranking = ProcessRanking::default();
        scan(&mut ranking, &[]);
        let all: Vec<_> =
            (1..=40).map(|pid| process(pid, 1, f64::from(pid % 7), f64::from(100 - pid))).collect();
        let sink = scan(&mut ranking, &all);
        // By processor time: 6 (pids 6, 13, 20, 27, 34), then 5 (5, 12, 19, 26, 33); by memory: pids 1 to 10.
        assert_eq!(
            ranked(&sink),
            [
                "6", "13", "20", "27", "34", "5", "12", "19", "26", "33", "1", "2", "3", "4", "7", "8", "9",
                "10"
            ]
        );
        assert_eq!(sink.value(r#"host_processes_count{state="sleeping"}"#), Some(40.0));
        assert_eq!(sink.value(r#"host_processes_count{state="zombie"}"#), Some(0.0));
    }

    #[test]
    fn processes_past_the_bound_are_counted_as_skipped() {
        let mut ranking = ProcessRanking::default();
        let all: Vec<_> =
            (1..=u32::try_from(MAX_RANKED).unwrap() + 3).map(|pid| process(pid, 1, 0.0, 1.0)).collect();
        let sink = scan(&mut ranking, &all);
        assert_eq!(sink.value(r#"host_probe_skipped_count{collector="process"}"#), Some(3.0));
        assert_eq!(sink.value(r#"host_processes_count{state="sleeping"}"#), Some(32_771.0));
    }

    #[test]
    fn scans_grow_rarer_with_the_number_of_processes() {
        assert_eq!(scan_period(0), 5);
        assert_eq!(scan_period(450), 5);
        assert_eq!(scan_period(451), 6);
        assert_eq!(scan_period(9_000), 100);
    }
}
