//! `vmstat`: rows of an interval, `-v` for memory in pages, `-s` for counters.

use super::{PAGE_BYTES, configuration};
use crate::error::{Fault, ParseError};
use crate::reading::Reading;
use crate::tool::row::{Head, fact, is_cut};
use crate::tool::text::{self, Line, Text};

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut head: Option<Head<'_>> = None;
    let mut understood = false;
    let mut timed = false;
    for line in text.lines().filter(|line| !line.is_blank()) {
        if configuration::take(&mut reading, &line) {
            continue;
        }
        let first = line.words().next().unwrap_or_default();
        if line.words().any(|word| word == "us") && line.words().any(|word| word == "id") {
            // `-t` ends each row in a time of one word.
            let columns = line.text.trim_end();
            head = Some(Head::of(columns.strip_suffix("hr mi se").map_or(columns, |columns| {
                timed = true;
                columns
            })));
        } else if let Some(head) = head.as_ref().filter(|_| text::count(first).is_some()) {
            if is_cut(&line) && understood {
                reading.remark(line.number, "the row is cut, left out");
                continue;
            }
            let mut line = line;
            if timed && let Some((row, _)) = line.text.trim_end().rsplit_once(char::is_whitespace) {
                line.text = row;
            }
            understood |= interval(&mut reading, head, &line);
        } else if let Some((value, name)) = line.text.trim().split_once(char::is_whitespace) {
            understood |= statistic(&mut reading, value, name.trim());
        }
    }
    if understood { Ok(reading) } else { Err(text.error(Fault::Missing("a row of vmstat"))) }
}

fn interval(reading: &mut Reading, head: &Head<'_>, line: &Line<'_>) -> bool {
    let Some(row) = head.row(line) else {
        reading.remark(line.number, "the row has not the columns of its header, left out");
        return false;
    };
    reading.procs_running = row.count(&["r"]);
    reading.procs_blocked = row.count(&["b"]);
    let pages = |name: &str| row.count(&[name]).and_then(|pages| pages.checked_mul(PAGE_BYTES));
    reading.mem_free_bytes = pages("fre");
    if let Some(avm) = pages("avm") {
        fact(reading, "active virtual memory bytes", &avm.to_string());
    }
    reading.interrupts_per_s = row.number(&["in"]);
    // There are two columns `sy`: calls among the faults, then the kernel's share.
    reading.syscalls_per_s = if head.has(&["in"]) { row.number(&["sy"]) } else { None };
    reading.context_switches_per_s = row.number(&["cs"]);
    reading.cpu_user_pct = row.share(&["us"]);
    reading.cpu_sys_pct = row.share_after("us", "sy");
    reading.cpu_idle_pct = row.share(&["id"]);
    reading.cpu_wait_pct = row.share(&["wa"]);
    reading.physc = row.number(&["pc"]);
    reading.entc_pct = row.percent(&["ec"]);
    row.report(reading);
    true
}

/// A line of `-v` or `-s`: a value and its name.
fn statistic(reading: &mut Reading, value: &str, name: &str) -> bool {
    let Some(number) = text::number(value) else { return false };
    let bytes = text::count(value).and_then(|pages| pages.checked_mul(PAGE_BYTES));
    match name {
        "memory pages" => reading.mem_total_bytes = bytes,
        "free pages" => reading.mem_free_bytes = bytes,
        "file pages" => reading.mem_cached_bytes = bytes,
        _ if number < 0.0 => return false,
        _ => fact(reading, name, value),
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("aix vmstat", text)).unwrap()
    }

    #[test]
    fn shared_partition_says_what_it_consumed() {
        let reading = read(
            "System Configuration: lcpu=4 mem=1024MB ent=0.50\n\n\
             kthr    memory              page              faults              cpu\n\
             ----- ----------- ------------------------ ------------ -----------------------\n\
             \x20r  b   avm   fre  re  pi  po  fr   sr  cy  in   sy  cs us sy id wa    pc    ec\n\
             \x201  0 100000 5000   0   0   0   0    0   0 11 222 333 44 5 50 1  0.20 40.0\n\
             \x203  2 100100 4000   0   0   0   0    0   0 12 223 334 45 6 47 2  0.61 122.0\n\
             \x209  9 100\n",
        );
        assert_eq!((reading.procs_running, reading.procs_blocked), (Some(3), Some(2)));
        assert_eq!((reading.syscalls_per_s, reading.cpu_sys_pct), (Some(223.0), Some(6.0)));
        assert_eq!((reading.physc, reading.entc_pct), (Some(0.61), Some(122.0)));
        assert_eq!((reading.mem_free_bytes, reading.mem_total_bytes), (Some(16_384_000), Some(1 << 30)));
        assert_eq!((reading.cpu_count, reading.remarks.len()), (Some(4), 1));
    }

    #[test]
    fn row_cut_within_its_last_number_gives_way() {
        let tool = crate::tool::find("aix", "vmstat").unwrap();
        let text = " r  b   avm   fre us sy id wa    pc    ec\n 1  0 10000  5000 44  5 50  1  0.20  40.0\n 2  0 10000  5000 44  5 50  1  0.20 122.";
        let reading = tool.parse(text.as_bytes()).unwrap();
        assert_eq!((reading.procs_running, reading.entc_pct), (Some(1), Some(40.0)));
        let reading = tool.parse(format!("{text}5").as_bytes()).unwrap();
        assert_eq!((reading.procs_running, reading.entc_pct), (Some(2), Some(122.5)));
    }

    #[test]
    fn time_ends_a_row() {
        let reading = read(
            "  r   b   p  avm  fre  fi  fo  pi  po  fr  sr  in  sy  cs us sy id wa hr mi se\n\
             \x20 2   1   0  100  200   0   5   0   0   0   0   4  21 168  1  2 97  0 10:31:05\n",
        );
        assert_eq!((reading.procs_running, reading.mem_free_bytes), (Some(2), Some(819_200)));
        assert_eq!((reading.cpu_sys_pct, reading.cpu_idle_pct), (Some(2.0), Some(97.0)));
    }

    #[test]
    fn pages_of_v_are_bytes() {
        let reading =
            read("   2000 memory pages\n    500 free pages\n   250 file pages\n  9.5 numperm percentage\n");
        assert_eq!((reading.mem_total_bytes, reading.mem_free_bytes), (Some(8_192_000), Some(2_048_000)));
        assert_eq!(reading.facts.unwrap(), [("numperm percentage".to_owned(), "9.5".to_owned())]);
    }

    #[test]
    fn the_configuration_may_be_translated() {
        let text = "Systemkonfiguration: lcpu=8 mem=8192MB ent=0,50\n\n r  b   avm   fre  re  pi  po  fr   sr  cy  in   sy  cs us sy id wa    pc    ec\n 1  0 1048576 524288   0   0   0   0    0   0  23 4567 890  5  3 91  1  0,15  30,1\n";
        let reading = parse(&Text::of("aix vmstat", text)).unwrap();
        assert_eq!(
            (reading.lcpu, reading.mem_total_bytes, reading.entitlement),
            (Some(8), Some(8 << 30), Some(0.5))
        );
    }
}
