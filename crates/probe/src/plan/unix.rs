//! AIX, Solaris, FreeBSD and macOS over ssh: their own tools, each asked for what it tells best.
//!
//! Of tools that print rates, the first report is "since the start" and is not taken: they run for one second and
//! report twice. The parsers take the last report.

use super::host::{GroupSink, Identity};
use super::samples::{self, Sums};
use super::{Answer, Part, Plan, guests};
use crate::guest::Guests as Known;
use crate::reading::Reading;
use crate::tool;
use std::time::Duration;
use topmast_model::agentless::HostSystem;
use topmast_model::sample::SampleSink;
use topmast_model::server::ServerFacts;

/// What is taken of a tool's reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Take {
    Processor,
    Memory,
    Swap,
    Load,
    Disks,
    Interfaces,
    Filesystems,
    /// Percentages of one processor.
    Processes,
    /// Percentages of the whole machine.
    ProcessesOfMachine,
    /// Zones, domains, virtual machines.
    Guests,
    /// Shares of a process's whole life say nothing of now: memory only.
    ProcessesMemory,
}

/// One tool of a reading.
struct Use {
    /// The part's name.
    name: &'static str,
    /// The parser.
    tool: &'static str,
    every_s: u32,
    command: &'static str,
    takes: &'static [Take],
}

use Take::{
    Disks, Filesystems, Guests, Interfaces, Load, Memory, Processes, ProcessesMemory, ProcessesOfMachine,
    Processor, Swap,
};

const AIX: &[Use] = &[
    Use { name: "vmstat", tool: "vmstat", every_s: 0, command: "vmstat 1 2", takes: &[Processor] },
    Use { name: "memory", tool: "vmstat", every_s: 0, command: "vmstat -v", takes: &[Memory] },
    Use { name: "lsps", tool: "lsps", every_s: 0, command: "lsps -s", takes: &[Swap] },
    Use { name: "uptime", tool: "uptime", every_s: 0, command: "uptime", takes: &[Load] },
    Use { name: "iostat", tool: "iostat", every_s: 0, command: "iostat -DRTl 1 1", takes: &[Disks] },
    Use { name: "netstat", tool: "netstat", every_s: 10, command: "netstat -in", takes: &[Interfaces] },
    Use {
        name: "ps",
        tool: "ps",
        every_s: 30,
        command: "ps -Aeo pid,ppid,user,pcpu,vsz,rssize,thcount,time,comm",
        takes: &[ProcessesMemory],
    },
    Use { name: "df", tool: "df", every_s: 60, command: "df -Pk", takes: &[Filesystems] },
    Use { name: "lswpar", tool: "lswpar", every_s: 60, command: "lswpar 2>/dev/null", takes: &[Guests] },
];

const SOLARIS: &[Use] = &[
    Use { name: "vmstat", tool: "vmstat", every_s: 0, command: "vmstat 1 2", takes: &[Processor] },
    Use {
        name: "kstat",
        tool: "kstat",
        every_s: 0,
        command: "kstat -p 'unix:0:system_pages:' 'cpu_info:0::implementation' 'link:::/64$/'",
        takes: &[Memory, Interfaces],
    },
    // The class would filter the other statistics as well.
    Use { name: "disks", tool: "kstat", every_s: 0, command: "kstat -p -c disk", takes: &[Disks] },
    Use { name: "swap", tool: "swap", every_s: 0, command: "swap -s", takes: &[Swap] },
    Use { name: "uptime", tool: "uptime", every_s: 0, command: "uptime", takes: &[Load] },
    Use {
        name: "prstat",
        tool: "prstat",
        every_s: 30,
        command: "prstat -Z -c -n 30 1 2",
        takes: &[ProcessesOfMachine, Guests],
    },
    Use { name: "zoneadm", tool: "zoneadm", every_s: 60, command: "zoneadm list -cp", takes: &[Guests] },
    // Only a control domain has some, and only for who may ask.
    Use {
        name: "ldm",
        tool: "ldm",
        every_s: 60,
        command: "{ ldm list -p || pfexec ldm list -p; } 2>/dev/null",
        takes: &[Guests],
    },
    Use { name: "df", tool: "df", every_s: 60, command: "df -k", takes: &[Filesystems] },
];

const FREEBSD: &[Use] = &[
    Use {
        name: "top",
        tool: "top",
        every_s: 0,
        command: "top -b -d2 -s1 20",
        takes: &[Processor, Memory, Load, Processes],
    },
    Use { name: "swapinfo", tool: "swapinfo", every_s: 0, command: "swapinfo -k", takes: &[Swap] },
    Use { name: "netstat", tool: "netstat", every_s: 0, command: "netstat -ibn", takes: &[Interfaces] },
    Use { name: "df", tool: "df", every_s: 60, command: "df -k", takes: &[Filesystems] },
];

const MACOS: &[Use] = &[
    Use {
        name: "top",
        tool: "top",
        every_s: 0,
        command: "top -l 2 -s 1 -n 20",
        takes: &[Processor, Memory, Processes],
    },
    Use { name: "uptime", tool: "uptime", every_s: 0, command: "uptime", takes: &[Load] },
    Use { name: "netstat", tool: "netstat", every_s: 0, command: "netstat -ibn", takes: &[Interfaces] },
    Use { name: "df", tool: "df", every_s: 60, command: "df -k", takes: &[Filesystems] },
];

const ESXI: &[Use] = &[
    Use {
        name: "esxtop",
        tool: "esxtop",
        every_s: 30,
        command: "TERM=xterm esxtop -b -n 2 -d 2",
        takes: &[Processor, Memory, Swap, Load, Disks, Interfaces, Guests],
    },
    Use {
        name: "filesystems",
        tool: "esxcli",
        every_s: 60,
        command: "esxcli --formatter=csv storage filesystem list",
        takes: &[Filesystems],
    },
    Use {
        name: "uptime",
        tool: "esxcli",
        every_s: 0,
        command: "esxcli system stats uptime get",
        takes: &[Load],
    },
];

const fn tools(system: HostSystem) -> &'static [Use] {
    match system {
        HostSystem::Aix => AIX,
        HostSystem::Solaris => SOLARIS,
        HostSystem::FreeBsd => FREEBSD,
        HostSystem::MacOs => MACOS,
        HostSystem::Esxi => ESXI,
        // Its files are read instead.
        HostSystem::Linux => &[],
    }
}

pub(super) fn plan(system: HostSystem) -> Plan {
    // Name of the system, processors, bytes of memory: a line each.
    let facts = match system {
        HostSystem::Aix => {
            "oslevel -s; getconf NPROCESSORS_ONLN; lsattr -El sys0 -a realmem | while read a b c; do echo \"${b}k\"; done"
        }
        HostSystem::Solaris => {
            "head -1 /etc/release; psrinfo | wc -l; prtconf 2>/dev/null | while read a b c d; do [ \"$a\" = Memory ] && echo \"${c}m\"; done"
        }
        HostSystem::FreeBsd => "freebsd-version 2>/dev/null || uname -r; sysctl -n hw.ncpu hw.physmem",
        HostSystem::MacOs => "sw_vers -productVersion; sysctl -n hw.ncpu hw.memsize",
        HostSystem::Esxi => {
            "vmware -v; esxcli hardware cpu global get | sed -n 's/.*CPU Threads: *//p'; esxcli hardware memory get | sed -n 's/.*Physical Memory: *\\([0-9]*\\).*/\\1/p'"
        }
        HostSystem::Linux => "true",
    };
    let part = |tool: &Use| Part::new(tool.name, tool.every_s, tool.command);
    Plan { facts: vec![Part::new("facts", 0, facts)], cycle: tools(system).iter().map(part).collect() }
}

/// What the parts say of the system.
pub(super) fn read_facts(system: HostSystem, answer: &Answer<'_>, identity: &Identity) -> ServerFacts {
    let text = answer.part("facts").map(|part| String::from_utf8_lossy(part.text)).unwrap_or_default();
    let mut lines = text.lines().map(str::trim);
    let release = lines.next().unwrap_or_default();
    let cpu_count = lines.next().and_then(|line| line.parse().ok()).unwrap_or_default();
    let memory_bytes = lines.next().and_then(bytes).unwrap_or_default();
    let os = match system {
        HostSystem::Aix => format!("AIX {release}"),
        HostSystem::FreeBsd => format!("FreeBSD {release}"),
        HostSystem::MacOs => format!("macOS {release}"),
        // The first line of the file names it.
        HostSystem::Solaris | HostSystem::Linux | HostSystem::Esxi => release.to_owned(),
    };
    let kernel = match system {
        // `uname -v` is the version and `uname -r` the release.
        HostSystem::Aix => format!("{}.{}", identity.version, identity.release),
        _ => identity.release.clone(),
    };
    ServerFacts {
        hostname: identity.hostname.clone(),
        os: os.trim().to_owned(),
        os_family: system.as_str().to_owned(),
        kernel,
        architecture: identity.architecture.clone(),
        cpu_count,
        memory_bytes,
        ..ServerFacts::default()
    }
}

/// `8388608k`, `16384m` or plain bytes.
fn bytes(text: &str) -> Option<u64> {
    let (digits, unit) = match text.strip_suffix('k') {
        Some(digits) => (digits, 1 << 10),
        None => text.strip_suffix('m').map_or((text, 1), |digits| (digits, 1 << 20)),
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// Reads what a reading's parts say into groups of samples, and what is wrong with them.
pub(super) fn read(
    system: HostSystem,
    answer: &Answer<'_>,
    elapsed: Option<Duration>,
    (sums, known): (&mut Sums, &mut Known),
    sink: &mut dyn GroupSink,
) -> Vec<String> {
    let mut problems = Vec::new();
    for tool in tools(system) {
        // Not every part is due at every reading.
        let Some(part) = answer.part(tool.name) else { continue };
        // Not every host has guests, nor what tells of them.
        if tool.takes == [Guests] && part.text.trim_ascii().is_empty() {
            guests::none(tool.name, part.status, known);
            continue;
        }
        let Some(parser) = tool::find(system.as_str(), tool.tool) else { continue };
        match parser.parse(part.text) {
            Ok(reading) => {
                // A slow tool's rates held since it ran last.
                let slow = (tool.every_s > 0).then(|| Duration::from_secs(tool.every_s.into()));
                sums.begin(elapsed.map(|elapsed| slow.map_or(elapsed, |slow| slow.max(elapsed))));
                let is_whole = part.status == 0 && reading.remarks.is_empty();
                sink.group(tool.name, &mut |sink| {
                    for take in tool.takes {
                        if *take == Guests {
                            let mut telling = guests::Telling { sums, guests: known, is_whole };
                            guests::emit((system, tool.name), &reading, &mut telling, sink);
                        } else {
                            emit(*take, &reading, sums, sink);
                        }
                    }
                });
            }
            Err(error) => problems.push(match part.status {
                0 => error.to_string(),
                status => format!("`{}` ended with status {status}: {error}", tool.command),
            }),
        }
    }
    problems
}

fn emit(take: Take, reading: &Reading, sums: &mut Sums, sink: &mut dyn SampleSink) {
    match take {
        Processor => sums.processor(reading, sink),
        Memory => samples::memory(reading, sink),
        Swap => samples::swap(reading, sink),
        Load => samples::load(reading, sink),
        // Told with the part that they are of.
        Guests => {}
        Disks => sums.disks(reading.disks.as_deref().unwrap_or_default(), sink),
        Interfaces => sums.interfaces(reading.interfaces.as_deref().unwrap_or_default(), sink),
        Filesystems => samples::filesystems(reading.filesystems.as_deref().unwrap_or_default(), sink),
        Processes => sums.processes(reading.processes.as_deref().unwrap_or_default(), 1.0, sink),
        ProcessesOfMachine => {
            let processors = f64::from(sums.known_processors().max(1));
            sums.processes(reading.processes.as_deref().unwrap_or_default(), processors, sink);
        }
        ProcessesMemory => {
            let mut processes = reading.processes.clone().unwrap_or_default();
            for process in &mut processes {
                process.cpu_pct = None;
            }
            sums.processes(&processes, 1.0, sink);
        }
    }
}

/// Reads the screen of `top`; says what is wrong with it.
pub(super) fn read_screen(
    system: HostSystem,
    text: &[u8],
    elapsed: Option<Duration>,
    sums: &mut Sums,
    sink: &mut dyn GroupSink,
) -> Result<(), String> {
    let parser =
        tool::find(system.as_str(), "top").ok_or_else(|| format!("the top of {system} is not known"))?;
    let reading = parser.parse(text).map_err(|error| error.to_string())?;
    if !is_screen(&reading) {
        return Err(format!("it is no screen of the top of {system}"));
    }
    // Linux and BSD say percentages of one processor.
    let processes = if system == HostSystem::Solaris { ProcessesOfMachine } else { Processes };
    sums.begin(elapsed);
    sink.group("top", &mut |sink| {
        for take in [Processor, Memory, Swap, Load, processes] {
            emit(take, &reading, sums, sink);
        }
    });
    Ok(())
}

/// Whose `top` drew a screen.
pub(super) fn system_of_screen(text: &[u8]) -> Option<HostSystem> {
    HostSystem::ALL.iter().copied().find(|system| {
        let parsed = tool::find(system.as_str(), "top").map(|parser| parser.parse(text));
        parsed.is_some_and(|parsed| parsed.is_ok_and(|reading| is_screen(&reading)))
    })
}

fn is_screen(reading: &Reading) -> bool {
    reading.cpu_idle_pct.is_some() && reading.mem_free_bytes.is_some()
}
