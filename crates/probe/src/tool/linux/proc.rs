//! Files of `/proc`, one or several, with `==> name <==` between them or without: every line is known by its form.
//!
//! Of a file that was read more than once the last complete reading counts.

mod memory;
mod process;
mod stat;

use super::super::row::fact;
use super::super::table::Kept;
use super::super::text::{Line, Text, bytes, count, number};
use super::super::uptime;
use crate::error::{Fault, ParseError};
use crate::reading::{Disk, FilesystemReading, Interface, Process, Reading};
use memory::Memory;
use stat::Stat;
use std::collections::HashSet;

#[derive(Default)]
struct Files {
    reading: Reading,
    stat: Stat,
    memory: Memory,
    /// Of cpuinfo.
    processors: Repeated<()>,
    disks: Repeated<Disk>,
    interfaces: Repeated<Interface>,
    filesystems: Repeated<FilesystemReading>,
    swaps: Repeated<(u64, u64)>,
    processes: Repeated<Process>,
    /// The process whose status is being read.
    status: Option<Process>,
    known: u32,
    /// The file's name, where it is told.
    name: String,
}

/// Rows of a file that may have been read more than once: a row that was there begins the next reading.
struct Repeated<T> {
    rows: Kept<T>,
    before: Kept<T>,
    seen: HashSet<String>,
}

impl<T> Default for Repeated<T> {
    fn default() -> Self {
        Self { rows: Kept::new(), before: Kept::new(), seen: HashSet::new() }
    }
}

impl<T> Repeated<T> {
    fn push(&mut self, key: &str, row: T) {
        if !self.seen.insert(key.to_owned()) {
            self.before = std::mem::take(&mut self.rows);
            self.seen = HashSet::from([key.to_owned()]);
        }
        self.rows.push(row);
    }

    /// The last complete reading.
    fn finish(self, reading: &mut Reading) -> Option<Vec<T>> {
        let rows = if self.before.len() > self.rows.len() { self.before } else { self.rows };
        (!rows.is_empty()).then(|| rows.finish(reading, 1))
    }
}

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut files = Files::default();
    for line in text.lines().filter(|line| !line.is_blank()) {
        let known = files.line(line);
        files.known += u32::from(known);
        if !known {
            files.reading.remark(line.number, "a line of no file that is known");
        }
    }
    if files.known == 0 {
        return Err(text.error(Fault::Malformed("a file of /proc")));
    }
    files.end_of_status();
    let mut reading = files.reading;
    // What cpuinfo says is the same; its last entry may be cut, but that there is one is sure.
    let processors = files.processors.finish(&mut reading).map(|list| list.len() as u64);
    reading.cpu_count = processors.or(reading.cpu_count);
    if let Some(swaps) = files.swaps.finish(&mut reading) {
        let sum = |of: fn(&(u64, u64)) -> u64| {
            let kibibytes = swaps.iter().map(of).fold(0_u64, u64::saturating_add);
            bytes(kibibytes as f64 * 1024.0)
        };
        (reading.swap_total_bytes, reading.swap_used_bytes) = (sum(|swap| swap.0), sum(|swap| swap.1));
    }
    files.memory.finish(&mut reading);
    files.stat.finish(&mut reading);
    reading.disks = files.disks.finish(&mut reading);
    reading.interfaces = files.interfaces.finish(&mut reading);
    reading.filesystems = files.filesystems.finish(&mut reading);
    reading.processes = files.processes.finish(&mut reading);
    Ok(reading)
}

impl Files {
    /// Takes a line; false when its form is not known.
    fn line(&mut self, line: Line<'_>) -> bool {
        if process::status_line(&mut self.status, line.text) {
            if line.text.starts_with("Name:") {
                self.stat.close();
            }
            if let Some(process) =
                self.status.take_if(|_| line.text.starts_with("nonvoluntary_ctxt_switches:"))
            {
                self.end_with(process);
            }
            return true;
        }
        self.end_of_status();
        let text = line.text.trim();
        if text.starts_with("==>") || text.starts_with("@@") {
            let name = text.split_whitespace().nth(1).unwrap_or_default();
            name.rsplit('/').next().unwrap_or_default().clone_into(&mut self.name);
            return true;
        }
        let words: Vec<&str> = text.split_whitespace().take(64).collect();
        let Some((first, rest)) = words.split_first() else { return false };
        if self.stat.line(first, rest) {
            return true;
        }
        let known = self.single(first, rest)
            || self.memory.line(first, rest, line, &mut self.reading)
            || self.load(&words)
            || self.disk(&words)
            || self.interface(text, line)
            || self.process(text)
            || self.mount(&words)
            || self.swap(&words);
        if known {
            self.stat.close();
        }
        known
    }

    /// The status of a process ends where something else begins.
    fn end_of_status(&mut self) {
        if let Some(process) = self.status.take() {
            self.end_with(process);
        }
    }

    fn end_with(&mut self, process: Process) {
        if let Some(pid) = process.pid {
            self.processes.push(&pid.to_string(), process);
        }
    }

    /// Lines of a name and numbers.
    fn single(&mut self, name: &str, rest: &[&str]) -> bool {
        let numbers = !rest.is_empty() && rest.iter().all(|word| number(word).is_some());
        match name {
            "intr" | "ctxt" | "btime" | "processes" | "softirq" | "page" | "swap" => return numbers,
            // Pressure stalls.
            "some" | "full" => return rest.iter().all(|word| word.contains('=')),
            "processor" if rest.first() == Some(&":") => {
                self.processors.push(rest.get(1).unwrap_or(&""), ());
            }
            // Of s390x: `# processors : 4`, `processor 0: version = FF`.
            "#" if rest.first() == Some(&"processors") => {
                self.reading.cpu_count = rest.last().and_then(|word| count(word));
            }
            "processor" if rest.first().is_some_and(|word| word.ends_with(':')) => {}
            // Paging: `pgpgin 12345`.
            _ if rest.len() == 1
                && numbers
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') => {}
            // Of cpuinfo: `model name : …`.
            _ if rest.contains(&":")
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {}
            _ => return false,
        }
        true
    }

    /// `0.88 0.60 0.29 2/111 9539`, or of uptime `1234.56 2345.67`.
    fn load(&mut self, words: &[&str]) -> bool {
        match words {
            [one, five, fifteen, threads, ..] if threads.contains('/') => {
                let [one, five, fifteen] = uptime::loads(&[*one, *five, *fifteen].join(" "));
                let Some((running, all)) = threads.split_once('/') else { return false };
                if fifteen.is_none() {
                    return false;
                }
                let reading = &mut self.reading;
                (reading.load1, reading.load5, reading.load15) = (one, five, fifteen);
                (reading.processes_running, reading.process_count) =
                    (count(running), count(all).filter(|_| words.len() > 4));
                true
            }
            [up, idle]
                if self.name != "loadavg"
                    && up.contains('.')
                    && idle.contains('.')
                    && number(idle).is_some() =>
            {
                self.reading.uptime_seconds = number(up).and_then(|seconds| bytes(seconds.floor()));
                self.reading.uptime_seconds.is_some()
            }
            _ => false,
        }
    }

    /// `8 0 sda 14200 …`, at least as many counts as kernel 2.6 has.
    fn disk(&mut self, words: &[&str]) -> bool {
        let [major, minor, device, counts @ ..] = words else { return false };
        let counts: Option<Vec<u64>> = counts.iter().map(|word| count(word)).collect();
        let Some(counts) = counts.filter(|counts| counts.len() >= 11) else { return false };
        if count(major).is_none() || count(minor).is_none() || count(device).is_some() {
            return false;
        }
        let sectors = |at: usize| counts.get(at).and_then(|count| bytes(*count as f64 * 512.0));
        let row = Disk {
            device: Some((*device).to_owned()),
            read_bytes: sectors(2),
            write_bytes: sectors(6),
            ..Disk::default()
        };
        self.disks.push(device, row);
        true
    }

    /// `eth0:123 …`: the first number may touch the name, which may have a colon itself.
    fn interface(&mut self, text: &str, line: Line<'_>) -> bool {
        if text.starts_with("Inter-|") || text.starts_with("face |") {
            return true;
        }
        let Some((name, counts)) = text.rsplit_once(':') else { return false };
        if name.contains(char::is_whitespace) {
            return false;
        }
        let counts: Option<Vec<u64>> = counts.split_whitespace().take(64).map(count).collect();
        let Some(counts) = counts.filter(|counts| !counts.is_empty()) else { return false };
        if counts.len() < 16 {
            self.reading.remark(line.number, format!("the counts of {name} are cut"));
            return true;
        }
        let at = |place: usize| counts.get(place).copied();
        let row = Interface {
            name: Some(name.to_owned()),
            rx_bytes: at(0),
            rx_packets: at(1),
            rx_errors: at(2),
            rx_dropped: at(3),
            tx_bytes: at(8),
            tx_packets: at(9),
            tx_errors: at(10),
            tx_dropped: at(11),
            ..Interface::default()
        };
        self.interfaces.push(name, row);
        true
    }

    fn process(&mut self, text: &str) -> bool {
        let process = process::of_stat(text);
        let known = process.is_some();
        if let Some(process) = process {
            self.end_with(process);
        }
        known
    }

    /// `/dev/vda1 / ext4 rw,relatime 0 0`; blanks in names are written `\040`.
    fn mount(&mut self, words: &[&str]) -> bool {
        let [device, mount, _, options, "0", _] = words else { return false };
        if !mount.starts_with('/') || !options.split(',').any(|option| matches!(option, "rw" | "ro")) {
            return false;
        }
        let name =
            |name: &str| Some(name.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"));
        let row = FilesystemReading { device: name(device), mount: name(mount), ..Default::default() };
        self.filesystems.push(&format!("{device} {mount}"), row);
        true
    }

    /// `/dev/vda2 partition 2097148 1024 -2`, a row for each space of swap.
    fn swap(&mut self, words: &[&str]) -> bool {
        match words {
            ["Filename", "Type", "Size", "Used", "Priority"] => true,
            [name, "partition" | "file", size, used, _] => {
                let (Some(size), Some(used)) = (count(size), count(used)) else { return false };
                self.swaps.push(name, (size, used));
                true
            }
            ["Linux", "version", release, ..] => {
                fact(&mut self.reading, "kernel", release);
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_known_by_its_lines() {
        let text = "\
==> stat <==
cpu  6225 9111 2000 300000 10 0 5 1 0 0
cpu0 3000 4000 1000 150000 5 0 3 1 0 0
cpu1 3225 5111 1000 150000 5 0 2 0 0 0
intr 241398 0 9
ctxt 334939
procs_running 2
procs_blocked 1

==> loadavg <==
0.88 0.60 0.29 2/111 9539
==> uptime <==
3661.75 7000.10
==> meminfo <==
MemTotal:        3997272 kB
MemFree:         2760316 kB
Active(anon):      70216 kB
HugePages_Total:       0
==> diskstats <==
   8       0 sda 14200 3361 892828 5058 18736 13416 715384 12604 0 24940 17663 0 0 0 0 0 0
==> net/dev <==
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
  eth0:60600053  109378    1    2    0     0          0         0 44256546  121425    3    4    0     0       0          0
    lo:   13222     152    0    0
==> mounts <==
/dev/vda1 /mnt/a\\040disk ext4 rw,relatime 0 0
==> cpu <==
some avg10=0.00 avg60=0.00 avg300=0.00 total=2
4711 (a (b) c) S 1 4711 4711 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 7 0 100 2097152 256
what is this
";
        let reading = parse(&Text::of("proc", text)).unwrap();
        assert_eq!(
            (reading.cpu_count, reading.procs_running, reading.procs_blocked),
            (Some(2), Some(2), Some(1))
        );
        assert_eq!(
            (reading.load5, reading.process_count, reading.uptime_seconds),
            (Some(0.6), Some(111), Some(3661))
        );
        assert_eq!((reading.mem_total_bytes, reading.swap_total_bytes), (Some(4_093_206_528), None));
        let disk = &reading.disks.unwrap()[0];
        assert_eq!((disk.read_bytes, disk.write_bytes), (Some(457_127_936), Some(366_276_608)));
        let interfaces = reading.interfaces.unwrap();
        assert_eq!(
            (interfaces.len(), interfaces[0].rx_bytes, interfaces[0].tx_dropped),
            (1, Some(60_600_053), Some(4))
        );
        assert_eq!(reading.filesystems.unwrap()[0].mount.as_deref(), Some("/mnt/a disk"));
        let process = &reading.processes.unwrap()[0];
        assert_eq!(
            (process.command.as_deref(), process.nlwp, process.virt_bytes),
            (Some("a (b) c"), Some(7), Some(2 << 20))
        );
        assert_eq!(reading.remarks.iter().map(|remark| remark.line).collect::<Vec<_>>(), [25, 31]);
    }

    #[test]
    fn files_that_were_read_twice_count_once() {
        let net = "Inter-|   Receive\n face |bytes\n  eth0:1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n    lo: 5 6 0 0 0 0 0 0 7 8 0 0 0 0 0 0\n";
        let text = format!("{net}{}", net.replace(":1 2", ":9 9"));
        let interfaces = parse(&Text::of("proc", &text)).unwrap().interfaces.unwrap();
        assert_eq!((interfaces.len(), interfaces[0].rx_bytes), (2, Some(9)));
        let stat = "cpu 1 2 3 4\ncpu0 1 2 3 4\nctxt 1\nprocessor\t: 0\nmodel name\t: x\n";
        assert_eq!(parse(&Text::of("proc", &stat.repeat(2))).unwrap().cpu_count, Some(1));
    }

    #[test]
    fn a_size_that_is_cut_is_left_out() {
        let reading = parse(&Text::of("proc", "MemTotal:  3997272 kB\nMemFree:  2760")).unwrap();
        assert_eq!((reading.mem_free_bytes, reading.remarks.len()), (None, 1));
        assert!(parse(&Text::of("proc", "cat: /proc/stat: Permission denied\n")).is_err());
    }
}
