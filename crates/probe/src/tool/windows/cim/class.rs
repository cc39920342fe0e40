//! The classes that are understood, by their properties.

use super::date;
use crate::reading::{Disk, FilesystemReading, Interface, Process, Processor, Reading};
use crate::tool::record::Record;
use crate::tool::row::fact;
use crate::tool::table::listed;
use std::collections::HashMap;

/// Lists in the making; of several objects with one name the last counts.
#[derive(Default)]
pub(super) struct Objects {
    places: HashMap<(u8, String), usize>,
    cpus: Vec<Processor>,
    disks: Vec<Disk>,
    filesystems: Vec<FilesystemReading>,
    interfaces: Vec<Interface>,
    processes: Vec<Process>,
    /// Raw counters of processors: the object before.
    raw: HashMap<String, Record>,
    /// Names whose raw counters were seen once.
    once: Vec<String>,
}

/// Puts an object into its list, over one of the same name.
fn put<T>(places: &mut HashMap<(u8, String), usize>, list: &mut Vec<T>, kind: u8, name: &str, item: T) {
    if let Some(place) = places.get(&(kind, name.to_owned())) {
        list[*place] = item;
    } else {
        places.insert((kind, name.to_owned()), list.len());
        list.push(item);
    }
}

impl Objects {
    /// Takes an object; `false` when its class is not known.
    pub(super) fn take(&mut self, reading: &mut Reading, record: &Record) -> bool {
        let any = |names: &[&str]| names.iter().any(|name| record.has(name));
        if any(&["totalvisiblememorysize", "freephysicalmemory", "lastbootuptime", "freespaceinpagingfiles"])
        {
            operating_system(reading, record);
        } else if any(&["totalphysicalmemory", "hypervisorpresent"]) {
            reading.mem_total_bytes = record.count("totalphysicalmemory").or(reading.mem_total_bytes);
            reading.cpu_count = record.count("numberoflogicalprocessors").or(reading.cpu_count);
            facts(reading, record, &["name", "manufacturer", "model", "domain"]);
        } else if any(&["numberofcores", "loadpercentage"]) {
            self.socket(reading, record);
        } else if any(&["idprocess"]) || any(&["processid"]) && !any(&["startmode", "servicetype"]) {
            return self.process(record);
        } else if any(&["bytesreceivedpersec", "bytessentpersec"]) {
            return self.interface(record);
        } else if any(&["percentdisktime", "diskreadspersec", "diskbytespersec", "diskreadbytespersec"]) {
            return self.disk(reading, record);
        } else if any(&["percentprocessortime", "percentusertime", "percentprivilegedtime"]) {
            return self.processor(reading, record);
        } else if any(&["availablebytes", "availablekbytes", "availablembytes"]) {
            memory(reading, record);
        } else if any(&["processorqueuelength", "contextswitchespersec", "systemuptime"]) {
            system(reading, record);
        } else if any(&["allocatedbasesize", "currentusage"]) {
            // Mebibytes.
            let add =
                |sum: Option<u64>, more: Option<u64>| Some(sum.unwrap_or(0).saturating_add(more?)).or(sum);
            reading.swap_total_bytes =
                add(reading.swap_total_bytes, record.bytes("allocatedbasesize", 1 << 20));
            reading.swap_used_bytes = add(reading.swap_used_bytes, record.bytes("currentusage", 1 << 20));
        } else if any(&["freespace"]) {
            return self.filesystem(record);
        } else {
            return false;
        }
        true
    }

    fn socket(&mut self, reading: &mut Reading, record: &Record) {
        if let Some(n_processors) = record.count("numberoflogicalprocessors") {
            reading.cpu_count = Some(reading.cpu_count.unwrap_or(0).saturating_add(n_processors));
        }
        let Some(id) = record.text("deviceid") else { return };
        let busy = record.number("loadpercentage").filter(|busy| *busy <= 100.0);
        let cpu = Processor { id: Some(id.to_owned()), busy, ..Processor::default() };
        put(&mut self.places, &mut self.cpus, 0, id, cpu);
    }

    fn processor(&mut self, reading: &mut Reading, record: &Record) -> bool {
        let name = record.text("name").unwrap_or("_Total").to_owned();
        let raw = record.number("timestamp_sys100ns").is_some_and(|time| time > 0.0);
        let before = if raw { self.raw.insert(name.clone(), record.clone()) } else { None };
        if raw && before.is_none() {
            self.once.push(name);
            return true;
        }
        self.once.retain(|once| *once != name);
        // Raw counters count 100 ns; that of the time of processors counts the idle ones.
        let share = |property: &str| {
            let value = match &before {
                None => record.number(property)?,
                Some(before) => {
                    let spent = record.number(property)? - before.number(property)?;
                    let time = record.number("timestamp_sys100ns")? - before.number("timestamp_sys100ns")?;
                    (time > 0.0 && spent >= 0.0).then_some(spent * 100.0 / time)?
                }
            };
            (value <= 100.0).then_some(value)
        };
        let busy = if raw {
            share("percentprocessortime").map(|idle| 100.0 - idle)
        } else {
            share("percentprocessortime")
        };
        let idle = share("percentidletime").or(busy.map(|busy| 100.0 - busy));
        if name.eq_ignore_ascii_case("_Total") {
            reading.cpu_idle_pct = idle;
            reading.cpu_user_pct = share("percentusertime");
            reading.cpu_sys_pct = share("percentprivilegedtime");
            reading.cpu_irq_pct = share("percentinterrupttime");
            reading.cpu_softirq_pct = share("percentdpctime");
            if !raw {
                reading.interrupts_per_s = record.number("interruptspersec");
            }
            let printed = record.number("percentprocessortime");
            if !raw && printed.is_some() && busy.is_none() {
                reading.remark(1, "PercentProcessorTime passes 100: a raw counter, left out");
            }
        } else if !name.to_ascii_lowercase().ends_with("_total") {
            let cpu = Processor {
                id: Some(name.clone()),
                busy,
                user: share("percentusertime"),
                sys: share("percentprivilegedtime"),
                idle: share("percentidletime"),
                ..Processor::default()
            };
            put(&mut self.places, &mut self.cpus, 0, &name, cpu);
        }
        true
    }

    fn filesystem(&mut self, record: &Record) -> bool {
        let names = ["deviceid", "driveletter", "name", "caption"];
        let Some(name) = names.iter().find_map(|name| record.text(name)) else { return false };
        let filesystem = FilesystemReading {
            mount: Some(name.to_owned()),
            device: record.text("volumename").or(record.text("label")).map(str::to_owned),
            total_bytes: record.count("size").or(record.count("capacity")),
            available_bytes: record.count("freespace"),
            ..FilesystemReading::default()
        };
        put(&mut self.places, &mut self.filesystems, 1, name, filesystem);
        true
    }

    fn disk(&mut self, reading: &mut Reading, record: &Record) -> bool {
        let Some(name) = record.text("name") else { return false };
        if name.eq_ignore_ascii_case("_Total") {
            return true;
        }
        let raw = record.number("timestamp_sys100ns").is_some_and(|time| time > 0.0);
        let rate = |property: &str| record.number(property).filter(|_| !raw);
        let idle = rate("percentidletime").filter(|idle| *idle <= 100.0);
        let busy = rate("percentdisktime").filter(|busy| *busy <= 100.0);
        if raw {
            reading.remark(1, format!("{name}: raw counters of a disk are no rates, left out"));
        }
        let disk = Disk {
            device: Some(name.to_owned()),
            busy_pct: idle.map(|idle| 100.0 - idle).or(busy),
            reads_per_s: rate("diskreadspersec"),
            writes_per_s: rate("diskwritespersec"),
            transfers_per_s: rate("disktransferspersec"),
            read_bytes_per_s: rate("diskreadbytespersec"),
            write_bytes_per_s: rate("diskwritebytespersec"),
            ..Disk::default()
        };
        put(&mut self.places, &mut self.disks, 2, name, disk);
        true
    }

    fn interface(&mut self, record: &Record) -> bool {
        let Some(name) = record.text("name") else { return false };
        // A raw counter is what was counted since the start.
        let raw = record.number("timestamp_sys100ns").is_some_and(|time| time > 0.0);
        let rate = |property: &str| record.number(property).filter(|_| !raw);
        let total = |property: &str| record.count(property).filter(|_| raw);
        let interface = Interface {
            name: Some(name.to_owned()),
            rx_bytes_per_s: rate("bytesreceivedpersec"),
            tx_bytes_per_s: rate("bytessentpersec"),
            rx_bytes: total("bytesreceivedpersec"),
            tx_bytes: total("bytessentpersec"),
            rx_packets: total("packetsreceivedpersec"),
            tx_packets: total("packetssentpersec"),
            // Errors are counted since the start in both.
            rx_errors: record.count("packetsreceivederrors"),
            tx_errors: record.count("packetsoutbounderrors"),
            rx_dropped: record.count("packetsreceiveddiscarded"),
            tx_dropped: record.count("packetsoutbounddiscarded"),
        };
        put(&mut self.places, &mut self.interfaces, 3, name, interface);
        true
    }

    fn process(&mut self, record: &Record) -> bool {
        let Some(pid) = record.count("processid").or(record.count("idprocess")) else { return false };
        let name = record.text("name");
        if name.is_some_and(|name| name.eq_ignore_ascii_case("_Total")) {
            return true;
        }
        let raw = record.number("timestamp_sys100ns").is_some_and(|time| time > 0.0);
        let process = Process {
            pid: Some(pid),
            ppid: record.count("parentprocessid").or(record.count("creatingprocessid")),
            cpu_pct: record.number("percentprocessortime").filter(|_| !raw),
            rss_bytes: record.count("workingsetsize").or(record.count("workingset")),
            virt_bytes: record.count("virtualsize").or(record.count("virtualbytes")),
            nlwp: record.count("threadcount"),
            command: record.text("commandline").or(name).map(str::to_owned),
            ..Process::default()
        };
        put(&mut self.places, &mut self.processes, 4, &pid.to_string(), process);
        true
    }

    /// Puts the lists into the reading.
    pub(super) fn finish(self, reading: &mut Reading) {
        for name in &self.once {
            reading.remark(1, format!("{name}: raw counters of one sample give no share, left out"));
        }
        reading.cpus = listed(self.cpus, "processors", reading);
        reading.disks = listed(self.disks, "disks", reading);
        reading.filesystems = listed(self.filesystems, "filesystems", reading);
        reading.interfaces = listed(self.interfaces, "interfaces", reading);
        reading.processes = listed(self.processes, "processes", reading);
    }
}

fn operating_system(reading: &mut Reading, record: &Record) {
    // Kibibytes.
    let set = |field: &mut Option<u64>, name: &str| *field = record.bytes(name, 1 << 10).or(*field);
    set(&mut reading.mem_total_bytes, "totalvisiblememorysize");
    set(&mut reading.mem_free_bytes, "freephysicalmemory");
    set(&mut reading.swap_total_bytes, "sizestoredinpagingfiles");
    set(&mut reading.swap_free_bytes, "freespaceinpagingfiles");
    reading.process_count = record.count("numberofprocesses").or(reading.process_count);
    reading.users = record.count("numberofusers").or(reading.users);
    let time = |name: &str| {
        let forms = [name.to_owned(), format!("{name}.value"), format!("{name}.datetime")];
        forms.iter().find_map(|form| date::seconds(record.text(form)?))
    };
    if let (Some(start), Some(now)) = (time("lastbootuptime"), time("localdatetime"))
        && now >= start
    {
        reading.uptime_seconds = crate::tool::text::bytes((now - start).floor());
    }
    facts(
        reading,
        record,
        &["caption", "version", "buildnumber", "csname", "lastbootuptime", "osarchitecture"],
    );
}

fn memory(reading: &mut Reading, record: &Record) {
    let units = [("availablebytes", 1), ("availablekbytes", 1 << 10), ("availablembytes", 1 << 20)];
    reading.mem_available_bytes = units.iter().find_map(|(name, unit)| record.bytes(name, *unit));
    reading.mem_cached_bytes = record.count("cachebytes").or(reading.mem_cached_bytes);
    reading.mem_free_bytes = record.count("freeandzeropagelistbytes").or(reading.mem_free_bytes);
    facts(reading, record, &["committedbytes", "commitlimit"]);
}

fn system(reading: &mut Reading, record: &Record) {
    let raw = record.number("timestamp_sys100ns").is_some_and(|time| time > 0.0);
    reading.procs_running = record.count("processorqueuelength");
    reading.process_count = record.count("processes").or(reading.process_count);
    if !raw {
        reading.context_switches_per_s = record.number("contextswitchespersec");
        reading.syscalls_per_s = record.number("systemcallspersec");
        reading.uptime_seconds = record.count("systemuptime").or(reading.uptime_seconds);
    }
}

fn facts(reading: &mut Reading, record: &Record, names: &[&str]) {
    for name in names {
        if let Some(value) = record.text(name) {
            fact(reading, name, value);
        }
    }
}
