//! Maintenance: announced, in force, over.
//!
//! Which times a recurring one comes to depends on a time zone, whose rules are on a disk and change; so the
//! master works them out with [`next_periods`] and submits `PlanMaintenance`, and what is in the journal holds.

mod recurrence;

pub use recurrence::{next_periods, next_times};

use crate::{Rejection, State};
use serde::{Deserialize, Serialize};
use topmast_model::event::EventBody;
use topmast_model::maintenance::{Maintenance, Period, Window};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Actor;
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Most maintenances at a time.
pub const MAINTENANCES_MAX: usize = 1_000;
/// Most times planned of a recurring one: two weeks of days.
pub const PERIODS_MAX: usize = 14;

/// A maintenance that was announced and is not over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// What, and when.
    pub what: Maintenance,
    /// What all its objects are in.
    pub within: ObjectPath,
    /// Who announced it.
    pub by: Actor,
    /// When.
    pub at: UnixMillis,
    /// When it is in force: as planned, or as begun by a problem. Of one that is once, its window.
    pub periods: Vec<Period>,
}

impl Announced {
    /// True when nobody is told of problems on its objects at `now`.
    pub fn is_in_force(&self, now: UnixMillis) -> bool {
        self.periods.iter().any(|period| period.contains(now))
    }

    /// True when it will not be in force any more.
    pub fn is_over(&self, now: UnixMillis) -> bool {
        let is_past = self.periods.iter().all(|period| period.to <= now);
        match &self.what.window {
            Window::Once { .. } => is_past,
            Window::Flexible { ends_at, .. } => is_past && (*ends_at <= now || !self.periods.is_empty()),
            Window::Recurring { until, .. } => is_past && until.is_some_and(|until| until <= now),
        }
    }

    /// True when the master has to plan it, for fewer times lie ahead than it is to know.
    pub fn wants_plan(&self, now: UnixMillis) -> bool {
        let Window::Recurring { until, .. } = &self.what.window else { return false };
        let last = self.periods.last().map_or(UnixMillis(i64::MIN), |period| period.to);
        let ahead = self.periods.iter().filter(|period| period.to > now).count();
        ahead < 2 && until.is_none_or(|until| until > now.max(last))
    }

    /// Moments at which it begins to be in force, or ends.
    pub(crate) fn next_change(&self) -> impl Iterator<Item = UnixMillis> {
        let window = match &self.what.window {
            Window::Once { .. } => None,
            Window::Flexible { starts_at, ends_at, .. } => Some((Some(*starts_at), Some(*ends_at))),
            Window::Recurring { until, .. } => Some((None, *until)),
        };
        let window = window.into_iter().flat_map(|(start, end)| start.into_iter().chain(end));
        self.periods.iter().flat_map(|period| [period.from, period.to]).chain(window)
    }
}

/// Decides `SetMaintenance`.
pub(crate) fn set(
    state: &State,
    id: Uuid,
    maintenance: &Maintenance,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    maintenance.check().map_err(|(field, message)| Rejection::invalid(field, message))?;
    let first = &maintenance.objects[0];
    let within = maintenance.objects.iter().try_fold(first.clone(), |within, object| common(&within, object));
    let Some(within) = within else {
        return Err(Rejection::invalid("objects", "are of several tenants; announce one for each tenant"));
    };
    let end = match &maintenance.window {
        Window::Once { ends_at, .. } | Window::Flexible { ends_at, .. } => Some(*ends_at),
        Window::Recurring { until, .. } => *until,
    };
    if end.is_some_and(|end| end <= now) {
        return Err(Rejection::invalid("window", "is over already; give a time to come"));
    }
    match state.maintenances.get(&id) {
        Some(kept) if kept.what == *maintenance => return Ok(Vec::new()),
        Some(kept) if kept.within.name_at(Level::Tenant) != within.name_at(Level::Tenant) => {
            return Err(Rejection::conflict("this maintenance is of another tenant; make a new one"));
        }
        None if state.maintenances.len() >= MAINTENANCES_MAX => {
            let message = format!("there are {MAINTENANCES_MAX} maintenances already; cancel some first");
            return Err(Rejection::limit(message));
        }
        _ => {}
    }
    Ok(vec![EventBody::MaintenanceSet { id, within, maintenance: maintenance.clone() }])
}

/// The deepest path that both are in.
pub(crate) fn common(one: &ObjectPath, other: &ObjectPath) -> Option<ObjectPath> {
    let levels = [Level::Service, Level::Application, Level::Server, Level::Cluster, Level::Tenant];
    levels.iter().filter_map(|level| one.ancestor(*level)).find(|path| other.is_within(path))
}

/// Decides `PlanMaintenance`.
pub(crate) fn plan(state: &State, id: Uuid, periods: &[Period]) -> Result<Vec<EventBody>, Rejection> {
    let Some(kept) = state.maintenances.get(&id) else { return Ok(Vec::new()) };
    if !matches!(kept.what.window, Window::Recurring { .. }) {
        return Err(Rejection::invalid("id", "is of a maintenance that does not recur"));
    }
    let ascending = periods.is_sorted() && periods.iter().all(|period| period.from < period.to);
    if periods.len() > PERIODS_MAX || !ascending {
        return Err(Rejection::invalid("periods", format!("give at most {PERIODS_MAX}, ascending")));
    }
    if kept.periods == periods {
        return Ok(Vec::new());
    }
    Ok(vec![planned(id, kept, periods.to_vec())])
}

fn planned(id: Uuid, kept: &Announced, periods: Vec<Period>) -> EventBody {
    EventBody::MaintenancePlanned { id, within: kept.within.clone(), periods }
}

/// Decides `CancelMaintenance`. One that is over is no error: it was to end.
pub(crate) fn cancel(state: &State, id: Uuid) -> Vec<EventBody> {
    let ended =
        |kept: &Announced| EventBody::MaintenanceEnded { id, within: kept.within.clone(), cancelled: true };
    state.maintenances.get(&id).map(ended).into_iter().collect()
}

/// True when a flexible one begins now, for there is a problem on its objects.
pub(crate) fn begins(state: &State, announced: &Announced, now: UnixMillis) -> bool {
    let Window::Flexible { starts_at, ends_at, .. } = announced.what.window else { return false };
    let is_waiting = announced.periods.is_empty() && Period { from: starts_at, to: ends_at }.contains(now);
    let concerns = |object: &ObjectPath| announced.what.objects.iter().any(|prefix| object.is_within(prefix));
    is_waiting && state.problems.open().any(|problem| concerns(problem.object()))
}

/// What time and problems made of maintenances.
pub(crate) fn settle(state: &State, now: UnixMillis, facts: &mut Vec<EventBody>) {
    for (id, announced) in &state.maintenances {
        if announced.is_over(now) {
            let within = announced.within.clone();
            facts.push(EventBody::MaintenanceEnded { id: *id, within, cancelled: false });
        } else if begins(state, announced, now)
            && let Window::Flexible { lasts, .. } = announced.what.window
        {
            let period = Period { from: now, to: now.plus(lasts.duration()) };
            facts.push(planned(*id, announced, vec![period]));
        }
    }
}

pub(crate) fn was_set(
    state: &mut State,
    id: Uuid,
    within: &ObjectPath,
    maintenance: &Maintenance,
    by: &Actor,
    at: UnixMillis,
) {
    let kept = state.maintenances.remove(&id);
    let periods = match maintenance.window {
        Window::Once { starts_at, ends_at } => vec![Period { from: starts_at, to: ends_at }],
        // With another name or other objects it stays in force; only other times are planned anew.
        _ => kept
            .filter(|kept| kept.what.window == maintenance.window)
            .map(|kept| kept.periods)
            .unwrap_or_default(),
    };
    let (what, within, by) = (maintenance.clone(), within.clone(), by.clone());
    state.maintenances.insert(id, Announced { what, within, by, at, periods });
}

pub(crate) fn was_planned(state: &mut State, id: Uuid, periods: &[Period]) {
    if let Some(kept) = state.maintenances.get_mut(&id) {
        kept.periods = periods.to_vec();
    }
}

#[cfg(test)]
mod tests;
