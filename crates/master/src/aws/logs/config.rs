//! How much is kept of the logs that AWS' tools send: the section `[aws_logs]`.

use serde::Deserialize;
use topmast_logs::Limits;

/// How much is kept of the logs that AWS' tools send.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AwsLogsConfig {
    /// MiB that the events of one tenant may take; the oldest go first.
    pub max_mib: u32,
    /// MiB that go at once then.
    pub segment_mib: u32,
}

impl Default for AwsLogsConfig {
    fn default() -> Self {
        Self { max_mib: 1_024, segment_mib: 8 }
    }
}

impl AwsLogsConfig {
    /// The field that is wrong, and what to write instead.
    pub(crate) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        if !(1..=1_024).contains(&self.segment_mib) {
            return Err(("aws_logs.segment_mib", "a segment has 1 to 1024 MiB"));
        }
        if self.max_mib < 2 * self.segment_mib {
            return Err((
                "aws_logs.max_mib",
                "the logs of a tenant take two segments (segment_mib) at least",
            ));
        }
        Ok(())
    }

    /// The same for the store.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            tenant_bytes: u64::from(self.max_mib) << 20,
            segment_bytes: u64::from(self.segment_mib) << 20,
        }
    }
}
