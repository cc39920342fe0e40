//! Files of `/proc`, one or several, with `==> name <==` between them or without: every line is known by its form.

use super::super::cut::MARK;
use super::super::table::Kept;
use super::super::text::{Line, Text, bytes, count, number};
use super::super::uptime;
use crate::error::{Fault, ParseError};
use crate::reading::{Disk, FilesystemReading, Interface, Process, Reading};

#[derive(Default)]
struct Files {
    reading: Reading,
    processors: u64,
    disks: Kept<Disk>,
    interfaces: Kept<Interface>,
    filesystems: Kept<FilesystemReading>,
    processes: Kept<Process>,
    known: u32,
    listing: bool,
    /// The file's name, where it is told.
    name: String,
}

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut files = Files::default();
    for line in text.lines().filter(|line| !line.is_blank()) {
        // As long as processors are listed, there may be more of them.
        files.listing = line.text.starts_with("cpu") || "cpu".starts_with(line.text.trim_end_matches(MARK));
        let known = files.line(line);
        files.known += u32::from(known);
        if !known {
            files.reading.remark(line.number, "a line of no file that is known");
        }
    }
    if files.known == 0 {
        return Err(text.error(Fault::Malformed("a file of /proc")));
    }
    let mut reading = files.reading;
    reading.cpu_count = Some(files.processors).filter(|count| *count > 0 && !files.listing);
    let list = |empty: bool| (!empty).then_some(());
    let (disks, interfaces) = (list(files.disks.is_empty()), list(files.interfaces.is_empty()));
    let (filesystems, processes) = (list(files.filesystems.is_empty()), list(files.processes.is_empty()));
    reading.disks = disks.map(|()| files.disks.finish(&mut reading, 1));
    reading.interfaces = interfaces.map(|()| files.interfaces.finish(&mut reading, 1));
    reading.filesystems = filesystems.map(|()| files.filesystems.finish(&mut reading, 1));
    reading.processes = processes.map(|()| files.processes.finish(&mut reading, 1));
    Ok(reading)
}

impl Files {
    /// Takes a line; false when its form is not known.
    fn line(&mut self, line: Line<'_>) -> bool {
        let text = line.text.trim();
        if text.starts_with("==>") || text.starts_with("@@") {
            let name = text.split_whitespace().nth(1).unwrap_or_default();
            name.rsplit('/').next().unwrap_or_default().clone_into(&mut self.name);
            return true;
        }
        let words: Vec<&str> = text.split_whitespace().take(64).collect();
        let Some((first, rest)) = words.split_first() else { return false };
        if let Some(processor) = first.strip_prefix("cpu").filter(|id| count(id).is_some() || id.is_empty())
            && !rest.is_empty()
            && rest.iter().all(|word| count(word).is_some())
        {
            self.processors += u64::from(!processor.is_empty());
            return rest.len() >= 4;
        }
        self.single(first, rest)
            || self.memory(first, rest, line)
            || self.load(&words)
            || self.disk(&words)
            || self.interface(text, line)
            || self.process(text)
            || self.mount(&words)
            || self.swap(&words)
    }

    /// Lines of a name and numbers.
    fn single(&mut self, name: &str, rest: &[&str]) -> bool {
        let numbers = !rest.is_empty() && rest.iter().all(|word| number(word).is_some());
        match name {
            "procs_running" if numbers => {
                self.reading.procs_running = rest.first().and_then(|word| count(word));
            }
            "procs_blocked" if numbers => {
                self.reading.procs_blocked = rest.first().and_then(|word| count(word));
            }
            "intr" | "ctxt" | "btime" | "processes" | "softirq" | "page" | "swap" => return numbers,
            // Pressure stalls.
            "some" | "full" => return rest.iter().all(|word| word.contains('=')),
            "processor" if rest.first() == Some(&":") => self.processors += 1,
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

    fn memory(&mut self, name: &str, rest: &[&str], line: Line<'_>) -> bool {
        let Some(name) = name.strip_suffix(':') else { return false };
        let (value, kibibytes) = match rest {
            [value, "kB"] => (value, true),
            [value] => (value, false),
            _ => return false,
        };
        let Some(value) = count(value).filter(|_| !value.is_empty()) else { return false };
        let reading = &mut self.reading;
        let field = match name {
            "MemTotal" => &mut reading.mem_total_bytes,
            "MemFree" => &mut reading.mem_free_bytes,
            "MemAvailable" => &mut reading.mem_available_bytes,
            "Buffers" => &mut reading.mem_buffers_bytes,
            "Cached" => &mut reading.mem_cached_bytes,
            "SwapTotal" => &mut reading.swap_total_bytes,
            "SwapFree" => &mut reading.swap_free_bytes,
            _ => return true,
        };
        *field = bytes(value as f64 * 1024.0).filter(|_| kibibytes);
        if field.is_none() {
            reading.remark(line.number, format!("{name} has no unit: it is cut"));
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
        self.disks.push(Disk {
            device: Some((*device).to_owned()),
            read_bytes: sectors(2),
            write_bytes: sectors(6),
            ..Disk::default()
        });
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
        self.interfaces.push(Interface {
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
        });
        true
    }

    /// `/proc/N/stat`: the name is in parentheses and may hold anything, hence the last one of them.
    fn process(&mut self, text: &str) -> bool {
        let Some((pid, rest)) = text.split_once(" (") else { return false };
        let (Some(pid), Some((name, rest))) = (count(pid), rest.rsplit_once(") ")) else { return false };
        let words: Vec<&str> = rest.split_whitespace().collect();
        // From the state on, as the kernel's manual counts from three.
        let at = |field: usize| words.get(field - 3).copied();
        let Some(state) = at(3).filter(|state| state.len() == 1 && words.len() > 20) else { return false };
        self.processes.push(Process {
            pid: Some(pid),
            ppid: at(4).and_then(count),
            state: Some(state.to_owned()),
            nlwp: at(20).and_then(count),
            virt_bytes: at(23).and_then(count),
            command: Some(name.to_owned()),
            ..Process::default()
        });
        true
    }

    /// `/dev/vda1 / ext4 rw,relatime 0 0`; blanks in names are written `\040`.
    fn mount(&mut self, words: &[&str]) -> bool {
        let [device, mount, _, options, "0", _] = words else { return false };
        if !mount.starts_with('/') || !options.split(',').any(|option| matches!(option, "rw" | "ro")) {
            return false;
        }
        let name =
            |name: &str| Some(name.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"));
        self.filesystems.push(FilesystemReading {
            device: name(device),
            mount: name(mount),
            ..Default::default()
        });
        true
    }

    /// `/dev/vda2 partition 2097148 1024 -2`, a row for each space of swap.
    fn swap(&mut self, words: &[&str]) -> bool {
        match words {
            ["Filename", "Type", "Size", "Used", "Priority"] => true,
            [_, "partition" | "file", size, used, _] => {
                let (Some(size), Some(used)) = (count(size), count(used)) else { return false };
                let add = |field: &mut Option<u64>, kibibytes: u64| {
                    *field =
                        kibibytes.checked_mul(1024).and_then(|more| field.unwrap_or(0).checked_add(more));
                };
                add(&mut self.reading.swap_total_bytes, size);
                add(&mut self.reading.swap_used_bytes, used);
                true
            }
            ["Linux", "version", release, ..] => {
                self.reading.facts.get_or_insert_default().push(("kernel".to_owned(), (*release).to_owned()));
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
    fn a_size_that_is_cut_is_left_out() {
        let reading = parse(&Text::of("proc", "MemTotal:  3997272 kB\nMemFree:  2760")).unwrap();
        assert_eq!((reading.mem_free_bytes, reading.remarks.len()), (None, 1));
        assert!(parse(&Text::of("proc", "cat: /proc/stat: Permission denied\n")).is_err());
    }
}
