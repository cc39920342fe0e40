//! Docker: its command line and its Engine API.

mod api_stats;
mod stats;

use super::Tool;

pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "stats", origin: "docker stats", parse: stats::parse },
    Tool { name: "api-stats", origin: "docker api-stats", parse: api_stats::parse },
];
