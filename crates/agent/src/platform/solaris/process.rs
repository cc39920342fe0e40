//! The processes of this machine, from `/proc/PID/psinfo`: a structure of C, the same on SPARC and x86 but for the
//! order of bytes, which is this machine's.
//!
//! Elsewhere: which of them belong together (`unix::family`).

use crate::platform::file::FileExt;
use std::fs::{self, File};
use std::io;

/// Offsets in `psinfo_t` of a 64-bit program (`sys/procfs.h`).
mod at {
    pub(super) const THREADS: usize = 4;
    pub(super) const PID: usize = 8;
    pub(super) const PARENT: usize = 12;
    pub(super) const GROUP: usize = 16;
    pub(super) const SESSION: usize = 20;
    pub(super) const RESIDENT_KIB: usize = 56;
    pub(super) const START: usize = 88;
    pub(super) const TIME: usize = 104;
    pub(super) const CHILDREN_TIME: usize = 120;
    pub(super) const NAME: usize = 136;
    pub(super) const ENVIRONMENT: usize = 248;
    pub(super) const MODEL: usize = 256;
    /// What is read: up to the data model.
    pub(super) const END: usize = 257;
}

/// Longest short name of a program (`PRFNSZ`).
const NAME_MAX: usize = 16;
/// `PR_MODEL_LP64`: addresses have 8 bytes, else 4.
const LP64: u8 = 2;
/// Most variables and bytes of one that are looked at for the marker, which stands among the first.
const VARIABLES_MAX: usize = 512;
const VARIABLE_MAX: usize = 512;

/// What matters of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stat {
    /// One without threads has ended; it waits for its parent only.
    pub(crate) alive: bool,
    pub(crate) parent: u32,
    pub(crate) group: u32,
    pub(crate) session: u32,
    /// Nanoseconds from 1970 to its start.
    pub(crate) start_ticks: u64,
    pub(crate) pid: u32,
    pub(crate) name: String,
    /// Nanoseconds that it and the children it waited for ran.
    pub(crate) ran_ns: u64,
    pub(crate) resident_kib: u64,
    environment: u64,
    model: u8,
}

impl Stat {
    /// Every process by its number.
    pub(crate) fn all() -> Vec<(u32, Self)> {
        let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
        let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        pids.filter_map(|pid| Some((pid, Self::read(pid)?))).collect()
    }

    /// One process, if there is one of that number.
    pub(crate) fn read(pid: u32) -> Option<Self> {
        let mut bytes = [0; at::END];
        File::open(format!("/proc/{pid}/psinfo")).ok()?.read_exact_at(&mut bytes, 0).ok()?;
        Some(Self::of(&bytes))
    }

    fn of(bytes: &[u8; at::END]) -> Self {
        let word = |at: usize| u32::from_ne_bytes(std::array::from_fn(|byte| bytes[at + byte]));
        let long = |at: usize| u64::from_ne_bytes(std::array::from_fn(|byte| bytes[at + byte]));
        // Seconds, then nanoseconds.
        let time = |at: usize| long(at).saturating_mul(1_000_000_000).saturating_add(long(at + 8));
        let name = &bytes[at::NAME..at::NAME + NAME_MAX];
        Self {
            alive: word(at::THREADS) > 0,
            pid: word(at::PID),
            parent: word(at::PARENT),
            group: word(at::GROUP),
            session: word(at::SESSION),
            start_ticks: time(at::START),
            name: String::from_utf8_lossy(name.split(|byte| *byte == 0).next().unwrap_or_default())
                .into_owned(),
            ran_ns: time(at::TIME).saturating_add(time(at::CHILDREN_TIME)),
            resident_kib: long(at::RESIDENT_KIB),
            environment: long(at::ENVIRONMENT),
            model: bytes[at::MODEL],
        }
    }
}

/// The environment that a process was started with, variables ended by zero bytes: read from its memory, where
/// `psinfo` says that the addresses of the variables are.
pub(crate) fn environment(pid: u32) -> io::Result<Vec<u8>> {
    let stat = Stat::read(pid).ok_or(io::ErrorKind::NotFound)?;
    let memory = File::open(format!("/proc/{pid}/as"))?;
    let width = if stat.model == LP64 { 8 } else { 4 };
    let mut variables = Vec::new();
    let mut address_at = stat.environment;
    for _ in 0..VARIABLES_MAX {
        let mut bytes = [0; 8];
        memory.read_exact_at(&mut bytes[..width], address_at)?;
        let address = if width == 8 {
            u64::from_ne_bytes(bytes)
        } else {
            u32::from_ne_bytes(std::array::from_fn(|byte| bytes[byte])).into()
        };
        if address == 0 {
            break;
        }
        let mut variable = [0; VARIABLE_MAX];
        // Less comes back at the end of what is mapped.
        let length = memory.read_at(&mut variable, address)?;
        variables.extend_from_slice(variable[..length].split(|byte| *byte == 0).next().unwrap_or_default());
        variables.push(0);
        address_at += width as u64;
    }
    Ok(variables)
}

/// Identity of the machine's present run: when its first process started.
pub(crate) fn boot_id() -> String {
    Stat::read(0).map(|first| first.start_ticks.to_string()).unwrap_or_default()
}

/// The kernel kills nobody for want of memory: it refuses to promise more than it has.
pub(crate) const fn oom_kills() -> Option<u64> {
    None
}
