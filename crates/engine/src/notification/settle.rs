//! What channels are to be told now, as against what they were told.

use super::asked;
use super::kept::{Busy, Heard, KeptRoute, Notification, Telling};
use super::own::{Own, Saying};
use super::why::{Looked, looks};
use crate::maintenance::common;
use crate::{Problem, ProblemRow, State};
use std::collections::BTreeMap;
use std::time::Duration;
use topmast_model::event::EventBody;
use topmast_model::filter::fields::problems;
use topmast_model::notification::{Channel, GroupBy, NotificationId, Route, Told, Why};
use topmast_model::path::Level;
use topmast_model::problem::{Notice, Suppression};
use topmast_model::time::UnixMillis;

/// Most facts of one settling; the rest comes with the next one.
const FACTS_MAX: usize = 500;
/// Most problems of one notification, so that its event stays small; the rest makes another.
const TOLD_MAX: usize = 1_000;
/// Most open notifications of a channel; what is due beyond that waits, and is told together.
pub(super) const QUEUE_MAX: usize = 16;
/// After what was given up, so long passes until it is tried again, unless the channel works or is changed before.
const AGAIN: Duration = Duration::from_hours(1);
/// How long a channel that cannot be told of the end of a problem is tried.
const OVER_KEPT: Duration = Duration::from_hours(24);
/// Problems with something to tell beyond which limits by the hour do not hold: they would have no bound themselves.
const PRESSED: usize = 30_000;

/// True when settling would make something due.
///
/// Cost: O(problems to be told × routes).
pub fn is_due(state: &State, now: UnixMillis) -> bool {
    !settle(state, now).is_empty()
}

/// Decides `SettleNotifications`.
pub(crate) fn settle(state: &State, now: UnixMillis) -> Vec<EventBody> {
    let mut facts = Vec::new();
    let all = &state.notifications;
    let (routes, busy, own) = (state.routes(), all.busy(), Own::of(state, now));
    for open in all.open.values().filter(|open| !open.is_under_way()) {
        let is_so = if open.why.is_asked() {
            asked::is_so(state, open)
        } else {
            open.told.iter().any(|told| still(state, open, told, &own).is_some())
        };
        if !is_so {
            let (id, within, reason) = (open.id, open.within.clone(), withdrawal(state, open, &own));
            facts.push(EventBody::NotificationWithdrawn { id, within, reason });
        }
    }
    let mut next = all.last.0 + 1;
    let mut wanted: BTreeMap<&str, BTreeMap<Key<'_>, Vec<Want<'_>>>> = BTreeMap::new();
    for (id, telling) in &all.tellings {
        let wants = match &telling.over {
            Some(problem) => ended(state, telling, problem, (now, &busy, &own), &mut facts),
            None => match state.problems.get(*id) {
                Some(problem) => open_wants(state, &routes, telling, problem, (now, &own)),
                None => continue,
            },
        };
        for want in wants.into_iter().filter(|want| !busy.has(*id, Some(&want.channel.name))) {
            if let Some(by) = want.spared {
                facts.push(spared(want, by, &mut next));
                continue;
            }
            wanted.entry(&want.channel.name).or_default().entry(want.key.clone()).or_default().push(want);
        }
    }
    for (channel, groups) in wanted {
        emit(state, channel, groups, now, &mut next, &mut facts);
    }
    facts.truncate(FACTS_MAX);
    facts
}

/// What is told together: of one tenant, by one route, by what it groups by; what is over apart from what is open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    over: bool,
    tenant: &'a str,
    route: String,
    by: String,
}

/// Something that a channel is to be told.
struct Want<'a> {
    channel: &'a Channel,
    key: Key<'a>,
    told: Told,
    why: Why,
    /// When it is to be told.
    at: UnixMillis,
    /// It goes with what of its group goes before that.
    gathers: bool,
    per_hour: u32,
    /// What told it already: an action of the alarm that it is about (N-7).
    spared: Option<NotificationId>,
}

/// The end of a problem goes to those that were told of it (N-1), at once.
fn ended<'a>(
    state: &'a State,
    telling: &'a Telling,
    problem: &'a Problem,
    (now, busy, own): (UnixMillis, &Busy<'_>, &Own<'_>),
    facts: &mut Vec<EventBody>,
) -> Vec<Want<'a>> {
    let heard = telling.channels.iter().filter(|(_, heard)| heard.last.is_some());
    let over_at = problem.closed.map_or(now, |closed| closed.at);
    if over_at.plus(OVER_KEPT) <= now && !busy.has(problem.id, None) {
        let channels: Vec<String> = heard.map(|(name, _)| name.clone()).collect();
        let (id, object) = (problem.id, problem.object().clone());
        facts.push(EventBody::RecoveryUntold { id, object, channels });
        return Vec::new();
    }
    let want = |(name, heard): (&'a String, &'a Heard)| {
        let kept = state.notifications.channels.get(name).filter(|kept| kept.channel.enabled)?;
        let spared = match own.says(problem, name, false) {
            Some(Saying::Telling) => return None,
            Some(Saying::Told(by)) => Some(by),
            None => None,
        };
        let again = tried_again(state, name, heard);
        let per_hour = state.route(&heard.route).map_or(u32::MAX, |route| route.per_hour);
        let key = Key { over: true, tenant: tenant(problem), route: heard.route.clone(), by: String::new() };
        let told = told(problem, Notice::Recovered);
        let (channel, why, at, gathers) = (&kept.channel, Why::Route, again, false);
        Some(Want { channel, key, told, why, at, gathers, per_hour, spared })
    };
    heard.filter_map(want).collect()
}

/// What an open problem is to be told of, by the routes that take it.
fn open_wants<'a>(
    state: &'a State,
    routes: &[&'a KeptRoute],
    telling: &Telling,
    problem: &'a Problem,
    (now, own): (UnixMillis, &Own<'_>),
) -> Vec<Want<'a>> {
    // What is over and not settled yet is not told of any more, but its end once that is decided.
    if problem.closed.is_some() || problem.told.is_none() || !may_be_told(problem, None) {
        return Vec::new();
    }
    let mut wants: BTreeMap<&str, Want<'a>> = BTreeMap::new();
    for kept in routes {
        let route = &kept.route;
        if looks(state, kept, problem, now) != Looked::Takes {
            continue;
        }
        for (name, step) in reached(route, telling, now) {
            let Some(channel) = usable(state, name, problem) else { continue };
            let heard = telling.channels.get(name);
            if wants.contains_key(name) || !may_be_told(problem, heard) {
                continue;
            }
            let knows = heard.is_some_and(|heard| heard.last.is_some());
            let spared = match own.says(problem, name, true).filter(|_| !knows) {
                Some(Saying::Telling) => continue,
                Some(Saying::Told(by)) => Some(by),
                None => None,
            };
            if let Some((notice, why, at)) = due(state, route, telling, problem, name, heard, step, now) {
                let key = Key {
                    over: false,
                    tenant: tenant(problem),
                    route: route.name.clone(),
                    by: group(route, problem),
                };
                let told = told(problem, notice);
                let gathers = why == Why::Route && heard.is_none_or(|heard| heard.given_up.is_none());
                let per_hour = route.per_hour;
                wants.insert(name, Want { channel, key, told, why, at, gathers, per_hour, spared });
            }
        }
        if !route.goes_on {
            break;
        }
    }
    wants.into_values().collect()
}

/// Channels of a route that are reached now, with the step of its escalation.
pub(super) fn reached<'a>(
    route: &'a Route,
    telling: &Telling,
    now: UnixMillis,
) -> impl Iterator<Item = (&'a str, Option<Duration>)> {
    let since = telling.since;
    let steps = route.escalation.iter().filter(move |step| since.plus(step.after.duration()) <= now);
    let steps = steps.flat_map(|step| {
        step.channels.iter().map(move |channel| (channel.as_str(), Some(step.after.duration())))
    });
    route.channels.iter().map(|channel| (channel.as_str(), None)).chain(steps)
}

/// The channel, if it may be told of the problem.
pub(super) fn usable<'a>(state: &'a State, name: &str, problem: &Problem) -> Option<&'a Channel> {
    let channel = state.channel(name).filter(|channel| channel.enabled)?;
    let is_its = channel.tenant.as_ref().is_none_or(|tenant| problem.object().is_within(tenant));
    is_its.then_some(channel)
}

/// True when nothing is in the way (N-2). Of one that flaps, who does not know of it is told once.
fn may_be_told(problem: &Problem, heard: Option<&Heard>) -> bool {
    match &problem.suppression {
        None => true,
        Some(Suppression::Flapping) => heard.is_none_or(|heard| heard.last.is_none()),
        Some(_) => false,
    }
}

/// What a channel is to be told of an open problem, why, and when (N-4).
#[expect(clippy::too_many_arguments, reason = "one decision of all that matters")]
fn due(
    state: &State,
    route: &Route,
    telling: &Telling,
    problem: &Problem,
    channel: &str,
    heard: Option<&Heard>,
    step: Option<Duration>,
    now: UnixMillis,
) -> Option<(Notice, Why, UnixMillis)> {
    let noticed = problem.told?;
    let wait = route.group.wait.duration();
    let again = heard.map_or(UnixMillis(i64::MIN), |heard| tried_again(state, channel, heard));
    let escalation = step.map(|after| Why::Escalation {
        after: topmast_model::rule::Span::from_millis(u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
    });
    let Some(last) = heard.and_then(|heard| heard.last) else {
        let notice = if problem.flapping { Notice::Flapping } else { Notice::Opened };
        let at = step.map_or(noticed.at.plus(wait), |after| telling.since.plus(after));
        return Some((notice, escalation.unwrap_or(Why::Route), at.min(now.plus(wait)).max(again)));
    };
    if problem.notices > last.notices {
        let notice = if noticed.severity > last.severity { Notice::Worse } else { Notice::StillOpen };
        return Some((notice, Why::Route, noticed.at.plus(wait).min(now.plus(wait)).max(again)));
    }
    let repeat = route.repeat?.duration();
    // A clock that was set back makes no reminder late.
    let at = last.at.plus(repeat).min(now.plus(repeat));
    Some((Notice::StillOpen, Why::Reminder, at.max(again)))
}

/// When a channel is tried again with what was given up.
fn tried_again(state: &State, channel: &str, heard: &Heard) -> UnixMillis {
    let Some(given_up) = heard.given_up else { return UnixMillis(i64::MIN) };
    let kept = state.notifications.channels.get(channel);
    let works = kept.and_then(|kept| kept.delivered_at).filter(|at| *at > given_up);
    let changed = kept.map(|kept| kept.changed_at).filter(|at| *at > given_up);
    works.into_iter().chain(changed).fold(given_up.plus(AGAIN), UnixMillis::min)
}

/// What an open notification is still to tell of one of its problems.
pub(super) fn still(state: &State, open: &Notification, told: &Told, own: &Own<'_>) -> Option<Told> {
    let channel = state.channel(&open.channel).filter(|channel| channel.enabled)?;
    let telling = state.notifications.tellings.get(&told.problem)?;
    let heard = telling.channels.get(&open.channel);
    if let Some(problem) = &telling.over {
        let knows = heard.is_some_and(|heard| heard.last.is_some());
        let is_so = knows && own.says(problem, &open.channel, false).is_none();
        return (told.notice == Notice::Recovered && is_so).then(|| self::told(problem, Notice::Recovered));
    }
    let problem = state.problems.get(told.problem)?;
    let is_its = channel.tenant.as_ref().is_none_or(|tenant| problem.object().is_within(tenant));
    let has_route = state.route(&open.route).is_some_and(|route| route.enabled);
    let is_open = problem.closed.is_none() && problem.told.is_some();
    let is_new = heard.and_then(|heard| heard.last).is_none();
    let is_spared = match own.says(problem, &open.channel, true) {
        None => false,
        Some(Saying::Telling) => is_new,
        // Also where an attempt of ours was cut off before: it is not known to have told anybody, the alarm is.
        Some(Saying::Told(_)) => is_new || matches!(told.notice, Notice::Opened | Notice::Flapping),
    };
    if told.notice == Notice::Recovered || !is_its || !has_route || !is_open || is_spared {
        return None;
    }
    // An attempt that was cut off may have told it already: of flapping it is tried again all the same.
    let was_cut = open
        .attempts
        .iter()
        .any(|attempt| attempt.outcome == Some(topmast_model::notification::Outcome::Unknown));
    let flaps = problem.suppression == Some(Suppression::Flapping) && was_cut;
    if !flaps && !may_be_told(problem, heard) {
        return None;
    }
    let notice = match heard.and_then(|heard| heard.last) {
        None if problem.flapping => Notice::Flapping,
        None => Notice::Opened,
        Some(last) if problem.severity_told() > Some(last.severity) => Notice::Worse,
        Some(_) => told.notice,
    };
    Some(self::told(problem, notice))
}

/// Why an open notification is not sent any more.
pub(super) fn withdrawal(state: &State, open: &Notification, own: &Own<'_>) -> String {
    if open.why.is_asked() || state.channel(&open.channel).is_none_or(|channel| !channel.enabled) {
        return "its channel is not used any more".to_owned();
    }
    let Some(first) = open.told.first() else { return "it tells nothing".to_owned() };
    if let Some(problem) = state.told_problem(first.problem)
        && own.says(problem, &open.channel, first.notice != Notice::Recovered).is_some()
    {
        return "the alarm's own action tells it".to_owned();
    }
    let problem = state.problems.get(first.problem).filter(|problem| problem.closed.is_none());
    match problem {
        None => "it was over before anybody was told".to_owned(),
        Some(Problem { suppression: Some(suppression), .. }) => {
            format!("{} meanwhile", super::why::in_the_way(suppression))
        }
        Some(_) => "its route does not tell of it any more".to_owned(),
    }
}

/// Makes what is due of one channel into notifications: as many as its limit and its queue have room for, and all
/// in one when that is fewer (N-3).
fn emit(
    state: &State,
    channel: &str,
    groups: BTreeMap<Key<'_>, Vec<Want<'_>>>,
    now: UnixMillis,
    next: &mut u64,
    facts: &mut Vec<EventBody>,
) {
    let is_ripe = |wants: &Vec<Want<'_>>| wants.iter().any(|want| want.at <= now);
    let ripe: Vec<(Key<'_>, Vec<Want<'_>>)> =
        groups.into_iter().filter(|(_, wants)| is_ripe(wants)).collect();
    let limit = ripe.iter().flat_map(|(_, wants)| wants.iter().map(|want| want.per_hour as usize)).min();
    let Some(limit) = limit else { return };
    let used = state.notifications.channels.get(channel).map_or(0, |kept| kept.recent(now));
    let of_routes = state.notifications.open.values().filter(|open| !open.why.is_asked());
    let queued = of_routes.filter(|open| open.channel == channel).count();
    let is_pressed = state.notifications.tellings.len() > PRESSED;
    let of_limit = if is_pressed { 1 } else { limit.saturating_sub(used) };
    let room = of_limit.min(QUEUE_MAX.saturating_sub(queued));
    if room == 0 {
        return;
    }
    let many = ripe.len() > room;
    let alone = if many { room - 1 } else { ripe.len() };
    let mut rest = Vec::new();
    for (index, (key, wants)) in ripe.into_iter().enumerate() {
        // Reminders and what was given up have times of their own.
        let wants: Vec<Want<'_>> = wants.into_iter().filter(|want| want.at <= now || want.gathers).collect();
        if index < alone {
            let why = wants.iter().map(|want| want.why).next().unwrap_or(Why::Route);
            push(channel, &key.route, why, wants, next, facts);
        } else {
            rest.push((key, wants));
        }
    }
    if let Some((key, _)) = rest.first() {
        let route = key.route.clone();
        let wants = rest.into_iter().flat_map(|(_, wants)| wants).collect();
        push(channel, &route, Why::Limit, wants, next, facts);
    }
}

/// What a route leaves to an alarm's own action, which told the channel already.
fn spared(want: Want<'_>, by: NotificationId, next: &mut u64) -> EventBody {
    let id = NotificationId(*next);
    *next += 1;
    let (channel, route) = (want.channel.name.clone(), want.key.route);
    EventBody::NotificationSpared { id, channel, route, told: Box::new(want.told), by }
}

fn push(
    channel: &str,
    route: &str,
    why: Why,
    mut wants: Vec<Want<'_>>,
    next: &mut u64,
    facts: &mut Vec<EventBody>,
) {
    // The worst first: of many a message spells out the first ones.
    wants.sort_by_key(|want| (std::cmp::Reverse(want.told.severity), want.told.problem));
    wants.truncate(TOLD_MAX);
    let told: Vec<Told> = wants.into_iter().map(|want| want.told).collect();
    let Some(first) = told.first().map(|told| told.object.clone()) else { return };
    let within = told.iter().try_fold(first, |within, told| common(&within, &told.object));
    let (channel, route) = (channel.to_owned(), route.to_owned());
    facts.push(EventBody::NotificationDue { id: NotificationId(*next), within, channel, route, why, told });
    *next += 1;
}

fn told(problem: &Problem, notice: Notice) -> Told {
    let severity = problem.severity_told().unwrap_or(problem.what.severity);
    let object = problem.object().clone();
    Told { problem: problem.id, object, notice, severity, notices: problem.notices }
}

fn tenant(problem: &Problem) -> &str {
    problem.object().name_at(Level::Tenant).unwrap_or_default()
}

fn group(route: &Route, problem: &Problem) -> String {
    match route.group.by {
        GroupBy::None => problem.id.to_string(),
        GroupBy::Object => problem.object().to_string(),
        GroupBy::Rule => problem.what.key.rule.clone(),
        GroupBy::Route => String::new(),
    }
}

/// Whether a route's filter takes a problem.
pub(super) fn filtered(state: &State, route: &Route, problem: &Problem, now: UnixMillis) -> bool {
    // Counting symptoms goes through all problems, so it is done for those who ask.
    let symptoms = if route.filter.asks(problems::SYMPTOMS) {
        state.open_problems().filter(|other| other.cause == Some(problem.id)).count()
    } else {
        0
    };
    let symptoms = u32::try_from(symptoms).unwrap_or(u32::MAX);
    route.filter.matches(&ProblemRow { problem, symptoms, now })
}
