//! What is done with configurations, and what then happened.

use super::{Configuration, Held};
use crate::id::ActionId;
use crate::path::ObjectPath;
use crate::principal::Right;
use crate::rolling::Rolling;
use serde::{Deserialize, Serialize};

/// What to do with configurations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigurationOrder {
    /// Make one, or give one another revision.
    Revise {
        /// What it is from now on; its secrets are sealed.
        configuration: Box<Configuration>,
        /// The revision that it was made from; none of one that is new. Who was faster wins.
        base: Option<u64>,
        /// Why, for the audit.
        reason: Option<String>,
    },
    /// Delete one with all of its revisions. Files on servers stay.
    Delete {
        /// Which.
        name: String,
        /// Why, for the audit.
        reason: Option<String>,
    },
    /// Lay a revision down on servers: an action.
    Apply(Box<ApplyConfiguration>),
}

impl ConfigurationOrder {
    /// What it needs: files and the commands beside them are an administrator's; whoever operates applies them.
    pub const fn right(&self) -> Right {
        match self {
            Self::Revise { .. } | Self::Delete { .. } => Right::ManageServers,
            Self::Apply(_) => Right::Operate,
        }
    }
}

/// Asks for a revision to be laid down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplyConfiguration {
    /// Identity of the action and idempotency key.
    pub id: ActionId,
    /// What is laid down.
    pub what: ConfigurationUse,
    /// For which applications.
    pub targets: Vec<ObjectPath>,
    /// Why, for the audit.
    pub reason: Option<String>,
    /// As of `OperateApplications`.
    pub timeout_ms: u64,
    /// As of `OperateApplications`.
    pub rolling: Option<Rolling>,
    /// Although a guard refuses, by right and with a reason.
    pub override_guards: bool,
}

/// What an action lays down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigurationUse {
    /// The configuration.
    pub name: String,
    /// Its revision.
    pub revision: u64,
    /// True when changes made by hand on the server are written over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overwrite: bool,
}

/// What happened to a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum ConfigurationChange {
    /// It has another revision.
    Revised {
        /// The revision's number, from 1.
        number: u64,
        /// What it is from now on.
        configuration: Box<Configuration>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// It was deleted.
    Deleted {
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// What of it lies on the server of an application is another one than before.
    Held {
        /// What.
        held: Held,
    },
}
