//! `vmstat` of procps: the table, or with `-s` sums and with `-d` disks.

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
    table(text, 1024)
}

/// `-s`: a figure a line, most of them counts since the start.
fn sums(text: &Text<'_>) -> Reading {
    let mut reading = Reading::default();
    for line in text.lines() {
        let mut words = line.words();
        let (Some(figure), Some(unit)) = (words.next(), words.next()) else { continue };
        let label = words.collect::<Vec<_>>().join(" ");
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
            "k" => size(figure, 1000),
            "m" => size(figure, 1_000_000),
            "K" | "M" | "B" => size(&format!("{figure}{unit}"), 1),
            _ => None,
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
}
