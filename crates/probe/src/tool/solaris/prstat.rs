//! `prstat`: processes, then users (`-a`, `-t`) or zones (`-Z`), and a footer that ends the sample.

use crate::error::{Fault, ParseError};
use crate::reading::{Process, Reading, Zone};
use crate::tool::row::{Head, fact};
use crate::tool::screen;
use crate::tool::span;
use crate::tool::table::bound;
use crate::tool::text::{self, Line, Text};

/// One report.
#[derive(Default)]
struct Sample<'a> {
    processes: Option<Vec<Process>>,
    zones: Option<Vec<Zone>>,
    footer: Option<Line<'a>>,
}

enum Table<'a> {
    Processes(Head<'a>),
    Zones(Head<'a>),
    /// Users, projects, tasks.
    Other,
}

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    // A screen with its escapes is what it has drawn.
    let drawn = screen::plain(text.all());
    let text = &Text::of("solaris prstat", &drawn);
    let mut reading = Reading::default();
    let mut table: Option<Table<'_>> = None;
    let mut sample = Sample::default();
    let mut complete: Option<Sample<'_>> = None;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let words: Vec<&str> = line.words().collect();
        if line.text.trim_start().starts_with("Total:") && table.is_some() {
            sample.footer = Some(line);
            complete = Some(std::mem::take(&mut sample));
            table = None;
        } else if words[0] == "PID" && words.len() > 2 {
            sample = Sample { processes: Some(Vec::new()), ..Sample::default() };
            table = Some(Table::Processes(Head::of(line.text)));
        } else if words[0] == "ZONEID" {
            sample.zones = Some(Vec::new());
            table = Some(Table::Zones(Head::of(line.text)));
        } else if matches!(words[0], "NPROC" | "PROJID" | "TASKID") {
            table = Some(Table::Other);
        } else if let Some(Table::Processes(head)) = &table {
            match process(head, &line, &mut reading) {
                Some(process) => sample.processes.get_or_insert_default().push(process),
                None => reading.remark(line.number, "the row has not the columns of its header, left out"),
            }
        } else if let Some(Table::Zones(head)) = &table {
            match zone(head, &line, &mut reading) {
                Some(zone) => sample.zones.get_or_insert_default().push(zone),
                None => reading.remark(line.number, "the row has not the columns of its header, left out"),
            }
        }
    }
    // Without a footer the text is a part of a report: it counts when there is no whole one.
    let started = sample.processes.is_some() || sample.zones.is_some();
    let Some(mut chosen) = complete.or(started.then_some(sample)) else {
        return Err(text.error(Fault::Missing("a table of prstat")));
    };
    if let Some(footer) = &chosen.footer {
        total(&mut reading, footer);
    }
    if let Some(list) = &mut chosen.processes {
        bound(list, "processes", &mut reading);
    }
    if let Some(list) = &mut chosen.zones {
        bound(list, "zones", &mut reading);
    }
    (reading.processes, reading.zones) = (chosen.processes, chosen.zones);
    Ok(reading)
}

fn process(head: &Head<'_>, line: &Line<'_>, reading: &mut Reading) -> Option<Process> {
    let row = head.row_around(line, head.len() - 1)?;
    // `PROCESS/NLWP` ends in a count, of which the width of the screen may cut all; `PROCESS/LWPID` ends in an id.
    let counted = row.text(&["PROCESS/NLWP"]);
    let name = counted.or_else(|| row.text(&["PROCESS/LWPID", "PROCESS"]));
    let (command, nlwp) = match counted.and_then(|name| name.rsplit_once('/')) {
        Some((command, number)) if text::count(number).is_some() && !number.is_empty() => {
            (Some(command), text::count(number))
        }
        Some((command, "")) => (Some(command), None),
        _ => (name, None),
    };
    let pid = row.count(&["PID"]);
    if counted.is_some() && nlwp.is_none() {
        reading.remark(line.number, "the number of threads is cut, left out");
    }
    let process = Process {
        pid,
        user: row.text(&["USERNAME"]).map(str::to_owned),
        state: row.text(&["STATE"]).map(str::to_owned),
        cpu_pct: row.percent(&["CPU"]),
        rss_bytes: row.size(&["RSS"], 1 << 10),
        virt_bytes: row.size(&["SIZE"], 1 << 10),
        nlwp,
        command: command.map(|name| {
            if counted.is_some() { name } else { name.split('/').next().unwrap_or(name) }.to_owned()
        }),
        ..Process::default()
    };
    row.report(reading);
    pid.map(|_| process)
}

fn zone(head: &Head<'_>, line: &Line<'_>, reading: &mut Reading) -> Option<Zone> {
    let row = head.row_around(line, head.len() - 1)?;
    let zone = Zone {
        id: row.count(&["ZONEID"]),
        name: row.text(&["ZONE"]).map(str::to_owned),
        nproc: row.count(&["NPROC"]),
        cpu_pct: row.percent(&["CPU"]),
        mem_pct: row.share(&["MEMORY"]),
        rss_bytes: row.size(&["RSS"], 1 << 10),
        swap_bytes: row.size(&["SWAP", "SIZE"], 1 << 10),
        ..Zone::default()
    };
    row.report(reading);
    zone.id.map(|_| zone)
}

/// `Total: 92 processes, 379 lwps, load averages: 0.05, 0.04, 0.06`
fn total(reading: &mut Reading, line: &Line<'_>) {
    let before = |name: &str| {
        let at = line.text.find(name)?;
        line.text[..at].split_whitespace().next_back()
    };
    reading.process_count = before("process").and_then(text::count);
    if let Some(lwps) = before("lwps") {
        fact(reading, "lwps", lwps);
    }
    span::loads(reading, line.number, line.text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("solaris prstat", text)).unwrap()
    }

    #[test]
    fn last_report_with_a_footer_counts() {
        let reading = read(
            "   PID USERNAME  SIZE   RSS STATE  PRI NICE      TIME  CPU PROCESS/NLWP\n\
             \x20  10 root      100M   50M sleep   59    0   0:00:01 9.9% old/1\n\
             ZONEID    NPROC  SWAP   RSS MEMORY      TIME  CPU ZONE\n\
             \x20    0        9  200M  100M   1.0%   0:00:01 9.0% global\n\
             Total: 9 processes, 19 lwps, load averages: 1.00, 1.00, 1.00\n\
             \x20  PID USERNAME  SIZE   RSS STATE  PRI NICE      TIME  CPU PROCESS/NLWP\n\
             \x20  11 shop     1024M  512K cpu3    0    -   1:02:03 2,5% my/java/17\n\
             \x20  12 shop      2G  1.5M sleep    0    -   1:02:03 0.5% nodename/\n\
             ZONEID    NPROC  SWAP   RSS MEMORY      TIME  CPU ZONE\n\
             \x20    0       10  300M  200M   2.5%   0:00:01 1.5% global\n\
             \x20    4       20    1G  512M    10%   0:00:01  12% shop-a\n\
             Total: 30 processes, 90 lwps, load averages: 0.25, 0.50, 0.75\n\
             \x20  PID USERNAME  SIZE   RSS STATE  PRI NICE      TIME  CPU PROCESS/NLWP\n\
             \x20  13 root      100M\n",
        );
        assert_eq!(
            (reading.process_count, reading.load1, reading.load15),
            (Some(30), Some(0.25), Some(0.75))
        );
        let processes = reading.processes.unwrap();
        assert_eq!((processes.len(), processes[0].pid, processes[0].cpu_pct), (2, Some(11), Some(2.5)));
        assert_eq!((processes[0].command.as_deref(), processes[0].nlwp), (Some("my/java"), Some(17)));
        assert_eq!((processes[0].virt_bytes, processes[0].rss_bytes), (Some(1 << 30), Some(512 << 10)));
        assert_eq!((processes[1].command.as_deref(), processes[1].nlwp), (Some("nodename"), None));
        let zones = reading.zones.unwrap();
        assert_eq!((zones.len(), zones[1].name.as_deref(), zones[1].id), (2, Some("shop-a"), Some(4)));
        assert_eq!((zones[1].nproc, zones[1].cpu_pct, zones[1].mem_pct), (Some(20), Some(12.0), Some(10.0)));
        assert_eq!((zones[1].swap_bytes, zones[1].rss_bytes), (Some(1 << 30), Some(512 << 20)));
    }

    #[test]
    fn users_are_no_processes() {
        let reading = read(
            " NPROC USERNAME  SWAP   RSS MEMORY      TIME  CPU\n    30 root      100M  100M   1.0%   0:01:00 0.5%\n\
             Total: 30 processes, 90 lwps, load averages: 0.25, 0.50, 0.75\n",
        );
        assert_eq!((reading.processes, reading.zones, reading.load5), (None, None, Some(0.5)));
    }
}
