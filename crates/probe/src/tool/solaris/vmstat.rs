//! `vmstat`: rows of an interval; columns of disks vary. `-s` gives counters since the start.

use crate::error::{Fault, ParseError};
use crate::reading::Reading;
use crate::tool::row::{Head, fact, is_cut};
use crate::tool::text::{self, Text};

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut head: Option<Head<'_>> = None;
    let mut understood = false;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let words: Vec<&str> = line.words().collect();
        if words.contains(&"swap")
            && words.contains(&"free")
            && words.iter().all(|word| text::count(word).is_none())
        {
            head = Some(Head::of(line.text));
            continue;
        }
        // A time stands alone between samples.
        if words.len() > 1
            && head.is_none()
            && words[1..].iter().any(|word| word.bytes().any(|byte| byte.is_ascii_alphabetic()))
        {
            if text::count(words[0]).is_some() {
                fact(&mut reading, &words[1..].join(" "), words[0]);
                understood = true;
            }
            continue;
        }
        let Some(head) = head.as_ref().filter(|_| words.len() > 1 && text::number(words[0]).is_some()) else {
            continue;
        };
        let whole = !is_cut(&line) || !understood;
        let Some(row) = head.row(&line).filter(|_| whole) else {
            reading.remark(line.number, "the row has not the columns of its header, left out");
            continue;
        };
        understood = true;
        reading.procs_running = row.count(&["r"]);
        reading.procs_blocked = row.count(&["b"]);
        reading.mem_free_bytes = row.size(&["free"], 1 << 10);
        reading.swap_free_bytes = row.size(&["swap"], 1 << 10);
        reading.interrupts_per_s = row.number(&["in"]);
        reading.context_switches_per_s = row.number(&["cs"]);
        if head.has(&["in"]) {
            reading.syscalls_per_s = row.number(&["sy"]);
        }
        reading.cpu_user_pct = row.share(&["us"]);
        reading.cpu_sys_pct = row.share_after("us", "sy");
        reading.cpu_wait_pct = row.share(&["wt"]);
        reading.cpu_idle_pct = row.share(&["id"]);
        row.report(&mut reading);
    }
    if understood { Ok(reading) } else { Err(text.error(Fault::Missing("a row of vmstat below its header"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disks_move_no_column() {
        let text = "1700000000\n 0 0 0 1 2 3 4 5 6 7 8 9 0 0 0 0 11 12 13 1 2 97\n\
            \x20kthr      memory            page            disk          faults      cpu\n\
            \x20r b w   swap  free  re  mf pi po fr de sr s0 -- s2   in   sy   cs us sy id\n\
            \x201 0 0 1000 2000 1 2 0 0 0 0 47 -0 0 2 400 1500 300 2 1 97\n1700000001\n\
            \x203 1 0 1024 2048 1 2 0 0 0 0 47 -0 0 2 401 1501 301 7 8 85\n 4 4 4 10";
        let reading = parse(&Text::of("solaris vmstat", text)).unwrap();
        assert_eq!((reading.procs_running, reading.procs_blocked), (Some(3), Some(1)));
        assert_eq!((reading.swap_free_bytes, reading.mem_free_bytes), (Some(1 << 20), Some(2 << 20)));
        assert_eq!((reading.syscalls_per_s, reading.cpu_sys_pct), (Some(1501.0), Some(8.0)));
        assert_eq!((reading.context_switches_per_s, reading.cpu_idle_pct), (Some(301.0), Some(85.0)));
        assert_eq!((reading.cpu_wait_pct, reading.remarks.len()), (None, 1));
    }
}
