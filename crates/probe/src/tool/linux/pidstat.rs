//! `pidstat`: processes in one or more tables for each sample.
//!
//! ```text
//! 19:56:12      UID       PID    %usr %system  %guest   %wait    %CPU   CPU  Command
//! # Time        UID       PID  minflt/s  majflt/s     VSZ     RSS   %MEM  Command
//! ```

use super::super::table::{Kept, Table, cell, value};
use super::super::text::{Text, count, number, size};
use super::sysstat::{is_time, processors};
use crate::error::{Fault, ParseError};
use crate::reading::{Process, Reading};
use std::collections::HashMap;

/// The processes of one time.
#[derive(Default)]
struct Sample {
    processes: Kept<Process>,
    places: HashMap<u64, usize>,
}

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut table: Option<Table<'_>> = None;
    let mut line_of_table = 1;
    let mut sample = Sample::default();
    let mut time = String::new();
    for line in text.lines().filter(|line| !line.is_blank()) {
        if let Some(count) = processors(line.text) {
            reading.cpu_count = Some(count);
            continue;
        }
        let words: Vec<&str> = line.words().collect();
        let first = words.first().copied().unwrap_or_default();
        if !is_time(first) && first != "#" {
            // Averages begin with a word.
            continue;
        }
        if let Some(start) = words.iter().position(|word| matches!(*word, "UID" | "USER" | "PID" | "TGID")) {
            line_of_table = line.number;
            table = Some(Table::of(words.into_iter().skip(start).collect(), &["Command"]));
            continue;
        }
        let Some(table) = &table else { continue };
        // A date may stand before the time, and a half of the day behind it.
        let times = 1 + usize::from(words.get(1).is_some_and(|word| is_time(word) && word.contains(':')));
        let half = words.get(times).is_some_and(|word| matches!(*word, "AM" | "PM"));
        let times = times + usize::from(half);
        let row = row(line.text, times);
        let now = words.get(..times).unwrap_or_default().join(" ");
        if now != time {
            (sample, time) = (Sample::default(), now);
        }
        match process(table, row) {
            Some((process, bad)) => {
                // A single thread has no number of a process.
                if process.pid.is_some() {
                    sample.add(process);
                }
                if bad {
                    reading.remark(line.number, "a number of this row is cut or garbled");
                }
            }
            None => reading.remark(line.number, "a row is cut or is none"),
        }
    }
    if table.is_none() {
        return Err(text.error(Fault::Missing("a header with PID")));
    }
    reading.processes = Some(sample.processes.finish(&mut reading, line_of_table));
    Ok(reading)
}

/// A line behind so many words.
fn row(line: &str, words: usize) -> &str {
    (0..words).fold(line.trim_start(), |rest, _| {
        rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())).1.trim_start()
    })
}

/// A row, and whether something in it could not be read.
fn process(table: &Table<'_>, row: &str) -> Option<(Process, bool)> {
    let cells = table.row(row)?;
    let at = |names: &[&str]| cell(&cells, table.find(names));
    let pid = match table.find(&["PID", "TGID"]) {
        Some(column) if cells.get(column) == Some(&"-") => None,
        Some(column) => Some(count(cells.get(column)?)?),
        None => return None,
    };
    let mut bad = false;
    let kibibytes = |cell: &str| size(cell, 1024);
    let process = Process {
        pid,
        user: at(&["USER", "UID"]).map(str::to_owned),
        cpu_pct: value(at(&["%CPU"]), &mut bad, number),
        mem_pct: value(at(&["%MEM"]), &mut bad, number),
        rss_bytes: value(at(&["RSS"]), &mut bad, kibibytes),
        virt_bytes: value(at(&["VSZ"]), &mut bad, kibibytes),
        nlwp: value(at(&["threads"]), &mut bad, count),
        command: at(&["Command"]).map(str::to_owned),
        ..Process::default()
    };
    Some((process, bad))
}

impl Sample {
    /// Adds a row, to what another table of the same sample says of the process.
    fn add(&mut self, process: Process) {
        let Some(pid) = process.pid else { return };
        let known = self.places.get(&pid).copied().and_then(|place| self.processes.iter_mut().nth(place));
        if let Some(known) = known {
            known.cpu_pct = process.cpu_pct.or(known.cpu_pct);
            known.mem_pct = process.mem_pct.or(known.mem_pct);
            known.rss_bytes = process.rss_bytes.or(known.rss_bytes);
            known.virt_bytes = process.virt_bytes.or(known.virt_bytes);
            known.nlwp = process.nlwp.or(known.nlwp);
            return;
        }
        let place = self.processes.len();
        self.processes.push(process);
        if self.processes.len() > place {
            self.places.insert(pid, place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_one_sample_are_joined() {
        let text = "Linux 6.18.44 (vm) \t11/28/26 \t_x86_64_\t(2 CPU)\n\n19:56:12      UID       PID    %usr %system  %guest   %wait    %CPU   CPU  Command\n19:56:13        0         1    0.00    1.00    0.00    0.00    1.00     1  init\n19:56:13     1000      4711   52.00    1.00    0.00    0.00   53.00     1  Web Content\n\n19:56:12      UID       PID  minflt/s  majflt/s     VSZ     RSS   %MEM  Command\n19:56:13     1000      4711     10.00      0.00    2048    1024   0.50  Web Content\n\nAverage:      UID       PID    %usr %system  %guest   %wait    %CPU   CPU  Command\nAverage:        0         9    0.00    1.00    0.00    0.00    1.00     -  other\n";
        let reading = parse(&Text::of("pidstat", text)).unwrap();
        let processes = reading.processes.unwrap();
        assert_eq!((reading.cpu_count, processes.len()), (Some(2), 2));
        let content = &processes[1];
        assert_eq!(
            (content.cpu_pct, content.rss_bytes, content.virt_bytes),
            (Some(53.0), Some(1 << 20), Some(2 << 20))
        );
        assert_eq!(
            (content.command.as_deref(), content.user.as_deref()),
            (Some("Web Content"), Some("1000"))
        );
    }

    #[test]
    fn the_last_sample_counts_and_threads_do_not() {
        let text = "#      Time   UID      TGID       TID    %usr %system  %guest    %CPU   CPU  Command\n 1646857494     0         2         -    0.00    0.00    0.00    0.00     0  kthreadd\n 1646857495     0         3         -    0.00    0.00    0.00    5.00     0  a\n 1646857495     0         -         3    0.00    0.00    0.00    5.00     0  |__a\n 1646857495     0         4";
        let reading = parse(&Text::of("pidstat", text)).unwrap();
        let processes = reading.processes.unwrap();
        assert_eq!((processes.len(), processes[0].cpu_pct), (1, Some(5.0)));
        assert_eq!(reading.remarks[0].line, 5);
    }
}
