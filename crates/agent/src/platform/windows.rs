//! Windows, from Server 2012 R2 on: nothing is called that came later.
//!
//! The API is C, so its calls are unsafe; each stands in a function that is safe to call, with the proof beside it.

pub(crate) mod account;
pub(crate) mod command;
pub(crate) mod family;
pub(crate) mod file;
pub(crate) mod host;
pub(crate) mod paths;
pub(crate) mod service;
pub(crate) mod socket;
pub(crate) mod sparse;
pub(crate) mod stop;
pub(crate) mod terminal;
pub(crate) mod tree;

mod job;
mod log;
mod process;
mod registry;
mod security;
mod text;
