//! Who asks, and what they may do.
//!
//! A *principal* is an authenticated actor with its grants; a *grant* gives a role
//! on a path and everything inside it; a *role* is a fixed set of *rights*. The
//! tables that map each command and each route to the right it needs are
//! [`Command::right`](crate::command::Command::right) and the API's route table.

use crate::path::ObjectPath;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a command or a route needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// See servers, applications, services, tasks, actions and their events.
    Read,
    /// Read the lines of applications' logs.
    ReadLogs,
    /// Act on applications.
    Operate,
    /// Act although a guard refuses.
    OverrideGuards,
    /// Do custom actions that are for administrators.
    Administer,
    /// Approve what others ask for, where a policy wants two persons.
    ApproveActions,
    /// Announce freezes and say what has to be approved.
    ManageSafety,
    /// Acknowledge, mute, comment and close problems, and announce maintenance.
    HandleProblems,
    /// Write samples of series into the history.
    Write,
    /// Say what is to be a problem.
    ManageRules,
    /// Say where problems are told.
    ManageNotifications,
    /// Enrol, revoke and remove servers.
    ManageServers,
    /// Manage users, grants and other people's tokens.
    ManageAccess,
    /// Run commands and shells on servers.
    RunCommands,
    /// Read, verify and export the whole audit.
    ReadAudit,
    /// Report what a server does; an agent has it for its own server.
    Report,
    /// Decisions that a master makes by itself: freshness, expiry, its own start.
    Reconcile,
}

impl Right {
    /// Every right.
    pub const ALL: &'static [Self] = &[
        Self::Read,
        Self::ReadLogs,
        Self::Operate,
        Self::OverrideGuards,
        Self::Administer,
        Self::ApproveActions,
        Self::ManageSafety,
        Self::HandleProblems,
        Self::Write,
        Self::ManageRules,
        Self::ManageNotifications,
        Self::ManageServers,
        Self::ManageAccess,
        Self::RunCommands,
        Self::ReadAudit,
        Self::Report,
        Self::Reconcile,
    ];

    /// What it allows, as a verb phrase for errors: `not allowed to operate applications`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::ReadLogs => "read logs",
            Self::Operate => "operate applications",
            Self::OverrideGuards => "override guards",
            Self::Administer => "do actions of administrators",
            Self::ApproveActions => "approve actions",
            Self::ManageSafety => "manage freezes and approval policies",
            Self::HandleProblems => "handle problems",
            Self::Write => "write samples",
            Self::ManageRules => "manage rules",
            Self::ManageNotifications => "manage notifications",
            Self::ManageServers => "manage servers",
            Self::ManageAccess => "manage access",
            Self::RunCommands => "run commands on servers",
            Self::ReadAudit => "read the audit",
            Self::Report => "report as an agent",
            Self::Reconcile => "act as a master",
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A named set of rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees.
    Viewer,
    /// Sees, and reads logs.
    Logs,
    /// Sees, reads logs and acts.
    Operator,
    /// Sees, and approves what others ask for.
    Approver,
    /// Writes samples and sees nothing: for the token of a program that sends them.
    Writer,
    /// Sees, and runs commands and shells on servers.
    Terminal,
    /// Sees, acts, runs commands, and manages servers and access.
    /// Sees, acts, and manages servers, rules and access.
    Admin,
    /// Sees, and reads the audit.
    Auditor,
    /// An enrolled agent; never granted to people.
    Agent,
    /// The master itself; never granted to people.
    Master,
}

impl Role {
    /// The roles that can be granted to users and tokens.
    pub const GRANTABLE: &'static [Self] = &[
        Self::Viewer,
        Self::Logs,
        Self::Operator,
        Self::Approver,
        Self::Writer,
        Self::Terminal,
        Self::Admin,
        Self::Auditor,
    ];

    /// True when the role includes the right.
    pub const fn has(self, right: Right) -> bool {
        match self {
            Self::Viewer => matches!(right, Right::Read),
            Self::Operator => {
                matches!(
                    right,
                    Right::Read | Right::ReadLogs | Right::Operate | Right::HandleProblems | Right::Write
                )
            }
            Self::Approver => matches!(right, Right::Read | Right::ApproveActions),
            Self::Logs => matches!(right, Right::Read | Right::ReadLogs),
            Self::Writer => matches!(right, Right::Write),
            Self::Terminal => matches!(right, Right::Read | Right::ReadLogs | Right::RunCommands),
            Self::Admin => !matches!(right, Right::Report | Right::Reconcile),
            Self::Auditor => matches!(right, Right::Read | Right::ReadAudit),
            Self::Agent => matches!(right, Right::Report),
            Self::Master => true,
        }
    }

    /// The word used in CLI, API and audit.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Logs => "logs",
            Self::Operator => "operator",
            Self::Approver => "approver",
            Self::Writer => "writer",
            Self::Terminal => "terminal",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
            Self::Agent => "agent",
            Self::Master => "master",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A role on a path and everything inside it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// Where it holds; `None` is everywhere.
    pub path: Option<ObjectPath>,
}

impl Grant {
    /// True when the grant reaches `path`; `None` asks for everywhere.
    pub fn covers(&self, path: Option<&ObjectPath>) -> bool {
        match (&self.path, path) {
            (None, _) => true,
            (Some(prefix), Some(path)) => path.is_within(prefix),
            (Some(_), None) => false,
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{}:{path}", self.role),
            None => write!(f, "{}", self.role),
        }
    }
}

impl FromStr for Grant {
    type Err = GrantError;

    /// Reads `ROLE` or `ROLE:PATH`, the form used on the command line.
    fn from_str(text: &str) -> Result<Self, GrantError> {
        let (role, path) = text.split_once(':').map_or((text, None), |(role, path)| (role, Some(path)));
        let role = Role::GRANTABLE
            .iter()
            .copied()
            .find(|candidate| candidate.as_str() == role)
            .ok_or_else(|| GrantError::Role(role.to_owned()))?;
        let path = path.map(str::parse).transpose().map_err(GrantError::Path)?;
        Ok(Self { role, path })
    }
}

/// Why a text is not a grant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// The role is not one that can be granted.
    #[error(
        "{0:?} is not a role; it is one of viewer, logs, operator, approver, writer, terminal, admin, auditor"
    )]
    Role(String),
    /// The path is wrong.
    #[error(transparent)]
    Path(crate::path::PathError),
}

/// What kind of actor did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    /// A person.
    User,
    /// A program with an API token.
    Token,
    /// A program of AWS with an access key.
    #[serde(rename = "access-key")]
    AccessKey,
    /// An agent.
    Agent,
    /// A master, by itself.
    Master,
}

impl ActorKind {
    /// The word shown to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Token => "token",
            Self::AccessKey => "access key",
            Self::Agent => "agent",
            Self::Master => "master",
        }
    }
}

/// How an actor proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthMethod {
    /// User name and password in this request.
    Password,
    /// An identity provider, by OpenID Connect.
    Oidc,
    /// A session that a login opened.
    Session,
    /// An API token.
    Token,
    /// A console of several clusters, which named the user and proved itself with its own API token.
    Console,
    /// A signature made with an access key's secret.
    Signature,
    /// A one-time join token.
    Join,
    /// An agent's certificate.
    Certificate,
    /// Inside the master.
    Internal,
}

/// Who did something, as the audit keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Actor {
    /// Its kind.
    pub kind: ActorKind,
    /// User name, name of a token or access key after its owner's, server path or `master`.
    pub name: String,
    /// How it proved itself.
    pub auth: AuthMethod,
    /// Network address it came from.
    pub address: Option<String>,
    /// The API token, named after its owner, of the console that said who it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
}

impl Actor {
    /// The master acting by itself.
    pub fn master() -> Self {
        Self {
            kind: ActorKind::Master,
            name: "master".into(),
            auth: AuthMethod::Internal,
            address: None,
            through: None,
        }
    }
}

impl fmt::Display for Actor {
    /// Writes `user admin`, the form used in causes and lists.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ActorKind::Master => f.write_str("master"),
            kind => write!(f, "{} {}", kind.as_str(), self.name),
        }
    }
}

/// An authenticated actor with what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Who.
    pub actor: Actor,
    /// What it may do, and where.
    pub grants: Vec<Grant>,
}

impl Principal {
    /// The master acting by itself.
    pub fn master() -> Self {
        Self { actor: Actor::master(), grants: vec![Grant { role: Role::Master, path: None }] }
    }

    /// The agent of a server.
    pub fn agent(server: &ObjectPath, address: Option<String>) -> Self {
        Self {
            actor: Actor {
                kind: ActorKind::Agent,
                name: server.to_string(),
                auth: AuthMethod::Certificate,
                address,
                through: None,
            },
            grants: vec![Grant { role: Role::Agent, path: Some(server.clone()) }],
        }
    }

    /// True when some grant gives `right` on `path`; `None` asks for everywhere.
    pub fn may(&self, right: Right, path: Option<&ObjectPath>) -> bool {
        self.grants.iter().any(|grant| grant.role.has(right) && grant.covers(path))
    }

    /// True when some grant gives `right` anywhere at all.
    pub fn may_somewhere(&self, right: Right) -> bool {
        self.grants.iter().any(|grant| grant.role.has(right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal(grants: &[&str]) -> Principal {
        let (kind, auth) = (ActorKind::User, AuthMethod::Session);
        let actor = Actor { kind, name: "eve".into(), auth, address: None, through: None };
        Principal { actor, grants: grants.iter().map(|grant| grant.parse().unwrap()).collect() }
    }

    #[test]
    fn operator_of_a_cluster_acts_inside_it_only() {
        let eve = principal(&["operator:acme/north", "viewer:acme"]);
        let inside = "acme/north/db/switch".parse().unwrap();
        let outside = "acme/south/db/switch".parse().unwrap();
        assert!(eve.may(Right::Operate, Some(&inside)));
        assert!(!eve.may(Right::Operate, Some(&outside)));
        assert!(eve.may(Right::Read, Some(&outside)));
        assert!(!eve.may(Right::Operate, None));
        assert!(!eve.may_somewhere(Right::ManageAccess));
    }

    #[test]
    fn who_operates_applications_does_not_run_commands() {
        let operator = principal(&["operator", "auditor"]);
        assert!(!operator.may_somewhere(Right::RunCommands));
        let terminal = principal(&["terminal:acme/north"]);
        let (inside, outside) = ("acme/north/db".parse().unwrap(), "acme/south/db".parse().unwrap());
        assert!(terminal.may(Right::RunCommands, Some(&inside)) && terminal.may(Right::Read, Some(&inside)));
        assert!(!terminal.may(Right::RunCommands, Some(&outside)));
        assert!(!terminal.may_somewhere(Right::Operate));
    }

    #[test]
    fn who_only_sees_reads_no_logs() {
        for role in ["viewer", "auditor", "writer"] {
            assert!(!principal(&[role]).may_somewhere(Right::ReadLogs), "{role}");
        }
        let logs = principal(&["logs:acme/north"]);
        let (inside, outside) = ("acme/north/db/a".parse().unwrap(), "acme/south/db/a".parse().unwrap());
        assert!(logs.may(Right::ReadLogs, Some(&inside)) && !logs.may(Right::ReadLogs, Some(&outside)));
        assert!(!logs.may_somewhere(Right::Operate));
    }

    #[test]
    fn no_grantable_role_reports_or_reconciles() {
        for role in Role::GRANTABLE {
            assert!(!role.has(Right::Report) && !role.has(Right::Reconcile), "{role}");
        }
    }

    #[test]
    fn actor_of_an_older_record_is_read_and_written_as_it_was() {
        let old = r#"{"kind":"user","name":"eve","auth":"session","address":null}"#;
        let actor: Actor = serde_json::from_str(old).unwrap();
        assert_eq!(serde_json::to_string(&actor).unwrap(), old);
    }

    #[test]
    fn grant_reads_role_and_path_and_refuses_internal_roles() {
        assert_eq!("admin".parse(), Ok(Grant { role: Role::Admin, path: None }));
        assert_eq!("viewer:acme/main".parse::<Grant>().unwrap().to_string(), "viewer:acme/main");
        assert!(matches!("agent".parse::<Grant>(), Err(GrantError::Role(_))));
        assert!(matches!("viewer:a//b".parse::<Grant>(), Err(GrantError::Path(_))));
    }
}
