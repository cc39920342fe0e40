//! Agents: enrolment, renewal and revocation of their certificates.

use serde::{Deserialize, Serialize};
use topmast_model::command::AgentCertificate;
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// An agent that was enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// The join token that admitted it.
    pub join_token: Uuid,
    /// When it was admitted.
    pub enrolled_at: UnixMillis,
    /// When its certificates were refused for good.
    pub revoked_at: Option<UnixMillis>,
    /// Its certificates, the newest last.
    pub certificates: Vec<AgentCertificate>,
}

impl Agent {
    /// True when a certificate with this fingerprint is good at `now`.
    pub fn admits(&self, fingerprint: &str, now: UnixMillis) -> bool {
        self.revoked_at.is_none()
            && self
                .certificates
                .iter()
                .any(|certificate| certificate.fingerprint == fingerprint && certificate.not_after > now)
    }

    /// True when the agent can connect at `now` with some certificate.
    pub fn is_live(&self, now: UnixMillis) -> bool {
        self.revoked_at.is_none() && self.certificates.iter().any(|certificate| certificate.not_after > now)
    }
}
