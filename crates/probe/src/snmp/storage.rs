//! Memory, filesystems and disks.

use super::counter::Counters;
use super::object::{Objects, Value, cell, oid};
use super::{KIB, ROWS_MAX, is_of_memory};
use std::collections::{BTreeMap, BTreeSet};
use topmast_model::catalogue as metric;
use topmast_model::sample::SampleSink;

// Columns of the storage table.
const TYPE: u32 = 2;
const DESCRIPTION: u32 = 3;
const UNIT: u32 = 4;
const SIZE: u32 = 5;
const USED: u32 = 6;
// Kinds of storage.
const RAM: u32 = 2;
const VIRTUAL_MEMORY: u32 = 3;
const FIXED_DISK: u32 = 4;
const FLASH: u32 = 9;
const NETWORK_DISK: u32 = 10;
// Columns of the table of filesystems.
const FILESYSTEM_TYPE: u32 = 4;
const FILESYSTEM_ACCESS: u32 = 5;
const FILESYSTEM_STORAGE: u32 = 7;
/// What holds no data though it is told as a disk.
const NOT_DATA: [&str; 4] = ["/dev", "/proc", "/run", "/sys"];
// Columns of the table of disks.
const DEVICE: u32 = 2;

/// One row of the storage table, in bytes.
struct Storage {
    kind: u32,
    name: String,
    size: f64,
    used: f64,
}

fn storage(objects: &Objects, index: &[u32]) -> Option<Storage> {
    let kind = match objects.get(&cell(oid::STORAGE, TYPE, index))? {
        Value::Identifier(kind) => *kind.strip_prefix(oid::STORAGE_TYPES)?.first()?,
        _ => return None,
    };
    // A size is told as a signed number; one beyond 2^31 units wraps into the negative ones.
    let number = |column| match objects.get(&cell(oid::STORAGE, column, index))? {
        Value::Integer(number) => Some(f64::from(number.cast_unsigned())),
        Value::Gauge(number) => Some(f64::from(*number)),
        _ => None,
    };
    let unit = number(UNIT).filter(|unit| *unit > 0.0)?;
    let name = objects.text(&cell(oid::STORAGE, DESCRIPTION, index)).filter(|name| !name.is_empty())?;
    Some(Storage { kind, name, size: number(SIZE)? * unit, used: number(USED)? * unit })
}

/// Emits memory and swap: as Net-SNMP tells them, else as the storage table does.
pub(super) fn memory(objects: &Objects, sink: &mut dyn SampleSink) {
    let bytes = |column| objects.number(&[oid::MEMORY, &[column, 0]].concat()).map(|kib| kib * KIB);
    if let Some(total) = bytes(5).filter(|total| *total > 0.0) {
        let (free, buffers, cached) = (bytes(6), bytes(14), bytes(15));
        // Versions before 5.9 do not tell what can be given to programs: what is free, and what files are cached in.
        let mostly =
            || Some(free? + buffers.unwrap_or(0.0) + cached.unwrap_or(0.0)).map(|sum| sum.min(total));
        let gauges = [
            (metric::HOST_MEMORY_TOTAL_BYTES, Some(total)),
            (metric::HOST_MEMORY_AVAILABLE_BYTES, bytes(27).or_else(mostly)),
            (metric::HOST_MEMORY_FREE_BYTES, free),
            (metric::HOST_MEMORY_SHARED_BYTES, bytes(13)),
            (metric::HOST_MEMORY_BUFFERS_BYTES, buffers),
            (metric::HOST_MEMORY_CACHED_BYTES, cached),
            (metric::HOST_SWAP_TOTAL_BYTES, bytes(3)),
            (metric::HOST_SWAP_FREE_BYTES, bytes(4)),
        ];
        for (metric, value) in gauges {
            if let Some(value) = value {
                sink.sample(metric, &[], value);
            }
        }
        return;
    }
    let (mut memory, mut swap) = (false, false);
    for row in objects.rows(oid::STORAGE, TYPE).filter_map(|index| storage(objects, index)) {
        let gauges = match row.kind {
            RAM if !memory => (metric::HOST_MEMORY_TOTAL_BYTES, metric::HOST_MEMORY_AVAILABLE_BYTES),
            // Virtual memory is memory and swap together, unless its name says otherwise.
            VIRTUAL_MEMORY if !swap && row.name.to_lowercase().contains("swap") => {
                (metric::HOST_SWAP_TOTAL_BYTES, metric::HOST_SWAP_FREE_BYTES)
            }
            _ => continue,
        };
        memory |= row.kind == RAM;
        swap |= row.kind == VIRTUAL_MEMORY;
        sink.sample(gauges.0, &[], row.size);
        sink.sample(gauges.1, &[], (row.size - row.used).max(0.0));
    }
}

/// Emits the space of filesystems.
pub(super) fn filesystems(objects: &Objects, sink: &mut dyn SampleSink) {
    // Type and whether it is read-only, by index in the storage table.
    let mut more: BTreeMap<u32, (&str, Option<bool>)> = BTreeMap::new();
    for index in objects.rows(oid::FILESYSTEM, FILESYSTEM_STORAGE) {
        let Some(Value::Integer(storage)) = objects.get(&cell(oid::FILESYSTEM, FILESYSTEM_STORAGE, index))
        else {
            continue;
        };
        let kind = match objects.get(&cell(oid::FILESYSTEM, FILESYSTEM_TYPE, index)) {
            Some(Value::Identifier(kind)) => match kind.strip_prefix(oid::FILESYSTEM_TYPES) {
                Some([3]) => "ufs",
                Some([5 | 22]) => "fat",
                Some([9]) => "ntfs",
                Some([14]) => "nfs",
                Some([23]) => "ext",
                _ => "",
            },
            _ => "",
        };
        let access = objects.number(&cell(oid::FILESYSTEM, FILESYSTEM_ACCESS, index));
        more.insert(
            storage.cast_unsigned(),
            (kind, access.map(|access| access.to_bits() == 2.0_f64.to_bits())),
        );
    }
    let (mut seen, mut skipped) = (BTreeSet::new(), 0_u32);
    for index in objects.rows(oid::STORAGE, TYPE) {
        let Some(row) = storage(objects, index) else { continue };
        // `C:\ Label:Data Serial Number 1a2b`
        let mount = row.name.split(" Label:").next().unwrap_or_default();
        let is_data = [FIXED_DISK, FLASH, NETWORK_DISK].contains(&row.kind)
            && !NOT_DATA.iter().any(|path| {
                mount.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
        if !is_data || row.size <= 0.0 || seen.contains(mount) {
            continue;
        }
        if seen.len() == ROWS_MAX {
            skipped += 1;
            continue;
        }
        seen.insert(mount.to_owned());
        let (kind, read_only) = index.first().and_then(|index| more.get(index)).copied().unwrap_or_default();
        let labels = [mount, "", kind];
        let free = (row.size - row.used).max(0.0);
        sink.sample(metric::HOST_FILESYSTEM_SIZE_BYTES, &labels, row.size);
        sink.sample(metric::HOST_FILESYSTEM_FREE_BYTES, &labels, free);
        sink.sample(metric::HOST_FILESYSTEM_AVAILABLE_BYTES, &labels, free);
        if let Some(read_only) = read_only {
            sink.sample(metric::HOST_FILESYSTEM_READ_ONLY, &labels, f64::from(u8::from(read_only)));
        }
    }
    if skipped > 0 {
        sink.sample(metric::HOST_PROBE_SKIPPED_COUNT, &["filesystem"], f64::from(skipped));
    }
}

/// Emits what whole disks did.
pub(super) fn disks(objects: &Objects, counters: &mut Counters, sink: &mut dyn SampleSink) {
    let (mut disk, mut count, mut skipped) = (String::new(), 0, 0_u32);
    for index in objects.rows(oid::DISK, DEVICE) {
        let Some(device) = objects.text(&cell(oid::DISK, DEVICE, index)).filter(|name| !name.is_empty())
        else {
            continue;
        };
        // `sda1` after `sda`, `nvme0n1p2` after `nvme0n1`.
        let part = device.strip_prefix(&*disk).filter(|rest| !disk.is_empty() && !rest.is_empty());
        let is_part = part.is_some_and(|rest| {
            rest.strip_prefix('p').unwrap_or(rest).chars().all(|char| char.is_ascii_digit())
        });
        if is_part || is_of_memory(&device) {
            continue;
        }
        disk.clone_from(&device);
        if count == ROWS_MAX {
            skipped += 1;
            continue;
        }
        count += 1;
        let mut counter = |column| counters.read(objects, &cell(oid::DISK, column, index));
        let values = [
            (metric::HOST_DISK_READ_BYTES, counter(12).or_else(|| counter(3))),
            (metric::HOST_DISK_WRITTEN_BYTES, counter(13).or_else(|| counter(4))),
            (metric::HOST_DISK_READS, counter(5)),
            (metric::HOST_DISK_WRITES, counter(6)),
        ];
        for (metric, value) in values {
            if let Some(value) = value {
                sink.sample(metric, &[&device], value);
            }
        }
    }
    if skipped > 0 {
        sink.sample(metric::HOST_PROBE_SKIPPED_COUNT, &["disk"], f64::from(skipped));
    }
}
