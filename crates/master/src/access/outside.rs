//! Users whom somebody else knows: an identity provider or a directory says who it is and in which groups.
//!
//! ```text
//! groups of the provider ─► [[access.groups]] ─► grants ─► AdmitUser ─► a session as with a password
//! ```
//!
//! Invariants
//! - OU-1: a name belongs to whoever had it first: neither a local user nor another subject's is taken over.
//! - OU-2: who is in no group that gives anything is not let in.

use crate::enrol::on_behalf;
use crate::http::Context;
use crate::http::problem::Refusal;
use serde::Deserialize;
use topmast_api::problem::ProblemCode;
use topmast_engine::Submission;
use topmast_model::access::{AccessOrder, Outside};
use topmast_model::command::Command;
use topmast_model::principal::{Actor, Grant};

/// Most groups that are looked at.
const GROUPS_MAX: usize = 10_000;

/// What being in a group gives: `[[access.groups]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupGrants {
    /// The group, as the provider or directory names it; compared without regard to case.
    pub group: String,
    /// What its members may: `ROLE` or `ROLE:PATH`.
    pub grants: Vec<GrantText>,
}

/// A grant as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct GrantText(pub Grant);

impl TryFrom<String> for GrantText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self).map_err(|error: topmast_model::principal::GrantError| error.to_string())
    }
}

/// What being in these groups gives, each grant once.
pub(crate) fn grants_of(rules: &[GroupGrants], groups: &[String]) -> Vec<Grant> {
    let groups: Vec<String> = groups.iter().take(GROUPS_MAX).map(|group| group.to_lowercase()).collect();
    let mut grants = Vec::new();
    for rule in rules.iter().filter(|rule| groups.contains(&rule.group.to_lowercase())) {
        for GrantText(grant) in &rule.grants {
            if !grants.contains(grant) {
                grants.push(grant.clone());
            }
        }
    }
    grants
}

/// Lets somebody in whom a provider knows: makes the user, or brings the grants up to date.
pub(crate) async fn admit(
    context: &Context,
    actor: &Actor,
    outside: Outside,
    groups: &[String],
) -> Result<Vec<Grant>, Refusal> {
    let grants = grants_of(&context.config.access.groups, groups);
    if grants.is_empty() {
        let detail = format!(
            "{} is known, but in no group that may do anything here; ask an administrator for one",
            actor.name
        );
        return Err(Refusal::new(ProblemCode::Forbidden, detail));
    }
    let order = AccessOrder::AdmitUser { user: actor.name.clone(), outside, grants: grants.clone() };
    let submission =
        Submission { principal: on_behalf(actor.clone()), command: Command::ChangeAccess { order } };
    context.bus.submit(submission).await?;
    Ok(grants)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_give_the_grants_of_all_that_fit_once() {
        let rule = |group: &str, grants: &[&str]| GroupGrants {
            group: group.into(),
            grants: grants.iter().map(|grant| GrantText(grant.parse().unwrap())).collect(),
        };
        let rules = [
            rule("NOC", &["operator:acme/main", "viewer"]),
            rule("audit", &["auditor", "viewer"]),
            rule("root", &["admin"]),
        ];
        let given = |groups: &[&str]| {
            let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
            grants_of(&rules, &groups).iter().map(Grant::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(given(&["noc", "audit", "others"]), "operator:acme/main viewer auditor");
        assert_eq!(given(&["others", "roots", "ROO"]), "");
        assert_eq!(given(&[]), "");
    }
}
