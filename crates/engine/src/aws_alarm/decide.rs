//! Deciding about alarms. What is refused is said in AWS' words, for AWS' tools are told it as it is.

use super::{ALARMS_MAX, AwsAlarmKept, AwsAlarms, TOO_OFTEN, composite};
use crate::alarm::{CompositeError, CompositeRule};
use crate::tag::merged;
use crate::{Rejection, State, notification};
use std::collections::{BTreeMap, BTreeSet};
use topmast_model::aws_alarm::{
    ActionOutcome, AwsAlarm, NAMED_MAX, SEEN_MAX, SeenAlarm, StateSaid, alarm_name, topic,
};
use topmast_model::event::EventBody;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Principal;
use topmast_model::tag::TAGS_MAX;
use topmast_model::time::UnixMillis;

/// Longest name, reason and JSON of a reason, in bytes: of what AWS takes, with every character of the longest.
const NAME_MAX: usize = 4 * 255;
const REASON_MAX: usize = 4 * REASON_CHARS;
const REASON_CHARS: usize = 1_023;
const DATA_MAX: usize = 4 * 4_000;
/// Most actions of a state.
const ACTIONS_MAX: usize = 5;

/// Decides `PutAwsAlarm`.
pub(crate) fn put(
    state: &State,
    who: &Principal,
    tenant: &ObjectPath,
    alarm: &AwsAlarm,
    tags: &BTreeMap<String, String>,
) -> Result<Vec<EventBody>, Rejection> {
    check_tenant(tenant)?;
    let alarms = state.aws_alarms(tenant);
    let name = &alarm.name;
    if name.is_empty() || name.len() > NAME_MAX {
        return Err(Rejection::invalid("AlarmName", "The name of an alarm has 1 to 255 characters."));
    }
    let lists = [&alarm.ok_actions, &alarm.alarm_actions, &alarm.insufficient_data_actions];
    if lists.iter().any(|list| list.len() > ACTIONS_MAX) || tags.len() > TAGS_MAX {
        return Err(Rejection::invalid("Actions", "An alarm has at most 5 actions of a state and 50 tags."));
    }
    let kept = alarms.get(name);
    if kept.is_none() && alarms.all().len() >= ALARMS_MAX {
        return Err(Rejection::limit(format!("The maximum number of {ALARMS_MAX} alarms is reached.")));
    }
    if let Some(kept) = kept.filter(|kept| kept.what.kind() != alarm.kind()) {
        return Err(Rejection::invalid(
            "AlarmName",
            format!("An alarm of type {} already exists with the name {name}.", kept.what.kind()),
        ));
    }
    if let Some(composite) = alarm.composite() {
        check_composite(alarms, name, &composite.rule, composite.suppressor.as_deref())?;
    }
    if kept.is_some_and(|kept| kept.what == *alarm && kept.grants == who.grants) {
        return Ok(Vec::new());
    }
    let tags = if kept.is_some() { BTreeMap::new() } else { tags.clone() };
    let (tenant, alarm) = (tenant.clone(), Box::new(alarm.clone()));
    Ok(vec![EventBody::AwsAlarmPut { tenant, alarm, grants: who.grants.clone(), tags }])
}

/// AA-2
fn check_composite(
    alarms: &AwsAlarms,
    name: &str,
    rule: &str,
    suppressor: Option<&str>,
) -> Result<(), Rejection> {
    let rule = CompositeRule::parse(rule).map_err(|error| {
        Rejection::invalid("AlarmRule", format!("Error in AlarmRule [{}]", wrong(rule, &error)))
    })?;
    if rule.children().into_iter().any(|child| alarm_name(child) == name)
        || composite::circle(alarms, name, &rule).is_some()
    {
        return Err(Rejection::invalid(
            "AlarmRule",
            "AlarmRule is invalid: the alarm would depend on its own state.",
        ));
    }
    let missing = composite::missing(alarms, &rule);
    if !missing.is_empty() {
        let names = missing.join(", ");
        return Err(Rejection::invalid(
            "AlarmRule",
            format!("Could not save the composite alarm as alarms [{names}] in the alarm rule do not exist"),
        ));
    }
    let suppressor = suppressor.map(alarm_name);
    if let Some(suppressor) =
        suppressor.filter(|suppressor| alarms.get(suppressor).is_none() || *suppressor == name)
    {
        return Err(Rejection::invalid(
            "ActionsSuppressor",
            format!(
                "Could not save the composite alarm as the actions suppressor [{suppressor}] does not exist"
            ),
        ));
    }
    Ok(())
}

/// What is wrong with a rule, in AWS' words: the word that cannot be there, or the bound that it is beyond.
fn wrong(rule: &str, error: &CompositeError) -> String {
    if error.message.starts_with("the rule ") {
        return error.message.clone();
    }
    let at = error.column.saturating_sub(1);
    let rest: Vec<char> = rule.chars().skip(at).collect();
    let length = rest.iter().take_while(|sign| sign.is_alphanumeric() || matches!(sign, '_' | '-')).count();
    let token: String = rest[..length.max(1).min(rest.len())].iter().collect();
    let must_be = match error.message.strip_prefix("expected ") {
        Some(sign) if sign.len() == 1 => format!(", must be: '{sign}'"),
        _ => String::new(),
    };
    format!("Unsupported token '{token}' at char {at}{must_be}")
}

/// Decides `DeleteAwsAlarms`: all or none of those that are there.
pub(crate) fn delete(
    state: &State,
    tenant: &ObjectPath,
    names: &[String],
) -> Result<Vec<EventBody>, Rejection> {
    let (alarms, names) = named(state, tenant, names)?;
    let composites = names.iter().filter(|name| is_composite(alarms, name)).count();
    if composites > 1 {
        return Err(Rejection::invalid(
            "AlarmNames",
            "At most one composite alarm can be deleted in one request.",
        ));
    }
    let is_needed = |name: &&&str| composite::parents(alarms, name).any(|parent| !names.contains(parent));
    let needed: Vec<&str> = names.iter().filter(is_needed).copied().collect();
    if !needed.is_empty() {
        let (names, them) = (needed.join(","), if needed.len() == 1 { "it" } else { "them" });
        let message = format!("Cannot delete {names} as there are composite alarm(s) depending on {them}.");
        return Err(Rejection::invalid("AlarmNames", message));
    }
    let deleted = |name: &str| EventBody::AwsAlarmDeleted { tenant: tenant.clone(), name: name.to_owned() };
    Ok(names.into_iter().map(deleted).collect())
}

fn is_composite(alarms: &AwsAlarms, name: &str) -> bool {
    alarms.get(name).is_some_and(|kept| kept.what.composite().is_some())
}

/// The alarms of these names that are there, each once.
fn named<'a>(
    state: &'a State,
    tenant: &ObjectPath,
    names: &'a [String],
) -> Result<(&'a AwsAlarms, BTreeSet<&'a str>), Rejection> {
    check_tenant(tenant)?;
    if names.len() > NAMED_MAX {
        return Err(Rejection::invalid("AlarmNames", format!("At most {NAMED_MAX} alarms can be named.")));
    }
    let alarms = state.aws_alarms(tenant);
    let there = names.iter().map(String::as_str).filter(|name| alarms.get(name).is_some());
    Ok((alarms, there.collect()))
}

/// Decides `SetAwsAlarmState`.
pub(crate) fn set_state(
    state: &State,
    tenant: &ObjectPath,
    name: &str,
    said: &StateSaid,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    check_tenant(tenant)?;
    check_said(said)?;
    let alarms = state.aws_alarms(tenant);
    let kept = alarms.get(name).ok_or_else(|| no_alarm(name))?;
    if kept.said == *said {
        return Ok(Vec::new());
    }
    let mut facts = told_still(state, tenant, kept, now, &mut { state.notifications.last.0 });
    facts.push(changed(alarms, tenant, kept, said, now));
    Ok(facts)
}

fn changed(
    alarms: &AwsAlarms,
    tenant: &ObjectPath,
    kept: &AwsAlarmKept,
    said: &StateSaid,
    now: UnixMillis,
) -> EventBody {
    let hold = if kept.said.state == said.state { None } else { composite::hold(alarms, &kept.what, now) };
    let (tenant, name) = (tenant.clone(), kept.what.name.clone());
    EventBody::AwsAlarmStateChanged { tenant, name, said: said.clone(), hold }
}

/// Decides `SwitchAwsAlarmActions`.
pub(crate) fn switch(
    state: &State,
    tenant: &ObjectPath,
    names: &[String],
    enabled: bool,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    let (alarms, names) = named(state, tenant, names)?;
    let differs = |name: &&str| alarms.get(name).is_some_and(|kept| kept.what.actions_enabled != enabled);
    let mut last = state.notifications.last.0;
    let mut facts = Vec::new();
    for kept in names.into_iter().filter(differs).filter_map(|name| alarms.get(name)) {
        facts.extend(told_still(state, tenant, kept, now, &mut last));
        let (tenant, name) = (tenant.clone(), kept.what.name.clone());
        facts.push(EventBody::AwsAlarmActionsSwitched { tenant, name, enabled });
    }
    Ok(facts)
}

/// Decides `TagAwsAlarm`.
pub(crate) fn tag(
    state: &State,
    tenant: &ObjectPath,
    name: &str,
    tags: &BTreeMap<String, String>,
    removed: &[String],
) -> Result<Vec<EventBody>, Rejection> {
    check_tenant(tenant)?;
    let kept = state.aws_alarms(tenant).get(name).ok_or_else(|| no_alarm(name))?;
    let all = merged(&kept.tags, tags, removed);
    if all.len() > TAGS_MAX {
        return Err(Rejection::limit(format!("An alarm can have at most {TAGS_MAX} tags.")));
    }
    if all == kept.tags {
        return Ok(Vec::new());
    }
    Ok(vec![EventBody::AwsAlarmTagged { tenant: tenant.clone(), name: name.to_owned(), tags: all }])
}

/// Decides `ObserveAwsAlarms`. What was looked at before a change since then makes no fact.
pub(crate) fn observe(
    state: &State,
    tenant: &ObjectPath,
    seen: &[SeenAlarm],
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    check_tenant(tenant)?;
    if seen.len() > SEEN_MAX {
        return Err(Rejection::invalid("seen", format!("send at most {SEEN_MAX} at once")));
    }
    let alarms = state.aws_alarms(tenant);
    let mut last = state.notifications.last.0;
    let mut facts = Vec::new();
    let mut done = BTreeSet::new();
    for seen in seen {
        let Some(kept) = alarms.get(&seen.name) else { continue };
        let is_as_seen = kept.configured_at == seen.configured_at && kept.state_at == seen.state_at;
        let tells = kept.said.state != seen.said.state || (kept.is_new && kept.what.composite().is_some());
        if is_as_seen && tells && done.insert(seen.name.as_str()) {
            facts.extend(told_still(state, tenant, kept, now, &mut last));
            facts.push(changed(alarms, tenant, kept, &clipped(&seen.said), now));
        }
    }
    for (name, kept) in alarms.all().iter().filter(|(name, _)| !done.contains(name.as_str())) {
        let hold = composite::hold_now(alarms, kept, now);
        if hold != kept.hold {
            facts.push(EventBody::AwsAlarmHoldChanged { tenant: tenant.clone(), name: name.clone(), hold });
        }
    }
    Ok(facts)
}

/// Decides `RecordAwsAlarmActions`: once of each change of state (AA-3). The channels of its topics are to be told by
/// the same command, so that none is told twice or forgotten.
pub(crate) fn record(
    state: &State,
    tenant: &ObjectPath,
    name: &str,
    state_at: UnixMillis,
    outcomes: &[ActionOutcome],
) -> Result<Vec<EventBody>, Rejection> {
    check_tenant(tenant)?;
    let Some(kept) = state.aws_alarms(tenant).get(name) else { return Ok(Vec::new()) };
    if outcomes.len() > ACTIONS_MAX {
        return Err(Rejection::invalid("outcomes", "of at most five actions"));
    }
    if kept.due.is_empty() || kept.state_at != state_at {
        return Ok(Vec::new());
    }
    Ok(recorded(state, tenant, kept, outcomes.to_vec(), &mut { state.notifications.last.0 }))
}

/// The topics that are still to be told when something else comes: what is due would be forgotten with it.
fn told_still(
    state: &State,
    tenant: &ObjectPath,
    kept: &AwsAlarmKept,
    now: UnixMillis,
    last: &mut u64,
) -> Vec<EventBody> {
    let error = || (!kept.may_act(now)).then(|| TOO_OFTEN.to_owned());
    let topics = kept.due.iter().filter(|action| topic(action).is_some());
    let outcomes: Vec<ActionOutcome> =
        topics.map(|action| ActionOutcome { action: action.clone(), error: error() }).collect();
    if outcomes.is_empty() { Vec::new() } else { recorded(state, tenant, kept, outcomes, last) }
}

/// What actions came to, and what their topics' channels are to be told.
///
/// - `last`: the number of the last notification; counted on.
fn recorded(
    state: &State,
    tenant: &ObjectPath,
    kept: &AwsAlarmKept,
    mut outcomes: Vec<ActionOutcome>,
    last: &mut u64,
) -> Vec<EventBody> {
    let tells = |outcome: &ActionOutcome| outcome.error.is_none() && topic(&outcome.action).is_some();
    let telling = outcomes.iter().filter(|outcome| tells(outcome)).map(|outcome| outcome.action.as_str());
    let asked = notification::of_alarm(state, tenant, kept, telling, last);
    let mut facts = Vec::new();
    for (outcome, (fact, refused)) in outcomes.iter_mut().filter(|outcome| tells(outcome)).zip(asked) {
        outcome.error = refused;
        facts.push(fact);
    }
    let (tenant, name) = (tenant.clone(), kept.what.name.clone());
    facts.push(EventBody::AwsAlarmActed { tenant, name, outcomes });
    facts
}

/// Decides `ForgetAwsAlarms`.
pub(crate) fn forget(state: &State, tenant: &ObjectPath) -> Vec<EventBody> {
    if *state.aws_alarms(tenant) == AwsAlarms::default() {
        return Vec::new();
    }
    vec![EventBody::AwsAlarmsForgotten { tenant: tenant.clone() }]
}

fn check_tenant(tenant: &ObjectPath) -> Result<(), Rejection> {
    if tenant.level() == Level::Tenant {
        return Ok(());
    }
    Err(Rejection::invalid("tenant", "an alarm belongs to a tenant; name one"))
}

fn check_said(said: &StateSaid) -> Result<(), Rejection> {
    let data = said.data.as_ref().map_or(0, String::len);
    if said.reason.len() > REASON_MAX || data > DATA_MAX {
        return Err(Rejection::invalid("StateReason", "The reason is too long."));
    }
    Ok(())
}

/// What the master saw, no longer than what is kept: one long reason is not to be in the way of all others.
fn clipped(said: &StateSaid) -> StateSaid {
    let data = said.data.clone().filter(|data| data.len() <= DATA_MAX);
    StateSaid { state: said.state, reason: said.reason.chars().take(REASON_CHARS).collect(), data }
}

fn no_alarm(name: &str) -> Rejection {
    Rejection::NotFound {
        what: "alarm",
        names: crate::Listed::one(name),
        hint: "`aws cloudwatch describe-alarms` shows which there are",
    }
}
