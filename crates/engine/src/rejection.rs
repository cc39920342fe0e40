//! Why a command was refused, in words that say what to do next.
//!
//! Knows nothing of HTTP: a surface maps [`Rejection::code`] to its own status.

use crate::action::Objection;
use std::fmt;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::permit::PermitId;
use topmast_model::principal::{Principal, Right};

/// Most names spelt out in one rejection; the others are counted.
const NAMED_MAX: usize = 10;

/// Why a command was refused. Nothing of it was done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The principal lacks a right.
    #[error("{actor} is not allowed to {right} on {paths}; ask an administrator for a role which may")]
    Forbidden {
        /// Who asked, e.g. `user eve`.
        actor: String,
        /// What was lacking.
        right: Right,
        /// Where; `everything` when the right is needed without a path.
        paths: Listed,
    },
    /// Something named does not exist.
    #[error("there is no {what} {names}; {hint}")]
    NotFound {
        /// What kind of thing, e.g. `application`.
        what: &'static str,
        /// Its name, or the first names.
        names: Listed,
        /// What to do.
        hint: &'static str,
    },
    /// It contradicts what is there.
    #[error("{message}")]
    Conflict {
        /// What is in the way, and what to do.
        message: String,
    },
    /// The command itself is wrong.
    #[error("{field}: {message}")]
    Invalid {
        /// The command's field.
        field: &'static str,
        /// What is wrong, and what to write instead.
        message: String,
    },
    /// A guard is against it.
    #[error("refused by {objections}; {way_out}")]
    Guarded {
        /// The guards with their objects.
        objections: Listed,
        /// What to do instead.
        way_out: &'static str,
    },
    /// Who asked is not who approves.
    #[error(
        "{actor} may not approve what {asked} asked for: another person has to; `topmast cancel` takes it back"
    )]
    OwnAction {
        /// Who would approve.
        actor: String,
        /// Who asked.
        asked: String,
    },
    /// A policy wants another person's approval first.
    #[error("{message}")]
    AwaitsApproval {
        /// The permit that waits.
        permit: PermitId,
        /// Which permit waits until when, and what to do then.
        message: String,
    },
    /// What it rests on has ended.
    #[error("{message}")]
    Expired {
        /// What ended, and what to do.
        message: String,
    },
    /// A bound was reached; it may be accepted later.
    #[error("{message}")]
    LimitReached {
        /// Which bound, and what to do.
        message: String,
    },
}

impl Rejection {
    /// A short stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Forbidden { .. } | Self::OwnAction { .. } => "forbidden",
            Self::AwaitsApproval { .. } => "awaits_approval",
            Self::Guarded { .. } => "guarded",
            Self::NotFound { .. } => "not_found",
            Self::Conflict { .. } => "conflict",
            Self::Invalid { .. } => "invalid",
            Self::Expired { .. } => "expired",
            Self::LimitReached { .. } => "limit_reached",
        }
    }

    pub(crate) fn guarded(objections: &[Objection]) -> Self {
        let way_out = if objections.iter().any(|objection| objection.is_final) {
            "no right overrides that: do it on the server itself, where it is meant"
        } else {
            "act on fewer at a time or later, or override the guard with a reason and the right"
        };
        Self::Guarded { objections: objections.iter().collect(), way_out }
    }

    pub(crate) fn forbidden<'a>(
        who: &Principal,
        right: Right,
        paths: impl IntoIterator<Item = Option<&'a ObjectPath>>,
    ) -> Self {
        let paths = paths.into_iter().map(|path| path.map_or("everything", ObjectPath::as_str)).collect();
        Self::Forbidden { actor: who.actor.to_string(), right, paths }
    }

    pub(crate) fn no_server(server: &ObjectPath) -> Self {
        Self::NotFound {
            what: "server",
            names: Listed::one(server),
            hint: "`topmast servers` shows which exist",
        }
    }

    pub(crate) fn no_user(name: &str) -> Self {
        Self::NotFound {
            what: "user",
            names: Listed::one(name),
            hint: "check the spelling, or create the user first",
        }
    }

    pub(crate) fn no_dashboard(name: &str) -> Self {
        Self::NotFound { what: "dashboard", names: Listed::one(name), hint: "list them for their names" }
    }

    pub(crate) fn no_parameter(name: &str) -> Self {
        Self::NotFound { what: "parameter", names: Listed::one(name), hint: "list them for their names" }
    }

    pub(crate) fn no_log(what: &'static str, name: &str) -> Self {
        Self::NotFound { what, names: Listed::one(name), hint: "list them for their names" }
    }

    /// `None` when nothing is missing.
    pub(crate) fn no_tagged<T: fmt::Display>(missing: impl Iterator<Item = T>) -> Option<Self> {
        let names: Listed = missing.collect();
        let hint = "clusters, servers and applications have tags";
        (!names.is_empty()).then_some(Self::NotFound { what: "object", names, hint })
    }

    pub(crate) fn no_token(what: &'static str, id: impl fmt::Display) -> Self {
        Self::NotFound { what, names: Listed::one(id), hint: "it may have been revoked already" }
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::Conflict { message: message.into() }
    }

    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { field, message: message.into() }
    }

    pub(crate) fn expired(message: impl Into<String>) -> Self {
        Self::Expired { message: message.into() }
    }

    pub(crate) fn limit(message: impl Into<String>) -> Self {
        Self::LimitReached { message: message.into() }
    }
}

/// Names of which the first ten are kept and all are counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// The first names, at most ten.
    pub first: Vec<String>,
    /// How many there are in all.
    pub count: usize,
}

impl Listed {
    pub(crate) fn one(name: impl fmt::Display) -> Self {
        Self { first: vec![name.to_string()], count: 1 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl<T: fmt::Display> FromIterator<T> for Listed {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        let mut listed = Self::default();
        for name in names {
            if listed.count < NAMED_MAX {
                listed.first.push(name.to_string());
            }
            listed.count += 1;
        }
        listed
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.first.join(", "))?;
        match self.count.saturating_sub(self.first.len()) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// Refuses what is no tenant, of what belongs to tenants.
pub(crate) fn check_tenant(tenant: &ObjectPath) -> Result<(), Rejection> {
    if tenant.level() == Level::Tenant {
        return Ok(());
    }
    Err(Rejection::invalid("tenant", format!("{tenant} is no tenant")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_names_ten_and_counts_the_rest() {
        assert_eq!(["a", "b"].iter().collect::<Listed>().to_string(), "a, b");
        let many: Listed = (0..25).collect();
        assert_eq!(many.to_string(), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 15 more");
        assert_eq!(many.count, 25);
    }
}
