//! What is kept as code, and what that keeps people from.
//!
//! Invariants
//! - CD-1: what is kept as code changes as code only, until somebody releases it with a reason.
//! - CD-2: what is deleted is kept as code no longer.
//!
//! Elsewhere: what the words mean (`topmast-model`, `code`); plans over several kinds (`topmast-master`).

use crate::decide::act;
use crate::maintenance::Announced;
use crate::{Listed, Rejection, State};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use topmast_model::code::{CodeChange, CodeKind, CodeOrder};
use topmast_model::command::{Command, REASON_MAX};
use topmast_model::configuration::{ConfigurationChange, ConfigurationOrder};
use topmast_model::event::EventBody;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Principal;
use topmast_model::time::UnixMillis;

/// Names of what is kept as code, by kind, each with where it was when it was brought.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KeptAsCode {
    names: BTreeMap<CodeKind, BTreeMap<String, Option<ObjectPath>>>,
}

impl KeptAsCode {
    /// True when it is kept as code.
    pub fn has(&self, kind: CodeKind, name: &str) -> bool {
        self.names.get(&kind).is_some_and(|names| names.contains_key(name))
    }

    /// Those of a kind, in order.
    pub fn of(&self, kind: CodeKind) -> impl Iterator<Item = &str> {
        self.names.get(&kind).into_iter().flat_map(BTreeMap::keys).map(String::as_str)
    }

    /// True when it is kept as code in the tenant of an object.
    fn has_beside(&self, kind: CodeKind, name: &str, object: &ObjectPath) -> bool {
        self.within(kind, name).is_some_and(|within| is_beside(within, object))
    }

    fn within(&self, kind: CodeKind, name: &str) -> Option<&ObjectPath> {
        self.names.get(&kind)?.get(name)?.as_ref()
    }
}

impl State {
    /// What is kept as code.
    pub fn kept_as_code(&self) -> &KeptAsCode {
        &self.code
    }
}

fn is_beside(one: &ObjectPath, other: &ObjectPath) -> bool {
    one.name_at(Level::Tenant) == other.name_at(Level::Tenant)
}

/// Where a thing belongs, as far as there is one; a maintenance, as far as it is kept as code.
pub fn place_of<'a>(state: &'a State, kind: CodeKind, name: &str) -> Option<&'a ObjectPath> {
    match kind {
        CodeKind::Configuration => Some(&state.configurations.get(name)?.now()?.within),
        CodeKind::Rule => state.rules.get(name)?.within.as_ref(),
        CodeKind::Channel => state.channel(name)?.tenant.as_ref(),
        CodeKind::Route => state.route(name)?.within.as_ref(),
        // Others may have some of its name, made by hand.
        CodeKind::Maintenance => state.code.within(kind, name),
    }
}

/// Refuses to change by hand what is kept as code (CD-1).
pub(crate) fn check(state: &State, who: &Principal, command: &Command) -> Result<(), Rejection> {
    if state.code.names.values().all(BTreeMap::is_empty) {
        return Ok(());
    }
    let (kind, names) = touched(state, who, command);
    let kept: Listed = names.iter().filter(|name| state.code.has(kind, name)).collect();
    if kept.is_empty() {
        return Ok(());
    }
    Err(Rejection::conflict(format!(
        "{kind} {kept} is kept as code; change its file and run `topmast apply`, or release it first with a reason"
    )))
}

/// What a command would change or delete that is there.
fn touched(state: &State, who: &Principal, command: &Command) -> (CodeKind, Vec<String>) {
    let left = |kind, named: BTreeSet<&str>, prune: bool| {
        let kept = state.code.of(kind).filter(move |name| prune && !named.contains(name));
        let theirs = kept.filter(|name| who.may(command.right(), place_of(state, kind, name)));
        theirs.map(str::to_owned).collect::<Vec<_>>()
    };
    match command {
        Command::ApplyRules { rules, prune } => {
            let mut names =
                left(CodeKind::Rule, rules.iter().map(|rule| rule.name.as_str()).collect(), *prune);
            let others = rules.iter().filter(|rule| state.rules.get(&rule.name) != Some(*rule));
            names.extend(others.map(|rule| rule.name.clone()));
            (CodeKind::Rule, names)
        }
        Command::ApplyChannels { channels, prune } => {
            let named = channels.iter().map(|channel| channel.name.as_str()).collect();
            let mut names = left(CodeKind::Channel, named, *prune);
            let is_other = |name: &str| state.channel(name);
            let others = channels.iter().filter(|channel| is_other(&channel.name) != Some(*channel));
            names.extend(others.map(|channel| channel.name.clone()));
            (CodeKind::Channel, names)
        }
        Command::ApplyRoutes { routes, prune } => {
            let named = routes.iter().map(|route| route.name.as_str()).collect();
            let mut names = left(CodeKind::Route, named, *prune);
            let others = routes.iter().filter(|route| state.route(&route.name) != Some(*route));
            names.extend(others.map(|route| route.name.clone()));
            (CodeKind::Route, names)
        }
        Command::SetMaintenance { id, maintenance } => {
            let kept = state.maintenances.get(id).map(|kept| &kept.what);
            let is_so = kept == Some(maintenance);
            let both = [Some(maintenance), kept].into_iter().flatten().filter(|_| !is_so);
            let ours = both.filter(|what| {
                what.objects
                    .first()
                    .is_some_and(|object| state.code.has_beside(CodeKind::Maintenance, &what.name, object))
            });
            // Once where the name stays.
            let names: BTreeSet<&String> = ours.map(|what| &what.name).collect();
            (CodeKind::Maintenance, names.into_iter().cloned().collect())
        }
        Command::CancelMaintenance { id } => {
            let kept = state.maintenances.get(id);
            let ours = kept
                .filter(|kept| state.code.has_beside(CodeKind::Maintenance, &kept.what.name, &kept.within));
            (CodeKind::Maintenance, ours.map(|kept| kept.what.name.clone()).into_iter().collect())
        }
        Command::DeleteRule { name } => (CodeKind::Rule, vec![name.clone()]),
        Command::DeleteChannel { name } => (CodeKind::Channel, vec![name.clone()]),
        Command::DeleteRoute { name } => (CodeKind::Route, vec![name.clone()]),
        Command::ChangeConfigurations { order: ConfigurationOrder::Revise { configuration, .. } } => {
            (CodeKind::Configuration, vec![configuration.name.clone()])
        }
        Command::ChangeConfigurations { order: ConfigurationOrder::Delete { name, .. } } => {
            (CodeKind::Configuration, vec![name.clone()])
        }
        _ => (CodeKind::Rule, Vec::new()),
    }
}

/// The name of a thing, and where it belongs.
pub(crate) type Brought<'a> = (&'a str, Option<&'a ObjectPath>);

/// What a command brings as code, with where it belongs; none of what cannot be brought so.
pub(crate) fn brought(command: &Command) -> Option<(CodeKind, Vec<Brought<'_>>)> {
    Some(match command {
        Command::ApplyRules { rules, .. } => {
            (CodeKind::Rule, rules.iter().map(|rule| (rule.name.as_str(), rule.within.as_ref())).collect())
        }
        Command::ApplyChannels { channels, .. } => {
            let each = channels.iter().map(|channel| (channel.name.as_str(), channel.tenant.as_ref()));
            (CodeKind::Channel, each.collect())
        }
        Command::ApplyRoutes { routes, .. } => (
            CodeKind::Route,
            routes.iter().map(|route| (route.name.as_str(), route.within.as_ref())).collect(),
        ),
        Command::ChangeConfigurations { order: ConfigurationOrder::Revise { configuration, .. } } => {
            (CodeKind::Configuration, vec![(configuration.name.as_str(), Some(&configuration.within))])
        }
        Command::SetMaintenance { maintenance, .. } => {
            (CodeKind::Maintenance, vec![(maintenance.name.as_str(), maintenance.objects.first())])
        }
        Command::ChangeConfigurations { order: ConfigurationOrder::Delete { .. } }
        | Command::CancelMaintenance { .. }
        | Command::DeleteRule { .. }
        | Command::DeleteChannel { .. }
        | Command::DeleteRoute { .. } => (CodeKind::Rule, Vec::new()),
        _ => return None,
    })
}

/// Decides `ChangeAsCode`.
pub(crate) fn change(
    state: &State,
    who: &Principal,
    order: &CodeOrder,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    match order {
        CodeOrder::Do(command) => {
            let Some((kind, brought)) = brought(command) else {
                return Err(Rejection::invalid("command", format!("{} is not done as code", command.name())));
            };
            let mut facts = act(state, who, command, now)?;
            let new = brought.into_iter().filter(|(name, _)| !state.code.has(kind, name));
            facts.extend(new.map(|(name, within)| {
                let (within, name) = (within.cloned(), name.to_owned());
                EventBody::CodeChanged { change: CodeChange::Kept { within, kind, name } }
            }));
            Ok(facts)
        }
        CodeOrder::Release { kind, name, reason } => {
            if reason.trim().is_empty() || reason.len() > REASON_MAX {
                return Err(Rejection::invalid("reason", format!("say why, in at most {REASON_MAX} bytes")));
            }
            if !state.code.has(*kind, name) {
                return Err(Rejection::conflict(format!("{kind} {name} is not kept as code")));
            }
            let within = place_of(state, *kind, name).cloned();
            let change =
                CodeChange::Released { within, kind: *kind, name: name.clone(), reason: reason.clone() };
            Ok(vec![EventBody::CodeChanged { change }])
        }
    }
}

/// Applies `CodeChanged`.
pub(crate) fn changed(state: &mut State, change: &CodeChange) {
    match change {
        CodeChange::Kept { within, kind, name } => {
            state.code.names.entry(*kind).or_default().insert(name.clone(), within.clone());
        }
        CodeChange::Released { kind, name, .. } => forget(state, *kind, name),
    }
}

/// Takes note of what was deleted, or is over (CD-2).
pub(crate) fn after(state: &mut State, body: &EventBody) {
    match body {
        EventBody::RuleDeleted { name, .. } => forget(state, CodeKind::Rule, name),
        EventBody::ChannelDeleted { name, .. } => forget(state, CodeKind::Channel, name),
        EventBody::RouteDeleted { name, .. } => forget(state, CodeKind::Route, name),
        EventBody::ConfigurationChanged { name, change: ConfigurationChange::Deleted { .. }, .. } => {
            forget(state, CodeKind::Configuration, name);
        }
        EventBody::MaintenanceEnded { .. } => {
            let over = state.code.of(CodeKind::Maintenance);
            let stands = |name: &str, kept: &Announced| {
                kept.what.name == name && state.code.has_beside(CodeKind::Maintenance, name, &kept.within)
            };
            let over = over.filter(|name| !state.maintenances.values().any(|kept| stands(name, kept)));
            for name in over.map(str::to_owned).collect::<Vec<_>>() {
                forget(state, CodeKind::Maintenance, &name);
            }
        }
        _ => {}
    }
}

fn forget(state: &mut State, kind: CodeKind, name: &str) {
    if let Some(names) = state.code.names.get_mut(&kind) {
        names.remove(name);
        if names.is_empty() {
            state.code.names.remove(&kind);
        }
    }
}

#[cfg(test)]
mod tests;
