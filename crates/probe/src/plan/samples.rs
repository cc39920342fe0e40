//! From what a tool says to samples of the catalogue.
//!
//! The catalogue counts processor time, bytes and busy time; most tools give shares and rates. Those are summed
//! over the time between two readings, so that the rate derived on read is the one that the tool gave. A sum
//! begins at zero when the master begins to read; a gap is bridged for a few readings' time at most.

use crate::reading::{Disk, FilesystemReading, Interface, Process, Reading};
use std::collections::BTreeMap;
use std::time::Duration;
use topmast_model::catalogue as metric;
use topmast_model::catalogue::Metric;
use topmast_model::sample::SampleSink;

/// A rate is taken to have held for so long at most: what was between two readings further apart is not known.
const BRIDGED: Duration = Duration::from_mins(3);
/// Rows of one kind that are taken.
const ROWS_MAX: usize = 256;
/// Processes that are emitted.
const PROCESSES_MAX: usize = 10;

/// Sums of shares and rates, by series.
#[derive(Debug, Default)]
pub(super) struct Sums {
    by_series: BTreeMap<(&'static str, Box<str>), f64>,
    processors: u32,
    machine_bytes: Option<u64>,
    elapsed: f64,
}

/// Labels that tell a sum of one metric from another.
fn key(labels: &[&str]) -> Box<str> {
    labels.join("\u{1f}").into()
}

impl Sums {
    /// How many processors there are, when a reading does not say.
    pub(super) fn processors(&mut self, count: u32) {
        self.processors = count;
    }

    /// How much memory there is, when a reading does not say.
    pub(super) fn memory(&mut self, bytes: u64) {
        self.machine_bytes = (bytes > 0).then_some(bytes);
    }

    /// How much memory there is, as far as is known.
    pub(super) fn machine_bytes(&self) -> Option<u64> {
        self.machine_bytes
    }

    /// Adds what a rate came to since the reading before, under a name that is no metric's; returns the sum.
    pub(super) fn sum(&mut self, name: &'static str, labels: &[&str], per_second: f64) -> f64 {
        let sum = self.by_series.entry((name, key(labels))).or_default();
        *sum += per_second.max(0.0) * self.elapsed;
        *sum
    }

    /// How many processors there are, as far as is known.
    pub(super) fn known_processors(&self) -> u32 {
        self.processors
    }

    /// The time that the next reading's rates held.
    pub(super) fn begin(&mut self, elapsed: Option<Duration>) {
        self.elapsed = elapsed.map_or(0.0, |elapsed| elapsed.min(BRIDGED).as_secs_f64());
    }

    /// Adds what a rate came to since the reading before, and emits the sum.
    pub(super) fn add(
        &mut self,
        metric: &'static Metric,
        labels: &[&str],
        per_second: f64,
        sink: &mut dyn SampleSink,
    ) {
        sink.sample(metric, labels, self.sum(metric.name, labels, per_second));
    }

    /// Emits processor time, in every mode that the reading tells.
    pub(super) fn processor(&mut self, reading: &Reading, sink: &mut dyn SampleSink) {
        let count = reading.cpu_count.or(reading.lcpu).and_then(|count| u32::try_from(count).ok());
        let known = count.unwrap_or(self.processors);
        let processors = f64::from(known.max(1));
        let modes = [
            ("user", reading.cpu_user_pct),
            ("nice", reading.cpu_nice_pct),
            ("system", reading.cpu_sys_pct),
            ("idle", reading.cpu_idle_pct),
            ("iowait", reading.cpu_wait_pct),
            ("irq", reading.cpu_irq_pct),
            ("softirq", reading.cpu_softirq_pct),
            ("steal", reading.cpu_steal_pct),
        ];
        // Without the idle share, the others would look like the whole.
        if reading.cpu_idle_pct.is_some() {
            for (mode, share) in modes {
                if let Some(share) = share {
                    self.add(metric::HOST_CPU_SECONDS, &["all", mode], share / 100.0 * processors, sink);
                }
            }
        }
        if known > 0 {
            sink.sample(metric::HOST_CPU_COUNT, &[], f64::from(known));
        }
        let rates = [
            (metric::HOST_CONTEXT_SWITCHES, reading.context_switches_per_s),
            (metric::HOST_INTERRUPTS, reading.interrupts_per_s),
        ];
        for (metric, rate) in rates {
            if let Some(rate) = rate {
                self.add(metric, &[], rate, sink);
            }
        }
        let counts = [
            (metric::HOST_THREADS_RUNNABLE_COUNT, reading.procs_running),
            (metric::HOST_THREADS_BLOCKED_COUNT, reading.procs_blocked),
        ];
        for (metric, count) in counts {
            if let Some(count) = count {
                sink.sample(metric, &[], count as f64);
            }
        }
    }

    /// Emits what disks did.
    pub(super) fn disks(&mut self, disks: &[Disk], sink: &mut dyn SampleSink) {
        for disk in disks.iter().take(ROWS_MAX) {
            let Some(device) = disk.device.as_deref() else { continue };
            let bytes = [
                (metric::HOST_DISK_READ_BYTES, disk.read_bytes, disk.read_bytes_per_s),
                (metric::HOST_DISK_WRITTEN_BYTES, disk.write_bytes, disk.write_bytes_per_s),
            ];
            for (metric, count, rate) in bytes {
                self.count_or_rate(metric, device, count, rate, sink);
            }
            let rates = [
                (metric::HOST_DISK_READS, disk.reads_per_s),
                (metric::HOST_DISK_WRITES, disk.writes_per_s),
                (metric::HOST_DISK_BUSY_SECONDS, disk.busy_pct.map(|share| share / 100.0)),
            ];
            for (metric, rate) in rates {
                self.count_or_rate(metric, device, None, rate, sink);
            }
        }
    }

    /// Emits what network interfaces did.
    pub(super) fn interfaces(&mut self, interfaces: &[Interface], sink: &mut dyn SampleSink) {
        for interface in interfaces.iter().take(ROWS_MAX) {
            let Some(name) = interface.name.as_deref().map(|name| name.trim_end_matches('*')) else {
                continue;
            };
            let is_loopback = name.strip_prefix("lo").is_some_and(|rest| rest.parse::<u32>().is_ok());
            let name = if is_loopback { "lo" } else { name };
            let counts = [
                (metric::HOST_NETWORK_RECEIVE_BYTES, interface.rx_bytes, interface.rx_bytes_per_s),
                (metric::HOST_NETWORK_RECEIVE_PACKETS, interface.rx_packets, None),
                (metric::HOST_NETWORK_RECEIVE_ERRORS, interface.rx_errors, None),
                (metric::HOST_NETWORK_RECEIVE_DROPPED, interface.rx_dropped, None),
                (metric::HOST_NETWORK_TRANSMIT_BYTES, interface.tx_bytes, interface.tx_bytes_per_s),
                (metric::HOST_NETWORK_TRANSMIT_PACKETS, interface.tx_packets, None),
                (metric::HOST_NETWORK_TRANSMIT_ERRORS, interface.tx_errors, None),
                (metric::HOST_NETWORK_TRANSMIT_DROPPED, interface.tx_dropped, None),
            ];
            for (metric, count, rate) in counts {
                self.count_or_rate(metric, name, count, rate, sink);
            }
        }
    }

    fn count_or_rate(
        &mut self,
        metric: &'static Metric,
        label: &str,
        count: Option<u64>,
        rate: Option<f64>,
        sink: &mut dyn SampleSink,
    ) {
        match (count, rate) {
            (Some(count), _) => sink.sample(metric, &[label], count as f64),
            (None, Some(rate)) => self.add(metric, &[label], rate, sink),
            (None, None) => {}
        }
    }

    /// Emits the processes that use most processor, or most memory where the tool says nothing of the former.
    ///
    /// - `whole`: the percentages are of one processor, times this.
    pub(super) fn processes(&mut self, processes: &[Process], whole: f64, sink: &mut dyn SampleSink) {
        let weight = |process: &Process| {
            (process.cpu_pct.unwrap_or_default(), process.rss_bytes.unwrap_or_default() as f64)
        };
        let mut ranked: Vec<&Process> = processes.iter().collect();
        ranked.sort_by(|one, other| {
            weight(other).partial_cmp(&weight(one)).unwrap_or(std::cmp::Ordering::Equal)
        });
        let mut kept = Vec::new();
        for process in ranked.into_iter().take(PROCESSES_MAX) {
            let (Some(pid), Some(command)) = (process.pid, process.command.as_deref()) else { continue };
            let pid = pid.to_string();
            let name = command.split_whitespace().next().unwrap_or(command);
            let labels = [&*pid, name];
            if let Some(share) = process.cpu_pct {
                self.add(metric::HOST_PROCESS_CPU_SECONDS, &labels, share / 100.0 * whole, sink);
                kept.push(key(&labels));
            }
            if let Some(bytes) = process.rss_bytes {
                sink.sample(metric::HOST_PROCESS_MEMORY_BYTES, &labels, bytes as f64);
            }
        }
        // Else every process that ever was would be remembered.
        let of = metric::HOST_PROCESS_CPU_SECONDS.name;
        self.by_series.retain(|(metric, labels), _| *metric != of || kept.contains(labels));
    }
}

/// Emits load averages and the time since the start.
pub(super) fn load(reading: &Reading, sink: &mut dyn SampleSink) {
    let gauges = [
        (metric::HOST_LOAD_1, reading.load1),
        (metric::HOST_LOAD_5, reading.load5),
        (metric::HOST_LOAD_15, reading.load15),
        (metric::HOST_UPTIME_SECONDS, reading.uptime_seconds.map(|seconds| seconds as f64)),
    ];
    for (metric, value) in gauges {
        if let Some(value) = value {
            sink.sample(metric, &[], value);
        }
    }
}

/// Emits memory.
pub(super) fn memory(reading: &Reading, sink: &mut dyn SampleSink) {
    let total = reading.mem_total_bytes;
    let used = total.zip(reading.mem_used_bytes).and_then(|(total, used)| total.checked_sub(used));
    // What files are cached in can be had as well, where the tool does not say it better.
    let cached = reading
        .mem_cached_bytes
        .unwrap_or_default()
        .saturating_add(reading.mem_buffers_bytes.unwrap_or_default());
    let free = reading.mem_free_bytes.map(|free| free.saturating_add(cached));
    let available = reading.mem_available_bytes.or(used).or(free);
    let gauges = [
        (metric::HOST_MEMORY_TOTAL_BYTES, total),
        (metric::HOST_MEMORY_AVAILABLE_BYTES, available),
        (metric::HOST_MEMORY_FREE_BYTES, reading.mem_free_bytes),
        (metric::HOST_MEMORY_BUFFERS_BYTES, reading.mem_buffers_bytes),
        (metric::HOST_MEMORY_CACHED_BYTES, reading.mem_cached_bytes),
    ];
    for (metric, value) in gauges {
        if let Some(value) = value {
            sink.sample(metric, &[], value as f64);
        }
    }
}

/// Emits swap, or paging space.
pub(super) fn swap(reading: &Reading, sink: &mut dyn SampleSink) {
    let Some(total) = reading.swap_total_bytes else { return };
    sink.sample(metric::HOST_SWAP_TOTAL_BYTES, &[], total as f64);
    let left = reading.swap_used_bytes.and_then(|used| total.checked_sub(used));
    if let Some(free) = reading.swap_free_bytes.or(left) {
        sink.sample(metric::HOST_SWAP_FREE_BYTES, &[], free as f64);
    }
}

/// Emits the space of filesystems.
pub(super) fn filesystems(rows: &[FilesystemReading], sink: &mut dyn SampleSink) {
    let mut seen = Vec::new();
    for row in rows.iter().take(ROWS_MAX) {
        let (Some(mount), Some(size)) = (row.mount.as_deref(), row.total_bytes.filter(|size| *size > 0))
        else {
            continue;
        };
        if seen.contains(&mount) {
            continue;
        }
        seen.push(mount);
        // df does not tell the type.
        let labels = [mount, row.device.as_deref().unwrap_or_default(), ""];
        sink.sample(metric::HOST_FILESYSTEM_SIZE_BYTES, &labels, size as f64);
        let free = row.used_bytes.and_then(|used| size.checked_sub(used)).or(row.available_bytes);
        let gauges = [
            (metric::HOST_FILESYSTEM_FREE_BYTES, free),
            (metric::HOST_FILESYSTEM_AVAILABLE_BYTES, row.available_bytes),
        ];
        for (metric, value) in gauges {
            if let Some(value) = value {
                sink.sample(metric, &labels, value as f64);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Recorder;

    const TEN: Option<Duration> = Some(Duration::from_secs(10));

    #[test]
    fn shares_of_processor_time_become_seconds_of_all_processors() {
        let mut sums = Sums::default();
        sums.processors(4);
        let reading = Reading {
            cpu_user_pct: Some(25.0),
            cpu_idle_pct: Some(75.0),
            interrupts_per_s: Some(100.0),
            ..Reading::default()
        };
        let mut last = Recorder::default();
        for elapsed in [None, TEN, TEN] {
            last = Recorder::default();
            sums.begin(elapsed);
            sums.processor(&reading, &mut last);
        }
        assert_eq!(last.value(r#"host_cpu_seconds_total{cpu="all",mode="user"}"#), Some(20.0));
        assert_eq!(last.value(r#"host_cpu_seconds_total{cpu="all",mode="idle"}"#), Some(60.0));
        assert_eq!(last.value("host_interrupts_total"), Some(2_000.0));
        assert_eq!(last.value("host_cpu_count"), Some(4.0));
    }

    #[test]
    fn share_without_idle_time_is_no_processor_time() {
        let (mut sums, mut sink) = (Sums::default(), Recorder::default());
        sums.begin(TEN);
        sums.processor(&Reading { cpu_user_pct: Some(25.0), ..Reading::default() }, &mut sink);
        assert_eq!(sink, Recorder::default());
    }

    #[test]
    fn gap_is_not_filled_with_the_rate_after_it() {
        let (mut sums, mut sink) = (Sums::default(), Recorder::default());
        let reading = Reading { cpu_idle_pct: Some(100.0), ..Reading::default() };
        sums.begin(Some(Duration::from_hours(5)));
        sums.processor(&reading, &mut sink);
        assert_eq!(sink.value(r#"host_cpu_seconds_total{cpu="all",mode="idle"}"#), Some(180.0));
    }

    #[test]
    fn loopback_is_called_as_on_linux_and_counters_stay_counters() {
        let (mut sums, mut sink) = (Sums::default(), Recorder::default());
        let interface = |name: &str, bytes| Interface {
            name: Some(name.into()),
            rx_bytes: Some(bytes),
            ..Interface::default()
        };
        sums.begin(TEN);
        sums.interfaces(&[interface("lo0", 5), interface("en0", 7)], &mut sink);
        assert_eq!(sink.value(r#"host_network_receive_bytes_total{interface="lo"}"#), Some(5.0));
        assert_eq!(sink.value(r#"host_network_receive_bytes_total{interface="en0"}"#), Some(7.0));
    }

    #[test]
    fn sums_of_processes_that_ended_are_forgotten() {
        let mut sums = Sums::default();
        let process = |pid| Process {
            pid: Some(pid),
            cpu_pct: Some(50.0),
            command: Some("java -jar x".into()),
            ..Process::default()
        };
        sums.begin(TEN);
        for pid in 0..1_000 {
            sums.processes(&[process(pid)], 1.0, &mut Recorder::default());
        }
        assert_eq!(sums.by_series.len(), 1);
        let mut sink = Recorder::default();
        sums.processes(&[process(999)], 1.0, &mut sink);
        assert_eq!(sink.value(r#"host_process_cpu_seconds_total{name="java",pid="999"}"#), Some(10.0));
    }
}
