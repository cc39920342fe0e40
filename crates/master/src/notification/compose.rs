//! What a message says of problems.

use super::{FACTS_MAX, Fact, Message};
use topmast_engine::{Notification, Problem, State};
use topmast_model::notification::{Told, Why};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// The message of a notification, the worst problem first.
pub(super) fn message(state: &State, open: &Notification, told: &[Told], now: UnixMillis) -> Message {
    let facts: Vec<Fact> = told.iter().take(FACTS_MAX).filter_map(|told| fact(state, told, now)).collect();
    Message {
        // The same for every attempt, and after a restart.
        id: Uuid::from_u64_pair(u64::try_from(open.due_at.0).unwrap_or(0), open.id.0),
        time: now,
        test: false,
        left_out: told.len() - facts.len(),
        facts,
        reason: reason(open.why),
        link: None,
    }
}

/// A message that only tries a channel.
pub(crate) fn test(now: UnixMillis) -> Message {
    Message {
        id: Uuid::now_v7(),
        time: now,
        test: true,
        facts: Vec::new(),
        left_out: 0,
        reason: None,
        link: None,
    }
}

fn reason(why: Why) -> Option<String> {
    match why {
        Why::Route => None,
        Why::Reminder => Some("still open, and nobody has it in hand".to_owned()),
        Why::Escalation { after } => Some(format!("not acknowledged within {after}")),
        Why::Limit => Some("summed up: the limit of messages by the hour is reached".to_owned()),
    }
}

fn fact(state: &State, told: &Told, now: UnixMillis) -> Option<Fact> {
    let problem: &Problem = state.told_problem(told.problem)?;
    let key = &problem.what.key;
    Some(Fact {
        problem: problem.id,
        notice: told.notice,
        severity: told.severity,
        object: key.object.clone(),
        rule: key.rule.clone(),
        detail: key.detail.clone(),
        message: problem.what.message.clone(),
        advice: state.rule(&key.rule).map(|rule| rule.advice.clone()).unwrap_or_default(),
        since: problem.what.since,
        duration: problem.duration(now),
        owner: problem.acknowledged.as_ref().map(|acknowledged| acknowledged.owner.name.clone()),
        cause: problem.cause.map(|cause| format!("problem {cause}")),
        link: None,
    })
}
