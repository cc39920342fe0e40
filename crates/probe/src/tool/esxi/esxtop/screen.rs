//! A screen of interactive `esxtop` as text: its head, and a table of groups, disks or ports.

use super::super::damage;
use super::is_host_group;
use crate::error::{Fault, ParseError};
use crate::reading::{Disk, Interface, Process, Processor, Reading, VirtualMachine};
use crate::tool::row::{Head, Row, fact, share};
use crate::tool::screen;
use crate::tool::span;
use crate::tool::table::bound;
use crate::tool::text::{self, Line, Text};

const MEBI: f64 = 1_048_576.0;

/// The columns that are understood, and those that tell the tables apart.
const COLUMNS: &[&str] = &[
    "ID",
    "GID",
    "NAME",
    "NWLD",
    "%USED",
    "%RUN",
    "%SYS",
    "%WAIT",
    "%VMWAIT",
    "%RDY",
    "%IDLE",
    "MEMSZ",
    "ADAPTR",
    "DEVICE",
    "PATH",
    "VMNAME",
    "VDEVNAME",
    "CMDS/s",
    "READS/s",
    "WRITES/s",
    "MBREAD/s",
    "MBWRTN/s",
    "PORT-ID",
    "USED-BY",
    "TEAM-PNIC",
    "DNAME",
    "MbTX/s",
    "MbRX/s",
    "PKTTX/s",
    "PKTRX/s",
];

/// What has been found on a screen.
#[derive(Default)]
struct Screen {
    reading: Reading,
    vms: Option<Vec<VirtualMachine>>,
    groups: Vec<Process>,
    disks: Option<Vec<Disk>>,
    interfaces: Option<Vec<Interface>>,
    damaged: Option<u32>,
}

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    // A screen with its escapes is what it has drawn.
    let drawn = screen::plain(text.all());
    let text = &Text::of("esxi esxtop", &drawn);
    let mut screen = Screen::default();
    let mut head: Option<Head<'_>> = None;
    let mut understood = false;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let trimmed = line.text.trim_start();
        if trimmed.contains("load average") || trimmed.contains(" worlds, ") {
            // Another screen.
            screen = Screen::default();
            head = None;
            understood = true;
            banner(&mut screen.reading, &line);
        } else if trimmed.starts_with("PCPU") || trimmed.starts_with("CORE ") {
            understood |= processors(&mut screen, &line);
        } else if let Some((label, values)) =
            trimmed.split_once("/MB:").or_else(|| trimmed.split_once("/MB :"))
        {
            understood |= memory(&mut screen.reading, label.trim(), values);
        } else if let Some(next) = columns(&mut screen, &line) {
            head = Some(next);
            understood = true;
        } else if let Some(head) = &head {
            row(&mut screen, head, &line);
        }
    }
    if !understood {
        return Err(text.error(Fault::Missing("a screen or a table of esxtop")));
    }
    let Screen { mut reading, mut vms, mut groups, mut disks, mut interfaces, damaged } = screen;
    if let Some(line) = damaged {
        reading.remark(line, "capital letters D, A and F are lost in this text: names lack them as well");
    }
    bound(vms.get_or_insert_default(), "virtual machines", &mut reading);
    bound(&mut groups, "groups of worlds", &mut reading);
    bound(disks.get_or_insert_default(), "disks", &mut reading);
    bound(interfaces.get_or_insert_default(), "ports", &mut reading);
    reading.vms = vms.filter(|vms| !vms.is_empty());
    reading.processes = (!groups.is_empty()).then_some(groups);
    reading.disks = disks.filter(|disks| !disks.is_empty());
    reading.interfaces = interfaces.filter(|interfaces| !interfaces.is_empty());
    Ok(reading)
}

/// ` 9:31:31am up 35 days  7:49, 379 worlds, 16 VMs, 32 vCPUs; CPU load average: 0.02, 0.05, 0.05`
fn banner(reading: &mut Reading, line: &Line<'_>) {
    // Other counts stand between the time and the averages.
    if let Some((_, up)) = line.text.split_once(" up ").or_else(|| line.text.split_once("up ")) {
        reading.uptime_seconds = span::up(up);
    }
    span::loads(reading, line.number, line.text);
    let words: Vec<&str> = line.words().collect();
    for pair in words.windows(2) {
        match pair[1].trim_end_matches([',', ';']) {
            "worlds" => reading.process_count = text::count(pair[0]),
            "VMs" | "VM" => fact(reading, "virtual machines", pair[0]),
            "vCPUs" | "vCPU" => fact(reading, "virtual processors", pair[0]),
            _ => {}
        }
    }
}

/// `PCPU UTIL(%): 3.7 3.9 … AVG: 4.9`
fn processors(screen: &mut Screen, line: &Line<'_>) -> bool {
    let Some((label, values)) = line.text.trim().split_once(':') else { return false };
    let all = ["PCPU UTIL(%)", "PCPU USED(%)", "PCPU(%)", "CORE UTIL(%)"];
    let Some((label, damaged)) = damage::known(label.trim(), &all) else { return false };
    if damaged {
        screen.damaged.get_or_insert(line.number);
    }
    if label == "CORE UTIL(%)" {
        return true;
    }
    let util = label == "PCPU UTIL(%)";
    let mut cpus: Vec<Processor> = Vec::new();
    let mut words = values.split([' ', ',', ';', '\t']).filter(|word| !word.is_empty());
    for word in words.by_ref() {
        if damage::is(word, "AVG:") || word.starts_with("used") {
            let average = words.find_map(share);
            // With an average behind it the list is whole.
            screen.reading.cpu_count = u64::try_from(cpus.len()).ok();
            if util {
                screen.reading.cpu_idle_pct = average.map(|busy| 100.0 - busy);
            } else if let Some(average) = average {
                fact(&mut screen.reading, "processors used percent", &average.to_string());
            }
            break;
        }
        let busy = text::number(word).filter(|busy| *busy >= 0.0);
        if busy.is_none() {
            screen.reading.remark(line.number, "the use of a processor is no number: the line is cut");
            break;
        }
        let id = cpus.len().to_string();
        cpus.push(Processor { id: Some(id), busy, ..Processor::default() });
    }
    // Time counts; what was used of it, by the frequency, only where that is all there is.
    if util || screen.reading.cpus.is_none() {
        bound(&mut cpus, "processors", &mut screen.reading);
        screen.reading.cpus = Some(cpus);
    }
    true
}

/// `PMEM  /MB: 32763   total:   724     vmk,   5000 other,  26660 free`
fn memory(reading: &mut Reading, label: &str, values: &str) -> bool {
    let mut understood = false;
    for part in values.split([',', ':']) {
        let Some((value, name)) = part.trim().split_once(char::is_whitespace) else { continue };
        let Some(bytes) = text::number(value).and_then(|mib| text::bytes(mib * MEBI)) else { continue };
        let field = match (label, name.trim()) {
            ("PMEM", "total") => &mut reading.mem_total_bytes,
            ("PMEM", "free") => &mut reading.mem_free_bytes,
            ("SWAP" | "SWP", "curr") => &mut reading.swap_used_bytes,
            _ => continue,
        };
        *field = Some(bytes);
        understood = true;
    }
    understood
}

/// The header of a table, by its columns' known names.
fn columns<'a>(screen: &mut Screen, line: &Line<'a>) -> Option<Head<'a>> {
    damage::known(line.words().next()?, COLUMNS)?;
    let mut damaged = false;
    let mut n_known = 0;
    let mut numbers = false;
    let names = line
        .words()
        .map(|word| {
            numbers |= text::number(word).is_some();
            match damage::known(word, COLUMNS) {
                Some((known, lost)) => {
                    n_known += 1;
                    damaged |= lost;
                    known
                }
                None => word,
            }
        })
        .collect();
    let head = Head::named(names);
    let named = ["NAME", "ADAPTR", "DEVICE", "VMNAME", "PORT-ID"].iter().any(|name| head.has(&[name]));
    let first_known = head.names().first().is_some_and(|name| COLUMNS.contains(name));
    // One name alone can be a word of a row.
    (named && first_known && !numbers && head.len() > 3 && (n_known > 1 || head.has(&["DEVICE"])))
        .then_some(())?;
    if damaged {
        screen.damaged.get_or_insert(line.number);
    }
    if head.has(&["MEMSZ"]) || head.has(&["%USED"]) {
        screen.vms.get_or_insert_default();
    }
    Some(head)
}

fn row(screen: &mut Screen, head: &Head<'_>, line: &Line<'_>) {
    let cut = |screen: &mut Screen| {
        screen.reading.remark(line.number, "the row has not the columns of its header, left out");
    };
    if let Some(at) = head.place("NAME") {
        let Some(row) = head.row_around(line, at) else { return cut(screen) };
        // Numbers tell that no column was lost.
        let ids = ["ID", "GID", "NWLD"].iter().all(|name| !head.has(&[name]) || row.count(&[name]).is_some());
        if !ids || (head.has(&["%USED"]) && row.number(&["%USED"]).is_none()) {
            return cut(screen);
        }
        group(screen, head, &row);
    } else if head.has(&["VMNAME"]) {
        let Some(row) = head.place("VMNAME").and_then(|at| head.row_around(line, at)) else {
            return cut(screen);
        };
        disk(screen, &row, "VMNAME");
    } else if head.has(&["PORT-ID"]) {
        let Some(row) = head.place("USED-BY").and_then(|at| head.row_around(line, at)) else {
            return cut(screen);
        };
        let bytes = |name: &str| row.number(&[name]).map(|megabits| megabits * 125_000.0);
        let interface = Interface {
            name: row.text(&["USED-BY"]).map(str::to_owned),
            rx_bytes_per_s: bytes("MbRX/s"),
            tx_bytes_per_s: bytes("MbTX/s"),
            ..Interface::default()
        };
        screen.interfaces.get_or_insert_default().push(interface);
    } else {
        let Some(row) = head.row(line) else { return cut(screen) };
        disk(screen, &row, if head.has(&["ADAPTR"]) { "ADAPTR" } else { "DEVICE" });
    }
}

fn disk(screen: &mut Screen, row: &Row<'_, '_, '_>, name: &str) {
    let mebi = |name: &str| row.number(&[name]).map(|mib| mib * MEBI);
    let disk = Disk {
        device: row.text(&[name]).map(str::to_owned),
        reads_per_s: row.number(&["READS/s"]),
        writes_per_s: row.number(&["WRITES/s"]),
        transfers_per_s: row.number(&["CMDS/s"]),
        read_bytes_per_s: mebi("MBREAD/s"),
        write_bytes_per_s: mebi("MBWRTN/s"),
        ..Disk::default()
    };
    screen.disks.get_or_insert_default().push(disk);
    row.report(&mut screen.reading);
}

fn group(screen: &mut Screen, head: &Head<'_>, row: &Row<'_, '_, '_>) {
    let name = row.text(&["NAME"]).unwrap_or_default();
    // Only machines wait for their virtual devices.
    let is_machine =
        if head.has(&["%VMWAIT"]) { row.text(&["%VMWAIT"]).is_some() } else { !is_host_group(name) };
    if is_machine {
        screen.vms.get_or_insert_default().push(VirtualMachine {
            id: row.text(&["GID", "ID"]).map(str::to_owned),
            name: Some(name.to_owned()),
            cpu_pct: row.number(&["%USED"]),
            ready_pct: row.number(&["%RDY"]),
            mem_bytes: row.number(&["MEMSZ"]).and_then(|mib| text::bytes(mib * MEBI)),
            ..VirtualMachine::default()
        });
    } else {
        screen.groups.push(Process {
            command: Some(name.to_owned()),
            cpu_pct: row.number(&["%USED"]),
            nlwp: row.count(&["NWLD"]),
            ..Process::default()
        });
    }
    row.report(&mut screen.reading);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("esxi esxtop", text)).unwrap()
    }

    #[test]
    fn processors_and_groups() {
        let reading = read(
            "10:00:00am up 12 days  3:04, 200 worlds, 2 VMs, 6 vCPUs; CPU load average: 0.25, 0.50, 0.75\n\
             PCPU USED(%): 110 20.5 AVG:  65\nPCPU UTIL(%): 100 30.5 AVG:  65\n\n\
             \x20     ID      GID NAME             NWLD   %USED    %RUN    %SYS   %WAIT %VMWAIT    %RDY   %IDLE  %OVRLP   %CSTP  %MLMTD  %SWPWT\n\
             \x20      1        1 idle                2  150.00  200.00    0.00    0.00       -  200.00    0.00    0.00    0.00    0.00    0.00\n\
             \x20   4711     4711 shop (a) 1.20        6   34.50   14.37    0.07  578.65    0.00    1.25  183.72    0.02    0.00    0.00    0.00\n\
             \x20   4712     4712 cut\n",
        );
        assert_eq!(reading.uptime_seconds, Some(12 * 86_400 + 3 * 3_600 + 240));
        assert_eq!(
            (reading.load5, reading.process_count, reading.cpu_idle_pct),
            (Some(0.5), Some(200), Some(35.0))
        );
        let cpus = reading.cpus.unwrap();
        assert_eq!(reading.cpu_count, Some(2));
        assert_eq!((cpus.len(), cpus[0].busy, cpus[1].busy), (2, Some(100.0), Some(30.5)));
        let vms = reading.vms.unwrap();
        assert_eq!(
            (vms.len(), vms[0].name.as_deref(), vms[0].id.as_deref()),
            (1, Some("shop (a) 1.20"), Some("4711"))
        );
        assert_eq!((vms[0].cpu_pct, vms[0].ready_pct), (Some(34.5), Some(1.25)));
        assert_eq!(reading.processes.unwrap()[0].command.as_deref(), Some("idle"));
        assert_eq!(reading.remarks.len(), 1);
    }

    #[test]
    fn lost_letters_are_said() {
        let reading = read(
            "PCPU UTIL(%): 3.5 4.5 VG: 4.0\n\n  I   GI NME  NWL   %USE    %RUN    %RY\n  7    7 GEI_1  6    1.50   2.00   0.25\n",
        );
        assert_eq!(reading.cpu_idle_pct, Some(96.0));
        let vms = reading.vms.unwrap();
        assert_eq!((vms[0].cpu_pct, vms[0].ready_pct), (Some(1.5), Some(0.25)));
        assert_eq!(reading.remarks.len(), 1);
    }

    #[test]
    fn memory_and_disks() {
        let reading = read(
            "10:00:00am up 2 days 3:04, 200 worlds, 2 VMs, 6 vCPUs; MEM overcommit avg: 0.00, 0.00, 0.00\nPMEM  /MB: 32768   total: 1024     vmk,  20480 other,  11264 free\nSWAP  /MB:    64    curr,    0 rclmtgt:  0.00 r/s\n\n\
             \x20    GID NAME               MEMSZ    GRANT    SZTGT     TCHD\n    4711 shop a            4096.00  4096.00  4100.00   100.00\n",
        );
        assert_eq!((reading.mem_total_bytes, reading.mem_free_bytes), (Some(32 << 30), Some(11 << 30)));
        assert_eq!(reading.swap_used_bytes, Some(64 << 20));
        assert_eq!(reading.uptime_seconds, Some(2 * 86_400 + 3 * 3_600 + 240));
        assert_eq!(reading.vms.unwrap()[0].mem_bytes, Some(4 << 30));
        let reading = read(
            " ADAPTR PATH  NPTH AQLEN   CMDS/s  READS/s WRITES/s MBREAD/s MBWRTN/s GAVG/w\n vmhba9 -   1    31    11.30     0.99     7.93     0.50     1.50  403.6\n vmhba8 -\n",
        );
        let disks = reading.disks.unwrap();
        assert_eq!(
            (disks.len(), disks[0].reads_per_s, disks[0].write_bytes_per_s),
            (1, Some(0.99), Some(1_572_864.0))
        );
        assert_eq!(reading.remarks.len(), 1);
    }
}
