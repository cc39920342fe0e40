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
use topmast_model::path::ObjectPath;
use topmast_model::principal::Principal;
use topmast_model::time::UnixMillis;

/// Names of what is kept as code, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KeptAsCode {
    names: BTreeMap<CodeKind, BTreeSet<String>>,
}

impl KeptAsCode {
    /// True when it is kept as code.
    pub fn has(&self, kind: CodeKind, name: &str) -> bool {
        self.names.get(&kind).is_some_and(|names| names.contains(name))
    }

    /// Those of a kind, in order.
    pub fn of(&self, kind: CodeKind) -> impl Iterator<Item = &str> {
        self.names.get(&kind).into_iter().flatten().map(String::as_str)
    }
}

impl State {
    /// What is kept as code.
    pub fn kept_as_code(&self) -> &KeptAsCode {
        &self.code
    }
}

/// Where a thing belongs, as far as there is one.
pub(crate) fn place_of<'a>(state: &'a State, kind: CodeKind, name: &str) -> Option<&'a ObjectPath> {
    match kind {
        CodeKind::Configuration => Some(&state.configurations.get(name)?.now()?.within),
        CodeKind::Rule => state.rules.get(name)?.within.as_ref(),
        CodeKind::Channel => state.channel(name)?.tenant.as_ref(),
        CodeKind::Route => state.route(name)?.within.as_ref(),
        CodeKind::Maintenance => {
            let is_it = |kept: &&Announced| kept.what.name == name;
            state.maintenances.values().find(is_it).map(|kept| &kept.within)
        }
    }
}

/// Refuses to change by hand what is kept as code (CD-1).
pub(crate) fn check(state: &State, command: &Command) -> Result<(), Rejection> {
    if state.code.names.values().all(BTreeSet::is_empty) {
        return Ok(());
    }
    let (kind, names) = touched(state, command);
    let kept: Listed = names.iter().filter(|name| state.code.has(kind, name)).collect();
    if kept.is_empty() {
        return Ok(());
    }
    Err(Rejection::conflict(format!(
        "{kind} {kept} is kept as code; change its file and run `topmast apply`, or release it first with a reason"
    )))
}

/// What a command would change or delete that is there.
fn touched(state: &State, command: &Command) -> (CodeKind, Vec<String>) {
    let left = |kind, named: BTreeSet<&str>, prune: bool| {
        let kept = state.code.of(kind).filter(move |name| prune && !named.contains(name));
        kept.map(str::to_owned).collect::<Vec<_>>()
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
            // Once where the name stays.
            let names: BTreeSet<&String> = both.map(|what| &what.name).collect();
            (CodeKind::Maintenance, names.into_iter().cloned().collect())
        }
        Command::CancelMaintenance { id } => {
            let name = state.maintenances.get(id).map(|kept| kept.what.name.clone());
            (CodeKind::Maintenance, name.into_iter().collect())
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
type Brought<'a> = (&'a str, Option<&'a ObjectPath>);

/// What a command brings as code, with where it belongs; none of what cannot be brought so.
fn brought(command: &Command) -> Option<(CodeKind, Vec<Brought<'_>>)> {
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
        CodeChange::Kept { kind, name, .. } => {
            state.code.names.entry(*kind).or_default().insert(name.clone());
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
            let over = over.filter(|name| !state.maintenances.values().any(|kept| kept.what.name == *name));
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
