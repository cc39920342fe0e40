//! The tools that systems have by default, and what their text says: `(system, tool, text) → Reading`.
//!
//! ```text
//! bytes ─ text::Text ─ a tool's parse, found in its system's table ─► Reading
//! ```
//!
//! Parsers go by header and meaning: a column is found by its name, never by its place; of several samples in
//! one text the last complete one counts; what the text does not say stays unknown.
//!
//! Invariants
//! - T-1: no input makes a parser panic, run for ever or take more memory than some times the input's.
//! - T-2: what stands there but cannot be trusted (a number that is cut, a row that ends early) is left out with a
//!   [`Remark`](crate::reading::Remark), or is a [`ParseError`] with its line when nothing else is left.

mod aix;
mod csv;
mod cut;
mod disk_free;
mod display;
mod docker;
mod esxi;
mod figures;
mod framed;
mod freebsd;
#[cfg(test)]
mod garbled;
mod hpux;
mod json;
mod kubernetes;
mod linux;
mod macos;
mod net_stat;
mod pdh;
mod ps;
mod record;
#[cfg(test)]
mod recordings;
mod row;
mod ruled;
mod screen;
mod solaris;
mod span;
mod table;
mod text;
mod uptime;
mod vmstat;
mod windows;
mod zpool;

use crate::error::{Fault, ParseError};
use crate::reading::Reading;
use text::Text;

/// A tool of a system.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    /// Its name, e.g. `vmstat`.
    pub name: &'static str,
    /// The system and the name, for errors: `aix vmstat`.
    origin: &'static str,
    parse: fn(&Text<'_>) -> Result<Reading, ParseError>,
}

/// A system and its tools.
#[derive(Debug, Clone, Copy)]
pub struct System {
    /// Its name, e.g. `aix`.
    pub name: &'static str,
    /// What can be parsed of it.
    pub tools: &'static [Tool],
}

/// Every system.
pub const SYSTEMS: &[System] = &[
    System { name: "aix", tools: aix::TOOLS },
    System { name: "docker", tools: docker::TOOLS },
    System { name: "esxi", tools: esxi::TOOLS },
    System { name: "freebsd", tools: freebsd::TOOLS },
    System { name: "hpux", tools: hpux::TOOLS },
    System { name: "kubernetes", tools: kubernetes::TOOLS },
    System { name: "linux", tools: linux::TOOLS },
    System { name: "macos", tools: macos::TOOLS },
    System { name: "solaris", tools: solaris::TOOLS },
    System { name: "windows", tools: windows::TOOLS },
];

/// The most text that is parsed: some 5,000 processes with long command lines.
pub const MAX_TEXT_BYTES: usize = 16 << 20;

/// Finds a tool by the names of its system and its own.
pub fn find(system: &str, tool: &str) -> Option<&'static Tool> {
    let system = SYSTEMS.iter().find(|each| each.name == system)?;
    system.tools.iter().find(|each| each.name == tool)
}

impl Tool {
    /// Says what a text of this tool says.
    ///
    /// - `text`: as the tool printed it: UTF-8, UTF-16, or some 8-bit code; any line ends, coloured or not.
    ///
    /// # Errors
    /// [`ParseError`] with the line, when the text is empty, too long, or has nothing in it that can be trusted.
    pub fn parse(&self, text: &[u8]) -> Result<Reading, ParseError> {
        let error = |fault| ParseError { origin: self.origin, line: 1, fault };
        if text.len() > MAX_TEXT_BYTES {
            return Err(error(Fault::Malformed("at most 16 MiB of text")));
        }
        let text = text::decode(text);
        let text = text::tidied(&text);
        let text = framed::json(&text);
        let text = Text::of(self.origin, &text);
        if text.lines().all(|line| line.is_blank()) {
            return Err(error(Fault::Empty));
        }
        (self.parse)(&text)
    }
}
