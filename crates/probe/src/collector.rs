//! The plan: which sources to read, how often, and who parses what was read.
//!
//! A collector is a row of an operating system's table (`linux::COLLECTORS`);
//! adding one is adding a row and a parser. The reader walks the table, reads
//! what is due, and hands over the bytes.

use crate::error::ParseError;
use crate::filesystem::Filesystem;
use crate::process::ProcessReading;
use topmast_model::sample::SampleSink;

/// A reader gives up on a text longer than this and passes on what it has, which parses as cut.
///
/// 1 MiB is some five times `/proc/stat` of a host with 1,024 processors.
pub const MAX_SOURCE_BYTES: usize = 1 << 20;

/// Properties of the host that its files leave out but their units depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// Clock ticks a second (`sysconf(_SC_CLK_TCK)`).
    pub ticks_per_second: u32,
    /// Size of a memory page in bytes (`sysconf(_SC_PAGESIZE)`).
    pub page_bytes: u32,
}

impl Default for Machine {
    /// Linux on x86: 100 ticks a second, pages of 4 KiB.
    fn default() -> Self {
        Self { ticks_per_second: 100, page_bytes: 4096 }
    }
}

impl Machine {
    /// Clock ticks as seconds.
    pub fn seconds(self, ticks: u64) -> f64 {
        ticks as f64 / f64::from(self.ticks_per_second.max(1))
    }

    /// Memory pages as bytes.
    pub fn bytes(self, pages: u64) -> f64 {
        pages as f64 * f64::from(self.page_bytes)
    }
}

/// How often a source is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// At every tick of the agent, one second by default.
    Tick,
    /// At the first tick after so many seconds.
    Seconds(u32),
}

/// One subsystem's reading of one source.
#[derive(Debug, Clone, Copy)]
pub struct Collector {
    /// A noun, unique in the table, e.g. `cpu`; named in logs beside an error.
    pub name: &'static str,
    /// How often to read.
    pub period: Period,
    /// What to read and how to understand it.
    pub source: Source,
}

/// Turns one text into samples.
pub type ParseSamples = fn(Machine, &[u8], &mut dyn SampleSink) -> Result<(), ParseError>;

/// What a reader has to fetch.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// One file, read whole.
    File {
        /// Where it is.
        path: &'static str,
        /// True when some hosts have it not: then its absence (or a kernel's refusal to read it) is no error.
        optional: bool,
        /// What to do with the bytes.
        parse: ParseSamples,
    },
    /// A mount table and then, for each filesystem selected from it, its usage (`statvfs`),
    /// which [`emit_usage`](crate::emit_usage) turns into samples.
    Filesystems {
        /// The mount table.
        path: &'static str,
        /// Picks the filesystems to ask about.
        select: fn(&[u8]) -> Result<Vec<Filesystem>, ParseError>,
    },
    /// The same file of every process, gathered by a [`ProcessRanking`](crate::ProcessRanking).
    ///
    /// The file is `DIRECTORY/PID/FILE` for every entry of the directory whose name is all digits. A process
    /// may end between listing and reading; a file that is gone by then is no error. The collector's
    /// period is the shortest one: [`scan_period`](crate::scan_period) lengthens it with the number of processes.
    Processes {
        /// The directory with one entry for each process.
        directory: &'static str,
        /// The file within a process's entry.
        file: &'static str,
        /// Reads one process.
        parse: fn(Machine, &[u8]) -> Result<ProcessReading<'_>, ParseError>,
    },
}

impl Source {
    /// The file or directory to be read.
    pub const fn path(&self) -> &'static str {
        match self {
            Self::File { path, .. } | Self::Filesystems { path, .. } => path,
            Self::Processes { directory, .. } => directory,
        }
    }
}
