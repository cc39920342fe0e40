//! Agents: enrolment, certificates, connection.

use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use topmast_model::path::ObjectPath;
use utoipa::ToSchema;

/// One enrolled agent in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentRow {
    /// The path of its server.
    #[schema(value_type = schema::ObjectPath)]
    pub server: ObjectPath,
    /// When it was admitted.
    pub enrolled_at: Timestamp,
    /// When its certificates were refused for good; null while they are good.
    pub revoked_at: Option<Timestamp>,
    /// SHA-256 of its newest certificate's DER bytes, lower-case hex.
    pub fingerprint: Option<String>,
    /// When its newest certificate ends.
    pub not_after: Option<Timestamp>,
    /// Whether it is connected to this master now.
    pub connected: bool,
}

/// Asks to enter a cluster; the join token is the proof.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// The join token's secret.
    pub join_token: String,
    /// The name that the server shall have in its cluster.
    pub server: String,
    /// Certificate request (PKCS #10) for the agent's key, PEM.
    pub csr_pem: String,
}

impl fmt::Debug for EnrolRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnrolRequest").field("server", &self.server).finish_non_exhaustive()
    }
}

/// What an admitted agent needs to connect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Enrolment {
    /// The path of its server.
    #[schema(value_type = schema::ObjectPath)]
    pub server: ObjectPath,
    /// Its certificate, PEM.
    pub certificate_pem: String,
    /// The cluster's CA, PEM.
    pub ca_pem: String,
}
