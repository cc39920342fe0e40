//! `vmstat`: rows of one table whose columns differ by system, version and option.
//!
//! ```text
//!  r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st
//! ```
//!
//! The last row counts; the first one covers the time since the start and counts only when it is alone.

use super::text::{Line, Text, count, number, rounded, size};
use crate::error::{Fault, ParseError};
use crate::reading::{Processor, Reading};

/// Reads the table.
///
/// - `unit`: bytes in which memory is counted where no suffix says otherwise.
pub(super) fn table(text: &Text<'_>, unit: u64) -> Result<Reading, ParseError> {
    let mut header: Option<Vec<&str>> = None;
    let mut reading: Option<Reading> = None;
    let mut cut: Option<Line<'_>> = None;
    // The line above the header names the processors, where they are apart.
    let (mut groups, mut above): (Vec<&str>, &str) = (Vec::new(), "");
    for line in text.lines() {
        let above = std::mem::replace(&mut above, line.text);
        let mut words: Vec<&str> = line.words().collect();
        if is_header(&words) {
            // Behind the processor there is at most a time, whose words are more than its column.
            let last = words.iter().rposition(|name| ["id", "wa", "st", "gu"].contains(name));
            words.truncate(last.map_or(words.len(), |at| at + 1));
            header = Some(named(words));
            groups = above.split_whitespace().filter_map(|group| group.strip_prefix("cpu")).collect();
        } else if let Some(header) = &header
            && words.first().is_some_and(|word| amount(word, 1).is_some())
        {
            match row(header, &words, unit) {
                Some(mut row) => {
                    apart(header, &words, &groups, &mut row);
                    (reading, cut) = (Some(row), None);
                }
                None => cut = Some(line),
            }
        }
    }
    if header.is_none() {
        return Err(text.error(Fault::Missing("the header `r b … us sy id`")));
    }
    match (reading, cut) {
        (Some(mut reading), cut) => {
            if let Some(cut) = cut {
                reading.remark(cut.number, "the last row is cut or garbled; the one before counts");
            }
            Ok(reading)
        }
        (None, Some(cut)) => Err(cut.error(Fault::Malformed("a row with a number in each column"))),
        (None, None) => Err(text.error(Fault::Missing("a row below the header"))),
    }
}

/// Whether these words are names of columns.
fn is_header(words: &[&str]) -> bool {
    ["r", "us", "id"].iter().all(|name| words.contains(name))
}

/// Columns of memory are known by their place where their names are translated: `swpd frei Puff Cache si so`.
fn named(mut header: Vec<&str>) -> Vec<&str> {
    let swpd = header.iter().position(|name| *name == "swpd");
    let place = swpd.filter(|at| header.get(at + 4) == Some(&"si") && !header.contains(&"free"));
    if let Some(names) = place.and_then(|at| header.get_mut(at + 1..at + 4)) {
        names.copy_from_slice(&["free", "buff", "cache"]);
    }
    header
}

/// Shares of each processor, where each has its columns `us sy id` (`-P` of FreeBSD) and there are none of all.
fn apart(header: &[&str], words: &[&str], groups: &[&str], reading: &mut Reading) {
    let places: Vec<usize> =
        header.iter().enumerate().filter(|(_, name)| **name == "us").map(|(at, _)| at).collect();
    if places.len() < 2 {
        return;
    }
    (reading.cpu_user_pct, reading.cpu_sys_pct, reading.cpu_idle_pct) = (None, None, None);
    let calls = places.first().and_then(|first| header.get(..*first)?.iter().position(|name| *name == "sy"));
    reading.syscalls_per_s = calls.and_then(|at| number(words.get(at)?));
    let share = |at: usize, name: &str| {
        (header.get(at) == Some(&name)).then(|| words.get(at).and_then(|word| number(word)))?
    };
    let cpus = places.iter().enumerate().map(|(nth, at)| Processor {
        id: Some(groups.get(nth).map_or_else(|| nth.to_string(), |name| (*name).to_owned())),
        user: share(*at, "us"),
        sys: share(at + 1, "sy"),
        idle: share(at + 2, "id"),
        ..Processor::default()
    });
    reading.cpus = Some(cpus.collect());
}

/// A cell: a number, with a suffix where the tool writes large ones so.
fn amount(word: &str, unit: u64) -> Option<f64> {
    number(word).map(|value| value * unit as f64).or_else(|| size(word, unit).map(|bytes| bytes as f64))
}

/// A row, when it has a number in each column; a time may follow.
fn row(header: &[&str], words: &[&str], unit: u64) -> Option<Reading> {
    if words.len() < header.len() {
        return None;
    }
    let cells = words.get(..header.len())?;
    if !cells.iter().all(|word| *word == "-" || amount(word, 1).is_some()) {
        return None;
    }
    let mut reading = Reading::default();
    let last_sy = header.iter().rposition(|name| *name == "sy");
    for (at, (name, word)) in header.iter().zip(cells).enumerate() {
        let Some(value) = number(word).filter(|value| *value >= 0.0) else {
            // `-h`: sizes are powers of 1024, counts of 1000.
            let rate = || rounded(word).map(|value| value as f64);
            match *name {
                "free" | "fre" => reading.mem_free_bytes = size(word, unit),
                "in" | "int" => reading.interrupts_per_s = rate(),
                "cs" => reading.context_switches_per_s = rate(),
                "sy" if Some(at) != last_sy => reading.syscalls_per_s = rate(),
                _ => {}
            }
            continue;
        };
        let bytes = size(word, unit);
        let whole = count(word);
        let share = Some(value).filter(|value| *value <= 100.0);
        match *name {
            "r" => reading.procs_running = whole,
            "b" => reading.procs_blocked = whole,
            "swpd" => reading.swap_used_bytes = bytes,
            "free" | "fre" => reading.mem_free_bytes = bytes,
            "buff" => reading.mem_buffers_bytes = bytes,
            "cache" => reading.mem_cached_bytes = bytes,
            "in" | "int" => reading.interrupts_per_s = Some(value),
            "cs" => reading.context_switches_per_s = Some(value),
            // The one among the faults counts calls of the system, the one behind `us` is a share.
            "sys" => reading.syscalls_per_s = Some(value),
            "sy" if Some(at) != last_sy => reading.syscalls_per_s = Some(value),
            "sy" => reading.cpu_sys_pct = share,
            "us" => reading.cpu_user_pct = share,
            "id" => reading.cpu_idle_pct = share,
            "wa" => reading.cpu_wait_pct = share,
            "st" => reading.cpu_steal_pct = share,
            _ => {}
        }
    }
    Some(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, unit: u64) -> Reading {
        table(&Text::of("vmstat", text), unit).unwrap()
    }

    #[test]
    fn the_last_row_counts_whatever_columns_there_are() {
        let reading = read(
            "--procs-- -----memory---- ---swap-- -----io---- -system-- ----cpu---- -----timestamp-----\n   r    b  swpd  free inact active   si   so    bi    bo   in   cs  us  sy  id  wa  st  gu    UTC\n   6    0   12  6754640 9523308 7051188    0    0  1965  6961  738 4855  68  11  21   0   0   0 2026-11-28 19:56:11\n   3    2   12  6754000 9523308 7051188    0    0  1965  6961  740 4900  60  12  25   2   1   0 2026-11-28 19:56:12\n",
            1024,
        );
        assert_eq!((reading.procs_running, reading.procs_blocked), (Some(3), Some(2)));
        assert_eq!((reading.mem_free_bytes, reading.swap_used_bytes), (Some(6_916_096_000), Some(12_288)));
        assert_eq!((reading.mem_buffers_bytes, reading.mem_cached_bytes), (None, None));
        assert_eq!((reading.interrupts_per_s, reading.context_switches_per_s), (Some(740.0), Some(4900.0)));
        assert_eq!(
            (reading.cpu_user_pct, reading.cpu_sys_pct, reading.cpu_idle_pct),
            (Some(60.0), Some(12.0), Some(25.0))
        );
        assert_eq!((reading.cpu_wait_pct, reading.cpu_steal_pct), (Some(2.0), Some(1.0)));
    }

    #[test]
    fn system_calls_and_the_kernels_share_have_one_name() {
        let reading = read(
            " procs     memory       page                    disks     faults       cpu\n r b w     avm     fre  flt  re  pi  po    fr   sr da0 cd0   in    sy    cs us sy id\n 1 0 0    1.5G    512M   25   0   0   0    31    9   0   0   11   230   140  3  4 93\n",
            1024,
        );
        assert_eq!((reading.syscalls_per_s, reading.cpu_sys_pct), (Some(230.0), Some(4.0)));
        assert_eq!(reading.mem_free_bytes, Some(512 << 20));
        assert_eq!(reading.cpu_wait_pct, None);
    }

    #[test]
    fn processors_may_have_columns_of_their_own() {
        let reading = read(
            "procs  memory       page        disks     faults         cpu0     cpu1\nr b w  avm    fre   flt  re ad0   in   sy   cs us sy id us sy id\n1 0 0  1.2G  4.5G   123   0   0  456 1234  789  5  3 92  6  4 90\n",
            1024,
        );
        assert_eq!((reading.syscalls_per_s, reading.context_switches_per_s), (Some(1234.0), Some(789.0)));
        assert_eq!((reading.cpu_user_pct, reading.cpu_sys_pct, reading.cpu_idle_pct), (None, None, None));
        let cpus = reading.cpus.unwrap();
        assert_eq!((cpus.len(), cpus[1].id.as_deref()), (2, Some("1")));
        assert_eq!((cpus[0].user, cpus[1].sys, cpus[1].idle), (Some(5.0), Some(4.0), Some(90.0)));
    }

    #[test]
    fn translated_columns_of_memory_are_known_by_their_place() {
        let reading = read(
            " r  b   swpd   frei   Puff  Cache   si   so    bi    bo   in   cs us sy id wa st\n 1  0      0     10     20     30    0    0     1     2  100  200  1  2 97  0  0\n",
            1024,
        );
        assert_eq!(
            (reading.mem_free_bytes, reading.mem_buffers_bytes, reading.mem_cached_bytes),
            (Some(10 << 10), Some(20 << 10), Some(30 << 10))
        );
    }

    #[test]
    fn a_row_that_is_cut_gives_way_to_the_one_before() {
        let header = " r  b   swpd   free   in   cs us sy id wa st\n";
        let reading =
            read(&format!("{header} 2  0      0 2794468   29   57  1  2 97  0  0\n 3  0      0 27"), 1024);
        assert_eq!((reading.procs_running, reading.remarks[0].line), (Some(2), 3));
        let error = table(&Text::of("vmstat", &format!("{header} 3  0      0 27")), 1024).unwrap_err();
        assert_eq!(error.to_string(), "parse vmstat, line 2: expected a row with a number in each column");
        assert!(table(&Text::of("vmstat", header), 1024).is_err());
    }

    #[test]
    fn counts_may_be_rounded() {
        let text = "procs    memory    page                      disks       faults       cpu\nr  b  w  avm  fre  flt  re  pi  po   fr   sr ada0 ada1   in   sy   cs us sy id\n0  0  0 515G 5.0G 1.2k   0   0   0 1.3k   12    0    0  123 4.5k 6.7k  3  1 96\n";
        let reading = table(&Text::of("vmstat", text), 1024).unwrap();
        assert_eq!((reading.syscalls_per_s, reading.context_switches_per_s), (Some(4500.0), Some(6700.0)));
        assert_eq!((reading.mem_free_bytes, reading.cpu_sys_pct), (Some(5 << 30), Some(1.0)));
    }
}
