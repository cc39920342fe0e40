//! What encoder and decoder both remember of a connection: strings by number, series by index.

use super::value::LastValue;
use crate::limits::{STRING_BYTES_MAX, STRINGS_MAX};

/// Tells, the same way on both sides, which strings get a number: all, until the table is full.
#[derive(Debug, Default)]
pub(super) struct StringCount {
    count: usize,
    bytes: usize,
}

impl StringCount {
    /// Counts a string that was written out; its position in the table, if it gets one.
    pub(super) fn admit(&mut self, string: &str) -> Option<usize> {
        if self.count >= STRINGS_MAX || self.bytes + string.len() > STRING_BYTES_MAX {
            return None;
        }
        self.bytes += string.len();
        self.count += 1;
        Some(self.count - 1)
    }
}

/// One index of the dictionary.
#[derive(Debug, Clone, Copy)]
pub(super) enum Slot {
    /// Its series ended (F-1).
    Retired,
    /// Its series has no value yet.
    Fresh,
    /// Its series has a value.
    Valued(LastValue),
}
