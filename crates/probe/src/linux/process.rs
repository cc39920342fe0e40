//! One process: `/proc/PID/stat`.
//!
//! The file is `pid (name) state parent …`. The name is whatever the process
//! calls itself, with blanks and brackets, so the rest begins behind the LAST `)`.

use crate::collector::Machine;
use crate::error::{Fault, ParseError};
use crate::process::{ProcessReading, ProcessState};
use crate::scan::{Line, decimal};

/// Named in errors; `N` stands for any pid.
const FILE: &str = "/proc/N/stat";

/// What the kernel says about one process. Times are in clock ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessStat<'a> {
    /// Its number.
    pub pid: u32,
    /// Its short name, 15 bytes for programs; not always text.
    pub name: &'a [u8],
    /// What it is doing.
    pub state: ProcessState,
    /// Pid of its parent; 0 for the first process and kernel threads.
    pub parent: u32,
    /// Process group.
    pub group: u32,
    /// Session.
    pub session: u32,
    /// Time it spent in its own code.
    pub user_ticks: u64,
    /// Time the kernel worked for it.
    pub system_ticks: u64,
    /// User time of its children that have ended and were waited for.
    pub children_user_ticks: u64,
    /// System time of the same children.
    pub children_system_ticks: u64,
    /// Number of threads.
    pub threads: u32,
    /// When it started, in ticks since boot. With the pid it tells one process from a later one of the same pid.
    pub start_ticks: u64,
    /// Resident memory, in pages.
    pub resident_pages: u64,
}

impl ProcessStat<'_> {
    /// Its own processor time, children left out.
    pub const fn own_ticks(&self) -> u64 {
        self.user_ticks.saturating_add(self.system_ticks)
    }

    /// Its processor time with that of its ended children.
    pub const fn tree_ticks(&self) -> u64 {
        self.own_ticks().saturating_add(self.children_user_ticks).saturating_add(self.children_system_ticks)
    }
}

/// Reads the text of one `/proc/PID/stat`.
///
/// # Errors
/// [`ParseError`] on line 1 when the text is cut or is not of the kernel's form.
///
/// ```
/// # use topmast_probe::linux::process::parse_stat;
/// let stat = parse_stat(b"42 (a) b) S 1 42 42 0 -1 0 0 0 0 0 250 50 7 3 20 0 4 0 99 0 512 0\n")?;
/// assert_eq!((stat.pid, stat.name, stat.parent, stat.start_ticks), (42, &b"a) b"[..], 1, 99));
/// assert_eq!(stat.tree_ticks(), 310);
/// # Ok::<(), topmast_probe::ParseError>(())
/// ```
pub fn parse_stat(text: &[u8]) -> Result<ProcessStat<'_>, ParseError> {
    let error = |fault| ParseError { origin: FILE, line: 1, fault };
    let Some(text) = text.strip_suffix(b"\n") else {
        return Err(error(if text.is_empty() { Fault::Empty } else { Fault::Cut }));
    };
    // Not `Lines`: kernels before 4.18 write a line break within a name as it is.
    let mut line = Line::of(FILE, text);
    let head = line.split_last(b')').ok_or(error(Fault::Malformed("`pid (name)`")))?;
    let open = head.iter().position(|&byte| byte == b'(').ok_or(error(Fault::Malformed("`pid (name)`")))?;
    let (pid, name) = head.split_at(open);
    let pid = decimal(pid.trim_ascii_end()).ok_or(error(Fault::NotANumber("pid")))?;
    let state = state(line.word("state")?);
    let parent = narrow(&mut line, "parent")?;
    let group = narrow(&mut line, "process group")?;
    let session = narrow(&mut line, "session")?;
    // tty, its foreground group, flags, and four counts of faults
    line.skip(7);
    let user_ticks = line.number_of("user time")?;
    let system_ticks = line.number_of("system time")?;
    let children_user_ticks = line.number_of("children's user time")?;
    let children_system_ticks = line.number_of("children's system time")?;
    // priority and nice, which may be below zero
    line.skip(2);
    let threads = narrow(&mut line, "number of threads")?;
    // a timer no longer in use
    line.skip(1);
    let start_ticks = line.number_of("start time")?;
    // virtual size
    line.skip(1);
    let resident_pages = line.number_of("resident memory")?;
    Ok(ProcessStat {
        pid: u32::try_from(pid).map_err(|_| error(Fault::NotANumber("pid")))?,
        name: name.get(1..).unwrap_or_default(),
        state,
        parent,
        group,
        session,
        user_ticks,
        system_ticks,
        children_user_ticks,
        children_system_ticks,
        threads,
        start_ticks,
        resident_pages,
    })
}

/// Reads one process for the ranking.
pub(crate) fn parse_reading(machine: Machine, text: &[u8]) -> Result<ProcessReading<'_>, ParseError> {
    let stat = parse_stat(text)?;
    Ok(ProcessReading {
        pid: stat.pid,
        name: stat.name,
        state: stat.state,
        start: stat.start_ticks,
        cpu_seconds: machine.seconds(stat.own_ticks()),
        resident_bytes: machine.bytes(stat.resident_pages),
    })
}

fn narrow(line: &mut Line<'_>, what: &'static str) -> Result<u32, ParseError> {
    let number = line.number_of(what)?;
    u32::try_from(number).map_err(|_| line.error(Fault::NotANumber(what)))
}

fn state(letter: &[u8]) -> ProcessState {
    match letter {
        b"R" => ProcessState::Running,
        b"S" => ProcessState::Sleeping,
        b"D" => ProcessState::Blocked,
        b"T" | b"t" => ProcessState::Stopped,
        b"Z" => ProcessState::Zombie,
        b"I" => ProcessState::Idle,
        _ => ProcessState::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::fixture;

    #[test]
    fn debian_12_stat_is_read_column_by_column() {
        let text = fixture("debian-12", "/proc/15571/stat");
        let stat = parse_stat(&text).unwrap();
        let expected = ProcessStat {
            pid: 15_571,
            name: b"payment-switch",
            state: ProcessState::Running,
            parent: 15_556,
            group: 15_556,
            session: 4480,
            user_ticks: 1234,
            system_ticks: 567,
            children_user_ticks: 89,
            children_system_ticks: 10,
            threads: 3,
            start_ticks: 179_172,
            resident_pages: 382,
        };
        assert_eq!(stat, expected);
        assert_eq!((stat.own_ticks(), stat.tree_ticks()), (1801, 1900));
    }

    #[test]
    fn readings_are_in_seconds_and_bytes() {
        let text = fixture("centos-7", "/proc/2211/stat");
        let reading = parse_reading(Machine::default(), &text).unwrap();
        let expected = ProcessReading {
            pid: 2211,
            name: b"java (acq) S 1",
            state: ProcessState::Sleeping,
            start: 8_812,
            cpu_seconds: 91_234.56,
            resident_bytes: 1_610_612_736.0,
        };
        assert_eq!(reading, expected);
    }

    #[test]
    fn names_may_hold_anything() {
        for name in ["a) R 1 2", "", "((", "x\ny", ")", "kworker/0:1-events"] {
            let text = format!("7 ({name}) Z 1 2 3 0 -1 0 0 0 0 0 0 0 0 0 20 -5 1 0 99 0 0 0\n");
            let stat = parse_stat(text.as_bytes()).unwrap();
            assert_eq!((stat.name, stat.state), (name.as_bytes(), ProcessState::Zombie));
        }
    }

    #[test]
    fn garbled_stats_are_errors() {
        for (text, fault) in [
            ("", Fault::Empty),
            ("7 (a) S 1 2 3", Fault::Cut),
            ("7 a S 1 2 3\n", Fault::Malformed("`pid (name)`")),
            ("7 a) S 1 2 3\n", Fault::Malformed("`pid (name)`")),
            ("x (a) S 1 2 3\n", Fault::NotANumber("pid")),
            ("4294967296 (a) S 1 2 3 0 -1 0 0 0 0 0 0 0 0 0 20 -5 1 0 99 0 0\n", Fault::NotANumber("pid")),
            ("7 (a)\n", Fault::Missing("state")),
            ("7 (a) S 1 2 3\n", Fault::Missing("user time")),
            ("7 (a) S -1 2 3\n", Fault::NotANumber("parent")),
        ] {
            assert_eq!(
                parse_stat(text.as_bytes()),
                Err(ParseError { origin: FILE, line: 1, fault }),
                "{text}"
            );
        }
    }
}
