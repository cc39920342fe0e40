//! Disks: `/proc/diskstats`.
//!
//! Whole devices only. The kernel lists each disk just before its partitions,
//! so a partition is known by its disk's name in front of its own (`sda1` after
//! `sda`, `nvme0n1p2` after `nvme0n1`); a lone `xvda1`, which some hypervisors
//! give out as a whole disk, is kept.

use crate::collector::Machine;
use crate::error::{Fault, ParseError};
use crate::scan::{Line, Lines};
use topmast_model::catalogue::{
    HOST_DISK_BUSY_SECONDS, HOST_DISK_IN_FLIGHT_COUNT, HOST_DISK_QUEUE_SECONDS, HOST_DISK_READ_BYTES,
    HOST_DISK_READ_SECONDS, HOST_DISK_READS, HOST_DISK_WRITE_SECONDS, HOST_DISK_WRITES,
    HOST_DISK_WRITTEN_BYTES, HOST_PROBE_SKIPPED_COUNT,
};
use topmast_model::sample::SampleSink;

pub(super) const FILE: &str = "/proc/diskstats";

/// Disks with series of their own, 9 each. Storage networks show one disk over many paths, hence not fewer.
const MAX_DISKS: u32 = 256;

/// Emits requests, bytes and times of each disk.
///
/// An empty text is a host without disks, as in some containers.
pub(super) fn parse(_: Machine, text: &[u8], sink: &mut dyn SampleSink) -> Result<(), ParseError> {
    if text.is_empty() {
        return Ok(());
    }
    let mut disk: &[u8] = b"";
    let mut disks = 0_u32;
    for line in Lines::of(FILE, text) {
        let mut line = line?;
        line.skip(2);
        let name = line.word("device")?;
        if is_partition_of(disk, name) {
            continue;
        }
        disk = name;
        if is_memory(name) {
            continue;
        }
        disks = disks.saturating_add(1);
        if disks <= MAX_DISKS {
            counters(name, line, sink)?;
        }
    }
    if disks > MAX_DISKS {
        sink.sample(HOST_PROBE_SKIPPED_COUNT, &["disk"], f64::from(disks - MAX_DISKS));
    }
    Ok(())
}

/// Devices made of memory or of a file on another disk, whose work would count twice, and drives without a disk.
fn is_memory(name: &[u8]) -> bool {
    [&b"loop"[..], b"ram", b"zram", b"fd", b"sr"]
        .iter()
        .any(|kind| name.strip_prefix(*kind).is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit)))
}

fn is_partition_of(disk: &[u8], name: &[u8]) -> bool {
    let Some(last) = disk.last() else { return false };
    let Some(rest) = name.strip_prefix(disk) else { return false };
    // A disk whose name ends in a digit has a `p` before the partition's number.
    let digits = if last.is_ascii_digit() { rest.strip_prefix(b"p").unwrap_or_default() } else { rest };
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

fn counters(name: &[u8], mut line: Line<'_>, sink: &mut dyn SampleSink) -> Result<(), ParseError> {
    /// The file's unit of length, whatever the disk's own sector size is.
    const SECTOR_BYTES: f64 = 512.0;
    const MILLISECONDS: f64 = 1000.0;
    let device =
        std::str::from_utf8(name).map_err(|_| line.error(Fault::Malformed("a device name in UTF-8")))?;
    let reads = line.number_of("reads")?;
    line.skip(1);
    let sectors_read = line.number_of("sectors read")?;
    let read_time = line.number_of("time reading")?;
    let writes = line.number_of("writes")?;
    line.skip(1);
    let sectors_written = line.number_of("sectors written")?;
    let write_time = line.number_of("time writing")?;
    let in_flight = line.number_of("requests under way")?;
    let busy_time = line.number_of("time busy")?;
    let queue_time = line.number_of("time queued")?;
    for (metric, value) in [
        (HOST_DISK_READS, reads as f64),
        (HOST_DISK_READ_BYTES, sectors_read as f64 * SECTOR_BYTES),
        (HOST_DISK_READ_SECONDS, read_time as f64 / MILLISECONDS),
        (HOST_DISK_WRITES, writes as f64),
        (HOST_DISK_WRITTEN_BYTES, sectors_written as f64 * SECTOR_BYTES),
        (HOST_DISK_WRITE_SECONDS, write_time as f64 / MILLISECONDS),
        (HOST_DISK_IN_FLIGHT_COUNT, in_flight as f64),
        (HOST_DISK_BUSY_SECONDS, busy_time as f64 / MILLISECONDS),
        (HOST_DISK_QUEUE_SECONDS, queue_time as f64 / MILLISECONDS),
    ] {
        sink.sample(metric, &[device], value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Recorder, check, fixture, parsed};

    /// The devices with series, in order.
    fn devices(text: &[u8]) -> Vec<String> {
        parsed(parse, text)
            .samples()
            .filter_map(|(series, _)| series.strip_prefix("host_disk_reads_total{device=\""))
            .filter_map(|rest| rest.strip_suffix("\"}"))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn debian_12_has_one_disk_and_no_loop_or_memory_device() {
        check(
            parse,
            &fixture("debian-12", FILE),
            &[
                (r#"host_disk_reads_total{device="vda"}"#, 35_200.0),
                (r#"host_disk_read_bytes_total{device="vda"}"#, 3_614_876_672.0),
                (r#"host_disk_read_seconds_total{device="vda"}"#, 16.88),
                (r#"host_disk_writes_total{device="vda"}"#, 11_084.0),
                (r#"host_disk_written_bytes_total{device="vda"}"#, 1_241_702_400.0),
                (r#"host_disk_write_seconds_total{device="vda"}"#, 10.334),
                (r#"host_disk_in_flight_count{device="vda"}"#, 0.0),
                (r#"host_disk_busy_seconds_total{device="vda"}"#, 8.708),
                (r#"host_disk_queue_seconds_total{device="vda"}"#, 28.7),
            ],
        );
    }

    #[test]
    fn centos_7_leaves_out_partitions_and_drives() {
        assert_eq!(devices(&fixture("centos-7", FILE)), ["sda", "sdb", "dm-0", "dm-1", "dm-10"]);
    }

    #[test]
    fn a_partition_is_known_by_the_disk_before_it() {
        let line = |name: &str| format!("   8       0 {name} 1 2 3 4 5 6 7 8 9 10 11\n");
        for (names, kept) in [
            ("nvme0n1 nvme0n1p1 nvme0n1p2 nvme1n1", "nvme0n1 nvme1n1"),
            ("mmcblk0 mmcblk0p1 mmcblk0boot0", "mmcblk0 mmcblk0boot0"),
            ("xvda1 xvdb", "xvda1 xvdb"),
            ("xvda xvda1 xvda15", "xvda"),
            ("md1 md10 md127 md127p1", "md1 md10 md127"),
            ("sda sdaa sdaa1 sdb", "sda sdaa sdb"),
            ("dasda dasda1 dasdb", "dasda dasdb"),
            ("loop1 loop1p1 ram0 zram0 sr0 fd0 ramdisk", "ramdisk"),
        ] {
            let text: String = names.split(' ').map(line).collect();
            assert_eq!(devices(text.as_bytes()).join(" "), kept);
        }
    }

    #[test]
    fn a_short_line_is_an_error() {
        let error = parse(Machine::default(), b" 8 0 sda 1 2 3 4 5 6 7 8 9 10\n", &mut Recorder::default());
        assert_eq!(error, Err(ParseError { origin: FILE, line: 1, fault: Fault::Missing("time queued") }));
    }

    #[test]
    fn disks_past_the_bound_are_left_out_and_counted() {
        let lines: Vec<_> =
            (0..260).map(|disk| format!("253 {disk} dm-{disk} 1 2 3 4 5 6 7 8 9 10 11\n")).collect();
        let text = lines.concat();
        assert_eq!(devices(text.as_bytes()).len(), 256);
        let sink = parsed(parse, text.as_bytes());
        assert_eq!(sink.value(r#"host_probe_skipped_count{collector="disk"}"#), Some(4.0));
    }
}
