//! What is taken of packages: the section `[packages]`.

use serde::Deserialize;
use topmast_model::package::SIZE_MAX;

/// What is taken of packages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PackagesConfig {
    /// Most bytes of one.
    pub max_bytes: u64,
}

impl Default for PackagesConfig {
    fn default() -> Self {
        // Most applications with everything that they bring along.
        Self { max_bytes: 1 << 30 }
    }
}

impl PackagesConfig {
    /// The field that cannot be used, and what to write instead.
    pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
        if (1..=SIZE_MAX).contains(&self.max_bytes) {
            return Ok(());
        }
        Err(("packages.max_bytes", format!("a package has 1 to {SIZE_MAX} bytes")))
    }
}
