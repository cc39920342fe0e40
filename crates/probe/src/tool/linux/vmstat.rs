//! `vmstat` of procps: the table, or with `-s` sums and with `-d` disks.
//!
//! With `-S` the table is in another unit than KiB, and nothing in it says so. Where the command stands above it, it
//! tells; where all of the memory would be less than any host has, its columns are left out.

use super::super::table::Kept;
use super::super::text::{Text, bytes, count, size};
use super::super::vmstat::table;
use crate::error::{Fault, ParseError};
use crate::reading::{Disk, Reading};

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    if text.lines().any(|line| line.text.trim_end().ends_with("total memory")) {
        return Ok(sums(text));
    }
    if text.lines().any(|line| line.text.starts_with("disk-")) {
        return disks(text);
    }
    if let Some(unit) = text.lines().find_map(|line| unit_of_command(line.text)) {
        return table(text, unit);
    }
    let mut reading = table(text, 1024)?;
    let known = [reading.mem_free_bytes, reading.mem_buffers_bytes, reading.mem_cached_bytes];
    let all = known.iter().flatten().fold(0_u64, |all, bytes| all.saturating_add(*bytes));
    if known.iter().all(Option::is_some) && all < LEAST_BYTES {
        let header = text.lines().find(|line| line.words().any(|word| word == "swpd"));
        let line = header.map_or(1, |line| line.number);
        reading
            .remark(line, "memory is too little to be in KiB, and the text does not tell the unit: left out");
        (reading.mem_free_bytes, reading.mem_buffers_bytes, reading.mem_cached_bytes) = (None, None, None);
        reading.swap_used_bytes = reading.swap_used_bytes.filter(|used| *used == 0);
    }
    Ok(reading)
}

/// Less memory than this, free, in buffers and in the cache, has no host that runs procps: in MiB these are hosts of
/// up to 16 GiB.
const LEAST_BYTES: u64 = 16 << 20;

/// The unit that a command above the table asks for: `vmstat -S M 1 5`.
fn unit_of_command(line: &str) -> Option<u64> {
    let mut words = line.split_whitespace().skip_while(|word| !word.ends_with("vmstat")).skip(1);
    let unit = loop {
        let word = words.next()?;
        match word.strip_prefix("-S").or(word.strip_prefix("--unit=")) {
            Some("") => break words.next()?,
            Some(unit) => break unit,
            None if word == "--unit" => break words.next()?,
            None => {}
        }
    };
    match unit {
        "k" => Some(1000),
        "K" => Some(1024),
        "m" => Some(1_000_000),
        "M" => Some(1 << 20),
        _ => None,
    }
}

/// `-s`: a figure a line, most of them counts since the start.
fn sums(text: &Text<'_>) -> Reading {
    let mut reading = Reading::default();
    for line in text.lines() {
        let mut words = line.words();
        let Some(figure) = words.next() else { continue };
        // Until procps 3.2 there is no unit, and it is KiB.
        let unit = words.clone().next().filter(|unit| unit.len() == 1);
        let label = words.skip(usize::from(unit.is_some())).collect::<Vec<_>>().join(" ");
        let field = match label.as_str() {
            "total memory" => &mut reading.mem_total_bytes,
            "used memory" => &mut reading.mem_used_bytes,
            "free memory" => &mut reading.mem_free_bytes,
            "buffer memory" => &mut reading.mem_buffers_bytes,
            // Page cache, whatever its label says.
            "swap cache" => &mut reading.mem_cached_bytes,
            "total swap" => &mut reading.swap_total_bytes,
            "used swap" => &mut reading.swap_used_bytes,
            "free swap" => &mut reading.swap_free_bytes,
            _ => continue,
        };
        // `-S k` and `-S m` count in powers of 1000.
        *field = match unit {
            None => size(figure, 1024),
            Some("k") => size(figure, 1000),
            Some("m") => size(figure, 1_000_000),
            Some(unit @ ("K" | "M" | "B")) => size(&format!("{figure}{unit}"), 1),
            Some(_) => None,
        };
        if field.is_none() {
            reading.remark(line.number, format!("{label} is cut or garbled"));
        }
    }
    reading
}

/// `-d`: counts since the start for each disk, in sectors.
fn disks(text: &Text<'_>) -> Result<Reading, ParseError> {
    /// The kernel's unit, whatever the disk's own sectors are.
    const SECTOR_BYTES: f64 = 512.0;
    let mut reading = Reading::default();
    let mut disks: Kept<Disk> = Kept::new();
    let mut first = None;
    for line in text.lines() {
        let words: Vec<&str> = line.words().collect();
        let [name, counts @ ..] = words.as_slice() else { continue };
        if name.starts_with("disk-") || *name == "total" {
            continue;
        }
        let counts: Option<Vec<u64>> = counts.iter().map(|word| count(word)).collect();
        let Some(counts) = counts.filter(|counts| counts.len() >= 10) else {
            reading.remark(line.number, "a row is cut or garbled");
            continue;
        };
        // The first disk again begins the next report.
        if *first.get_or_insert_with(|| (*name).to_owned()) == *name {
            disks.clear();
        }
        let sectors = |at: usize| counts.get(at).and_then(|count| bytes(*count as f64 * SECTOR_BYTES));
        disks.push(Disk {
            device: Some((*name).to_owned()),
            read_bytes: sectors(2),
            write_bytes: sectors(6),
            ..Disk::default()
        });
    }
    if disks.is_empty() {
        return Err(text.error(Fault::Missing("a disk")));
    }
    reading.disks = Some(disks.finish(&mut reading, 1));
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("vmstat", text)).unwrap()
    }

    #[test]
    fn sums_have_their_units() {
        let reading = read(
            "     24683652 K total memory\n      1894108 K used memory\n       130748 K buffer memory\n     16314528 K swap cache\n            0 K total swap\n       822689 non-nice user cpu ticks\n     18055076 interrupts\n",
        );
        assert_eq!(
            (reading.mem_total_bytes, reading.mem_used_bytes),
            (Some(25_276_059_648), Some(1_939_566_592))
        );
        assert_eq!((reading.swap_total_bytes, reading.swap_free_bytes), (Some(0), None));
        assert_eq!(reading.interrupts_per_s, None);
        assert_eq!(read("  24105 M total memory\n").mem_total_bytes, Some(24_105 << 20));
    }

    #[test]
    fn disks_count_sectors_of_512_bytes() {
        let reading = read(
            "disk- ------------reads------------ ------------writes----------- -----IO------\n       total merged sectors      ms  total merged sectors      ms    cur    sec\nvda      100      0    2000      10     50      0     400      20      0      1\nvdb      100      0    2000",
        );
        let disks = reading.disks.unwrap();
        assert_eq!(
            (disks.len(), disks[0].read_bytes, disks[0].write_bytes),
            (1, Some(1_024_000), Some(204_800))
        );
        assert_eq!(reading.remarks.len(), 1);
    }

    #[test]
    fn a_unit_that_is_not_told_is_no_unit() {
        let table = " r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st\n 1  0      3   3222    120   2329    0    0     1     2  100  200  1  2 97  0  0\n";
        let reading = parse(&Text::of("vmstat", table)).unwrap();
        assert_eq!(
            (reading.mem_free_bytes, reading.swap_used_bytes, reading.cpu_idle_pct),
            (None, None, Some(97.0))
        );
        assert_eq!((reading.remarks.len(), reading.remarks[0].line), (1, 1));
        for (command, unit) in [("$ vmstat -S M 1 2", 1 << 20), ("# /usr/bin/vmstat -w -Sm", 1_000_000)] {
            let text = format!("{command}\n{table}");
            let reading = parse(&Text::of("vmstat", &text)).unwrap();
            assert_eq!((reading.mem_free_bytes, reading.remarks.len()), (Some(3222 * unit), 0), "{command}");
        }
    }

    #[test]
    fn sums_of_old_versions_have_no_unit() {
        let reading = parse(&Text::of("vmstat", "      4147552  total memory\n      4000000  used memory\n       147552  free memory\n      2097144  total swap\n      1234567 non-nice user cpu ticks\n")).unwrap();
        assert_eq!(
            (reading.mem_total_bytes, reading.swap_total_bytes),
            (Some(4_147_552 << 10), Some(2_097_144 << 10))
        );
        assert_eq!(reading.remarks, []);
    }
}
