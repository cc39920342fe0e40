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

/// How much a tenant may use; where nothing is said, only the master's own bounds count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quotas {
    /// Series that its servers have in the history at one time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<u64>,
    /// Samples that its servers bring into the history, a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples_per_s: Option<u64>,
    /// Requests of its users, tokens and access keys, a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_s: Option<u64>,
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
    /// Let nobody of it in until it is resumed. Its servers go on, and are seen by those above it.
    Suspend {
        /// Why, which its people are told.
        reason: String,
    },
    /// Let its people in again.
    Resume,
    /// Forget what it is called and may use.
    Forget,
}
