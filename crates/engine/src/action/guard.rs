//! Guards: what an order would do that nobody wants, seen before it does.
//!
//! Asked when an order is accepted, and again before each batch begins: what has changed in between counts.
//!
//! | guard | refuses |
//! |---|---|
//! | last-instance | to take all instances of an application in its cluster that run, where it has several |
//! | quorum | to leave fewer of them running than a unit file declares |
//! | freeze | everything while a freeze window is in force |
//! | active-master | to take down the application that is the active master |
//!
//! An instance runs when it is STARTED and its server is seen: what an agent calls STARTED has passed its health check.
//! One that an action under way stops or restarts does not count.

use super::custom::Outage;
use crate::{State, master};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::safety::Guard;
use topmast_model::status::ApplicationStatus;
use topmast_model::time::UnixMillis;

/// What a guard has against an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// Which guard.
    pub guard: Guard,
    /// The first target that it is about.
    pub object: ObjectPath,
    /// In words, e.g. `all 2 running instances of switch in acme/main would be down together`.
    pub message: String,
    /// True when no right lifts it.
    pub is_final: bool,
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "guard {} on {}: {}", self.guard.as_str(), self.object, self.message)
    }
}

/// All that guards have against an order on targets that are down together group by group.
pub(crate) fn objections(
    state: &State,
    outage: Outage,
    groups: &[&[ObjectPath]],
    now: UnixMillis,
) -> Vec<Objection> {
    let targets: Vec<&ObjectPath> = groups.iter().copied().flatten().collect();
    let mut found = frozen(state, &targets, now);
    found.extend(outages(state, outage, groups, &BTreeSet::new()));
    found
}

/// What freezes have against it: the first target of each.
pub(super) fn frozen(state: &State, targets: &[&ObjectPath], now: UnixMillis) -> Vec<Objection> {
    let freezes = state.freezes().values().filter(|kept| kept.announced.is_in_force(now));
    let objection = |kept: &crate::safety::KeptFreeze| {
        let object = targets.iter().copied().find(|target| kept.holds(state, target, now))?.clone();
        let name = &kept.announced.what.name;
        let message = format!("freeze {name:?} of {} is in force", kept.announced.by);
        Some(Objection { guard: Guard::Freeze, object, message, is_final: false })
    };
    freezes.filter_map(objection).collect()
}

/// What the state of the instances has against it, whatever the time.
///
/// - `begun`: targets of other actions that begin at this moment.
pub(super) fn outages(
    state: &State,
    outage: Outage,
    groups: &[&[ObjectPath]],
    begun: &BTreeSet<&ObjectPath>,
) -> Vec<Objection> {
    if outage == Outage::None {
        return Vec::new();
    }
    let mut targets: BTreeMap<ObjectPath, BTreeMap<&str, u32>> = BTreeMap::new();
    for target in groups.iter().copied().flatten() {
        if let Some(cluster) = target.ancestor(Level::Cluster) {
            *targets.entry(cluster).or_default().entry(target.name()).or_default() += 1;
        }
    }
    let counts = |path: &ObjectPath| stands(state, path) && !begun.contains(path);
    let standing: BTreeMap<_, _> = targets
        .iter()
        .map(|(cluster, targets)| (cluster, Standing::of(state, cluster, targets, &counts)))
        .collect();
    let mut found: Vec<Objection> =
        master::ends(state, groups.iter().copied().flatten()).into_iter().collect();
    let mut told = BTreeSet::new();
    // What is stopped stays down, so for a stop the groups come together.
    let together: Vec<ObjectPath>;
    let whole: [&[ObjectPath]; 1];
    let groups = if outage == Outage::Lasting {
        together = groups.iter().copied().flatten().cloned().collect();
        whole = [&together];
        &whole[..]
    } else {
        groups
    };
    for group in groups {
        let mut taken: BTreeMap<(ObjectPath, &str), (u32, &ObjectPath)> = BTreeMap::new();
        for target in group.iter().filter(|target| counts(target)) {
            if let Some(cluster) = target.ancestor(Level::Cluster) {
                taken.entry((cluster, target.name())).or_insert((0, target)).0 += 1;
            }
        }
        for ((cluster, name), (count, first)) in taken {
            let Some(standing) = standing.get(&cluster).and_then(|names| names.get(name)) else { continue };
            let objection = standing.objection(&cluster, name, count, first);
            found.extend(objection.filter(|one| told.insert((one.guard, cluster, name))));
        }
    }
    found
}

/// True of an instance that runs and that no action takes down at this moment.
fn stands(state: &State, application: &ObjectPath) -> bool {
    let is_taken = |(action, target): (&super::Action, u32)| {
        action.outage() != Outage::None && action.is_released(target)
    };
    runs(state, application) && !state.actions.open_step_on(application).is_some_and(is_taken)
}

pub(super) fn runs(state: &State, application: &ObjectPath) -> bool {
    let effective = state.effective_application(application);
    effective.is_some_and(|effective| effective.status == ApplicationStatus::Started)
}

/// The instances of one name in one cluster.
#[derive(Debug, Clone, Copy)]
struct Standing {
    total: u32,
    /// Exact unless more run than any order on these targets can take down too many of.
    running: u32,
    quorum: u32,
}

impl Standing {
    /// - `targets`: how many of each name an order may take down.
    fn of<'a>(
        state: &State,
        cluster: &ObjectPath,
        targets: &BTreeMap<&'a str, u32>,
        counts: &dyn Fn(&ObjectPath) -> bool,
    ) -> BTreeMap<&'a str, Self> {
        let mut found = BTreeMap::new();
        for (name, taken) in targets {
            let Some(namesakes) = state.applications.namesakes(cluster, name) else { continue };
            let quorum = namesakes.quorum();
            // Whether one runs is a look at its server and at what is under way: not more of them than decide.
            let enough = taken.saturating_add(quorum.max(1));
            let running = (0..enough).zip(namesakes.paths().filter(|path| counts(path))).count();
            let [total, running] =
                [namesakes.paths().len(), running].map(|count| u32::try_from(count).unwrap_or(u32::MAX));
            found.insert(*name, Self { total, running, quorum });
        }
        found
    }

    fn objection(
        &self,
        cluster: &ObjectPath,
        name: &str,
        taken: u32,
        first: &ObjectPath,
    ) -> Option<Objection> {
        let left = self.running.saturating_sub(taken);
        let (guard, message) = if left < self.quorum {
            let message = format!(
                "{left} of {} instances of {name} in {cluster} would be left running, and its quorum is {}",
                self.total, self.quorum
            );
            (Guard::Quorum, message)
        } else if left == 0 && self.total > 1 {
            let message = match self.running {
                1 => format!("no other instance of {name} runs in {cluster}"),
                running => {
                    format!("all {running} running instances of {name} in {cluster} would be down together")
                }
            };
            (Guard::LastInstance, message)
        } else {
            return None;
        };
        Some(Objection { guard, object: first.clone(), message, is_final: false })
    }
}

#[cfg(test)]
mod tests;
