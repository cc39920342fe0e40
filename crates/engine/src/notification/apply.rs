//! What events make of notifications.

use super::kept::{Attempt, End, Heard, KeptChannel, KeptRoute, Last, Notification, Telling};
use crate::State;
use std::collections::{BTreeMap, VecDeque};
use topmast_model::maintenance::Period;
use topmast_model::notification::{Channel, NotificationId, Outcome, Route, Told, Why};
use topmast_model::path::ObjectPath;
use topmast_model::problem::{Notice, ProblemId};
use topmast_model::time::UnixMillis;

pub(crate) fn channel_applied(state: &mut State, channel: &Channel, at: UnixMillis) {
    let kept = state.notifications.channels.remove(&channel.name);
    let (delivered_at, recent) =
        kept.map_or((None, VecDeque::new()), |kept| (kept.delivered_at, kept.recent));
    let name = channel.name.clone();
    let channel = channel.clone();
    let kept = KeptChannel { channel, changed_at: at, delivered_at, failing_since: None, recent };
    state.notifications.channels.insert(name, kept);
}

pub(crate) fn channel_deleted(state: &mut State, name: &str) {
    let all = &mut state.notifications;
    all.channels.remove(name);
    let open: Vec<NotificationId> =
        all.open.values().filter(|open| open.channel == name).map(|open| open.id).collect();
    for id in open {
        all.end(id, End::Withdrawn { reason: "its channel was deleted".to_owned() });
    }
    let problems: Vec<ProblemId> = all.tellings.keys().copied().collect();
    for problem in problems {
        if let Some(telling) = all.tellings.get_mut(&problem) {
            telling.channels.remove(name);
        }
        all.tidy(problem);
    }
}

pub(crate) fn route_applied(state: &mut State, route: &Route) {
    let kept = state.notifications.routes.remove(&route.name);
    let same = kept.filter(|kept| kept.route.schedule == route.schedule);
    let periods = same.map(|kept| kept.periods).unwrap_or_default();
    state.notifications.routes.insert(route.name.clone(), KeptRoute { route: route.clone(), periods });
}

pub(crate) fn route_planned(state: &mut State, name: &str, periods: &[Period]) {
    if let Some(kept) = state.notifications.routes.get_mut(name) {
        kept.periods = periods.to_vec();
    }
}

/// People are to know something of a problem. To be called before the problem itself changes.
pub(crate) fn noticed(state: &mut State, id: ProblemId, notice: Notice, at: UnixMillis) {
    let Some(problem) = state.problems.get(id) else { return };
    if notice != Notice::Recovered {
        let telling = Telling { since: at, channels: BTreeMap::new(), over: None };
        state.notifications.tellings.entry(id).or_insert(telling);
        return;
    }
    let over = Box::new(problem.clone());
    if let Some(telling) = state.notifications.tellings.get_mut(&id) {
        telling.over = Some(over);
        state.notifications.tidy(id);
    }
}

#[expect(clippy::too_many_arguments, reason = "the fields of one event")]
pub(crate) fn due(
    state: &mut State,
    id: NotificationId,
    within: Option<&ObjectPath>,
    channel: &str,
    route: &str,
    why: Why,
    told: &[Told],
    at: UnixMillis,
) {
    let all = &mut state.notifications;
    if id <= all.last {
        return;
    }
    all.last = id;
    if let Some(kept) = all.channels.get_mut(channel) {
        kept.count(at);
    }
    let notification = Notification {
        id,
        within: within.cloned(),
        channel: channel.to_owned(),
        route: route.to_owned(),
        why,
        due_at: at,
        told: told.to_vec(),
        alarm: None,
        attempts: Vec::new(),
        next_at: Some(at),
        end: None,
    };
    all.open.insert(id, notification);
}

pub(crate) fn begun(state: &mut State, id: NotificationId, told: &[Told], at: UnixMillis) {
    let all = &mut state.notifications;
    let Some(open) = all.open.get_mut(&id) else { return };
    let before = std::mem::replace(&mut open.told, told.to_vec());
    open.attempts.push(Attempt { at, outcome: None, finished_at: None });
    open.next_at = None;
    for told in before {
        all.tidy(told.problem);
    }
}

pub(crate) fn finished(
    state: &mut State,
    id: NotificationId,
    outcome: &Outcome,
    next_at: Option<UnixMillis>,
    at: UnixMillis,
) {
    let all = &mut state.notifications;
    let Some(open) = all.open.get_mut(&id) else { return };
    if let Some(attempt) = open.attempts.last_mut() {
        attempt.outcome = Some(outcome.clone());
        attempt.finished_at = Some(at);
    }
    open.next_at = next_at;
    // Nobody misses a test.
    let is_test = open.why == Why::Test;
    let (channel, route, told) = (open.channel.clone(), open.route.clone(), open.told.clone());
    let is_delivered = matches!(outcome, Outcome::Delivered { .. });
    let may_be_known = is_delivered || *outcome == Outcome::Unknown;
    let is_given_up = !is_delivered && next_at.is_none();
    for told in &told {
        let Some(telling) = all.tellings.get_mut(&told.problem) else { continue };
        if told.notice == Notice::Recovered {
            match telling.channels.get_mut(&channel) {
                Some(heard) if is_delivered => *heard = Heard::default(),
                Some(heard) if is_given_up => heard.given_up = Some(at),
                _ => {}
            }
            continue;
        }
        if may_be_known || is_given_up {
            let heard = telling.channels.entry(channel.clone()).or_default();
            heard.route.clone_from(&route);
            if may_be_known {
                heard.last = Some(Last { at, severity: told.severity, notices: told.notices });
            }
            heard.given_up = is_given_up.then_some(at);
        }
    }
    if let Some(kept) = all.channels.get_mut(&channel) {
        if is_delivered {
            (kept.delivered_at, kept.failing_since) = (Some(at), None);
        } else if is_given_up && !is_test {
            kept.failing_since = kept.failing_since.or(Some(at));
        }
    }
    match next_at {
        Some(_) => {}
        None => all.end(id, if is_delivered { End::Delivered } else { End::GivenUp }),
    }
}

pub(crate) fn withdrawn(state: &mut State, id: NotificationId, reason: &str) {
    state.notifications.end(id, End::Withdrawn { reason: reason.to_owned() });
}

/// A channel knows already what a route would have told it.
pub(crate) fn spared(
    state: &mut State,
    id: NotificationId,
    (channel, route): (&str, &str),
    told: &Told,
    by: NotificationId,
    at: UnixMillis,
) {
    let all = &mut state.notifications;
    if id <= all.last {
        return;
    }
    all.last = id;
    if let Some(telling) = all.tellings.get_mut(&told.problem) {
        let last = Last { at, severity: told.severity, notices: told.notices };
        let last = (told.notice != Notice::Recovered).then_some(last);
        telling.channels.insert(channel.to_owned(), Heard { route: route.to_owned(), last, given_up: None });
    }
    let notification = Notification {
        id,
        within: Some(told.object.clone()),
        channel: channel.to_owned(),
        route: route.to_owned(),
        why: Why::Route,
        due_at: at,
        told: vec![told.clone()],
        alarm: None,
        attempts: Vec::new(),
        next_at: None,
        end: None,
    };
    all.open.insert(id, notification);
    let reason = format!("the alarm's own action told it already, by notification {by}");
    all.end(id, End::Withdrawn { reason });
}

pub(crate) fn untold(state: &mut State, id: ProblemId, channels: &[String]) {
    if let Some(telling) = state.notifications.tellings.get_mut(&id) {
        for channel in channels {
            telling.channels.remove(channel);
        }
        state.notifications.tidy(id);
    }
}
