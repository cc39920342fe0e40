//! `iostat`: processor and disks, as text or JSON.
//!
//! ```text
//! avg-cpu:  %user   %nice %system %iowait  %steal   %idle
//!            0.14    0.00    0.16    0.00    0.00   99.70
//!
//! Device             tps    kB_read/s    kB_wrtn/s    kB_read    kB_wrtn
//! vda             388.31      3916.39     13871.81   48063101  170238840
//! ```
//!
//! The first report covers the time since the start and counts only when it is alone.

use super::super::json::{self, float, list, string, whole};
use super::super::table::Kept;
use super::super::text::{Line, Text, bytes, number, percent, size};
use super::sysstat::{is_time, processors};
use crate::error::{Fault, ParseError};
use crate::reading::{Disk, Reading};
use serde_json::Value;

/// One report.
#[derive(Default)]
struct Report {
    reading: Reading,
    disks: Option<Kept<Disk>>,
}

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    if json::is(text) {
        return parse_json(text);
    }
    let (mut previous, mut report): (Option<Report>, _) = (None, Report::default());
    let mut cpu_count = None;
    let mut reports = 0_u32;
    let mut shares: Option<Vec<&str>> = None;
    let mut columns: Option<Vec<&str>> = None;
    // A device whose name took the whole of a line.
    let mut wrapped: Option<&str> = None;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let mut words: Vec<&str> = line.words().collect();
        // With `-t` every report begins with a time.
        if words.first().is_some_and(|word| is_time(word)) {
            continue;
        }
        if let Some(count) = processors(line.text) {
            cpu_count = Some(count);
        } else if words.iter().any(|word| *word == "%user" || *word == "%idle") {
            reports += 1;
            let before = std::mem::take(&mut report);
            previous = if before.is_empty() { previous } else { Some(before) };
            shares = Some(words.into_iter().filter(|word| word.starts_with('%')).collect());
            columns = None;
        } else if words.iter().any(|word| matches!(word.trim_end_matches(':'), "Device" | "device" | "Disk"))
        {
            // Without the processor, a header of disks begins the report.
            if report.disks.is_some() {
                reports += 1;
                previous = Some(std::mem::take(&mut report));
            }
            report.disks = Some(Kept::new());
            columns = Some(words);
        } else if let Some(names) = shares.take() {
            report.shares(&names, &words, line);
        } else if let (Some(columns), Some(_)) = (&columns, &report.disks) {
            if let ([device], true) = (words.as_slice(), columns.len() > 2) {
                wrapped = Some(device);
                continue;
            }
            if let Some(device) = wrapped.take().filter(|_| words.len() + 1 == columns.len()) {
                words.insert(0, device);
            }
            report.disk(columns, &words, line);
        }
    }
    // One that lacks disks which the one before had is cut.
    let rows = |report: &Report| report.disks.as_ref().map(Kept::len);
    let report = match previous {
        Some(before) if rows(&report) < rows(&before) || report.is_empty() => before,
        _ => report,
    };
    if report.is_empty() {
        return Err(text.error(Fault::Missing("shares of the processor or disks")));
    }
    let mut reading = report.reading;
    reading.cpu_count = cpu_count;
    if let Some(disks) = report.disks {
        let mut disks = disks.finish(&mut reading, 1);
        // Totals of a later report are those of its interval.
        if reports > 1 {
            for disk in &mut disks {
                (disk.read_bytes, disk.write_bytes) = (None, None);
            }
        }
        reading.disks = Some(disks);
    }
    Ok(reading)
}

impl Report {
    fn is_empty(&self) -> bool {
        self.disks.is_none() && self.reading.cpu_idle_pct.is_none() && self.reading.cpu_user_pct.is_none()
    }

    fn shares(&mut self, names: &[&str], words: &[&str], line: Line<'_>) {
        if words.len() < names.len() {
            self.reading.remark(line.number, "the shares of the processor are cut");
        }
        for (name, word) in names.iter().zip(words) {
            set_share(&mut self.reading, name, percent(word));
        }
    }

    fn disk(&mut self, columns: &[&str], words: &[&str], line: Line<'_>) {
        let Some(device) = columns
            .iter()
            .position(|column| matches!(column.trim_end_matches(':'), "Device" | "device" | "Disk"))
        else {
            return;
        };
        if words.len() != columns.len() {
            self.reading.remark(line.number, "a row is cut or is none");
            return;
        }
        let Some(name) = words.get(device) else { return };
        let mut disk = Disk { device: Some((*name).to_owned()), ..Disk::default() };
        let mut seconds = f64::INFINITY;
        let rate = |column: &str| {
            let at = columns.iter().position(|name| *name == column)?;
            number(words.get(at)?)
        };
        for (column, total) in [
            ("kB_read/s", "kB_read"),
            ("kB_wrtn/s", "kB_wrtn"),
            ("MB_read/s", "MB_read"),
            ("MB_wrtn/s", "MB_wrtn"),
            ("Blk_read/s", "Blk_read"),
            ("Blk_wrtn/s", "Blk_wrtn"),
        ] {
            if let (Some(rate), Some(total)) = (rate(column), rate(total))
                && rate > 0.0
            {
                seconds = seconds.min(total / rate);
            }
        }
        for (at, (column, word)) in columns.iter().zip(words).enumerate().filter(|(at, _)| *at != device) {
            if !set(&mut disk, column, word, seconds) {
                self.reading
                    .remark(line.number, format!("{column} {word:?} is no number (column {})", at + 1));
            }
        }
        if let Some(disks) = &mut self.disks {
            disks.push(disk);
        }
    }
}

/// Sets a column of a disk; false when the cell is no number.
///
/// - `seconds`: what the totals cover: with `-y` the first report is of its interval, and they are no totals.
fn set(disk: &mut Disk, column: &str, word: &str, seconds: f64) -> bool {
    const KIB: f64 = 1024.0;
    /// Shorter than anything is up when somebody looks at its totals, longer than any interval of `-y`.
    const SINCE_BOOT: f64 = 300.0;
    let value = number(word).or_else(|| percent(word));
    let sized =
        |unit: f64| value.map(|value| value * unit).or_else(|| size(word, 1).map(|bytes| bytes as f64));
    let total =
        |unit: f64| sized(unit).filter(|_| seconds >= SINCE_BOOT && seconds.is_finite()).and_then(bytes);
    match column {
        "tps" => disk.transfers_per_s = value,
        "r/s" => disk.reads_per_s = value,
        "w/s" => disk.writes_per_s = value,
        "kB_read/s" | "rkB/s" => disk.read_bytes_per_s = sized(KIB),
        "kB_wrtn/s" | "wkB/s" => disk.write_bytes_per_s = sized(KIB),
        "MB_read/s" | "rMB/s" => disk.read_bytes_per_s = sized(KIB * KIB),
        "MB_wrtn/s" | "wMB/s" => disk.write_bytes_per_s = sized(KIB * KIB),
        "Blk_read/s" | "rsec/s" => disk.read_bytes_per_s = sized(512.0),
        "Blk_wrtn/s" | "wsec/s" => disk.write_bytes_per_s = sized(512.0),
        "kB_read" => disk.read_bytes = total(KIB),
        "kB_wrtn" => disk.write_bytes = total(KIB),
        "MB_read" => disk.read_bytes = total(KIB * KIB),
        "MB_wrtn" => disk.write_bytes = total(KIB * KIB),
        "Blk_read" => disk.read_bytes = total(512.0),
        "Blk_wrtn" => disk.write_bytes = total(512.0),
        "%util" | "util" => disk.busy_pct = value,
        _ => return true,
    }
    sized(1.0).is_some()
}

fn set_share(reading: &mut Reading, name: &str, share: Option<f64>) {
    let field = match name.trim_start_matches('%') {
        "user" => &mut reading.cpu_user_pct,
        "nice" => &mut reading.cpu_nice_pct,
        "system" => &mut reading.cpu_sys_pct,
        "iowait" => &mut reading.cpu_wait_pct,
        "steal" => &mut reading.cpu_steal_pct,
        "idle" => &mut reading.cpu_idle_pct,
        _ => return,
    };
    *field = share.filter(|share| *share <= 101.0);
}

fn parse_json(text: &Text<'_>) -> Result<Reading, ParseError> {
    let value = json::parse(text)?;
    let host = value.get("sysstat").and_then(|sysstat| list(sysstat, "hosts").last());
    let host = host.ok_or(text.error(Fault::Missing("sysstat.hosts")))?;
    let report = list(host, "statistics").last().ok_or(text.error(Fault::Missing("statistics")))?;
    let mut reading = Reading { cpu_count: whole(host, "number-of-cpus"), ..Reading::default() };
    for (name, share) in report.get("avg-cpu").and_then(Value::as_object).into_iter().flatten() {
        set_share(&mut reading, name, share.as_f64());
    }
    if report.get("disk").is_some() {
        let mut disks = Kept::new();
        for row in list(report, "disk") {
            let mut disk = Disk { device: string(row, "disk_device"), ..Disk::default() };
            let alone = list(host, "statistics").len() == 1;
            let seconds = match (float(row, "kB_read"), float(row, "kB_read/s")) {
                (Some(total), Some(rate)) if alone && rate > 0.0 => total / rate,
                _ => f64::INFINITY,
            };
            for (name, value) in row.as_object().into_iter().flatten() {
                if value.is_number() {
                    set(&mut disk, name, &value.to_string(), seconds);
                }
            }
            disks.push(disk);
        }
        reading.disks = Some(disks.finish(&mut reading, 1));
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("iostat", text)).unwrap()
    }

    const FIRST: &str = "Linux 6.18.44 (vm) \t11/28/26 \t_x86_64_\t(2 CPU)\n\navg-cpu:  %user   %nice %system %iowait  %steal   %idle\n          33,64   33,96   11,20    0,29    0,06   20,85\n\nDevice             tps    kB_read/s    kB_wrtn/s    kB_dscd/s    kB_read    kB_wrtn    kB_dscd\nvda             388.31      1000.00      2000.00     0.00   10000000   20000000  0\n\n";

    #[test]
    fn a_report_alone_covers_the_time_since_the_start() {
        let reading = read(FIRST);
        assert_eq!(
            (reading.cpu_count, reading.cpu_idle_pct, reading.cpu_wait_pct),
            (Some(2), Some(20.85), Some(0.29))
        );
        let disk = &reading.disks.unwrap()[0];
        assert_eq!((disk.transfers_per_s, disk.read_bytes_per_s), (Some(388.31), Some(1_024_000.0)));
        assert_eq!((disk.read_bytes, disk.write_bytes), (Some(10_240_000_000), Some(20_480_000_000)));
    }

    #[test]
    fn the_last_complete_report_counts() {
        let second = FIRST.split_once("\n\n").unwrap().1.replace("388.31", "12.00");
        let reading = read(&format!("{FIRST}{second}"));
        let disk = &reading.disks.unwrap()[0];
        assert_eq!((disk.transfers_per_s, disk.read_bytes), (Some(12.0), None));
        let reading = read(&format!("{FIRST}{}", &second[..second.find("vda").unwrap()]));
        assert_eq!(reading.disks.unwrap()[0].transfers_per_s, Some(388.31));
    }

    #[test]
    fn extended_columns_have_many_names() {
        let reading = read(
            "Device            r/s     rkB/s   rrqm/s  %rrqm r_await rareq-sz     w/s     wkB/s  aqu-sz  %util\nvda              1.50      2.00     0.00   0.00    0.50     4.00    3.00      8.00    0.00  12.50\n",
        );
        let disk = &reading.disks.unwrap()[0];
        assert_eq!((disk.reads_per_s, disk.writes_per_s, disk.busy_pct), (Some(1.5), Some(3.0), Some(12.5)));
        assert_eq!(disk.write_bytes_per_s, Some(8192.0));
        let reading = read(
            "     tps    kB_read/s    kB_wrtn/s    kB_read    kB_wrtn Device\n    1.5k         2.0M         1.0k       9.2G       1.0G vda\n",
        );
        assert_eq!(reading.disks.unwrap()[0].read_bytes_per_s, Some(2_097_152.0));
    }

    #[test]
    fn long_names_and_times_have_lines_of_their_own() {
        let reading = read(
            "11/28/26 07:56:11 PM\nDevice:            tps   kB_read/s   kB_wrtn/s\na-name-that-is-very-long\n                  1.50        2.00        3.00\nvda               2.50        2.00        3.00\n11/28/26 07:56:12 PM\n",
        );
        let disks = reading.disks.unwrap();
        assert_eq!(
            (disks[0].device.as_deref(), disks[0].transfers_per_s),
            (Some("a-name-that-is-very-long"), Some(1.5))
        );
        assert_eq!((disks.len(), reading.remarks.len()), (2, 0));
    }

    #[test]
    fn json_is_understood() {
        let reading = read(
            r#"{"sysstat": {"hosts": [{"number-of-cpus": 2, "statistics": [{"avg-cpu": {"user": 1.5, "idle": 98.5},
            "disk": [{"disk_device": "vda", "r/s": 6.9, "rkB/s": 2.0, "util": 0.5}]}]}]}}"#,
        );
        assert_eq!((reading.cpu_count, reading.cpu_idle_pct), (Some(2), Some(98.5)));
        let disk = &reading.disks.unwrap()[0];
        assert_eq!(
            (disk.reads_per_s, disk.read_bytes_per_s, disk.busy_pct),
            (Some(6.9), Some(2048.0), Some(0.5))
        );
    }
}
