//! Custom actions: what applications declare, and which orders of it are accepted.
//!
//! An order means the same on all its targets, or is refused: the declaration is each application's own, and on one of
//! them a default may be another. It is written down as it was declared then, so that what guards and rights say of it
//! does not change while it waits.

use super::Action;
use super::operate::Request;
use crate::{Rejection, State};
use topmast_model::application::Operation;
use topmast_model::custom::{CustomAction, CustomTarget, CustomUse, MARGIN_MS};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::{Principal, Right};

/// What a step does to the instance that it is done to, as guards see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outage {
    /// It goes on running, if it runs.
    None,
    /// It is down until the step is done.
    Meanwhile,
    /// It stays down.
    Lasting,
}

impl Outage {
    pub(crate) fn of(operation: Operation, custom: Option<&CustomUse>) -> Self {
        match operation {
            Operation::Start => Self::None,
            Operation::Stop => Self::Lasting,
            Operation::Act if custom.is_none_or(|custom| !custom.disrupts) => Self::None,
            _ => Self::Meanwhile,
        }
    }
}

impl Action {
    /// What it does to the instances.
    pub(super) fn outage(&self) -> Outage {
        Outage::of(self.operation, self.custom.as_deref())
    }

    /// True when a target that is done is to be STARTED: what does not touch it may be done to one that is stopped.
    pub(super) fn leaves_running(&self) -> bool {
        match self.outage() {
            Outage::None => self.operation == Operation::Start,
            Outage::Meanwhile => true,
            Outage::Lasting => false,
        }
    }

    /// What is done, in words: `restart`, `rotate-keys keys=3`.
    pub fn what(&self) -> String {
        self.custom.as_ref().map_or_else(|| self.operation.to_string(), ToString::to_string)
    }
}

impl State {
    /// The custom actions that an application or a service offers.
    pub fn custom_actions(&self, object: &ObjectPath) -> impl Iterator<Item = &CustomAction> {
        let target = match object.level() {
            Level::Service if self.services.get(object).is_some() => Some(CustomTarget::Service),
            Level::Application => Some(CustomTarget::Application),
            _ => None,
        };
        let application = target.and_then(|_| object.ancestor(Level::Application));
        let declared = application.and_then(|path| self.applications.get(&path)?.declared.as_deref());
        let actions = declared.map(|declared| declared.actions.as_slice()).unwrap_or_default();
        actions.iter().filter(move |action| Some(action.target) == target)
    }

    /// One of them.
    pub fn custom_action(&self, object: &ObjectPath, name: &str) -> Option<&CustomAction> {
        self.custom_actions(object).find(|action| action.name == name)
    }
}

/// The custom action of an order, as its targets declare it; none of another order.
pub(super) fn accepted(
    state: &State,
    who: &Principal,
    request: &Request<'_>,
) -> Result<Option<CustomUse>, Rejection> {
    let Some(order) = request.custom else { return Ok(None) };
    let mut first: Option<(&ObjectPath, &CustomAction, CustomUse)> = None;
    for target in request.targets {
        let Some(declared) = state.custom_action(target, &order.name) else {
            let lacks = |target: &&ObjectPath| state.custom_action(target, &order.name).is_none();
            let missing = request.targets.iter().filter(lacks);
            return Err(Rejection::NotFound {
                what: "custom action",
                names: missing.map(|target| format!("{} of {target}", order.name)).collect(),
                hint: "its unit file declares which there are; `topmast act --list` shows them",
            });
        };
        if first.as_ref().is_some_and(|(_, known, _)| *known == declared) {
            continue;
        }
        let arguments = declared.complete(&order.arguments);
        let arguments = arguments.map_err(|error| Rejection::invalid("arguments", error.to_string()))?;
        if request.timeout_ms < declared.timeout_ms {
            return Err(Rejection::invalid(
                "timeout_ms",
                format!(
                    "{} is shorter than {} may take; give {} or more",
                    request.timeout_ms,
                    order.name,
                    declared.timeout_ms + MARGIN_MS
                ),
            ));
        }
        let CustomAction { right, disrupts, .. } = *declared;
        let used = CustomUse { name: order.name.clone(), arguments, right, disrupts };
        match &first {
            None => first = Some((target, declared, used)),
            Some((known, _, other)) if *other != used => {
                return Err(Rejection::conflict(format!(
                    "{} is not the same on {known} ({other}) and on {target} ({used}); give all arguments, or \
                     order them apart",
                    order.name
                )));
            }
            Some(_) => {}
        }
    }
    let used = first.map(|(_, _, used)| used);
    let right = used.as_ref().map_or(Right::Operate, |used| used.right.right());
    let refused: Vec<_> = request.targets.iter().filter(|target| !who.may(right, Some(target))).collect();
    if !refused.is_empty() {
        return Err(Rejection::forbidden(who, right, refused.into_iter().map(Some)));
    }
    Ok(used)
}

#[cfg(test)]
mod tests;
