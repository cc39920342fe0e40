//! From what was found when rules were looked at to problems that open and close.

use super::flapping::FLAPPING_STARTS;
use super::{OPEN_PROBLEMS_MAX, Problem};
use crate::{Rejection, State, text};
use std::collections::BTreeMap;
use topmast_model::event::EventBody;
use topmast_model::problem::{
    CloseReason, DETAIL_MAX, NewProblem, OBSERVATIONS_MAX, Observation, ProblemId, ProblemKey, Verdict,
};
use topmast_model::rule::Rule;
use topmast_model::time::UnixMillis;

/// Decides `ObserveProblems`. What is as it was makes no fact, so everything may be observed again at any time.
pub(crate) fn observe(
    state: &State,
    observations: &[Observation],
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    if observations.len() > OBSERVATIONS_MAX {
        return Err(Rejection::invalid(
            "observations",
            format!("{} are too many; send at most {OBSERVATIONS_MAX} at once", observations.len()),
        ));
    }
    let last: BTreeMap<&ProblemKey, &Observation> =
        observations.iter().map(|observation| (&observation.key, observation)).collect();
    let mut facts = Vec::new();
    let mut next = state.problems.next();
    for (key, observation) in last {
        match state.problems.open_at(key) {
            Some(problem) => again(state, problem, observation.verdict, now, &mut facts),
            None => first(state, observation, now, &mut next, &mut facts),
        }
    }
    Ok(facts)
}

/// Opens a problem, if its rule is looked at, its object is there and there is room; what does not fit is
/// observed again, and [`State::problems_are_full`] tells of it meanwhile.
fn first(
    state: &State,
    observation: &Observation,
    now: UnixMillis,
    next: &mut ProblemId,
    facts: &mut Vec<EventBody>,
) {
    let Observation { key, verdict: Verdict::Firing, since, value, message } = observation else { return };
    let opening = usize::try_from(next.0 - state.problems.next().0).unwrap_or(OPEN_PROBLEMS_MAX);
    if key.detail.len() > DETAIL_MAX || !state.is_there(&key.object) || !state.problems.has_room(opening + 1)
    {
        return;
    }
    let Some(rule) = state.rule(&key.rule).filter(|rule| rule.enabled && rule.reaches(&key.object)) else {
        return;
    };
    let object = key.object.clone();
    let problem = NewProblem {
        key: key.clone(),
        severity: rule.severity,
        since: (*since).min(now),
        message: message_of(rule, message),
        value: *value,
        outage: rule.is_outage(),
        labels: rule.labels.clone(),
    };
    facts.push(EventBody::ProblemOpened { id: *next, problem });
    if changes_with_one_more(state, key, now) >= FLAPPING_STARTS {
        facts.push(EventBody::ProblemFlappingChanged { id: *next, object, flapping: true });
    }
    *next = ProblemId(next.0 + 1);
}

fn message_of(rule: &Rule, message: &str) -> String {
    if message.is_empty() { rule.message.as_str().to_owned() } else { text::clip(message) }
}

/// What an observation does to an open problem.
fn again(state: &State, problem: &Problem, verdict: Verdict, now: UnixMillis, facts: &mut Vec<EventBody>) {
    let (id, key) = (problem.id, &problem.what.key);
    let object = key.object.clone();
    let close = |reason| EventBody::ProblemClosed { id, object: object.clone(), reason };
    let change = |verdict| EventBody::ProblemConditionChanged { id, object: object.clone(), verdict };
    match verdict {
        Verdict::Gone => facts.push(close(CloseReason::Gone)),
        same if same == problem.verdict => {}
        Verdict::Ok if problem.flapping => facts.push(change(Verdict::Ok)),
        // It would come back before long: it stays open, and is closed when it is quiet (B-5).
        Verdict::Ok
            if problem.verdict == Verdict::Firing
                && changes_with_one_more(state, key, now) >= FLAPPING_STARTS =>
        {
            facts.push(EventBody::ProblemFlappingChanged { id, object: object.clone(), flapping: true });
            facts.push(change(Verdict::Ok));
        }
        Verdict::Ok => facts.push(close(CloseReason::Recovered)),
        Verdict::Firing | Verdict::Unknown => facts.push(change(verdict)),
    }
}

fn changes_with_one_more(state: &State, key: &ProblemKey, now: UnixMillis) -> usize {
    state.problems.changes(key).map_or(0, |changes| changes.count(now)) + 1
}
