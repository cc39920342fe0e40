//! Solaris 11 and illumos: processes from `/proc`, filesystems from the mount table, the rest from `kstat`.
//!
//! The formats are those of 64-bit programs, which is what the agent is.

pub(crate) mod group;
pub(crate) mod host;
pub(crate) mod process;
pub(crate) mod pty;
pub(crate) mod sparse;

mod kstat;
