//! Alarms of AWS' tools: what they are asked to be, their state, what they did.
//!
//! ```text
//! PutAwsAlarm ─► alarm, INSUFFICIENT_DATA ◄─ ObserveAwsAlarms (looked at) / SetAwsAlarmState (by hand)
//!                        │ a change of state, actions on, nothing holds
//!                        ▼
//!                   due actions ─► the master does them ─► RecordAwsAlarmActions ─► history
//! ```
//!
//! Invariants
//! - AA-1: a tenant has at most [`ALARMS_MAX`] alarms, an alarm at most [`HISTORY_EACH_MAX`] items of history and a
//!   tenant [`HISTORY_MAX`], none older than [`HISTORY_KEPT`].
//! - AA-2: composite alarms make no circle, and name alarms that are there.
//! - AA-3: actions are due on a change of state only, and each once: recorded, they are due no more. Topics that are due
//!   still when the state changes again are told then, by the same command.
//!
//! Elsewhere: what an alarm's datapoints come to (`alarm.rs`); reading them and doing actions (`topmast-master`).

mod composite;
mod decide;
mod history;
#[cfg(test)]
pub(crate) mod tests;

pub use composite::composites;
pub(crate) use decide::{delete, forget, observe, put, record, set_state, switch, tag};
pub use history::{AlarmHistory, HistoryItem, HistoryWhat};

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use topmast_model::aws_alarm::{ActionOutcome, AwsAlarm, Hold, PROBLEM_RULE, StateSaid, topic};
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Actor, Grant};
use topmast_model::problem::{Observation, ProblemKey, Verdict};
use topmast_model::status::AlarmState;
use topmast_model::time::UnixMillis;

/// Most alarms of a tenant.
pub const ALARMS_MAX: usize = 5_000;
/// Most items of history of one alarm.
pub const HISTORY_EACH_MAX: usize = 500;
/// Most items of history of a tenant.
pub const HISTORY_MAX: usize = 20_000;
/// How long history is kept: as long as `CloudWatch` keeps it.
pub const HISTORY_KEPT: Duration = Duration::from_hours(14 * 24);
/// Actions of one alarm within [`ACTED_WITHIN`]: more are those of an alarm that its own action makes fire.
const ACTED_MAX: usize = 20;
/// See [`ACTED_MAX`].
const ACTED_WITHIN: Duration = Duration::from_mins(10);
/// Why an alarm that acts more often does not.
pub const TOO_OFTEN: &str = "the alarm acted too often within ten minutes: does its action make it fire?";
/// Why a new alarm is in `INSUFFICIENT_DATA`.
const UNCHECKED: &str = "Unchecked: Initial alarm creation";

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsAlarmKept {
    /// What it was asked to be.
    pub what: AwsAlarm,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Who put it, as it is.
    pub by: Actor,
    /// What they could do then.
    pub grants: Vec<Grant>,
    /// When it was put, as it is.
    pub configured_at: UnixMillis,
    /// True until the alarm was looked at after it was put.
    pub is_new: bool,
    /// Its state.
    pub said: StateSaid,
    /// When that was set.
    pub state_at: UnixMillis,
    /// True when it was set by hand.
    pub is_set: bool,
    /// When it came into its state from another one.
    pub transitioned_at: UnixMillis,
    /// What keeps the actions of its state back.
    pub hold: Option<Hold>,
    /// The state whose actions were the last that were due, or that it began with.
    acted_state: AlarmState,
    /// Actions that are to be done now.
    pub due: Vec<String>,
    /// The state before, with its reason: what the due actions tell.
    pub before: StateSaid,
    /// When its last actions were.
    acted: VecDeque<UnixMillis>,
}

impl AwsAlarmKept {
    /// True while it has not done too much lately.
    pub fn may_act(&self, now: UnixMillis) -> bool {
        self.acted.len() < ACTED_MAX
            || self.acted.front().is_some_and(|first| first.until(now) >= ACTED_WITHIN)
    }

    /// True when it is to be told: in ALARM, with actions that tell somebody and nothing that holds them.
    fn tells(&self) -> bool {
        let is_topic = |action: &String| topic(action).is_some();
        self.said.state == AlarmState::Alarm
            && self.what.actions_enabled
            && self.hold.is_none()
            && self.what.alarm_actions.iter().any(is_topic)
    }

    fn release(&mut self) {
        self.due.clear();
        if self.what.actions_enabled && self.hold.is_none() && self.acted_state != self.said.state {
            self.due = self.what.actions(self.said.state).to_vec();
        }
        if self.hold.is_none() {
            self.acted_state = self.said.state;
        }
    }
}

/// Alarms of one tenant, by name, and what happened to them and to deleted ones.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AwsAlarms {
    alarms: BTreeMap<String, AwsAlarmKept>,
    history: AlarmHistory,
}

static NONE: AwsAlarms = AwsAlarms { alarms: BTreeMap::new(), history: AlarmHistory::new() };

impl AwsAlarms {
    /// The alarms, by name.
    pub fn all(&self) -> &BTreeMap<String, AwsAlarmKept> {
        &self.alarms
    }

    /// One alarm.
    pub fn get(&self, name: &str) -> Option<&AwsAlarmKept> {
        self.alarms.get(name)
    }

    /// What happened.
    pub fn history(&self) -> &AlarmHistory {
        &self.history
    }

    /// When what holds the actions of one of them ends.
    pub fn next_release(&self) -> Option<UnixMillis> {
        self.alarms.values().filter_map(|kept| kept.hold?.until()).min()
    }

    fn change(&mut self, name: &str, change: impl FnOnce(&mut AwsAlarmKept)) {
        if let Some(kept) = self.alarms.get_mut(name) {
            change(kept);
        }
    }

    fn note(&mut self, name: &str, at: UnixMillis, what: HistoryWhat) {
        if let Some(kept) = self.alarms.get(name) {
            let kind = kept.what.kind();
            self.history.note(name, kind, at, what);
        }
    }
}

impl crate::State {
    /// The alarms of a tenant.
    pub fn aws_alarms(&self, tenant: &ObjectPath) -> &AwsAlarms {
        self.aws_alarms.get(tenant.as_str()).unwrap_or(&NONE)
    }

    /// Tenants with alarms, or with what is left of some.
    pub fn tenants_with_aws_alarms(&self) -> impl Iterator<Item = ObjectPath> {
        self.aws_alarms.keys().filter_map(|tenant| tenant.parse().ok())
    }

    fn aws_alarms_mut(&mut self, tenant: &ObjectPath) -> &mut AwsAlarms {
        self.aws_alarms.entry(tenant.as_str().to_owned()).or_default()
    }
}

/// What is not as the open problems have it, for `ObserveProblems`: an alarm in ALARM that tells somebody is one.
pub fn observations(state: &crate::State, tenant: &ObjectPath) -> Vec<Observation> {
    let key = |name: &str| ProblemKey {
        object: tenant.clone(),
        rule: PROBLEM_RULE.to_owned(),
        detail: detail(name),
    };
    let mut observations = Vec::new();
    let mut firing = std::collections::BTreeSet::new();
    for (name, kept) in state.aws_alarms(tenant).all() {
        if !kept.tells() {
            continue;
        }
        let key = key(name);
        firing.insert(key.clone());
        if state.open_problem(&key).is_none_or(|problem| problem.verdict != Verdict::Firing) {
            let message = format!("alarm {name}: {}", kept.said.reason);
            let since = kept.transitioned_at;
            observations.push(Observation { key, verdict: Verdict::Firing, since, value: None, message });
        }
    }
    let open = state.open_problems().filter(|problem| {
        let key = &problem.what.key;
        key.rule == PROBLEM_RULE && key.object == *tenant && problem.verdict != Verdict::Ok
    });
    for problem in open.filter(|problem| !firing.contains(&problem.what.key)) {
        let (key, since) = (problem.what.key.clone(), problem.what.since);
        observations.push(Observation {
            key,
            verdict: Verdict::Ok,
            since,
            value: None,
            message: String::new(),
        });
    }
    observations
}

/// A name as a problem's detail: names may be longer than details.
pub(crate) fn detail(name: &str) -> String {
    let mut text = format!("alarm={name:?}");
    while text.len() > topmast_model::problem::DETAIL_MAX {
        text.pop();
    }
    text
}

// Events.

/// Applies `AwsAlarmPut`.
pub(crate) fn was_put(
    state: &mut crate::State,
    tenant: &ObjectPath,
    what: &AwsAlarm,
    (by, grants): (&Actor, &[Grant]),
    tags: &BTreeMap<String, String>,
    at: UnixMillis,
) {
    let kept = state.aws_alarms_mut(tenant);
    let name = what.name.clone();
    let noted = if let Some(alarm) = kept.alarms.get_mut(&name) {
        alarm.what = what.clone();
        (alarm.by, alarm.grants) = (by.clone(), grants.to_vec());
        alarm.configured_at = at;
        alarm.is_new = true;
        alarm.due.clear();
        alarm.hold = None;
        HistoryWhat::Updated(Box::new(what.clone()))
    } else {
        let said =
            StateSaid { state: AlarmState::InsufficientData, reason: UNCHECKED.to_owned(), data: None };
        kept.alarms.insert(
            name.clone(),
            AwsAlarmKept {
                what: what.clone(),
                tags: tags.clone(),
                by: by.clone(),
                grants: grants.to_vec(),
                configured_at: at,
                is_new: true,
                before: said.clone(),
                said,
                state_at: at,
                is_set: false,
                transitioned_at: at,
                hold: None,
                acted_state: AlarmState::InsufficientData,
                due: Vec::new(),
                acted: VecDeque::new(),
            },
        );
        HistoryWhat::Created(Box::new(what.clone()))
    };
    kept.note(&name, at, noted);
}

/// Applies `AwsAlarmDeleted`.
pub(crate) fn deleted(state: &mut crate::State, tenant: &ObjectPath, name: &str, at: UnixMillis) {
    let kept = state.aws_alarms_mut(tenant);
    let Some(what) = kept.get(name).map(|alarm| alarm.what.clone()) else { return };
    kept.note(name, at, HistoryWhat::Deleted(Box::new(what)));
    kept.alarms.remove(name);
}

/// Applies `AwsAlarmStateChanged`.
pub(crate) fn state_changed(
    state: &mut crate::State,
    tenant: &ObjectPath,
    name: &str,
    said: &StateSaid,
    hold: Option<Hold>,
    (is_set, at): (bool, UnixMillis),
) {
    let kept = state.aws_alarms_mut(tenant);
    let Some(alarm) = kept.alarms.get_mut(name) else { return };
    let from = std::mem::replace(&mut alarm.said, said.clone());
    (alarm.state_at, alarm.is_set) = (at, is_set);
    alarm.is_new = false;
    if from.state != said.state {
        alarm.transitioned_at = at;
        alarm.before = from.clone();
        alarm.hold = hold;
        alarm.release();
        kept.note(name, at, HistoryWhat::State { from, to: said.clone() });
    }
}

/// Applies `AwsAlarmHoldChanged`.
pub(crate) fn hold_changed(state: &mut crate::State, tenant: &ObjectPath, name: &str, hold: Option<Hold>) {
    state.aws_alarms_mut(tenant).change(name, |alarm| {
        alarm.hold = hold;
        alarm.release();
    });
}

/// Applies `AwsAlarmActionsSwitched`.
pub(crate) fn switched(
    state: &mut crate::State,
    tenant: &ObjectPath,
    name: &str,
    enabled: bool,
    at: UnixMillis,
) {
    let kept = state.aws_alarms_mut(tenant);
    let Some(alarm) = kept.alarms.get_mut(name) else { return };
    alarm.what.actions_enabled = enabled;
    alarm.due.clear();
    let what = alarm.what.clone();
    kept.note(name, at, HistoryWhat::Updated(Box::new(what)));
}

/// Applies `AwsAlarmTagged`.
pub(crate) fn tagged(
    state: &mut crate::State,
    tenant: &ObjectPath,
    name: &str,
    tags: &BTreeMap<String, String>,
) {
    state.aws_alarms_mut(tenant).change(name, |alarm| alarm.tags.clone_from(tags));
}

/// Applies `AwsAlarmActed`.
pub(crate) fn acted(
    state: &mut crate::State,
    tenant: &ObjectPath,
    name: &str,
    outcomes: &[ActionOutcome],
    at: UnixMillis,
) {
    let kept = state.aws_alarms_mut(tenant);
    let Some(alarm) = kept.alarms.get_mut(name) else { return };
    alarm.due.clear();
    if outcomes.iter().any(|outcome| outcome.error.is_none()) {
        alarm.acted.push_back(at);
        if alarm.acted.len() > ACTED_MAX {
            alarm.acted.pop_front();
        }
    }
    let (from, to, state_at) = (alarm.before.clone(), alarm.said.clone(), alarm.state_at);
    let what = Box::new(alarm.what.clone());
    for outcome in outcomes {
        let noted = HistoryWhat::Acted {
            outcome: outcome.clone(),
            what: what.clone(),
            from: from.state,
            to: to.clone(),
            state_at,
        };
        kept.note(name, at, noted);
    }
}
