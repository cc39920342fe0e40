//! The metric catalogue: every metric Topmast makes itself, with its unit and meaning.
//!
//! One row a metric, as data, so that the agent, the console, the API's
//! documentation and the tests agree. `xtask tidy` refuses a metric without a row.
//!
//! Invariants
//! - M-1: a name is `<namespace>_<name>_<base unit>`, plus `_total` for a counter.
//! - M-2: names are unique; label names are lower case.

/// How a metric's values behave over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows, except when its source restarts; rates are derived on read.
    Counter,
    /// Goes up and down.
    Gauge,
}

/// The base unit of a metric's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A count of things.
    Count,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
    /// A share between 0 and 1.
    Ratio,
}

/// One row of the catalogue.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// Name in the field's form, e.g. `host_memory_available_bytes`.
    pub name: &'static str,
    /// Counter or gauge.
    pub kind: MetricKind,
    /// Unit of the values.
    pub unit: Unit,
    /// Names of the labels, in the order in which a sink is given their values.
    pub labels: &'static [&'static str],
    /// One sentence for people.
    pub help: &'static str,
}

macro_rules! catalogue {
    ($($ident:ident = $name:literal $kind:ident $unit:ident [$($label:literal),*] $help:literal;)*) => {
        $(
            #[doc = $help]
            pub const $ident: &Metric = &Metric {
                name: $name,
                kind: MetricKind::$kind,
                unit: Unit::$unit,
                labels: &[$($label),*],
                help: $help,
            };
        )*
        /// Every row, in the order written.
        pub const CATALOGUE: &[&Metric] = &[$($ident),*];
    };
}

catalogue! {
    // Host: processor
    HOST_CPU_SECONDS = "host_cpu_seconds_total" Counter Seconds ["cpu", "mode"] "Time each processor spent in each mode; cpu=\"all\" is their sum.";
    HOST_CPU_COUNT = "host_cpu_count" Gauge Count [] "Processors online.";
    HOST_CPU_GUEST_SECONDS = "host_cpu_guest_seconds_total" Counter Seconds ["mode"] "Part of the user and nice time that went to virtual machines run by this host.";
    HOST_CPU_LIMIT_COUNT = "host_cpu_limit_count" Gauge Count [] "Processors' worth of time that the container may use.";
    HOST_CONTEXT_SWITCHES = "host_context_switches_total" Counter Count [] "Context switches.";
    HOST_INTERRUPTS = "host_interrupts_total" Counter Count [] "Interrupts served.";
    HOST_FORKS = "host_forks_total" Counter Count [] "Processes and threads created.";
    HOST_THREADS_RUNNABLE_COUNT = "host_threads_runnable_count" Gauge Count [] "Threads running or ready to run.";
    HOST_THREADS_BLOCKED_COUNT = "host_threads_blocked_count" Gauge Count [] "Threads waiting for a disk.";
    HOST_THREADS_COUNT = "host_threads_count" Gauge Count [] "Threads of all processes.";
    // Host: load and uptime
    HOST_LOAD_1 = "host_load_1" Gauge Count [] "Load average over one minute.";
    HOST_LOAD_5 = "host_load_5" Gauge Count [] "Load average over five minutes.";
    HOST_LOAD_15 = "host_load_15" Gauge Count [] "Load average over fifteen minutes.";
    HOST_UPTIME_SECONDS = "host_uptime_seconds" Gauge Seconds [] "Time since the system booted.";
    HOST_PRESSURE_STALLED_SECONDS = "host_pressure_stalled_seconds_total" Counter Seconds ["resource", "kind"] "Time in which some or all (kind=\"full\") threads waited for a resource.";
    // Host: memory, swap and paging
    HOST_MEMORY_TOTAL_BYTES = "host_memory_total_bytes" Gauge Bytes [] "Memory the kernel manages.";
    HOST_MEMORY_LIMIT_BYTES = "host_memory_limit_bytes" Gauge Bytes [] "Memory that the container may use.";
    HOST_MEMORY_AVAILABLE_BYTES = "host_memory_available_bytes" Gauge Bytes [] "Memory that can be given to programs without swapping, as the kernel estimates it.";
    HOST_MEMORY_FREE_BYTES = "host_memory_free_bytes" Gauge Bytes [] "Memory used for nothing.";
    HOST_MEMORY_BUFFERS_BYTES = "host_memory_buffers_bytes" Gauge Bytes [] "Memory caching block devices.";
    HOST_MEMORY_CACHED_BYTES = "host_memory_cached_bytes" Gauge Bytes [] "Memory caching files, shared memory included.";
    HOST_MEMORY_RECLAIMABLE_BYTES = "host_memory_reclaimable_bytes" Gauge Bytes [] "Kernel caches that can be given back.";
    HOST_MEMORY_SHARED_BYTES = "host_memory_shared_bytes" Gauge Bytes [] "Shared memory and memory filesystems.";
    HOST_MEMORY_DIRTY_BYTES = "host_memory_dirty_bytes" Gauge Bytes [] "Cached file contents not yet written to disk.";
    HOST_MEMORY_COMMITTED_BYTES = "host_memory_committed_bytes" Gauge Bytes [] "Memory promised to programs, used or not.";
    HOST_MEMORY_OUT_OF_MEMORY_KILLS = "host_memory_out_of_memory_kills_total" Counter Count [] "Processes killed because memory ran out.";
    HOST_SWAP_TOTAL_BYTES = "host_swap_total_bytes" Gauge Bytes [] "Swap space.";
    HOST_SWAP_FREE_BYTES = "host_swap_free_bytes" Gauge Bytes [] "Swap space not in use.";
    HOST_SWAP_READ_BYTES = "host_swap_read_bytes_total" Counter Bytes [] "Memory read back from swap.";
    HOST_SWAP_WRITTEN_BYTES = "host_swap_written_bytes_total" Counter Bytes [] "Memory written to swap.";
    HOST_PAGING_READ_BYTES = "host_paging_read_bytes_total" Counter Bytes [] "Bytes paged in from block devices.";
    HOST_PAGING_WRITTEN_BYTES = "host_paging_written_bytes_total" Counter Bytes [] "Bytes paged out to block devices.";
    HOST_PAGING_FAULTS = "host_paging_faults_total" Counter Count [] "Page faults, minor and major.";
    HOST_PAGING_MAJOR_FAULTS = "host_paging_major_faults_total" Counter Count [] "Page faults that needed a disk.";
    // Host: disks, whole devices only
    HOST_DISK_READS = "host_disk_reads_total" Counter Count ["device"] "Reads completed.";
    HOST_DISK_WRITES = "host_disk_writes_total" Counter Count ["device"] "Writes completed.";
    HOST_DISK_READ_BYTES = "host_disk_read_bytes_total" Counter Bytes ["device"] "Bytes read.";
    HOST_DISK_WRITTEN_BYTES = "host_disk_written_bytes_total" Counter Bytes ["device"] "Bytes written.";
    HOST_DISK_READ_SECONDS = "host_disk_read_seconds_total" Counter Seconds ["device"] "Time that reads took, summed over all of them.";
    HOST_DISK_WRITE_SECONDS = "host_disk_write_seconds_total" Counter Seconds ["device"] "Time that writes took, summed over all of them.";
    HOST_DISK_BUSY_SECONDS = "host_disk_busy_seconds_total" Counter Seconds ["device"] "Time with at least one request under way.";
    HOST_DISK_QUEUE_SECONDS = "host_disk_queue_seconds_total" Counter Seconds ["device"] "Time requests were under way, weighted by their number; its rate is the mean queue length.";
    HOST_DISK_IN_FLIGHT_COUNT = "host_disk_in_flight_count" Gauge Count ["device"] "Requests under way.";
    // Host: filesystems
    HOST_FILESYSTEM_SIZE_BYTES = "host_filesystem_size_bytes" Gauge Bytes ["mount", "device", "type"] "Size of the filesystem.";
    HOST_FILESYSTEM_FREE_BYTES = "host_filesystem_free_bytes" Gauge Bytes ["mount", "device", "type"] "Space not in use, the administrator's reserve included.";
    HOST_FILESYSTEM_AVAILABLE_BYTES = "host_filesystem_available_bytes" Gauge Bytes ["mount", "device", "type"] "Space that ordinary users can still fill.";
    HOST_FILESYSTEM_FILES_COUNT = "host_filesystem_files_count" Gauge Count ["mount", "device", "type"] "Files (inodes) the filesystem can hold.";
    HOST_FILESYSTEM_FILES_FREE_COUNT = "host_filesystem_files_free_count" Gauge Count ["mount", "device", "type"] "Files (inodes) that can still be created.";
    HOST_FILESYSTEM_READ_ONLY = "host_filesystem_read_only" Gauge Count ["mount", "device", "type"] "1 when mounted read-only, as after a disk error; else 0.";
    // Host: network, per interface
    HOST_NETWORK_RECEIVE_BYTES = "host_network_receive_bytes_total" Counter Bytes ["interface"] "Bytes received.";
    HOST_NETWORK_RECEIVE_PACKETS = "host_network_receive_packets_total" Counter Count ["interface"] "Packets received.";
    HOST_NETWORK_RECEIVE_ERRORS = "host_network_receive_errors_total" Counter Count ["interface"] "Packets received with an error.";
    HOST_NETWORK_RECEIVE_DROPPED = "host_network_receive_dropped_total" Counter Count ["interface"] "Packets received and thrown away.";
    HOST_NETWORK_TRANSMIT_BYTES = "host_network_transmit_bytes_total" Counter Bytes ["interface"] "Bytes sent.";
    HOST_NETWORK_TRANSMIT_PACKETS = "host_network_transmit_packets_total" Counter Count ["interface"] "Packets sent.";
    HOST_NETWORK_TRANSMIT_ERRORS = "host_network_transmit_errors_total" Counter Count ["interface"] "Packets that could not be sent.";
    HOST_NETWORK_TRANSMIT_DROPPED = "host_network_transmit_dropped_total" Counter Count ["interface"] "Packets thrown away instead of sent.";
    // Host: processes
    HOST_PROCESSES_COUNT = "host_processes_count" Gauge Count ["state"] "Processes by state.";
    HOST_PROCESS_CPU_SECONDS = "host_process_cpu_seconds_total" Counter Seconds ["pid", "name"] "Processor time of the processes that use most processor or memory.";
    HOST_PROCESS_MEMORY_BYTES = "host_process_memory_bytes" Gauge Bytes ["pid", "name"] "Resident memory of the processes that use most processor or memory.";
    // Host: systems inside it
    HOST_GUEST_RUNNING_COUNT = "host_guest_running_count" Gauge Count ["kind", "guest"] "1 while a zone, domain, virtual machine or container runs, else 0.";
    HOST_GUEST_CPU_SECONDS = "host_guest_cpu_seconds_total" Counter Seconds ["kind", "guest"] "Processor time of a zone, domain, virtual machine or container.";
    HOST_GUEST_MEMORY_BYTES = "host_guest_memory_bytes" Gauge Bytes ["kind", "guest"] "Memory of a zone, domain, virtual machine or container: in use where the host tells that, else given.";
    // Host: the reading itself
    HOST_PROBE_SKIPPED_COUNT = "host_probe_skipped_count" Gauge Count ["collector"] "Objects left out because there were more than the collector's bound.";
    // Containers, per container of the server's engine
    CONTAINERS_COUNT = "containers_count" Gauge Count ["state"] "Containers by state.";
    CONTAINER_RUNNING = "container_running" Gauge Count ["container", "image"] "1 when the container runs; else 0.";
    CONTAINER_CPU_SECONDS = "container_cpu_seconds_total" Counter Seconds ["container"] "Processor time used by the container.";
    CONTAINER_MEMORY_BYTES = "container_memory_bytes" Gauge Bytes ["container"] "Memory in use, without cached files that the kernel can drop.";
    CONTAINER_MEMORY_LIMIT_BYTES = "container_memory_limit_bytes" Gauge Bytes ["container"] "Memory that the container may use; the host's where there is no limit.";
    CONTAINER_NETWORK_RECEIVE_BYTES = "container_network_receive_bytes_total" Counter Bytes ["container"] "Bytes received over all interfaces of the container.";
    CONTAINER_NETWORK_TRANSMIT_BYTES = "container_network_transmit_bytes_total" Counter Bytes ["container"] "Bytes sent over all interfaces of the container.";
    CONTAINER_DISK_READ_BYTES = "container_disk_read_bytes_total" Counter Bytes ["container"] "Bytes read from block devices.";
    CONTAINER_DISK_WRITTEN_BYTES = "container_disk_written_bytes_total" Counter Bytes ["container"] "Bytes written to block devices.";
    // Applications, per application of the server
    APPLICATION_CPU_SECONDS = "application_cpu_seconds_total" Counter Seconds ["application"] "Processor time used by the application's processes.";
    APPLICATION_MEMORY_BYTES = "application_memory_bytes" Gauge Bytes ["application"] "Resident memory of the application's processes.";
    APPLICATION_PROCESSES_COUNT = "application_processes_count" Gauge Count ["application"] "Processes of the application.";
    APPLICATION_RESTARTS_TOTAL = "application_restarts_total" Counter Count ["application"] "Restarts made by the restart policy or an operator.";
    // Services, per service of an application
    SERVICE_TRANSACTIONS_TOTAL = "service_transactions_total" Counter Count ["application", "service"] "Transactions completed, good and bad.";
    SERVICE_ERRORS_TOTAL = "service_errors_total" Counter Count ["application", "service"] "Transactions that ended in an error.";
    SERVICE_RESPONSES_TOTAL = "service_responses_total" Counter Count ["application", "service", "code"] "Transactions by response code.";
    SERVICE_LATENCY_SECONDS = "service_latency_seconds" Gauge Seconds ["application", "service", "quantile"] "Transaction latency at a quantile, as the application reports it.";
    SERVICE_CHECK_SECONDS = "service_check_duration_seconds" Gauge Seconds ["application", "service"] "Time the service check took.";
    SERVICE_VALUE = "service_perfdata_count" Gauge Count ["application", "service", "name"] "A number that a check plugin reported beside its state, in the plugin's own unit.";
    // The agent itself
    AGENT_CPU_SECONDS = "agent_cpu_seconds_total" Counter Seconds [] "Processor time used by the agent.";
    AGENT_MEMORY_BYTES = "agent_memory_bytes" Gauge Bytes [] "Resident memory of the agent.";
    AGENT_TICK_SECONDS = "agent_tick_duration_seconds" Gauge Seconds [] "Time that reading and encoding the tick before took.";
    AGENT_TICKS_MISSED_TOTAL = "agent_ticks_missed_total" Counter Count [] "Ticks that were left out because the agent or its server stood still, or the clock was set.";
    AGENT_CHECKS_TOTAL = "agent_checks_total" Counter Count ["result"] "Service checks that found something out (succeeded) or did not (failed).";
    AGENT_READ_ERRORS_TOTAL = "agent_read_errors_total" Counter Count [] "Sources of the host that could not be read or understood.";
    AGENT_REFUSED_SERIES_TOTAL = "agent_refused_series_total" Counter Count [] "Samples left out because there were too many series or their labels were too long.";
    AGENT_SPOOL_BYTES = "agent_spool_bytes" Gauge Bytes ["master"] "Ticks kept on disk until the master can take them.";
    AGENT_DROPPED_TICKS_TOTAL = "agent_dropped_ticks_total" Counter Count ["master"] "Ticks lost because the spool was full or could not be written.";
}

/// Looks a metric up by name.
pub fn find(name: &str) -> Option<&'static Metric> {
    CATALOGUE.iter().copied().find(|metric| metric.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_name_is_unique_and_says_its_kind_and_unit() {
        // M-1, M-2
        let mut seen = HashSet::new();
        for metric in CATALOGUE {
            assert!(seen.insert(metric.name), "{} appears twice", metric.name);
            assert_eq!(
                metric.name.ends_with("_total"),
                metric.kind == MetricKind::Counter,
                "{}",
                metric.name
            );
            let base = metric.name.trim_end_matches("_total");
            let unit = match metric.unit {
                Unit::Bytes => "_bytes",
                Unit::Seconds => "_seconds",
                Unit::Ratio => "_ratio",
                Unit::Count => "",
            };
            assert!(base.ends_with(unit), "{} does not end in {unit}", metric.name);
            assert!(
                metric.labels.iter().all(|label| label.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
            );
            assert!(metric.help.ends_with('.'), "{}: help is a sentence", metric.name);
        }
    }
}
