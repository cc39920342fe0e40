//! What keeps orders from doing harm, as data: freeze windows and policies of approval.
//!
//! Elsewhere: what becomes of an order (`action`); how both are applied (`topmast-engine`, `safety` and `action/guard`).

use crate::application::Operation;
use crate::maintenance::{Maintenance, Period, Window};
use crate::path::ObjectPath;
use crate::permit::PermitKind;
use crate::principal::Right;
use crate::rule::{Scope, Span};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Longest time in which an approval can be given: a week and a long weekend.
pub const EXPIRES_MAX: Span = Span::from_hours(24 * 10);
/// Time for an approval when the policy does not say.
pub const EXPIRES_DEFAULT: Span = Span::from_hours(1);

/// What can refuse an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// It would take the last instance of an application in its cluster that runs.
    LastInstance,
    /// Fewer instances would be left running than a unit file declares as its quorum.
    Quorum,
    /// A freeze window is in force.
    Freeze,
    /// It would end the active master, or the system that it runs on.
    ActiveMaster,
}

impl Guard {
    /// Every guard.
    pub const ALL: &'static [Self] = &[Self::LastInstance, Self::Quorum, Self::Freeze, Self::ActiveMaster];

    /// The word used in CLI and API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LastInstance => "last-instance",
            Self::Quorum => "quorum",
            Self::Freeze => "freeze",
            Self::ActiveMaster => "active-master",
        }
    }
}

/// Times in which nothing is acted on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    /// Its name, its objects and its times, as of a maintenance; never one that begins with a problem.
    pub what: Maintenance,
    /// Only the applications inside its objects that this filter takes.
    #[serde(default, skip_serializing_if = "Scope::is_empty")]
    pub only: Scope,
}

impl Freeze {
    /// Checks what the types do not.
    ///
    /// # Errors
    /// The field, with what to write instead.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        if matches!(self.what.window, Window::Flexible { .. }) {
            return Err(("window", "a freeze is once or recurring: no problem begins it".to_owned()));
        }
        self.what.check()
    }
}

/// Which orders another person has to approve.
///
/// A custom action is of the operation `act`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalPolicy {
    /// Its name, unique.
    pub name: String,
    /// Of these operations; of every one when nothing is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<Operation>,
    /// Of these custom actions, by name, whatever the operations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// Of these requests beside them, whatever the operations: only where they are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<PermitKind>,
    /// Only on what is inside; everywhere when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<ObjectPath>,
    /// Only on applications that this filter takes, or servers of requests.
    #[serde(default, skip_serializing_if = "Scope::is_empty")]
    pub only: Scope,
    /// How long an order waits for it, as `1h`.
    #[serde(default = "expires_default")]
    pub expires: Span,
}

const fn expires_default() -> Span {
    EXPIRES_DEFAULT
}

impl ApprovalPolicy {
    /// True when it is about an operation, or about the custom action of this name.
    pub fn is_about(&self, operation: Operation, custom: Option<&str>) -> bool {
        (self.operations.is_empty() && self.actions.is_empty() && self.requests.is_empty())
            || self.operations.contains(&operation)
            || custom.is_some_and(|name| self.actions.iter().any(|action| action == name))
    }
}

/// What is to be done about freezes and policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SafetyOrder {
    /// Announce a freeze; the same id again changes it.
    SetFreeze {
        /// Identity.
        id: Uuid,
        /// What, and when.
        freeze: Box<Freeze>,
    },
    /// When a recurring freeze is in force next, worked out with its time zone.
    PlanFreeze {
        /// Which.
        id: Uuid,
        /// Ascending; they take the place of what was planned.
        periods: Vec<Period>,
    },
    /// Call a freeze off, or end it.
    LiftFreeze {
        /// Which.
        id: Uuid,
    },
    /// Add a policy, or change the one of the same name.
    SetPolicy {
        /// The policy.
        policy: Box<ApprovalPolicy>,
    },
    /// Delete a policy. What waits for its approval goes on waiting.
    DeletePolicy {
        /// Which.
        name: String,
    },
}

impl SafetyOrder {
    /// The right it needs.
    pub const fn right(&self) -> Right {
        match self {
            Self::PlanFreeze { .. } => Right::Reconcile,
            _ => Right::ManageSafety,
        }
    }
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the variants' fields are the orders' fields, documented there")]
pub enum SafetyChange {
    FreezeSet { id: Uuid, freeze: Box<Freeze> },
    FreezePlanned { id: Uuid, periods: Vec<Period> },
    FreezeLifted { id: Uuid, name: String },
    PolicySet { policy: Box<ApprovalPolicy> },
    PolicyDeleted { name: String },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_is_written_as_people_say_it() {
        let json = serde_json::json!({
            "name": "production", "operations": ["stop", "restart"], "within": "acme/main", "only": "name=db*",
            "expires": "2h",
        });
        let policy: ApprovalPolicy = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&policy).unwrap(), json);
        let short: ApprovalPolicy = serde_json::from_value(serde_json::json!({ "name": "all" })).unwrap();
        assert!(short.operations.is_empty() && short.expires == EXPIRES_DEFAULT);
        assert!(short.is_about(Operation::Start, None) && short.is_about(Operation::Act, Some("rotate")));
        let named: ApprovalPolicy =
            serde_json::from_value(serde_json::json!({ "name": "keys", "actions": ["rotate"] })).unwrap();
        assert!(named.is_about(Operation::Act, Some("rotate")));
        assert!(!named.is_about(Operation::Act, Some("other")) && !named.is_about(Operation::Stop, None));
        let shells: ApprovalPolicy =
            serde_json::from_value(serde_json::json!({ "name": "shells", "requests": ["open-terminal"] }))
                .unwrap();
        assert!(!shells.is_about(Operation::Stop, None), "of what it names only");
    }

    #[test]
    fn guard_is_the_same_word_in_text_and_json() {
        for guard in Guard::ALL {
            assert_eq!(serde_json::to_value(guard).unwrap(), guard.as_str());
        }
    }

    #[test]
    fn freeze_never_waits_for_a_problem() {
        let json = serde_json::json!({ "what": {
            "name": "year end", "objects": ["acme"],
            "window": { "flexible": { "starts_at": 1_000, "ends_at": 2_000, "lasts": "1h" } },
        }});
        let freeze: Freeze = serde_json::from_value(json).unwrap();
        assert_eq!(freeze.check().unwrap_err().0, "window");
    }
}
