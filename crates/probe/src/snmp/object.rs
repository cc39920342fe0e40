//! Objects: their identifiers, and what was answered.

use super::NAME_MAX;
use std::collections::BTreeMap;

/// Identifiers of what is asked for.
pub(super) mod oid {
    // SNMPv2-MIB
    pub(crate) const DESCRIPTION: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 1, 0];
    pub(crate) const AGENT_UPTIME: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 3, 0];
    pub(crate) const NAME: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 5, 0];
    // HOST-RESOURCES-MIB
    pub(crate) const HOST_UPTIME: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 1, 1, 0];
    pub(crate) const MEMORY_SIZE: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 2, 2, 0];
    pub(crate) const STORAGE_TYPES: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 2, 1];
    pub(crate) const STORAGE: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 2, 3, 1];
    pub(crate) const PROCESSOR: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 3, 3, 1];
    pub(crate) const FILESYSTEM: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 3, 8, 1];
    pub(crate) const FILESYSTEM_TYPES: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 3, 9];
    // UCD-SNMP-MIB and UCD-DISKIO-MIB
    pub(crate) const MEMORY: &[u32] = &[1, 3, 6, 1, 4, 1, 2021, 4];
    pub(crate) const MEMORY_TOTAL: &[u32] = &[1, 3, 6, 1, 4, 1, 2021, 4, 5, 0];
    /// `laLoadInt`
    pub(crate) const LOAD: &[u32] = &[1, 3, 6, 1, 4, 1, 2021, 10, 1, 5];
    pub(crate) const SYSTEM: &[u32] = &[1, 3, 6, 1, 4, 1, 2021, 11];
    pub(crate) const DISK: &[u32] = &[1, 3, 6, 1, 4, 1, 2021, 13, 15, 1, 1];
    // IF-MIB
    pub(crate) const INTERFACE: &[u32] = &[1, 3, 6, 1, 2, 1, 2, 2, 1];
    pub(crate) const INTERFACE_MORE: &[u32] = &[1, 3, 6, 1, 2, 1, 31, 1, 1, 1];
}

macro_rules! memory {
    ($($last:literal),*) => { &[$(&[1, 3, 6, 1, 4, 1, 2021, 4, $last, 0]),*] };
}

macro_rules! system {
    ($($last:literal),*) => { &[$(&[1, 3, 6, 1, 4, 1, 2021, 11, $last, 0]),*] };
}

macro_rules! load {
    ($($last:literal),*) => { &[$(&[1, 3, 6, 1, 4, 1, 2021, 10, 1, 5, $last]),*] };
}

/// Single objects, to be asked for with GET, a group at a time.
pub const SCALARS: &[&[&[u32]]] = &[
    &[oid::DESCRIPTION, oid::AGENT_UPTIME, oid::NAME, oid::HOST_UPTIME, oid::MEMORY_SIZE],
    // Total and free swap, total and free memory, shared, buffers, cached, available.
    memory!(3, 4, 5, 6, 13, 14, 15, 27),
    // Processor time by mode.
    system!(50, 51, 52, 53, 54, 55, 56, 61, 64),
    // Interrupts, context switches, the number of processors.
    system!(59, 60, 67),
    load!(1, 2, 3),
];

/// Tables and the columns of them that are walked.
pub const COLUMNS: &[(&[u32], &[u32])] = &[
    // Type, description, unit, size, used.
    (oid::STORAGE, &[2, 3, 4, 5, 6]),
    // Type, access, index in the storage table.
    (oid::FILESYSTEM, &[4, 5, 7]),
    // Firmware, which is always there, and load.
    (oid::PROCESSOR, &[1, 2]),
    // Description, type, and the counters of 32 bits; what is dropped or wrong has no others.
    (oid::INTERFACE, &[2, 3, 10, 11, 13, 14, 16, 17, 19, 20]),
    // Name, and the counters of 64 bits.
    (oid::INTERFACE_MORE, &[1, 6, 7, 8, 9, 10, 11, 12, 13]),
    // Device, bytes read and written in 32 bits, reads, writes, bytes in 64 bits.
    (oid::DISK, &[2, 3, 4, 5, 6, 12, 13]),
];

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// INTEGER.
    Integer(i32),
    /// Gauge32 and Unsigned32.
    Gauge(u32),
    /// Counter32.
    Counter32(u32),
    /// Counter64.
    Counter64(u64),
    /// TimeTicks, in hundredths of a second.
    Ticks(u32),
    /// OCTET STRING.
    Text(Vec<u8>),
    /// OBJECT IDENTIFIER.
    Identifier(Vec<u32>),
}

/// What was answered, by identifier. What is not there has no entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Objects(BTreeMap<Vec<u32>, Value>);

impl Objects {
    /// Notes an object.
    pub fn put(&mut self, oid: &[u32], value: Value) {
        self.0.insert(oid.to_vec(), value);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when nothing was answered.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn get(&self, oid: &[u32]) -> Option<&Value> {
        self.0.get(oid)
    }

    /// A gauge or a counter as it is now.
    pub(super) fn number(&self, oid: &[u32]) -> Option<f64> {
        match self.get(oid)? {
            Value::Integer(number) => Some(f64::from(*number)),
            Value::Gauge(number) | Value::Counter32(number) | Value::Ticks(number) => {
                Some(f64::from(*number))
            }
            Value::Counter64(number) => Some(*number as f64),
            Value::Text(_) | Value::Identifier(_) => None,
        }
    }

    /// A text, without what cannot be shown.
    pub(super) fn text(&self, oid: &[u32]) -> Option<String> {
        let Value::Text(bytes) = self.get(oid)? else { return None };
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_matches(|char: char| char.is_whitespace() || char == '\0');
        let end =
            text.char_indices().map(|(at, char)| at + char.len_utf8()).take_while(|end| *end <= NAME_MAX);
        let end = end.last().unwrap_or_default();
        Some(text.get(..end)?.to_owned())
    }

    /// Indexes of the rows that have something in a column.
    pub(super) fn rows(&self, table: &[u32], column: u32) -> impl Iterator<Item = &[u32]> {
        let from = [table, &[column]].concat();
        let length = from.len();
        let inside = from.clone();
        self.0
            .range(from..)
            .take_while(move |(oid, _)| oid.starts_with(&inside))
            .filter_map(move |(oid, _)| oid.get(length..).filter(|index| !index.is_empty()))
    }
}

/// The identifier of a cell.
pub(super) fn cell(table: &[u32], column: u32, index: &[u32]) -> Vec<u32> {
    [table, &[column], index].concat()
}
