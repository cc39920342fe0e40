//! Trying a rule on states on the journal's events.
//!
//! What an object was before its first event of the time is not known, and counts as well; one without an event was
//! all the time what it is now.

use super::{Episode, Transition, episodes};
use crate::State;
use crate::problem::{ObjectRow, is_like};
use std::collections::{BTreeMap, BTreeSet};
use topmast_model::event::{Event, EventBody};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::problem::Verdict;
use topmast_model::rule::{Condition, Rule};
use topmast_model::status::{ApplicationStatus, ServerStatus, ServiceStatus, TaskStatus};
use topmast_model::time::UnixMillis;

/// A rule on states that is tried; told event after event.
pub struct StateTrial {
    rule: Rule,
    since: UnixMillis,
    objects: BTreeMap<ObjectPath, Vec<Held>>,
    /// Servers, for what is on one that is not seen cannot be told.
    servers: BTreeMap<ObjectPath, Vec<(UnixMillis, bool)>>,
}

/// What a rule on states would have made of one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// The object.
    pub object: ObjectPath,
    /// Its problems, the oldest first.
    pub episodes: Vec<Episode>,
}

/// What an object came to at a time, by itself.
#[derive(Debug, Clone, Copy)]
struct Held {
    at: UnixMillis,
    /// None when it went away.
    holds: Option<bool>,
    /// When its status was entered.
    entered: UnixMillis,
}

impl StateTrial {
    /// A trial of a rule, if it is one that events tell of.
    ///
    /// - `since`: from when on is looked.
    pub fn of(rule: &Rule, since: UnixMillis) -> Option<Self> {
        is_told_by_events(&rule.when).then(|| Self {
            rule: rule.clone(),
            since,
            objects: BTreeMap::new(),
            servers: BTreeMap::new(),
        })
    }

    /// The kinds of events that it is to be told, oldest first.
    pub const fn kinds(&self) -> &'static [&'static str] {
        match self.rule.when {
            Condition::Server { .. } => &["ServerRegistered", "ServerStatusChanged", "ServerRemoved"],
            Condition::Application { .. } => {
                &["ServerStatusChanged", "ServerRemoved", "ApplicationChanged", "ApplicationRemoved"]
            }
            Condition::Service { .. } => {
                &["ServerStatusChanged", "ServerRemoved", "ServiceChanged", "ServiceRemoved"]
            }
            _ => &["ServerStatusChanged", "ServerRemoved", "TaskChanged", "TaskRemoved"],
        }
    }

    /// Takes an event.
    pub fn take(&mut self, event: &Event) {
        let at = event.time;
        match (&event.body, &self.rule.when) {
            (EventBody::ServerStatusChanged { server, status, .. }, when) => {
                if let Condition::Server { status: wanted } = when {
                    self.hold(server, at, Some(wanted.contains(status)), at);
                }
                self.servers.entry(server.clone()).or_default().push((at, is_seen(*status)));
            }
            (EventBody::ServerRemoved { server: gone }, _)
            | (EventBody::ApplicationRemoved { application: gone }, Condition::Application { .. })
            | (EventBody::ServiceRemoved { service: gone }, Condition::Service { .. })
            | (EventBody::TaskRemoved { task: gone }, Condition::Task { .. }) => {
                let inside =
                    self.objects.range_mut(gone.clone()..).take_while(|(path, _)| path.is_within(gone));
                inside.for_each(|(_, held)| held.push(Held { at, holds: None, entered: at }));
            }
            (EventBody::ApplicationChanged { application, state }, Condition::Application { status }) => {
                self.hold(application, at, Some(status.contains(&state.status)), state.since);
            }
            (EventBody::ServiceChanged { service, state }, Condition::Service { status, codes }) => {
                let holds = status.contains(&state.status) && has_code(&state.codes, codes);
                self.hold(service, at, Some(holds), state.since);
            }
            (EventBody::TaskChanged { task, state }, Condition::Task { status }) => {
                self.hold(task, at, Some(status.contains(&state.status)), state.since);
            }
            _ => {}
        }
    }

    fn hold(&mut self, path: &ObjectPath, at: UnixMillis, holds: Option<bool>, entered: UnixMillis) {
        self.objects.entry(path.clone()).or_default().push(Held { at, holds, entered: entered.min(at) });
    }

    /// What the rule would have made of each object that it looks at, until `now`.
    ///
    /// - `state`: as it is now; for objects without an event, and for what a scope asks about.
    pub fn finish(mut self, state: &State, now: UnixMillis) -> Vec<Tried> {
        self.add_unchanged(state);
        let rule = self.rule.clone();
        let looks = |path: &ObjectPath| rule.reaches(path) && rule.scope.matches(&ObjectRow { state, path });
        let objects = std::mem::take(&mut self.objects);
        let tried = objects.into_iter().filter(|(path, _)| looks(path)).map(|(object, held)| {
            let transitions = self.transitions(state, &object, &held, now);
            Tried { episodes: episodes(&transitions, now), object }
        });
        tried.collect()
    }

    /// Those that had no event: they were what they are.
    fn add_unchanged(&mut self, state: &State) {
        let since = self.since;
        let mut unchanged: Vec<(ObjectPath, bool, UnixMillis)> = Vec::new();
        match &self.rule.when {
            Condition::Server { status } => state.servers.iter().for_each(|(path, server)| {
                unchanged.push((path.clone(), status.contains(&server.status), server.since));
            }),
            Condition::Application { status } => state.applications.iter().for_each(|(path, reported)| {
                unchanged.push((path.clone(), status.contains(&reported.status), reported.since));
            }),
            Condition::Service { status, codes } => state.services.iter().for_each(|(path, reported)| {
                let holds = status.contains(&reported.status) && has_code(&reported.codes, codes);
                unchanged.push((path.clone(), holds, reported.since));
            }),
            Condition::Task { status } => state.tasks.iter().for_each(|(path, reported)| {
                unchanged.push((path.clone(), status.contains(&reported.status), reported.since));
            }),
            _ => {}
        }
        for (path, holds, entered) in unchanged {
            let held = || vec![Held { at: since.max(entered), holds: Some(holds), entered }];
            self.objects.entry(path).or_insert_with(held);
        }
    }

    fn transitions(
        &self,
        state: &State,
        object: &ObjectPath,
        held: &[Held],
        now: UnixMillis,
    ) -> Vec<Transition> {
        let mut machine = Machine { rule: &self.rule, open: false, transitions: Vec::new() };
        let seen = self.seen(state, object);
        let moments: BTreeSet<UnixMillis> =
            held.iter().map(|held| held.at).chain(seen.iter().map(|one| one.0)).collect();
        let mut moments = moments.into_iter().peekable();
        while let Some(at) = moments.next() {
            let until = moments.peek().copied().unwrap_or(now);
            let before = held.partition_point(|held| held.at <= at);
            let Some(held) = before.checked_sub(1).and_then(|last| held.get(last)) else { continue };
            let before = seen.partition_point(|(time, _)| *time <= at);
            let unseen = before.checked_sub(1).and_then(|last| seen.get(last)).filter(|(_, seen)| !seen);
            // What cannot be told of an object whose server is not seen is that it is UNKNOWN.
            let unknown = |lost| Held { at, holds: Some(true), entered: lost };
            match unseen {
                None => machine.pass(*held, (at, until)),
                Some((lost, _)) if wants_unknown(&self.rule.when) && held.holds.is_some() => {
                    machine.pass(unknown(*lost), (at, until));
                }
                Some(_) if held.holds.is_none() => machine.pass(*held, (at, until)),
                Some(_) => {}
            }
        }
        machine.transitions
    }

    /// When the server that an object is on was seen or not; nothing for servers themselves, whose status it is.
    fn seen(&self, state: &State, object: &ObjectPath) -> Vec<(UnixMillis, bool)> {
        let server = object.ancestor(Level::Server).filter(|server| server != object);
        let Some(server) = server else { return Vec::new() };
        let now = || state.servers.get(&server).map(|kept| (self.since, is_seen(kept.status)));
        self.servers.get(&server).cloned().unwrap_or_else(|| now().into_iter().collect())
    }
}

/// `for` and `keep_firing_for`, as looking at states counts them.
struct Machine<'a> {
    rule: &'a Rule,
    open: bool,
    transitions: Vec<Transition>,
}

impl Machine<'_> {
    /// What an object comes to in a time in which nothing happens.
    fn pass(&mut self, held: Held, (from, until): (UnixMillis, UnixMillis)) {
        let Held { holds, entered, .. } = held;
        let wait = match holds {
            None if self.open => return self.change(Verdict::Gone, from, from),
            Some(true) if !self.open => self.rule.hold,
            Some(false) if self.open => self.rule.keep_firing_for,
            _ => return,
        };
        let due = entered.plus(wait.duration()).max(from);
        let is_now = due <= until && (due < until || due == from);
        if is_now {
            let verdict = if self.open { Verdict::Ok } else { Verdict::Firing };
            self.change(verdict, due, entered.min(due));
        }
    }

    fn change(&mut self, verdict: Verdict, at: UnixMillis, since: UnixMillis) {
        self.open = verdict == Verdict::Firing;
        self.transitions.push(Transition { at, since, verdict, value: None });
    }
}

/// True for conditions on a status that each change of is an event.
const fn is_told_by_events(condition: &Condition) -> bool {
    matches!(
        condition,
        Condition::Server { .. }
            | Condition::Application { .. }
            | Condition::Service { .. }
            | Condition::Task { .. }
    )
}

const fn is_seen(status: ServerStatus) -> bool {
    matches!(status, ServerStatus::Up | ServerStatus::Stale)
}

/// True for a condition that holds of what is on a server that is not seen.
fn wants_unknown(condition: &Condition) -> bool {
    match condition {
        Condition::Application { status } => status.contains(&ApplicationStatus::Unknown),
        Condition::Service { status, codes } => status.contains(&ServiceStatus::Unknown) && codes.is_empty(),
        Condition::Task { status } => status.contains(&TaskStatus::Unknown),
        _ => false,
    }
}

fn has_code(codes: &[String], globs: &[String]) -> bool {
    globs.is_empty() || codes.iter().any(|code| globs.iter().any(|glob| is_like(code, glob)))
}
