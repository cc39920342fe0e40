//! The processes of this machine, from `/proc`.
//!
//! Elsewhere: which of them belong together (`unix::family`).

use std::fs;
use std::io;

/// Identity of the machine's present run, which process starts are counted in.
pub(crate) fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// Processes that the kernel killed for want of memory since the machine started, anywhere on it.
pub(crate) fn oom_kills() -> Option<u64> {
    let text = fs::read_to_string("/proc/vmstat").ok()?;
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

/// The environment that a process was started with, variables ended by zero bytes.
pub(crate) fn environment(pid: u32) -> io::Result<Vec<u8>> {
    fs::read(format!("/proc/{pid}/environ"))
}

/// What matters of a process.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    /// A zombie has ended; it waits for its parent only.
    pub(crate) alive: bool,
    pub(crate) parent: u32,
    pub(crate) group: u32,
    pub(crate) session: u32,
    /// Clock ticks from the machine's start to the process's.
    pub(crate) start_ticks: u64,
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
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// Reads `PID (NAME) STATE PARENT GROUP SESSION …`; the name may hold anything, so the last `)` counts.
    fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        Some(Self {
            // A zombie has ended; it waits for its parent only.
            alive: !matches!(*fields.first()?, "Z" | "X"),
            parent: fields.get(1)?.parse().ok()?,
            group: fields.get(2)?.parse().ok()?,
            session: fields.get(3)?.parse().ok()?,
            start_ticks: fields.get(19)?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_is_read_behind_a_name_with_brackets_and_blanks() {
        let text = "42 (a) R b) Z 7 8 9 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 123456 1 2";
        let expected = Stat { alive: false, parent: 7, group: 8, session: 9, start_ticks: 123_456 };
        assert_eq!(Stat::parse(text), Some(expected));
        assert_eq!(Stat::parse("42 (a) R 1"), None);
    }
}
