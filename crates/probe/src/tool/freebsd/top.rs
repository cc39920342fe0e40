//! `top` of FreeBSD.
//!
//! ```text
//! last pid:  7986;  load averages:  1.74,  1.55,  1.21    up 0+03:58:57  23:03:35
//! 85 processes:  2 running, 83 sleeping
//! CPU: 14.8% user,  0.0% nice,  5.0% system,  0.1% interrupt, 80.1% idle
//! Mem: 1651M Active, 3326M Inact, 310M Laundry, 3677M Wired, 4809M Free
//! Swap: 4096M Total, 1322M Used, 2774M Free, 32% Inuse
//!   PID USERNAME    THR PRI NICE   SIZE    RES STATE    C   TIME    WCPU COMMAND
//! ```

use super::super::figures::{amount, figures};
use super::super::table::{Kept, Table, cell, value};
use super::super::text::{Line, Text, count, number, percent};
use super::super::{display, screen, uptime};
use crate::error::{Fault, ParseError};
use crate::reading::{Process, Processor, Reading};

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
        let starts = line.text.contains("last pid:") || uptime::find_averages(line.text).is_some();
        if starts && !frame.empty {
            previous = Some(std::mem::take(&mut frame).finish());
        }
        frame.line(line);
    }
    let said = !frame.empty;
    let reading = frame.finish();
    display::last(previous, reading, said).ok_or_else(|| text.error(Fault::Malformed("the output of top")))
}

impl<'a> Frame<'a> {
    fn line(&mut self, line: Line<'a>) {
        let row = line.text.trim();
        let label = row.split_once(':');
        if uptime::find_averages(row).is_some() {
            uptime::read(line, &mut self.reading);
        } else if row.split_whitespace().any(|word| word == "PID") && row.contains("COMMAND") {
            self.table = Some((line, Table::of(row.split_whitespace().collect(), &["COMMAND"])));
        } else if let Some((_, table)) = &self.table {
            match process(table, row) {
                Some((process, bad)) => {
                    self.rows.push(process);
                    if bad {
                        self.reading.remark(line.number, "a number of this row is cut or garbled");
                    }
                }
                None if row.bytes().all(|byte| byte == b'.') => {}
                None => self.reading.remark(line.number, "a row is cut or is none"),
            }
        } else if let Some((label, body)) = label {
            if !self.summary(line, label.trim(), body) {
                return;
            }
        } else {
            return;
        }
        self.empty = false;
    }

    fn summary(&mut self, line: Line<'_>, label: &str, body: &str) -> bool {
        let reading = &mut self.reading;
        if let Some((total, kind)) = label.split_once(' ')
            && matches!(kind, "processes" | "threads")
        {
            reading.process_count = count(total);
            let figures = figures(body);
            reading.processes_running =
                figures.iter().find(|figure| figure.is("running")).and_then(|figure| count(figure.value));
            return true;
        }
        match label {
            "Mem" => {
                for figure in figures(body) {
                    let field = match figure.label {
                        "Free" => &mut reading.mem_free_bytes,
                        "Buf" => &mut reading.mem_buffers_bytes,
                        "Cache" => &mut reading.mem_cached_bytes,
                        "" => {
                            reading.remark(line.number, format!("{:?} of memory is cut", figure.value));
                            continue;
                        }
                        _ => continue,
                    };
                    *field = amount(figure.value, 1);
                }
            }
            "Swap" => {
                for figure in figures(body) {
                    let field = match figure.label {
                        "Total" => &mut reading.swap_total_bytes,
                        "Used" => &mut reading.swap_used_bytes,
                        "Free" => &mut reading.swap_free_bytes,
                        _ => continue,
                    };
                    *field = amount(figure.value, 1);
                }
            }
            _ => {
                let Some(which) = label.strip_prefix("CPU") else { return false };
                let which = which.trim();
                shares(line, which.strip_suffix(" states").unwrap_or(which), body, reading);
            }
        }
        true
    }

    fn finish(mut self) -> Reading {
        if let Some((line, _)) = self.table {
            self.reading.processes = Some(self.rows.finish(&mut self.reading, line.number));
        }
        self.reading
    }
}

/// Shares of all processors, or with `-P` of one.
fn shares(line: Line<'_>, which: &str, body: &str, reading: &mut Reading) {
    let figures = figures(body);
    let share = |label: &str| {
        let figure = figures.iter().find(|figure| figure.is(label))?;
        number(figure.value).filter(|share| *share <= 101.0)
    };
    // OpenBSD and NetBSD write them short.
    let either = |long: &str, short: &str| share(long).or_else(|| share(short));
    if figures.iter().any(|figure| figure.label.is_empty()) {
        reading.remark(line.number, "a share of the processor is cut");
    }
    let (user, nice, sys, irq, idle) =
        (share("user"), share("nice"), either("system", "sys"), either("interrupt", "intr"), share("idle"));
    if which.is_empty() || which == "states" {
        (reading.cpu_user_pct, reading.cpu_nice_pct, reading.cpu_sys_pct) = (user, nice, sys);
        (reading.cpu_irq_pct, reading.cpu_idle_pct) = (irq, idle);
    } else {
        let id = Some(which.to_owned());
        let cpu = Processor { id, user, sys, nice, idle, ..Processor::default() };
        let cpus = reading.cpus.get_or_insert_default();
        cpus.push(cpu);
        // Every processor has its line.
        reading.cpu_count = Some(cpus.len() as u64);
    }
}

fn process(table: &Table<'_>, row: &str) -> Option<(Process, bool)> {
    let cells = table.row(row)?;
    let at = |names: &[&str]| cell(&cells, table.find(names));
    let mut bad = false;
    let size = |cell: &str| amount(cell, 1024);
    let process = Process {
        pid: Some(count(at(&["PID"])?)?),
        user: at(&["USERNAME", "UID"]).map(str::to_owned),
        state: at(&["STATE"]).map(str::to_owned),
        cpu_pct: value(at(&["WCPU", "CPU"]), &mut bad, percent),
        rss_bytes: value(at(&["RES"]), &mut bad, size),
        virt_bytes: value(at(&["SIZE"]), &mut bad, size),
        nlwp: value(at(&["THR"]), &mut bad, count),
        command: at(&["COMMAND"]).map(str::to_owned),
        ..Process::default()
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
last pid:  4711;  load averages:  1.74,  1.55,  1.21; battery: 43%    up 2+03:58:57  23:03:35
86 processes:2 running, 84 sleeping
CPU: 14.8% user,  0.5% nice,  5.0% system,  0.1% interrupt, 79.6% idle
Mem: 1651M Active, 3326M Inact, 310M Laundry, 3677M Wired, 56K Buf, 4809M Free
ARC: 2406M Total, 750M MFU, 1544M MRU, 1180K Anon, 20M Header, 91M Other
     1823M Compressed, 3106M Uncompressed, 1.70:1 Ratio
Swap: 4096M Total, 96M Used, 4000M Free, 2% Inuse

  PID   JID USERNAME    THR PRI NICE   SIZE    RES STATE    C   TIME    WCPU COMMAND
 4711     0 eva          12  20    0    19G   112M CPU0     0   1:56 199.03% web server: x (y)
";

    #[test]
    fn summary_and_table_are_understood() {
        let reading = read(TOP);
        assert_eq!((reading.uptime_seconds, reading.load15), (Some(187_137), Some(1.21)));
        assert_eq!((reading.process_count, reading.processes_running), (Some(86), Some(2)));
        assert_eq!(
            (reading.cpu_sys_pct, reading.cpu_irq_pct, reading.cpu_idle_pct),
            (Some(5.0), Some(0.1), Some(79.6))
        );
        assert_eq!(
            (reading.mem_free_bytes, reading.mem_buffers_bytes, reading.mem_used_bytes),
            (Some(4809 << 20), Some(57_344), None)
        );
        assert_eq!((reading.swap_used_bytes, reading.mem_cached_bytes), (Some(96 << 20), None));
        let process = &reading.processes.unwrap()[0];
        assert_eq!((process.pid, process.nlwp, process.cpu_pct), (Some(4711), Some(12), Some(199.03)));
        assert_eq!(
            (process.virt_bytes, process.command.as_deref()),
            (Some(19 << 30), Some("web server: x (y)"))
        );
        assert_eq!(reading.remarks, []);
    }

    #[test]
    fn the_last_complete_display_counts() {
        let second = TOP.replace("1.74", "2.74");
        assert_eq!(read(&format!("{TOP}\n{second}")).load1, Some(2.74));
        assert_eq!(read(&format!("{TOP}\n{}", &second[..300])).load1, Some(1.74));
        assert_eq!(read(&TOP[..300]).processes, None);
        assert!(parse(&Text::of("top", "top: no such thing\n")).is_err());
    }

    #[test]
    fn single_processors_have_lines_of_their_own() {
        let cpus = read("CPU 0:  1.0% user,  0.0% nice,  2.0% system,  0.0% interrupt, 97.0% idle\nCPU 1:  3.0% user,  0.0% nice,  2.0% system,  0.0% interrupt, 95.0% idle\n").cpus.unwrap();
        assert_eq!((cpus.len(), cpus[1].id.as_deref(), cpus[1].idle), (2, Some("1"), Some(95.0)));
    }

    #[test]
    fn processors_with_a_line_each_are_counted() {
        let text = "last pid: 12;  load averages:  0.45,  0.50,  0.40  up 1+03:04:05    10:00:01\nCPU 0:  4.7% user,  0.0% nice,  1.2% system,  0.4% interrupt, 93.7% idle\nCPU1 states:  2.7% user,  0.0% nice,  0.8% sys,  0.2% intr, 96.5% idle\n";
        let reading = parse(&Text::of("top", text)).unwrap();
        let cpus = reading.cpus.unwrap();
        assert_eq!((reading.cpu_count, cpus[1].id.as_deref(), cpus[1].sys), (Some(2), Some("1"), Some(0.8)));
    }
}
