//! The metrics that were put of late: their ids without asking the file.
//!
//! Whoever puts a metric puts it again soon. What is here is in the file; what is in the file need not be here.

use super::Metric;
use std::collections::HashMap;

/// Metrics of all tenants; when there are more, all are forgotten and looked up again.
const MOST: usize = 65_536;

/// What is known of one metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) id: i64,
    /// The second of its newest point.
    pub(super) newest: i64,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Recent {
    tenants: HashMap<String, HashMap<Metric, Seen>>,
    count: usize,
}

impl Recent {
    pub(super) fn get(&self, tenant: &str, metric: &Metric) -> Option<Seen> {
        self.tenants.get(tenant)?.get(metric).copied()
    }

    /// Takes in what is in the file by now.
    pub(super) fn note(&mut self, tenant: &str, metric: &Metric, seen: Seen) {
        if let Some(before) = self.tenants.get_mut(tenant).and_then(|metrics| metrics.get_mut(metric)) {
            before.newest = before.newest.max(seen.newest);
            return;
        }
        if self.count >= MOST {
            self.forget();
        }
        self.tenants.entry(tenant.to_owned()).or_default().insert(metric.clone(), seen);
        self.count += 1;
    }

    /// Ids are other ones from now on, or nobody's.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}
