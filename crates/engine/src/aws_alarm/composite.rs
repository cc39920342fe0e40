//! What composite alarms come to, from the states of those that they name.

use super::{AwsAlarmKept, AwsAlarms};
use crate::State;
use crate::alarm::{CompositeRule, find_circle};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use topmast_model::aws_alarm::{AwsAlarm, Hold, SeenAlarm, StateSaid, alarm_name};
use topmast_model::path::ObjectPath;
use topmast_model::status::AlarmState;
use topmast_model::time::UnixMillis;

/// Most children that a reason's JSON tells of.
const TOLD_MAX: usize = 10;
/// Most composite alarms that depend on one another in a row, and a bound for looking at them.
const CHAIN_MAX: usize = 5_000;

/// The composite alarms of a tenant whose state is another one, for `ObserveAwsAlarms`.
///
/// One that was put since it was looked at last is among them in any case; one whose state was set by hand is only
/// once a child changed since.
/// Cost: O(rules), each parsed anew.
pub fn composites(state: &State, tenant: &ObjectPath) -> Vec<SeenAlarm> {
    let alarms = state.aws_alarms(tenant);
    let mut seen = Vec::new();
    for (name, kept) in alarms.all() {
        let Some(composite) = kept.what.composite() else { continue };
        let Ok(rule) = CompositeRule::parse(&composite.rule) else { continue };
        let state_of = |child: &str| alarms.get(alarm_name(child)).map(|kept| kept.said.state);
        let state = if rule.holds(state_of) { AlarmState::Alarm } else { AlarmState::Ok };
        if state == kept.said.state && !kept.is_new {
            continue;
        }
        let children = children_of(alarms, &rule);
        let has_changed = children.iter().any(|child| child.transitioned_at >= kept.state_at);
        if kept.is_set && !kept.is_new && !has_changed {
            continue;
        }
        let said = said(kept, state, &children);
        let (configured_at, state_at) = (kept.configured_at, kept.state_at);
        seen.push(SeenAlarm { name: name.clone(), configured_at, state_at, said });
    }
    seen
}

fn children_of<'a>(alarms: &'a AwsAlarms, rule: &CompositeRule) -> Vec<&'a AwsAlarmKept> {
    rule.children().into_iter().filter_map(|child| alarms.get(alarm_name(child))).collect()
}

/// The state with its reason: the child that changed last, or that the alarm was put.
fn said(kept: &AwsAlarmKept, state: AlarmState, children: &[&AwsAlarmKept]) -> StateSaid {
    let told = |child: &AwsAlarmKept| {
        let at = Timestamp::from_millisecond(child.transitioned_at.0).unwrap_or_default();
        let at = at.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000");
        serde_json::json!({
            "arn": child.what.arn(),
            "state": { "value": child.said.state.as_str(), "timestamp": at.to_string() },
        })
    };
    let last = children.iter().max_by_key(|child| child.transitioned_at);
    let (reason, triggering) = match last {
        Some(child) if !kept.is_new => {
            let at = Timestamp::from_millisecond(child.transitioned_at.0).unwrap_or_default();
            let at = at.strftime("%A %d %B, %Y %H:%M:%S UTC");
            let reason = format!("{} transitioned to {} at {at}", child.what.arn(), child.said.state);
            (reason, vec![told(child)])
        }
        _ => {
            let put = if kept.configured_at == kept.state_at { "created" } else { "updated" };
            let reason = format!("{} was {put} and its alarm rule evaluates to {state}", kept.what.arn());
            (reason, children.iter().take(TOLD_MAX).map(|child| told(child)).collect())
        }
    };
    let data = serde_json::json!({ "triggeringAlarms": triggering }).to_string();
    StateSaid { state, reason, data: Some(data) }
}

/// What keeps a composite alarm's actions back after a change of its state.
pub(super) fn hold(alarms: &AwsAlarms, what: &AwsAlarm, now: UnixMillis) -> Option<Hold> {
    let composite = what.composite()?;
    let suppressor = alarms.get(alarm_name(composite.suppressor.as_deref()?))?;
    if suppressor.said.state == AlarmState::Alarm {
        return Some(Hold::Alarm);
    }
    let wait_s = composite.wait_s.filter(|wait| *wait > 0)?;
    Some(Hold::WaitPeriod { until: UnixMillis(now.0.saturating_add(i64::from(wait_s) * 1_000)) })
}

/// What keeps its actions back now; the same when nothing changed.
pub(super) fn hold_now(alarms: &AwsAlarms, kept: &AwsAlarmKept, now: UnixMillis) -> Option<Hold> {
    let held = kept.hold?;
    let composite = kept.what.composite()?;
    let suppressor = alarms.get(alarm_name(composite.suppressor.as_deref()?))?;
    if suppressor.said.state == AlarmState::Alarm {
        return Some(Hold::Alarm);
    }
    match held {
        Hold::Alarm => {
            let extension_s = composite.extension_s.filter(|extension| *extension > 0)?;
            Some(Hold::ExtensionPeriod {
                until: UnixMillis(now.0.saturating_add(i64::from(extension_s) * 1_000)),
            })
        }
        Hold::WaitPeriod { until } | Hold::ExtensionPeriod { until } => (until > now).then_some(held),
    }
}

/// The alarms that a rule and a suppressor name.
fn names(rule: &CompositeRule) -> BTreeSet<String> {
    rule.children().into_iter().map(|child| alarm_name(child).to_owned()).collect()
}

/// The composite alarms that name an alarm, in their rule or as their suppressor.
pub(super) fn parents<'a>(alarms: &'a AwsAlarms, name: &'a str) -> impl Iterator<Item = &'a str> {
    let depends = move |kept: &AwsAlarmKept| {
        let Some(composite) = kept.what.composite() else { return false };
        let suppressor = composite.suppressor.as_deref().map(alarm_name);
        suppressor == Some(name)
            || CompositeRule::parse(&composite.rule).is_ok_and(|rule| names(&rule).contains(name))
    };
    alarms.all().iter().filter(move |(_, kept)| depends(kept)).map(|(name, _)| name.as_str())
}

/// A circle that an alarm with this rule would make (AA-2).
pub(super) fn circle(alarms: &AwsAlarms, name: &str, rule: &CompositeRule) -> Option<Vec<String>> {
    let others = alarms.all().iter().filter(|(other, _)| *other != name).take(CHAIN_MAX);
    let mut children: BTreeMap<String, BTreeSet<String>> = others
        .filter_map(|(other, kept)| {
            let rule = CompositeRule::parse(&kept.what.composite()?.rule).ok()?;
            Some((other.clone(), names(&rule)))
        })
        .collect();
    children.insert(name.to_owned(), names(rule));
    let found = find_circle(&children)?;
    Some(found.into_iter().map(str::to_owned).collect())
}

/// The alarms that a rule names and that are not there.
pub(super) fn missing(alarms: &AwsAlarms, rule: &CompositeRule) -> Vec<String> {
    let is_there = |name: &String| alarms.get(name).is_some();
    names(rule).into_iter().filter(|name| !is_there(name)).collect()
}
