//! `vmstat` of HP-UX, and with `-n` its form with memory and processors apart.
//!
//! ```text
//! CPU
//!    cpu          procs
//! us sy id    r     b     w
//!  1  0 99    0     0     0
//!  0  0 99
//! ```
//!
//! With `-n` every processor has a row, and the first one has the queues as well; there is none for all of them.

use super::super::table::Kept;
use super::super::text::{Text, count, number};
use super::super::vmstat;
use crate::error::{Fault, ParseError};
use crate::reading::{Processor, Reading};

/// Memory is counted in pages of this size on every machine that HP-UX runs on.
const PAGE_BYTES: u64 = 4096;

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let apart = text.lines().any(|line| matches!(line.text.trim(), "VM" | "CPU"));
    if !apart {
        return vmstat::table(text, PAGE_BYTES);
    }
    let mut reading = Reading::default();
    let mut columns: Vec<&str> = Vec::new();
    let mut cpus: Kept<Processor> = Kept::new();
    let mut known = false;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let words: Vec<&str> = line.words().collect();
        if words.contains(&"avm") || words.first() == Some(&"us") {
            if words.contains(&"us") {
                cpus.clear();
            }
            columns = words;
            continue;
        }
        let numbers: Vec<f64> = words.iter().map_while(|word| number(word)).collect();
        if numbers.len() != words.len() {
            // `VM`, `CPU` and the groups above the columns.
            columns.clear();
            continue;
        }
        let processor = columns.first() == Some(&"us");
        let least = if processor { 3 } else { columns.len() };
        if numbers.len() < least || columns.is_empty() {
            reading.remark(line.number, "a row is cut or is none");
            continue;
        }
        known = true;
        let at = |name: &str| numbers.get(columns.iter().position(|column| *column == name)?).copied();
        let whole = |name: &str| {
            words.get(columns.iter().position(|column| *column == name)?).and_then(|word| count(word))
        };
        if processor {
            if let (Some(running), Some(blocked)) = (whole("r"), whole("b")) {
                (reading.procs_running, reading.procs_blocked) = (Some(running), Some(blocked));
            }
            cpus.push(Processor { user: at("us"), sys: at("sy"), idle: at("id"), ..Processor::default() });
        } else {
            reading.mem_free_bytes = whole("free").and_then(|pages| pages.checked_mul(PAGE_BYTES));
            reading.interrupts_per_s = at("in");
            reading.syscalls_per_s = at("sy");
            reading.context_switches_per_s = at("cs");
        }
    }
    if !known {
        return Err(text.error(Fault::Missing("a row of memory or of a processor")));
    }
    if !cpus.is_empty() {
        reading.cpus = Some(cpus.finish(&mut reading, 1));
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_table_has_pages_and_two_columns_of_one_name() {
        let reading = parse(&Text::of("vmstat", "         procs           memory                   page                              faults       cpu\n    r     b     w      avm    free   re   at    pi   po    fr   de    sr     in     sy    cs  us sy id\n    2     1     0   172634  500000   12    3     0    0     0    0     0   1078    778   120   4  5 91\n")).unwrap();
        assert_eq!((reading.procs_running, reading.procs_blocked), (Some(2), Some(1)));
        assert_eq!((reading.mem_free_bytes, reading.syscalls_per_s), (Some(2_048_000_000), Some(778.0)));
        assert_eq!(
            (reading.cpu_user_pct, reading.cpu_sys_pct, reading.cpu_idle_pct),
            (Some(4.0), Some(5.0), Some(91.0))
        );
    }

    #[test]
    fn processors_have_rows_of_their_own() {
        let reading = parse(&Text::of("vmstat", "VM\n      memory                     page                          faults\n    avm    free   re   at    pi   po    fr   de    sr     in     sy    cs\n   8660  1000    5    1     0    0     2    0     0    1078    778   120\nCPU\n   cpu          procs\nus sy id    r     b     w\n 1  2 97    3     4     5\n 6  0 94\n 7")).unwrap();
        assert_eq!((reading.mem_free_bytes, reading.interrupts_per_s), (Some(4_096_000), Some(1078.0)));
        assert_eq!(
            (reading.procs_running, reading.procs_blocked, reading.cpu_user_pct),
            (Some(3), Some(4), None)
        );
        let cpus = reading.cpus.unwrap();
        assert_eq!((cpus.len(), cpus[0].sys, cpus[1].user), (2, Some(2.0), Some(6.0)));
        assert_eq!(reading.remarks.len(), 1);
        assert!(parse(&Text::of("vmstat", "VM\n memory\n")).is_err());
    }
}
