//! `zpool iostat` and `zpool list` of ZFS.
//!
//! ```text
//!                capacity     operations     bandwidth
//! pool         alloc   free   read  write   read  write
//! -----------  -----  -----  -----  -----  -----  -----
//! tank         2.89T  2.20T      0      2   349K   448K
//! ```

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
        return Err(text.error(Fault::Missing("the header `pool alloc free`")));
    };
    if columns.contains(&"read") {
        reading.disks = Some(disks.finish(&mut reading, line.number));
    }
    reading.filesystems = Some(pools.finish(&mut reading, line.number));
    Ok(reading)
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
