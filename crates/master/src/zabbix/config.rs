//! The section `[ingest.zabbix]` of a configuration.

use serde::Deserialize;
use std::net::SocketAddr;

/// What is taken of other programs, beside what has a section of its own: the section `[ingest]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IngestConfig {
    /// How values of Zabbix' senders are taken.
    pub zabbix: ZabbixConfig,
}

/// How values of Zabbix' senders are taken: the section `[ingest.zabbix]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ZabbixConfig {
    /// Where they come in, by TCP; nowhere when missing. Port 0 takes a free one.
    pub listen: Option<SocketAddr>,
    /// Networks whose values are taken, such as `10.0.0.0/8`.
    pub allow: Vec<String>,
}

impl Default for ZabbixConfig {
    fn default() -> Self {
        Self { listen: None, allow: vec!["127.0.0.0/8".into(), "::1/128".into()] }
    }
}
