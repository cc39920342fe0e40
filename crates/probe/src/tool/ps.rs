//! `ps`: any columns under a header, in the forms of BSD and of UNIX.
//!
//! ```text
//! USER        PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND
//! UID          PID    PPID  C STIME TTY          TIME CMD
//! ```

mod cells;

use super::figures::amount;
use super::table::{Kept, Table, cell, value};
use super::text::{Text, count, percent};
use crate::error::{Fault, ParseError};
use crate::reading::{Process, Reading};
use cells::Layout;
use std::borrow::Cow;
use std::collections::HashSet;

/// Columns that may hold blanks.
const WIDE: [&str; 6] = ["COMMAND", "CMD", "ARGS", "COMM", "CMDLINE", "NAME"];

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut table: Option<(u32, Table<'_>, Option<Layout>)> = None;
    let mut processes: Kept<Process> = Kept::new();
    let mut seen: HashSet<u64> = HashSet::new();
    let mut repeated = false;
    for line in text.lines().filter(|line| !line.is_blank()) {
        if is_header(line.text) {
            repeated = table.is_some();
            let found = Table::of(line.words().collect(), &WIDE);
            let layout = Layout::of(&found);
            table = Some((line.number, found, layout));
            continue;
        }
        let Some((_, table, layout)) = &table else {
            reading.remark(line.number, "no row of a table");
            continue;
        };
        let mut bad = false;
        let Some(process) = process(table, layout.as_ref(), line.text, &mut bad) else {
            reading.remark(line.number, "a row is cut or is none");
            continue;
        };
        // A header is repeated on every page of one list, but a process that was there begins the next list.
        if std::mem::take(&mut repeated) && process.pid.is_some_and(|pid| seen.contains(&pid)) {
            processes.clear();
            seen.clear();
        }
        seen.extend(process.pid);
        processes.push(process);
        if bad {
            reading.remark(line.number, "a number of this row is cut or garbled");
        }
    }
    let Some((line, ..)) = table else {
        return Err(text.error(Fault::Missing("the header with PID or COMMAND")));
    };
    reading.processes = Some(processes.finish(&mut reading, line));
    Ok(reading)
}

/// Whether a line is a header: names that are no numbers, one of them of what every list has.
fn is_header(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let known = |word: &str| matches!(word, "PID" | "COMMAND" | "CMD" | "COMM" | "COMMAND/ARGS");
    let mut found = 0;
    let names = words.by_ref().take(64).all(|word| {
        found += u32::from(known(word));
        !word.starts_with(|char: char| char.is_ascii_digit()) && !word.contains('/')
    });
    names && found > 0
}

fn process(table: &Table<'_>, layout: Option<&Layout>, row: &str, bad: &mut bool) -> Option<Process> {
    let joined = joined(table, row);
    let cells = match layout.and_then(|layout| layout.cells(table, row)) {
        Some(found) => {
            *bad |= found.glued;
            found.cells
        }
        // Nothing tells, or the row is cut.
        None => table.row(&joined)?,
    };
    let at = |names: &[&str]| cell(&cells, table.find(names));
    let text = |names: &[&str]| at(names).map(str::to_owned);
    let kibibytes = |cell: &str| amount(cell, 1024);
    let share = |cell: &str| percent(cell);
    let pid = match table.find(&["PID"]) {
        Some(column) => Some(count(cells.get(column)?)?),
        None => None,
    };
    Some(Process {
        pid,
        ppid: value(at(&["PPID"]), bad, count),
        user: text(&["USER", "UID", "EUSER", "RUSER", "USERNAME", "UNAME"]),
        state: text(&["STAT", "S", "STATE"]),
        cpu_pct: value(at(&["%CPU", "PCPU"]), bad, share),
        mem_pct: value(at(&["%MEM", "PMEM"]), bad, share),
        rss_bytes: value(at(&["RSS", "RSZ", "RSSIZE", "RES"]), bad, kibibytes),
        virt_bytes: value(at(&["VSZ", "VSIZE", "VIRT", "VmSize"]), bad, kibibytes),
        nlwp: value(at(&["NLWP", "THCNT", "THR", "TCNT"]), bad, count),
        command: WIDE
            .iter()
            .filter_map(|name| table.find_last(name))
            .max()
            .and_then(|column| cell(&cells, Some(column)))
            .map(str::to_owned),
    })
}

/// Joins what is one cell of several words: dates before the command.
fn joined<'r>(table: &Table<'_>, row: &'r str) -> Cow<'r, str> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let Some(column) = table.find(&["STIME", "STARTED", "START", "LSTART"]) else {
        return with_state(table, row);
    };
    let words: Vec<&str> = row.split_whitespace().take(column + 5).collect();
    let month = |at: usize| words.get(at).is_some_and(|word| MONTHS.contains(word));
    let more = if words.get(column).is_some_and(|word| DAYS.contains(word))
        && (month(column + 1) || month(column + 2))
    {
        // `Mon Jan  5 10:00:00 2026`
        4
    } else if month(column)
        && words.get(column + 1).is_some_and(|word| word.len() < 3 && count(word).is_some())
    {
        1
    } else {
        return Cow::Borrowed(row);
    };
    let mut rest = row.trim_start();
    let mut joined = String::with_capacity(row.len());
    for at in 0..=column + more {
        let (word, after) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
        joined.push_str(word);
        joined.push(if (column..column + more).contains(&at) { '_' } else { ' ' });
        rest = after.trim_start();
    }
    joined.push_str(rest);
    Cow::Owned(joined)
}

/// Joins a state of two words before the command, as busybox writes it: `S <`.
fn with_state<'r>(table: &Table<'_>, row: &'r str) -> Cow<'r, str> {
    let column = table.find(&["STAT"]).filter(|column| column + 2 == table.len());
    let mut words = row.split_whitespace();
    if let Some(column) = column
        && let (Some(state @ ("S" | "R" | "D" | "Z" | "T")), Some(more @ ("<" | "N"))) =
            (words.nth(column), words.next())
        && words.next().is_some()
        && let Some((before, after)) = row.split_once(&format!(" {state} {more} "))
    {
        return Cow::Owned(format!("{before} {state}{more} {after}"));
    }
    Cow::Borrowed(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("ps", text)).unwrap()
    }

    fn first(text: &str) -> Process {
        read(text).processes.unwrap().remove(0)
    }

    #[test]
    fn bsd_and_unix_forms_are_understood() {
        let process = first(
            "USER        PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\nroot          1  0.5  0.1 128068  6676 ?        Ss   Oct25   0:03 /sbin/init --a  b\n",
        );
        let expect = Process {
            pid: Some(1),
            user: Some("root".to_owned()),
            state: Some("Ss".to_owned()),
            cpu_pct: Some(0.5),
            mem_pct: Some(0.1),
            rss_bytes: Some(6_836_224),
            virt_bytes: Some(131_141_632),
            command: Some("/sbin/init --a  b".to_owned()),
            ..Process::default()
        };
        assert_eq!(process, expect);
        let process = first(
            "UID          PID    PPID  C STIME TTY          TIME CMD\nroot           7       2  0 16:32 ?        00:00:01 [kthreadd]\n",
        );
        assert_eq!((process.pid, process.ppid, process.cpu_pct), (Some(7), Some(2), None));
        assert_eq!(process.command.as_deref(), Some("[kthreadd]"));
    }

    #[test]
    fn dates_of_several_words_are_one_cell() {
        let process = first(
            "     UID   PID  PPID  C    STIME TTY       TIME CMD\n    root  4711     1  0   Feb 27 ?         0:05 /usr/lib/x y\n",
        );
        assert_eq!(process.command.as_deref(), Some("/usr/lib/x y"));
        let process =
            first("  PID                  STARTED   RSS CMD\n   12 Mon Jan  5 10:00:00 2026   100 sleep 5\n");
        assert_eq!((process.rss_bytes, process.command.as_deref()), (Some(102_400), Some("sleep 5")));
    }

    #[test]
    fn commands_may_stand_inside() {
        let process = first("  PID COMMAND            RSS NLWP\n   12 Web Content        100    7\n");
        assert_eq!(
            (process.command.as_deref(), process.rss_bytes, process.nlwp),
            (Some("Web Content"), Some(102_400), Some(7))
        );
    }

    #[test]
    fn the_last_list_counts_and_cut_rows_do_not() {
        let reading = read(
            "ps: a warning\n  PID CMD\n    1 init\n    2 a\n  PID CMD\n    3 b\n  PID CMD\n    1 init\n    4 c\n    5",
        );
        let pids: Vec<_> = reading.processes.unwrap().iter().map(|process| process.pid).collect();
        assert_eq!(pids, [Some(1), Some(4)]);
        assert_eq!(reading.remarks.iter().map(|remark| remark.line).collect::<Vec<_>>(), [1, 10]);
    }

    #[test]
    fn defunct_processes_have_no_start_and_at_times_no_terminal() {
        let text = "     UID     PID    PPID   C    STIME    TTY  TIME CMD\n\
                    \x20   root       1       0   0   Oct 12      -  0:03 /etc/init -a\n\
                    \x20   shop     200       1   0 10:11:12  pts/0  1:02 sh -c x\n\
                    \x20   shop     201     200   0               -  0:00 <defunct>\n\
                    \x20   shop     202     200   0                  0:00 <defunct>\n\
                    \x20   shop     2\n";
        let reading = read(text);
        let list = reading.processes.unwrap();
        assert_eq!(list[0].command.as_deref(), Some("/etc/init -a"));
        let defunct: Vec<_> =
            list[2..].iter().map(|process| (process.pid, process.command.as_deref())).collect();
        assert_eq!(defunct, [(Some(201), Some("<defunct>")), (Some(202), Some("<defunct>"))]);
        assert_eq!(reading.remarks.iter().map(|remark| remark.line).collect::<Vec<_>>(), [6]);
    }

    #[test]
    fn command_may_stand_first() {
        let process = first(
            "COMMAND    PID     ELAPSED      TIME   VSZ THCNT     USER\nmy java  4711 1-02:03:04  00:00:09 2048    12     shop\n",
        );
        assert_eq!((process.pid, process.nlwp, process.virt_bytes), (Some(4711), Some(12), Some(2 << 20)));
        assert_eq!((process.command.as_deref(), process.user.as_deref()), (Some("my java"), Some("shop")));
    }

    #[test]
    fn glued_numbers_are_remarked_and_busybox_states_joined() {
        let reading = read(
            "USER       PID %CPU %MEM   SZ  RSS TT       S    START  TIME COMMAND\noracle    1234  1.2  2.3102456252345 ?        S   Jul 01 12:34 ora_pmon x\n",
        );
        let process = &reading.processes.unwrap()[0];
        assert_eq!((process.cpu_pct, process.mem_pct, process.rss_bytes), (Some(1.2), None, None));
        assert_eq!((process.state.as_deref(), process.command.as_deref()), (Some("S"), Some("ora_pmon x")));
        assert_eq!(reading.remarks.len(), 1);
        let process =
            first("  PID USER       VSZ STAT COMMAND\n  400 root      4608 S <  /usr/sbin/ntpd -n\n");
        assert_eq!(
            (process.state.as_deref(), process.command.as_deref()),
            (Some("S<"), Some("/usr/sbin/ntpd -n"))
        );
    }

    #[test]
    fn toybox_calls_the_command_a_name() {
        let text = "USER           PID  PPID     VSZ    RSS WCHAN            ADDR S NAME                       \nsystem         812   500  512000   4096 0                   0 S system server\n";
        let process = &parse(&Text::of("ps", text)).unwrap().processes.unwrap()[0];
        assert_eq!((process.command.as_deref(), process.rss_bytes), (Some("system server"), Some(4 << 20)));
    }
}
