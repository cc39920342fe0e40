//! What channels are told because somebody asked: tests, and the actions of alarms of AWS' tools.
//!
//! Neither routes nor limits have to do with it, and nothing suppresses it: it is told as it was asked. A test is tried
//! once, for somebody waits for its answer; what an alarm says is tried again as everything else is.

use super::kept::{End, Notification};
use crate::aws_alarm::AwsAlarmKept;
use crate::{Listed, Rejection, State};
use topmast_model::aws_alarm::topic;
use topmast_model::event::EventBody;
use topmast_model::notification::{AlarmTold, Channel, NotificationId, Why};
use topmast_model::path::ObjectPath;
use topmast_model::time::UnixMillis;

/// Most of it that waits for one channel, and for all.
const ASKED_MAX: usize = 100;
const ASKED_IN_ALL_MAX: usize = 2_000;

/// Decides `TestChannel`: one at a time, so that nobody fills a receiver with tests.
pub(crate) fn test(state: &State, name: &str) -> Result<Vec<EventBody>, Rejection> {
    let channel = state.channel(name).ok_or_else(|| Rejection::NotFound {
        what: "channel",
        names: Listed::one(name),
        hint: "`topmast channels` shows which there are",
    })?;
    if state.open_notifications().any(|open| open.why == Why::Test && open.channel == name) {
        return Err(Rejection::conflict(format!("channel {name} is being tested; wait for its answer")));
    }
    let id = NotificationId(state.notifications.last.0 + 1);
    let (within, channel) = (channel.tenant.clone(), name.to_owned());
    Ok(vec![EventBody::NotificationAsked { id, within, channel, why: Why::Test, alarm: None, refused: None }])
}

/// What the actions of an alarm tell, each with why its channel cannot be told.
///
/// - `last`: the number of the last notification; counted on.
pub(crate) fn of_alarm<'a>(
    state: &State,
    tenant: &ObjectPath,
    kept: &AwsAlarmKept,
    actions: impl Iterator<Item = &'a str>,
    last: &mut u64,
) -> Vec<(EventBody, Option<String>)> {
    let asked = actions.filter_map(|action| {
        let name = topic(action)?;
        let refused = refusal(state, tenant, name);
        *last += 1;
        let told = AlarmTold {
            alarm: kept.what.clone(),
            from: kept.before.state,
            to: kept.said.clone(),
            at: kept.state_at,
            action: action.to_owned(),
        };
        let event = EventBody::NotificationAsked {
            id: NotificationId(*last),
            within: Some(tenant.clone()),
            channel: name.to_owned(),
            why: Why::Alarm,
            alarm: Some(Box::new(told)),
            refused: refused.clone(),
        };
        Some((event, refused))
    });
    asked.collect()
}

/// Why a channel cannot be told; one of another tenant looks as one that is not there.
fn refusal(state: &State, tenant: &ObjectPath, name: &str) -> Option<String> {
    let Some(channel) = its(state, tenant, name) else {
        return Some(format!(
            "there is no channel {name:?} to tell; apply one of that name, or name another topic"
        ));
    };
    if !channel.enabled {
        return Some(format!("channel {name} is switched off"));
    }
    let asked = state.open_notifications().filter(|open| open.why.is_asked());
    let (mut all, mut own) = (0, 0);
    for open in asked {
        (all, own) = (all + 1, own + usize::from(open.channel == name));
    }
    (own >= ASKED_MAX || all >= ASKED_IN_ALL_MAX)
        .then(|| format!("too many messages wait for channel {name}; does its receiver take them?"))
}

fn its<'a>(state: &'a State, tenant: &ObjectPath, name: &str) -> Option<&'a Channel> {
    let is_its = |channel: &&Channel| channel.tenant.as_ref().is_none_or(|its| its == tenant);
    state.channel(name).filter(is_its)
}

/// True while what was asked for may be sent. A channel that is switched off can be tested.
pub(super) fn is_so(state: &State, open: &Notification) -> bool {
    match (&open.within, open.why) {
        (_, Why::Test) => state.channel(&open.channel).is_some(),
        (Some(tenant), _) => its(state, tenant, &open.channel).is_some_and(|channel| channel.enabled),
        (None, _) => false,
    }
}

/// Applies `NotificationAsked`. It does not count to the limits of routes, which it must not delay.
#[expect(clippy::too_many_arguments, reason = "the fields of one event")]
pub(crate) fn asked(
    state: &mut State,
    id: NotificationId,
    within: Option<&ObjectPath>,
    channel: &str,
    why: Why,
    alarm: Option<&AlarmTold>,
    refused: Option<&str>,
    at: UnixMillis,
) {
    let all = &mut state.notifications;
    if id <= all.last {
        return;
    }
    all.last = id;
    let notification = Notification {
        id,
        within: within.cloned(),
        channel: channel.to_owned(),
        route: String::new(),
        why,
        due_at: at,
        told: Vec::new(),
        alarm: alarm.cloned().map(Box::new),
        attempts: Vec::new(),
        next_at: Some(at),
        end: None,
    };
    all.open.insert(id, notification);
    if let Some(reason) = refused {
        all.end(id, End::Refused { reason: reason.to_owned() });
    }
}
