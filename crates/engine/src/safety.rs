//! Freeze windows and policies of approval: which there are.
//!
//! A freeze is kept as a maintenance is, and its times are planned in the same way.
//!
//! Invariants
//! - SF-1: there are at most `FREEZES_MAX` freezes that are not over, and `POLICIES_MAX` policies.
//!
//! Elsewhere: what a freeze refuses (`action/guard.rs`); what becomes of an order under a policy (`action/approval.rs`).

use crate::maintenance::{Announced, PERIODS_MAX, common};
use crate::problem::ObjectRow;
use crate::rejection::Listed;
use crate::{Rejection, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use topmast_model::action::ApprovalNeeded;
use topmast_model::application::Operation;
use topmast_model::custom::ACTIONS_MAX;
use topmast_model::event::EventBody;
use topmast_model::maintenance::{Period, Window};
use topmast_model::path::{Level, ObjectPath, check_name};
use topmast_model::permit::PermitKind;
use topmast_model::principal::Actor;
use topmast_model::rule::Scope;
use topmast_model::safety::{ApprovalPolicy, EXPIRES_MAX, Freeze, SafetyChange, SafetyOrder};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Most freezes at a time.
pub const FREEZES_MAX: usize = 1_000;
/// Most policies.
pub const POLICIES_MAX: usize = 1_000;

/// What keeps orders from doing harm.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Safety {
    freezes: BTreeMap<Uuid, KeptFreeze>,
    policies: BTreeMap<String, ApprovalPolicy>,
}

/// A freeze that was announced and is not over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFreeze {
    /// Its name, its objects, its times and who announced it.
    pub announced: Announced,
    /// Only what this filter takes.
    pub only: Scope,
}

impl KeptFreeze {
    fn freeze(&self) -> Freeze {
        Freeze { what: self.announced.what.clone(), only: self.only.clone() }
    }

    /// True when an application, or a service of it, may not be acted on at `now`.
    pub(crate) fn holds(&self, state: &State, target: &ObjectPath, now: UnixMillis) -> bool {
        let is_inside = |object: &ObjectPath| target.is_within(object);
        self.announced.is_in_force(now)
            && self.announced.what.objects.iter().any(is_inside)
            && takes(state, &self.only, target)
    }
}

impl State {
    /// Freezes by id; some may be over.
    pub fn freezes(&self) -> &BTreeMap<Uuid, KeptFreeze> {
        &self.safety.freezes
    }

    /// Policies of approval, by name.
    pub fn approval_policies(&self) -> &BTreeMap<String, ApprovalPolicy> {
        &self.safety.policies
    }
}

/// True when a filter on applications takes an application, or that of a service.
fn takes(state: &State, only: &Scope, object: &ObjectPath) -> bool {
    let application = object.ancestor(Level::Application);
    only.matches(&ObjectRow { state, path: application.as_ref().unwrap_or(object) })
}

/// Which policies want an operation on some applications or services approved.
///
/// - `custom`: the name of the custom action.
pub(crate) fn policies_on<'a>(
    state: &'a State,
    operation: Operation,
    custom: Option<&str>,
    targets: &[ObjectPath],
) -> Vec<&'a ApprovalPolicy> {
    policies_where(state, targets, |policy| policy.is_about(operation, custom))
}

/// Which policies want a permit for a request on some servers.
pub(crate) fn policies_for<'a>(
    state: &'a State,
    kind: PermitKind,
    targets: &[ObjectPath],
) -> Vec<&'a ApprovalPolicy> {
    policies_where(state, targets, |policy| policy.requests.contains(&kind))
}

fn policies_where<'a>(
    state: &'a State,
    targets: &[ObjectPath],
    is_about: impl Fn(&ApprovalPolicy) -> bool,
) -> Vec<&'a ApprovalPolicy> {
    let policies = state.safety.policies.values().filter(|policy| is_about(policy));
    policies.filter(|policy| targets.iter().any(|target| concerns(state, policy, target))).collect()
}

/// What policies want, from now on; `None` of none.
pub(crate) fn approval_of(policies: &[&ApprovalPolicy], now: UnixMillis) -> Option<ApprovalNeeded> {
    let expires = policies.iter().map(|policy| policy.expires.duration()).min()?;
    let policies = policies.iter().map(|policy| policy.name.clone()).collect();
    Some(ApprovalNeeded { policies, expires_at: now.plus(expires) })
}

fn concerns(state: &State, policy: &ApprovalPolicy, path: &ObjectPath) -> bool {
    policy.within.as_ref().is_none_or(|within| path.is_within(within)) && takes(state, &policy.only, path)
}

/// Decides `ChangeSafety`.
pub(crate) fn change(
    state: &State,
    order: &SafetyOrder,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    match order {
        SafetyOrder::SetFreeze { id, freeze } => set_freeze(state, *id, freeze, now),
        SafetyOrder::PlanFreeze { id, periods } => plan_freeze(state, *id, periods),
        SafetyOrder::LiftFreeze { id } => {
            let Some(kept) = state.safety.freezes.get(id) else { return Ok(Vec::new()) };
            let name = kept.announced.what.name.clone();
            Ok(vec![within(kept, SafetyChange::FreezeLifted { id: *id, name })])
        }
        SafetyOrder::SetPolicy { policy } => set_policy(state, policy),
        SafetyOrder::DeletePolicy { name } => {
            let Some(policy) = state.safety.policies.get(name) else { return Err(no_policy(name)) };
            let change = SafetyChange::PolicyDeleted { name: name.clone() };
            Ok(vec![EventBody::SafetyChanged { within: policy.within.clone(), change }])
        }
    }
}

fn within(kept: &KeptFreeze, change: SafetyChange) -> EventBody {
    EventBody::SafetyChanged { within: Some(kept.announced.within.clone()), change }
}

fn no_policy(name: &str) -> Rejection {
    let hint = "`topmast policies` shows which exist";
    Rejection::NotFound { what: "approval policy", names: Listed::one(name), hint }
}

fn set_freeze(
    state: &State,
    id: Uuid,
    freeze: &Freeze,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    freeze.check().map_err(|(field, message)| Rejection::invalid(field, message))?;
    let Some(within) = common_of(&freeze.what.objects) else {
        return Err(Rejection::invalid("objects", "are of several tenants; announce one for each tenant"));
    };
    let end = match &freeze.what.window {
        Window::Once { ends_at, .. } | Window::Flexible { ends_at, .. } => Some(*ends_at),
        Window::Recurring { until, .. } => *until,
    };
    if end.is_some_and(|end| end <= now) {
        return Err(Rejection::invalid("window", "is over already; give a time to come"));
    }
    match state.safety.freezes.get(&id) {
        Some(kept) if kept.freeze() == *freeze => return Ok(Vec::new()),
        Some(kept) if kept.announced.within.name_at(Level::Tenant) != within.name_at(Level::Tenant) => {
            return Err(Rejection::conflict("this freeze is of another tenant; make a new one"));
        }
        None => {
            let standing = state.safety.freezes.values().filter(|kept| !kept.announced.is_over(now));
            if standing.count() >= FREEZES_MAX {
                let message = format!("there are {FREEZES_MAX} freezes already; lift some first");
                return Err(Rejection::limit(message));
            }
        }
        Some(_) => {}
    }
    let change = SafetyChange::FreezeSet { id, freeze: Box::new(freeze.clone()) };
    Ok(vec![EventBody::SafetyChanged { within: Some(within), change }])
}

fn common_of(objects: &[ObjectPath]) -> Option<ObjectPath> {
    let (first, others) = objects.split_first()?;
    others.iter().try_fold(first.clone(), |within, object| common(&within, object))
}

fn plan_freeze(state: &State, id: Uuid, periods: &[Period]) -> Result<Vec<EventBody>, Rejection> {
    let Some(kept) = state.safety.freezes.get(&id) else { return Ok(Vec::new()) };
    if !matches!(kept.announced.what.window, Window::Recurring { .. }) {
        return Err(Rejection::invalid("id", "is of a freeze that does not recur"));
    }
    let ascending = periods.is_sorted() && periods.iter().all(|period| period.from < period.to);
    if periods.len() > PERIODS_MAX || !ascending {
        return Err(Rejection::invalid("periods", format!("give at most {PERIODS_MAX}, ascending")));
    }
    if kept.announced.periods == periods {
        return Ok(Vec::new());
    }
    Ok(vec![within(kept, SafetyChange::FreezePlanned { id, periods: periods.to_vec() })])
}

fn set_policy(state: &State, policy: &ApprovalPolicy) -> Result<Vec<EventBody>, Rejection> {
    check_name(&policy.name).map_err(|error| Rejection::invalid("name", error.to_string()))?;
    for action in &policy.actions {
        check_name(action).map_err(|error| Rejection::invalid("actions", error.to_string()))?;
    }
    if policy.operations.len() > Operation::ALL.len()
        || policy.actions.len() > ACTIONS_MAX
        || policy.requests.len() > PermitKind::ALL.len()
    {
        let message = format!("are too many; name each once, and at most {ACTIONS_MAX} custom actions");
        return Err(Rejection::invalid("actions", message));
    }
    if policy.expires.is_zero() || policy.expires > EXPIRES_MAX {
        let message = format!("{} is out of range; give up to {EXPIRES_MAX}", policy.expires);
        return Err(Rejection::invalid("expires", message));
    }
    match state.safety.policies.get(&policy.name) {
        Some(kept) if kept == policy => return Ok(Vec::new()),
        None if state.safety.policies.len() >= POLICIES_MAX => {
            let message = format!("there are {POLICIES_MAX} policies already; delete some first");
            return Err(Rejection::limit(message));
        }
        _ => {}
    }
    let change = SafetyChange::PolicySet { policy: Box::new(policy.clone()) };
    Ok(vec![EventBody::SafetyChanged { within: policy.within.clone(), change }])
}

/// Applies `SafetyChanged`.
pub(crate) fn changed(
    state: &mut State,
    within: Option<&ObjectPath>,
    change: &SafetyChange,
    by: &Actor,
    at: UnixMillis,
) {
    let safety = &mut state.safety;
    match change {
        SafetyChange::FreezeSet { id, freeze } => {
            let kept = safety.freezes.remove(id);
            let what = freeze.what.clone();
            let periods = match &what.window {
                Window::Once { starts_at, ends_at } => vec![Period { from: *starts_at, to: *ends_at }],
                // With another name or other objects it stays in force; only other times are planned anew.
                window => kept
                    .filter(|kept| kept.announced.what.window == *window)
                    .map(|kept| kept.announced.periods)
                    .unwrap_or_default(),
            };
            let Some(within) = within.cloned() else { return };
            let announced = Announced { what, within, by: by.clone(), at, periods };
            safety.freezes.retain(|_, kept| !kept.announced.is_over(at));
            safety.freezes.insert(*id, KeptFreeze { announced, only: freeze.only.clone() });
        }
        SafetyChange::FreezePlanned { id, periods } => {
            if let Some(kept) = safety.freezes.get_mut(id) {
                periods.clone_into(&mut kept.announced.periods);
            }
        }
        SafetyChange::FreezeLifted { id, .. } => {
            safety.freezes.remove(id);
        }
        SafetyChange::PolicySet { policy } => {
            safety.policies.insert(policy.name.clone(), policy.as_ref().clone());
        }
        SafetyChange::PolicyDeleted { name } => {
            safety.policies.remove(name);
        }
    }
}
