//! `nmon`, `topas_nmon`: CSV of facts (`AAA`), headers and rows of sections, `SECTION,T0001,…`.

use crate::error::{Fault, ParseError};
use crate::reading::{Disk, FilesystemReading, Interface, Process, Processor, Reading};
use crate::tool::row::{fact, share};
use crate::tool::table::{bound, listed};
use crate::tool::text::{self, Text};
use std::collections::HashMap;

/// Cells of one row of a section, and its line.
#[derive(Clone)]
struct Cells<'a> {
    line: u32,
    cells: Vec<&'a str>,
}

/// A snapshot: the row of each section, and those of processes.
#[derive(Default)]
struct Snapshot<'a> {
    name: &'a str,
    sections: HashMap<&'a str, Cells<'a>>,
    processes: Vec<Cells<'a>>,
}

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut heads: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut snapshots: Vec<Snapshot<'_>> = Vec::new();
    for line in text.lines().filter(|line| !line.is_blank()) {
        let cells: Vec<&str> = line.text.trim_end().split(',').map(str::trim).collect();
        let [section, second, rest @ ..] = &cells[..] else { continue };
        // A process's row has its number before the snapshot's.
        let (snapshot, process) = match rest.first() {
            Some(third) if *section == "TOP" && is_snapshot(third) => (*third, true),
            _ => (*second, false),
        };
        match *section {
            "AAA" => fact(&mut reading, second, &rest.join(",")),
            "ZZZZ" => begin(&mut snapshots, second),
            _ if section.starts_with("BBB") => {}
            _ if is_snapshot(snapshot) => {
                if snapshots.last().is_none_or(|last| last.name != snapshot) {
                    begin(&mut snapshots, snapshot);
                }
                let Some(last) = snapshots.last_mut() else { continue };
                let row = Cells { line: line.number, cells };
                if process {
                    last.processes.push(row);
                } else {
                    last.sections.insert(row.cells[0], row);
                }
            }
            "TOP" if *second != "+PID" => {}
            _ => drop(heads.insert(section, cells)),
        }
    }
    // A snapshot with fewer sections than the one before it is cut.
    let last = snapshots.pop();
    let chosen = match (snapshots.pop(), last) {
        (Some(before), Some(last)) if before.sections.len() > last.sections.len() => Some(before),
        (_, last) => last,
    };
    if let Some(snapshot) = &chosen {
        take(&mut reading, &heads, snapshot);
    }
    if chosen.is_none() && reading.facts.is_none() {
        return Err(text.error(Fault::Missing("a section of nmon")));
    }
    Ok(reading)
}

fn is_snapshot(cell: &str) -> bool {
    cell.strip_prefix('T').is_some_and(|number| number.len() >= 4 && text::count(number).is_some())
}

/// Starts a snapshot; only the newest and the one before it can count.
fn begin<'a>(snapshots: &mut Vec<Snapshot<'a>>, name: &'a str) {
    if snapshots.len() > 1 {
        snapshots.remove(0);
    }
    snapshots.push(Snapshot { name, ..Snapshot::default() });
}

fn take(reading: &mut Reading, heads: &HashMap<&str, Vec<&str>>, snapshot: &Snapshot<'_>) {
    let value = |section: &str, names: &[&str]| -> Option<f64> {
        let head = heads.get(section)?;
        let row = snapshot.sections.get(section)?;
        let at = names.iter().find_map(|name| head.iter().skip(2).position(|column| column == name))? + 2;
        known(row.cells.get(at)?)
    };
    let percent = |section: &str, name: &str| value(section, &[name]).filter(|value| *value <= 100.0);
    let mebibytes =
        |section: &str, name: &str| value(section, &[name]).and_then(|mb| text::bytes(mb * 1_048_576.0));
    reading.cpu_user_pct = percent("CPU_ALL", "User%");
    reading.cpu_sys_pct = percent("CPU_ALL", "Sys%");
    reading.cpu_wait_pct = percent("CPU_ALL", "Wait%");
    reading.cpu_idle_pct = percent("CPU_ALL", "Idle%");
    reading.physc = value("LPAR", &["PhysicalCPU"]);
    reading.entitlement = value("LPAR", &["entitled"]);
    reading.lcpu = value("LPAR", &["logicalCPUs"]).and_then(text::bytes);
    reading.cpu_count = reading.lcpu;
    reading.mem_total_bytes = mebibytes("MEM", "Real total(MB)");
    reading.mem_free_bytes = mebibytes("MEM", "Real free(MB)");
    reading.swap_total_bytes = mebibytes("MEM", "Virtual total(MB)");
    reading.swap_free_bytes = mebibytes("MEM", "Virtual free(MB)");
    reading.procs_running = value("PROC", &["Runnable"]).and_then(text::bytes);
    reading.context_switches_per_s = value("PROC", &["pswitch"]);
    reading.syscalls_per_s = value("PROC", &["syscall"]);
    let mut cpus: Vec<(u64, Processor)> = Vec::new();
    for (section, row) in &snapshot.sections {
        let Some(number) = section.strip_prefix("CPU").and_then(text::count) else { continue };
        if section.len() < 4 || heads.get(section).is_none_or(|head| head.len() > row.cells.len()) {
            continue;
        }
        let cpu = Processor {
            id: Some(section[3..].to_owned()),
            user: percent(section, "User%"),
            sys: percent(section, "Sys%"),
            wait: percent(section, "Wait%"),
            idle: percent(section, "Idle%"),
            ..Processor::default()
        };
        cpus.push((number, cpu));
    }
    cpus.sort_by_key(|(number, _)| *number);
    let cpus: Vec<Processor> = cpus.into_iter().map(|(_, cpu)| cpu).collect();
    reading.cpus = listed(cpus, "processors", reading);
    devices(reading, heads, snapshot);
    processes(reading, heads, snapshot);
}

/// A value that is known: nmon writes -1 for what it is not.
fn known(cell: &str) -> Option<f64> {
    text::number(cell).filter(|value| value.is_sign_positive())
}

/// Column by column of a section: its name and its value.
fn columns<'a>(
    heads: &'a HashMap<&str, Vec<&'a str>>,
    snapshot: &'a Snapshot<'_>,
    section: &str,
) -> impl Iterator<Item = (&'a str, Option<f64>)> + use<'a> {
    let head = heads.get(section).map(|head| &head[..]).unwrap_or_default();
    let row = snapshot.sections.get(section).map(|row| &row.cells[..]).unwrap_or_default();
    let whole = head.len() == row.len();
    head.iter().zip(row).skip(2).filter(move |_| whole).map(|(name, cell)| (*name, known(cell)))
}

fn devices(reading: &mut Reading, heads: &HashMap<&str, Vec<&str>>, snapshot: &Snapshot<'_>) {
    let mut disks: Vec<Disk> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    // More than 150 disks go on in sections DISKBUSY1, DISKBUSY2 ….
    let mut sections: Vec<&str> =
        snapshot.sections.keys().copied().filter(|name| name.starts_with("DISK")).collect();
    sections.sort_unstable();
    for section in sections {
        let kind = section.trim_end_matches(|char: char| char.is_ascii_digit());
        for (name, value) in columns(heads, snapshot, section) {
            let set: fn(&mut Disk, Option<f64>) = match kind {
                "DISKBUSY" => |disk, value| disk.busy_pct = value.filter(|busy| *busy <= 100.0),
                // nmon counts in KiB a second.
                "DISKREAD" => |disk, value| disk.read_bytes_per_s = value.map(|kib| kib * 1024.0),
                "DISKWRITE" => |disk, value| disk.write_bytes_per_s = value.map(|kib| kib * 1024.0),
                "DISKXFER" => |disk, value| disk.transfers_per_s = value,
                _ => continue,
            };
            let at = *places.entry(name.to_owned()).or_insert_with(|| {
                disks.push(Disk { device: Some(name.to_owned()), ..Disk::default() });
                disks.len() - 1
            });
            set(&mut disks[at], value);
        }
    }
    reading.disks = listed(disks, "disks", reading);
    let mut interfaces: Vec<Interface> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (name, value) in columns(heads, snapshot, "NET") {
        let read = name.strip_suffix("-read-KB/s");
        let Some(device) = read.or(name.strip_suffix("-write-KB/s")) else { continue };
        let at = *places.entry(device.to_owned()).or_insert_with(|| {
            interfaces.push(Interface { name: Some(device.to_owned()), ..Interface::default() });
            interfaces.len() - 1
        });
        let rate = value.map(|kib| kib * 1024.0);
        if read.is_some() {
            interfaces[at].rx_bytes_per_s = rate;
        } else {
            interfaces[at].tx_bytes_per_s = rate;
        }
    }
    reading.interfaces = listed(interfaces, "interfaces", reading);
    let filesystems: Vec<FilesystemReading> = columns(heads, snapshot, "JFSFILE")
        .map(|(mount, used)| FilesystemReading {
            mount: Some(mount.to_owned()),
            used_pct: used.filter(|used| *used <= 100.0),
            ..FilesystemReading::default()
        })
        .collect();
    reading.filesystems = listed(filesystems, "filesystems", reading);
}

fn processes(reading: &mut Reading, heads: &HashMap<&str, Vec<&str>>, snapshot: &Snapshot<'_>) {
    let Some(head) = heads.get("TOP").filter(|_| !snapshot.processes.is_empty()) else { return };
    let place = |name: &str| head.iter().position(|column| column.trim_start_matches('+') == name);
    let mut list = Vec::new();
    for row in &snapshot.processes {
        let cell = |name: &str| place(name).and_then(|at| row.cells.get(at)).copied();
        let Some(pid) = cell("PID").and_then(text::count).filter(|_| row.cells.len() >= head.len()) else {
            reading.remark(row.line, "the process's row has not the columns of its header, left out");
            continue;
        };
        let kib = |name: &str| cell(name).and_then(|kib| text::size(kib, 1 << 10));
        list.push(Process {
            pid: Some(pid),
            cpu_pct: cell("%CPU").and_then(known),
            mem_pct: cell("%RAM").and_then(share),
            rss_bytes: kib("ResText").zip(kib("ResData")).map(|(code, data)| code.saturating_add(data)),
            virt_bytes: kib("Size"),
            nlwp: cell("Threads").and_then(text::count),
            command: cell("Command").map(str::to_owned),
            ..Process::default()
        });
    }
    bound(&mut list, "processes", reading);
    reading.processes = Some(list);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_snapshot_with_all_sections_counts() {
        let text = "AAA,host,shop1\nAAA,AIX,7.2.5.1\n\
            CPU01,CPU 1 shop1,User%,Sys%,Wait%,Idle%\n\
            CPU_ALL,CPU Total shop1,User%,Sys%,Wait%,Idle%,Busy,PhysicalCPUs\n\
            MEM,Memory shop1,Real Free %,Virtual free %,Real free(MB),Virtual free(MB),Real total(MB),Virtual total(MB)\n\
            LPAR,Logical Partition shop1,PhysicalCPU,virtualCPUs,logicalCPUs,poolCPUs,entitled,weight\n\
            DISKBUSY,Disk %Busy shop1,hdisk0,hdisk1\nDISKREAD,Disk Read KB/s shop1,hdisk0,hdisk1\n\
            NET,Network I/O shop1,en0-read-KB/s,lo0-read-KB/s,en0-write-KB/s,lo0-write-KB/s\n\
            TOP,%CPU Utilisation\n\
            TOP,+PID,Time,%CPU,%Usr,%Sys,Threads,Size,ResText,ResData,CharIO,%RAM,Paging,Command,WLMclass\n\
            ZZZZ,T0001,10:00:00,01-JAN-2025\n\
            CPU01,T0001,10.0,5.0,0.0,85.0\nCPU_ALL,T0001,11.0,4.0,1.0,84.0,,4\n\
            MEM,T0001,50.0,90.0,1024.0,460.8,2048.0,512.0\nLPAR,T0001,0.125,2,8,16,0.50,128\n\
            DISKBUSY,T0001,7.5,0.0\nDISKREAD,T0001,2.0,-1.0\nNET,T0001,1.0,2.0,3.0,4.0\n\
            TOP,0004711,T0001,12.5,10.0,2.5,3,100,4,6,0,1,0,java,Unclassified\n\
            ZZZZ,T0002,10:00:05,01-JAN-2025\nCPU_ALL,T0002,99.0,0.0,0.0,1.0,,4\n";
        let reading = parse(&Text::of("aix nmon", text)).unwrap();
        assert_eq!((reading.cpu_user_pct, reading.cpu_idle_pct), (Some(11.0), Some(84.0)));
        assert_eq!((reading.physc, reading.entitlement, reading.lcpu), (Some(0.125), Some(0.5), Some(8)));
        assert_eq!((reading.mem_total_bytes, reading.mem_free_bytes), (Some(2 << 30), Some(1 << 30)));
        let disks = reading.disks.unwrap();
        assert_eq!((disks[0].busy_pct, disks[0].read_bytes_per_s), (Some(7.5), Some(2048.0)));
        assert_eq!(disks[1].read_bytes_per_s, None);
        assert_eq!(reading.interfaces.unwrap()[0].tx_bytes_per_s, Some(3072.0));
        let processes = reading.processes.unwrap();
        assert_eq!((processes[0].pid, processes[0].rss_bytes), (Some(4711), Some(10_240)));
        assert_eq!(reading.cpus.unwrap()[0].idle, Some(85.0));
    }
}
