//! Sessions: logging in and out.

use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use topmast_model::principal::{ActorKind, AuthMethod, Grant};
use utoipa::ToSchema;
use uuid::Uuid;

/// Name of the cookie that carries a browser's session.
pub const COOKIE: &str = "topmast_session";

/// Asks for a session.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionRequest {
    /// Login name.
    pub user: String,
    /// Password.
    pub password: String,
    /// True for a browser: the token then comes in a cookie that no script can read, and not in the answer.
    #[serde(default)]
    pub cookie: bool,
}

impl fmt::Debug for SessionRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionRequest").field("user", &self.user).finish_non_exhaustive()
    }
}

/// An open session. Its token is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Goes into `Authorization: Bearer`; missing when a cookie carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// Whose it is.
    pub principal: Principal,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("principal", &self.principal).finish_non_exhaustive()
    }
}

/// One open session in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionRow {
    /// Identity; tells nothing of its secret.
    pub id: Uuid,
    /// Whose.
    pub user: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When a request last came with it.
    pub last_seen_at: Timestamp,
    /// The network address from which that request came, or else from which it was opened.
    pub address: Option<String>,
    /// What the client calls itself.
    pub client: Option<String>,
    /// When it ends by itself, used or not; earlier when nothing comes with it for too long.
    pub expires_at: Timestamp,
    /// True for the one that asks.
    pub current: bool,
}

/// Who the request comes from, and what it may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Principal {
    /// `user`, `token` or `agent`.
    #[schema(value_type = String)]
    pub kind: ActorKind,
    /// User name or token name.
    pub name: String,
    /// How it proved itself: `session`, `token`, `password`.
    #[schema(value_type = String)]
    pub auth: AuthMethod,
    /// What it may do, and where.
    #[schema(value_type = Vec<schema::Grant>)]
    pub grants: Vec<Grant>,
}

impl From<topmast_model::principal::Principal> for Principal {
    fn from(principal: topmast_model::principal::Principal) -> Self {
        let topmast_model::principal::Principal { actor, grants } = principal;
        Self { kind: actor.kind, name: actor.name, auth: actor.auth, grants }
    }
}
