//! The groups of a user, as the system's own databases tell them.

use nix::unistd::{Gid, getgrouplist};
use std::ffi::CString;

/// Every group of a user, and the primary one that it is to have; `None` when that cannot be told.
pub(crate) fn groups_of(user: &str, primary: Gid) -> Option<Vec<Gid>> {
    getgrouplist(&CString::new(user).ok()?, primary).ok()
}
