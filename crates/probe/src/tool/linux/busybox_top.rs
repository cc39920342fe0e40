//! `top` of busybox.
//!
//! ```text
//! Mem: 598000K used, 425232K free, 58100K shrd, 21068K buff, 480032K cached
//! CPU:  26% usr  41% sys   0% nic  29% idle   0% io   0% irq   1% sirq
//! Load average: 0.22 0.11 0.05 2/93 592
//!   PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND
//! ```

use super::super::figures::{amount, figures};
use super::super::table::{Kept, Table, cell, value};
use super::super::text::{Line, Text, count, number, percent};
use super::super::{screen, uptime};
use crate::error::{Fault, ParseError};
use crate::reading::{Process, Processor, Reading};

/// One display.
#[derive(Default)]
struct Frame<'a> {
    reading: Reading,
    table: Option<(Line<'a>, Table<'a>)>,
    rows: Kept<Process>,
}

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let plain = screen::plain(text.all()).replace('^', " ");
    let text = text.instead(&plain);
    let (mut previous, mut frame): (Option<Reading>, _) = (None, Frame::default());
    for line in text.lines() {
        let trimmed = line.text.trim();
        let starts = trimmed.starts_with("Mem:") || trimmed.starts_with("Mem total:");
        if starts && (frame.table.is_some() || frame.reading.mem_free_bytes.is_some()) {
            previous = Some(std::mem::take(&mut frame).finish());
        }
        frame.line(line, trimmed);
    }
    let reading = frame.finish();
    let reading = match previous {
        Some(previous) if reading.processes.as_ref().is_none_or(Vec::is_empty) => previous,
        _ => reading,
    };
    let said =
        reading.mem_free_bytes.is_some() || reading.cpu_idle_pct.is_some() || reading.processes.is_some();
    if said { Ok(reading) } else { Err(text.error(Fault::Malformed("the output of top of busybox"))) }
}

impl<'a> Frame<'a> {
    fn line(&mut self, line: Line<'a>, trimmed: &'a str) {
        if let Some(memory) = trimmed.strip_prefix("Mem:") {
            self.memory(line, memory);
        } else if ["Mem total:", "Swap total:", "slab:"].iter().any(|label| trimmed.starts_with(label)) {
            self.totals(trimmed);
        } else if let Some(shares) = trimmed.strip_prefix("CPU:") {
            self.shares(line, shares);
        } else if let Some((id, shares)) = trimmed.strip_prefix("CPU").and_then(|rest| rest.split_once(':'))
            && count(id).is_some()
        {
            self.processor(id, shares);
        } else if let Some((_, averages)) = uptime::find_averages(trimmed) {
            let reading = &mut self.reading;
            [reading.load1, reading.load5, reading.load15] = uptime::loads(averages);
            // `2/93`: threads that run, and all of them.
            let threads = averages.split_whitespace().nth(3).and_then(|word| word.split_once('/'));
            if let Some((running, all)) = threads {
                // Behind it stands the last process, else it may be cut.
                let whole = averages.split_whitespace().nth(4).is_some();
                reading.processes_running = count(running);
                reading.process_count = count(all).filter(|_| whole);
            }
        } else if trimmed.split_whitespace().any(|word| word == "PID") {
            self.table = Some((line, Table::of(trimmed.split_whitespace().collect(), &["COMMAND"])));
        } else if self.table.is_some() && !trimmed.is_empty() && trimmed != "..." {
            self.row(line, trimmed);
        }
    }

    fn memory(&mut self, line: Line<'_>, text: &str) {
        let reading = &mut self.reading;
        for figure in figures(text) {
            let field = match figure.label {
                "used" => &mut reading.mem_used_bytes,
                "free" => &mut reading.mem_free_bytes,
                "buff" => &mut reading.mem_buffers_bytes,
                "cached" => &mut reading.mem_cached_bytes,
                _ => continue,
            };
            *field = amount(figure.value, 1024);
        }
        // Some builds print what happens to lie in memory there.
        let all = reading.mem_used_bytes.unwrap_or(0).saturating_add(reading.mem_free_bytes.unwrap_or(0));
        for (name, field) in
            [("cached", &mut reading.mem_cached_bytes), ("buff", &mut reading.mem_buffers_bytes)]
        {
            if field.is_some_and(|bytes| bytes > all) {
                *field = None;
                let text = format!("more memory is {name} than there is: left out");
                reading.remarks.push(crate::reading::Remark { line: line.number, text });
            }
        }
    }

    /// `top -m`: `Mem total:1013988 anon:300000 map:20000 free:500000`, in KiB.
    fn totals(&mut self, text: &str) {
        let swap = text.starts_with("Swap");
        let reading = &mut self.reading;
        for (label, value) in text.split_whitespace().filter_map(|word| word.split_once(':')) {
            let field = match (label, swap) {
                ("total", false) => &mut reading.mem_total_bytes,
                ("free", false) => &mut reading.mem_free_bytes,
                ("buf", false) => &mut reading.mem_buffers_bytes,
                ("cache", false) => &mut reading.mem_cached_bytes,
                ("total", true) => &mut reading.swap_total_bytes,
                ("free", true) => &mut reading.swap_free_bytes,
                _ => continue,
            };
            *field = amount(value, 1024);
        }
    }

    fn shares(&mut self, line: Line<'_>, text: &str) {
        let reading = &mut self.reading;
        for figure in figures(text) {
            let field = match figure.label {
                "usr" => &mut reading.cpu_user_pct,
                "sys" => &mut reading.cpu_sys_pct,
                "nic" => &mut reading.cpu_nice_pct,
                "idle" => &mut reading.cpu_idle_pct,
                "io" => &mut reading.cpu_wait_pct,
                "irq" => &mut reading.cpu_irq_pct,
                "sirq" => &mut reading.cpu_softirq_pct,
                _ => {
                    reading.remark(line.number, "a share of the processor is cut");
                    continue;
                }
            };
            *field = number(figure.value).filter(|share| *share <= 101.0);
        }
    }

    /// `CPU0:  12% usr   9% sys …`: a line for each, when the key `1` was pressed.
    fn processor(&mut self, id: &str, text: &str) {
        let figures = figures(text);
        let share = |label: &str| {
            let figure = figures.iter().find(|figure| figure.label == label)?;
            number(figure.value).filter(|share| *share <= 101.0)
        };
        self.reading.cpus.get_or_insert_default().push(Processor {
            id: Some(id.to_owned()),
            user: share("usr"),
            sys: share("sys"),
            nice: share("nic"),
            wait: share("io"),
            idle: share("idle"),
            ..Processor::default()
        });
    }

    fn row(&mut self, line: Line<'_>, row: &str) {
        let Some((_, table)) = &self.table else { return };
        match process(table, row) {
            Some((process, bad)) => {
                self.rows.push(process);
                if bad {
                    self.reading.remark(line.number, "a number of this row is cut or garbled");
                }
            }
            None => self.reading.remark(line.number, "a row is cut or is none"),
        }
    }

    fn finish(mut self) -> Reading {
        if let Some((line, _)) = self.table {
            self.reading.processes = Some(self.rows.finish(&mut self.reading, line.number));
        }
        self.reading
    }
}

fn process(table: &Table<'_>, row: &str) -> Option<(Process, bool)> {
    // The state is three letters with blanks among them: `S <`.
    let joined = [" S <", " S N", " R <", " R N", " D <", " D N"].iter().find_map(|state| {
        let (before, after) = row.split_once(&format!("{state} "))?;
        Some(format!("{before}{} {after}", state.replace("S ", "S").replace("R ", "R").replace("D ", "D")))
    });
    let cells = table.row(joined.as_deref().unwrap_or(row))?;
    let at = |names: &[&str]| cell(&cells, table.find(names));
    let mut bad = false;
    let size = |cell: &str| amount(cell, 1024);
    let process = Process {
        pid: Some(count(at(&["PID"])?)?),
        ppid: value(at(&["PPID"]), &mut bad, count),
        user: at(&["USER"]).map(str::to_owned),
        state: at(&["STAT", "STATUS"]).map(str::to_owned),
        cpu_pct: value(at(&["%CPU"]), &mut bad, percent),
        mem_pct: value(at(&["%MEM"]), &mut bad, percent),
        rss_bytes: value(at(&["RSS"]), &mut bad, size),
        virt_bytes: value(at(&["VSZ"]), &mut bad, size),
        nlwp: None,
        command: at(&["COMMAND"]).map(str::to_owned),
    };
    Some((process, bad))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Reading {
        parse(&Text::of("top", text)).unwrap()
    }

    /// busybox 1.35, shortened.
    const BUSYBOX: &str = "\
Mem: 17711288K used, 6972364K free, 8956K shrd, 130868K buff, 15614904K cached
CPU:   0% usr  23% sys  71% nic   0% idle   4% io   0% irq   2% sirq
Load average: 4.06 3.67 2.53 7/129 24488
  PID  PPID USER     STAT   VSZ %VSZ %CPU COMMAND
23777 20558 root     SN   1198m 105%  33% rustc --crate-name topmast
24434     1 eva      S <   6390   2%   3% yes
   31     2 root     SW       0   0%   0% [kswapd0]
";

    #[test]
    fn busybox_is_understood() {
        let reading = read_text(BUSYBOX);
        assert_eq!(
            (reading.mem_used_bytes, reading.mem_cached_bytes),
            (Some(18_136_358_912), Some(15_989_661_696))
        );
        assert_eq!(
            (reading.cpu_sys_pct, reading.cpu_nice_pct, reading.cpu_softirq_pct),
            (Some(23.0), Some(71.0), Some(2.0))
        );
        assert_eq!(
            (reading.load15, reading.processes_running, reading.process_count),
            (Some(2.53), Some(7), Some(129))
        );
        let processes = reading.processes.unwrap();
        assert_eq!(
            (processes[0].virt_bytes, processes[0].cpu_pct, processes[0].mem_pct),
            (Some(1198 << 20), Some(33.0), None)
        );
        assert_eq!((processes[1].state.as_deref(), processes[1].virt_bytes), (Some("S<"), Some(6390 << 10)));
        assert_eq!((processes.len(), reading.remarks.len()), (3, 0));
    }

    #[test]
    fn builds_with_decimals_print_no_sign() {
        let reading = read_text(
            "CPU: 50.0% usr  0.1% sys  0.0% nic 49.8% idle  0.0% io  0.0% irq  0.0% sirq\nLoad average:\n  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND\n  581   574 root     R     8916  0.8   0 49.7 yes\n",
        );
        assert_eq!((reading.cpu_user_pct, reading.load1), (Some(50.0), None));
        assert_eq!(reading.processes.unwrap()[0].cpu_pct, Some(49.7));
    }

    #[test]
    fn what_cannot_be_is_left_out() {
        let reading =
            read_text("Mem: 8068K used, 50160K free, 164K shrd, 0K buff, 140621524238337K cached\n");
        assert_eq!(
            (reading.mem_cached_bytes, reading.mem_buffers_bytes, reading.remarks.len()),
            (None, Some(0), 1)
        );
    }

    #[test]
    fn the_last_complete_display_counts() {
        let two = format!("{BUSYBOX}{}", BUSYBOX.replace("6972364K", "1K"));
        assert_eq!(read_text(&two).mem_free_bytes, Some(1024));
        assert_eq!(read_text(&two[..BUSYBOX.len() + 100]).mem_free_bytes, Some(6_972_364 << 10));
    }

    #[test]
    fn the_view_of_memory_has_totals() {
        let reading = read_text(
            "Mem total:1013988 anon:300000 map:20000 free:500000\n slab:30000 buf:2000 cache:150000 dirty:12 write:0\nSwap total:4096 free:1024\n  PID   VSZ^VSZRW   RSS (SHR) DIRTY (SHR) STACK COMMAND\n  456 12344   444  3000  1000   444     0   132 dockerd\n",
        );
        assert_eq!(
            (reading.mem_total_bytes, reading.mem_free_bytes),
            (Some(1_013_988 << 10), Some(500_000 << 10))
        );
        assert_eq!(
            (reading.mem_buffers_bytes, reading.mem_cached_bytes),
            (Some(2000 << 10), Some(150_000 << 10))
        );
        assert_eq!((reading.swap_total_bytes, reading.swap_free_bytes), (Some(4 << 20), Some(1 << 20)));
        assert_eq!(reading.processes.unwrap()[0].rss_bytes, Some(3000 << 10));
    }

    #[test]
    fn processors_may_have_a_line_each() {
        let reading = read_text(
            "Mem: 420M used, 78M free, 1M shrd, 21M buff, 200M cached\nCPU0:  12% usr   9% sys   0% nic  79% idle   0% io   0% irq   0% sirq\nCPU1:   2% usr   1% sys   0% nic  96% idle   1% io   0% irq   0% sirq\nLoad average: 0.00 0.01 0.05 1/45 1234\n",
        );
        let cpus = reading.cpus.unwrap();
        assert_eq!((cpus[0].user, cpus[1].id.as_deref(), cpus[1].wait), (Some(12.0), Some("1"), Some(1.0)));
        assert_eq!((reading.cpu_user_pct, reading.process_count), (None, Some(45)));
    }
}
