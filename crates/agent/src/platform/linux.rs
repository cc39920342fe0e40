//! Linux: everything is below `/proc`.

mod filesystem;
pub(crate) mod host;
mod kept_file;
pub(crate) mod process;
