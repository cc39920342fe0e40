//! Servers without an agent, which a master reads over ssh.

mod application;

pub use application::{AgentlessApplication, AgentlessApplications, AgentlessApplicationsRequest};

use crate::schema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use topmast_model::agentless::{AccountShell, HostSystem, SSH_PORT};
use topmast_model::path::ObjectPath;
use utoipa::ToSchema;

/// Milliseconds between two readings when the request does not say.
pub const INTERVAL_MS_DEFAULT: u64 = 10_000;

/// Asks to read servers over ssh: all of them, or none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentlessRequest {
    /// The servers.
    pub servers: Vec<AgentlessServer>,
    /// The ways to log in that they name by their places.
    pub logins: Vec<LoginRequest>,
    /// Take the place of how the servers were read before, where they were.
    #[serde(default)]
    pub replace: bool,
    /// Only tell what would happen.
    #[serde(default)]
    pub dry_run: bool,
}

/// A server that is to be read over ssh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentlessServer {
    /// The name that it shall have in its cluster.
    pub name: String,
    /// `tenant/cluster`; the master's own cluster when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::ObjectPath>)]
    pub cluster: Option<ObjectPath>,
    /// Where it listens.
    pub endpoint: Endpoint,
    /// The hosts to go through, the nearest to the master first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jumps: Vec<Endpoint>,
    /// Trust the key that a host without a fingerprint shows first.
    #[serde(default)]
    pub accept_new: bool,
    /// Place of the login in the request; the first when missing.
    #[serde(default)]
    pub login: u32,
    /// Its operating system; found out when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::HostSystem>)]
    pub os: Option<HostSystem>,
    /// What the account gives; found out when missing.
    #[serde(default)]
    #[schema(value_type = schema::AccountShell)]
    pub shell: AccountShell,
    /// Time between two readings; 10 s when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_ms: Option<u64>,
    /// What tells servers apart.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Whether the systems inside it (zones, domains, virtual machines, containers) are servers of their own; they are
    /// when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guests: Option<bool>,
}

/// A host with ssh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Host name or IP address.
    pub address: String,
    /// TCP port.
    #[serde(default = "ssh_port")]
    pub port: u16,
    /// The account.
    pub user: String,
    /// Fingerprint of the key that it must show, `SHA256:…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

const fn ssh_port() -> u16 {
    SSH_PORT
}

/// A way to log in: one of the two.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// A private key without a passphrase, in OpenSSH's or PEM form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_key: Option<String>,
    /// A password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

impl fmt::Debug for LoginRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginRequest")
    }
}

/// What would happen, or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentlessPlan {
    /// The servers, in the order of the request.
    pub servers: Vec<PlannedServer>,
    /// What is run on each system that a server may be.
    pub systems: Vec<PlannedSystem>,
}

/// A server in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedServer {
    /// The name of the request.
    pub name: String,
    /// Its path; null when the name cannot be one.
    #[schema(value_type = Option<schema::ObjectPath>)]
    pub server: Option<ObjectPath>,
    /// `user@address:port` of every host that is logged in to, the server last.
    pub through: Vec<String>,
    /// The systems that it may be.
    #[schema(value_type = Vec<schema::HostSystem>)]
    pub systems: Vec<HostSystem>,
    /// Why it cannot be added, and what to do.
    pub problem: Option<String>,
}

/// What is run on a system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedSystem {
    /// The system.
    #[schema(value_type = schema::HostSystem)]
    pub system: HostSystem,
    /// The commands, in their order.
    pub commands: Vec<PlannedCommand>,
    /// All of them as one script, which an account whose command is forced runs.
    pub script: String,
}

/// A command of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedCommand {
    /// Its name in the answer.
    pub name: String,
    /// When it is run, in words: `once a connection`, `every reading`, `every 60 s`.
    pub when: String,
    /// What is run.
    pub command: String,
}

/// The host keys that servers showed; nobody was logged in to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShownKeys {
    /// The servers, in the order of the request.
    pub servers: Vec<ShownServer>,
}

/// The host keys of a server and of the hosts before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShownServer {
    /// The name of the request.
    pub name: String,
    /// The fingerprints as far as one came: up to the first host whose key is not known, the nearest first.
    pub fingerprints: Vec<String>,
    /// Why there are none.
    pub problem: Option<String>,
}

/// Asks to trust other host keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustRequest {
    /// `SHA256:…` of the hosts between, the nearest first, then of the server.
    pub fingerprints: Vec<String>,
}

/// How a server is read over ssh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentlessRow {
    /// Its path.
    #[schema(value_type = schema::ObjectPath)]
    pub server: ObjectPath,
    /// `user@address:port` of every host that is logged in to, the server last.
    pub through: Vec<String>,
    /// The key that each must show, in that order; null is the first one that it shows.
    pub fingerprints: Vec<Option<String>>,
    /// `key` or `password`.
    pub login: String,
    /// The operating system that it was said to be.
    #[schema(value_type = Option<schema::HostSystem>)]
    pub os: Option<HostSystem>,
    /// What the account gives.
    #[schema(value_type = schema::AccountShell)]
    pub shell: AccountShell,
    /// Time between two readings.
    pub interval_ms: u64,
    /// Whether the systems inside it are servers of their own.
    pub guests: bool,
    /// Whether it is read now.
    pub connected: bool,
    /// What is wrong with reading it.
    pub problem: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn login_is_not_shown_by_debug() {
        let login = LoginRequest { password: Some("hunter2".into()), private_key: None };
        let request = AgentlessRequest { logins: vec![login], ..AgentlessRequest::default() };
        assert!(!format!("{request:?}").contains("hunter2"));
    }

    #[test]
    fn request_needs_little_and_takes_nothing_unknown() {
        let text = r#"{"servers": [{"name": "a", "endpoint": {"address": "a", "user": "m"}}], "logins": [{"password": "p"}]}"#;
        let request: AgentlessRequest = serde_json::from_str(text).unwrap();
        assert_eq!((request.servers[0].endpoint.port, request.servers[0].login), (22, 0));
        let wrong = text.replace("\"user\"", "\"usr\": 1, \"user\"");
        assert!(serde_json::from_str::<AgentlessRequest>(&wrong).is_err());
    }
}
