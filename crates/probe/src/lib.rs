//! Reading a host: a *plan* of what to read, and *parsing* of what was read.
//!
//! This crate does no I/O. The agent reads its own host by the plan, another
//! transport reads a remote one, and both give the bytes to the same parsers.
//!
//! ```text
//! COLLECTORS -> Collector { period, source } -> the reader reads -> parse -> SampleSink
//! FACT_FILES ----------------------------------> the reader reads -> facts -> ServerFacts
//! tool::SYSTEMS -> Tool { name } -------------> what the tool printed -> parse -> Reading
//! zabbix::HostReader -> items ----------------> what a Zabbix agent answers ----> SampleSink
//! docker::Containers -> questions ------------> what a Docker Engine answers ---> SampleSink
//! snmp::HostReader -> objects ----------------> what is answered by SNMP -------> SampleSink
//! plan::Plan -> script -> one shell over ssh --> Answer -> HostReader -> groups of samples
//! ```
//!
//! Invariants
//! - P-1: what the text does not say is not emitted; nothing is ever filled in with 0.
//! - P-2: cut or garbled text is a [`ParseError`] with its line, never a wrong number or a panic.
//! - P-3: the sources read every tick are parsed without allocating.
//! - P-4: times leave as seconds, sizes as bytes, counters as counters; rates are derived on read.
//! - P-5: every list a host can lengthen (processors, disks, interfaces, mounts, processes) is bounded,
//!   and what the bound left out is counted.
//!
//! Elsewhere: opening files and keeping the periods (`topmast-agent`); names and units of metrics
//! (`topmast_model::catalogue`).

mod collector;
mod error;
mod filesystem;
mod process;
mod scan;

pub mod docker;
pub mod guest;
pub mod linux;
pub mod plan;
pub mod reading;
pub mod snmp;
pub mod solaris;
pub mod tool;
pub mod zabbix;

#[cfg(test)]
mod allocation;
#[cfg(test)]
mod fixture;

pub use collector::{Collector, MAX_SOURCE_BYTES, Machine, ParseSamples, Period, Source};
pub use error::{Fault, ParseError};
pub use filesystem::{Filesystem, FilesystemUsage, emit_usage};
pub use process::{ProcessRanking, ProcessReading, ProcessState, TOP_PROCESSES, scan_period};
