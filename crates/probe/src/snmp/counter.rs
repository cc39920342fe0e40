//! Counters that wrap: those of 32 bits are carried on in 64.

use super::object::{Objects, Value};
use std::collections::HashMap;

const WRAP: u64 = 1 << 32;

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Counters {
    /// Value as last told and as carried on, by identifier.
    last: HashMap<Vec<u32>, (u32, u64)>,
    now: HashMap<Vec<u32>, (u32, u64)>,
    uptime: Option<u32>,
    /// The system started anew since the reading before.
    restarted: bool,
}

impl Counters {
    /// A reading begins.
    pub(super) fn begin(&mut self, uptime: Option<u32>) {
        // Uptime wraps as well, after 497 days: what is less than half of that ahead is later.
        self.restarted = match (self.uptime, uptime) {
            (Some(before), Some(now)) => now.wrapping_sub(before) > u32::MAX / 2,
            _ => false,
        };
        self.uptime = uptime.or(self.uptime);
    }

    /// A counter's value, carried on over its wraps (SN-1).
    pub(super) fn read(&mut self, objects: &Objects, oid: &[u32]) -> Option<f64> {
        let now = match objects.get(oid)? {
            Value::Counter64(number) => return Some(*number as f64),
            Value::Counter32(number) => *number,
            _ => return None,
        };
        let carried = match self.last.get(oid).filter(|_| !self.restarted) {
            Some((before, carried)) => carried + u64::from(now.wrapping_sub(*before)),
            None => u64::from(now),
        };
        debug_assert_eq!(carried % WRAP, u64::from(now));
        self.now.insert(oid.to_vec(), (now, carried));
        Some(carried as f64)
    }

    /// A reading ends: what was not in it is forgotten.
    pub(super) fn end(&mut self) {
        self.last = std::mem::take(&mut self.now);
    }
}
