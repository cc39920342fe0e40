//! The processes of this machine, from `/proc`.
//!
//! Elsewhere: which of them belong together (`unix::family`), what a process's file holds (`topmast_probe::solaris`).

use crate::platform::file::FileExt;
use std::fs::{self, File};
use std::io;
use topmast_probe::solaris::process::{PSINFO_BYTES, ProcessInfo, parse};

/// Most variables and bytes of one that are looked at for the marker, which stands among the first.
const VARIABLES_MAX: usize = 512;
const VARIABLE_MAX: usize = 512;

/// What matters of a process.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    /// One without threads has ended; it waits for its parent only.
    pub(crate) alive: bool,
    pub(crate) parent: u32,
    pub(crate) group: u32,
    pub(crate) session: u32,
    /// Nanoseconds from 1970 to its start.
    pub(crate) start_ticks: u64,
    pub(super) info: ProcessInfo,
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
        let mut bytes = [0; PSINFO_BYTES];
        File::open(format!("/proc/{pid}/psinfo")).ok()?.read_exact_at(&mut bytes, 0).ok()?;
        let info = parse(&bytes);
        Some(Self {
            alive: info.alive,
            parent: info.parent,
            group: info.group,
            session: info.session,
            start_ticks: info.start_ns,
            info,
        })
    }
}

/// The environment that a process was started with, variables ended by zero bytes: read from its memory, where
/// `psinfo` says that the addresses of the variables are.
pub(crate) fn environment(pid: u32) -> io::Result<Vec<u8>> {
    let stat = Stat::read(pid).ok_or(io::ErrorKind::NotFound)?;
    let memory = File::open(format!("/proc/{pid}/as"))?;
    let width = stat.info.address_bytes;
    let mut variables = Vec::new();
    let mut address_at = stat.info.environment;
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
