//! `top` on Solaris: a head of five lines and processes, percent of the whole machine.

use crate::error::{Fault, ParseError};
use crate::reading::{Process, Reading};
use crate::tool::row::{Head, share};
use crate::tool::screen;
use crate::tool::table::bound;
use crate::tool::text::{self, Line, Text};
use crate::tool::uptime;

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    // A screen with its escapes is what it has drawn.
    let drawn = screen::plain(text.all());
    let text = &Text::of("solaris top", &drawn);
    let mut reading = Reading::default();
    let mut head: Option<Head<'_>> = None;
    let mut list: Vec<Process> = Vec::new();
    let mut understood = false;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let trimmed = line.text.trim_start();
        if trimmed.contains("load av") {
            // Another screen.
            reading = Reading::default();
            list.clear();
            head = None;
            understood = true;
            uptime::read(line, &mut reading);
        } else if line.words().next() == Some("PID") {
            head = Some(Head::of(line.text));
            understood = true;
        } else if let Some(head) = &head {
            match process(head, &line, &mut reading) {
                Some(process) => list.push(process),
                None => reading.remark(line.number, "the row has not the columns of its header, left out"),
            }
        } else if let Some(rest) =
            trimmed.strip_prefix("CPU states:").or_else(|| trimmed.strip_prefix("CPU:"))
        {
            for (value, name) in pairs(rest) {
                let value = share(value);
                match name {
                    "idle" => reading.cpu_idle_pct = value,
                    "user" => reading.cpu_user_pct = value,
                    "kernel" | "system" => reading.cpu_sys_pct = value,
                    "nice" => reading.cpu_nice_pct = value,
                    "iowait" => reading.cpu_wait_pct = value,
                    _ => {}
                }
            }
        } else if let Some(rest) = trimmed.strip_prefix("Memory:") {
            memory(&mut reading, rest);
        } else if let Some(rest) = trimmed.strip_prefix("Swap:") {
            for (value, name) in pairs(rest) {
                let value = text::size(value, 1 << 10);
                match name {
                    "total" => reading.swap_total_bytes = value,
                    "used" => reading.swap_used_bytes = value,
                    "free" => reading.swap_free_bytes = value,
                    _ => {}
                }
            }
        } else if let Some(rest) = trimmed.strip_prefix("Kernel:") {
            for (value, name) in pairs(rest) {
                let value = text::number(value);
                match name {
                    "ctxsw" => reading.context_switches_per_s = value,
                    "intr" => reading.interrupts_per_s = value,
                    "syscall" => reading.syscalls_per_s = value,
                    _ => {}
                }
            }
        } else if let Some((total, states)) =
            trimmed.split_once(" processes:").or_else(|| trimmed.split_once(" threads:"))
        {
            reading.process_count = text::count(total.trim());
            let running = |(_, name): &(&str, &str)| matches!(*name, "on cpu" | "running");
            reading.processes_running = pairs(states).find(running).and_then(|(value, _)| text::count(value));
        }
    }
    if !understood {
        return Err(text.error(Fault::Missing("a screen of top")));
    }
    bound(&mut list, "processes", &mut reading);
    reading.processes = head.is_some().then_some(list);
    Ok(reading)
}

/// `58 sleeping, 1 on cpu` as values and their names.
fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    // A decimal comma has no blank behind it.
    text.split(", ").filter_map(|part| {
        let (value, name) = part.trim().split_once(char::is_whitespace)?;
        Some((value, name.trim().trim_end_matches(',')))
    })
}

fn memory(reading: &mut Reading, rest: &str) {
    for (value, name) in pairs(rest) {
        let value = text::size(value, 1 << 10);
        match name {
            "phys mem" | "real" => reading.mem_total_bytes = value,
            "free mem" | "free" => reading.mem_free_bytes = value,
            "total swap" => reading.swap_total_bytes = value,
            "free swap" | "swap free" => reading.swap_free_bytes = value,
            "swap in use" => reading.swap_used_bytes = value,
            _ => {}
        }
    }
}

fn process(head: &Head<'_>, line: &Line<'_>, reading: &mut Reading) -> Option<Process> {
    let row = head.row_around(line, head.len() - 1)?;
    let pid = row.count(&["PID"]);
    let process = Process {
        pid,
        user: row.text(&["USERNAME"]).map(str::to_owned),
        state: row.text(&["STATE"]).map(str::to_owned),
        cpu_pct: row.percent(&["CPU", "WCPU"]),
        rss_bytes: row.size(&["RES", "RSS"], 1 << 10),
        virt_bytes: row.size(&["SIZE"], 1 << 10),
        nlwp: row.count(&["NLWP", "LWP", "THR"]),
        command: row.text(&["COMMAND"]).map(str::to_owned),
        ..Process::default()
    };
    row.report(reading);
    pid.map(|_| process)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_screen_counts() {
        let text = "last pid:  9;  load avg:  9.00,  9.00,  9.00;  up 0+00:00:09   10:00:00\n1 processes: 1 on cpu\n\
            last pid:  4711;  load avg:  0.50,  0.25,  0.10;  up 3+04:05:06        10:00:05\n\
            80 processes: 77 sleeping, 3 on cpu\n\
            CPU states: 90.5% idle,  6.5% user,  3.0% kernel,  0.0% iowait,  0.0% swap\n\
            Kernel: 130 ctxsw, 6 trap, 321 intr, 356 syscall, 6 flt\n\
            Memory: 4096M phys mem, 1024M free mem, 2048M total swap, 2000M free swap\n\n\
            \x20  PID USERNAME NLWP PRI NICE  SIZE   RES STATE    TIME    CPU COMMAND\n\
            \x20 4711 shop        7  52    0 4096K 2048K cpu/3    0:01  1.25% java -x y\n 4712 shop";
        let reading = parse(&Text::of("solaris top", text)).unwrap();
        assert_eq!(reading.uptime_seconds, Some(3 * 86_400 + 4 * 3_600 + 5 * 60 + 6));
        assert_eq!(
            (reading.load1, reading.process_count, reading.processes_running),
            (Some(0.5), Some(80), Some(3))
        );
        assert_eq!((reading.cpu_idle_pct, reading.cpu_sys_pct), (Some(90.5), Some(3.0)));
        assert_eq!((reading.mem_total_bytes, reading.swap_free_bytes), (Some(4 << 30), Some(2000 << 20)));
        assert_eq!((reading.context_switches_per_s, reading.syscalls_per_s), (Some(130.0), Some(356.0)));
        let processes = reading.processes.unwrap();
        assert_eq!((processes.len(), processes[0].nlwp, processes[0].cpu_pct), (1, Some(7), Some(1.25)));
        assert_eq!(processes[0].command.as_deref(), Some("java -x y"));
    }
}
