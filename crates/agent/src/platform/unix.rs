//! Every Unix: what POSIX has.

pub(crate) mod account;
pub(crate) mod command;
pub(crate) mod family;
pub(crate) mod file;
pub(crate) mod filesystem;
pub(crate) mod paths;
pub(crate) mod service;
pub(crate) mod socket;
pub(crate) mod stop;
pub(crate) mod terminal;
pub(crate) mod tree;
