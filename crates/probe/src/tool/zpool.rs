//! `zpool iostat` and `zpool list` of ZFS.
//!
//! ```text
//!                capacity     operations     bandwidth
//! pool         alloc   free   read  write   read  write
//! -----------  -----  -----  -----  -----  -----  -----
//! tank         2.89T  2.20T      0      2   349K   448K
//! ```
//!
//! With `-H` there is no header, and tabs stand between the cells: a list has the state of each pool, a report has none.

use super::table::{Kept, cell};
use super::text::{Line, Text, number, percent, size};
use crate::error::{Fault, ParseError};
use crate::reading::{Disk, FilesystemReading, Reading};
use std::collections::HashSet;

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut header: Option<(Line<'_>, Vec<&str>)> = None;
    let (mut disks, mut pools): (Kept<Disk>, Kept<FilesystemReading>) = (Kept::new(), Kept::new());
    let mut seen: HashSet<&str> = HashSet::new();
    for line in text.lines().filter(|line| !line.is_blank()) {
        let words: Vec<&str> = line.words().collect();
        let is_header = matches!(words.first(), Some(&("pool" | "NAME")))
            && words.iter().any(|word| word.eq_ignore_ascii_case("alloc"));
        if is_header {
            (disks, pools) = (Kept::new(), Kept::new());
            seen.clear();
            header = Some((line, words));
            continue;
        }
        let Some((_, columns)) = &header else { continue };
        if words.first().is_some_and(|word| word.bytes().all(|byte| byte == b'-')) {
            continue;
        }
        // Headings of groups have no figures: `logs`, `cache`.
        if words.len() == 1 || words.first() == Some(&"capacity") {
            continue;
        }
        if words.len() < columns.len() {
            reading.remark(line.number, "a row is cut or is none");
            continue;
        }
        let is_pool = !line.text.starts_with(char::is_whitespace);
        // A pool again is the next report.
        if is_pool && words.first().is_some_and(|name| !seen.insert(name)) {
            (disks, pools) = (Kept::new(), Kept::new());
            seen.clear();
            seen.extend(words.first().copied());
        }
        if is_pool {
            pools.push(pool(columns, &words));
        }
        if columns.contains(&"read") {
            disks.push(disk(columns, &words));
        }
    }
    let Some((line, columns)) = header else {
        if let Some(reading) = without_header(text) {
            return Ok(reading);
        }
        return Err(text.error(Fault::Missing("the header `pool alloc free`")));
    };
    if columns.contains(&"read") {
        reading.disks = Some(disks.finish(&mut reading, line.number));
    }
    reading.filesystems = Some(pools.finish(&mut reading, line.number));
    Ok(reading)
}

/// Rows between tabs: `name size alloc free … frag cap dedup health altroot` of a list, of which the columns between
/// `free` and `frag` came over the years, or `pool alloc free` and four figures of a report.
fn without_header(text: &Text<'_>) -> Option<Reading> {
    const REPORT: [&str; 7] = ["pool", "alloc", "free", "read", "write", "read", "write"];
    const STATES: [&str; 7] = ["ONLINE", "DEGRADED", "FAULTED", "OFFLINE", "UNAVAIL", "REMOVED", "SUSPENDED"];
    let mut reading = Reading::default();
    let (mut disks, mut pools): (Kept<Disk>, Kept<FilesystemReading>) = (Kept::new(), Kept::new());
    for line in text.lines().filter(|line| line.text.contains('\t')) {
        let cells: Vec<&str> = line.text.split('\t').map(str::trim).collect();
        let state = cells.iter().position(|cell| STATES.contains(cell)).filter(|at| *at >= 6);
        if let Some(state) = state {
            let mut columns = vec![""; cells.len()];
            columns[..4].copy_from_slice(&["name", "size", "alloc", "free"]);
            columns[state - 2] = "cap";
            pools.push(pool(&columns, &cells));
        } else if cells.len() == REPORT.len() {
            // The same pool again is the next report.
            if pools.iter().next().is_some_and(|first| first.device.as_deref() == cells.first().copied()) {
                (disks, pools) = (Kept::new(), Kept::new());
            }
            pools.push(pool(&REPORT, &cells));
            disks.push(disk(&REPORT, &cells));
        } else {
            reading.remark(line.number, "a row is cut or is none");
        }
    }
    if pools.is_empty() {
        return None;
    }
    reading.disks = (!disks.is_empty()).then(|| disks.finish(&mut reading, 1));
    reading.filesystems = Some(pools.finish(&mut reading, 1));
    Some(reading)
}

fn pool(columns: &[&str], words: &[&str]) -> FilesystemReading {
    let at = |name: &str| cell(words, columns.iter().position(|column| column.eq_ignore_ascii_case(name)));
    let bytes = |name: &str| size(at(name)?, 1);
    FilesystemReading {
        device: words.first().map(|name| (*name).to_owned()),
        total_bytes: bytes("size"),
        used_bytes: bytes("alloc"),
        available_bytes: bytes("free"),
        used_pct: at("cap").and_then(percent),
        mount: None,
    }
}

/// Operations, then bandwidth: both are called `read` and `write`.
fn disk(columns: &[&str], words: &[&str]) -> Disk {
    let nth = |name: &str, number: usize| {
        let at = columns.iter().enumerate().filter(|(_, column)| **column == name).nth(number)?.0;
        let word = cell(words, Some(at))?;
        number_or_size(word)
    };
    Disk {
        device: words.first().map(|name| (*name).to_owned()),
        reads_per_s: nth("read", 0),
        writes_per_s: nth("write", 0),
        read_bytes_per_s: nth("read", 1),
        write_bytes_per_s: nth("write", 1),
        ..Disk::default()
    }
}

fn number_or_size(word: &str) -> Option<f64> {
    number(word).or_else(|| size(word, 1).map(|bytes| bytes as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("zpool", text)).unwrap()
    }

    #[test]
    fn pools_and_what_they_are_made_of() {
        let report = "                capacity     operations     bandwidth\npool          alloc   free   read  write   read  write\n------------  -----  -----  -----  -----  -----  -----\ntank          1.50T   512G      1   1.5K   349K   448K\n  mirror-0    1.50T   512G      1      2   349K   448K\n    sda           -      -      1      2   349K   448K\nlogs              -      -      -      -      -      -\n  sdb          128K  1.00G      0      0      0    300\n------------  -----  -----  -----  -----  -----  -----\n";
        let reading = read(report);
        let disks = reading.disks.unwrap();
        assert_eq!(
            (disks.len(), disks[0].writes_per_s, disks[0].write_bytes_per_s),
            (5, Some(1536.0), Some(458_752.0))
        );
        assert_eq!((disks[2].device.as_deref(), disks[3].reads_per_s), (Some("sda"), None));
        let pool = &reading.filesystems.unwrap()[0];
        assert_eq!(
            (pool.used_bytes, pool.available_bytes, pool.total_bytes),
            (Some(1_649_267_441_664), Some(512 << 30), None)
        );
        let again = format!("{report}tank          1.50T   512G      7      2   349K   448K\n");
        assert_eq!(read(&again).disks.unwrap()[0].reads_per_s, Some(7.0));
    }

    #[test]
    fn tabs_stand_for_a_header() {
        let list = "tank\t2.00T\t1.50T\t512G\t-\t-\t12%\t75%\t1.00x\tONLINE\t-\nold\t1T\t1K\t1T\t3%\t0%\t1.00\tDEGRADED\t-\n";
        let pools = read(list).filesystems.unwrap();
        assert_eq!((pools[0].total_bytes, pools[0].used_pct), (Some(2 << 40), Some(75.0)));
        assert_eq!((pools[1].used_bytes, pools[1].used_pct), (Some(1024), Some(0.0)));
        let reading = read("tank\t1.5T\t512G\t1\t2\t349K\t448K\ntank\t1.5T\t512G\t3\t2\t349K\t448K\n");
        let disks = reading.disks.unwrap();
        assert_eq!(
            (disks.len(), disks[0].reads_per_s, disks[0].read_bytes_per_s),
            (1, Some(3.0), Some(357_376.0))
        );
        assert_eq!(reading.filesystems.unwrap()[0].available_bytes, Some(512 << 30));
    }

    #[test]
    fn lists_have_sizes() {
        let reading = read(
            "NAME    SIZE  ALLOC   FREE  CKPOINT  EXPANDSZ   FRAG    CAP  DEDUP    HEALTH  ALTROOT\ntank   2.00T  1.50T   512G        -         -    12%    75%  1.00x    ONLINE  -\n",
        );
        let pool = &reading.filesystems.unwrap()[0];
        assert_eq!((pool.total_bytes, pool.used_pct), (Some(2 << 40), Some(75.0)));
        assert_eq!(reading.disks, None);
        assert!(parse(&Text::of("zpool", "no pools available\n")).is_err());
    }
}
