//! `nmon` files: lines of commas, each section with a header of its own.
//!
//! ```text
//! CPU_ALL,CPU Total host,User%,Sys%,Wait%,Idle%,Busy,CPUs
//! ZZZZ,T0001,13:18:32,07-DEC-2012
//! CPU_ALL,T0001,6.5,3.2,0.0,90.3,,6
//! ```
//!
//! The last complete snapshot counts. `-1.0`, `-0.0` and `-nan` mean that there is no such figure.

use super::super::cut::MARK;
use super::super::table::Kept;
use super::super::text::{Line, Text, bytes, count, number};
use crate::error::{Fault, ParseError};
use crate::reading::{Disk, FilesystemReading, Interface, Process, Processor, Reading};
use std::collections::HashMap;

/// Lines of one snapshot; those of a section that disks share over several lines stay apart.
#[derive(Default)]
struct Snapshot<'a> {
    rows: Kept<(Line<'a>, &'a str, Vec<&'a str>)>,
}

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut headers: HashMap<&str, Vec<&str>> = HashMap::new();
    let (mut previous, mut snapshot): (Option<Snapshot<'_>>, _) = (None, Snapshot::default());
    let mut time = "";
    for line in text.lines().filter(|line| !line.is_blank()) {
        let cells: Vec<&str> = line.text.split(',').collect();
        let [section, second, rest @ ..] = cells.as_slice() else { continue };
        if *section == "AAA" {
            if *second == "cpus" {
                reading.cpu_count = rest.first().and_then(|cell| count(cell.trim()));
            }
            continue;
        }
        // `TOP,0004711,T0001,…`: processes have their number first.
        let (stamp, rest) = match rest {
            [stamp, rest @ ..] if *section == "TOP" && !is_stamp(second) => (*stamp, rest),
            rest => (*second, rest),
        };
        if !is_stamp(stamp) {
            if headers.len() < 10_000 {
                headers.insert(section, if *section == "TOP" { cells.clone() } else { rest.to_vec() });
            }
            continue;
        }
        // The time of a snapshot, in a line of its own.
        if *section == "ZZZZ" {
            continue;
        }
        if stamp != time {
            time = stamp;
            let before = std::mem::take(&mut snapshot);
            previous = if before.rows.is_empty() { previous } else { Some(before) };
        }
        let row = if *section == "TOP" { cells.clone() } else { rest.to_vec() };
        snapshot.rows.push((line, section, row));
    }
    // With fewer figures than the one before, a snapshot is cut.
    let figures = |snapshot: &Snapshot<'_>| {
        snapshot.rows.iter().filter(|row| row.1 != "TOP").map(|row| row.2.len()).sum::<usize>()
    };
    let snapshot = match previous {
        Some(before) if figures(&snapshot) < figures(&before) => {
            reading.remark(1, "the last snapshot has fewer figures than the one before, which counts");
            before
        }
        _ => snapshot,
    };
    if snapshot.rows.is_empty() {
        return Err(text.error(Fault::Missing("a snapshot")));
    }
    let mut lists = Lists::default();
    for (line, section, row) in snapshot.rows.iter() {
        let Some(header) = headers.get(section) else {
            reading.remark(line.number, format!("section {section} has no header"));
            continue;
        };
        lists.section(section, header, row, &mut reading);
    }
    lists.finish(&mut reading);
    Ok(reading)
}

fn is_stamp(word: &str) -> bool {
    word.strip_prefix('T').is_some_and(|digits| digits.len() > 3 && count(digits).is_some())
}

/// A figure that is there.
fn figure(cell: &str) -> Option<f64> {
    number(cell.trim()).filter(|value| value.is_sign_positive())
}

#[derive(Default)]
struct Lists {
    cpus: Kept<Processor>,
    disks: Kept<Disk>,
    places: HashMap<String, usize>,
    interfaces: Kept<Interface>,
    interface_places: HashMap<String, usize>,
    filesystems: Kept<FilesystemReading>,
    processes: Kept<Process>,
}

impl Lists {
    fn section(&mut self, section: &str, header: &[&str], row: &[&str], reading: &mut Reading) {
        let at = |name: &str| {
            let place = header.iter().position(|column| column.trim().eq_ignore_ascii_case(name))?;
            figure(row.get(place)?)
        };
        let mebibytes = |name: &str| bytes(at(name)? * 1_048_576.0);
        // The base of a section that is parted over several lines: `DISKBUSY`, `DISKBUSY1`.
        let base = section.trim_end_matches(|char: char| char.is_ascii_digit());
        match base {
            "CPU_ALL" => {
                reading.cpu_user_pct = at("User%");
                reading.cpu_sys_pct = at("Sys%");
                reading.cpu_wait_pct = at("Wait%");
                reading.cpu_idle_pct = at("Idle%");
                reading.cpu_steal_pct = at("Steal%");
                reading.cpu_count = reading.cpu_count.or_else(|| bytes(at("CPUs")?));
            }
            "CPU" => self.cpus.push(Processor {
                id: section.strip_prefix("CPU").and_then(count).map(|number| number.to_string()),
                user: at("User%"),
                sys: at("Sys%"),
                wait: at("Wait%"),
                idle: at("Idle%"),
                steal: at("Steal%"),
                ..Processor::default()
            }),
            "MEM" => {
                reading.mem_total_bytes = mebibytes("memtotal");
                reading.mem_free_bytes = mebibytes("memfree");
                reading.mem_cached_bytes = mebibytes("cached");
                reading.mem_buffers_bytes = mebibytes("buffers");
                reading.swap_total_bytes = mebibytes("swaptotal");
                reading.swap_free_bytes = mebibytes("swapfree");
            }
            "PROC" => {
                reading.procs_running = at("Runnable").or_else(|| at("RunQueue")).and_then(bytes);
                reading.procs_blocked = at("Blocked").and_then(bytes);
                reading.context_switches_per_s = at("pswitch");
                reading.syscalls_per_s = at("syscall");
                (reading.load1, reading.load5, reading.load15) =
                    (at("load_avg_1_min"), at("load_avg_5_min"), at("load_avg_15_min"));
            }
            "NET" => self.network(header, row),
            "DISKBUSY" | "DISKREAD" | "DISKWRITE" | "DISKXFER" => self.disks(base, header, row),
            "JFSFILE" => {
                for (mount, cell) in header.iter().zip(row).filter(|(mount, _)| !mount.is_empty()) {
                    let mount = Some((*mount).to_owned());
                    self.filesystems.push(FilesystemReading {
                        mount,
                        used_pct: figure(cell),
                        ..Default::default()
                    });
                }
            }
            "TOP" => self.process(header, row),
            _ => {}
        }
    }

    /// `eth0-read-KB/s`, `eth0-write-KB/s`.
    fn network(&mut self, header: &[&str], row: &[&str]) {
        for (column, cell) in header.iter().zip(row) {
            let (name, received) =
                match (column.strip_suffix("-read-KB/s"), column.strip_suffix("-write-KB/s")) {
                    (Some(name), _) => (name, true),
                    (_, Some(name)) => (name, false),
                    _ => continue,
                };
            let place = *self.interface_places.entry(name.to_owned()).or_insert_with(|| {
                self.interfaces.push(Interface { name: Some(name.to_owned()), ..Interface::default() });
                self.interfaces.len() - 1
            });
            let Some(interface) = self.interfaces.iter_mut().nth(place) else { continue };
            let field = if received { &mut interface.rx_bytes_per_s } else { &mut interface.tx_bytes_per_s };
            *field = figure(cell).map(|value| value * 1024.0);
        }
    }

    fn disks(&mut self, base: &str, header: &[&str], row: &[&str]) {
        for (column, cell) in header.iter().zip(row).filter(|(column, _)| !column.is_empty()) {
            let place = *self.places.entry((*column).to_owned()).or_insert_with(|| {
                self.disks.push(Disk { device: Some((*column).to_owned()), ..Disk::default() });
                self.disks.len() - 1
            });
            let Some(disk) = self.disks.iter_mut().nth(place) else { continue };
            let value = figure(cell);
            match base {
                "DISKBUSY" => disk.busy_pct = value,
                "DISKREAD" => disk.read_bytes_per_s = value.map(|value| value * 1024.0),
                "DISKWRITE" => disk.write_bytes_per_s = value.map(|value| value * 1024.0),
                _ => disk.transfers_per_s = value,
            }
        }
    }

    fn process(&mut self, header: &[&str], row: &[&str]) {
        let at =
            |name: &str| row.get(header.iter().position(|column| column.trim_start_matches('+') == name)?);
        let kibibytes = |name: &str| bytes(figure(at(name)?)? * 1024.0);
        let Some(pid) = row.get(1).and_then(|cell| count(cell.trim())) else { return };
        self.processes.push(Process {
            pid: Some(pid),
            cpu_pct: at("%CPU").and_then(|cell| figure(cell)),
            virt_bytes: kibibytes("Size"),
            rss_bytes: kibibytes("ResSet"),
            nlwp: at("Threads").and_then(|cell| count(cell.trim())),
            command: at("Command").filter(|name| !name.ends_with(MARK)).map(|name| (*name).to_owned()),
            ..Process::default()
        });
    }

    fn finish(self, reading: &mut Reading) {
        let some = |empty: bool| (!empty).then_some(());
        let (cpus, disks) = (some(self.cpus.is_empty()), some(self.disks.is_empty()));
        let (interfaces, filesystems) = (some(self.interfaces.is_empty()), some(self.filesystems.is_empty()));
        let processes = some(self.processes.is_empty());
        reading.cpus = cpus.map(|()| self.cpus.finish(reading, 1));
        reading.disks = disks.map(|()| self.disks.finish(reading, 1));
        reading.interfaces = interfaces.map(|()| self.interfaces.finish(reading, 1));
        reading.filesystems = filesystems.map(|()| self.filesystems.finish(reading, 1));
        reading.processes = processes.map(|()| self.processes.finish(reading, 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
AAA,progname,nmon
AAA,cpus,2,2
CPU001,CPU 1 host,User%,Sys%,Wait%,Idle%,Steal%
CPU_ALL,CPU Total host,User%,Sys%,Wait%,Idle%,Steal%,Busy,CPUs
MEM,Memory MB host,memtotal,hightotal,lowtotal,swaptotal,memfree,highfree,lowfree,swapfree,memshared,cached,active,bigfree,buffers,swapcached,inactive
PROC,Processes host,Runnable,Swap-in,pswitch,syscall
NET,Network I/O host,lo-read-KB/s,eth0-read-KB/s,lo-write-KB/s,eth0-write-KB/s,
DISKBUSY,Disk %Busy host,vda,vdb
DISKREAD,Disk Read KB/s host,vda,vdb
JFSFILE,JFS Filespace %Used host,/,/run
TOP,%CPU Utilisation
TOP,+PID,Time,%CPU,%Usr,%Sys,Size,ResSet,ResText,ResData,ShdLib,MinorFault,MajorFault,Command
ZZZZ,T0001,13:18:32,28-NOV-2026
CPU001,T0001,1.0,2.0,3.0,94.0,0.0
CPU_ALL,T0001,1.5,2.5,3.5,92.5,0.0,,2
MEM,T0001,8000.5,-0.0,-0.0,1024.0,4000.0,-0.0,-0.0,1000.0,-0.0,2000.0,4893.2,-1.0,643.5,0.0,2967.3
PROC,T0001,3.0,-1.0,684.0,-1.0
NET,T0001,0.0,2.0,0.0,4.0,
DISKBUSY,T0001,12.5,0.0
DISKREAD,T0001,8.0,0.0
JFSFILE,T0001,25.5,-nan
TOP,0004711,T0001,7.50,5.00,2.50,2048,1024,1,1,0,0,0,yes
";

    #[test]
    fn sections_are_read_by_their_headers() {
        let reading = parse(&Text::of("nmon", FILE)).unwrap();
        assert_eq!(
            (reading.cpu_count, reading.cpu_sys_pct, reading.cpu_idle_pct),
            (Some(2), Some(2.5), Some(92.5))
        );
        assert_eq!(
            (reading.mem_total_bytes, reading.swap_free_bytes),
            (Some(8_389_132_288), Some(1000 << 20))
        );
        assert_eq!(
            (reading.procs_running, reading.context_switches_per_s, reading.syscalls_per_s),
            (Some(3), Some(684.0), None)
        );
        assert_eq!(reading.cpus.unwrap()[0].id.as_deref(), Some("1"));
        let disks = reading.disks.unwrap();
        assert_eq!(
            (disks.len(), disks[0].busy_pct, disks[0].read_bytes_per_s),
            (2, Some(12.5), Some(8192.0))
        );
        let interfaces = reading.interfaces.unwrap();
        assert_eq!(
            (interfaces[1].rx_bytes_per_s, interfaces[1].tx_bytes_per_s),
            (Some(2048.0), Some(4096.0))
        );
        let filesystems = reading.filesystems.unwrap();
        assert_eq!((filesystems[0].used_pct, filesystems[1].used_pct), (Some(25.5), None));
        let process = &reading.processes.unwrap()[0];
        assert_eq!((process.pid, process.cpu_pct, process.rss_bytes), (Some(4711), Some(7.5), Some(1 << 20)));
    }

    #[test]
    fn a_snapshot_that_is_cut_gives_way_to_the_one_before() {
        let text = format!(
            "{FILE}ZZZZ,T0002,13:18:33,28-NOV-2026\nCPU001,T0002,9.0,2.0,3.0,94.0,0.0\nCPU_ALL,T0002,9.5"
        );
        let reading = parse(&Text::of("nmon", &text)).unwrap();
        assert_eq!((reading.cpu_user_pct, reading.remarks.len()), (Some(1.5), 1));
        assert!(parse(&Text::of("nmon", "AAA,cpus,2\n")).is_err());
    }
}
