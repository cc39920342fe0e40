//! Why a channel was told of a problem, or was not: in words.

use super::kept::{End, KeptRoute, Telling};
use super::own::{Own, Saying};
use super::settle::{filtered, reached, usable};
use crate::{Problem, State};
use std::time::Duration;
use topmast_model::notification::Outcome;
use topmast_model::problem::{ProblemId, Suppression};
use topmast_model::rule::Span;
use topmast_model::time::UnixMillis;

/// What a route says of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// It takes it.
    Takes,
    /// It is switched off.
    Disabled,
    /// The problem is outside of where the route belongs.
    Outside,
    /// The problem is not bad enough.
    Mild,
    /// Its filter leaves it out.
    Filtered,
    /// It is not its time.
    OffTime,
}

impl Looked {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Takes => "takes it",
            Self::Disabled => "is switched off",
            Self::Outside => "is for another place",
            Self::Mild => "is for worse problems",
            Self::Filtered => "leaves it out by its filter",
            Self::OffTime => "takes nothing at this time",
        }
    }
}

/// What a route says of a problem.
pub(super) fn looks(state: &State, kept: &KeptRoute, problem: &Problem, now: UnixMillis) -> Looked {
    let route = &kept.route;
    match () {
        () if !route.enabled => Looked::Disabled,
        () if route.within.as_ref().is_some_and(|within| !problem.object().is_within(within)) => {
            Looked::Outside
        }
        () if route.severity.is_some_and(|least| problem.what.severity < least) => Looked::Mild,
        () if !filtered(state, route, problem, now) => Looked::Filtered,
        () if !kept.is_in_schedule(now) => Looked::OffTime,
        () => Looked::Takes,
    }
}

/// Why people were told of a problem, or were not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Why {
    /// The problem itself: what is in the way, or that nothing is.
    pub problem: String,
    /// Each route in its order with what it says now.
    pub routes: Vec<(String, String)>,
    /// Each channel with what it was told and what it is to be told.
    pub channels: Vec<(String, String)>,
}

/// Explains; `None` when there is no such problem.
pub fn why(state: &State, id: ProblemId, now: UnixMillis) -> Option<Why> {
    let telling = state.notifications.tellings.get(&id);
    let kept = telling.and_then(|telling| telling.over.as_deref());
    let problem = state.problems.get(id).or(kept)?;
    let mut why = Why { problem: of_problem(problem), ..Why::default() };
    let own = Own::of(state, now);
    let nobody = Telling { since: now, channels: std::collections::BTreeMap::new(), over: None };
    let mut taken = false;
    for kept in state.routes() {
        let route = &kept.route;
        let looked = looks(state, kept, problem, now);
        if taken {
            why.routes.push((route.name.clone(), "is not looked at: one before it took it".to_owned()));
            continue;
        }
        let mut words = looked.as_str().to_owned();
        if looked == Looked::Takes {
            let wait = if route.group.wait.is_zero() {
                String::new()
            } else {
                format!(", {} after it is to be told", route.group.wait)
            };
            words = format!("takes it, for {}{wait}", route.channels.join(", "));
            for step in &route.escalation {
                words = format!("{words}; after {} also for {}", step.after, step.channels.join(", "));
            }
            for (channel, _) in reached(route, telling.unwrap_or(&nobody), now) {
                if own.says(problem, channel, problem.closed.is_none()) == Some(Saying::Telling) {
                    why.channels.push((channel.to_owned(), "is told by the alarm's own action".to_owned()));
                }
                if usable(state, channel, problem).is_none() {
                    let words = "is switched off, or is another tenant's".to_owned();
                    why.channels.push((channel.to_owned(), words));
                }
            }
            taken = !route.goes_on;
        }
        why.routes.push((route.name.clone(), words));
    }
    sent(state, id, now, &mut why);
    Some(why)
}

fn sent(state: &State, id: ProblemId, now: UnixMillis, why: &mut Why) {
    for notification in state.notifications() {
        for told in notification.told.iter().filter(|told| told.problem == id) {
            let attempts = notification.attempts.len();
            let answer = notification.attempts.last().and_then(|attempt| attempt.outcome.as_ref());
            let answer = match answer {
                Some(Outcome::Delivered { answer }) if answer.is_empty() => "it was taken".to_owned(),
                Some(Outcome::Delivered { answer }) => format!("it answered: {answer}"),
                Some(Outcome::Failed { reason, .. }) => reason.clone(),
                Some(Outcome::Unknown) => "an attempt was cut off by a restart".to_owned(),
                None if notification.end.is_some() => "it was not sent".to_owned(),
                None => "not tried yet".to_owned(),
            };
            let state = match (&notification.end, notification.next_at) {
                (Some(End::Delivered), _) => {
                    format!("told {} ago at attempt {attempts}", ago(notification.due_at, now))
                }
                (Some(End::GivenUp), _) => format!("given up after {attempts} attempts"),
                (Some(End::Withdrawn { reason } | End::Refused { reason }), _) => {
                    format!("withdrawn: {reason}")
                }
                (None, Some(at)) if attempts > 0 => format!("tried again in {}", ago(now, at)),
                (None, _) => "being sent".to_owned(),
            };
            let notice = told.notice.as_str();
            let words = format!("{notice}: {state}, by route {}; {answer}", notification.route);
            why.channels.push((notification.channel.clone(), words));
        }
    }
}

fn of_problem(problem: &Problem) -> String {
    match (&problem.suppression, problem.closed, problem.told) {
        (_, Some(closed), _) => {
            format!("over: {}; what follows is as routes are now", closed.reason.as_str())
        }
        (Some(suppression), ..) => format!("nobody is told: {}", in_the_way(suppression)),
        (None, None, None) => "not settled yet; look again in a second".to_owned(),
        (None, None, Some(_)) => "people are to know of it".to_owned(),
    }
}

/// What is in the way of telling, in words.
pub(super) fn in_the_way(suppression: &Suppression) -> String {
    match suppression {
        Suppression::Maintenance { id } => format!("maintenance {id} is in force"),
        Suppression::Muted { id } => format!("it is muted by {id}"),
        Suppression::ParentDown { object, problem: Some(id) } => {
            format!("{object} is down, which is problem {id}")
        }
        Suppression::ParentDown { object, problem: None } => format!("{object} is not seen"),
        Suppression::Action { id } => format!("action {id} is under way"),
        Suppression::Flapping => "it comes and goes, and that was told".to_owned(),
        Suppression::Acknowledged => "somebody has it in hand".to_owned(),
    }
}

fn ago(from: UnixMillis, to: UnixMillis) -> Span {
    Span::from_secs(Duration::as_secs(&from.until(to)))
}
