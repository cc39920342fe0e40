//! Configurations: their revisions, and what of them lies on servers.
//!
//! ```text
//! acme/main: shop ─► revision 6 ─ 7 ─ 8: the newest is the one that is meant
//!              └─ held by acme/main/db/switch: 7, conf/shop.conf changed by hand
//! ```
//!
//! Invariants
//! - CN-1: a revision is made from the newest one, or refused: nobody's change is lost unseen.
//! - CN-2: there are at most `CONFIGURATIONS_MAX` configurations of `REVISIONS_MAX` revisions each, of `BYTES_MAX` bytes in all.
//! - CN-3: what is laid down has been a revision, is for its targets, and their agents can lay it down.
//!
//! Elsewhere: what a configuration is (`topmast-model`, `configuration`); batches and outcomes (`action`).

use crate::action::{Request, operate};
use crate::path_map::PathMap;
use crate::report::Batch;
use crate::{Listed, Rejection, State, text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use topmast_model::action::Conduct;
use topmast_model::application::Operation;
use topmast_model::command::REASON_MAX;
use topmast_model::configuration::{
    ABILITY, ApplyConfiguration, Configuration, ConfigurationChange, ConfigurationOrder, ConfigurationStatus,
    FILES_MAX, Held, SET_MAX,
};
use topmast_model::event::{Event, EventBody};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::{Actor, Principal};
use topmast_model::time::UnixMillis;

/// Most configurations.
pub const CONFIGURATIONS_MAX: usize = 1_000;
/// Most revisions of one; the oldest goes when there are more, and is in the journal still.
pub const REVISIONS_MAX: usize = 50;
/// Bytes of all revisions as JSON: they lie in memory.
const BYTES_MAX: usize = 64 << 20;
/// Most configurations that one application's agent may tell of.
const HELD_MAX: usize = 64;

/// A revision of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRevision {
    /// What it says.
    pub configuration: Arc<Configuration>,
    /// Who made it.
    pub author: Actor,
    /// When.
    pub at: UnixMillis,
    /// Why.
    pub reason: Option<String>,
    /// Bytes that it takes as JSON.
    bytes: usize,
}

/// A configuration with its revisions by their numbers; never none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptConfiguration {
    /// The revisions.
    pub revisions: BTreeMap<u64, KeptRevision>,
}

impl KeptConfiguration {
    /// The number of the newest revision, and the revision.
    pub fn newest(&self) -> Option<(u64, &KeptRevision)> {
        self.revisions.last_key_value().map(|(number, revision)| (*number, revision))
    }

    /// What it is now.
    pub fn now(&self) -> Option<&Configuration> {
        self.newest().map(|(_, revision)| &*revision.configuration)
    }

    fn bytes(&self) -> usize {
        self.revisions.values().map(|revision| revision.bytes).sum()
    }
}

/// What lies on a server, and since when it is so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptHeld {
    /// What.
    pub held: Held,
    /// Since when.
    pub since: UnixMillis,
}

/// All configurations, and what of them lies on servers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Configurations {
    all: BTreeMap<String, KeptConfiguration>,
    /// By application and configuration.
    held: PathMap<BTreeMap<String, KeptHeld>>,
}

/// An application that a configuration is for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConfigurationTarget<'a> {
    /// The application.
    pub application: &'a ObjectPath,
    /// What lies there.
    pub held: Option<&'a KeptHeld>,
    /// How that compares with the newest revision.
    pub status: ConfigurationStatus,
}

impl Configurations {
    /// All of them by name.
    pub fn all(&self) -> &BTreeMap<String, KeptConfiguration> {
        &self.all
    }

    /// One of them.
    pub fn get(&self, name: &str) -> Option<&KeptConfiguration> {
        self.all.get(name)
    }

    /// A revision of one.
    pub fn revision(&self, name: &str, number: u64) -> Option<&KeptRevision> {
        self.all.get(name)?.revisions.get(&number)
    }

    /// What lies on the server of an application.
    pub fn held(&self, application: &ObjectPath) -> Option<&BTreeMap<String, KeptHeld>> {
        self.held.get(application)
    }

    /// What lies on servers, by application.
    pub(crate) const fn on_servers(&self) -> &PathMap<BTreeMap<String, KeptHeld>> {
        &self.held
    }

    fn bytes(&self) -> usize {
        self.all.values().map(KeptConfiguration::bytes).sum()
    }
}

impl State {
    /// Configurations.
    pub fn configurations(&self) -> &Configurations {
        &self.configurations
    }

    /// The applications that a configuration is for, by path.
    pub fn configuration_targets<'a>(
        &'a self,
        name: &'a str,
    ) -> impl Iterator<Item = ConfigurationTarget<'a>> {
        let kept = self.configurations.get(name).and_then(KeptConfiguration::newest);
        kept.into_iter().flat_map(move |(newest, revision)| {
            let configuration = &revision.configuration;
            let all = self.applications.within(Some(&configuration.within));
            let meant = all.filter(|(path, _)| configuration.is_for(path));
            meant.map(move |(application, _)| {
                let held = self.configurations.held.get(application).and_then(|held| held.get(name));
                let status = ConfigurationStatus::of(held.map(|kept| &kept.held), newest);
                ConfigurationTarget { application, held, status }
            })
        })
    }
}

/// Decides `ChangeConfigurations`.
pub(crate) fn change(
    state: &State,
    who: &Principal,
    order: &ConfigurationOrder,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    match order {
        ConfigurationOrder::Revise { configuration, base, reason } => {
            check_reason(reason.as_deref())?;
            revise(state, configuration, *base, reason.as_deref())
        }
        ConfigurationOrder::Delete { name, reason } => {
            check_reason(reason.as_deref())?;
            delete(state, name, reason.as_deref())
        }
        ConfigurationOrder::Apply(request) => lay_down(state, who, request, now),
    }
}

/// The number that a revision would have; none when it says what the newest one does.
///
/// # Errors
/// A [`Rejection`] when it cannot be made.
pub fn plan_revision(
    state: &State,
    configuration: &Configuration,
    base: Option<u64>,
) -> Result<Option<u64>, Rejection> {
    configuration.check().map_err(|error| Rejection::invalid("configuration", error.to_string()))?;
    let bytes = size(configuration);
    if bytes > SET_MAX {
        let most = SET_MAX >> 10;
        return Err(Rejection::invalid(
            "configuration",
            format!(
                "takes {bytes} bytes as JSON; at most {most} KiB fit in a revision: split it, or bring data another way"
            ),
        ));
    }
    let all = &state.configurations;
    let name = &configuration.name;
    let Some((newest, kept)) = all.get(name).and_then(KeptConfiguration::newest) else {
        if let Some(base) = base {
            return Err(Rejection::conflict(format!(
                "configuration {name} was deleted meanwhile, and this was made from its revision {base}; make it anew"
            )));
        }
        if all.all.len() >= CONFIGURATIONS_MAX || all.bytes() + bytes > BYTES_MAX {
            return Err(full());
        }
        return Ok(Some(1));
    };
    if base != Some(newest) {
        let made = base.map_or_else(|| "as a new one".to_owned(), |base| format!("from revision {base}"));
        return Err(Rejection::conflict(format!(
            "configuration {name} was changed meanwhile: its revision {newest} is by {} at {}, and this was made {made}; \
             look at the difference, then change that revision",
            kept.author,
            jiff::Timestamp::from_millisecond(kept.at.0).unwrap_or_default(),
        )));
    }
    let before = &kept.configuration;
    if (&before.within, &before.application) != (&configuration.within, &configuration.application) {
        return Err(Rejection::invalid(
            "configuration",
            format!(
                "{name} is for {} in {}, which does not change; make another configuration",
                before.application, before.within
            ),
        ));
    }
    if **before == *configuration {
        return Ok(None);
    }
    if all.bytes() + bytes > BYTES_MAX {
        return Err(full());
    }
    Ok(Some(newest + 1))
}

fn full() -> Rejection {
    let most = BYTES_MAX >> 20;
    Rejection::limit(format!(
        "there are {CONFIGURATIONS_MAX} configurations or {most} MiB of their revisions; delete some first"
    ))
}

fn size(configuration: &Configuration) -> usize {
    serde_json::to_vec(configuration).map_or(usize::MAX, |json| json.len())
}

fn check_reason(reason: Option<&str>) -> Result<(), Rejection> {
    if reason.is_some_and(|reason| reason.len() > REASON_MAX) {
        return Err(Rejection::invalid("reason", format!("is too long; write at most {REASON_MAX} bytes")));
    }
    Ok(())
}

fn revise(
    state: &State,
    configuration: &Configuration,
    base: Option<u64>,
    reason: Option<&str>,
) -> Result<Vec<EventBody>, Rejection> {
    let Some(number) = plan_revision(state, configuration, base)? else { return Ok(Vec::new()) };
    let change = ConfigurationChange::Revised {
        number,
        configuration: Box::new(configuration.clone()),
        reason: reason.map(str::to_owned),
    };
    let (object, name) = (configuration.within.clone(), configuration.name.clone());
    Ok(vec![EventBody::ConfigurationChanged { object, name, change }])
}

fn find<'a>(state: &'a State, name: &str) -> Result<(u64, &'a Configuration), Rejection> {
    let newest = state.configurations.get(name).and_then(KeptConfiguration::newest);
    newest.map(|(number, revision)| (number, &*revision.configuration)).ok_or_else(|| Rejection::NotFound {
        what: "configuration",
        names: Listed::one(name),
        hint: "`topmast configurations` shows which there are",
    })
}

fn delete(state: &State, name: &str, reason: Option<&str>) -> Result<Vec<EventBody>, Rejection> {
    let (_, configuration) = find(state, name)?;
    let uses = |action: &&crate::Action| action.configuration.as_ref().is_some_and(|used| used.name == name);
    if let Some(action) = state.open_actions().find(uses) {
        return Err(Rejection::conflict(format!(
            "action {} of {} lays {name} down now; wait for its outcome, or cancel it",
            action.id, action.actor
        )));
    }
    let change = ConfigurationChange::Deleted { reason: reason.map(str::to_owned) };
    let object = configuration.within.clone();
    Ok(vec![EventBody::ConfigurationChanged { object, name: name.to_owned(), change }])
}

/// An action whose targets are what the configuration is for (CN-3).
fn lay_down(
    state: &State,
    who: &Principal,
    request: &ApplyConfiguration,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    let ApplyConfiguration { id, what, targets, reason, timeout_ms, rolling, override_guards } = request;
    // What was accepted once is not asked again whether it may be.
    if state.action(*id).is_none() {
        let (newest, configuration) = find(state, &what.name)?;
        if state.configurations.revision(&what.name, what.revision).is_none() {
            return Err(Rejection::conflict(format!(
                "configuration {} has no revision {} any more or yet; the newest is {newest}",
                what.name, what.revision
            )));
        }
        let others: Listed = targets.iter().filter(|target| !configuration.is_for(target)).collect();
        if !others.is_empty() {
            return Err(Rejection::invalid(
                "targets",
                format!(
                    "{} is for {} in {}, which {others} is not",
                    what.name, configuration.application, configuration.within
                ),
            ));
        }
        let servers = targets.iter().filter_map(|target| target.ancestor(Level::Server));
        let unable: Listed = servers.filter(|server| !state.has_ability(server, ABILITY)).collect();
        if !unable.is_empty() {
            return Err(Rejection::conflict(format!(
                "nobody can lay files down on {unable}: an agent of this version or a newer one has to run there"
            )));
        }
    }
    let request = Request {
        id: *id,
        operation: Operation::Configure,
        targets,
        reason,
        timeout_ms: *timeout_ms,
        rolling: *rolling,
        conduct: &Conduct { override_guards: *override_guards, ..Conduct::default() },
        package: None,
        configuration: Some(what),
        custom: None,
    };
    operate(state, who, &request, now)
}

/// Takes a report of what lies on an application's server.
pub(crate) fn report(batch: &mut Batch<'_>, application: &str, name: &str, held: &Held) {
    let Some(path) = batch.application_path(application) else { return };
    let is_fit = topmast_model::path::check_name(name).is_ok() && held.files.len() <= FILES_MAX;
    if batch.applications.get(&path).is_none() || !is_fit {
        return batch.leave_out(&format!("configuration {name:?} of {application:?}, which is not known"));
    }
    let mut held = held.clone();
    for file in &mut held.files {
        (file.path, file.laid) = (text::clip(&file.path), text::clip(&file.laid));
        file.found = file.found.as_deref().map(text::clip);
    }
    let kept = batch.configurations.held.get(&path);
    let key = (path.clone(), name.to_owned());
    let before = batch.held.get(&key).or_else(|| kept?.get(name).map(|kept| &kept.held));
    if before == Some(&held) {
        return;
    }
    if before.is_none() && kept.map_or(0, BTreeMap::len) >= HELD_MAX {
        return batch.leave_out(&format!("more than {HELD_MAX} configurations of {application:?}"));
    }
    batch.held.insert(key, held.clone());
    let change = ConfigurationChange::Held { held };
    batch.facts.push(EventBody::ConfigurationChanged { object: path, name: name.to_owned(), change });
}

/// Applies `ConfigurationChanged`.
pub(crate) fn changed(
    state: &mut State,
    object: &ObjectPath,
    name: &str,
    change: &ConfigurationChange,
    event: &Event,
) {
    let Configurations { all, held: on_servers } = &mut state.configurations;
    match change {
        ConfigurationChange::Revised { number, configuration, reason } => {
            let kept = all
                .entry(name.to_owned())
                .or_insert_with(|| KeptConfiguration { revisions: BTreeMap::new() });
            let revision = KeptRevision {
                bytes: size(configuration),
                configuration: Arc::new((**configuration).clone()),
                author: event.actor.clone(),
                at: event.time,
                reason: reason.clone(),
            };
            kept.revisions.insert(*number, revision);
            while kept.revisions.len() > REVISIONS_MAX {
                kept.revisions.pop_first();
            }
        }
        ConfigurationChange::Deleted { .. } => {
            all.remove(name);
        }
        ConfigurationChange::Held { held } => {
            if state.applications.get(object).is_some() {
                let kept = KeptHeld { held: held.clone(), since: event.time };
                on_servers.at(object).insert(name.to_owned(), kept);
            }
        }
    }
}

/// What lies on the server of an application that is gone is known no more.
pub(crate) fn forget(state: &mut State, within: &ObjectPath) {
    state.configurations.held.remove_within(within);
}

#[cfg(test)]
pub(crate) mod tests;
