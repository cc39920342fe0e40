//! A host through its Zabbix agent: which items to ask for, and what its answers say in the catalogue's terms.
//!
//! ```text
//! DISCOVERY ─ask─► discover() ─► facts, and what there is of interfaces, disks, filesystems
//! checks() ──ask─► read() ─────► SampleSink
//! ```
//!
//! The agent tells shares of processor time over its last minute; the catalogue counts seconds. So shares are summed
//! over the time between two readings, beginning at zero, and the rate derived on read is the one that the agent told.
//!
//! Invariants
//! - ZA-1: an item that the agent does not know is left out; nothing stands in for it.
//! - ZA-2: what a host can lengthen (interfaces, disks, filesystems) is bounded, and what was left out is counted.
//!
//! Elsewhere: the frame (`topmast_ingest::zabbix`), asking (the master's `neighbour`).

mod filesystem;
mod item;

pub use item::{Answer, Answers};

use filesystem::Space;
use item::{CPU_MODES, GAUGES, names, parameter};
use std::time::Duration;
use topmast_model::catalogue as metric;
use topmast_model::catalogue::Metric;
use topmast_model::sample::SampleSink;
use topmast_model::server::ServerFacts;
use topmast_model::time::UnixMillis;

/// What is asked first, and now and then again: facts, and what there is to be asked about.
pub const DISCOVERY: &[&str] = &[
    AGENT_VERSION,
    "system.hostname",
    "system.uname",
    "system.sw.os[name]",
    "system.sw.arch",
    "system.boottime",
    "system.cpu.num",
    "vm.memory.size[total]",
    "net.if.discovery",
    "vfs.dev.discovery",
    SPACE,
    "vfs.fs.discovery",
];
/// The version of the agent.
pub const AGENT_VERSION: &str = "agent.version";
/// The space of all filesystems at once; agents before 4.4 do not know it.
const SPACE: &str = "vfs.fs.get";
/// Interfaces and disks that are asked about, eight and four items each: an agent answers three to ten at a time.
const ROWS_MAX: usize = 32;
/// A share is taken to have held for so long at most: what was between two readings further apart is not known.
const BRIDGED: Duration = Duration::from_mins(3);
/// Zabbix counts what block devices did in sectors of this size, whatever theirs are.
const SECTOR_BYTES: f64 = 512.0;

const INTERFACE: [(&str, &str, &Metric); 8] = [
    ("in", "bytes", metric::HOST_NETWORK_RECEIVE_BYTES),
    ("in", "packets", metric::HOST_NETWORK_RECEIVE_PACKETS),
    ("in", "errors", metric::HOST_NETWORK_RECEIVE_ERRORS),
    ("in", "dropped", metric::HOST_NETWORK_RECEIVE_DROPPED),
    ("out", "bytes", metric::HOST_NETWORK_TRANSMIT_BYTES),
    ("out", "packets", metric::HOST_NETWORK_TRANSMIT_PACKETS),
    ("out", "errors", metric::HOST_NETWORK_TRANSMIT_ERRORS),
    ("out", "dropped", metric::HOST_NETWORK_TRANSMIT_DROPPED),
];
const DISK: [(&str, &str, &Metric, f64); 4] = [
    ("read", "operations", metric::HOST_DISK_READS, 1.0),
    ("write", "operations", metric::HOST_DISK_WRITES, 1.0),
    ("read", "sectors", metric::HOST_DISK_READ_BYTES, SECTOR_BYTES),
    ("write", "sectors", metric::HOST_DISK_WRITTEN_BYTES, SECTOR_BYTES),
];

/// What is known of a host between two readings.
#[derive(Debug, Clone, Default)]
pub struct HostReader {
    interfaces: Vec<String>,
    disks: Vec<String>,
    space: Space,
    /// Interfaces and disks that are left out.
    skipped: [(&'static str, usize); 2],
    processors: f64,
    /// Seconds of all processors, by mode.
    sums: [f64; CPU_MODES.len()],
}

impl HostReader {
    /// Takes the answers to [`DISCOVERY`]; says what they tell of the host.
    pub fn discover(&mut self, answers: &Answers) -> ServerFacts {
        let text = |key: &str| answers.text(key).unwrap_or_default().trim().to_owned();
        let number = |key: &str| answers.number(key).unwrap_or_default();
        let bounded = |mut rows: Vec<String>| {
            let skipped = rows.len().saturating_sub(ROWS_MAX);
            rows.truncate(ROWS_MAX);
            (rows, skipped)
        };
        let wired = |name: &String| name != "lo" && !name.starts_with("veth");
        let interfaces = names(answers, "net.if.discovery", "{#IFNAME}", |_| true);
        let (interfaces, without) = bounded(interfaces.into_iter().filter(wired).collect());
        let own = |name: &String| {
            let of_memory = ["loop", "ram", "zram", "fd", "sr", "dm-"];
            !of_memory.iter().any(|kind| name.strip_prefix(kind).is_some_and(begins_with_digit))
        };
        let disks = names(answers, "vfs.dev.discovery", "{#DEVNAME}", item::is_whole);
        let (disks, without_disks) = bounded(disks.into_iter().filter(own).collect());
        self.skipped = [("network", without), ("disk", without_disks)];
        (self.interfaces, self.disks) = (interfaces, disks);
        self.space.discover(answers, SPACE);
        self.processors = number("system.cpu.num").max(0.0);
        // `Linux db1 6.1.0 #1 SMP … x86_64`, `Windows WIN-1 10.0.20348 … x64`
        let uname = text("system.uname");
        let mut words = uname.split_whitespace();
        let family = words.next().unwrap_or_default().to_lowercase();
        let kernel = words.nth(1).unwrap_or_default().to_owned();
        let os = Some(text("system.sw.os[name]")).filter(|os| !os.is_empty());
        ServerFacts {
            hostname: text("system.hostname"),
            os: os.unwrap_or_else(|| uname.clone()),
            os_family: family,
            kernel,
            architecture: text("system.sw.arch"),
            virtualisation: String::new(),
            cpu_count: u32::try_from(whole_number(self.processors)).unwrap_or(u32::MAX),
            memory_bytes: whole_number(number("vm.memory.size[total]")),
            boot_time: UnixMillis(
                i64::try_from(whole_number(number("system.boottime") * 1_000.0)).unwrap_or_default(),
            ),
            addresses: Vec::new(),
        }
    }

    /// What is asked at every reading.
    pub fn checks(&self) -> Vec<String> {
        let mut checks: Vec<String> =
            GAUGES.iter().map(|gauge| gauge.key.to_owned()).chain(CPU_MODES.iter().map(mode_key)).collect();
        for interface in &self.interfaces {
            checks.extend(INTERFACE.iter().map(|(way, what, _)| interface_key(way, interface, what)));
        }
        for disk in &self.disks {
            checks.extend(DISK.iter().map(|(way, what, _, _)| disk_key(way, disk, what)));
        }
        self.space.checks(SPACE, &mut checks);
        checks
    }

    /// Emits what the answers to [`Self::checks`] say.
    ///
    /// - `elapsed`: since the reading before; `None` at the first.
    pub fn read(&mut self, answers: &Answers, elapsed: Option<Duration>, sink: &mut dyn SampleSink) {
        for gauge in GAUGES {
            if let Some(value) = answers.number(gauge.key) {
                sink.sample(gauge.metric, gauge.labels, value);
            }
        }
        self.processor(answers, elapsed, sink);
        for interface in &self.interfaces {
            for (way, what, metric) in INTERFACE {
                if let Some(count) = answers.number(&interface_key(way, interface, what)) {
                    sink.sample(metric, &[interface], count);
                }
            }
        }
        for disk in &self.disks {
            for (way, what, metric, scale) in DISK {
                if let Some(count) = answers.number(&disk_key(way, disk, what)) {
                    sink.sample(metric, &[disk], count * scale);
                }
            }
        }
        self.space.read(answers, SPACE, sink);
        for (collector, skipped) in self.skipped.into_iter().filter(|(_, skipped)| *skipped > 0) {
            sink.sample(metric::HOST_PROBE_SKIPPED_COUNT, &[collector], skipped as f64);
        }
    }

    fn processor(&mut self, answers: &Answers, elapsed: Option<Duration>, sink: &mut dyn SampleSink) {
        let mut shares = CPU_MODES.map(|mode| answers.number(&mode_key(&mode)));
        let at = |mode: &str| CPU_MODES.iter().position(|(_, label)| *label == mode).unwrap_or_default();
        // On Windows the agent tells all that is busy as `system`, and no idle time.
        if let (None, None, Some(busy)) = (shares[at("idle")], shares[at("user")], shares[at("system")]) {
            shares[at("idle")] = Some(100.0 - busy);
        }
        // Without the idle share, the others would look like the whole.
        if shares[at("idle")].is_none() || self.processors < 1.0 {
            return;
        }
        let elapsed = elapsed.map_or(0.0, |elapsed| elapsed.min(BRIDGED).as_secs_f64());
        for (((_, mode), share), sum) in CPU_MODES.iter().zip(shares).zip(&mut self.sums) {
            if let Some(share) = share {
                *sum += share.clamp(0.0, 100.0) / 100.0 * self.processors * elapsed;
                sink.sample(metric::HOST_CPU_SECONDS, &["all", mode], *sum);
            }
        }
    }
}

fn mode_key((word, _): &(&str, &str)) -> String {
    format!("system.cpu.util[,{word},avg1]")
}

fn interface_key(way: &str, interface: &str, what: &str) -> String {
    format!("net.if.{way}[{},{what}]", parameter(interface))
}

fn disk_key(way: &str, disk: &str, what: &str) -> String {
    format!("vfs.dev.{way}[{},{what}]", parameter(disk))
}

fn begins_with_digit(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
}

/// A number that should be whole and not negative.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
fn whole_number(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests;
