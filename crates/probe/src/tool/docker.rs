//! Docker: its command line and its Engine API.

mod api_stats;
mod stats;

use super::Tool;
use super::cut::marked;

pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "stats", origin: "docker stats", parse: |text| marked(text, stats::parse) },
    Tool { name: "api-stats", origin: "docker api-stats", parse: |text| marked(text, api_stats::parse) },
];
