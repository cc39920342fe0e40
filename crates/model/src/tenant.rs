//! Tenants as objects: what a client is called, how much it may use, and whether it may use anything now.
//!
//! A tenant is the first name of every path in it. Elsewhere: what is kept of one (`topmast-engine`, `tenant`);
//! what it uses and how quotas are held (`topmast-master`, `tenant`).

use crate::path::ObjectPath;
use serde::{Deserialize, Serialize};

/// Most tenants that are described.
pub const TENANTS_MAX: usize = 1_000;
/// Longest title, and longest reason, in bytes.
pub const TITLE_MAX: usize = 200;

/// Most objectives of one tenant beside its own.
pub const OBJECTIVES_MAX: usize = 1_000;

/// What availability is promised, in percent: 99.9. Kept in thousandths, so that it is what it was written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Objective(u32);

impl Objective {
    /// In percent.
    pub fn percent(self) -> f64 {
        f64::from(self.0) / 1_000.0
    }

    /// What may be lost of some time.
    pub const fn budget_ms(self, of_ms: u64) -> u64 {
        of_ms / 100_000 * (100_000 - self.0 as u64) + of_ms % 100_000 * (100_000 - self.0 as u64) / 100_000
    }
}

impl TryFrom<f64> for Objective {
    type Error = String;

    fn try_from(percent: f64) -> Result<Self, String> {
        let thousandths = (percent * 1_000.0).round();
        if (1.0..=100_000.0).contains(&thousandths) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "just checked")]
            return Ok(Self(thousandths as u32));
        }
        Err(format!("{percent} is no objective; write a percentage over 0 and up to 100, as 99.9"))
    }
}

impl From<Objective> for f64 {
    fn from(objective: Objective) -> Self {
        objective.percent()
    }
}

/// How much a tenant may use; where nothing is said, only the master's own bounds count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quotas {
    /// Series that its servers, and what programs send, have in the history at one time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<u64>,
    /// Samples that its servers bring into the history, a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples_per_s: Option<u64>,
    /// Requests of its users, tokens and access keys, a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_s: Option<u64>,
    /// Days for which samples are kept as they came, when that is less than for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_days: Option<u64>,
    /// Days for which their minutes are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minute_days: Option<u64>,
    /// Days for which their hours are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hour_days: Option<u64>,
    /// MiB of the history's files that samples take at most, the newest; whichever bound is reached first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_mib: Option<u64>,
    /// MiB that their minutes take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minute_mib: Option<u64>,
    /// MiB that their hours take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hour_mib: Option<u64>,
}

impl Quotas {
    /// Days for which samples, minutes and hours are kept.
    pub const fn keep_days(&self) -> [Option<u64>; 3] {
        [self.raw_days, self.minute_days, self.hour_days]
    }

    /// Bytes of the history's files that samples, minutes and hours take at most.
    pub fn keep_bytes(&self) -> [Option<u64>; 3] {
        [self.raw_mib, self.minute_mib, self.hour_mib].map(|mib| Some(mib?.saturating_mul(1 << 20)))
    }

    /// All of them with what each bounds, in words; none of them can be 0.
    pub const fn all(&self) -> [(&'static str, Option<u64>); 9] {
        [
            ("series", self.series),
            ("samples a second", self.samples_per_s),
            ("requests a second", self.requests_per_s),
            ("days of samples", self.raw_days),
            ("days of minutes", self.minute_days),
            ("days of hours", self.hour_days),
            ("MiB of samples", self.raw_mib),
            ("MiB of minutes", self.minute_mib),
            ("MiB of hours", self.hour_mib),
        ]
    }
}

/// Days of which it is kept what a tenant used: a year, and a month to charge it.
pub const USAGE_DAYS_MAX: usize = 400;

/// What a tenant used on a day, by UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Servers, the most at one time.
    pub servers: u64,
    /// Applications, the most at one time.
    pub applications: u64,
    /// Series of its servers in the history, the most at one time.
    pub series: u64,
    /// Samples of its servers that the history took.
    pub samples: u64,
    /// Requests of its users, tokens and access keys.
    pub requests: u64,
    /// Actions that were accepted.
    pub actions: u64,
}

impl Usage {
    /// Takes more of the same day into account.
    pub fn add(&mut self, more: &Self) {
        self.servers = self.servers.max(more.servers);
        self.applications = self.applications.max(more.applications);
        self.series = self.series.max(more.series);
        self.samples = self.samples.saturating_add(more.samples);
        self.requests = self.requests.saturating_add(more.requests);
        self.actions = self.actions.saturating_add(more.actions);
    }
}

/// What a tenant used since the last time that this was noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageNote {
    /// The tenant.
    pub tenant: ObjectPath,
    /// Days since the Unix epoch.
    pub day: i64,
    /// How much.
    pub usage: Usage,
}

/// What to do with a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum TenantOrder {
    /// Describe it, whether it was described before or not.
    Describe {
        /// What people call it.
        title: String,
        /// What it may use.
        quotas: Quotas,
    },
    /// Promise an availability to it, or to something of it.
    Promise {
        /// Of what: `SERVER`, `APPLICATION` or `APPLICATION/SERVICE`, in all its clusters; all that has no objective of
        /// its own when none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<String>,
        /// How much; nothing any more when none.
        objective: Option<Objective>,
    },
    /// Let nobody of it in until it is resumed. Its servers go on, and are seen by those above it.
    Suspend {
        /// Why, which its people are told.
        reason: String,
    },
    /// Let its people in again.
    Resume,
    /// Forget what it is called and may use.
    Forget,
    /// Forget it for good, once there is nothing of it any more.
    Remove {
        /// Why, for the audit.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objective_is_a_percentage_and_leaves_a_budget() {
        let objective = |percent: f64| Objective::try_from(percent);
        assert_eq!(objective(99.9).unwrap().percent().to_string(), "99.9");
        assert_eq!(objective(99.9).unwrap().budget_ms(30 * 86_400_000), 2_592_000, "43 minutes of 30 days");
        assert_eq!(objective(100.0).unwrap().budget_ms(1_000), 0);
        for wrong in [0.0, 100.1, -1.0, f64::NAN, f64::INFINITY] {
            assert!(objective(wrong).unwrap_err().contains("as 99.9"), "{wrong}");
        }
        assert_eq!(serde_json::to_string(&objective(99.95).unwrap()).unwrap(), "99.95");
    }
}
