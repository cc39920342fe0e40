//! Settling: what problems are to be now, as against what they are.
//!
//! Takes no input but the state and the time, so it does not matter what happened in between, nor how often it is done.

use super::Problem;
use super::flapping::FLAPPING_ENDS;
use crate::{State, action, maintenance};
use std::collections::BTreeMap;
use topmast_model::event::EventBody;
use topmast_model::id::ActionId;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::problem::{
    AcknowledgementEnd, CloseReason, Mute, Notice, ProblemId, Suppression, Verdict,
};
use topmast_model::status::{ServerStatus, Severity};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Most events of one settling, so that a commit of the journal stays short; the rest comes with the next one.
pub const SETTLED_AT_ONCE: usize = 2_000;

/// True when after this event something may have to be settled.
pub fn concerns_problems(body: &EventBody) -> bool {
    matches!(
        body,
        EventBody::ProblemOpened { .. }
            | EventBody::ProblemConditionChanged { .. }
            | EventBody::ProblemSeverityChanged { .. }
            | EventBody::ProblemFlappingChanged { .. }
            | EventBody::ProblemClosed { .. }
            | EventBody::ProblemAcknowledged { .. }
            | EventBody::ProblemUnacknowledged { .. }
            | EventBody::ObjectMuted { .. }
            | EventBody::MuteEnded { .. }
            | EventBody::MaintenanceSet { .. }
            | EventBody::MaintenancePlanned { .. }
            | EventBody::MaintenanceEnded { .. }
            | EventBody::RuleApplied { .. }
            | EventBody::RuleDeleted { .. }
            | EventBody::ActionAccepted { .. }
            | EventBody::BatchReleased { .. }
            | EventBody::StepFinished { .. }
            | EventBody::StepExpired { .. }
            | EventBody::ServerRegistered { .. }
            | EventBody::ServerStatusChanged { .. }
            | EventBody::ServerRemoved { .. }
            | EventBody::ApplicationRemoved { .. }
            | EventBody::ServiceRemoved { .. }
            | EventBody::TaskRemoved { .. }
    )
}

/// The next moment after `now` at which time alone makes something to settle, when all is settled at `now`.
///
/// Cost: O(open problems + mutes + maintenances).
pub fn next_settlement(state: &State, now: UnixMillis) -> Option<UnixMillis> {
    let problems = state.problems.open().flat_map(|problem| {
        let expiry = problem.acknowledged.as_ref().and_then(|acknowledged| acknowledged.terms.expires_at);
        let calm = problem.flapping.then(|| calm_at(state, problem));
        expiry.into_iter().chain(calm)
    });
    let mutes = state.problems.mutes.values().map(|mute| mute.until);
    let maintenances = state.maintenances.values().flat_map(maintenance::Announced::next_change);
    let actions = action::cover_ends(state, now);
    problems.chain(mutes).chain(maintenances).chain(actions).filter(|moment| *moment > now).min()
}

fn calm_at(state: &State, problem: &Problem) -> UnixMillis {
    state.problems.changes(&problem.what.key).map_or(UnixMillis(i64::MIN), super::flapping::Changes::ends_at)
}

/// Decides `SettleProblems`.
pub(crate) fn settle(state: &State, now: UnixMillis) -> Vec<EventBody> {
    let mut facts = Vec::new();
    let over = |mute: &Mute| mute.until <= now;
    for (id, mute) in state.problems.mutes.iter().filter(|(_, mute)| over(mute)) {
        facts.push(EventBody::MuteEnded { id: *id, object: mute.object.clone(), expired: true });
    }
    maintenance::settle(state, now, &mut facts);
    let stays: Vec<Standing<'_>> =
        state.problems.open().filter_map(|problem| standing(state, problem, now, &mut facts)).collect();
    let settling = Settling::new(state, &stays, now);
    for standing in &stays {
        settling.tell(standing, &mut facts);
    }
    // The end of what was told is told whatever is in the way of its beginning (B-2).
    for problem in state.problems.over().filter(|problem| problem.told.is_some()) {
        facts.push(decided(problem, Notice::Recovered, problem.what.severity));
    }
    facts.truncate(SETTLED_AT_ONCE);
    facts
}

fn decided(problem: &Problem, notice: Notice, severity: Severity) -> EventBody {
    EventBody::NoticeDecided { id: problem.id, object: problem.object().clone(), notice, severity }
}

/// An open problem that stays open, with what has just become of it.
struct Standing<'a> {
    problem: &'a Problem,
    severity: Severity,
    flapping: bool,
    acknowledged: bool,
    /// People must be told again, as nobody has it in hand any more.
    again: bool,
}

/// What becomes of one problem by itself; `None` when it is over.
fn standing<'a>(
    state: &State,
    problem: &'a Problem,
    now: UnixMillis,
    facts: &mut Vec<EventBody>,
) -> Option<Standing<'a>> {
    let (id, key) = (problem.id, &problem.what.key);
    let object = || key.object.clone();
    let close = |reason, facts: &mut Vec<EventBody>| {
        facts.push(EventBody::ProblemClosed { id, object: object(), reason });
        facts.extend(problem.told.map(|_| decided(problem, Notice::Recovered, problem.what.severity)));
    };
    let rule = state.rule(&key.rule).filter(|rule| rule.enabled && rule.reaches(&key.object));
    let Some(rule) = rule else {
        close(CloseReason::RuleGone, facts);
        return None;
    };
    if !state.is_there(&key.object) {
        close(CloseReason::Gone, facts);
        return None;
    }
    let changes = || state.problems.changes(key).map_or(0, |changes| changes.count(now));
    let flapping = problem.flapping && changes() > FLAPPING_ENDS;
    if problem.flapping && !flapping {
        facts.push(EventBody::ProblemFlappingChanged { id, object: object(), flapping });
    }
    if !flapping && problem.verdict == Verdict::Ok {
        close(CloseReason::Recovered, facts);
        return None;
    }
    let severity = rule.severity;
    let mut standing = Standing { problem, severity, flapping, acknowledged: false, again: false };
    if let Some(acknowledged) = &problem.acknowledged {
        let is_worse = severity > problem.what.severity && !acknowledged.terms.sticky;
        let is_over = acknowledged.terms.expires_at.is_some_and(|end| end <= now);
        standing.acknowledged = !is_worse && !is_over;
        standing.again = is_over;
        if is_worse || is_over {
            let end = if is_over { AcknowledgementEnd::Expired } else { AcknowledgementEnd::Worse };
            facts.push(EventBody::ProblemUnacknowledged { id, object: object(), end });
        }
    }
    if severity != problem.what.severity {
        facts.push(EventBody::ProblemSeverityChanged { id, object: object(), severity });
    }
    Some(standing)
}

/// What suppresses problems, by the paths that it reaches into.
struct Settling<'a> {
    state: &'a State,
    outages: BTreeMap<&'a str, &'a Problem>,
    maintenances: BTreeMap<&'a str, Uuid>,
    mutes: BTreeMap<&'a str, Vec<(Uuid, &'a Mute)>>,
    /// Applications that actions disturb.
    actions: BTreeMap<&'a str, ActionId>,
}

impl<'a> Settling<'a> {
    fn new(state: &'a State, stays: &[Standing<'a>], now: UnixMillis) -> Self {
        let mut outages = BTreeMap::new();
        for Standing { problem, .. } in stays {
            // What cannot be told is not taken for well; what is well for a moment is.
            if problem.what.outage && problem.verdict != Verdict::Ok {
                let first = outages.entry(problem.object().as_str()).or_insert(*problem);
                if problem.id < first.id {
                    *first = problem;
                }
            }
        }
        let mut maintenances = BTreeMap::new();
        for (id, announced) in &state.maintenances {
            if announced.is_in_force(now) || maintenance::begins(state, announced, now) {
                for object in &announced.what.objects {
                    maintenances.entry(object.as_str()).or_insert(*id);
                }
            }
        }
        let mut mutes: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (id, mute) in state.problems.mutes.iter().filter(|(_, mute)| mute.until > now) {
            mutes.entry(mute.object.as_str()).or_default().push((*id, mute));
        }
        // Only problems are covered: without any there is nothing to look up.
        let actions = if stays.is_empty() { BTreeMap::new() } else { action::covered(state, now) };
        Self { state, outages, maintenances, mutes, actions }
    }

    /// What the problem is a symptom of, what is in the way of telling of it, and what is due.
    fn tell(&self, standing: &Standing<'_>, facts: &mut Vec<EventBody>) {
        let problem = standing.problem;
        let (id, object) = (problem.id, problem.object());
        let cause = self.cause(problem);
        if cause.map(|cause| cause.id) != problem.cause {
            let cause = cause.map(|cause| cause.id);
            facts.push(EventBody::ProblemGrouped { id, object: object.clone(), cause });
        }
        let suppression = self.suppression(standing, cause);
        if suppression != problem.suppression {
            let suppression = suppression.clone();
            facts.push(EventBody::ProblemSuppressed { id, object: object.clone(), suppression });
        }
        if suppression.is_some() {
            return; // B-3
        }
        let Standing { severity, flapping, again, .. } = *standing;
        if let Some(notice) = problem.due(severity, flapping, again) {
            facts.push(decided(problem, notice, severity));
            if flapping {
                let suppression = Some(Suppression::Flapping); // B-5
                facts.push(EventBody::ProblemSuppressed { id, object: object.clone(), suppression });
            }
        }
    }

    /// The outage nearest to the root that explains the problem (B-6): what is inside of it, or on the same
    /// object and no outage itself.
    fn cause(&self, problem: &Problem) -> Option<&'a Problem> {
        nearest_to_the_root(&self.outages, problem.object(), |path, outage| {
            let explains = path != problem.object().as_str() || !problem.what.outage;
            explains.then_some(*outage)
        })
    }

    fn suppression(&self, standing: &Standing<'_>, cause: Option<&Problem>) -> Option<Suppression> {
        let problem = standing.problem;
        let object = problem.object();
        if let Some(id) = nearest_to_the_root(&self.maintenances, object, |_, id| Some(*id)) {
            return Some(Suppression::Maintenance { id });
        }
        let key = &problem.what.key;
        let muting = |_: &str, mutes: &Vec<(Uuid, &Mute)>| {
            mutes.iter().find(|(_, mute)| mute.covers(key)).map(|(id, _)| *id)
        };
        if let Some(id) = nearest_to_the_root(&self.mutes, object, muting) {
            return Some(Suppression::Muted { id });
        }
        if let Some(id) = nearest_to_the_root(&self.actions, object, |_, id| Some(*id)) {
            return Some(Suppression::Action { id });
        }
        if let Some(cause) = cause {
            return Some(parent_down(cause.object(), Some(cause.id)));
        }
        if let Some(server) = self.unseen_server(problem) {
            return Some(parent_down(&server, None));
        }
        if standing.flapping && problem.told.is_some() {
            return Some(Suppression::Flapping);
        }
        standing.acknowledged.then_some(Suppression::Acknowledged)
    }

    /// The server that the problem is on, when its data does not come: before long it is DOWN, and that is the
    /// problem, or it is UP again.
    fn unseen_server(&self, problem: &Problem) -> Option<ObjectPath> {
        let server = problem.object().ancestor(Level::Server)?;
        let is_its_own = problem.what.outage && *problem.object() == server;
        let status = self.state.servers.get(&server)?.status;
        (!is_its_own && status != ServerStatus::Up).then_some(server)
    }
}

fn parent_down(object: &ObjectPath, problem: Option<ProblemId>) -> Suppression {
    Suppression::ParentDown { object: object.clone(), problem }
}

/// What is first found at the paths that an object is in, from its tenant down to itself.
fn nearest_to_the_root<'m, T, R>(
    map: &'m BTreeMap<&str, T>,
    object: &'m ObjectPath,
    mut find: impl FnMut(&'m str, &'m T) -> Option<R>,
) -> Option<R> {
    // Mostly there is none of them at all, and many problems.
    if map.is_empty() {
        return None;
    }
    let text = object.as_str();
    let ends = text.match_indices('/').map(|(end, _)| end).chain([text.len()]);
    ends.map(|end| &text[..end]).find_map(|path| find(path, map.get(path)?))
}
