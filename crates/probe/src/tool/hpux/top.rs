//! `top` of HP-UX.
//!
//! ```text
//! Load averages: 0.01, 0.01, 0.01
//! 112 processes: 109 sleeping, 3 running
//! CPU   LOAD   USER   NICE    SYS   IDLE  BLOCK  SWAIT   INTR   SSYS
//! avg   0.01   0.0%   0.0%   0.2%  99.8%   0.0%   0.0%   0.0%   0.0%
//! Memory: 67764K (34248K) real, 58140K (33236K) virtual, 4813648K free  Page# 1/7
//! CPU TTY    PID USERNAME PRI NI   SIZE    RES STATE    TIME %WCPU  %CPU COMMAND
//! ```

use super::super::figures::{amount, figures};
use super::super::table::{Kept, Table, cell, value};
use super::super::text::{Line, Text, count, percent};
use super::super::{display, screen, uptime};
use crate::error::{Fault, ParseError};
use crate::reading::{Process, Processor, Reading};

/// One display.
#[derive(Default)]
struct Frame<'a> {
    reading: Reading,
    /// Columns of the table of processors.
    shares: Option<Vec<&'a str>>,
    table: Option<(Line<'a>, Table<'a>)>,
    rows: Kept<Process>,
    known: bool,
}

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let plain = screen::plain(text.all());
    let text = text.instead(&plain);
    let (mut previous, mut frame) = (None, Frame::default());
    for line in text.lines().filter(|line| !line.is_blank()) {
        let starts = line.text.starts_with("System:") || uptime::find_averages(line.text).is_some();
        if starts && frame.known && (frame.shares.is_some() || frame.table.is_some()) {
            previous = Some(std::mem::take(&mut frame).finish());
        }
        frame.line(line);
    }
    let known = frame.known;
    let reading = frame.finish();
    display::last(previous, reading, known).ok_or_else(|| text.error(Fault::Malformed("the output of top")))
}

impl<'a> Frame<'a> {
    fn line(&mut self, line: Line<'a>) {
        let row = line.text.trim();
        let words: Vec<&str> = row.split_whitespace().take(64).collect();
        if let Some((_, averages)) = uptime::find_averages(row) {
            let reading = &mut self.reading;
            [reading.load1, reading.load5, reading.load15] = uptime::loads(averages);
        } else if words.contains(&"PID") && words.contains(&"COMMAND") {
            (self.shares, self.table) = (None, Some((line, Table::of(words, &["COMMAND"]))));
        } else if words.contains(&"USER") && words.contains(&"IDLE") {
            self.shares = Some(words);
        } else if let Some(memory) = row.strip_prefix("Memory:") {
            self.memory(line, memory);
        } else if let (Some((_, table)), false) = (&self.table, words.is_empty()) {
            match process(table, row) {
                Some((process, bad)) => {
                    self.rows.push(process);
                    if bad {
                        self.reading.remark(line.number, "a number of this row is cut or garbled");
                    }
                }
                None => self.reading.remark(line.number, "a row is cut or is none"),
            }
        } else if let ([total, "processes:", ..], Some((_, body))) = (words.as_slice(), row.split_once(':')) {
            self.reading.process_count = count(total);
            let running = figures(body).into_iter().find(|figure| figure.is("running"));
            self.reading.processes_running = running.and_then(|figure| count(figure.value));
        } else if row.starts_with("System Page Size") {
            self.shares = None;
        } else if let Some(columns) = &self.shares {
            if !words.iter().all(|word| word.bytes().all(|byte| byte == b'-')) {
                shares(columns, &words, line, &mut self.reading);
            }
        } else {
            return;
        }
        self.known = true;
    }

    fn memory(&mut self, line: Line<'_>, text: &str) {
        // What stands in parentheses is the active part of it.
        let mut plain = String::with_capacity(text.len());
        for part in text.split('(') {
            plain.push_str(part.split_once(')').map_or(part, |(_, rest)| rest));
        }
        let text = plain.split("Page#").next().unwrap_or_default();
        for figure in figures(text) {
            let field = match figure.label {
                "real" => &mut self.reading.mem_used_bytes,
                "free" => &mut self.reading.mem_free_bytes,
                "virtual" => continue,
                _ => {
                    self.reading.remark(line.number, format!("{:?} of memory is cut", figure.value));
                    continue;
                }
            };
            *field = amount(figure.value, 1024);
        }
    }

    fn finish(mut self) -> Reading {
        if let Some((line, _)) = self.table {
            self.reading.processes = Some(self.rows.finish(&mut self.reading, line.number));
        }
        self.reading
    }
}

/// A row of the table of processors: one, or the average. A machine with one has a row without a name.
fn shares(columns: &[&str], words: &[&str], line: Line<'_>, reading: &mut Reading) {
    if words.iter().all(|word| word.bytes().all(|byte| byte == b'-')) {
        // The rule above the average.
        return;
    }
    let named = columns.first().is_some_and(|column| column.eq_ignore_ascii_case("CPU"));
    let name = words.first().copied().unwrap_or_default();
    if words.len() != columns.len() || (named && name != "avg" && count(name).is_none()) {
        reading.remark(line.number, "a row of a processor is cut or is none");
        return;
    }
    let share = |name: &str| percent(words.get(columns.iter().position(|column| *column == name)?)?);
    let id = words.first().filter(|_| named);
    let (user, nice, sys, idle) = (share("USER"), share("NICE"), share("SYS"), share("IDLE"));
    match id {
        Some(id) if *id != "avg" => {
            let id = Some((*id).to_owned());
            reading.cpus.get_or_insert_default().push(Processor {
                id,
                user,
                sys,
                nice,
                idle,
                ..Processor::default()
            });
        }
        _ => {
            (reading.cpu_user_pct, reading.cpu_nice_pct) = (user, nice);
            (reading.cpu_sys_pct, reading.cpu_idle_pct) = (sys, idle);
            reading.cpu_irq_pct = share("INTR");
            // The average ends the list of processors.
            reading.cpu_count = reading.cpus.as_ref().map(|cpus| cpus.len() as u64);
        }
    }
}

fn process(table: &Table<'_>, row: &str) -> Option<(Process, bool)> {
    let cells = table.row(row)?;
    let at = |names: &[&str]| cell(&cells, table.find(names));
    let mut bad = false;
    let size = |cell: &str| amount(cell, 1024);
    let process = Process {
        pid: Some(count(at(&["PID"])?)?),
        user: at(&["USERNAME"]).map(str::to_owned),
        state: at(&["STATE"]).map(str::to_owned),
        cpu_pct: value(at(&["%CPU"]), &mut bad, percent),
        rss_bytes: value(at(&["RES"]), &mut bad, size),
        virt_bytes: value(at(&["SIZE"]), &mut bad, size),
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
System: hp1                                           Wed Mar  5 04:45:39 2014
Load averages: 0.11, 0.12, 0.13
112 processes: 109 sleeping, 3 running
Cpu states:
CPU   LOAD   USER   NICE    SYS   IDLE  BLOCK  SWAIT   INTR   SSYS
 0    0.00   1.0%   2.0%   3.4%  93.6%   0.0%   0.0%   0.0%   0.0%
 1    0.00   0.0%   0.0%   0.0% 100.0%   0.0%   0.0%   0.0%   0.0%
---   ----  -----  -----  -----  -----  -----  -----  -----  -----
avg   0.01   0.5%   1.0%   1.7%  96.8%   0.0%   0.0%   0.2%   0.0%

Memory: 67764K (34248K) real, 58140K (33236K) virtual, 4813648K free  Page# 1/7

CPU TTY    PID USERNAME PRI NI   SIZE    RES STATE    TIME %WCPU  %CPU COMMAND
 1 pts/0  4711 eva      178 20  2696K   460K run      0:00  0.24  0.17 top -s 1
";

    #[test]
    fn summary_and_table_are_understood() {
        let reading = read(TOP);
        assert_eq!(
            (reading.load5, reading.process_count, reading.processes_running),
            (Some(0.12), Some(112), Some(3))
        );
        assert_eq!(
            (reading.cpu_user_pct, reading.cpu_sys_pct, reading.cpu_irq_pct),
            (Some(0.5), Some(1.7), Some(0.2))
        );
        let cpus = reading.cpus.unwrap();
        assert_eq!((cpus.len(), cpus[1].id.as_deref(), cpus[1].idle), (2, Some("1"), Some(100.0)));
        assert_eq!(
            (reading.mem_used_bytes, reading.mem_free_bytes),
            (Some(67_764 << 10), Some(4_813_648 << 10))
        );
        let process = &reading.processes.unwrap()[0];
        assert_eq!(
            (process.pid, process.cpu_pct, process.rss_bytes),
            (Some(4711), Some(0.17), Some(460 << 10))
        );
        assert_eq!((process.state.as_deref(), process.command.as_deref()), (Some("run"), Some("top -s 1")));
        assert_eq!(reading.remarks, []);
    }

    #[test]
    fn one_processor_has_no_name() {
        let reading = read(
            "Load averages: 0.11, 0.12, 0.13\nCpu states:\n LOAD   USER   NICE    SYS   IDLE  BLOCK  SWAIT   INTR   SSYS\n 0.00   1.0%   2.0%   3.4%  93.6%   0.0%   0.0%   0.0%   0.0%\n",
        );
        assert_eq!((reading.cpu_idle_pct, reading.cpus, reading.processes), (Some(93.6), None, None));
    }

    #[test]
    fn the_last_complete_display_counts() {
        let second = TOP.replace("0.11", "0.99");
        assert_eq!(read(&format!("{TOP}{second}")).load1, Some(0.99));
        assert_eq!(read(&format!("{TOP}{}", &second[..500])).load1, Some(0.11));
    }

    #[test]
    fn the_average_ends_the_processors() {
        let text = "Load averages: 0.11, 0.12, 0.13\n12 processes: 11 sleeping, 1 running\nCPU   LOAD   USER   NICE    SYS   IDLE  BLOCK  SWAIT   INTR   SSYS\n 0    0.10   1.2%   0.0%   0.4%  98.4%   0.0%   0.0%   0.0%   0.0%\n 1    0.12   3.2%   0.0%   0.6%  96.2%   0.0%   0.0%   0.0%   0.0%\n---   ----  -----  -----  -----  -----  -----  -----  -----  -----\navg   0.11   2.2%   0.0%   0.5%  97.3%   0.0%   0.0%   0.0%   0.0%\n\nSystem Page Size: 4Kbytes\nMemory: 1024K (512K) real, 2048K (1024K) virtual, 4096K free  Page# 1/14\n";
        let reading = parse(&Text::of("top", text)).unwrap();
        assert_eq!((reading.cpu_count, reading.cpu_idle_pct), (Some(2), Some(97.3)));
        assert_eq!((reading.mem_free_bytes, reading.remarks.len()), (Some(4 << 20), 0));
    }
}
