//! What the text of a tool says of a host: one flat object in base units.
//!
//! Everything is `None` until the text says it (P-1); percentages are as printed, of what the tool means.
//! The names of the fields are those that `topmast parse` prints.

use serde::Serialize;

/// See the module.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Reading {
    /// Share of time in programs, in percent; what is niced has its own where the tool tells them apart.
    pub cpu_user_pct: Option<f64>,
    /// Share of time in the kernel.
    pub cpu_sys_pct: Option<f64>,
    /// Share of time in niced programs.
    pub cpu_nice_pct: Option<f64>,
    /// Share of time idle while input or output was outstanding.
    pub cpu_wait_pct: Option<f64>,
    /// Share of time idle.
    pub cpu_idle_pct: Option<f64>,
    /// Share of time that the hypervisor gave to others.
    pub cpu_steal_pct: Option<f64>,
    /// Share of time in hardware interrupts.
    pub cpu_irq_pct: Option<f64>,
    /// Share of time in software interrupts.
    pub cpu_softirq_pct: Option<f64>,
    /// Processors that the system schedules on.
    pub cpu_count: Option<u64>,
    /// Average length of the run queue over a minute.
    pub load1: Option<f64>,
    /// The same over five minutes.
    pub load5: Option<f64>,
    /// The same over fifteen minutes.
    pub load15: Option<f64>,
    /// Time since the system started, as exact as the text.
    pub uptime_seconds: Option<u64>,
    /// Users logged in.
    pub users: Option<u64>,
    /// Processes, tasks or threads, as the tool counts them.
    pub process_count: Option<u64>,
    /// Those of them that run.
    pub processes_running: Option<u64>,
    /// Length of the run queue.
    pub procs_running: Option<u64>,
    /// Processes that wait for input or output.
    pub procs_blocked: Option<u64>,
    /// Memory of the system.
    pub mem_total_bytes: Option<u64>,
    /// Memory in use, as the tool means it.
    pub mem_used_bytes: Option<u64>,
    /// Memory that nothing is in.
    pub mem_free_bytes: Option<u64>,
    /// Memory that programs can still get.
    pub mem_available_bytes: Option<u64>,
    /// Memory in buffers.
    pub mem_buffers_bytes: Option<u64>,
    /// Memory in the page cache.
    pub mem_cached_bytes: Option<u64>,
    /// Buffers and cache, where the tool gives one figure.
    pub mem_buff_cache_bytes: Option<u64>,
    /// Swap or paging space.
    pub swap_total_bytes: Option<u64>,
    /// Swap in use.
    pub swap_used_bytes: Option<u64>,
    /// Swap left.
    pub swap_free_bytes: Option<u64>,
    /// Device interrupts a second.
    pub interrupts_per_s: Option<f64>,
    /// Context switches a second.
    pub context_switches_per_s: Option<f64>,
    /// System calls a second.
    pub syscalls_per_s: Option<f64>,
    /// Physical processors that a partition used (AIX).
    pub physc: Option<f64>,
    /// The same, in percent of its entitlement (AIX).
    pub entc_pct: Option<f64>,
    /// Physical processors that a partition is entitled to (AIX).
    pub entitlement: Option<f64>,
    /// Logical processors (AIX).
    pub lcpu: Option<u64>,
    /// Processes that the tool lists.
    pub processes: Option<Vec<Process>>,
    /// Single processors.
    pub cpus: Option<Vec<Processor>>,
    /// Filesystems.
    pub filesystems: Option<Vec<FilesystemReading>>,
    /// Containers.
    pub containers: Option<Vec<Container>>,
    /// Zones (Solaris), jails and workload partitions.
    pub zones: Option<Vec<Zone>>,
    /// Logical domains (Solaris) and libvirt's domains.
    pub domains: Option<Vec<Domain>>,
    /// Virtual machines.
    pub vms: Option<Vec<VirtualMachine>>,
    /// Disks and other block devices.
    pub disks: Option<Vec<Disk>>,
    /// Network interfaces.
    pub interfaces: Option<Vec<Interface>>,
    /// Facts that are no figures, as name and value.
    pub facts: Option<Vec<(String, String)>>,
    /// What stands in the text but cannot be trusted, and is left out for that.
    pub remarks: Vec<Remark>,
}

/// Something left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// Line of the text, from 1.
    pub line: u32,
    /// What, and why.
    pub text: String,
}

/// A process.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Process {
    /// Its number.
    pub pid: Option<u64>,
    /// Its parent's number.
    pub ppid: Option<u64>,
    /// Its user, as printed.
    pub user: Option<String>,
    /// Its state, as printed.
    pub state: Option<String>,
    /// Processor time, in percent of what the tool means.
    pub cpu_pct: Option<f64>,
    /// Share of memory.
    pub mem_pct: Option<f64>,
    /// Memory resident.
    pub rss_bytes: Option<u64>,
    /// Address space.
    pub virt_bytes: Option<u64>,
    /// Threads.
    pub nlwp: Option<u64>,
    /// Its name or command line, as printed.
    pub command: Option<String>,
}

/// A processor, percentages of its time.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Processor {
    /// Its number or name.
    pub id: Option<String>,
    /// In programs.
    pub user: Option<f64>,
    /// In the kernel.
    pub sys: Option<f64>,
    /// In niced programs.
    pub nice: Option<f64>,
    /// Idle, with input or output outstanding.
    pub wait: Option<f64>,
    /// Idle.
    pub idle: Option<f64>,
    /// Given to others by the hypervisor.
    pub steal: Option<f64>,
    /// Not idle, where the tool says just that.
    pub busy: Option<f64>,
}

/// A filesystem.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct FilesystemReading {
    /// What is mounted.
    pub device: Option<String>,
    /// Its size.
    pub total_bytes: Option<u64>,
    /// What is used of it.
    pub used_bytes: Option<u64>,
    /// What ordinary users can still use.
    pub available_bytes: Option<u64>,
    /// The share used, as printed.
    pub used_pct: Option<f64>,
    /// Where it is mounted.
    pub mount: Option<String>,
}

/// A container.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Container {
    /// Its id.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Processor time, 100 for each processor.
    pub cpu_pct: Option<f64>,
    /// Share of the memory it may use.
    pub mem_pct: Option<f64>,
    /// Memory in use.
    pub mem_used_bytes: Option<u64>,
    /// Memory that it may use.
    pub mem_limit_bytes: Option<u64>,
    /// Bytes received.
    pub net_rx_bytes: Option<u64>,
    /// Bytes sent.
    pub net_tx_bytes: Option<u64>,
    /// Bytes read from block devices.
    pub block_read_bytes: Option<u64>,
    /// Bytes written to block devices.
    pub block_write_bytes: Option<u64>,
}

/// A zone, jail or workload partition.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Zone {
    /// Its number while it runs.
    pub id: Option<u64>,
    /// Its name.
    pub name: Option<String>,
    /// Its state, as printed.
    pub state: Option<String>,
    /// Its directory.
    pub path: Option<String>,
    /// Its brand.
    pub brand: Option<String>,
    /// How it is on the network: `shared` or `excl`.
    pub ip: Option<String>,
    /// Processes in it.
    pub nproc: Option<u64>,
    /// Processor time, in percent of the machine.
    pub cpu_pct: Option<f64>,
    /// Share of memory.
    pub mem_pct: Option<f64>,
    /// Memory resident.
    pub rss_bytes: Option<u64>,
    /// Swap in use.
    pub swap_bytes: Option<u64>,
}

/// A logical domain.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Domain {
    /// Its name.
    pub name: Option<String>,
    /// Its state, as printed.
    pub state: Option<String>,
    /// Its flags, as printed.
    pub flags: Option<String>,
    /// Virtual processors.
    pub vcpus: Option<u64>,
    /// Memory.
    pub mem_bytes: Option<u64>,
    /// Share of its processors in use.
    pub util_pct: Option<f64>,
    /// The same, normalised.
    pub norm_util_pct: Option<f64>,
    /// Time since it started.
    pub uptime_seconds: Option<u64>,
}

/// A virtual machine.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct VirtualMachine {
    /// Its number or id with its host.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its state, as printed.
    pub state: Option<String>,
    /// Its guest's system, as printed.
    pub guest: Option<String>,
    /// Virtual processors.
    pub vcpus: Option<u64>,
    /// Processor time, as printed.
    pub cpu_pct: Option<f64>,
    /// Time it was ready and had no processor.
    pub ready_pct: Option<f64>,
    /// Memory.
    pub mem_bytes: Option<u64>,
    /// Time since it started.
    pub uptime_seconds: Option<u64>,
}

/// A block device.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Disk {
    /// Its name.
    pub device: Option<String>,
    /// Share of time it was busy.
    pub busy_pct: Option<f64>,
    /// Reads a second.
    pub reads_per_s: Option<f64>,
    /// Writes a second.
    pub writes_per_s: Option<f64>,
    /// Both, where the tool gives one figure.
    pub transfers_per_s: Option<f64>,
    /// Bytes read a second.
    pub read_bytes_per_s: Option<f64>,
    /// Bytes written a second.
    pub write_bytes_per_s: Option<f64>,
    /// Bytes read since the system started.
    pub read_bytes: Option<u64>,
    /// Bytes written since the system started.
    pub write_bytes: Option<u64>,
}

/// A network interface; counts since the system started.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Interface {
    /// Its name.
    pub name: Option<String>,
    /// Bytes received.
    pub rx_bytes: Option<u64>,
    /// Packets received.
    pub rx_packets: Option<u64>,
    /// Packets received with errors.
    pub rx_errors: Option<u64>,
    /// Packets received and dropped.
    pub rx_dropped: Option<u64>,
    /// Bytes sent.
    pub tx_bytes: Option<u64>,
    /// Packets sent.
    pub tx_packets: Option<u64>,
    /// Packets that could not be sent for errors.
    pub tx_errors: Option<u64>,
    /// Packets dropped instead of sent.
    pub tx_dropped: Option<u64>,
    /// Bytes received a second.
    pub rx_bytes_per_s: Option<f64>,
    /// Bytes sent a second.
    pub tx_bytes_per_s: Option<f64>,
}

impl Reading {
    /// Says that something in a line was left out, and why.
    pub(crate) fn remark(&mut self, line: u32, text: impl Into<String>) {
        // More than this nobody reads.
        const MOST: usize = 100;
        if self.remarks.len() < MOST {
            self.remarks.push(Remark { line, text: text.into() });
        }
    }
}
