//! Owned names: what the people of a tenant make carries the tenant in its name, as `cpu-high@acme`.
//!
//! Users, rules, channels, routes, configurations, approval policies and what is brought as code have one list of names over
//! all tenants. If everybody named them freely, a refusal would tell that another tenant has the name.
//!
//! | made by | is called |
//! |---|---|
//! | people of a tenant | `NAME@TENANT`, where NAME has no `@`; `NAME@@TENANT` when the tenant's name has a dot |
//! | people of the master's own tenant | a name without `@`, or the same as others; a user also by an e-mail address |
//! | who has the right over everything | as they like |
//!
//! Invariants
//! - ON-1: whether a name is refused follows from the name, from the tenant in which the thing is to be, and from what there is
//!   that whoever asks may change: never from what others have.
//! - ON-2: names that the people of two tenants can make differ, whatever the tenants are called.
//!
//! What is there already keeps its name and is changed by it. Elsewhere: that nothing else is told (`authorise`).

use crate::code::{brought, place_of};
use crate::tenant::only_tenant;
use crate::{Rejection, State};
use topmast_model::code::{CodeKind, CodeOrder};
use topmast_model::command::Command;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::{Grant, Principal, Right};
use topmast_model::safety::SafetyOrder;

/// A thing that a command makes or changes, by its name.
struct Named<'a> {
    what: What,
    name: &'a str,
    /// The tenants that it is to be in; none when it is to be everywhere.
    tenants: Vec<&'a str>,
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    User,
    Policy,
    Code(CodeKind),
}

impl<'a> Named<'a> {
    fn new(what: What, name: &'a str, places: impl IntoIterator<Item = &'a ObjectPath>) -> Self {
        let tenants = places.into_iter().filter_map(|place| place.name_at(Level::Tenant)).collect();
        Self { what, name, tenants }
    }

    /// True when there is one that whoever asks may change; `principal` has the right not over everything.
    fn is_theirs(&self, state: &State, principal: &Principal, right: Right) -> bool {
        let may = |place: &ObjectPath| principal.may(right, Some(place));
        match self.what {
            // One that is there is not made again.
            What::User => false,
            What::Policy => {
                let kept = state.approval_policies().get(self.name);
                kept.and_then(|policy| policy.within.as_ref()).is_some_and(may)
            }
            What::Code(kind) => place_of(state, kind, self.name).is_some_and(may),
        }
    }

    /// True when it may be called so by the people of one of its tenants.
    fn is_free(&self, own: Option<&str>) -> bool {
        let ending = ending(self.name);
        let is_free = |tenant: &&str| match ending {
            Some(ending) if ending == suffix(tenant) => true,
            Some(ending) => own == Some(*tenant) && self.what == What::User && is_domain(ending),
            None => own == Some(*tenant),
        };
        self.tenants.is_empty() || self.tenants.iter().any(is_free)
    }

    fn refusal(&self, own: Option<&str>) -> Rejection {
        let tenant = self.tenants.first().copied().unwrap_or_default();
        let (base, suffix) = (self.name.split('@').next().unwrap_or_default(), suffix(tenant));
        let message = if own == Some(tenant) {
            let address = if self.what == What::User { ", or the whole e-mail address" } else { "" };
            format!(
                "what follows an @ is the tenant of whoever makes it: call it {base}, or {base}{suffix}{address}"
            )
        } else {
            format!("names that people of {tenant} make end in {suffix}: call it {base}{suffix}")
        };
        Rejection::invalid("name", message)
    }
}

/// What the names end in that the people of a tenant make.
fn suffix(tenant: &str) -> String {
    // As the domain of an e-mail address does, by which somebody else may be called: no address has two of the signs.
    let sign = if tenant.contains('.') { "@@" } else { "@" };
    format!("{sign}{tenant}")
}

/// A name from its first `@` on: tenants may have one in theirs.
fn ending(name: &str) -> Option<&str> {
    name.find('@').map(|at| &name[at..])
}

fn is_domain(ending: &str) -> bool {
    ending.contains('.') && ending.matches('@').count() == 1
}

/// The things that a command names and makes where there are none.
fn named(command: &Command) -> Vec<Named<'_>> {
    match command {
        Command::CreateUser { name, grants, .. } => {
            vec![Named::new(What::User, name, grants.iter().filter_map(|grant| grant.path.as_ref()))]
        }
        Command::ChangeSafety { order: SafetyOrder::SetPolicy { policy } } => {
            vec![Named::new(What::Policy, &policy.name, policy.within.as_ref())]
        }
        // By hand its name is free text, which several may have.
        Command::SetMaintenance { .. } => Vec::new(),
        Command::ChangeAsCode { order: CodeOrder::Do(command) } => of_code(command),
        command => of_code(command),
    }
}

fn of_code(command: &Command) -> Vec<Named<'_>> {
    let Some((kind, brought)) = brought(command) else { return Vec::new() };
    brought.into_iter().map(|(name, place)| Named::new(What::Code(kind), name, place)).collect()
}

/// Refuses names that are not for whoever asks.
///
/// # Errors
/// [`Rejection::Invalid`] with a name that is.
pub(crate) fn check(state: &State, principal: &Principal, command: &Command) -> Result<(), Rejection> {
    let right = command.right();
    if principal.may(right, None) {
        return Ok(());
    }
    let own = state.own_tenant();
    let wrong = |thing: &Named<'_>| !thing.is_theirs(state, principal, right) && !thing.is_free(own);
    named(command).into_iter().find(wrong).map_or(Ok(()), |thing| Err(thing.refusal(own)))
}

impl State {
    /// The tenant of the master's own cluster, once a master has said which it is.
    pub fn own_tenant(&self) -> Option<&str> {
        self.own_tenant.as_deref()
    }

    /// What names end in that whoever has these grants makes; none of who names as they like, or is of several tenants.
    pub fn name_suffix(&self, grants: &[Grant]) -> Option<String> {
        let tenant = only_tenant(grants)?;
        (self.own_tenant() != Some(tenant)).then(|| suffix(tenant))
    }
}

#[cfg(test)]
mod tests;
