//! `top` of macOS, logging (`-l`) or as seen on the screen.
//!
//! ```text
//! Processes: 264 total, 2 running, 4 stuck, 258 sleeping, 1368 threads
//! Load Avg: 1.36, 1.46, 1.53
//! CPU usage: 5.63% user, 23.94% sys, 70.42% idle
//! PhysMem: 4077M used (932M wired), 17M unused.
//! PID    COMMAND          %CPU TIME     #TH   #WQ #PORTS  MEM    PURG   CMPRS  PGRP  PPID  STATE
//! ```
//!
//! Several of these may share a line. Names hold blanks, and numbers have `+` or `-` behind them that say how they
//! have changed.

use super::super::figures::{Figure, amount, figures};
use super::super::table::{Kept, Table, cell, value};
use super::super::text::{Line, Text, count, number};
use super::super::{display, screen, uptime};
use crate::error::{Fault, ParseError};
use crate::reading::{Process, Reading};

/// One display.
#[derive(Default)]
struct Frame<'a> {
    reading: Reading,
    table: Option<(Line<'a>, Table<'a>)>,
    rows: Kept<Process>,
    empty: bool,
}

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let plain = screen::plain(text.all());
    let text = text.instead(&plain);
    let (mut previous, mut frame) = (None, Frame { empty: true, ..Frame::default() });
    for line in text.lines().filter(|line| !line.is_blank()) {
        if line.text.trim_start().starts_with("Processes:") && !frame.empty {
            previous = Some(std::mem::take(&mut frame).finish());
        }
        frame.line(line);
    }
    let said = !frame.empty;
    let reading = frame.finish();
    display::last(previous, reading, said).ok_or_else(|| text.error(Fault::Malformed("the output of top")))
}

/// What follows a label, up to the next one.
fn body<'a>(line: &'a str, label: &str) -> Option<&'a str> {
    const LABELS: [&str; 9] = [
        "Load Avg:",
        "CPU usage:",
        "SharedLibs:",
        "MemRegions:",
        "PhysMem:",
        "VM:",
        "Swap:",
        "Networks:",
        "Disks:",
    ];
    let (_, rest) = line.split_once(label)?;
    let end = LABELS.iter().filter_map(|next| rest.find(next)).min().unwrap_or(rest.len());
    rest.get(..end)
}

impl<'a> Frame<'a> {
    fn line(&mut self, line: Line<'a>) {
        let row = line.text.trim();
        if row.split_whitespace().any(|word| word == "PID") && row.contains("COMMAND") {
            self.table = Some((line, Table::of(row.split_whitespace().collect(), &["COMMAND"])));
            self.empty = false;
        } else if let Some((_, table)) = &self.table {
            match process(table, row) {
                Some((process, bad)) => {
                    self.rows.push(process);
                    if bad {
                        self.reading.remark(line.number, "a number of this row is cut or garbled");
                    }
                }
                None => self.reading.remark(line.number, "a row is cut or is none"),
            }
        } else {
            self.summary(row);
        }
    }

    fn summary(&mut self, row: &str) {
        let reading = &mut self.reading;
        let mut known = false;
        let mut with = |label: &str, read: &mut dyn FnMut(&str)| {
            if let Some(body) = body(row, label) {
                read(body);
                known = true;
            }
        };
        with("Processes:", &mut |body| {
            let figures = figures(body);
            let at =
                |label| figures.iter().find(|figure| figure.is(label)).and_then(|figure| count(figure.value));
            (reading.process_count, reading.processes_running) = (at("total"), at("running"));
        });
        with("Load Avg:", &mut |body| {
            [reading.load1, reading.load5, reading.load15] = uptime::loads(body);
        });
        with("CPU usage:", &mut |body| {
            let figures = figures(body);
            let at = |label| {
                figures.iter().find(|figure| figure.is(label)).and_then(|figure| number(figure.value))
            };
            (reading.cpu_user_pct, reading.cpu_sys_pct, reading.cpu_idle_pct) =
                (at("user"), at("sys"), at("idle"));
        });
        with("PhysMem:", &mut |body| {
            let size = |figure: &Figure<'_>| amount(figure.value, 1);
            for figure in figures(body) {
                match figure.label {
                    "used" => reading.mem_used_bytes = size(&figure),
                    "unused" | "free" => reading.mem_free_bytes = size(&figure),
                    _ => {}
                }
            }
        });
        // `Swap: 99M + 926M free.`: used, and free.
        with("Swap:", &mut |body| {
            let (used, free) = body.split_once('+').unwrap_or_default();
            let first = |text: &str| figures(text).first().and_then(|figure| amount(figure.value, 1));
            (reading.swap_used_bytes, reading.swap_free_bytes) = (first(used), first(free));
        });
        self.empty &= !known;
    }

    fn finish(mut self) -> Reading {
        if let Some((line, _)) = self.table {
            self.reading.processes = Some(self.rows.finish(&mut self.reading, line.number));
        }
        self.reading
    }
}

fn process(table: &Table<'_>, row: &str) -> Option<(Process, bool)> {
    let cells = table.row(row)?;
    let at =
        |names: &[&str]| cell(&cells, table.find(names)).map(|cell| cell.trim_end_matches(['+', '-', '*']));
    let mut bad = false;
    let size = |cell: &str| amount(cell, 1);
    // `2/1`: threads, and those that run.
    let threads = |cell: &str| count(cell.split('/').next()?);
    let share = |cell: &str| number(cell).filter(|share| *share >= 0.0);
    let cpu_pct = value(at(&["%CPU"]), &mut bad, share);
    let time = at(&["TIME"]);
    // Cells are counted from the right: in a row that is cut they are not those of their columns.
    if (bad && cpu_pct.is_none()) || time.is_some_and(|time| !time.contains(':')) {
        return None;
    }
    let process = Process {
        pid: Some(count(at(&["PID"])?)?),
        ppid: value(at(&["PPID"]), &mut bad, count),
        user: at(&["USER", "UID"]).map(str::to_owned),
        state: at(&["STATE"]).map(str::to_owned),
        cpu_pct,
        mem_pct: None,
        rss_bytes: value(at(&["RSIZE", "MEM"]), &mut bad, size),
        virt_bytes: value(at(&["VSIZE"]), &mut bad, size),
        nlwp: value(at(&["#TH"]), &mut bad, threads),
        command: cell(&cells, table.find(&["COMMAND"])).map(str::to_owned),
    };
    Some((process, bad))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("top", text)).unwrap()
    }

    const TOP: &str = "\
Processes: 264 total, 2 running, 4 stuck, 258 sleeping, 1368 threads            17:00:06
Load Avg: 2.06, 2.45, 2.15  CPU usage: 5.36% user, 2.97% sys, 91.65% idle
SharedLibs: 296M resident, 71M data, 81M linkedit. MemRegions: 139731 total, 5513M resident.
PhysMem: 15G used (2992M wired, 1G compressor), 324M unused.
VM: 3761G vsize, 1298M framework vsize, 0(0) swapins, 0(0) swapouts. Swap: 99M + 926M free.
Disks: 5859888/75G read, 3961484/72G written.

PID    COMMAND          %CPU TIME     #TH   MEM    PGRP  PPID  STATE    BOOSTS UID
4711   Web Helper (x)   104.6 00:05.27 12/1  316K+  98523 1     sleeping *0[2+] 501+
42     top              N/A  00:00.02 2     1620K- 42    7     running   0[0]  0
";

    #[test]
    fn summary_and_table_are_understood() {
        let reading = read(TOP);
        assert_eq!(
            (reading.process_count, reading.processes_running, reading.load5),
            (Some(264), Some(2), Some(2.45))
        );
        assert_eq!(
            (reading.cpu_user_pct, reading.cpu_sys_pct, reading.cpu_idle_pct),
            (Some(5.36), Some(2.97), Some(91.65))
        );
        assert_eq!((reading.mem_used_bytes, reading.mem_free_bytes), (Some(15 << 30), Some(324 << 20)));
        assert_eq!((reading.swap_used_bytes, reading.swap_free_bytes), (Some(99 << 20), Some(926 << 20)));
        let processes = reading.processes.unwrap();
        assert_eq!(
            (processes[0].command.as_deref(), processes[0].cpu_pct),
            (Some("Web Helper (x)"), Some(104.6))
        );
        assert_eq!(
            (processes[0].nlwp, processes[0].rss_bytes, processes[0].ppid),
            (Some(12), Some(323_584), Some(1))
        );
        assert_eq!((processes[1].state.as_deref(), processes[1].cpu_pct), (Some("running"), None));
        assert_eq!((processes.len(), reading.remarks.len()), (2, 0));
    }

    #[test]
    fn the_second_display_counts_and_cut_rows_do_not() {
        let second = TOP.replace("2.06", "3.06");
        assert_eq!(read(&format!("{TOP}\n{second}")).load1, Some(3.06));
        assert_eq!(read(&format!("{TOP}\n{}", &second[..400])).load1, Some(2.06));
        let reading = read(&TOP[..TOP.len() - 40]);
        assert_eq!((reading.processes.unwrap().len(), reading.remarks.len()), (1, 1));
        assert!(parse(&Text::of("top", "top: invalid option\n")).is_err());
    }
}
