//! Linux: everything is below `/proc`.

pub(crate) mod group;
pub(crate) mod host;
mod kept_file;
pub(crate) mod process;
pub(crate) mod pty;
pub(crate) mod sparse;
