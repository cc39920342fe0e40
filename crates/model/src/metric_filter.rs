//! Filters that make metrics of what is logged: which messages count, and for what.
//!
//! Elsewhere: filters that are kept (`topmast-engine`, `log_group`); patterns (`topmast-aws`, `log_filter`); how metrics are fed
//! (`topmast-master`).

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Characters of a filter's name, and of a pattern.
pub const FILTER_NAME_MAX: usize = 512;
/// Characters of a pattern.
pub const PATTERN_MAX: usize = 1_024;
/// Dimensions that a metric may take from messages.
pub const FILTER_DIMENSIONS_MAX: usize = 3;

/// What a filter does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricFilter {
    /// What finds messages, as it was written.
    pub pattern: String,
    /// What is made of them.
    pub metric: FilteredMetric,
    /// True when AWS would look at messages that were transformed; only told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_on_transformed: bool,
}

/// A metric that messages become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilteredMetric {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What a message counts: a number, `$.field` or `$column`.
    pub value: String,
    /// What a minute without such messages counts: a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// AWS' unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Dimensions by name, each with the field that tells its value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, String>,
}

/// True for what AWS takes for a filter's name.
pub fn is_filter_name(name: &str) -> bool {
    let count = name.chars().take(FILTER_NAME_MAX + 1).count();
    (1..=FILTER_NAME_MAX).contains(&count) && !name.contains([':', '*'])
}
