//! What the tools of sysstat have in common: names of figures, and lists that are repeated for each sample.

use super::super::table::Kept;
use super::super::text::{count, number};
use crate::reading::{Disk, FilesystemReading, Interface, Processor, Reading};
use std::collections::HashMap;

/// A kind of thing that has rows of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Host,
    Processor,
    Interrupt,
    Disk,
    Interface,
    /// By its device.
    Filesystem,
    /// By where it is mounted.
    Mount,
}

impl Item {
    /// The column whose cells name the rows of a table.
    pub(super) fn of(column: &str) -> Option<Self> {
        Some(match column {
            "CPU" => Self::Processor,
            "INTR" => Self::Interrupt,
            "DEV" | "Device" | "Device:" => Self::Disk,
            "IFACE" => Self::Interface,
            "FILESYSTEM" => Self::Filesystem,
            "MOUNTPOINT" => Self::Mount,
            _ => return None,
        })
    }

    /// The kind that a figure is of, where only its name is known.
    pub(super) fn of_figure(item: &str, figure: &str) -> Self {
        match figure {
            _ if item == "-" => Self::Host,
            "%user" | "%usr" | "%nice" | "%system" | "%sys" | "%iowait" | "%steal" | "%idle" | "%irq"
            | "%soft" => Self::Processor,
            _ if item == "sum" => Self::Interrupt,
            "rxkB/s" | "txkB/s" => Self::Interface,
            "tps" | "rkB/s" | "wkB/s" | "rd_sec/s" | "wr_sec/s" | "%util" => Self::Disk,
            "MBfsused" | "%fsused" => Self::Filesystem,
            _ => Self::Host,
        }
    }
}

/// A list whose rows are repeated for each sample.
#[derive(Debug)]
struct Samples<T> {
    rows: Kept<T>,
    places: HashMap<String, usize>,
    /// Of the sample before.
    previous: Option<Kept<T>>,
    /// When it was taken, as printed.
    time: String,
    /// The system was started again since: the number of rows may differ.
    restarted: bool,
}

impl<T> Default for Samples<T> {
    fn default() -> Self {
        Self {
            rows: Kept::new(),
            places: HashMap::new(),
            previous: None,
            time: String::new(),
            restarted: false,
        }
    }
}

impl<T: Default> Samples<T> {
    /// The row of an item in the sample of a time.
    fn row(&mut self, time: &str, item: &str) -> Option<&mut T> {
        if self.time != time {
            time.clone_into(&mut self.time);
            let rows = std::mem::take(&mut self.rows);
            self.previous = Some(rows).filter(|rows| !rows.is_empty() && !self.restarted);
            self.restarted = false;
            self.places.clear();
        }
        let place = if let Some(place) = self.places.get(item) {
            *place
        } else {
            let place = self.rows.len();
            self.rows.push(T::default());
            // Past the bound there is no row.
            if self.rows.len() > place {
                self.places.insert(item.to_owned(), place);
            }
            place
        };
        self.rows.iter_mut().nth(place)
    }

    /// The last complete sample: one with fewer rows than the one before is cut.
    fn finish(self, reading: &mut Reading) -> Option<Vec<T>> {
        let rows = match self.previous {
            Some(previous) if previous.len() > self.rows.len() => {
                reading.remark(1, "the last sample has fewer rows than the one before, which counts");
                previous
            }
            _ => self.rows,
        };
        (!rows.is_empty()).then(|| rows.finish(reading, 1))
    }
}

/// A processor's shares, or all processors'.
#[derive(Debug, Default)]
struct Shares {
    processor: Processor,
    irq: Option<f64>,
    soft: Option<f64>,
}

/// Figures by the names that all of these tools give them.
#[derive(Debug, Default)]
pub(super) struct Figures {
    reading: Reading,
    processors: Samples<Shares>,
    disks: Samples<Disk>,
    interfaces: Samples<Interface>,
    filesystems: Samples<FilesystemReading>,
}

impl Figures {
    pub(super) const fn reading(&mut self) -> &mut Reading {
        &mut self.reading
    }

    /// The system was started again: what was before does not tell how many rows a sample has.
    pub(super) fn restart(&mut self) {
        self.processors.restarted = true;
        self.disks.restarted = true;
        self.interfaces.restarted = true;
        self.filesystems.restarted = true;
    }

    /// Takes a figure; names that mean nothing here are passed over.
    ///
    /// - `time`: of the sample, whatever its form.
    pub(super) fn set(&mut self, time: &str, kind: Item, item: &str, name: &str, value: f64) {
        match kind {
            Item::Host => self.host(name, value),
            Item::Processor => self.processor(time, item, name, value),
            Item::Interrupt => {
                if item == "sum" && matches!(name, "all" | "intr/s" | "intr") {
                    self.reading.interrupts_per_s = Some(value);
                }
            }
            Item::Disk => self.disk(time, item, name, value),
            Item::Interface => self.interface(time, item, name, value),
            Item::Filesystem | Item::Mount => {
                let Some(row) = self.filesystems.row(time, item) else { return };
                if kind == Item::Mount {
                    row.mount = Some(item.to_owned());
                } else {
                    row.device = Some(item.to_owned());
                }
                match name {
                    // `MBfsfree` counts what only root may use: it is not what is available.
                    "MBfsused" => row.used_bytes = bytes(value, 1 << 20),
                    "%fsused" => row.used_pct = Some(value),
                    _ => {}
                }
            }
        }
    }

    fn host(&mut self, name: &str, value: f64) {
        let reading = &mut self.reading;
        let kibibytes = bytes(value, 1 << 10);
        let count = bytes(value, 1);
        match name {
            "cswch/s" => reading.context_switches_per_s = Some(value),
            "kbmemfree" => reading.mem_free_bytes = kibibytes,
            "kbavail" => reading.mem_available_bytes = kibibytes,
            "kbmemused" => reading.mem_used_bytes = kibibytes,
            "kbbuffers" => reading.mem_buffers_bytes = kibibytes,
            "kbcached" => reading.mem_cached_bytes = kibibytes,
            "kbswpfree" => reading.swap_free_bytes = kibibytes,
            "kbswpused" => reading.swap_used_bytes = kibibytes,
            "runq-sz" => reading.procs_running = count,
            "plist-sz" => reading.process_count = count,
            "blocked" => reading.procs_blocked = count,
            "ldavg-1" => reading.load1 = Some(value),
            "ldavg-5" => reading.load5 = Some(value),
            "ldavg-15" => reading.load15 = Some(value),
            _ => {}
        }
    }

    fn processor(&mut self, time: &str, item: &str, name: &str, value: f64) {
        let all = matches!(item, "all" | "-1");
        if name == "intr/s" {
            if all {
                self.reading.interrupts_per_s = Some(value);
            }
            return;
        }
        // A table of something else (clock rates, packets) has its own rows.
        let share = match name.trim_start_matches('%') {
            "usr" | "user" | "nice" | "sys" | "system" | "iowait" | "steal" | "idle" | "irq" | "soft"
                if (0.0..=101.0).contains(&value) =>
            {
                Some(value)
            }
            _ => return,
        };
        let id = if all { "all" } else { item.trim_start_matches("cpu") };
        let Some(row) = self.processors.row(time, id) else { return };
        row.processor.id = Some(id.to_owned());
        match name.trim_start_matches('%') {
            "usr" | "user" => row.processor.user = share,
            "nice" => row.processor.nice = share,
            "sys" | "system" => row.processor.sys = share,
            "iowait" => row.processor.wait = share,
            "steal" => row.processor.steal = share,
            "idle" => row.processor.idle = share,
            "irq" => row.irq = share,
            _ => row.soft = share,
        }
    }

    fn disk(&mut self, time: &str, item: &str, name: &str, value: f64) {
        let Some(row) = self.disks.row(time, item) else { return };
        row.device = Some(item.to_owned());
        match name {
            "tps" => row.transfers_per_s = Some(value),
            "r/s" => row.reads_per_s = Some(value),
            "w/s" => row.writes_per_s = Some(value),
            "rkB/s" | "rkB" => row.read_bytes_per_s = Some(value * 1024.0),
            "wkB/s" | "wkB" => row.write_bytes_per_s = Some(value * 1024.0),
            "rMB/s" => row.read_bytes_per_s = Some(value * 1_048_576.0),
            "wMB/s" => row.write_bytes_per_s = Some(value * 1_048_576.0),
            // Sectors are of 512 bytes here, whatever the disk's are.
            "rd_sec/s" | "rsec/s" | "rd_sec" => row.read_bytes_per_s = Some(value * 512.0),
            "wr_sec/s" | "wsec/s" | "wr_sec" => row.write_bytes_per_s = Some(value * 512.0),
            "%util" | "util-percent" => row.busy_pct = Some(value),
            _ => {}
        }
    }

    fn interface(&mut self, time: &str, item: &str, name: &str, value: f64) {
        let factor = match name {
            "rxkB/s" | "txkB/s" | "rxkB" | "txkB" => 1024.0,
            "rxbyt/s" | "txbyt/s" => 1.0,
            _ => return,
        };
        let Some(row) = self.interfaces.row(time, item) else { return };
        row.name = Some(item.to_owned());
        let field = if name.starts_with('r') { &mut row.rx_bytes_per_s } else { &mut row.tx_bytes_per_s };
        *field = Some(value * factor);
    }

    pub(super) fn finish(self) -> Reading {
        let mut reading = self.reading;
        if let Some(rows) = self.processors.finish(&mut reading) {
            let mut single = Vec::new();
            for Shares { processor, irq, soft } in rows {
                if processor.id.as_deref() == Some("all") {
                    reading.cpu_user_pct = processor.user;
                    reading.cpu_nice_pct = processor.nice;
                    reading.cpu_sys_pct = processor.sys;
                    reading.cpu_wait_pct = processor.wait;
                    reading.cpu_steal_pct = processor.steal;
                    reading.cpu_idle_pct = processor.idle;
                    (reading.cpu_irq_pct, reading.cpu_softirq_pct) = (irq, soft);
                } else {
                    single.push(processor);
                }
            }
            reading.cpus = Some(single).filter(|cpus| !cpus.is_empty());
        }
        reading.disks = self.disks.finish(&mut reading);
        reading.interfaces = self.interfaces.finish(&mut reading);
        reading.filesystems = self.filesystems.finish(&mut reading);
        reading
    }
}

/// A figure in units of so many bytes.
fn bytes(value: f64, unit: u64) -> Option<u64> {
    super::super::text::bytes(value * unit as f64)
}

/// Processors that the first line counts: `Linux 6.1 (host)  11/28/26  _x86_64_  (2 CPU)`.
pub(super) fn processors(line: &str) -> Option<u64> {
    let (_, rest) = line.rsplit_once('(')?;
    let (processors, rest) = rest.split_once(' ')?;
    rest.trim_end().trim_end_matches(')').starts_with("CPU").then(|| count(processors)).flatten()
}

/// A word that only a time, a date or a count of seconds can be: `19:56:11`, `2026-11-28`, `1692579199`.
pub(super) fn is_time(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    word.starts_with(|char: char| char.is_ascii_digit())
        && digits >= 6
        && (number(word).is_none() || (digits > 8 && !word.contains(['.', ','])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_from_numbers() {
        for time in
            ["19:56:11", "2026-11-28", "1692579199", "2026-11-28T19:56:11Z", "15\u{65f6}03\u{5206}06\u{79d2}"]
        {
            assert!(is_time(time), "{time}");
        }
        for number in ["0", "1437740", "41.50", "all", "31915.30", "sda1"] {
            assert!(!is_time(number), "{number}");
        }
    }

    #[test]
    fn the_first_line_counts_processors() {
        assert_eq!(processors("Linux 6.1 (host) \t11/28/26 \t_x86_64_\t(2 CPU)"), Some(2));
        assert_eq!(processors("Linux 6.1 (host) \t11/28/26"), None);
    }

    #[test]
    fn a_sample_with_fewer_rows_is_cut() {
        let mut figures = Figures::default();
        for (time, processor, value) in [("1", "all", 1.0), ("1", "0", 1.0), ("2", "all", 2.0)] {
            figures.set(time, Item::Processor, processor, "%idle", value);
        }
        let reading = figures.finish();
        assert_eq!((reading.cpu_idle_pct, reading.cpus.unwrap().len()), (Some(1.0), 1));
    }
}
