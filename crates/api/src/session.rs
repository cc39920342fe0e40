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
    /// Of a user with a second factor: the code that the authenticator shows, or a recovery code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// True for a browser: the token then comes in a cookie that no script can read, and not in the answer.
    #[serde(default)]
    pub cookie: bool,
}

impl fmt::Debug for SessionRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionRequest").field("user", &self.user).finish_non_exhaustive()
    }
}

/// The ways in beside user name and password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LoginWays {
    /// What the identity provider is called, when there is one: begin at `/api/v1/oidc/login` in a browser.
    pub oidc: Option<String>,
}

/// A login through the identity provider that was begun for a client without a browser.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceLogin {
    /// What to type at the address, in any browser.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// The same with the code in it, when the provider has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_uri_complete: Option<String>,
    /// That address as a QR code, line by line: `1` is dark, `0` is light; four light ones belong around it.
    #[serde(default)]
    pub qr: Vec<String>,
    /// How long to wait between two questions whether it is done.
    pub interval_s: u64,
    /// When it ends undone.
    pub expires_at: Timestamp,
    /// Goes back with each question.
    pub login: String,
}

impl fmt::Debug for DeviceLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceLogin")
            .field("verification_uri", &self.verification_uri)
            .finish_non_exhaustive()
    }
}

/// `POST /api/v1/oidc/device/session`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceSessionRequest {
    /// As it was begun.
    pub login: String,
}

impl fmt::Debug for DeviceSessionRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceSessionRequest").finish_non_exhaustive()
    }
}

/// Whether a login through the identity provider is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceSession {
    /// The session; none until somebody has logged in with the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
}

/// `POST /api/v1/oidc/loopback`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoopbackLoginRequest {
    /// The port of 127.0.0.1 on which the program listens: the browser comes back to `/callback` there.
    pub port: u16,
}

/// A login through the identity provider that was begun for a program with a browser on the same machine.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LoopbackLogin {
    /// Where the browser goes.
    pub url: String,
    /// What the browser brings back with the code; with another one it is not of this login.
    pub state: String,
    /// When it ends undone.
    pub expires_at: Timestamp,
    /// Goes back with the code.
    pub login: String,
}

impl fmt::Debug for LoopbackLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopbackLogin").finish_non_exhaustive()
    }
}

/// `POST /api/v1/oidc/loopback/session`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoopbackSessionRequest {
    /// As it was begun.
    pub login: String,
    /// As the browser brought it.
    pub state: String,
    /// As the browser brought it.
    pub code: String,
    /// The `iss` that the browser brought, by which a provider says that it sent it there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
}

impl fmt::Debug for LoopbackSessionRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopbackSessionRequest").finish_non_exhaustive()
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
    /// Of a session: where its user stands with the second factor. While it is `due`, nothing else can be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_factor: Option<SecondFactorState>,
    /// Whether its API token speaks for users, as that of a console of several clusters does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub speaks_for_users: bool,
    /// What the names end in of users, rules, channels, routes, configurations and policies that it makes, as `@acme`: all that
    /// it may do lies in that one tenant, and it is not the tenant of the master's own cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_suffix: Option<String>,
}

/// Where a user stands with the second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SecondFactorState {
    /// There is none.
    Unset,
    /// There is none, and the policy wants one.
    Due,
    /// Logins need a code.
    Set,
}

impl SecondFactorState {
    /// The word shown to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Due => "due",
            Self::Set => "set",
        }
    }
}

/// A secret for an authenticator, not in force yet. It is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecondFactorOffer {
    /// To type into an authenticator, in base 32.
    pub secret: String,
    /// The same as a link that authenticators open.
    pub uri: String,
    /// The link as a QR code, line by line: `1` is dark, `0` is light; four light ones belong around it.
    #[serde(default)]
    pub qr: Vec<String>,
    /// Goes back with the first code.
    pub offer: String,
}

impl fmt::Debug for SecondFactorOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecondFactorOffer").finish_non_exhaustive()
    }
}

/// Puts an offered secret into force.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondFactorRequest {
    /// As it was offered.
    pub offer: String,
    /// The code that the authenticator shows now.
    pub code: String,
    /// The user's password: an open session alone must not lock its user out.
    pub password: String,
}

impl fmt::Debug for SecondFactorRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecondFactorRequest").finish_non_exhaustive()
    }
}

/// A code of one's second factor.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeRequest {
    /// The code that the authenticator shows now, or a recovery code.
    pub code: String,
}

impl fmt::Debug for CodeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeRequest").finish_non_exhaustive()
    }
}

/// Codes for the day on which the authenticator is lost; each opens one session. They are shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecoveryCodes {
    /// The codes.
    pub codes: Vec<String>,
}

impl fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecoveryCodes").finish_non_exhaustive()
    }
}

impl From<topmast_model::principal::Principal> for Principal {
    fn from(principal: topmast_model::principal::Principal) -> Self {
        let topmast_model::principal::Principal { actor, grants } = principal;
        Self {
            kind: actor.kind,
            name: actor.name,
            auth: actor.auth,
            grants,
            second_factor: None,
            speaks_for_users: false,
            name_suffix: None,
        }
    }
}
